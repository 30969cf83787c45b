"""Addresses of the outside world: encrypted unless they stay on this machine, and never shown with the keys in them."""

from collections.abc import Collection
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from core.errors import Refused

ENCRYPTED = frozenset({"https", "wss"})
PLAIN = frozenset({"http", "ws"})


def checked(url: str, setting: str, schemes: Collection[str], plain_hosts: Collection[str] = ()) -> str:
    """`url`, fit to be called. Refused, naming the setting, for another scheme, for a user or fragment in it, and for a
    plain connection to anything but this machine or a host of `plain_hosts`."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise Refused(f"{setting} is no address: {error}") from None
    if parts.scheme not in schemes or not host or port == 0:
        raise Refused(f"{setting} ({shown(url)}) must be an address that begins with {' or '.join(sorted(schemes))}")
    if parts.username is not None or parts.fragment:
        raise Refused(f"{setting} ({shown(url)}) must not hold a user, password or fragment")
    if parts.scheme in PLAIN and not is_loopback(host) and host not in plain_hosts:
        raise Refused(f"{setting} ({shown(url)}) would go unencrypted over the network; use {_encrypted(parts)}")
    return url


def shown(url: str) -> str:
    """Scheme, host and port; what follows may be a key and is shown as ***."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", f":{parts.port}" if parts.port else ""
    except ValueError:
        return "***"
    rest = "/***" if parts.path.strip("/") or parts.query or parts.fragment else ""
    return f"{parts.scheme}://{host}{port}{rest}"


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _encrypted(parts: SplitResult) -> str:
    return {"http": "https", "ws": "wss"}[parts.scheme]


def hosts_are_loopback(urls: Collection[str]) -> bool:
    """Whether every one of these addresses stays on this machine."""
    return all(is_loopback(urlsplit(url).hostname or "") for url in urls)
