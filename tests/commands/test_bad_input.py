"""Bad input: one line that says what is wrong and how to mend it, exit code 2, nothing changed."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

import run
from tests.commands.process import ran

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without a settings file, and an environment without settings of ours."""
    for name in ("MICRO_SEED", "MICRO_STATE_DIR", "MICRO_FEED"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refused(capture: Capture, folder: Path, *arguments: str) -> str:
    """The one line with which the command line is refused."""
    before = contents(folder)
    try:
        code = run.main(list(arguments))
    except SystemExit as ended:  # argparse ends the process itself
        code = int(ended.code or 0)
    output = capture.readouterr()
    assert code == run.BAD_INPUT
    assert output.out == ""
    assert output.err.startswith("micro-lightning: ")
    assert output.err.count("\n") == 1
    assert contents(folder) == before
    assert not (folder / "state").exists()
    return output.err


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (("MICRO_SEDE=1",), ("unknown setting MICRO_SEDE", "did you mean MICRO_SEED?", "command line")),
        (("MICRO_MILITIA_PAUSE=60",), ("did you mean MICRO_MILITIA_PAUSE_S?",)),
        (("MICRO_SEED=abc",), ("MICRO_SEED='abc' is not usable", "Expected `int`")),
        (("MICRO_SEED",), ("--set takes NAME=VALUE", "MICRO_SEED")),
        (("MICRO_CLOCK_SPEED=0",), ("MICRO_CLOCK_SPEED must be above 0",)),
        (("MICRO_CLOCK_SPEED=nan",), ("finite",)),
        (("MICRO_CAPITAL_USD=inf",), ("finite",)),
        (("MICRO_CAPITAL_USD=-5",), ("must be above 0 USD",)),
        (("MICRO_CAPITAL_LIGHTNING=0.9",), ("sum to 1",)),
        (("MICRO_SEED=\udcff",), ("MICRO_SEED", "not usable")),
        (("MICRO_MONITOR_PORT=70000",), ("MICRO_MONITOR_PORT", "0 to 65535")),
        (("MICRO_MONITOR_PORT=8080",), ("MICRO_MONITOR_PORT and MICRO_EXECUTOR_PORT are both 8080",)),
        (("MICRO_BIND=203.0.113.9",), ("cannot listen on 203.0.113.9", "MICRO_BIND")),
        (("MICRO_ENTRY_PROFILE=brave",), ("MICRO_ENTRY_PROFILE='brave'",)),
        (("MICRO_ENTRY_PROFILE=recorded",), ("for `replay` alone",)),
        (("MICRO_FEED=some.jsonl",), ("replay FILE",)),
    ],
)
def test_a_setting_on_the_command_line_that_cannot_be_meant(
    capsys: Capture, folder: Path, texts: tuple[str, ...], words: tuple[str, ...]
):
    line = refused(capsys, folder, "paper", *(part for text in texts for part in ("--set", text)))
    assert all(word in line for word in words)


def test_a_setting_in_the_environment_that_cannot_be_meant(
    capsys: Capture, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("MICRO_STATE_DIRR", "x")
    line = refused(capsys, folder, "paper")
    assert "unknown setting MICRO_STATE_DIRR; did you mean MICRO_STATE_DIR? (in the environment)" in line


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"MICRO_SEEED=1\n", ("did you mean MICRO_SEED?", "the.file")),
        (b"# ours\nMICRO_SEED=1\nnonsense\n", ("the.file line 3 is not NAME=value",)),
        (b"MICRO_SEED=one\n", ("MICRO_SEED='one' is not usable", "the.file")),
        (b"\xff\xfe", ("the.file cannot be read",)),
        (None, ("the.file cannot be read", "No such file")),
    ],
)
def test_a_settings_file_that_cannot_be_meant(
    capsys: Capture, folder: Path, text: bytes | None, words: tuple[str, ...]
):
    if text is not None:
        (folder / "the.file").write_bytes(text)
    line = refused(capsys, folder, "paper", "--settings-file", "the.file")
    assert all(word in line for word in words)


@pytest.mark.parametrize(
    "arguments", [("nonsense",), ("paper", "--nonsense"), ("replay",), ("--sede", "3"), ("audit", "--state")]
)
def test_a_command_line_that_is_none(capsys: Capture, folder: Path, arguments: tuple[str, ...]):
    assert "--help" in refused(capsys, folder, *arguments)


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("setting", ["MICRO_MONITOR_PORT", "MICRO_EXECUTOR_PORT"])
def test_a_port_that_another_program_uses(capsys: Capture, folder: Path, taken: int, setting: str):
    other = {"MICRO_MONITOR_PORT": "MICRO_EXECUTOR_PORT"}.get(setting, "MICRO_MONITOR_PORT")
    line = refused(capsys, folder, "paper", "--set", f"{setting}={taken}", "--set", f"{other}=0")
    assert f"port {taken} on 127.0.0.1 is in use" in line
    assert f"set {setting} to another port" in line


@pytest.mark.parametrize("place", ["/proc/nothing", "a file"])
def test_a_state_directory_that_cannot_be(capsys: Capture, folder: Path, place: str):
    (folder / "a file").write_text("kept")
    assert "cannot be made" in refused(capsys, folder, "replay", str(swaps(folder)), "--state", place)


def swaps(folder: Path) -> Path:
    """A file of recorded trades: one token that nobody trades."""
    path = folder / "ok.jsonl"
    token = {"mint": "coin", "pool": "pool of coin", "created": 1_000.0, "supply": 1e9, "swaps": []}
    path.write_text(json.dumps(token) + "\n")
    return path


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("absent.jsonl", None, "absent.jsonl cannot be read: No such file"),
        ("empty.jsonl", b"", "holds no tokens"),
        ("text.jsonl", b"not json\n", "text.jsonl, line 1: JSON is malformed"),
        ("torn.jsonl", b'{"mint": "a', "torn.jsonl, line 1: Input data was truncated"),
        ("other.jsonl", b'{"mint": "a"}\n', "other.jsonl, line 1"),
        ("other.json", b"{}", "item 1 is no transaction"),
        ("torn.json", b'{"slot":', "torn.json is no JSON"),
        ("noise.json", b"\x93\x00\xff\x10" * 40, "is neither a recording"),
        ("noise.feed.zst", b"\x93\x00\xff\x10" * 40, "holds no recorded batches"),
        ("cut.feed.zst", b"\x28\xb5\x2f\xfd\x00\x00", "holds no recorded batches"),
        ("folder", "a folder", "holds no JSON files"),
    ],
)
def test_a_file_that_cannot_be_replayed(
    capsys: Capture, folder: Path, name: str, content: bytes | str | None, words: str
):
    if content == "a folder":
        (folder / name).mkdir()
    elif isinstance(content, bytes):
        (folder / name).write_bytes(content)
    assert words in refused(capsys, folder, "replay", name)


def test_a_replay_into_a_state_directory_that_is_used(capsys: Capture, folder: Path):
    used = folder / "used"
    used.mkdir()
    (used / "journal.db").write_bytes(b"somebody's books")
    (used / "lock").write_text("1\n")
    before = (used / "journal.db").read_bytes()

    code = run.main(["replay", str(swaps(folder)), "--state", "used"])

    line = capsys.readouterr().err
    assert code == run.BAD_INPUT
    assert "used already holds a journal; a replay begins anew: choose an empty directory" in line
    assert line.count("\n") == 1
    assert (used / "journal.db").read_bytes() == before
    assert sorted(path.name for path in used.iterdir()) == ["journal.db", "lock"]


def test_an_audit_of_nothing(capsys: Capture, folder: Path):
    assert "holds no journal" in refused(capsys, folder, "audit", "--state", "nowhere")


def test_the_same_in_a_process_of_its_own_without_a_traceback(folder: Path):
    done = ran(folder, "paper", MICRO_SEDE="1")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (
        "micro-lightning: unknown setting MICRO_SEDE; did you mean MICRO_SEED? (in the environment)\n"
    )
