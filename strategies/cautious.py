"""An example of a strategy of one's own: fewer tokens, and out of them sooner.

It shows all that a strategy can do: bar a candidate with a reason, rank what is left, and have a position sold in part
or as a whole before the rules would.
"""

from core.rules.verdict import Outcome
from core.strategy import Candidate, Holding, Leave, Opinion

LEAST_LIQUIDITY_USD = 3_000.0
MOST_FALL = 0.10
"""Of the price below its highest of the last minute, at the entry."""
FIRST_GAIN = 0.10
PATIENCE_S = 8 * 60.0


class Cautious:
    name = "Cautious"

    def weigh(self, candidate: Candidate) -> Opinion:
        """No thin market, no falling price, nothing bought twice; of the rest the least risk first."""
        score = candidate.quality - 2 * candidate.risk
        against = _against(candidate)
        return Opinion(score=score, outcome=Outcome.FAIL if against else Outcome.PASS, reason=against)

    def leave(self, holding: Holding) -> Leave | None:
        """Half at the first gain; all after eight minutes without any."""
        if holding.held_s >= PATIENCE_S and holding.gain <= 0:
            return Leave(sold=1.0, reason="eight minutes without a gain")
        if holding.gain >= FIRST_GAIN:
            return Leave(sold=0.5, reason="half of it at the first gain")
        return None


def _against(candidate: Candidate) -> str:
    if candidate.reentry:
        return "it buys nothing twice"
    if candidate.liquidity_usd < LEAST_LIQUIDITY_USD:
        return f"liquidity ${candidate.liquidity_usd:.0f} is thin"
    fall = 1 - candidate.price / candidate.highest_price
    return f"the price is {fall:.0%} under its peak" if fall > MOST_FALL else ""
