from collections.abc import Iterator

import gevent
import pytest

from tests.actors.adapters.chain.scripted import ScriptedChain


@pytest.fixture(autouse=True)
def time_limit() -> Iterator[None]:
    with gevent.Timeout(20):
        yield


@pytest.fixture
def chain() -> Iterator[ScriptedChain]:
    chain = ScriptedChain()
    yield chain
    chain.close()
