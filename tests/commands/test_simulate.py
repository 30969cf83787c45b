"""`simulate` as a person meets it: bad input, the same bytes twice, Ctrl-C, journals that audit reads."""

import signal
from pathlib import Path
from typing import Any

import msgspec
import pytest

import run
from commands import simulate
from commands.simulate import INTERRUPTED
from core.report.document import Document

ONE = ["simulate", "--operations", "1", "--held-out", "0", "--seed", "3"]


def outcome(arguments: list[str], folder: Path) -> tuple[int, Document, str]:
    """Exit code, JSON and page."""
    files = ["--json", str(folder / "report.json"), "--html", str(folder / "report.html")]
    code = run.main([*arguments, *files])
    report = msgspec.json.decode((folder / "report.json").read_bytes(), type=Document)
    return code, report, (folder / "report.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--operations", "0"], "--operations 0"),
        (["--operations", "1", "--held-out", "-1"], "--held-out -1"),
        (["--seed", "1000000"], "held out"),
        (["--trials", "0"], "--trials 0"),
        (["--feed", "no-such-file.jsonl"], "no-such-file.jsonl"),
        (["--feed", "x.jsonl", "--held-out", "5"], "no seeds"),
        (["--feed", "x.jsonl", "--calibration", "--operations", "1"], "embedded market"),
        (["--set", "MICRO_SEDE=3"], "MICRO_SEED"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: Any
):
    monkeypatch.chdir(tmp_path)

    assert run.main(["simulate", *arguments]) == run.BAD_INPUT
    said = capsys.readouterr().err.strip()
    assert words in said
    assert "\n" not in said
    assert list(tmp_path.iterdir()) == []


def test_the_same_arguments_give_the_same_report_to_the_byte(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    code, report, html = outcome(ONE, tmp_path)
    text = capsys.readouterr().out
    (tmp_path / "again").mkdir()

    assert code == 0
    assert outcome(ONE, tmp_path / "again") == (0, report, html)
    assert capsys.readouterr().out == text
    assert report.samples[0].figures.operations == 1


def test_the_wire_format_really_decoded_gives_the_same_operations(tmp_path: Path):
    _, plain, _ = outcome(ONE, tmp_path)
    _, wire, _ = outcome([*ONE, "--wire"], tmp_path)

    assert wire.episodes == plain.episodes


def test_ctrl_c_gives_the_report_so_far(tmp_path: Path, monkeypatch: Any):
    embedded = simulate.embedded

    def interrupted(*arguments: Any, **named: Any) -> Any:
        world = embedded(*arguments, **named)
        play, left = world.feed.next, iter(range(50))

        def next_batch() -> Any:
            if next(left) == 40:
                signal.raise_signal(signal.SIGINT)
            return play()

        monkeypatch.setattr(world.feed, "next", next_batch)
        return world

    monkeypatch.setattr(simulate, "embedded", interrupted)
    before = signal.getsignal(signal.SIGINT)

    code, report, html = outcome(ONE, tmp_path)

    assert code == INTERRUPTED
    assert report.interrupted
    assert report.episodes[0].end == "stopped"
    assert "Stopped by hand" in html
    assert signal.getsignal(signal.SIGINT) is before


def test_kept_journals_are_right_by_audit(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    outcome([*ONE, "--state", str(tmp_path / "state")], tmp_path)

    assert run.main(["audit", "--state", str(tmp_path / "state" / "episode-0001")]) == 0
    assert "The books are right" in capsys.readouterr().out


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path):
    (tmp_path / "mine").write_text("keep")

    assert run.main([*ONE, "--state", str(tmp_path)]) == run.BAD_INPUT
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
