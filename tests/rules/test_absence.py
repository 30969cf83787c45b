"""Absence is proven by what cannot be otherwise, and by nothing less."""

import pytest
from msgspec.structs import replace

from core.rules import absence
from core.rules.absence import Reading
from core.rules.verdict import Outcome

SURE = Reading(endpoints=1, slot=1_000, block_height=900, balances_changed=False)


def judged(reading: Reading, configured: int = 1) -> Outcome:
    return absence.verdict(reading, configured=configured, last_valid_block_height=850, journaled_slot=990).outcome


def test_what_is_read_past_its_life_with_history_and_balances_is_absent_for_ever():
    assert judged(SURE) is Outcome.PASS


@pytest.mark.parametrize(
    "doubt",
    [
        replace(SURE, slot=989),
        replace(SURE, block_height=850),
        replace(SURE, endpoints=0),
        replace(SURE, balances_changed=True),
        replace(SURE, nonce_advanced=False),
    ],
)
def test_any_doubt_leaves_it_unresolved(doubt: Reading):
    assert judged(doubt) is Outcome.UNKNOWN


def test_a_durable_nonce_that_has_advanced_ends_it_whatever_the_block_height():
    assert judged(replace(SURE, block_height=1, nonce_advanced=True)) is Outcome.PASS


def test_where_two_endpoints_are_configured_two_must_say_so():
    assert judged(SURE, configured=2) is Outcome.UNKNOWN
    assert judged(replace(SURE, endpoints=2), configured=2) is Outcome.PASS
    assert judged(replace(SURE, endpoints=2), configured=5) is Outcome.PASS
