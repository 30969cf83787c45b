from core.rules import shield
from core.rules.shield import ShieldRule
from core.rules.verdict import Outcome, Verdict

RULE = ShieldRule()
CAPITAL = 250_000_000
MIDDAY = 20_000 * 86_400 + 43_200.0


def daily(result: int | None, *, closed_day: int = -1, now_s: float = MIDDAY) -> Verdict:
    return shield.daily_loss_verdict(
        RULE, result_lamports=result, capital_lamports=CAPITAL, closed_day=closed_day, now_s=now_s
    )


def test_a_fifth_of_start_capital_lost_in_a_day_stops_entries_until_midnight_utc():
    assert daily(-49_999_999).ok
    assert not daily(-50_000_000).ok
    assert daily(-50_000_000).until_s == 20_001 * 86_400


def test_a_daily_loss_that_was_reached_holds_for_the_day_whatever_comes_back():
    assert not daily(+10_000_000, closed_day=20_000).ok
    assert daily(+10_000_000, closed_day=20_000, now_s=20_001 * 86_400.0).ok


def test_a_loss_that_is_not_known_is_unknown():
    assert daily(None).outcome is Outcome.UNKNOWN


def drawdown(equity: int | None, *, halted: bool = False) -> Verdict:
    return shield.drawdown_verdict(RULE, equity_lamports=equity, peak_lamports=200_000_001, halted=halted)


def test_a_quarter_under_the_equity_peak_stops_entries():
    assert drawdown(150_000_001).ok
    assert not drawdown(150_000_000).ok
    assert drawdown(None).outcome is Outcome.UNKNOWN


def test_a_drawdown_holds_until_the_operator_resumes():
    assert not drawdown(200_000_001, halted=True).ok


def test_a_position_costs_at_most_a_fifth_more_than_stake_and_allowed_reentries():
    limit = shield.position_cost_limit(RULE, stake_lamports=40_000_000, reentries_lamports=30_000_000)

    assert limit == 84_000_000
    for cost, ok in [(limit, True), (limit + 1, False)]:
        verdict = shield.position_cost_verdict(
            RULE, cost_lamports=cost, stake_lamports=40_000_000, reentries_lamports=30_000_000
        )
        assert verdict.ok is ok


def test_an_entry_transaction_pays_at_most_two_thousandths_of_a_sol():
    assert shield.fee_verdict(RULE, fee_lamports=2_000_000).ok
    assert not shield.fee_verdict(RULE, fee_lamports=2_000_001).ok
