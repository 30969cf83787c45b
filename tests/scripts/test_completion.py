"""What bash completes is what run.py understands."""

import subprocess
from pathlib import Path

import pytest

import run
from scripts.completion import script


def completed(project: Path, *words: str) -> set[str]:
    """What the last word could become."""
    quoted = " ".join(f"'{word}'" for word in ("run.py", *words))
    typed = f'COMP_WORDS=({quoted}); COMP_CWORD={len(words)}; _micro_lightning; echo "${{COMPREPLY[@]}}"'
    command = f"source scripts/completion.bash; {typed}"
    done = subprocess.run(["bash", "-c", command], cwd=project, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return set(done.stdout.split())


def test_the_committed_file_is_made_of_the_present_command_line(project: Path):
    assert (project / "scripts" / "completion.bash").read_text() == script(run.parser()), "run scripts/completion.py"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["back"], {"backup"}),
        (["re"], {"record", "replay", "restore"}),
        (["paper", "--role", ""], {"both", "executor", "monitor"}),
        (["simulate", "--oper"], {"--operations"}),
        (["restore", "--s"], {"--set", "--settings-file", "--state"}),
    ],
)
def test_commands_options_and_choices_are_completed(project: Path, words: list[str], expected: set[str]):
    assert completed(project, *words) == expected


def test_shellcheck_finds_nothing(project: Path):
    shellcheck = project / ".venv" / "bin" / "shellcheck"
    done = subprocess.run([shellcheck, "scripts/completion.bash"], cwd=project, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (0, b"")
