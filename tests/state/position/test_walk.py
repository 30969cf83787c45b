"""A position in a random market with an executor that does its worst: it gets out, and never does a thing twice."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import override

from core.ledger.postings import net_of
from core.messages import (
    DataEnded,
    EntryAnswered,
    ExitPosition,
    Graduated,
    Order,
    OrderClosed,
    PoolOpened,
    RaiseEmergency,
)
from core.records import EmergencyFired, OperationClosed, OrderIntended, OrderSettled
from core.rules.life_limit import LifeRule
from core.rules.time_protocol import TimeRule
from core.rules.volatility import VolatilityRule
from core.settings import Settings
from core.types import EMERGENCIES, ExitReason, Purpose, Role, Side, Venue
from tests.state.position.desk import CREATOR, MINT, OPERATION_ID, START_S, Desk, pool

SHORT = Settings(
    time=TimeRule(
        golden_until_s=90.0, decay_until_s=270.0, late_until_s=300.0, decay_at_s=(120.0, 150.0, 180.0, 210.0)
    ),
    life=LifeRule(max_s=330.0),
)
"""Ten times as fast where the rules say minutes: most of a walk's time is spent ticking."""
LIMIT_S, PANIC_S = 330.0, 30.0
STRAGGLE_S = 15.0
"""A last order that meets the wrong price or venue fails once more; a refused one waits a second."""

WAITS = st.sampled_from([0.0, 0.3, 1.0, 2.5, 7.0, 20.0, 60.0])
MOVES = st.sampled_from(["up", "up", "down", "still", "crash", "creator", "graduate"])
EXECUTOR = st.sampled_from(["begin", "chain", "chain", "failed", "expired", "refused", "lost", "nothing", "nothing"])
OUTSIDE = st.sampled_from(
    [*["nothing"] * 12, "restart", "restart", "crash", "leave", "emergency", "data_end", "answer"]
)
STEPS = st.lists(st.tuples(WAITS, MOVES, EXECUTOR, OUTSIDE), max_size=40)


class Watched(Desk):
    """Checks every order as it is placed."""

    price = 1.0

    @override
    def place(self, order: Order) -> None:
        known = {other.id: other for other in (*self.placed, *self.going)}
        if order.id in known or order.id in self.now.books.settled_ids:
            return
        assert order.payer is not Role.PSYCHOLOGY
        assert order.limit >= (order.side is not None)
        if order.side is Side.SELL and order.purpose is not Purpose.RECOVERY:
            assert 0 < order.tokens <= self.operation.holdings[order.role]
        if order.purpose is Purpose.EXIT:
            assert not [o for o in known.values() if o.purpose is Purpose.EXIT and o.role is order.role]
            assert order.slippage_bps in (500, 1_000, 2_000, 3_500)
        super().place(order)

    def move(self, how: str) -> None:
        """The market goes on."""
        venue = self.reserves.venue
        factor = {"up": 1.17, "down": 0.93, "crash": 0.5}.get(how, 1.0)
        self.price = min(max(self.price * factor, 0.32), 5.0)
        if how == "graduate" and venue is Venue.CURVE:
            self.tell(Graduated(mint=MINT, at_s=self.now.at_s, slot=2))
            self.reserves = pool(self.price)
            self.tell(PoolOpened(mint=MINT, at_s=self.now.at_s, slot=3, pool="P", reserves=self.reserves))
            return
        creator = how == "creator" and self.held_s > 90
        self.trade(self.price, trader=CREATOR if creator else "X", side=Side.SELL if creator else Side.BUY)

    def do(self, what: str) -> None:
        """The executor carries one order further, or loses the end of one on the way to us."""
        orders = (*self.placed, *self.going)
        if not orders or what == "nothing":
            return
        if what == "begin":
            self.begin_placed()
        elif what == "lost":
            order = orders[0]
            if order in self.placed:
                self.placed.remove(order)
                self.begin(order)
            self.going.remove(order)
            settlement = self.execute(order, "")
            assert settlement is not None
            self.book(order, "failed" if settlement.error else "filled", settlement, settlement.error)
        else:
            self.settle(orders[-1], "" if what == "chain" else what)

    def outside(self, what: str) -> None:
        match what:
            case "restart":
                self.begin_placed()  # the executor goes on while the position is being restarted
                self.restart()
            case "crash":
                self.restart(executor_too=True)
            case "leave":
                self.tell(ExitPosition(mint=MINT, reason=ExitReason.OPERATOR, by="x"))
            case "emergency":
                self.tell(RaiseEmergency(trigger=ExitReason.RISK_LIMIT))
            case "data_end":
                self.tell(DataEnded(mint=MINT, at_s=self.now.at_s, slot=9))
            case "answer":
                self.tell(EntryAnswered(mint=MINT, admitted=False, verdicts=()))
            case _:
                pass


@settings(max_examples=150)
@given(STEPS, st.booleans())
def test_whatever_happens_the_position_gets_out_when_the_executor_fills_at_last(steps, two_wallets):
    desk = Watched(SHORT, reentry_spend=10_000_000 if two_wallets else 0)
    for wait_s, move, executor, outside in steps:
        desk.advance(desk.held_s + wait_s)
        if not desk.finished:
            desk.move(move)
        if not desk.finished:
            desk.do(executor)
        if not desk.finished:
            desk.outside(outside)
    given_up_s = max(desk.held_s, LIMIT_S) + PANIC_S + STRAGGLE_S
    while MINT in {operation.mint for operation in desk.now.books.operations.values() if operation.tokens}:
        desk.advance(desk.held_s + 1.0)
        desk.settle_all()
        assert desk.held_s <= given_up_s
    for _ in range(60):
        desk.advance(desk.held_s + 1.0)
        desk.settle_all()
    check_the_books(desk)


def check_the_books(desk: Desk) -> None:
    """What must hold of every operation that is over."""
    left = desk.written(OperationClosed)[0].unsellable_tokens
    assert desk.finished is not bool(left)
    assert bool(left) is (OPERATION_ID in desk.now.books.remainders)
    assert desk.idle()
    assert len(desk.written(OperationClosed)) == 1
    assert len(desk.written(EmergencyFired)) <= 1
    closed = desk.now.books.closed[0]
    orders = {record.order.id: record.order for record in desk.written(OrderIntended)}
    assert len(orders) == len(desk.written(OrderIntended))
    settled = desk.written(OrderSettled)
    assert Counter(record.order_id for record in settled) == Counter(orders.keys())

    bought = sum(tokens for _, _, tokens in closed.entries)
    assert sum(fill.tokens for fill in closed.exits) + left == bought
    filled = [orders[record.order_id] for record in settled if record.outcome == "filled"]
    levels = Counter((order.role, level) for order in filled for level in order.levels)
    assert all(count == 1 for count in levels.values())
    trades = [record for record in settled if orders[record.order_id].side is not None]
    lost = desk.now.books.accounts.get("rent_lost", 0)
    assert bool(lost) is bool(left)
    assert closed.net_lamports == sum(net_of(record.postings) for record in trades) - lost
    if closed.panic is not None:
        assert MINT in desk.now.books.flagged
        assert closed.panic in EMERGENCIES


CALM = Settings(volatility=VolatilityRule(limit=100.0))
"""Bars of the time before a restart are lost with it: the layer that needs them is left out."""
GENTLE = st.lists(
    st.tuples(
        st.sampled_from([61.0, 70.0]),
        st.sampled_from([0.93, 1.0, 1.1]),
        st.sampled_from(["", "", "failed", "none"]),
        st.sampled_from(["", "position", "executor"]),
    ),
    min_size=5,
    max_size=12,
)
"""Slow enough for the peaks of a minute to be gone, short enough for time to force nothing before the feed speaks."""


def fills(steps: list[tuple[float, float, str, str]], *, restarts: bool) -> list[tuple[object, ...]]:
    """What one run sells, with or without the restarts of its steps. After a restart the feed shows the price again."""
    desk = Desk(CALM, spend=30_000_000, reentry_spend=10_000_000)
    price = 1.0
    for wait_s, factor, outcome, restart in steps:
        desk.advance(desk.held_s + wait_s)
        price = min(max(price * factor, 0.8), 3.0)
        if not desk.finished and restart and restarts:
            desk.begin_placed()  # what a crash takes from the executor is decided anew: that may well differ
            desk.restart(executor_too=restart == "executor")
        if not desk.finished:
            desk.trade(price)
        if outcome != "none" and not desk.finished:
            desk.settle_all(outcome)
    while not desk.finished:
        desk.advance(desk.held_s + 1.0)
        desk.settle_all()
    return [
        (fill.at_s - START_S, fill.reason, fill.role, fill.tokens, fill.proceeds_lamports)
        for fill in desk.now.books.closed[0].exits
    ]


@settings(max_examples=25)
@given(GENTLE)
def test_restarts_at_any_step_change_nothing_that_layers_sell(steps):
    assert fills(steps, restarts=True) == fills(steps, restarts=False)


@settings(max_examples=20)
@given(st.lists(st.tuples(st.floats(0.0, 120.0), st.sampled_from([0.93, 1.0, 1.17])), max_size=30))
def test_with_an_executor_that_fills_nothing_is_held_past_55_minutes(path):
    desk = Desk()
    price = 1.0
    for wait_s, factor in path:
        desk.advance(desk.held_s + wait_s)
        price = min(max(price * factor, 0.4), 4.0)
        if not desk.finished:
            desk.trade(price)
            desk.settle_all()
    while not desk.finished:
        desk.advance(desk.held_s + 1.0)
        desk.settle_all()

    closed = desk.now.books.closed[0]
    assert closed.closed_at_s - START_S <= 2_100.0 + 15.0  # all is sold by minute 35, unless a wish to buy is open
    assert closed.panic is not ExitReason.TIME_EXCEEDED


def test_a_close_told_before_its_order_was_known_is_harmless():
    desk = Desk()
    desk.trade(1.19)
    order = desk.only()
    desk.restart(executor_too=True)
    desk.tell(OrderClosed(order=order, outcome="refused", error="never heard of"))
    desk.advance(2.0)
    desk.trade(1.19)

    assert desk.only().tokens == order.tokens
