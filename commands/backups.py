"""Making backups: by command, on a schedule while the process runs, and before an upgrade writes anything."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import gevent
import msgspec
from msgspec import Struct

from actors.adapters import backup_file, state_copy
from actors.adapters.backup_file import Manifest
from actors.adapters.environment import FILE, passphrase_file
from actors.adapters.keys import private_file
from actors.adapters.keys.passphrase import passphrase
from actors.adapters.keys.secret import Secret
from actors.adapters.state_directory import StateDirectory
from commands.house import VERSION, House
from core.errors import MicroError, Refused
from core.messages import RaiseAlert
from core.records import SCHEMA_VERSION
from core.rules.backup import surplus
from core.settings import Settings

GENERATED = "backup-passphrase"
PATTERN = "*.mlbackup"
RETRY_S = 600.0
"""After a copy that failed; sooner where they are made more often."""


class Saved(Struct, frozen=True):
    path: Path
    length: int
    last_seq: int


def save(
    state: Path, secret: Secret, settings: Settings, *, settings_file: Path | None, out: Path | None = None
) -> Saved:
    """Copy, encrypt, write, read back: a second or two. Raises Refused or Retryable; then nothing is there."""
    copy = state_copy.copied(state, settings_file)
    now = datetime.now(UTC)
    manifest = Manifest(
        made_at=now.isoformat(timespec="seconds"),
        program=VERSION,
        schema=SCHEMA_VERSION,
        last_seq=copy.last_seq,
        items=tuple(backup_file.item(name, content) for name, content in copy.files.items()),
    )
    content = backup_file.sealed(manifest, copy.files, secret, settings.keystore.cost)
    path = out if out is not None else _named(folder_of(settings), now)
    private_file.write(path, content, "the backup")
    if path.read_bytes() != content:
        raise Refused(f"{path} does not read back as it was written; look at the disk")
    return Saved(path, len(content), copy.last_seq)


def folder_of(settings: Settings) -> Path:
    return Path(settings.backup.folder) if settings.backup.folder else Path(settings.runtime.state_dir) / "backups"


def age_s(settings: Settings, uptime_s: float) -> float:
    """Of the newest copy in the folder, by the real clock; so long as the process runs where there is none."""
    newest_s = max((path.stat().st_mtime for path in folder_of(settings).glob(PATTERN)), default=None)
    return uptime_s if newest_s is None else max(time.time() - newest_s, 0.0)


def _named(folder: Path, now: datetime) -> Path:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Refused(f"the folder of backups {folder} cannot be made: {error.strerror}") from None
    return folder / f"{now:%Y%m%dT%H%M%S%fZ}.mlbackup"


def thinned(folder: Path, keep: int) -> list[str]:
    """Delete the oldest copies of the folder beyond so many; their names."""
    gone = surplus([path.name for path in folder.glob(PATTERN)], keep)
    for name in gone:
        (folder / name).unlink()
    return gone


def generated(state: Path) -> Secret:
    """The passphrase of those who set none: random, in a file that its owner alone can read."""
    return Secret(StateDirectory(state).secret(GENERATED))


def unattended(settings: Settings, settings_file: Path | None) -> Secret:
    """Nobody can be asked: from the passphrase file, else the generated one. Raises Refused for a file that is open."""
    named = passphrase_file(file=settings_file)
    return passphrase(named) if named else generated(Path(settings.runtime.state_dir))


def upgraded_from(journal: Path) -> str:
    """The version that wrote the journal last, where that is another one than this; else empty."""
    if not journal.exists():
        return ""
    query = "SELECT version, body FROM entry WHERE kind = 'run_started' ORDER BY seq DESC LIMIT 1"
    try:
        with closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as db:
            row = db.execute(query).fetchone()
        if row is None or row[0] > SCHEMA_VERSION:
            return ""  # what a newer one wrote is refused, and nothing of it is touched
        wrote = str(msgspec.json.decode(row[1]).get("version", ""))
    except (sqlite3.Error, msgspec.MsgspecError, AttributeError):
        return ""  # no journal of ours, or damaged: whoever opens it says so
    return wrote if (wrote, row[0]) != (VERSION, SCHEMA_VERSION) else ""


def before_upgrade(settings: Settings, settings_file: str | None) -> str:
    """Back up what another version wrote, before this one touches it. What a person is told; empty: nothing was due.

    A copy that fails stops nothing, for positions may be open: it is said.
    """
    state = Path(settings.runtime.state_dir)
    before = upgraded_from(state / state_copy.JOURNAL)
    if not (before and settings.backup.before_upgrade):
        return ""
    file = Path(settings_file) if settings_file else None
    try:
        made = save(state, unattended(settings, file), settings, settings_file=file or Path(FILE))
    except (MicroError, OSError) as error:
        return f"There is no backup of what version {before} wrote: {error}"
    return f"Version {before} wrote this state directory last; it is backed up in {made.path}"


class Schedule:
    """Backs a running house up again and again; `made` and `failures` count."""

    def __init__(
        self, house: House, settings_file: str | None, sleep: Callable[[float], object] = gevent.sleep
    ) -> None:
        self._house, self._sleep = house, sleep
        self._file = Path(settings_file) if settings_file else None
        self.made = self.failures = 0

    def run(self) -> None:
        """In a greenlet of its own, for ever; at once back where copies are not wanted."""
        every_s = self._house.settings.backup.every_s
        wait_s = every_s
        while every_s:
            self._sleep(wait_s)
            wait_s = every_s if self.once() else min(every_s, RETRY_S)

    def once(self) -> bool:
        """One copy, off the hub; False and an alert where it came to nothing."""
        try:
            self._house.system.run_native(self._copy)
        except (MicroError, OSError) as error:
            self.failures += 1
            alert = RaiseAlert(
                key="backup_failed",
                severity="warning",
                text=f"no backup was made: {error}",
                at_s=self._house.system.clock.now_s,
            )
            self._house.system.directory.tell("notifier", alert)
            return False
        self.made += 1
        return True

    def _copy(self) -> None:
        settings = self._house.settings
        state = self._house.state.path
        save(state, unattended(settings, self._file), settings, settings_file=self._file or Path(FILE))
        thinned(folder_of(settings), settings.backup.keep)
