#!/usr/bin/env bash
# Restores a backup into an empty state directory; nothing is overwritten. Start afterwards, and it goes on trading.
#   scripts/restore-micro-lightning.sh FILE [--state DIR]
# The passphrase: MICRO_PASSPHRASE_FILE, MICRO_PASSPHRASE, or a prompt. More: run.py restore --help.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/environment.sh
source scripts/instance.sh

case ${1:-} in
    "") die "name the backup; usage: scripts/restore-micro-lightning.sh FILE [--state DIR]" ;;
    -h | --help) usage; exit 0 ;;
esac
environment requirements.lock
exec .venv/bin/python "$root/run.py" restore "$@"
