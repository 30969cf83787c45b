"""What this machine is asked: modes of files, the state directory's lock and leftovers, disk and fsync."""

import os
import shutil
import stat
from contextlib import suppress
from pathlib import Path
from statistics import median
from time import perf_counter

from actors.adapters.endpoint import shown
from actors.adapters.environment import read_file
from actors.adapters.keys import private_file
from actors.adapters.keys.private_file import MOUNTED
from actors.adapters.keys.vault import ADDRESSES, KEYSTORE
from actors.adapters.state_directory import holder
from core.errors import Refused
from core.rules.doctor import DoctorRule
from core.rules.verdict import Verdict
from core.settings import FOREIGN

PRIVATE = (KEYSTORE, ADDRESSES, "api-token", "api-token-read")
SET_ASIDE = ("journal.tail-*", "journal.damaged*", "*.fresh", "*.salvage")
WRITES = 15
BLOCK_BYTES = 4096


def modes(directory: Path, passphrase: str, settings_file: Path) -> Verdict:
    """Whatever is secret can be read by its owner alone."""
    faults = []
    if directory.exists() and (mode := stat.S_IMODE(directory.stat().st_mode)) & private_file.OTHERS:
        faults.append(f"{directory} is open to others (mode {mode:04o}); run: chmod 700 {directory}")
    paths = [directory / name for name in PRIVATE if (directory / name).exists()]
    if passphrase and not Path(passphrase).is_relative_to(MOUNTED):
        paths.append(Path(passphrase))
    if _holds_a_key(settings_file):
        paths.append(settings_file)
    for path in paths:
        try:
            faults.append(private_file.fault(path))
        except OSError as error:
            faults.append(f"{path} cannot be read: {error.strerror}")
    found = [fault for fault in faults if fault]
    if found:
        return Verdict.failed("modes", "; ".join(found))
    return Verdict.passed("modes", f"{len(paths)} private files are their owner's alone")


def state(directory: Path) -> Verdict:
    """Who has the state directory, and whether something lies there that a person must look at."""
    if not directory.exists():
        return Verdict.passed("state", f"{directory} is not there yet; the first start makes it")
    aside = sorted(path.name for pattern in SET_ASIDE for path in directory.glob(pattern))
    if aside:
        names = ", ".join(aside)
        return Verdict.failed("state", f"{directory} holds {names}, set aside as damaged; look, then move them away")
    running = holder(directory)
    who = f"process {running} runs on it" if running else "nobody runs on it"
    dump = "; dump.json is of a run that gave up" if (directory / "dump.json").exists() else ""
    return Verdict.passed("state", f"{directory}: {who}{dump}")


def space(rule: DoctorRule, directory: Path) -> Verdict:
    """Room for the journal. When the disk is full, entries stop."""
    place = _present(directory)
    free = shutil.disk_usage(place).free
    text = f"{free >> 20} MiB free on the disk of {place}"
    if free < rule.free_least_bytes:
        return Verdict.failed("disk", f"{text}, {rule.free_least_bytes >> 20} are asked for; make room")
    return Verdict.passed("disk", text)


def fsync(rule: DoctorRule, directory: Path) -> Verdict:
    """How long a write takes until it is on disk: measured here and now, in a file that is removed again."""
    place = _present(directory)
    path = place / f".fsync.{os.getpid()}"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError as error:
        return Verdict.failed("fsync", f"{place} cannot be written: {error.strerror}; mend its owner and mode")
    try:
        took_s = sorted(_write(handle) for _ in range(WRITES))
    except OSError as error:
        return Verdict.failed("fsync", f"{place} does not take a write to disk: {error.strerror}")
    finally:
        os.close(handle)
        with suppress(FileNotFoundError):
            path.unlink()
    text = f"a write is on disk within {median(took_s) * 1000:.1f} ms, at worst {took_s[-1] * 1000:.1f} ms"
    if median(took_s) > rule.fsync_most_s:
        return Verdict.failed("fsync", f"{text}; orders wait for it: use a faster disk than that of {place}")
    return Verdict.passed("fsync", text)


def _write(handle: int) -> float:
    began_s = perf_counter()
    os.write(handle, bytes(BLOCK_BYTES))
    os.fsync(handle)
    return perf_counter() - began_s


def _present(path: Path) -> Path:
    """The path, or what is there of it."""
    return next(one for one in (path.absolute(), *path.absolute().parents) if one.exists())


def _holds_a_key(settings_file: Path) -> bool:
    """Whether an address in the file may carry one: a path, a query, or a user."""
    try:
        texts = read_file(settings_file)
    except Refused:
        return False  # missing, or refused by whoever loaded it before
    urls = [url for name in FOREIGN for url in texts.get(name, "").split(",") if url]
    return any("***" in shown(url.strip()) for url in urls)
