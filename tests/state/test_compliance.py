import pytest
from msgspec.structs import replace

from core.effects import Now
from core.ledger.fold import apply
from core.records import RotationStarted
from core.settings import Settings
from core.state.compliance import SETTLE_WITHIN_S, CommandmentView, commandment_views, compliance_of
from core.types import Role
from tests.ledger.journal import bought, buy, closing, opened, through


def fresh() -> Now:
    return Now(1_000.0, opened(), Settings())


def holding() -> Now:
    order = buy()
    return Now(1_000.0, through(opened(), order, bought(order, 1_000)), Settings())


def broken(now: Now) -> list[int]:
    return [number for number, one in compliance_of(now).items() if not one.compliant]


def views(now: Now) -> tuple[CommandmentView, ...]:
    return commandment_views(compliance_of(now), {}, now)


def test_fresh_books_keep_all_five():
    assert broken(fresh()) == []
    assert [view.name for view in views(fresh())] == ["life", "reincarnation", "militia", "psychology", "battlefield"]


def test_an_operation_open_30_seconds_past_its_limit_breaks_the_first():
    now = holding()
    now.at_s = 1_000.0 + 3_300 + 29.9
    assert broken(now) == []

    now.at_s += 0.1
    assert broken(now) == [1]


def test_a_fourth_operation_on_the_same_wallets_breaks_the_second():
    now = fresh()
    now.books = replace(now.books, used_in_generation=4)

    assert broken(now) == [2]


def test_an_operation_begun_in_the_pause_breaks_the_third():
    now = holding()
    paused = replace(now.books.militia, paused_until_s=1_000.0 + 60)
    now.books = replace(now.books, militia=paused)
    assert broken(now) == [3]

    now.books = replace(now.books, militia=replace(paused, paused_until_s=1_000.0 + 1_800 - 60))
    assert broken(now) == []


def test_a_profit_that_stays_untaxed_breaks_the_fourth():
    now = holding()
    now.books = apply(now.books, closing(now.books, net_lamports=1))
    now.at_s = 2_000.0 + SETTLE_WITHIN_S
    assert broken(now) == []

    now.at_s += 1
    assert broken(now) == [4]


def test_the_life_limit_says_when_the_oldest_operation_must_be_flat():
    assert views(holding())[0].next_change_at_s == 1_000.0 + 3_300
    assert views(fresh())[0].next_change_at_s is None


def test_reincarnation_says_how_many_lives_are_used_and_when_the_next_rotation_may_be():
    now = fresh()
    now.books = replace(now.books, used_in_generation=3, rotated_at_s=500.0)
    view = views(now)[1]
    assert view.state == "generation 0, 3 of 3 operations used"
    assert view.next_change_at_s == 500.0 + 1_800

    now.books = apply(now.books, RotationStarted(at_s=1_000.0, to_generation=1, by="rule"))
    assert views(now)[1].state == "rotating to generation 1, 0 of 5 wallets swept"


@pytest.mark.parametrize(
    ("at_s", "state", "next_s"), [(1_000.0, "paused", 1_060.0), (1_060.0, "2 losses in a row", None)]
)
def test_militia_says_until_when_it_pauses(at_s: float, state: str, next_s: float | None):
    now = fresh()
    now.at_s = at_s
    now.books = replace(now.books, militia=replace(now.books.militia, streak=2, paused_until_s=1_060.0))

    assert (views(now)[2].state, views(now)[2].next_change_at_s) == (state, next_s)


def test_psychology_says_what_the_fund_holds_and_its_floor():
    now = fresh()

    assert now.books.balance(Role.PSYCHOLOGY) == 50_000_000
    assert views(now)[3].state == "fund 0.050000 SOL, floor 0.025000 SOL, profits to be taxed: 0"


def test_the_rules_are_told_with_the_figures_in_force():
    texts = " ".join(view.rule for view in views(fresh()))

    for figure in ("55 min", "3 operations", "30 min", "10%", "50%", "$2,000 to $10,000", "50 to 500"):
        assert figure in texts
