"""No key file can slip into a commit or an image, wherever somebody ran a command."""

import fnmatch
import subprocess
from pathlib import Path

import msgspec
import pytest

from actors.adapters.keys import sealed
from actors.adapters.keys.secret import Secret

SECRET_FILES = [
    "state/keystore.json",
    "state/wallets.json",
    "state/api-token",
    "state/api-token-read",
    "state/journal.db",
    "state/dump.json",
    "keystore.json",
    "keystore-backup.json",
    "wallets.json",
    "passphrase",
    "passphrase.txt",
    "my.passphrase",
    "api-token",
    "telegram.secret",
    "dump.json",
    ".env",
    ".env.production",
    "recordings/2026-01-01T00Z.feed.zst",
]
FOLDERS = ["", "commands/", "actors/adapters/", "config/"]


@pytest.mark.parametrize("folder", FOLDERS)
def test_git_takes_no_secret_file(project: Path, folder: str) -> None:
    asked = [folder + name for name in SECRET_FILES if not (folder and name.startswith(("state/", "recordings/")))]
    found = subprocess.run(
        ["git", "check-ignore", "--no-index", *asked], cwd=project, capture_output=True, text=True, check=False
    )
    assert found.stdout.splitlines() == asked


def test_git_keeps_every_source(project: Path) -> None:
    ignored = subprocess.run(
        ["git", "ls-files", "--cached", "--ignored", "--exclude-standard"],
        cwd=project,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ignored.stdout == ""


def reaches_the_image(rules: list[str], path: str) -> bool:
    """As Docker reads them: the last rule that names the path, or a folder above it, decides."""
    parts = path.split("/")
    above = ["/".join(parts[: end + 1]) for end in range(len(parts))]
    reaches = True
    for rule in rules:
        pattern = rule.removeprefix("!")
        plain = pattern.removeprefix("**/")
        names = [one.split("/")[-1] for one in above] if pattern.startswith("**/") else above
        if any(fnmatch.fnmatchcase(name, plain) for name in names):
            reaches = rule.startswith("!")
    return reaches


@pytest.fixture
def rules(project: Path) -> list[str]:
    lines = (project / ".dockerignore").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_image_takes_a_secret_file(rules: list[str], folder: str) -> None:
    assert [name for name in SECRET_FILES if reaches_the_image(rules, folder + name)] == []


def test_an_image_takes_what_the_product_runs_on_and_no_test(rules: list[str], project: Path) -> None:
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=project, capture_output=True, text=True, check=True
    ).stdout.split()
    rooms = ("actors/", "commands/", "core/", "monitor/", "strategies/", "run.py", "requirements.lock")
    assert [path for path in tracked if path.startswith(rooms) and not reaches_the_image(rules, path)] == []
    assert [
        path for path in tracked if path.startswith(("tests/", "docs/", ".git")) and reaches_the_image(rules, path)
    ] == []


def test_no_committed_file_is_a_keystore_or_holds_24_words(project: Path) -> None:
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=project, capture_output=True, text=True, check=True
    ).stdout.split()
    wordlist = set(sealed.LANGUAGE.wordlist)
    found = list[str]()
    for name in tracked:
        content = (project / name).read_bytes() if (project / name).is_file() else b""
        if content.lstrip().startswith(b"{") and _is_keystore(content):
            found.append(name)
        if name != "tests/test_ignored.py" and _has_words(content.decode("utf-8", "replace"), wordlist):
            found.append(name)
    assert found == []
    assert _is_keystore(sealed.sealed(sealed.new_words(), Secret("long enough"), "cheap"))
    assert _has_words(f"words: {sealed.new_words().reveal()}\n", wordlist)


def _is_keystore(content: bytes) -> bool:
    try:
        msgspec.json.decode(content, type=sealed.Sealed)
    except (msgspec.MsgspecError, UnicodeError):
        return False
    return True


def _has_words(text: str, wordlist: set[str]) -> bool:
    """24 words of the list in a row, with nothing but spaces between."""
    row = 0
    for token in text.split():
        row = row + 1 if token in wordlist else 0
        if row >= sealed.WORDS:
            return True
    return False
