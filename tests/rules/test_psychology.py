import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.chain.rent import WALLET_LAMPORTS
from core.rules import psychology
from core.rules.psychology import PsychologyRule, entry_verdict, floor_lamports, tax_lamports
from core.types import BASE_FEE_LAMPORTS

RULE = PsychologyRule()


@pytest.mark.parametrize(("net", "tax"), [(-1, 0), (0, 0), (1, 1), (9, 1), (10, 1), (11, 2), (1_000_000, 100_000)])
def test_the_tax_is_a_tenth_of_a_positive_net_rounded_up(net, tax):
    assert tax_lamports(RULE, net) == tax


@given(st.integers(-(10**15), 10**15))
def test_the_tax_is_the_least_whole_number_that_is_a_tenth_or_more(net):
    tax = tax_lamports(RULE, net)

    assert tax == (-(-net // 10) if net > 0 else 0)


def fund(lamports: int, *, cold: int = 0, unsettled: int = 0) -> bool:
    return entry_verdict(
        RULE, fund_lamports=lamports, cold_lamports=cold, start_lamports=50_000_001, unsettled=unsettled
    ).ok


def test_entries_need_half_of_the_funds_start_balance():
    assert floor_lamports(RULE, 50_000_001) == 25_000_001
    assert fund(25_000_001)
    assert not fund(25_000_000)


def test_the_surplus_over_half_of_the_start_goes_to_the_cold_address_when_its_fee_is_small_beside_it():
    def surplus(fund: int, **changes: object) -> int:
        rule = replace(PsychologyRule(cold=True), **changes)
        return psychology.surplus_lamports(rule, fund_lamports=fund, start_lamports=50_000_001, fee_lamports=10_000)

    assert surplus(50_000_001) == 25_000_000
    assert surplus(25_000_001 + 1_000_000) == 1_000_000
    assert surplus(25_000_001 + 999_999) == 0
    assert surplus(20_000_000) == 0


def test_the_fund_always_keeps_rent_exemption_and_a_fee():
    rule = PsychologyRule(cold=True, floor_share=0.0)
    left = 3_000_000 - psychology.surplus_lamports(
        rule, fund_lamports=3_000_000, start_lamports=50_000_000, fee_lamports=10_000
    )

    assert left == WALLET_LAMPORTS + BASE_FEE_LAMPORTS


def test_lamports_leave_for_the_address_of_the_settings_once_it_is_confirmed():
    assert psychology.cold_address("A", "A") == "A"
    assert psychology.cold_address("A", "") == psychology.cold_address("A", "B") == ""
    assert psychology.cold_address("", "A") == ""


def test_what_went_to_the_cold_address_counts_as_held():
    assert fund(20_000_000, cold=5_000_001)


def test_no_entry_before_every_closed_operation_is_taxed_and_settled():
    assert not fund(50_000_001, unsettled=1)
