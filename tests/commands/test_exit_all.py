"""Everything that we bought is sold with nothing but keys and a node; what others sent is left alone."""

from collections.abc import Iterator

import gevent
import pytest

from commands.exit_all import Seller
from core.settings import Settings
from core.types import Role
from tests.actors.adapters.onchain.street import SOL, Street, buy


@pytest.fixture
def street() -> Iterator[Street]:
    made = Street()
    yield made
    made.close()


def sold(street: Street) -> list[tuple[Role, bool]]:
    """As the command does it, while slots pass."""

    def tick() -> None:
        while True:
            gevent.sleep(0.02)
            street.pass_slots()

    seller = Seller(Settings(), street.rpc, street.wallets, 0)
    ticking = gevent.spawn(tick)
    try:
        return [(sale.held.role, sale.is_sold) for sale in seller.sales()]
    finally:
        ticking.kill()


def test_what_we_bought_is_sold(street: Street):
    street.done(buy(street, lamports=SOL // 20))
    street.pass_slots(6)

    assert sold(street) == [(Role.LIGHTNING, True)]
    assert street.tokens_of(Role.LIGHTNING) == 0


def test_what_others_sent_is_left_alone(street: Street):
    street.dusts(Role.REENTRY, 1_000_000)
    street.pass_slots(6)

    assert sold(street) == []
    assert street.tokens_of(Role.REENTRY) == 1_000_000


def test_an_airdropped_token_is_foreign_and_changes_nothing_else(street: Street):
    street.dusts(Role.REENTRY, 7)

    found = street.compared()

    assert found.ok
    assert found.books.foreign == {street.mint: {Role.REENTRY: 7}}
    assert found.books.operations == {}
    assert found.books.flat_equity_lamports() == sum(found.books.start_lamports.values())
