"""`backup` and `restore`: consistent while trading goes on, encrypted, over nothing, and trading goes on after."""

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from actors.adapters import state_copy
from actors.adapters.journal_store import JournalStore
from actors.adapters.state_copy import copied
from commands import backups
from commands.backups import GENERATED, Schedule, before_upgrade
from commands.house import VERSION
from core.errors import Refused, Retryable
from core.messages import Message, RaiseAlert
from core.records import OrderSigned, RunStarted
from core.rules.backup import BackupRule, surplus
from core.rules.keystore import KeystoreRule
from core.rules.militia import MilitiaRule
from core.settings import RuntimeSettings, Settings
from tests.commands.here import Here
from tests.commands.process import Product
from tests.commands.test_paper import EARLY, SEED, held
from tests.monitor.house import NOW_S, history

CHEAP = {"MICRO_KEYSTORE_COST": "cheap"}
PASSPHRASE = {"MICRO_PASSPHRASE": "a passphrase of the tests"}
SIGNED = OrderSigned(at_s=NOW_S, order_id="exit.op2.1", signature="s", last_valid_slot=9)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state directory with a journal of one closed operation and one open."""
    place = tmp_path / "state"
    place.mkdir(mode=0o700)
    written(place, *history())
    (place / "api-token").write_text("the operator's token\n")
    return place


def written(place: Path, *records: object) -> None:
    store = JournalStore(place / "journal.db")
    store.append(records, durable=True).get(timeout=30)  # type: ignore[arg-type]  # records of the union
    store.close()


def test_the_age_of_the_newest_backup_is_known_and_counts_from_the_start_where_there_is_none(state: Path):
    settings = Settings(runtime=RuntimeSettings(state_dir=str(state)))
    assert backups.age_s(settings, 61.5) == 61.5

    folder = backups.folder_of(settings)
    folder.mkdir()
    for name, made_s in (("a.mlbackup", time.time() - 500.0), ("b.mlbackup", time.time() - 90_000.0)):
        (folder / name).touch()
        os.utime(folder / name, (made_s, made_s))
    assert 499.0 < backups.age_s(settings, 61.5) < 600.0


def bodies(place: Path) -> list[str]:
    with closing(sqlite3.connect(place / "journal.db")) as db:
        return [body for (body,) in db.execute("SELECT body FROM entry ORDER BY seq")]


def test_what_is_restored_is_what_was_backed_up(here: Here, state: Path, tmp_path: Path):
    (tmp_path / ".env.micro-lightning").write_text("MICRO_SEED=9\n")
    file = tmp_path / "b"
    made = here("backup", "--out", str(file), **CHEAP, **PASSPHRASE)
    back = here("restore", str(file), "--state", str(tmp_path / "new"), **PASSPHRASE)

    assert (made.returncode, back.returncode) == (0, 0), made.stderr + back.stderr
    assert b"operator" not in file.read_bytes()
    assert file.stat().st_mode & 0o777 == 0o600
    assert bodies(tmp_path / "new") == bodies(state)
    assert (tmp_path / "new" / "api-token").read_text() == "the operator's token\n"
    assert (tmp_path / "new" / "settings.env").read_text() == "MICRO_SEED=9\n"
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "new").iterdir())
    assert "1 operations closed, 1 open" in back.stdout


def test_a_restore_overwrites_nothing(here: Here, state: Path, tmp_path: Path):
    here("backup", "--out", str(tmp_path / "b"), **CHEAP, **PASSPHRASE)
    before = bodies(state)

    done = here("restore", str(tmp_path / "b"), **PASSPHRASE)

    assert done.returncode == 2
    assert "holds journal.db already; a restore overwrites nothing" in done.stderr
    assert bodies(state) == before


@pytest.mark.usefixtures("state")
def test_tokens_that_are_there_stay_for_containers_are_given_theirs(here: Here, tmp_path: Path):
    here("backup", "--out", str(tmp_path / "b"), **CHEAP, **PASSPHRASE)
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "api-token").write_text("mounted\n")

    done = here("restore", str(tmp_path / "b"), "--state", str(tmp_path / "new"), **PASSPHRASE)

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "new" / "api-token").read_text() == "mounted\n"
    assert (tmp_path / "new" / "journal.db").exists()


@pytest.mark.usefixtures("state")
def test_a_wrong_passphrase_and_a_damaged_file_are_told_apart_and_change_nothing(here: Here, tmp_path: Path):
    file, place = tmp_path / "b", tmp_path / "new"
    here("backup", "--out", str(file), **CHEAP, **PASSPHRASE)
    wrong = here("restore", str(file), "--state", str(place), MICRO_PASSPHRASE="another passphrase")
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    damaged = here("restore", str(file), "--state", str(place), **PASSPHRASE)
    file.write_text("something else")
    strange = here("restore", str(file), "--state", str(place), **PASSPHRASE)

    assert [one.returncode for one in (wrong, damaged, strange)] == [2, 2, 2]
    assert "wrong passphrase" in wrong.stderr
    assert "its checksum is wrong" in damaged.stderr
    assert "is no backup" in strange.stderr
    assert not place.exists()


def test_without_a_passphrase_one_is_made_and_named_and_the_newest_copies_stay(here: Here, state: Path, tmp_path: Path):
    for _ in range(2):
        assert here("backup", MICRO_BACKUP_KEEP="2", **CHEAP).returncode == 0
    made = here("backup", MICRO_BACKUP_KEEP="2", **CHEAP)
    assert GENERATED in made.stdout
    assert "Deleted" in made.stdout
    copies = sorted((state / "backups").iterdir())
    assert len(copies) == 2

    secret = str(state / GENERATED)
    back = here("restore", str(copies[-1]), "--state", str(tmp_path / "new"), MICRO_PASSPHRASE_FILE=secret)
    assert back.returncode == 0, back.stderr


def test_a_file_that_exists_is_not_overwritten_and_no_journal_is_no_backup(here: Here, state: Path, tmp_path: Path):
    (tmp_path / "b").write_text("mine")

    taken = here("backup", "--out", str(tmp_path / "b"), **CHEAP, **PASSPHRASE)
    empty = here("backup", "--state", str(tmp_path / "none"), **CHEAP, **PASSPHRASE)

    assert (taken.returncode, empty.returncode) == (2, 2)
    assert (tmp_path / "b").read_text() == "mine"
    assert "nothing to back up" in empty.stderr
    assert not (tmp_path / "none").exists()
    assert state.exists()


def test_an_order_signed_between_the_two_files_has_both_copied_again(state: Path, monkeypatch: pytest.MonkeyPatch):
    with closing(sqlite3.connect(state / "paper.db")) as db:
        db.execute("CREATE TABLE landing (seq INTEGER)")
    copy, seen = state_copy._database, list[str]()

    def interrupted(source: Path, to: Path) -> bytes:
        seen.append(source.name)
        content = copy(source, to)
        if len(seen) == 1:
            written(state, SIGNED)
        return content

    monkeypatch.setattr(state_copy, "_database", interrupted)
    found = copied(state, None)

    assert seen == ["journal.db", "paper.db"] * 2
    assert found.last_seq == len(bodies(state))


def test_a_copy_that_never_gets_quiet_says_so(state: Path, monkeypatch: pytest.MonkeyPatch):
    copy = state_copy._database

    def interrupted(source: Path, to: Path) -> bytes:
        content = copy(source, to)
        written(state, SIGNED)
        return content

    monkeypatch.setattr(state_copy, "_database", interrupted)
    with pytest.raises(Retryable, match="faster than it can be copied"):
        copied(state, None)


def settings(state: Path, **rule: object) -> Settings:
    return Settings(
        runtime=RuntimeSettings(state_dir=str(state)),
        keystore=KeystoreRule(cost="cheap"),
        backup=BackupRule(**rule),  # type: ignore[arg-type]  # fields of the rule
    )


def started(version: str) -> RunStarted:
    return RunStarted(at_s=NOW_S, militia=MilitiaRule(), mode="paper", feed="market", seed=7, version=version)


@pytest.mark.usefixtures("here")
def test_another_version_is_backed_up_before_this_one_writes_and_the_same_one_is_not(state: Path):
    written(state, started("0.0.9"))
    told = before_upgrade(settings(state), None)
    assert "Version 0.0.9 wrote this state directory last" in told
    assert len(list((state / "backups").iterdir())) == 1

    assert before_upgrade(settings(state, before_upgrade=False), None) == ""
    written(state, started(VERSION))
    assert before_upgrade(settings(state), None) == ""
    assert len(list((state / "backups").iterdir())) == 1


@pytest.mark.usefixtures("here")
def test_an_upgrade_goes_on_without_a_backup_and_says_so(state: Path):
    written(state, started("0.0.9"))
    (state / "file").write_text("")

    assert "There is no backup" in before_upgrade(settings(state, folder=str(state / "file" / "x")), None)


class _System:
    """What a schedule needs of a running house."""

    def __init__(self) -> None:
        self.told: list[Message] = []
        self.clock = self
        self.directory = self
        self.now_s = NOW_S

    def run_native(self, function: Callable[[], None]) -> None:
        function()

    def tell(self, name: str, message: Message) -> bool:
        assert name == "notifier"
        self.told.append(message)
        return True


class _House:
    def __init__(self, state: Path, **rule: object) -> None:
        self.settings = settings(state, **rule)
        self.system = _System()
        self.state = self
        self.path = state


@pytest.mark.usefixtures("here")
def test_a_schedule_copies_again_and_again_thins_out_and_alerts_when_it_cannot(state: Path):
    class Enough(Exception):
        pass

    house, waited = _House(state, every_s=5_000.0, keep=1), list[float]()

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 3:
            (state / "journal.db").rename(state / "away.db")
        if len(waited) == 4:
            raise Enough

    schedule = Schedule(house, None, sleep)  # type: ignore[arg-type]  # as much of a house as it needs
    with pytest.raises(Enough):
        schedule.run()

    assert (schedule.made, schedule.failures) == (2, 1)
    assert waited == [5_000.0, 5_000.0, 5_000.0, backups.RETRY_S]
    assert len(list((state / "backups").iterdir())) == 1
    (alert,) = house.system.told
    assert isinstance(alert, RaiseAlert)
    assert (alert.key, alert.severity) == ("backup_failed", "warning")


def test_a_schedule_of_never_ends_at_once(state: Path):
    schedule = Schedule(_House(state, every_s=0.0), None)  # type: ignore[arg-type]  # as above

    schedule.run()

    assert schedule.made == 0


def test_the_oldest_go_first_and_figures_that_cannot_be_are_refused():
    assert surplus(["b", "a", "c"], 2) == ["a"]
    assert surplus(["a"], 2) == []
    for wrong in ({"keep": 0}, {"every_s": -1.0}):
        with pytest.raises(Refused, match="MICRO_BACKUP"):
            BackupRule(**wrong)


def test_a_backup_of_a_trading_process_goes_on_trading_elsewhere(
    here: Here, product: Callable[..., Product], tmp_path: Path
):
    running = product(SEED, EARLY).start(speed=20)
    operation = held(running)
    made = here("backup", "--out", str(tmp_path / "b"), "--state", str(running.state), **CHEAP, **PASSPHRASE)
    running.kill()
    running.state.rename(tmp_path / "lost")

    back = here("restore", str(tmp_path / "b"), "--state", str(running.state), **PASSPHRASE)
    audited = here("audit", "--state", str(running.state))
    assert [made.returncode, back.returncode, audited.returncode] == [0, 0, 0], made.stderr + back.stderr

    assert held(running.start(speed=20)) == operation
    assert "differ" not in running.output
