"""`--help` teaches: each command has an example that is understood, and says what its exit code means."""

import shlex

import pytest

import run
from commands.examples import CODES, EXAMPLES


def test_every_command_has_its_example():
    assert list(EXAMPLES) == [module.__name__.rpartition(".")[2].replace("_", "-") for module in run.COMMANDS]


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_example_is_understood_and_shown_with_the_exit_codes(name: str, capsys: pytest.CaptureFixture[str]):
    words = shlex.split(EXAMPLES[name])
    assert words[:3] == ["python", "run.py", name]
    assert run.parser().parse_args(words[2:]).command == name

    with pytest.raises(SystemExit) as ended:
        run.parser().parse_args([name, "--help"])
    assert ended.value.code == 0
    said = " ".join(capsys.readouterr().out.split())
    assert EXAMPLES[name] in said
    assert CODES in said
