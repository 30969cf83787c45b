"""The state directory: journal, paper chain, token, dumps. One process at a time, by an exclusive lock for life."""

import errno
import fcntl
import os
import secrets
import socket
import struct
import time
from collections.abc import Callable
from pathlib import Path

from gevent.monkey import get_original

from core.errors import Refused

# The hub closes its sockets some time later; a claim must be gone when it is given up.
_socket: Callable[[int, int], socket.socket] = get_original("socket", "socket")

CLAIMANT_S = 1.0
LINGERS_S = 1.0
"""A child that the holder was just starting when it ended holds its claim until it is a program of its own."""


class StateDirectory:
    """Paths in the directory, and the lock on it. Opening makes the directory (mode 0700) where it is missing."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise Refused(f"the state directory {path} cannot be made: {error.strerror}") from None
        if not os.access(self.path, os.W_OK):
            raise Refused(f"the state directory {path} is not writable; choose another with MICRO_STATE_DIR")
        self._lock: int | None = None
        self._claim: int | None = None

    @property
    def journal(self) -> Path:
        return self.path / "journal.db"

    @property
    def token(self) -> Path:
        return self.path / "api-token"

    def lock(self) -> None:
        """Take the lock for the life of this process. Raises Refused and names the process that holds it."""
        handle = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(handle, 32, 0).decode(errors="replace").strip() or "unknown"
            os.close(handle)
            if error.errno not in (errno.EAGAIN, errno.EACCES):
                raise
            raise Refused(
                f"the state directory {self.path} is in use by process {holder}; "
                "stop it, or set another MICRO_STATE_DIR"
            ) from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        self._lock = handle

    def claim(self, address: str) -> None:
        """Let no other process of this machine trade with the keys of this address, from whatever directory. Raises
        Refused and names the other: a copied keystore is noticed at once, and not by its first transaction.

        A name of the kernel's, no file: it is gone when the process is. Containers have names of their own.
        """
        until_s = time.monotonic() + LINGERS_S
        while (claim := _claimed(address)) is None:
            if time.monotonic() >= until_s:
                raise Refused(
                    f"process {_claimant(address)} of this machine trades with the keys of {address} from another "
                    "state directory; stop it first"
                )
            time.sleep(LINGERS_S / 20)
        self._claim = claim

    def unlock(self) -> None:
        """Give lock and claim up; the end of the process does the same."""
        for handle in (self._lock, self._claim):
            if handle is not None:
                os.close(handle)
        self._lock = self._claim = None

    def api_token(self) -> str:
        """The token that every change over HTTP needs: made at the first start, readable by its owner alone."""
        return _secret(self.token)

    def read_token(self) -> str:
        """The token that may look but not change anything."""
        return _secret(self.path / "api-token-read")

    def secret(self, name: str) -> str:
        """The secret in this file: made the first time it is asked for, readable by its owner alone."""
        return _secret(self.path / name)

    def mention_secret(self) -> str:
        """The secret that a source of mentions signs with."""
        return _secret(self.path / "mention-secret")

    def secrets_changed_ns(self) -> tuple[int, ...]:
        """Changes whenever one of them is written anew; without those that are missing."""
        return tuple(path.stat().st_mtime_ns for path in secret_files(self.path) if path.exists())


def _claimed(address: str) -> int | None:
    """A handle that holds this address; None while another does."""
    claim = _socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        claim.bind(f"\0micro-lightning {address}")
        claim.listen(1)
    except OSError as error:
        claim.close()
        if error.errno != errno.EADDRINUSE:
            raise
        return None
    return claim.detach()


def _claimant(address: str) -> str:
    """The process that has claimed this address, as the kernel knows it."""
    asking = _socket(socket.AF_UNIX, socket.SOCK_STREAM)
    asking.settimeout(CLAIMANT_S)
    try:
        asking.connect(f"\0micro-lightning {address}")
        credentials = asking.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        return str(struct.unpack("3i", credentials)[0])
    except OSError:
        return "unknown"
    finally:
        asking.close()


def holder(directory: Path) -> str:
    """The process that has this state directory, as it names itself; empty: nobody. Takes nothing and makes nothing."""
    try:
        handle = os.open(directory / "lock", os.O_RDONLY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return ""
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in (errno.EAGAIN, errno.EACCES):
            raise
        return os.pread(handle, 32, 0).decode(errors="replace").strip() or "unknown"
    else:
        return ""
    finally:
        os.close(handle)


def secret_files(directory: Path) -> tuple[Path, ...]:
    """Tokens and secrets of the HTTP doors."""
    return tuple(directory / name for name in ("api-token", "api-token-read", "mention-secret"))


def renew(path: Path) -> None:
    """A new random secret in place of the old one, whole at every moment, readable by its owner alone."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    _secret(fresh)
    fresh.replace(path)


def _secret(path: Path) -> str:
    """What the file holds; a new random secret, readable by its owner alone, where there is no file."""
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        token = secrets.token_urlsafe(32)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(token + "\n")
        return token
