#!/usr/bin/env bash
# Starts Micro-Lightning.
#   scripts/start-micro-lightning.sh [--local] [--detach] [arguments for run.py]
# With a Docker engine it brings the Compose stack up. With --local, or without an engine, it makes .venv, installs the
# locked packages and runs `python run.py` in the foreground; --detach runs it in the background with a pid file in the
# state directory, which scripts/stop-micro-lightning.sh reads. Relative paths are taken from the project's folder.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/environment.sh
source scripts/instance.sh

local=0 detach=0
while (($#)); do
    case $1 in
        --local) local=1 ;;
        --detach) detach=1 ;;
        -h | --help) usage; exit 0 ;;
        --) shift; break ;;
        *) break ;;
    esac
    shift
done

if ((!local)) && has_engine; then
    if [[ -f docker-compose.yml ]]; then
        (($# == 0)) || die "arguments for run.py ($*) go with --local; the Compose stack takes its settings from .env.micro-lightning"
        make_secrets
        if ((detach)); then exec docker compose up --build --detach; else exec docker compose up --build; fi
    fi
    echo "there is a Docker engine but no docker-compose.yml here: running locally" >&2
fi

environment requirements.lock

if ((!detach)); then
    exec .venv/bin/python "$root/run.py" "$@"
fi

if pid=$(running_pid); then
    die "already running with pid $pid (state in $state_dir); stop it first: scripts/stop-micro-lightning.sh"
fi
if listens "$monitor_host" "$monitor_port"; then
    die "port $monitor_port is taken by another process; stop that, or set MICRO_MONITOR_PORT"
fi
# The state directory holds keys and the token: nobody else reads it, or the log.
umask 077
mkdir -p "$state_dir"
rm -f "$exit_file"
# The shell around it outlives the terminal and notes the exit code, which stop reports: only a parent learns it.
# shellcheck disable=SC2016
nohup setsid bash -c '
    pid_file=$1 exit_file=$2
    shift 2
    "$@" &
    echo $! >"$pid_file.new" && mv "$pid_file.new" "$pid_file"
    wait $!
    echo $? >"$exit_file"
' micro-lightning "$pid_file" "$exit_file" .venv/bin/python "$root/run.py" "$@" >>"$log_file" 2>&1 </dev/null &

ended() {
    local code
    code=$(exit_code)
    rm -f "$pid_file"
    tail -n 15 "$log_file" >&2
    echo "run.py ended, exit code $code; its output is in $log_file" >&2
    [[ $code == unknown ]] || exit "$code"
    exit 1
}

# Up when the monitor listens. Bad settings, or another instance on the same state, show before that.
deadline=$((SECONDS + ${MICRO_START_TIMEOUT_S:-15}))
until listens "$monitor_host" "$monitor_port"; do
    [[ ! -s $exit_file ]] || ended
    if ((SECONDS >= deadline)); then
        echo "port $monitor_port does not answer yet; see $log_file" >&2
        break
    fi
    sleep 0.1
done
pid=$(running_pid) || ended
echo "running with pid $pid, output in $log_file; stop it with scripts/stop-micro-lightning.sh"
