"""Operations, transfers and rotations with crashes between any two effects: nothing is lost, nothing done twice."""

from random import Random

import pytest
from msgspec.structs import replace

from core.ledger.audit import ChainState, audit
from core.ledger.books import Books
from core.market.paper.chain import accounts_of, holdings_of
from core.records import (
    AnyRecord,
    ColdAddressConfirmed,
    Entry,
    EntryDecided,
    OperationClosed,
    OperationSettled,
    OrderIntended,
    OrderSettled,
    RotationFinished,
    RotationStarted,
)
from core.rules.breaker import BreakerRule
from core.rules.capital import CapitalRule
from core.rules.militia import MilitiaRule
from core.rules.mining import MiningRule
from core.rules.reincarnation import ReincarnationRule
from core.rules.shield import ShieldRule
from core.settings import Settings
from core.types import Purpose, Role
from tests.state.world import Faults, World

HURRIED = Settings(
    capital=CapitalRule(usd=60.0),
    militia=MilitiaRule(pause_s=20.0),
    reincarnation=ReincarnationRule(min_between_s=30.0),
    breaker=BreakerRule(open_s=10.0),
    shield=ShieldRule(daily_loss_share=50.0, drawdown_share=0.99),
    mining=MiningRule(reentry_gap_s=3.0),
)
"""Short waits, so that many operations fit into a test; the limits that end a day are tested elsewhere."""


def run(world: World, slots: int) -> None:
    """Offers of ever new tokens, and an old one now and then."""
    for n in range(slots):
        if n % 2 == 0:
            world.offer(f"M{world.rng.randrange(1 + n // 4, 2 + n // 2)}")
        world.slot()
        check(world)


def check(world: World) -> None:
    books = world.books
    assert sum(books.accounts.values()) == 0
    real = world.real_accounts()
    assert {name: books.accounts.get(name, 0) for name in real} == real
    assert sum(books.rents.values()) == books.accounts.get("rent", 0)
    assert books.open_entries() <= world.now.settings.mining.room
    assert books.used_in_generation <= world.now.settings.reincarnation.operations
    cold = books.accounts.get("cold", 0)
    assert cold == sum(world.chain.chain.cold.values())
    assert books.balance(Role.PSYCHOLOGY) == books.start_lamports[Role.PSYCHOLOGY] + taxes_paid(books) - cold
    assert gained(books) == worth(books) - books.capital_lamports()


def taxes_paid(books: Books) -> int:
    """A tenth of every profit, rounded up, as far as its transfer has landed and is booked."""
    landed = {order_id.split(".")[1] for order_id, outcome in books.transfers.items() if is_paid_tax(order_id, outcome)}
    paid = [op for op in books.closed if op.settled or op.id in landed]
    return sum(-(-op.net_lamports // 10) for op in paid if op.net_lamports > 0)


def is_paid_tax(order_id: str, outcome: str) -> bool:
    return order_id.startswith("tax.") and outcome == "filled"


def worth(books: Books) -> int:
    return books.wallet_lamports() + books.accounts.get("rent", 0) + books.accounts.get("cold", 0)


def gained(books: Books) -> int:
    """What operations gained so far, less what is in no operation's net."""
    nets = sum(op.net_lamports for op in books.closed) + sum(op.net_lamports for op in books.operations.values())
    return nets - sum(books.accounts.get(name, 0) for name in ("failed_entries", "treasury", "rotation"))


class Memory:
    """The commandments counted anew from the records, without the fold and without the rules."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.open: set[str] = set()
        self.buying: set[str] = set()
        self.unsettled: set[str] = set()
        self.served = 0
        self.rotating = False
        self.losses = 0
        self.paused_until_s = 0.0
        self.admitted = 0

    def judge(self, record: EntryDecided) -> None:
        """Whatever the gate let in, the count must allow as well."""
        assert all(verdict.ok for verdict in record.verdicts)
        assert not self.unsettled, "an entry before the tax"
        assert not self.rotating, "an entry during a rotation"
        assert record.at_s >= self.paused_until_s, "an entry in the militia's pause"
        if record.purpose is Purpose.ENTRY:
            assert len(self.open) + len(self.buying) < self.room, "an entry without room"
            assert self.served + len(self.buying) < 3, "a fourth operation on the same wallets"
        self.admitted += 1

    def see(self, record: AnyRecord) -> None:
        match record:
            case EntryDecided(admitted=True):
                self.judge(record)
            case OrderIntended() if record.order.purpose is Purpose.ENTRY:
                self.buying.add(record.order.operation_id)
            case OrderSettled() if record.order_id.startswith("entry."):
                operation_id = record.order_id.split(".")[1]
                self.buying.discard(operation_id)
                if record.outcome == "filled":
                    self.open.add(operation_id)
                    self.served += 1
            case OperationClosed():
                self.open.discard(record.operation_id)
                self.unsettled.add(record.operation_id)
                self._result(record)
            case OperationSettled():
                self.unsettled.discard(record.operation_id)
            case RotationStarted():
                self.rotating = True
            case RotationFinished():
                self.rotating, self.served = False, 0
            case _:
                pass

    def _result(self, record: OperationClosed) -> None:
        self.losses = 0 if record.net_lamports > 0 else self.losses + 1
        if self.losses == 3:
            self.losses, self.paused_until_s = 0, record.at_s + HURRIED.militia.pause_s


def check_everything(world: World) -> Memory:
    """The journal audited against the chain, the gate against the count, each order done once."""
    chain = world.chain.chain
    landed = {signature: settlement for signature, settlement in chain.settled.items() if not settlement.error}
    state = ChainState(
        accounts=accounts_of(chain),
        holdings=holdings_of(chain),
        landed={
            o.signature: chain.settled[o.signature] for o in world.books.orders.values() if o.signature in chain.settled
        },
    )
    found = audit([Entry(seq, 1, record) for seq, record in enumerate(world.records, 1)], state)
    assert found.findings == ()
    orders = [signature.rpartition(".")[0] for signature in landed]
    assert len(orders) == len(set(orders)), "an order was carried out twice"
    memory = Memory(world.now.settings.mining.room)
    for record in world.records:
        memory.see(record)
    return memory


@pytest.mark.parametrize(
    ("seed", "room", "faults"),
    [
        (1, 1, Faults()),
        (2, 3, Faults()),
        (3, 1, Faults(machine=0.02)),
        (4, 3, Faults(machine=0.02)),
        (5, 1, Faults(process=0.02)),
        (6, 2, Faults(process=0.02)),
        (7, 1, Faults(machine=0.05, process=0.02)),
        (8, 3, Faults(machine=0.05, process=0.02)),
    ],
)
def test_lamports_taxes_room_and_commandments_hold_whatever_crashes(seed: int, room: int, faults: Faults):
    check_a_run(seed, room, faults)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 160))
def test_the_same_over_thousands_of_operations_and_every_rate_of_crashes(seed: int):
    draw = Random(seed)
    faults = Faults(machine=draw.choice([0.0, 0.02, 0.1, 0.2]), process=draw.choice([0.0, 0.01, 0.05, 0.1]))
    check_a_run(seed, draw.choice([1, 2, 3]), faults, slots=5_000)


def check_a_run(
    seed: int, room: int, faults: Faults, slots: int = 3_000, *, settings: Settings = HURRIED, confirmed: str = ""
) -> World:
    """Trade with crashes, checked at every slot, then let it come to rest: nothing is left undone."""
    world = World(replace(settings, mining=replace(settings.mining, room=room)), seed=seed, faults=faults)
    if confirmed:
        world.write(ColdAddressConfirmed(at_s=world.now.at_s, address=confirmed), durable=True)

    run(world, slots)
    world.faults = Faults()
    world.slot(1_500)

    check(world)
    check_everything(world)
    books = world.books
    assert books.closed
    assert not books.orders
    assert not books.operations
    assert not books.unsettled()
    assert books.rotation is None
    return world
