# Sourced by start and stop: where an instance of this checkout keeps its files, and whether it runs.
# shellcheck shell=bash
# shellcheck disable=SC2034  # the names are for the scripts that source this one

root=$(pwd -P)

# setting NAME DEFAULT: from the environment, else from the settings file, else the default.
setting() {
    local value=${!1:-}
    if [[ -z $value && -f .env.micro-lightning ]]; then
        value=$(sed -n "s/^[[:space:]]*$1[[:space:]]*=[[:space:]]*\([^#]*[^#[:space:]]\).*/\1/p" .env.micro-lightning | tail -n 1)
        value=${value#[\"\']}
        value=${value%[\"\']}
    fi
    echo "${value:-$2}"
}

state_dir=$(setting MICRO_STATE_DIR ./state)
pid_file=$state_dir/micro-lightning.pid
exit_file=$state_dir/micro-lightning.exit
log_file=$state_dir/micro-lightning.log
monitor_port=$(setting MICRO_MONITOR_PORT 8081)
monitor_host=$(setting MICRO_BIND 127.0.0.1)
[[ $monitor_host != 0.0.0.0 ]] || monitor_host=127.0.0.1

listens() {
    (: <>"/dev/tcp/$1/$2") 2>/dev/null
}

# Whether process $1 is an instance of this checkout: a pid of a past boot may belong to anybody by now.
is_ours() {
    local command
    [[ $1 =~ ^[1-9][0-9]*$ ]] || return 1
    if [[ -r /proc/$1/cmdline ]]; then
        command=$(tr '\0' ' ' <"/proc/$1/cmdline")
    else
        command=$(ps -o args= -p "$1" 2>/dev/null) || return 1
    fi
    [[ $command == *" $root/run.py "* || $command == *" $root/run.py" ]]
}

# Prints the pid of the detached instance, if the pid file names one that runs.
running_pid() {
    local pid
    pid=$(cat "$pid_file" 2>/dev/null) && is_ours "$pid" && echo "$pid"
}

# Prints the exit code that the shell around a detached instance noted, or `unknown` when that shell died too.
exit_code() {
    local _
    for _ in {1..20}; do
        [[ ! -s $exit_file ]] || break
        sleep 0.1
    done
    cat "$exit_file" 2>/dev/null || echo unknown
}

# What docker-compose.yml hands to containers as files: made once where missing, never shown. The folder keeps others out;
# the files themselves are readable, because each container reads its own as a user of its own.
make_secrets() {
    local name
    (umask 077 && mkdir -p secrets)
    chmod 700 secrets
    for name in api-token api-token-read passphrase grafana-password postgres-password; do
        [[ -s secrets/$name ]] || head -c 32 /dev/urandom | base64 | tr -d '\n=+/' >"secrets/$name"
    done
    # Whoever wants to be reached fills them: docs/notifications.md.
    for name in notify-urls telegram-token; do
        [[ -e secrets/$name ]] || : >"secrets/$name"
    done
    if [[ ! -s secrets/second-receiver-url ]]; then
        echo "http://127.0.0.1:9/no-second-receiver" >secrets/second-receiver-url
        echo "critical alerts go to the monitor alone: put a webhook in Slack's format into secrets/second-receiver-url" >&2
    fi
    chmod 444 secrets/*
}

has_compose() {
    [[ -f docker-compose.yml ]] && has_engine
}

has_engine() {
    command -v docker >/dev/null && docker info >/dev/null 2>&1
}
