import struct
from collections.abc import Iterator, Sequence
from typing import Any

import gevent
import pytest
from gevent.pywsgi import WSGIServer
from gevent.server import StreamServer

from actors.adapters.sol_price import HttpSource, PoolSource
from core.chain.codec.keys import key_bytes
from core.chain.programs import SYSTEM, WSOL_MINT
from core.chain.raydium import SOL_USDC_POOL, USDC_MINT
from core.errors import Refused, Retryable
from core.rules.sol_price import SolSourceRule
from tests.chain.test_raydium import pool_bytes


@pytest.fixture(autouse=True)
def time_limit() -> Iterator[None]:
    with gevent.Timeout(20):
        yield


class Service:
    """A web service that answers what it is told."""

    def __init__(self) -> None:
        self.status, self.body, self.headers = "200 OK", b'{"data": {"amount": "81.25"}}', [("X", "y")]
        self.asked: list[str] = []
        self.server = WSGIServer(("127.0.0.1", 0), self._answer, log=None)
        self.server.start()

    def _answer(self, environ: dict[str, str], start: object) -> list[bytes]:
        self.asked.append(environ["PATH_INFO"] + "?" + environ["QUERY_STRING"])
        start(self.status, self.headers)  # type: ignore[operator]
        return [self.body]

    def source(self, path: str = "data.amount", tail: str = "/v2/price?key=sesame") -> HttpSource:
        url = f"http://127.0.0.1:{self.server.server_port}{tail}"
        return HttpSource(SolSourceRule(url=url, path=path, timeout_s=1.0))


@pytest.fixture
def service() -> Iterator[Service]:
    service = Service()
    yield service
    service.server.stop()


def vault(amount: int) -> bytes:
    """A token account of 165 bytes: mint, owner, amount, then nothing delegated, initialised."""
    return key_bytes(WSOL_MINT) + key_bytes(SYSTEM) + struct.pack("<Q", amount) + bytes(36) + b"\1" + bytes(56)


def test_the_pool_is_priced_by_its_vaults():
    accounts = {SOL_USDC_POOL: pool_bytes(sol_owed=10**9), USDC_MINT: vault(8_000 * 10**6)}

    def read(keys: Sequence[str]) -> list[bytes | None]:
        # The pool of the test calls its own address its SOL vault.
        return [vault(101 * 10**9) if len(keys) == 2 and key == SOL_USDC_POOL else accounts.get(key) for key in keys]

    assert PoolSource(read)() == pytest.approx(80.0)


@pytest.mark.parametrize("pool", [None, b"", b"junk", pool_bytes()])
def test_a_pool_that_cannot_be_read_has_no_price(pool: bytes | None):
    with pytest.raises(Retryable, match="pool"):
        PoolSource(lambda keys: [pool] if len(keys) == 1 else [None, vault(5)])()


def test_the_web_service_is_asked_where_the_settings_say(service: Service):
    assert service.source()() == 81.25
    assert service.asked == ["/v2/price?key=sesame"]


def test_a_price_may_stand_in_a_list_or_be_the_whole_answer(service: Service):
    service.body = b'{"result": [[1, 2.5]]}'

    assert service.source("result.0.1")() == 2.5


@pytest.mark.parametrize(
    "body",
    [b"", b"oops", b"[]", b'{"data": 5}', b'{"data": {"amount": "NaN"}}', b'{"data": {"amount": -1}}', b"[" * 60_000,
     b'{"data": {"amount": "1e999"}}', b" " * 70_000],
)  # fmt: skip
def test_an_answer_without_a_price_is_none(service: Service, body: bytes):
    service.body = body

    with pytest.raises(Retryable) as refusal:
        service.source()()
    assert "sesame" not in str(refusal.value)


def test_errors_and_redirects_are_not_followed(service: Service):
    for status in ("500 Oops", "429 Too Many Requests", "302 Found"):
        service.status, service.headers = status, [("Location", "/elsewhere")]
        with pytest.raises(Retryable, match=status[:3]):
            service.source()()

    assert all(asked.startswith("/v2/price") for asked in service.asked)


def test_nobody_there_is_retryable_and_shows_no_key(service: Service):
    source = service.source()
    service.server.stop()

    with pytest.raises(Retryable) as refusal:
        source()
    assert "sesame" not in str(refusal.value)


def test_an_unencrypted_service_beyond_this_machine_is_refused():
    with pytest.raises(Refused, match="MICRO_SOL_SOURCE_URL"):
        HttpSource(SolSourceRule(url="http://prices.example/"))


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"HTTP/1.1 200 OK\r\n",
        b"nonsense\r\n\r\n",
        b"",
    ],
)
def test_an_answer_that_breaks_off_is_retryable(answer: bytes):
    def serve(socket: Any, _address: object) -> None:
        socket.recv(4_096)
        socket.sendall(answer)

    server = StreamServer(("127.0.0.1", 0), serve)
    server.start()
    source = HttpSource(SolSourceRule(url=f"http://127.0.0.1:{server.server_port}/", timeout_s=1.0))

    with pytest.raises(Retryable):
        source()
    server.stop()
