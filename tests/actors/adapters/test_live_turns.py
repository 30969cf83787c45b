"""Whoever reads the feed's socket gives way: an order must go out while a burst is read."""

import gevent
import pytest

from actors.adapters import live_socket
from actors.adapters.live_feed import LiveFeed, LiveRule
from tests.actors.adapters.node import Node


def test_a_flood_of_messages_keeps_nobody_else_waiting(monkeypatch: pytest.MonkeyPatch):
    """A slot's transactions come all at once and are read without a wait; an order must go out in between."""
    read_most = 200_000
    others: list[int] = []
    read = 0

    def receive(_: live_socket.LiveSocket) -> bytes | None:
        nonlocal read
        read += 1
        if read == 1:
            gevent.spawn(lambda: others.append(read))
        if others or read == read_most:
            raise live_socket.Gone("closed by server")
        return b'{"jsonrpc": "2.0"}'

    monkeypatch.setattr(live_socket.LiveSocket, "receive", receive)
    node = Node()
    feed = LiveFeed(node.url, LiveRule(), 7)
    try:
        while not others:
            gevent.sleep(0.01)
    finally:
        feed.close()
        node.stop()

    assert others[0] < read_most
