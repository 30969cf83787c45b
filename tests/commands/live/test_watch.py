"""Book and chain compared while the process runs: only while nothing is under way, and never in silence."""

from types import SimpleNamespace
from typing import Any

from msgspec.structs import replace

from actors.adapters.onchain.reading import Breadth
from commands.live.watch import HINDRANCE, NOTE_SLOTS, ChainWatch
from core.ledger.books import Books, OpenOrder
from core.ledger.chain_view import ChainView, FoundTransaction
from core.messages import Append, Order, RaiseAlert, Settlement
from core.state.market_now import MarketNow
from core.types import Purpose, Role
from tests.ledger.journal import PARTS, opened

ORDER = Order(id="tax.op1.1", purpose=Purpose.TAX, role=Role.LIGHTNING, payer=Role.LIGHTNING)


class House:
    """What a watch needs of one."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.market = MarketNow()
        self.asked: list[Append] = []
        self.told: list[Any] = []
        directory = SimpleNamespace(
            ask=lambda _, message, __: self.asked.append(message), tell=lambda _, message: self.told.append(message)
        )
        self.system = SimpleNamespace(directory=directory, clock=SimpleNamespace(now_s=5.0))
        self.services = SimpleNamespace(books=lambda: self.books, market=self.market)


def watch(house: House, view: ChainView) -> ChainWatch:
    def seen(_: Books, breadth: Breadth) -> ChainView:
        assert breadth is Breadth.RUNNING
        return view

    return ChainWatch(house, SimpleNamespace(view=seen))  # type: ignore[arg-type]  # what it needs of them


def chain(slot: int = 10, **changes: Any) -> ChainView:
    return ChainView(slot=slot, at_s=1_000.0, lamports=PARTS, **changes)


def test_while_an_order_is_on_its_way_nothing_is_said():
    house = House(replace(opened(), orders={ORDER.id: OpenOrder(order=ORDER, at_s=1.0)}))

    assert not watch(house, chain()).look()
    assert (house.asked, house.told) == ([], [])


def test_a_comparison_that_finds_nothing_is_noted_now_and_then_and_mends_a_start_without_one():
    house = House(opened())
    house.market.hindrances[HINDRANCE] = "the chain could not be read at the start"

    assert watch(house, chain()).look()
    assert (house.asked, house.market.hindrances) == ([], {})

    watch(house, chain(NOTE_SLOTS)).look()
    assert [type(record).__name__ for record in house.asked[0].records] == ["ChainReconciled"]


def test_another_process_with_our_keys_is_journaled_at_once_and_alerted():
    house = House(opened())
    moved = Settlement(signature="thief", slot=9, at_s=999.0, changes={Role.REENTRY: -5_000})
    view = ChainView(
        slot=10,
        at_s=1_000.0,
        lamports=PARTS | {Role.REENTRY: PARTS[Role.REENTRY] - 5_000},
        transactions=(FoundTransaction(settlement=moved, signed=True, role=Role.REENTRY),),
    )

    watch(house, view).look()

    assert house.asked[0].durable
    assert [type(record).__name__ for record in house.asked[0].records] == [
        "UnjournaledFound",
        "ChainReconciled",
    ]
    assert [(alert.key, alert.severity) for alert in house.told if isinstance(alert, RaiseAlert)] == [
        ("books_differ", "critical")
    ]
