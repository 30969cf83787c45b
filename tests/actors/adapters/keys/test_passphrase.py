import os
import stat
import sys
from pathlib import Path

import pytest

from actors.adapters.keys import private_file
from actors.adapters.keys.passphrase import NAME, passphrase
from actors.adapters.keys.secret import Secret
from core.errors import Refused


class Terminal:
    """A person who types these lines."""

    def __init__(self, *lines: str) -> None:
        self.lines = list(lines)
        self.asked = list[str]()

    def __call__(self, prompt: str) -> str:
        self.asked.append(prompt)
        return self.lines.pop(0)


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(NAME, raising=False)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)


def test_a_file_is_asked_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "passphrase"
    private_file.write(path, b"from the file \n", "it")
    monkeypatch.setenv(NAME, "from the environment")
    assert passphrase(str(path), ask=Terminal()) == Secret("from the file ")


def test_then_the_environment_which_then_holds_it_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "from the environment")
    assert passphrase("", ask=Terminal()) == Secret("from the environment")
    assert NAME not in os.environ


def test_then_the_person_who_types_a_new_one_twice() -> None:
    once = Terminal("typed by hand")
    assert passphrase("", ask=once) == Secret("typed by hand")
    assert len(once.asked) == 1
    assert passphrase("", twice=True, ask=Terminal("typed by hand", "typed by hand")) == Secret("typed by hand")
    with pytest.raises(Refused, match="differ"):
        passphrase("", twice=True, ask=Terminal("typed by hand", "typed by hant"))


def test_without_a_terminal_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False)
    with pytest.raises(Refused, match="MICRO_PASSPHRASE_FILE"):
        passphrase("", ask=Terminal("never asked"))


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o666])
def test_a_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "passphrase"
    path.write_text("secret text")
    path.chmod(mode)
    with pytest.raises(Refused, match="chmod 600"):
        passphrase(str(path))


@pytest.mark.parametrize("content", [b"", b"\n"])
def test_an_empty_one_is_refused(tmp_path: Path, content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "passphrase"
    private_file.write(path, content, "it")
    for source in (str(path), ""):
        monkeypatch.setenv(NAME, "")
        with pytest.raises(Refused, match="empty passphrase"):
            passphrase(source)


def test_a_missing_file_or_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="cannot be read: No such file"):
        passphrase(str(tmp_path / "absent"))
    with pytest.raises(Refused, match="is no file"):
        passphrase(str(tmp_path))


def test_a_private_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "kept"
    private_file.write(path, b"first", "it")
    old = os.umask(0)
    try:
        private_file.write(path, b"second", "it", replace=True)
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Refused, match="cannot be written: No space left"):
        private_file.write(path, b"third", "it", replace=True)
    assert path.read_bytes() == b"second"
    assert [one.name for one in tmp_path.iterdir()] == ["kept"]
