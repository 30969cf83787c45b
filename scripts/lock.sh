#!/usr/bin/env bash
# Writes requirements.lock and requirements-dev.lock from the .in files: every package pinned, every file hashed,
# valid for each Python the project supports. Versions already locked stay; pass --upgrade to take newer ones.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

uv=.venv/bin/uv
if [[ ! -x $uv ]]; then
    echo "lock: $uv is missing; run ./scripts/test-micro-lightning.sh once, it makes .venv" >&2
    exit 2
fi

# Neither the index nor a path of the machine that locked belongs in the lock: who installs chooses where from.
compile() {
    "$uv" pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes \
        --no-header --no-annotate --no-emit-index-url --no-emit-find-links "$@" >/dev/null
}

compile requirements.in --output-file requirements.lock "$@"
# Constrained by the runtime lock, so that what is tested is what runs.
compile requirements-dev.in --constraints requirements.lock --output-file requirements-dev.lock "$@"
echo "lock: $(grep -c '==' requirements.lock) packages to run, $(grep -c '==' requirements-dev.lock) to run and check"
