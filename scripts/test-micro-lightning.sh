#!/usr/bin/env bash
# Checks the whole project: linter, format, types, tests. Needs Python 3.11 or newer and nothing else; makes .venv.
#   scripts/test-micro-lightning.sh [arguments for pytest]
# MICRO_CI=1 also fails when a test was skipped, because nothing may be missing there.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 2
source scripts/environment.sh
environment requirements.lock requirements-dev.lock

failed=()
step() {
    local name=$1
    shift
    echo "== $name"
    "$@" || failed+=("$name")
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Tests that mostly wait, for processes, disks and timers: two groups of them run beside those that mostly compute.
waiting=("tests/commands" "tests/chaos tests/localnet tests/monitor tests/oracle tests/scripts")
tests=(.venv/bin/pytest -m "not slow and not benchmark")
others=("$@")
running=()

if (($# == 0)); then
    others=(tests)
    for group in "${!waiting[@]}"; do
        read -ra paths <<<"${waiting[group]}"
        "${tests[@]}" --junitxml="$work/waiting$group.xml" "${paths[@]}" >"$work/waiting$group.log" 2>&1 &
        running+=($!)
        others+=("${paths[@]/#/--ignore=}")
    done
fi
step "ruff check" .venv/bin/ruff check .
step "ruff format" .venv/bin/ruff format --check .
step "mypy" .venv/bin/mypy
step "pytest" "${tests[@]}" --junitxml="$work/others.xml" "${others[@]}"
for group in "${!running[@]}"; do
    wait "${running[group]}" || failed+=("pytest ${waiting[group]}")
    echo "== pytest ${waiting[group]}"
    cat "$work/waiting$group.log"
done
if [[ ${MICRO_CI:-} == 1 ]]; then
    # Silent when all is well: pytest's closing line stays the last of the output.
    .venv/bin/python scripts/skipped.py "$work"/*.xml >&2 || failed+=("skipped tests")
fi

if ((${#failed[@]})); then
    printf 'failed: %s\n' "${failed[@]}" >&2
    exit 1
fi
