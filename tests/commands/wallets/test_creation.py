"""`wallets init`, `show` and `export-backup` as a person runs them, at a terminal and without one."""

import json
import os
import pty
import select
import stat
import subprocess
import time
from pathlib import Path

import pytest

from actors.adapters.keys import sealed
from actors.adapters.keys.secret import Secret
from actors.adapters.keys.signer import Signer
from core.types import Role
from tests.commands.here import Here
from tests.commands.leaks import forms, leaks
from tests.commands.process import command, environment

PASSPHRASE = "correct horse battery"
CHEAP = {"MICRO_KEYSTORE_COST": "cheap"}


class Terminal:
    """A command at a terminal of its own, where a person reads and types."""

    def __init__(self, folder: Path, *arguments: str, **given: str) -> None:
        self.screen = ""
        here, there = pty.openpty()
        self._here = here
        self.process = subprocess.Popen(
            command(*arguments),
            cwd=folder,
            env=environment(**CHEAP, **given),
            stdin=there,
            stdout=there,
            stderr=there,
            start_new_session=True,
        )
        os.close(there)

    def read_until(self, text: str, timeout_s: float = 60.0) -> str:
        end_s = time.monotonic() + timeout_s
        while text not in self.screen:
            left_s = end_s - time.monotonic()
            assert left_s > 0, f"{text!r} did not come: {self.screen!r}"
            if select.select([self._here], [], [], left_s)[0]:
                self.screen += os.read(self._here, 65_536).decode()
        return self.screen

    def type(self, line: str) -> None:
        os.write(self._here, line.encode() + b"\n")

    def ended(self) -> int:
        code = self.process.wait(timeout=60)
        try:
            while select.select([self._here], [], [], 0)[0] and (data := os.read(self._here, 65_536)):
                self.screen += data.decode()
        except OSError:
            return code  # the other end of a terminal is gone with its last process
        finally:
            os.close(self._here)
        return code


def words_on(screen: str) -> str:
    """The numbered words, in order."""
    shown = screen.split("\033[H")[1].split("Written down?")[0].split()
    numbered = dict(zip(map(int, shown[::2]), shown[1::2], strict=True))
    return " ".join(numbered[number] for number in range(1, 25))


def test_at_a_terminal_the_words_are_shown_once_after_a_confirmation_and_then_cleared(
    tmp_path: Path, here: Here
) -> None:
    person = Terminal(tmp_path, "wallets", "init")
    for prompt in ("Passphrase of the keystore: ", "The same again: "):
        person.read_until(prompt)
        person.type(PASSPHRASE)
    person.read_until("Type yes to see them: ")
    assert not (tmp_path / "state" / "keystore.json").exists()
    person.type("yes")
    screen = person.read_until("Written down?")
    person.type("")
    assert person.ended() == 0

    words = words_on(screen)
    signer = Signer(sealed.checked_words(Secret(words)))
    after = person.screen.split("Written down?")[1]
    assert "\033[2J\033[3J\033[H" in after
    assert leaks(forms(words, PASSPHRASE), [("the screen", after.encode())]) == []
    assert all(signer.address(0, role) in after for role in Role)
    assert PASSPHRASE not in person.screen
    wallets = json.loads(here("wallets", "show", "--json").stdout)[0]["wallets"]
    assert {role: one["address"] for role, one in wallets.items()} == signer.addresses(0)


def test_without_a_confirmation_nothing_is_made(tmp_path: Path) -> None:
    person = Terminal(tmp_path, "wallets", "init", MICRO_PASSPHRASE=PASSPHRASE)
    person.read_until("Type yes to see them: ")
    person.type("no")
    assert person.ended() == 2
    assert "not confirmed; nothing was made" in person.screen
    assert not (tmp_path / "state" / "keystore.json").exists()


def test_without_a_terminal_no_words_are_shown_and_nothing_is_made(tmp_path: Path, here: Here) -> None:
    done = here("wallets", "init", MICRO_PASSPHRASE=PASSPHRASE)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--print-words" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_whole_way_from_words_to_backup_to_another_machine(tmp_path: Path, here: Here) -> None:
    made = here("wallets", "init", "--print-words", MICRO_PASSPHRASE=PASSPHRASE, **CHEAP)
    assert made.returncode == 0, made.stderr
    words = made.stdout.splitlines()[0]
    sealed.checked_words(Secret(words))
    show = here("wallets", "show", "--json").stdout
    assert stat.S_IMODE((tmp_path / "state" / "keystore.json").stat().st_mode) == 0o600

    again = here("wallets", "init", "--print-words", MICRO_PASSPHRASE=PASSPHRASE, **CHEAP)
    assert again.returncode == 2
    assert "never overwritten" in again.stderr
    assert again.stdout == ""

    backup = here("wallets", "export-backup", "kept.json")
    assert backup.returncode == 0, backup.stderr
    assert json.loads((tmp_path / "kept.json").read_text())["checksum"] in backup.stdout

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    wrong = here("wallets", "init", "--from-backup", "../kept.json", at=elsewhere, MICRO_PASSPHRASE="not the right one")
    assert (wrong.returncode, wrong.stderr) == (2, "micro-lightning: wrong passphrase for ../kept.json\n")
    restored = here("wallets", "init", "--from-backup", "../kept.json", at=elsewhere, MICRO_PASSPHRASE=PASSPHRASE)
    assert restored.returncode == 0, restored.stderr
    assert here("wallets", "show", "--json", at=elsewhere).stdout == show

    fresh = tmp_path / "fresh"
    fresh.mkdir()
    written = here(
        "wallets", "init", "--from-words", typed=words.upper(), at=fresh, MICRO_PASSPHRASE="quite another one", **CHEAP
    )
    assert written.returncode == 0, written.stderr
    assert leaks(forms(words, PASSPHRASE), [("its output", written.stdout.encode())]) == []
    assert here("wallets", "show", "--json", at=fresh).stdout == show
    verified = here("wallets", "show", "--verify", "--json", at=fresh, MICRO_PASSPHRASE="quite another one")
    assert verified.stdout == show
    assert here.sealed >= 5


def test_options_count_before_and_after_the_inner_command(here: Here, tmp_path: Path) -> None:
    (tmp_path / "the.file").write_text("MICRO_KEYSTORE_COST=cheap\n")
    before = ("--set", "MICRO_STATE_DIR=one", "--settings-file", "the.file")
    made = here("wallets", *before, "init", "--print-words", MICRO_PASSPHRASE=PASSPHRASE)
    assert made.returncode == 0, made.stderr
    assert here("wallets", "--set", "MICRO_STATE_DIR=one", "show", "--set", "MICRO_SEED=8").returncode == 0
    wrong = here("wallets", "--set", "MICRO_SEED=x", "show", "--set", "MICRO_STATE_DIR=one")
    assert wrong.returncode == 2
    assert "MICRO_SEED='x' is not usable" in wrong.stderr
    assert here("wallets", "show", "--settings-file", "absent.file").returncode == 2


def test_show_says_what_is_missing_or_wrong_in_one_line(tmp_path: Path, here: Here) -> None:
    nothing = here("wallets", "show")
    assert nothing.returncode == 2
    assert nothing.stderr.count("\n") == 1
    assert "make one with `wallets init`" in nothing.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "given", "says"),
    [
        (("--set", "MICRO_PASSPHRASE=hunter2hunter2"), {}, "MICRO_PASSPHRASE is never taken from the command line"),
        (("--set", "MICRO_PASSPHRASE_FILE=x"), {}, "MICRO_PASSPHRASE_FILE is never taken from the command line"),
        (("--set", "MICRO_COLD_ADDRESS=x"), {}, "MICRO_COLD_ADDRESS is taken from the settings file only"),
        ((), {"MICRO_COLD_ADDRESS": "x"}, "MICRO_COLD_ADDRESS is taken from the settings file only"),
    ],
)
def test_what_must_not_come_this_way_is_refused_without_being_shown(
    here: Here, arguments: tuple[str, ...], given: dict[str, str], says: str
) -> None:
    for line in (("wallets", "show", *arguments), ("wallets", *arguments, "show"), ("paper", *arguments)):
        done = here(*line, **given)
        assert done.returncode == 2
        assert says in done.stderr
        assert "hunter2" not in done.stderr


def test_a_passphrase_in_the_settings_file_is_refused_without_being_shown(tmp_path: Path, here: Here) -> None:
    (tmp_path / ".env.micro-lightning").write_text("MICRO_PASSPHRASE=hunter2hunter2\n")
    done = here("paper")
    assert done.returncode == 2
    assert "put it in a file of mode 0600 and name that with MICRO_PASSPHRASE_FILE" in done.stderr
    assert "hunter2" not in done.stderr
