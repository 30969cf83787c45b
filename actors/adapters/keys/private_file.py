"""Files that only their owner may read: written whole or not at all, and refused when others may read them."""

import os
import stat
from pathlib import Path

from core.errors import Refused

MODE = 0o600
OTHERS = 0o077
MOUNTED = Path("/run/secrets")
"""Where container engines mount secrets, readable by all in the container and by nobody outside."""


def read(path: Path, what: str, *, most_bytes: int = 65_536) -> bytes:
    """What the file holds. Refused where it is missing, too big, no file, or open to others than its owner."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise Refused(f"{what} {path} cannot be read: {error.strerror}") from None
    try:
        status = os.fstat(handle)
        if why := _fault(path, status):
            raise Refused(f"{what} {why}")
        if status.st_size > most_bytes:
            raise Refused(f"{what} {path} is {status.st_size} bytes long, more than {most_bytes}: it is another file")
        return os.read(handle, most_bytes)
    finally:
        os.close(handle)


def secret(path: Path, what: str, *, most_bytes: int = 65_536) -> bytes:
    """The same, but one that a container engine mounted may be readable: its folder keeps others out."""
    if not path.is_relative_to(MOUNTED):
        return read(path, what, most_bytes=most_bytes)
    try:
        return path.read_bytes()
    except OSError as error:
        raise Refused(f"{what} {path} cannot be read: {error.strerror}") from None


def fault(path: Path) -> str:
    """Why this file is not private, with how to mend it; empty when it is. Raises OSError when it is not there."""
    return _fault(path, path.stat())


def write(path: Path, content: bytes, what: str, *, replace: bool = False) -> None:
    """Write it beside, on disk, then give it its name. Refused where the name is taken (unless `replace`) or the disk
    does not do its part; then what was there is still there."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, MODE)
        try:
            with os.fdopen(handle, "wb") as file:
                os.fchmod(handle, MODE)  # whatever the umask, or a file that lay there
                file.write(content)
                file.flush()
                os.fsync(handle)
            if replace:
                beside.replace(path)
            else:
                os.link(beside, path)
        finally:
            beside.unlink(missing_ok=True)
        _settle(path.parent)
    except FileExistsError:
        raise Refused(f"{what} {path} exists already; it is never overwritten: move it away first") from None
    except OSError as error:
        raise Refused(f"{what} {path} cannot be written: {error.strerror}") from None


def _fault(path: Path, status: os.stat_result) -> str:
    if not stat.S_ISREG(status.st_mode):
        return f"{path} is no file"
    if status.st_uid not in (os.geteuid(), 0):
        return f"{path} belongs to another user; chown it to the one who runs this"
    if status.st_mode & OTHERS:
        return f"{path} can be read by others (mode {stat.S_IMODE(status.st_mode):04o}); run: chmod 600 {path}"
    return ""


def _settle(folder: Path) -> None:
    """A new name is on disk only when its folder is."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
