#!/usr/bin/env bash
# Stops Micro-Lightning and waits until it has drained: no entries, positions exited or held, journal closed.
#   scripts/stop-micro-lightning.sh [--local]
# Stops the Compose stack (unless --local) and the instance that `start --detach` left in the background. Never kills:
# after 120 s (MICRO_STOP_TIMEOUT_S) it says that the drain goes on and exits 1. Otherwise its exit code is run.py's.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/environment.sh
source scripts/instance.sh

local=0
case ${1:-} in
    "") ;;
    --local) local=1 ;;
    -h | --help) usage; exit 0 ;;
    *) die "unknown argument $1; usage: scripts/stop-micro-lightning.sh [--local]" ;;
esac
timeout_s=${MICRO_STOP_TIMEOUT_S:-120}
[[ $timeout_s =~ ^[0-9]+$ ]] || die "MICRO_STOP_TIMEOUT_S must be whole seconds, not $timeout_s"

if ((!local)) && has_compose; then
    docker compose down --timeout "$timeout_s"
fi

if [[ ! -e $pid_file ]]; then
    echo "no background instance (no $pid_file)"
    exit 0
fi
if ! pid=$(running_pid); then
    stale=$(cat "$pid_file")
    rm -f "$pid_file"
    echo "no background instance: process $stale of $pid_file is gone or not ours"
    exit 0
fi

read_from=$(($(wc -c <"$log_file" 2>/dev/null || echo 0) + 1))
echo "stopping pid $pid, at most $timeout_s s"
kill -TERM "$pid"
deadline=$((SECONDS + timeout_s))
while is_ours "$pid"; do
    if ((SECONDS >= deadline)); then
        tail -c "+$read_from" "$log_file" | tail -n 15 >&2
        die "pid $pid still drains after $timeout_s s; it was told to stop and goes on by itself, see $log_file" 1
    fi
    sleep 0.1
done
rm -f "$pid_file"

# What the drain said: the time left of positions held, or what was sold.
tail -c "+$read_from" "$log_file" | tail -n 15
code=$(exit_code)
echo "stopped, exit code $code"
[[ $code == unknown ]] || exit "$code"
exit 1
