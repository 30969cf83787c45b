"""Sockets that listen, and one clear line when there can be none."""

import errno
import socket

from core.errors import Refused


def listening(bind: str, port: int, setting: str) -> socket.socket:
    """A socket that listens there. Raises Refused, with the reason and the setting to change."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(bind, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise Refused(_why(bind, port, setting, error)) from None
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise Refused(_why(bind, port, setting, error)) from None
    return listener


def check_free(bind: str, port: int, setting: str) -> None:
    """Raises Refused when the address cannot be listened on: to be asked before anything is started."""
    listening(bind, port, setting).close()


def _why(bind: str, port: int, setting: str, error: OSError) -> str:
    reasons: dict[int | None, str] = {
        errno.EADDRINUSE: f"port {port} on {bind} is in use; stop what uses it, or set {setting} to another port",
        errno.EACCES: f"port {port} on {bind} is not allowed to this user; set {setting} to one above 1023",
    }
    fallback = f"cannot listen on {bind} port {port} ({error}); check MICRO_BIND and {setting}"
    return reasons.get(error.errno, fallback)
