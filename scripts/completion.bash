# Completes commands, options and choices of `run.py` and the start script: source scripts/completion.bash
# Made by scripts/completion.py; a test compares it with what run.py understands.
# shellcheck shell=bash

_micro_lightning() {
    local command=paper word
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        case $word in
            paper|replay|simulate|live|exit-all|record|demo|audit|doctor|wallets|tokens|dump|backup|restore|localnet) command=$word; break ;;
        esac
    done
    local previous=${COMP_WORDS[COMP_CWORD-1]} words=""
    case $command:$previous in
        paper:--role) words="both executor monitor" ;;
        live:--role) words="both executor monitor" ;;
    esac
    if [[ -z $words ]]; then
        case $command in
            paper) words="-h --help --set --settings-file --seed --speed --state --scenario --strategy --role" ;;
            replay) words="-h --help --set --settings-file --speed --state --seed --strategy" ;;
            simulate) words="-h --help --set --settings-file --operations --held-out --seed --strategy --feed --scenario --wire --calibration --no-calibration --trials --json --html --state" ;;
            live) words="-h --help --set --settings-file --confirm-capital --state --strategy --role" ;;
            exit-all) words="-h --help --set --settings-file --state" ;;
            record) words="-h --help --set --settings-file --out" ;;
            demo) words="-h --help --set --settings-file --seed --fast" ;;
            audit) words="-h --help --set --settings-file --state" ;;
            doctor) words="-h --help --set --settings-file --json --live --state" ;;
            wallets) words="-h --help --set --settings-file" ;;
            tokens) words="-h --help --set --settings-file --state" ;;
            dump) words="-h --help --set --settings-file --out --state" ;;
            backup) words="-h --help --set --settings-file --out --state" ;;
            restore) words="-h --help --set --settings-file --state" ;;
            localnet) words="-h --help --set --settings-file --port --slot-ms --finalized-slots --seed --sol-usd --market --state --switch" ;;
        esac
        [[ $command != paper ]] || words+=" paper replay simulate live exit-all record demo audit doctor wallets tokens dump backup restore localnet"
    fi
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}")
}
complete -o default -F _micro_lightning micro-lightning run.py start-micro-lightning.sh scripts/start-micro-lightning.sh
