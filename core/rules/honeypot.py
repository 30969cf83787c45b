"""The honeypot verdict: can what we buy be sold again, and does nobody hold enough to make the market worthless?

Judges facts of the port `Accounts`. A fact that is absent or old is unknown and never passes; a broken one fails at
once, whatever else is unknown. Repeated while holding; the emergency asks for confidence too (rules.md §3, §7).
"""

from msgspec import Struct

from core.market.pool import MIGRATED_BASE_UNITS
from core.messages import Reserves, TokenFacts
from core.rules.verdict import Outcome, Verdict
from core.types import Venue


class HoneypotRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    facts_max_age_s: float = 2.0
    repeat_s: float = 30.0
    """While holding; also on account changes."""
    round_trip_margin: float = 0.05
    """The simulated sale may return this share of the stake less than its cost explains."""
    round_trip_stake_min: float = 0.99
    """Share of the stake that the simulation must have spent; whole-unit rounding leaves a few lamports."""
    holder_max: float = 0.20
    """One owner's share of the circulating supply."""
    top_ten_max: float = 0.60
    hard_confidence: float = 1.0
    """Authorities and extensions: read from accounts, there or not."""
    trade_confidence: float = 0.9
    """A simulation that fails or returns too little: the market may have moved under it."""
    crowd_confidence: float = 0.6
    """Concentration: dangerous, but no trap by itself; below the emergency's 0.8 on purpose."""


class HoneypotJudgement(Struct, frozen=True, kw_only=True, gc=False):
    """The verdict, how sure it is (0…1; 0 when unknown), and what speaks against the token."""

    verdict: Verdict
    confidence: float
    evidence: tuple[str, ...] = ()


def circulating_units(reserves: Reserves, supply: int) -> int:
    """What neither curve nor pool holds. A curve also keeps the tokens that its migration will put into the pool."""
    kept = reserves.real_base + (MIGRATED_BASE_UNITS if reserves.venue is Venue.CURVE else 0)
    return max(supply - kept, 0)


def judge(
    rule: HoneypotRule, facts: TokenFacts | None, *, reserves: Reserves, stake_lamports: int, now_s: float
) -> HoneypotJudgement:
    """What the facts say. Every failure is final for an entry: it cannot be told from a trap that opens for a while."""
    if facts is None:
        return _unknown("facts not asked yet")
    if now_s - facts.at_s > rule.facts_max_age_s:
        return _unknown(f"facts are {now_s - facts.at_s:.1f} s old")
    evidence: list[tuple[float, str]] = []
    absent: list[str] = []
    _judge_mint(rule, facts, evidence, absent)
    _judge_round_trip(rule, facts, stake_lamports, evidence, absent)
    _judge_crowd(rule, facts, circulating_units(reserves, facts.supply), evidence, absent)
    if evidence:
        reasons = tuple(reason for _, reason in evidence)
        verdict = Verdict.failed("honeypot", "; ".join(reasons), final=True)
        return HoneypotJudgement(verdict=verdict, confidence=max(sure for sure, _ in evidence), evidence=reasons)
    if absent:
        return _unknown("no facts about " + ", ".join(absent))
    return HoneypotJudgement(verdict=Verdict.passed("honeypot"), confidence=1.0)


def _unknown(reason: str) -> HoneypotJudgement:
    return HoneypotJudgement(verdict=Verdict.unknown("honeypot", reason), confidence=0.0)


def _judge_mint(rule: HoneypotRule, facts: TokenFacts, evidence: list[tuple[float, str]], absent: list[str]) -> None:
    for name, there in (("mint authority", facts.mint_authority), ("freeze authority", facts.freeze_authority)):
        if there is None:
            absent.append(name)
        elif there:
            evidence.append((rule.hard_confidence, name))
    if facts.extensions is None:
        absent.append("extensions")
    else:
        evidence += [(rule.hard_confidence, f"extension {name}") for name in facts.extensions]


def _judge_round_trip(
    rule: HoneypotRule,
    facts: TokenFacts,
    stake_lamports: int,
    evidence: list[tuple[float, str]],
    absent: list[str],
) -> None:
    spent, returned = facts.round_trip_in_lamports, facts.round_trip_out_lamports
    if facts.round_trip_ok is None or spent <= 0:
        absent.append("a simulated sale")
    elif not facts.round_trip_ok:
        evidence.append((rule.trade_confidence, "the simulated sale failed"))
    elif returned < spent - facts.round_trip_cost_lamports - rule.round_trip_margin * spent:
        evidence.append((rule.trade_confidence, f"the simulated sale returned {returned / spent:.1%} of the stake"))
    elif spent < rule.round_trip_stake_min * stake_lamports:
        absent.append("a simulated sale of the whole stake")


def _judge_crowd(
    rule: HoneypotRule,
    facts: TokenFacts,
    circulating: int,
    evidence: list[tuple[float, str]],
    absent: list[str],
) -> None:
    if facts.top_holders is None or circulating <= 0:
        absent.append("the largest holders")
        return
    largest = [tokens for _, tokens in facts.top_holders[:10]]
    if largest and largest[0] > rule.holder_max * circulating:
        evidence.append((rule.crowd_confidence, f"one owner holds {largest[0] / circulating:.1%}"))
    if sum(largest) > rule.top_ten_max * circulating:
        evidence.append((rule.crowd_confidence, f"ten owners hold {sum(largest) / circulating:.1%}"))


def failed_surely(judgement: HoneypotJudgement, *, confidence: float) -> bool:
    """Whether the verdict is a fail of at least this confidence: the emergency trigger while holding."""
    return judgement.verdict.outcome is Outcome.FAIL and judgement.confidence >= confidence
