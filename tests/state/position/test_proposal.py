"""A strategy's say about a position: more sold by now than the rules want, never less and never later."""

from hypothesis import given
from hypothesis import strategies as st

from core.hearing import Hearing
from core.messages import RaiseAlert
from core.rules.time_protocol import due_tokens
from core.settings import Settings
from core.state.position import exits, proposal
from core.state.position.exits import Wish
from core.state.position.machine import sale_price
from core.strategy import Candidate, Holding, Leave, Opinion
from core.types import ExitReason
from tests.state.position.desk import START_S, Desk, tick


class Sells:
    """Would have this share sold by now; 0 = nothing, None = it raises."""

    name = "Sells"

    def __init__(self, sold: float | None = 0.0):
        self.sold = sold
        self.seen: list[Holding] = []

    def weigh(self, candidate: Candidate) -> Opinion:
        return Opinion(score=0.0)

    def leave(self, holding: Holding) -> Leave | None:
        self.seen.append(holding)
        if self.sold is None:
            raise ValueError("no idea")
        return Leave(sold=self.sold, reason="because") if self.sold else None


def desk(strategy: Sells) -> Desk:
    """A position whose market has been seen, with this strategy."""
    made = Desk()
    made.now.strategy = Hearing(strategy)
    made.trade(1.0)
    return made


def texts(made: Desk, key: str) -> list[str]:
    alerts = [m for to, m in made.told if to == "notifier" and isinstance(m, RaiseAlert) and m.key == key]
    return [alert.text for alert in alerts]


def test_what_it_wants_sold_is_an_ordinary_exit_and_its_reason_is_told():
    made = desk(Sells(0.5))

    order = made.only()

    assert order.reason is ExitReason.STRATEGY
    assert order.tokens == made.operation.bought_tokens // 2
    assert order.slippage_bps == 500
    assert texts(made, "strategy_exit") == ["SYM: strategy Sells sells: because"]


def test_the_same_wish_again_sells_nothing_twice():
    made = desk(Sells(0.5))
    made.settle_all()
    held = made.operation.tokens

    made.trade(1.01)
    made.tell(tick())

    assert made.idle()
    assert made.operation.tokens == held


def test_it_sees_the_position_as_it_is():
    strategy = Sells()
    made = desk(strategy)
    made.advance(10.0)
    made.trade(1.1)

    seen = strategy.seen[-1]

    assert (seen.held_s, seen.held_tokens, seen.bought_tokens) == (
        10.0,
        made.operation.tokens,
        made.operation.bought_tokens,
    )
    assert seen.at_s == START_S + 10.0
    assert seen.gain > 0
    assert seen.highest_price >= seen.price


def test_it_may_have_everything_sold_and_the_operation_closes():
    made = desk(Sells(1.0))

    made.settle_all()

    assert made.finished
    assert made.now.books.closed[-1].reason is ExitReason.STRATEGY


def test_parts_are_heard_four_times_everything_always():
    strategy = Sells()
    made = desk(strategy)
    for number in range(1, 7):
        strategy.sold = number / 10
        made.trade(1.0 + number / 100)
        made.settle_all()
    assert made.sold(ExitReason.STRATEGY) == made.operation.bought_tokens * 4 // 10

    strategy.sold = 1.0
    made.trade(1.1)

    assert made.only().tokens == made.operation.tokens


def test_a_fault_leaves_the_position_to_the_rules_and_is_told():
    made = desk(Sells(None))
    assert texts(made, "strategy_fault")

    made.trade(0.75)

    assert made.only().reason is ExitReason.STOP_LOSS


def test_an_emergency_never_waits_for_it():
    made = desk(Sells(0.5))
    assert made.only().reason is ExitReason.STRATEGY

    made.trade(0.5)

    assert [order.reason for order in (*made.placed, *made.going)][-1] in (
        ExitReason.LIQUIDITY_DROP,
        ExitReason.MASSIVE_DUMP,
    )


def test_it_is_not_asked_while_a_layer_sells_or_everything_is_being_sold():
    strategy = Sells()
    made = desk(strategy)
    asked = len(strategy.seen)

    made.trade(0.75)  # stop loss

    assert len(strategy.seen) == asked


def test_what_it_sold_bars_buying_more():
    made = desk(Sells(0.1))
    made.settle_all()
    assert made.operation.exits

    made.trade(1.16)

    assert not [to for to, _ in made.told if to.startswith("watcher.")]


@given(
    sold=st.one_of(st.none(), st.floats(0.0, 1.0)),
    held_s=st.floats(0.0, 3_299.0),
    reason=st.sampled_from([None, *ExitReason]),
    share=st.floats(0.01, 1.0),
)
def test_never_less_and_never_later_than_the_rules(
    sold: float | None, held_s: float, reason: ExitReason | None, share: float
):
    """Whatever it says: what is sold is at least what the rules want; a layer's wish stands as it is."""
    made = desk(Sells())
    made.now.strategy = Hearing(Sells(sold))
    made.now.at_s = START_S + held_s
    operation = made.operation
    wish = Wish(reason, max(int(operation.tokens * share), 1)) if reason else None
    rules = Settings()
    due = due_tokens(rules.time, held_s, bought_tokens=operation.bought_tokens, held_tokens=operation.tokens)

    heard = proposal.hear(made.state, operation, made.now, wish, sale_price(made.state, operation))
    by_rules = exits.wish(made.state, operation, made.now, sale_price(made.state, operation))
    with_rules = proposal.hear(made.state, operation, made.now, by_rules, sale_price(made.state, operation)).wish

    if wish is not None:
        assert heard.wish is not None
        assert wish.tokens <= heard.wish.tokens <= operation.tokens
        if wish.reason is not ExitReason.DECAY:
            assert heard.wish == wish
    assert (with_rules.tokens if with_rules else 0) >= due
