#!/usr/bin/env bash
# The suites that take too long for every change: storms, benchmarks and what is marked slow.
#   scripts/long-suites.sh [--short]        --short: the same suites, small
# One line of the list below is one suite: add yours there.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 2
source scripts/environment.sh
environment requirements.lock requirements-dev.lock

kills=1000 seeds=3 process_kills=20 states=5000 parity_seeds=20 operations=50
if [[ ${1:-} == --short ]]; then
    kills=200 seeds=1 process_kills=3 states=60 parity_seeds=5 operations=12
fi
# Node is wanted to compare with the official SDKs; a machine without it says so and goes on, except where all must be there.
optional=--optional
if [[ ${MICRO_CI:-} == 1 ]]; then
    optional=
fi

# Operations over the live path, at about one a minute and lane.
live_operations=200 live_minutes=0 lanes=3
if [[ ${1:-} == --short ]]; then
    live_operations=1 live_minutes=8 lanes=1
fi

# What asks the APIs, and for how long clients storm them.
examples=30 storm_s=120
if [[ ${1:-} == --short ]]; then
    examples=1 storm_s=10
fi

failed=()
suite() {
    local name=$1
    shift
    echo "== $name"
    "$@" || failed+=("$name")
}

suite "storm of kills" .venv/bin/python -m tests.chaos.storm --kills "$kills" --seeds "$seeds"
suite "kills of the whole product" .venv/bin/python -m tests.chaos.kill9 --kills "$process_kills"
suite "live operations on a local node" .venv/bin/python -m tests.chaos.live \
    --operations "$live_operations" --minutes "$live_minutes" --lanes "$lanes"
suite "comparison with the official SDKs" .venv/bin/python -m tests.oracle.compare --states "$states" --seed 2 $optional
suite "parity of actors and core" .venv/bin/python -m tests.parity.seeds \
    --seeds "$parity_seeds" --operations "$operations"

# Minutes of downloads at the first time, and root: not for every change.
if [[ ${1:-} != --short ]]; then
    suite "the image in containers" .venv/bin/python -m tests.image.prove $optional
fi

suite "storm of clients" .venv/bin/python -m tests.chaos.clients --seconds "$storm_s"
suite "both APIs against their descriptions" .venv/bin/python -m tests.monitor.openapi.schemas --examples "$examples"

report=$(mktemp)
trap 'rm -f "$report"' EXIT
suite "slow tests and benchmarks" .venv/bin/pytest -q -m "slow or benchmark" --junitxml="$report"
if [[ ${MICRO_CI:-} == 1 ]]; then
    suite "skipped tests" .venv/bin/python scripts/skipped.py "$report"
fi

if ((${#failed[@]})); then
    printf 'failed: %s\n' "${failed[@]}" >&2
    exit 1
fi
