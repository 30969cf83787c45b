# Sourced by the other scripts: the virtual environment .venv, made and kept equal to a lock.
# shellcheck shell=bash

die() {
    echo "${0##*/}: $1" >&2
    exit "${2:-2}"
}

# The comment at the head of the script that runs.
usage() {
    sed -n '2,/^[^#]/s/^# \{0,1\}//p' "scripts/${0##*/}"
}

is_supported() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

# Prints the first Python that the project supports; MICRO_PYTHON names one outright.
find_python() {
    local candidate
    for candidate in ${MICRO_PYTHON:-python3 python3.13 python3.12 python3.11 python3.14 python}; do
        if is_supported "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    return 1
}

digest() {
    "$1" -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$2"
}

# environment LOCK...: .venv holds exactly what each LOCK names. A stamp beside the interpreter remembers the lock
# installed last, so that a second start costs nothing; later locks must include the earlier ones.
environment() {
    local python lock last="${*: -1}" log=.venv/install.log
    if ! is_supported .venv/bin/python; then
        python=$(find_python) || die "Python 3.11 or newer is needed, and none was found; install it or set MICRO_PYTHON"
        echo "making .venv with $("$python" -V)" >&2
        rm -rf .venv
        "$python" -m venv .venv >&2 || die "$python cannot make a virtual environment; on Debian: apt-get install python3-venv"
    fi
    for lock in "$@"; do
        if [[ $(cat ".venv/$lock.sha256" 2>/dev/null) != "$(digest .venv/bin/python "$lock")" ]]; then
            echo "installing $last into .venv" >&2
            if ! .venv/bin/python -m pip install --disable-pip-version-check --require-hashes -r "$last" >"$log" 2>&1; then
                tail -n 15 "$log" >&2
                die "the packages of $last could not be installed; the whole output is in $log" 1
            fi
            break
        fi
    done
    for lock in "$@"; do
        digest .venv/bin/python "$lock" >".venv/$lock.sha256"
    done
}
