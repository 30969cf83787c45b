"""What a stranger may send: too large, slow, malformed, with a wrong token, with tricks in the path."""

import socket
from collections.abc import Callable
from random import Random

import gevent

WAIT_S = 20.0
GONE = 0
"""Closed without an answer."""
STARTS = ("/../", "/static/../", "/static/..%2f..%2f", "/static/%2e%2e/%2e%2e/", "//", "/static//", "/static/..%5c")
SECRETS = ("api-token", "api-token-read", "journal.db", "mention-secret", "etc/passwd")
CHANGES = ("/emergency", "/alerts", "/alerts/1/acknowledge", "/pause", "/positions/x/exit", "/wallets/rotate")
BODY = b'{"action": "exit", "why": "hostile"}'


def answered(port: int, data: bytes, *, close: bool = False) -> int:
    """The status that these bytes are answered with; `GONE` for none."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=WAIT_S) as sock:
            if data:
                sock.sendall(data)
            return GONE if close else status_of(sock)
    except OSError:
        return GONE


def status_of(sock: socket.socket) -> int:
    head = b""
    while b"\r\n" not in head:
        part = sock.recv(4_096)
        if not part:
            return GONE
        head += part
    # Whoever reads an answer reads it all, or its end is a reset.
    while sock.recv(65_536):
        pass
    words = head.split(b" ", 2)
    return int(words[1]) if len(words) > 1 and words[1].isdigit() else GONE


def request(method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
    fields = {"Host": "localhost", "Connection": "close", "Content-Type": "application/json"}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    if body:
        fields.setdefault("Content-Length", str(len(body)))
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


class Hostile:
    """Each kind in turn, with dice for the rest. `token`: one that may only read."""

    def __init__(self, port: int, dice: Random, token: str) -> None:
        self.port, self.dice, self.token, self.turn = port, dice, token, 0

    def attack(self) -> tuple[str, int]:
        """The kind of one attack, and its answer."""
        self.turn += 1
        kind = list(KINDS)[self.turn % len(KINDS)]
        return kind, KINDS[kind](self)

    def sent(self, data: bytes) -> int:
        return answered(self.port, data)

    def oversized_head(self) -> int:
        return self.sent(request("GET", "/status", Cookie="x" * 40_000))

    def oversized_line(self) -> int:
        return self.sent(request("GET", "/status?" + "x" * 40_000))

    def oversized_body(self) -> int:
        return self.sent(request("POST", "/emergency", b"x" * 200_000, Authorization="Bearer guess"))

    def slow(self) -> int:
        """A byte now and then, and the end never comes."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=WAIT_S) as sock:
                for byte in b"POST /emergency HTTP/1.1\r\nHost: localhost\r\nX: ":
                    sock.sendall(bytes((byte,)))
                    gevent.sleep(self.dice.uniform(0.05, 0.4))
                return status_of(sock)
        except OSError:
            return GONE

    def stuck(self) -> int:
        """Asks for a large answer and does not take it."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=WAIT_S) as sock:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)
                sock.sendall(request("GET", "/actors?limit=500"))
                gevent.sleep(self.dice.uniform(0.5, 4.0))
        except OSError:
            pass
        return GONE

    def vanishing(self) -> int:
        return answered(self.port, request("GET", "/events"), close=True)

    def malformed(self) -> int:
        data = self.dice.choice(
            (
                b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
                b"GET\r\n\r\n",
                b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
                b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
                b"POST /emergency HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n",
                b"POST /emergency HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n",
                request("GET", "/status", X_Odd="\x00"),
                bytes(self.dice.randrange(256) for _ in range(64)) + b"\r\n\r\n",
            )
        )
        return self.sent(data)

    def no_token(self) -> int:
        return self.sent(request("POST", self.dice.choice(CHANGES), BODY))

    def wrong_token(self) -> int:
        guess = self.dice.choice(("guess", "", "x" * 4_000, self.token, self.token[:-1], "' OR 1=1 --"))
        return self.sent(request("POST", self.dice.choice(CHANGES), BODY, Authorization=f"Bearer {guess}"))

    def path(self) -> int:
        start = self.dice.choice(
            (
                "/../",
                "/static/../",
                "/static/..%2f..%2f",
                "/static/%2e%2e/%2e%2e/",
                "//",
                "/static//",
                "/static/vendor/..%5c",
            )
        )
        return self.sent(request("GET", start + self.dice.choice(SECRETS)))

    def rebinding(self) -> int:
        return self.sent(request("GET", "/status", Host="evil.example"))

    def other_origin(self) -> int:
        token = f"Bearer {self.token}"
        return self.sent(request("POST", "/emergency", BODY, Origin="https://evil.example", Authorization=token))


KINDS: dict[str, Callable[[Hostile], int]] = {
    "oversized head": Hostile.oversized_head,
    "oversized line": Hostile.oversized_line,
    "oversized body": Hostile.oversized_body,
    "slow": Hostile.slow,
    "stuck": Hostile.stuck,
    "vanishing": Hostile.vanishing,
    "malformed": Hostile.malformed,
    "no token": Hostile.no_token,
    "wrong token": Hostile.wrong_token,
    "path": Hostile.path,
    "rebinding": Hostile.rebinding,
    "other origin": Hostile.other_origin,
}
