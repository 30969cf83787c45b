import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.chain.codec.keys import key_bytes
from core.errors import Refused
from core.market.curve import START
from core.market.paper.landing import PaperRule
from core.market.paper.transaction import DRAWN
from core.market.paper.venue import PaperVenue, wallet_address
from core.market.reserves import reserves_of
from core.types import Role
from tests.market.paper.orders import SOL, buy, funded, transfer

SURE = PaperRule(failed_share=0.0, missed_share=0.0, landing_shares=(1.0,))


def venue(rule: PaperRule = SURE, seed: int = 7, slot: int = 1) -> PaperVenue:
    paper = PaperVenue(rule, seed, funded())
    paper.slot = slot
    return paper


def test_a_send_before_the_first_slot_is_lost_and_the_next_lands_by_the_slots_that_came():
    paper = venue(slot=0)
    paper.submit(buy(), "s", 400_000_150)
    assert paper.due(400_000_000) == []

    paper.submit(buy(), "s", 400_000_150)

    assert [sent.land_slot for sent in paper.due(400_000_001)] == [400_000_001]


def test_capital_is_opened_once():
    fresh = PaperVenue(SURE, 7)
    fresh.open_capital({Role.LIGHTNING: 5, Role.REENTRY: 6})
    fresh.open_capital({Role.LIGHTNING: 5, Role.REENTRY: 6})

    assert fresh.chain.wallets == {"lightning.0": 5, "reentry.0": 6}


def test_the_same_order_has_the_same_signature_and_another_order_another():
    signed = venue().sign(buy(), 100)

    assert signed == venue(seed=8).sign(buy(), 100)
    assert signed.last_valid_slot == 250
    assert signed.signature.startswith("paper.b.")
    assert signed.signature != venue().sign(buy(lamports=1), 100).signature


def test_a_trade_without_a_token_is_not_signed():
    with pytest.raises(Refused):
        venue().sign(buy(mint=""), 100)


def test_a_transaction_lands_once_in_its_slot_however_often_it_is_sent():
    paper = venue()
    for _ in range(3):
        paper.submit(buy(), "s", 150)

    (sent,) = paper.due(2)
    settlement = paper.settle(sent, slot=2, at_s=0.4, reserves=reserves_of(START))
    paper.submit(buy(), "s", 150)

    assert settlement.error == ""
    assert paper.status("s") == settlement
    assert paper.due(3) == []


def test_a_lost_send_draws_again_until_it_lands():
    paper = venue(PaperRule(failed_share=0.0, missed_share=0.9, landing_shares=(1.0,)))
    sends = 0
    while not paper.due(paper.slot + 1):
        paper.submit(buy(), "s", 10_000)
        sends += 1
        assert sends < 500

    assert sends > 1


def test_a_drawn_failure_pays_its_fee():
    paper = venue(PaperRule(failed_share=1.0, missed_share=0.0))
    for number in range(50):
        paper.submit(buy(), f"s{number}", 150)

    errors = [paper.settle(sent, slot=9, at_s=3.6, reserves=reserves_of(START)).error for sent in paper.due(9)]

    assert errors.count(DRAWN) > 40
    assert paper.chain.wallets["lightning.0"] <= SOL - 50 * 25_000


def test_nothing_lands_past_its_last_valid_slot():
    paper = venue()
    paper.submit(buy(), "s", 1)

    assert paper.due(2) == []
    assert paper._sent == {}


def test_only_so_many_trades_land_in_a_slot_and_transfers_always_do():
    paper = venue()
    for number in range(3):
        paper.submit(buy(), f"b{number}", 150)
        paper.submit(transfer(), f"t{number}", 150)

    first = {sent.signature for sent in paper.due(2, trades=1)}
    second = {sent.signature for sent in paper.due(3, trades=1)}

    assert first == {"b0", "t0", "t1", "t2"}
    assert second == {"b1"}


@given(seed=st.integers(0, 5), sends=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3)), max_size=30))
def test_a_venue_with_the_same_seed_and_sends_lands_the_same_in_the_same_slots(seed: int, sends: list[tuple[int, int]]):
    def run() -> list[tuple[int, str]]:
        paper, landed = venue(PaperRule(), seed), list[tuple[int, str]]()
        for number, slots in sends:
            paper.submit(buy(id=str(number)), f"s{number}", paper.slot + 150)
            for _ in range(slots):
                slot = paper.slot + 1
                for sent in paper.due(slot):
                    paper.settle(sent, slot=slot, at_s=slot * 0.4, reserves=reserves_of(START))
                    landed.append((slot, sent.signature))
        return landed

    first = run()
    assert first == run()
    assert len({signature for _, signature in first}) == len(first)


def test_congestion_makes_more_transactions_fail():
    calm, congested = venue(PaperRule()), venue(PaperRule())
    for second in range(0, 600, 10):
        calm.see(float(second), 20_000)
        congested.see(float(second), 20_000)
    congested.see(601.0, 200_000)
    for number in range(400):
        calm.submit(buy(), f"s{number}", 10_000)
        congested.submit(buy(), f"s{number}", 10_000)

    failed_calm = sum(sent.failed for sent in calm.due(50))
    failed_congested = sum(sent.failed for sent in congested.due(50))

    assert failed_congested > 2 * failed_calm > 0


def test_paper_wallets_have_addresses_that_are_keys_and_differ():
    addresses = {wallet_address(7, role, generation) for role in Role for generation in range(3)}

    assert len(addresses) == 15
    assert {len(key_bytes(address)) for address in addresses} == {32}
