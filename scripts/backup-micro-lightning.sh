#!/usr/bin/env bash
# Backs up journal, paper chain, keystore and settings to one encrypted file, while everything goes on.
#   scripts/backup-micro-lightning.sh [--out FILE] [--state DIR]
# With the Compose stack up it runs inside the executor's container. What it takes otherwise: run.py backup --help.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/environment.sh
source scripts/instance.sh

case ${1:-} in
    -h | --help) usage; exit 0 ;;
esac
if has_compose && [[ -n $(docker compose ps --quiet executor 2>/dev/null) ]]; then
    exec docker compose exec executor python run.py backup "$@"
fi
environment requirements.lock
exec .venv/bin/python "$root/run.py" backup "$@"
