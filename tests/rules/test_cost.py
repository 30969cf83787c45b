from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.market.reserves import reserves_of
from core.messages import Reserves
from core.rules.cost import CostRule, entry_cost
from core.types import Venue
from tests.market.states import SOL, traded_curves

RULE = CostRule()
CURVE = Reserves(Venue.CURVE, 72 * SOL, 447_083_333_333_333, 42 * SOL, 167_183_333_333_333)
SUPPLY = 1_000_000_000_000_000
STAKE = 40_000_000


def cost_of(reserves=CURVE, *, volume=10 * SOL, cashback=False, stake=STAKE, buy=0, sell=0):
    return entry_cost(
        RULE,
        reserves=reserves,
        supply=SUPPLY,
        cashback=cashback,
        volume_lamports=volume,
        stake_lamports=stake,
        buy_priority_lamports=buy,
        sell_priority_lamports=sell,
    )


def test_one_buy_and_three_sells_pay_market_fees_twice_and_four_transactions():
    cost = cost_of(buy=100_000, sell=20_000)

    assert cost is not None
    assert cost.transaction_lamports == 4 * 5_000 + 100_000 + 3 * 20_000
    assert cost.rent_lamports == 0
    market_fees = cost.protocol_lamports + cost.creator_lamports
    assert market_fees / STAKE == pytest.approx(2 * 0.0125, rel=0.02)


def test_who_trades_before_the_creators_vault_is_filled_makes_up_what_is_missing():
    first, soon, later = (cost_of(volume=volume) for volume in (0, SOL // 10, SOL))

    assert first is not None
    assert soon is not None
    assert later is not None
    assert first.rent_lamports == 890_880
    assert soon.rent_lamports == 890_880 - SOL // 10 * 30 // 10_000
    assert later.rent_lamports == 0


def test_a_cashback_coins_account_that_nothing_closes_is_lost_and_its_cashback_no_income():
    plain, cashback = cost_of(), cost_of(cashback=True)

    assert plain is not None
    assert cashback is not None
    assert cashback.total_lamports == plain.total_lamports + 2_039_280
    assert cashback.creator_lamports == 0


def test_what_cannot_be_sold_has_no_cost_and_is_not_entered():
    assert cost_of(Reserves(Venue.CURVE, 115 * SOL, 279_900_000_000_000, 85 * SOL, 0)) is None
    assert cost_of(stake=0) is None


@given(
    traded_curves().filter(lambda curve: curve.real_quote > SOL and curve.real_base > SUPPLY // 100),
    st.integers(SOL // 100, SOL // 4),
    st.integers(0, 400_000),
)
def test_the_share_is_what_a_rational_model_of_the_trades_says(curve, stake, priority):
    cost = cost_of(reserves_of(curve), stake=stake, buy=priority, sell=priority)
    if cost is None:
        return

    quote, base, keep = Fraction(curve.virtual_quote), Fraction(curve.virtual_base), Fraction(10_125, 10_000)
    net = stake / keep
    part = net * base / (quote + net) / 3
    back = 3 * quote * part / (base + part) * (2 - keep)
    model = stake - back + 4 * 5_000 + 4 * priority

    assert float(cost.share) == pytest.approx(float(model / stake), abs=2e-5)
