from hypothesis import given
from hypothesis import strategies as st

from core.rules.exit_fee import ExitFeeRule, priority_lamports, worth_selling

RULE = ExitFeeRule()
SOL = 1_000_000_000
AMOUNTS = st.integers(0, 100 * SOL)


def test_an_exit_pays_the_going_fee():
    assert priority_lamports(RULE, going_lamports=300_000, quoted_lamports=SOL) == 300_000


def test_a_panic_exit_offers_more():
    assert priority_lamports(RULE, going_lamports=300_000, quoted_lamports=SOL, panic=True) == 600_000


def test_it_never_pays_over_15_percent_of_what_it_is_quoted_to_save():
    assert priority_lamports(RULE, going_lamports=SOL, quoted_lamports=1_000_000) == 150_000


def test_it_never_pays_over_two_hundredths_of_a_sol():
    assert priority_lamports(RULE, going_lamports=SOL, quoted_lamports=100 * SOL, panic=True) == 20_000_000


def test_an_unknown_fee_is_the_floor():
    assert priority_lamports(RULE, going_lamports=0, quoted_lamports=SOL) == 20_000


def test_a_slice_worth_under_five_times_its_cost_waits_for_the_next():
    assert not worth_selling(RULE, quoted_lamports=124_999, cost_lamports=25_000)
    assert worth_selling(RULE, quoted_lamports=125_000, cost_lamports=25_000)


@given(AMOUNTS, AMOUNTS, st.booleans())
def test_the_fee_lies_between_floor_and_caps(going, quoted, panic):
    fee = priority_lamports(RULE, going_lamports=going, quoted_lamports=quoted, panic=panic)
    assert fee == 20_000 or (20_000 <= fee <= 20_000_000 and fee * 100 <= quoted * 15)
