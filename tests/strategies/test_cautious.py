import pytest
from msgspec.structs import replace

from commands.strategies import CANDIDATES, HOLDINGS
from core.rules.verdict import Outcome
from strategies.cautious import Cautious

CANDIDATE = replace(CANDIDATES[1], highest_price=CANDIDATES[1].price)
HOLDING = HOLDINGS[0]


def test_a_steady_token_with_liquidity_may_be_entered_the_least_risk_first():
    calm = Cautious().weigh(replace(CANDIDATE, quality=0.5, risk=0.1))
    wild = Cautious().weigh(replace(CANDIDATE, quality=0.7, risk=0.4))

    assert calm.outcome is wild.outcome is Outcome.PASS
    assert calm.score > wild.score


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"reentry": True}, "twice"),
        ({"liquidity_usd": 2_999.0}, "thin"),
        ({"price": CANDIDATE.price * 0.89}, "11% under its peak"),
    ],
)
def test_it_says_what_it_has_against_a_token(change: dict[str, float], reason: str):
    opinion = Cautious().weigh(replace(CANDIDATE, **change))

    assert opinion.outcome is Outcome.FAIL
    assert reason in opinion.reason


@pytest.mark.parametrize(
    ("held_s", "gain", "sold"),
    [(479.0, -0.1, None), (480.0, 0.0, 1.0), (480.0, 0.01, None), (10.0, 0.1, 0.5), (900.0, 0.5, 0.5)],
)
def test_half_goes_at_the_first_gain_and_all_after_eight_minutes_without_one(
    held_s: float, gain: float, sold: float | None
):
    leave = Cautious().leave(replace(HOLDING, held_s=held_s, gain=gain))

    assert (leave.sold if leave else None) == sold
