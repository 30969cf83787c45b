"""Writes scripts/completion.bash from the command line that run.py understands: python scripts/completion.py."""

import argparse
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
HEAD = """# Completes commands, options and choices of `run.py` and the start script: source scripts/completion.bash
# Made by scripts/completion.py; a test compares it with what run.py understands.
# shellcheck shell=bash

_micro_lightning() {
    local command=paper word
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        case $word in
            %(commands)s) command=$word; break ;;
        esac
    done
    local previous=${COMP_WORDS[COMP_CWORD-1]} words=""
    case $command:$previous in
%(choices)s    esac
    if [[ -z $words ]]; then
        case $command in
%(options)s        esac
        [[ $command != paper ]] || words+=" %(names)s"
    fi
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}")
}
complete -o default -F _micro_lightning micro-lightning run.py start-micro-lightning.sh scripts/start-micro-lightning.sh
"""


def script(root: argparse.ArgumentParser) -> str:
    """The completion of everything that this parser and its commands understand."""
    kind = argparse._SubParsersAction  # noqa: SLF001 - argparse shows its commands in no other way
    (commands,) = [action for action in root._actions if isinstance(action, kind)]  # noqa: SLF001 - nor its options
    choices, options = "", ""
    for name, sub in commands.choices.items():
        flags: list[str] = []
        for action in sub._actions:  # noqa: SLF001 - as above
            flags += action.option_strings
            if action.choices and action.option_strings:
                known = " ".join(map(str, action.choices))
                choices += f'        {name}:{"|".join(action.option_strings)}) words="{known}" ;;\n'
        options += f'            {name}) words="{" ".join(flags)}" ;;\n'
    names = list(commands.choices)
    told = {"commands": "|".join(names), "names": " ".join(names), "choices": choices, "options": options}
    return HEAD % told


if __name__ == "__main__":
    sys.path.insert(0, str(PROJECT))
    import run

    (PROJECT / "scripts" / "completion.bash").write_text(script(run.parser()))
