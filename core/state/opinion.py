"""What the strategy says of a token that the rules would let in: one more verdict, and a score to rank by."""

from msgspec import Struct
from msgspec.structs import replace

from core.effects import Effects, Now, Tell
from core.hearing import Heard
from core.messages import RaiseAlert
from core.rules import entry
from core.rules.entry import Judgement, Sight
from core.rules.verdict import FAIL, PASS, Verdict, all_pass
from core.state import token
from core.state.token import Token
from core.strategy import Candidate

STRATEGY = "strategy"
FAULT = "strategy_fault"
"""Key of the alert about a strategy that gave no usable answer."""


class Weighed(Struct, frozen=True, array_like=True, gc=False):
    """The judgement with the strategy's verdict in it. `score` None: it was not asked, or had no opinion."""

    judgement: Judgement
    sight: Sight
    score: float | None = None
    told: Effects = ()


def judged(seen: Token, now: Now) -> Weighed:
    """Every entry condition, and where all pass the strategy. It can only make a pass a fail or unknown."""
    sight = token.sight(seen, now)
    judgement = entry.judge(now.settings, sight)
    if judgement.outcome is not PASS:
        return Weighed(judgement, sight)
    heard = now.strategy.weigh(candidate_of(seen, sight, judgement, reentry=False))
    verdict, told = verdict_of(heard), alerts(heard, seen.launched.mint, now)
    if verdict.ok and not verdict.reason:
        return Weighed(judgement, sight, heard.opinion.score if heard.opinion else None, told)
    barred = replace(
        judgement,
        verdicts=(*judgement.verdicts, verdict),
        outcome=verdict.outcome,
        failing=(STRATEGY,) if verdict.outcome is FAIL else (),
    )
    return Weighed(barred, sight, heard.opinion.score if heard.opinion else None, told)


def of_more(
    verdicts: tuple[Verdict, ...], seen: Token, sight: Sight, judgement: Judgement, now: Now
) -> tuple[tuple[Verdict, ...], Effects]:
    """The verdicts on buying more of what we hold, with the strategy's where all of them pass."""
    if not all_pass(verdicts):
        return verdicts, ()
    heard = now.strategy.weigh(candidate_of(seen, sight, judgement, reentry=True))
    return (*verdicts, verdict_of(heard)), alerts(heard, seen.launched.mint, now)


def verdict_of(heard: Heard) -> Verdict:
    """A strategy without a usable answer is unknown, and unknown is never pass."""
    opinion = heard.opinion
    if opinion is None:
        return Verdict.unknown(STRATEGY, heard.fault)
    return Verdict(STRATEGY, opinion.outcome, opinion.reason)


def alerts(heard: Heard, mint: str, now: Now) -> Effects:
    if not heard.fault:
        return ()
    return (Tell("notifier", RaiseAlert(key=FAULT, severity="warning", text=heard.fault, at_s=now.at_s, mint=mint)),)


def candidate_of(seen: Token, sight: Sight, judgement: Judgement, *, reentry: bool) -> Candidate:
    launched, reserves = seen.launched, sight.reserves
    return Candidate(
        mint=launched.mint,
        symbol=launched.symbol,
        creator=launched.creator,
        at_s=sight.now_s,
        age_s=sight.age_s,
        venue=reserves.venue,
        price=reserves.price,
        highest_price=sight.highest_price,
        liquidity_lamports=reserves.real_quote,
        liquidity_usd=sight.liquidity_usd or 0.0,
        volume_lamports=sight.volume_lamports,
        volume_usd=sight.volume_usd or 0.0,
        holders=sight.holders,
        quality=judgement.quality,
        risk=judgement.risk,
        stake_lamports=sight.stake_lamports,
        reentry=reentry,
    )
