import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.report.figures import chained, curve_of, falls, figures
from core.report.targets import MET, MISSED, UNKNOWN, targets
from tests.report.results import SOL, episode, operation


def test_what_was_not_measured_is_none_and_its_targets_say_so():
    f = figures([episode()], seed=1)

    assert (f.operations, f.win_rate, f.mean_usd, f.profit_factor, f.drawdown, f.survival) == (0, *[None] * 5)
    assert {target.verdict for target in targets(f)} == {UNKNOWN}


def test_two_wins_and_a_loss():
    f = figures([episode(30_000_000, -10_000_000, 20_000_000)], seed=1)

    assert (f.wins, f.losses, f.net_lamports, f.median_lamports) == (2, 1, 40_000_000, 20_000_000)
    assert f.profit_factor == pytest.approx(5.0)
    assert f.net_usd == pytest.approx(3.2)
    assert f.mean_win_usd == pytest.approx(2.0)
    assert f.mean_loss_usd == pytest.approx(-0.8)
    assert f.hold_mean_s == 600.0
    assert f.missed_landings == 1


def test_exactly_nothing_won_is_a_loss():
    assert figures([episode(0)], seed=1).losses == 1


def test_operations_outside_the_statistics_count_nowhere():
    inside = episode(30_000_000)
    outside = operation(-90_000_000, outside_statistics=True)

    f = figures([episode(30_000_000, operations=(*inside.operations, outside))], seed=1)

    assert (f.operations, f.outside_statistics, f.net_lamports) == (1, 1, 30_000_000)


def test_with_the_halts_off_one_capital_goes_through_every_episode():
    fall = episode(-SOL // 16, end="drawdown")  # a quarter of the capital

    f = figures([fall, fall], seed=1)

    assert f.drawdown == pytest.approx(0.25)
    assert f.drawdown_unhalted == pytest.approx(1 - 0.75**2)


def test_costs_stand_beside_the_turnover_and_say_whether_a_net_holds_them():
    f = figures([episode(30_000_000)], seed=1)
    costs = {cost.kind: cost for cost in f.costs}

    assert f.turnover_lamports == 2 * SOL // 10 + 30_000_000
    assert costs["protocol"].share == 2_000 / f.turnover_lamports
    assert (costs["failed_entries"].lamports, costs["failed_entries"].in_net) == (7_000, False)
    assert costs["impact"].is_estimate


def test_an_exit_reason_has_the_net_of_the_operations_that_it_ended():
    f = figures([episode(30_000_000)], seed=1)
    exits = {one.reason: one for one in f.exits}

    assert (exits["take_profit"].sells, exits["take_profit"].operations) == (1, 0)
    assert (exits["decay"].operations, exits["decay"].net_lamports) == (1, 30_000_000)


def test_targets_are_met_or_missed_as_the_data_is():
    good = {target.name: target.verdict for target in targets(figures([episode(40_000_000)], seed=1))}
    bad = {target.name: target.verdict for target in targets(figures([episode(-40_000_000)], seed=1))}

    assert (good["win rate"], good["mean profit per operation"], good["net"], good["drawdown"]) == (MET,) * 4
    assert (bad["win rate"], bad["mean profit per operation"], bad["net"], bad["drawdown"]) == (MISSED,) * 4
    assert good["mean hold"] == MISSED  # ten minutes, not fifteen


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=40))
def test_a_fall_is_measured_from_the_highest_before(equity: list[int]):
    deepest = max(1 - low / high for at, high in enumerate(equity) for low in equity[at:])

    assert max(falls(equity)) == pytest.approx(max(deepest, 0.0))


def test_a_chained_capital_ends_at_the_product_of_what_each_curve_gained():
    assert chained([[2.0, 3.0], [10.0, 20.0, 5.0]]) == [1.0, 1.5, 3.0, 0.75]


def test_between_operations_equity_stands_at_capital_and_nets_and_does_not_slope():
    """Held until 20 s and again from 600 s on; closed at 22 s, and another at 300 s that was too short for a mark."""
    closed = (
        operation(-1_000_000, closed_at_s=22.0, equity_before_lamports=250_000_000),
        operation(-2_000_000, closed_at_s=300.0, equity_before_lamports=249_000_000),
    )
    plain = episode(
        operations=closed,
        marks=((10.0, 251_000_000), (20.0, 252_000_000), (600.0, 260_000_000)),
        ended_at_s=600.0,
        equity_lamports=260_000_000,
    )

    drawn = [(20.0, 252e6), (20.0, 249e6), (300.0, 249e6), (300.0, 247e6), (600.0, 247e6), (600.0, 260e6)]
    assert curve_of(plain)[2:8] == drawn
