"""However a call ends, its connection is closed or back in its place: a lost one keeps a place and a file for ever."""

import gc
import socket
import warnings
from collections.abc import Callable, Iterator

import gevent
import pytest

from actors.adapters.rpc.connection import SPARE, Connection
from actors.adapters.rpc.errors import TimedOut

LARGE = bytes(32 * 1024 * 1024)
"""More than the buffers between two sockets of this machine take."""


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that takes connections and never reads or says a word."""
    listener = socket.create_server(("127.0.0.1", 0))
    taken: list[socket.socket] = []

    def take() -> None:
        while True:
            taken.append(listener.accept()[0])

    taking = gevent.spawn(take)
    yield listener.getsockname()[1]
    taking.kill()
    for one in (listener, *taken):
        one.close()


def lost(act: Callable[[], object]) -> list[str]:
    """What was left open, as the interpreter finds it."""
    gc.collect()
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        act()
        gc.collect()
    return [str(one.message) for one in seen if issubclass(one.category, ResourceWarning)]


@pytest.mark.parametrize(
    ("scheme", "body"), [("https", b"{}"), ("http", LARGE), ("http", b"{}")], ids=["handshake", "sending", "answer"]
)
def test_a_call_that_times_out_leaves_nothing_open(silent: int, scheme: str, body: bytes):
    connection = Connection(f"{scheme}://127.0.0.1:{silent}/", connections=1, timeout_s=5.0)

    def call() -> None:
        with pytest.raises(TimedOut):
            connection.post(body, 0.3)

    assert lost(call) == []
    call()
    assert connection._pool._semaphore.counter == 1 + SPARE
    connection.close()
