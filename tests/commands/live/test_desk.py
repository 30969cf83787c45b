"""What is sent is followed on the second socket, after its bytes and not before them."""

from collections.abc import Iterator

import gevent
import pytest

from actors.adapters.keys.secret import Secret
from actors.adapters.keys.signer import Signer
from commands.live.desk import FOLLOW_AFTER_S, LiveDesk
from core.ledger.books import Books
from core.messages import Order, SubmitOrder
from core.settings import Settings
from core.types import Purpose, Role
from tests.actors.adapters.onchain.street import WORDS

NOWHERE = {"SOLANA_RPC_URL": "http://127.0.0.1:1", "SOLANA_WS_URL": "ws://127.0.0.1:1"}


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveDesk]:
    for name, text in NOWHERE.items():
        monkeypatch.setenv(name, text)
    made = LiveDesk(Settings(), None, Signer(Secret(WORDS)), 0, books=Books, slot=lambda: 0)
    yield made
    made.chain.feed.close()
    made.close()


def test_the_bytes_go_first(desk: LiveDesk):
    order = Order(id="tax.op1.1", purpose=Purpose.TAX, role=Role.LIGHTNING, payer=Role.LIGHTNING)
    desk.venue.is_absent(SubmitOrder(order=order, signature="S", last_valid_slot=9), 0)

    assert desk.chain.watch._signatures == {}
    gevent.sleep(5 * FOLLOW_AFTER_S)
    assert list(desk.chain.watch._signatures) == ["S"]
