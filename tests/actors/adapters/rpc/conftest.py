from collections.abc import Callable, Iterator

import gevent
import pytest

from tests.actors.adapters.rpc import server as servers
from tests.actors.adapters.rpc.server import NodeServer


@pytest.fixture(autouse=True)
def time_limit() -> Iterator[None]:
    with gevent.Timeout(20):
        yield
    while servers.OPENED:
        servers.OPENED.pop().close()


@pytest.fixture
def serve() -> Iterator[Callable[[], NodeServer]]:
    """Makes nodes, each on a port of its own."""
    made: list[NodeServer] = []

    def make() -> NodeServer:
        server = NodeServer()
        server.replies["getSlot"] = lambda _: server.slot
        made.append(server)
        return server

    yield make
    for server in made:
        server.stop()


@pytest.fixture
def server(serve: Callable[[], NodeServer]) -> NodeServer:
    return serve()
