import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.ledger.postings import balance_of, net_of, of_capital, of_settlement
from core.messages import Order, Settlement
from core.records import Posting
from core.types import Purpose, Role, Side


def order(purpose: Purpose, role: Role = Role.LIGHTNING) -> Order:
    side = {Purpose.ENTRY: Side.BUY, Purpose.REENTRY: Side.BUY, Purpose.EXIT: Side.SELL, Purpose.PANIC: Side.SELL}
    return Order(id=f"{purpose}.op1.1", purpose=purpose, role=role, payer=role, side=side.get(purpose))


def accounts(purpose: Purpose, settlement: Settlement) -> dict[str, int]:
    lines = of_settlement(order(purpose), settlement)
    assert balance_of(lines) == 0
    return {line.account: line.lamports for line in lines}


BUY = Settlement(
    signature="s",
    slot=1,
    at_s=1.0,
    tokens=1_000,
    quote_lamports=-900_000,
    fees={"protocol": 9_000, "creator": 3_000, "base": 5_000, "priority": 20_000},
    rent_lamports=2_039_280,
    changes={"lightning": -2_976_280},
)


def test_a_buy_moves_lamports_to_the_pool_the_fees_by_kind_and_the_rent():
    assert accounts(Purpose.ENTRY, BUY) == {
        "wallet:lightning": -2_976_280,
        "pool": 900_000,
        "rent": 2_039_280,
        "fee:protocol": 9_000,
        "fee:creator": 3_000,
        "fee:base": 5_000,
        "fee:priority": 20_000,
    }


def test_a_sale_whose_fee_another_wallet_pays_moves_lamports_of_both():
    sale = Settlement(
        signature="s",
        slot=1,
        at_s=1.0,
        tokens=-1_000,
        quote_lamports=950_000,
        fees={"protocol": 10_000, "base": 10_000},
        rent_lamports=-2_039_280,
        changes={"lightning": 2_979_280, "emergency_gas": -10_000},
    )

    assert accounts(Purpose.PANIC, sale)["wallet:emergency_gas"] == -10_000
    assert net_of(of_settlement(order(Purpose.PANIC), sale)) == 930_000


FAILED = Settlement(
    signature="s",
    slot=1,
    at_s=1.0,
    error="slippage",
    fees={"base": 5_000, "priority": 20_000},
    changes={"lightning": -25_000},
)


@pytest.mark.parametrize(
    ("purpose", "account"),
    [
        (Purpose.ENTRY, "failed_entries"),
        (Purpose.TAX, "treasury"),
        (Purpose.RESTORATION, "treasury"),
        (Purpose.PROCEEDS, "treasury"),
        (Purpose.ROTATION, "rotation"),
    ],
)
def test_the_cost_of_what_belongs_to_no_operation_goes_to_its_own_account(purpose: Purpose, account: str):
    assert accounts(purpose, FAILED) == {"wallet:lightning": -25_000, account: 25_000}


@pytest.mark.parametrize("purpose", [Purpose.REENTRY, Purpose.EXIT, Purpose.PANIC])
def test_a_failed_transaction_of_an_operation_is_booked_by_kind(purpose: Purpose):
    assert accounts(purpose, FAILED) == {"wallet:lightning": -25_000, "fee:base": 5_000, "fee:priority": 20_000}


def test_a_sweep_returns_rent_and_books_its_fee_to_the_rotation():
    swept = Settlement(
        signature="s",
        slot=1,
        at_s=1.0,
        fees={"base": 10_000},
        rent_lamports=-1_844_400,
        changes={"lightning": 1_844_400, "emergency_gas": -10_000},
    )

    assert accounts(Purpose.ROTATION, swept) == {
        "wallet:lightning": 1_844_400,
        "wallet:emergency_gas": -10_000,
        "rent": -1_844_400,
        "rotation": 10_000,
    }


def test_capital_comes_from_outside():
    lines = of_capital({Role.LIGHTNING: 3, Role.REENTRY: 4})

    assert lines[-1] == Posting("external", -7)
    assert balance_of(lines) == 0


@given(st.integers(-(10**12), 10**12).filter(bool))
def test_a_settlement_that_does_not_add_up_is_not_booked(off):
    wrong = Settlement(
        signature="s",
        slot=1,
        at_s=1.0,
        tokens=1_000,
        quote_lamports=-900_000,
        fees=BUY.fees,
        rent_lamports=BUY.rent_lamports,
        changes={"lightning": -2_976_280 + off},
    )

    with pytest.raises(ValueError, match=str(abs(off))):
        of_settlement(order(Purpose.ENTRY), wrong)
