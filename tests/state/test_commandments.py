"""The gate's machine: what it answers, journals, watches and shows."""

import pytest
from msgspec.structs import replace

from core.messages import (
    OrderClosed,
    PositionValued,
    RaiseEmergency,
    RequestEntry,
    ResumeEntries,
    SetBreaker,
    Undelivered,
)
from core.records import BreakerSet, CommandmentViolated, EntriesResumed, EntryDecided, EquityMarked, RiskLimitReached
from core.state import commandments
from core.types import ExitReason
from tests.state.gate import (
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


@pytest.fixture
def world() -> World:
    """Fresh capital of $20 at $80, an executor that answers at the next slot."""
    return World(KIND)


def test_the_decision_is_in_the_journal_before_the_order_is_told(world: World):
    deaf(world)
    state, effects = commandments.step(
        world.states["commandments"],
        RequestEntry(candidate=candidate("NEW", world.now, curve_with(60 * SOL))),
        world.now,
    )

    assert [type(effect).__name__ for effect in effects] == ["Write", "Tell", "Tell"]
    assert state.known.gone == frozenset()


def test_a_second_wish_waits_until_the_first_is_in_the_books(world: World):
    deaf(world).offer("NEW")

    assert against(world, "OTHER") == {"room"}
    world.slot(4)
    assert against(world, "OTHER") == {"room"}
    world.slot(2)
    assert against(world, "OTHER") == set()


def test_operations_are_numbered_by_admissions(world: World):
    deaf(world).offer("NEW")
    world.slot(6)
    world.offer("OTHER")

    assert [place.order.id for place in orders(world)] == ["entry.op1.1", "entry.op2.1"]


def test_an_order_that_came_to_nothing_frees_its_room_and_is_answered(world: World):
    deaf(world).offer("NEW")
    order = orders(world)[0].order
    world.told["miner"].clear()
    world.tell("commandments", OrderClosed(order=order, outcome="refused", error="past its deadline"))
    world.drain()

    assert [(a.admitted, a.verdicts[0].criterion) for a in world.answers()] == [(False, "order")]
    assert against(world, "OTHER") == set()


def test_an_order_that_reached_no_executor_is_answered_too(world: World):
    deaf(world).offer("NEW")
    world.told["miner"].clear()
    world.tell("commandments", Undelivered(to="executor", command=orders(world)[0], full=True))
    world.drain()

    assert [answer.admitted for answer in world.answers()] == [False]
    assert against(world, "OTHER") == set()


def refusals(world: World) -> list[EntryDecided]:
    return [record for record in world.records if isinstance(record, EntryDecided) and not record.admitted]


def test_the_same_refusal_is_journaled_once_a_minute_but_always_answered(world: World):
    paused(world)
    for _ in range(151):
        world.offer("NEW")
        world.slot()

    assert len(world.answers()) == 151
    assert len(refusals(world)) == 2


def test_another_reason_or_another_token_is_journaled_at_once(world: World):
    paused(world)
    world.offer("NEW")
    world.offer("OTHER")
    with_a_reached_drawdown(world)
    world.offer("NEW")

    assert [record.mint for record in refusals(world)] == ["NEW", "OTHER", "NEW"]


def test_equity_is_marked_every_ten_seconds_while_a_position_is_open_and_once_after_its_close(world: World):
    operation_id = hold(world).id
    world.slot(250)
    marks = [record for record in world.records if isinstance(record, EquityMarked)]
    assert len(marks) in range(10, 12)
    assert all(mark.open_lamports > 0 for mark in marks)

    close(world, operation_id)
    world.tell("commandments", PositionValued(mint="HELD", sale_lamports=0))
    world.drain()
    world.slot(100)
    after = [record for record in world.records if isinstance(record, EquityMarked)][len(marks) :]
    assert [mark.open_lamports for mark in after] == [0]


def test_a_reached_daily_loss_sells_what_is_open_and_is_noted_once(world: World):
    hold(world)
    told: list[object] = []
    for _ in range(3):
        _, effects = commandments.step(
            world.states["commandments"], PositionValued(mint="HELD", sale_lamports=0), world.now
        )
        told += [getattr(effect, "message", None) for effect in effects]
        world.tell("commandments", PositionValued(mint="HELD", sale_lamports=0))
        world.drain()

    raised = [message for message in told if isinstance(message, RaiseEmergency)]
    assert len(raised) == 0, "40 of 50 million lamports are not the limit"
    world.now.books = replace(world.books, realised_today_lamports=-12_000_000)
    _, effects = commandments.step(
        world.states["commandments"], PositionValued(mint="HELD", sale_lamports=0), world.now
    )
    raised = [m for e in effects if isinstance(m := getattr(e, "message", None), RaiseEmergency)]
    assert [(one.trigger, one.mint) for one in raised] == [(ExitReason.RISK_LIMIT, "HELD")]
    world.tell("commandments", PositionValued(mint="HELD", sale_lamports=0))
    world.tell("commandments", PositionValued(mint="HELD", sale_lamports=1))
    world.drain()
    assert [r.limit for r in world.records if isinstance(r, RiskLimitReached)] == ["daily_loss"]
    assert world.alerts().count("daily_loss") == 1


def test_a_position_that_panics_already_is_not_told_again(world: World):
    operation = hold(world)
    world.now.books = replace(
        world.books,
        realised_today_lamports=-50_000_000,
        operations={operation.id: replace(operation, panic=ExitReason.OPERATOR)},
    )
    _, effects = commandments.step(
        world.states["commandments"], PositionValued(mint="HELD", sale_lamports=0), world.now
    )

    assert not any(isinstance(getattr(effect, "message", None), RaiseEmergency) for effect in effects)


def test_a_drawdown_is_noted_and_lasts_until_the_operator_resumes(world: World):
    with_lost_capital(world)
    world.slot(60)
    assert [r.limit for r in world.records if isinstance(r, RiskLimitReached)] == ["drawdown"]
    assert against(world) == {"drawdown"}

    world.tell("commandments", ResumeEntries(by="operator", why="seen"))
    world.drain()

    (resumed,) = [record for record in world.records if isinstance(record, EntriesResumed)]
    assert resumed.equity_lamports == world.books.flat_equity_lamports()
    assert against(world) == set()


def test_the_breaker_of_the_emergencies_is_journaled_once_and_closed_by_hand_for_good(world: World):
    after_a_honeypot(world)
    fired_s = world.now.at_s
    world.slot(60)
    opened = [record for record in world.records if isinstance(record, BreakerSet)]
    assert [(record.until_s, record.by) for record in opened] == [(fired_s + 1_800, "commandments")]

    world.tell("commandments", SetBreaker(seconds=0, by="operator", why="false alarm"))
    world.slot(60)

    assert against(world) == set()
    assert world.books.breaker_until_s == 0.0


def test_opening_the_breaker_by_hand_never_shortens_it(world: World):
    world.tell("commandments", SetBreaker(seconds=600, by="operator"))
    world.tell("commandments", SetBreaker(seconds=60, by="operator"))
    world.drain()

    assert world.books.breaker_until_s == world.now.at_s + 600


def test_an_operation_open_past_its_life_and_grace_is_one_violation(world: World):
    operation = hold(world)
    world.now.at_s = operation.opened_at_s + 3_320
    world.slot(25)
    assert not any(isinstance(record, CommandmentViolated) for record in world.records)
    world.slot(100)

    (violated,) = [record for record in world.records if isinstance(record, CommandmentViolated)]
    assert (violated.commandment, violated.operation_id) == (1, operation.id)
    assert world.books.violations == {1: 1}
    assert "commandment" in world.alerts()


def test_small_capital_is_seen_without_any_candidate_and_alerted_once(world: World):
    with_little_capital(world)
    world.slot(60)

    assert world.alerts().count("undercapitalised") == 1
    assert commandments.view(world.states["commandments"], world.now).undercapitalised


def test_capital_is_not_small_because_it_stands_in_a_position(world: World):
    hold(world)
    world.slot(60)

    assert "undercapitalised" not in world.alerts()


def test_twenty_dollars_are_too_small_where_sol_is_dear():
    for sol_usd, small in [(280.0, False), (288.0, True)]:
        dear = World(KIND, sol_usd=sol_usd)
        dear.slot(30)
        assert commandments.view(dear.states["commandments"], dear.now).undercapitalised is small


def test_the_view_says_of_each_commandment_rule_state_and_next_change(world: World):
    in_militia_pause(world)
    view = commandments.view(world.states["commandments"], world.now)

    assert [one.number for one in view.commandments] == [1, 2, 3, 4, 5]
    assert [one.entries_open for one in view.commandments] == [True, True, False, True, True]
    militia = view.commandments[2]
    assert (militia.state, militia.next_change_at_s) == ("paused", world.now.at_s + 1)
    assert all(one.compliant and one.violations == 0 for one in view.commandments)
    assert view.equity_lamports == view.equity_peak_lamports == 250_000_000
    assert (view.day_limit_lamports, view.drawdown_limit_lamports) == (50_000_000, 62_500_000)


def test_the_view_of_an_open_operation_says_when_its_life_ends(world: World):
    operation = hold(world)

    life = commandments.view(world.states["commandments"], world.now).commandments[0]

    assert life.next_change_at_s == operation.opened_at_s + 3_300
