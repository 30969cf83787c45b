"""Admission: what each criterion refuses, and the order that an admission places."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.chain_records import ForeignSeen
from core.messages import EntryAnswered, Order, RequestReentry
from core.records import BreakerSet, OrderIntended, OrderSigned, RiskLimitReached, RotationStarted, TokenFlagged
from core.rules.canary import Canary
from core.rules.capital import CapitalRule
from core.rules.cost import CostRule
from core.rules.mining import MiningRule
from core.rules.verdict import Outcome, Verdict
from core.state.admission import Known, judge_entry
from core.types import ExitReason, Purpose, Role, Side, Venue
from tests.state.gate import (
    DAY,
    KIND,
    after_a_honeypot,
    against,
    close,
    deaf,
    hold,
    in_militia_pause,
    orders,
    paused,
    with_a_reached_drawdown,
    with_little_capital,
    with_lost_capital,
)
from tests.state.world import SOL, World, candidate, curve_with

SPENT = {"undercapitalised", "quote"}
"""What also stands against an entry while lightning's lamports are in a position."""


@pytest.fixture
def world() -> World:
    """Fresh capital of $20 at $80, an executor that answers at the next slot."""
    return World(KIND)


def served(world: World, count: int) -> None:
    world.now.books = replace(world.books, used_in_generation=count)


def test_a_good_candidate_is_admitted_by_every_criterion(world: World):
    assert against(world) == set()


def test_every_commandment_is_judged_first_and_by_its_name(world: World):
    decision = judge_entry(candidate("NEW", world.now, curve_with(60 * SOL)), world.now, Known())

    names = [verdict.criterion for verdict in decision.verdicts]
    assert names[:5] == ["life", "reincarnation", "militia", "psychology", "battlefield"]
    assert len(names) == len(set(names))


def with_a_poor_fund(world: World) -> None:
    fund = world.books.start_lamports[Role.PSYCHOLOGY] // 2 - 1
    world.now.books = replace(world.books, accounts=world.books.accounts | {"wallet:psychology": fund})


def with_realised_loss(world: World) -> None:
    world.now.books = replace(world.books, realised_today_lamports=-50_000_000, day=int(world.now.at_s // DAY))


def with_an_old_price(world: World) -> None:
    world.now.at_s += 61
    world.market.slot_at_s += 61


def with_a_late_slot(world: World) -> None:
    world.market.slot_at_s += 2.1


def with_an_unresolved_order(world: World) -> None:
    order = judge_entry(candidate("OLD", world.now, curve_with(60 * SOL)), world.now, Known()).order
    order = replace(order, purpose=Purpose.RESTORATION, reserved_lamports=0, to_role=Role.LIGHTNING)
    world.write(OrderIntended(at_s=world.now.at_s, order=order))
    slot = world.market.slot - world.now.settings.shield.unresolved_slots - 1
    world.write(OrderSigned(at_s=world.now.at_s, order_id=order.id, signature="s", last_valid_slot=slot))


def with_a_hindrance(world: World) -> None:
    world.market.hindrances["journal"] = "the disk is full"


def with_foreign_tokens(world: World) -> None:
    world.write(ForeignSeen(at_s=world.now.at_s, mint="NEW", role=Role.LIGHTNING, tokens=1))


def with_an_open_breaker(world: World) -> None:
    world.write(BreakerSet(at_s=world.now.at_s, until_s=world.now.at_s + 1, why="by hand", by="operator"))


def with_a_reached_daily_loss(world: World) -> None:
    world.write(RiskLimitReached(at_s=world.now.at_s, limit="daily_loss", lost_lamports=1, allowed_lamports=1))


def rotating(world: World) -> None:
    world.write(RotationStarted(at_s=world.now.at_s, to_generation=1, by="rule"))


def holding_one(world: World) -> None:
    hold(world)


def past_its_life(world: World) -> None:
    operation = hold(world)
    world.market.slot_at_s += 3_300
    world.now.at_s = operation.opened_at_s + 3_300
    world._see()


def with_untaxed_profit(world: World) -> None:
    close(world, hold(world).id, net=1_000_000, settled=False)


def with_programs_that_refuse(world: World) -> None:
    world.now.market.canary = Canary(world.now.at_s, Outcome.FAIL, "AccountDidNotDeserialize")


def with_programs_never_tried(world: World) -> None:
    world.now.market.canary = Canary()


def flagged(world: World) -> None:
    world.write(TokenFlagged(at_s=world.now.at_s, mint="NEW", reason=ExitReason.CREATOR_SELL))


@pytest.mark.parametrize(
    ("spoil", "criterion", "others"),
    [
        (past_its_life, "life", {"room", *SPENT}),
        (lambda w: served(w, 3), "reincarnation", set()),
        (rotating, "reincarnation", set()),
        (in_militia_pause, "militia", set()),
        (with_untaxed_profit, "psychology", SPENT),
        (with_a_poor_fund, "psychology", set()),
        (holding_one, "room", SPENT),
        (flagged, "memory", set()),
        (with_an_open_breaker, "breaker", set()),
        (after_a_honeypot, "breaker", set()),
        (with_realised_loss, "daily_loss", set()),
        (with_a_reached_daily_loss, "daily_loss", set()),
        (with_lost_capital, "drawdown", set()),
        (with_a_reached_drawdown, "drawdown", set()),
        (paused, "paused", set()),
        (with_an_old_price, "sol_price", {"undercapitalised", "battlefield"}),
        (with_programs_that_refuse, "canary", set()),
        (with_programs_never_tried, "canary", set()),
        (with_an_unresolved_order, "unresolved", set()),
        (with_a_hindrance, "journal", set()),
        (with_foreign_tokens, "memory", set()),
        (with_little_capital, "undercapitalised", set()),
        (with_a_late_slot, "slot", set()),
    ],
)
def test_each_criterion_refuses_by_its_name(
    world: World, spoil: Callable[[World], None], criterion: str, others: set[str]
):
    spoil(world)

    assert criterion in against(world)
    assert against(world) - {criterion} <= others
    world.told["miner"].clear()
    world.offer("NEW")
    assert [answer.admitted for answer in world.answers()] == [False]


@pytest.mark.parametrize(
    ("changes", "criterion"),
    [
        ({"holders": 49}, "battlefield"),
        ({"holders": None}, "battlefield"),
        ({"real_quote": 24 * SOL}, "battlefield"),
        ({"real_quote": 126 * SOL}, "battlefield"),
        ({"at_s": 1.0}, "fresh"),
        ({"verdicts": ()}, "conditions"),
        ({"verdicts": (Verdict.passed("age"), Verdict.unknown("honeypot"))}, "conditions"),
    ],
)
def test_what_is_wrong_with_a_candidate_refuses_it(world: World, changes: dict[str, object], criterion: str):
    assert criterion in against(world, **changes)  # type: ignore[arg-type]  # the changes name the fields


def test_a_priority_fee_over_the_cap_refuses_the_entry():
    dear = World(replace(KIND, mining=MiningRule(priority_floor_lamports=1_996_000)))

    assert against(dear) == {"entry_fee"}


def test_a_position_that_would_cost_more_than_its_limit_refuses_the_entry():
    """With a factor of 0.2 even the stake alone is over a fifth of stake and allowed re-entries."""
    tight = World(replace(KIND, shield=replace(KIND.shield, position_cost_factor=0.2)))

    assert against(tight) == {"position_cost"}


def test_an_entry_carries_the_tip_that_the_cost_gate_reckons_with_and_its_wallet_keeps_it():
    def order_of(tip_lamports: int) -> Order:
        world = World(replace(KIND, cost=CostRule(buy_tip_lamports=tip_lamports)))
        return judge_entry(candidate("MINT", world.now, curve_with(60 * SOL)), world.now, Known()).order

    plain, tipped = order_of(0), order_of(100_000)

    assert plain.tip_lamports == 0
    assert tipped.tip_lamports == 100_000
    assert tipped.reserved_lamports >= tipped.lamports + 5_000 + tipped.priority_lamports + 100_000
    assert against(World(replace(KIND, cost=CostRule(buy_tip_lamports=2_000_000)))) >= {"entry_fee"}


def test_unknown_is_never_a_pass(world: World):
    world.market.slot = 0

    assert against(world) == {"slot"}


def test_an_entry_on_its_way_may_be_the_third_life_of_the_wallets():
    roomy = World(replace(KIND, capital=CapitalRule(usd=60.0), mining=MiningRule(room=3)))
    served(roomy, 2)
    assert against(roomy) == set()

    order = judge_entry(candidate("OTHER", roomy.now, curve_with(60 * SOL)), roomy.now, Known()).order
    roomy.write(OrderIntended(at_s=roomy.now.at_s, order=order))
    assert against(roomy) == {"reincarnation"}


def test_a_token_that_is_being_bought_is_not_entered_a_second_time():
    roomy = World(replace(KIND, capital=CapitalRule(usd=60.0), mining=MiningRule(room=3)))
    order = judge_entry(candidate("NEW", roomy.now, curve_with(60 * SOL)), roomy.now, Known()).order
    roomy.write(OrderIntended(at_s=roomy.now.at_s, order=order))

    assert against(roomy, "NEW") == {"memory"}
    assert against(roomy, "OTHER") == set()


def test_an_admission_places_the_whole_order(world: World):
    deaf(world).offer("NEW")

    (place,) = orders(world)
    order = place.order
    assert (order.id, order.operation_id, place.deadline_s) == ("entry.op1.1", "op1", world.now.at_s + 2.0)
    assert (order.purpose, order.role, order.payer, order.side) == (
        Purpose.ENTRY,
        Role.LIGHTNING,
        Role.LIGHTNING,
        Side.BUY,
    )
    assert order.lamports == 40_000_000
    assert order.limit == order.quoted * 9_650 // 10_000 > 0
    # 30,000 × 1.3 for an age under 10 min; volume is $7,200.
    assert order.priority_lamports == 39_000
    assert order.reserved_lamports == 40_000_000 + 5_000 + 39_000 + 2_074_080 + 1_844_400
    assert order.venue is Venue.CURVE


def reentry(world: World, operation_id: str, **changes: object) -> RequestReentry:
    fields = {
        "operation_id": operation_id,
        "mint": "HELD",
        "reserves": curve_with(80 * SOL),
        "at_s": world.now.at_s,
        "verdicts": (Verdict.passed("holders"),),
        "holders": 100,
    }
    return RequestReentry(**fields | changes)  # type: ignore[arg-type]  # the fields by their names


def test_a_reentry_buys_from_its_own_wallet_with_more_slippage_and_priority(world: World):
    operation_id = hold(world).id
    deaf(world).tell("commandments", reentry(world, operation_id))
    world.drain()

    order = orders(world)[-1].order
    assert (order.id, order.role, order.payer) == ("reentry.op1.2", Role.REENTRY, Role.REENTRY)
    assert order.lamports == 56_250_000 * 3 // 10
    assert (order.slippage_bps, order.priority_lamports) == (420, 33_000)


@pytest.mark.parametrize(
    ("changes", "criterion"),
    [
        ({"reserves": curve_with(61 * SOL)}, "reentry"),
        ({"verdicts": (Verdict.failed("honeypot"),)}, "conditions"),
        ({"holders": 501}, "battlefield"),
        ({"at_s": 5.0}, "fresh"),
    ],
)
def test_a_reentry_is_refused_to_the_position_by_name(world: World, changes: dict[str, object], criterion: str):
    operation_id = hold(world).id
    deaf(world).tell("commandments", reentry(world, operation_id, **changes))
    world.drain()

    answer = world.told["position.HELD"][-1]
    assert isinstance(answer, EntryAnswered)
    assert criterion in {verdict.criterion for verdict in answer.verdicts if not verdict.ok}
    assert orders(world) == []


def test_a_reentry_of_an_operation_that_is_gone_is_refused(world: World):
    world.tell("commandments", reentry(world, "op77"))
    world.drain()

    answer = world.told["position.HELD"][-1]
    assert isinstance(answer, EntryAnswered)
    assert not answer.admitted


@given(
    st.fixed_dictionaries(
        {
            "used": st.integers(0, 4),
            "streak_until": st.floats(-10, 10),
            "paused": st.booleans(),
            "fund": st.integers(0, 50_000_000),
            "lightning": st.integers(0, 50_000_000),
            "realised": st.integers(-80_000_000, 10_000_000),
            "holders": st.one_of(st.none(), st.integers(0, 600)),
            "real_quote": st.integers(1, 84).map(lambda sol: sol * SOL),
            "age": st.floats(0, 5),
            "lag": st.floats(0, 5),
            "known_price": st.booleans(),
        }
    )
)
def test_the_gate_admits_only_what_every_rule_allows_counted_apart(drawn: dict[str, Any]):
    world = World(KIND)
    books, now_s = world.books, world.now.at_s
    accounts = books.accounts | {"wallet:psychology": int(drawn["fund"]), "wallet:lightning": int(drawn["lightning"])}
    world.now.books = replace(
        books,
        used_in_generation=int(drawn["used"]),
        militia=replace(books.militia, paused_until_s=now_s + drawn["streak_until"]),
        paused=bool(drawn["paused"]),
        accounts=accounts,
        realised_today_lamports=int(drawn["realised"]),
        day=int(now_s // DAY),
    )
    world.market.slot_at_s = now_s - drawn["age"] + drawn["lag"]
    if not drawn["known_price"]:
        world.market.sol_usd = None
    wish = candidate(
        "NEW", world.now, curve_with(int(drawn["real_quote"])), holders=drawn["holders"], at_s=now_s - drawn["age"]
    )

    decision = judge_entry(wish, world.now, Known())

    equity = sum(lamports for name, lamports in accounts.items() if name.startswith("wallet:"))
    reserve = 2_074_080 + 2 * 1_844_400 + 2_039_280 + 890_880 + 4 * (5_000 + 39_000)
    stake = min(int(drawn["lightning"]) * 4 // 5, int(drawn["lightning"]) - reserve)
    allowed = (
        drawn["used"] < 3
        and drawn["streak_until"] <= 0
        and not drawn["paused"]
        and drawn["fund"] >= 25_000_000
        and drawn["realised"] > -50_000_000
        and equity > 187_500_000
        and drawn["holders"] is not None
        and 50 <= drawn["holders"] <= 500
        and 2_000 <= drawn["real_quote"] / SOL * 80 <= 10_000
        and drawn["age"] <= 2
        and drawn["lag"] <= 2
        and drawn["known_price"]
        and stake * 80 >= 1_500_000_000
    )
    assert decision.admitted is bool(allowed)
