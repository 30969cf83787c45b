"""The entry conditions of one token, all rows of the table in rules.md §3, judged on one sight of it.

A row's unknown never passes. Conditions that lie in no token (militia, breaker, daily loss, room) are the gate's.
"""

from functools import cached_property
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from core.messages import Reserves, TokenFacts
from core.rules import battlefield, cost, emergency, exit_fee, honeypot, mining, profile, quality, risk
from core.rules.profile import Profile, Recorded, Relaxed, Strict, not_judged
from core.rules.verdict import FAIL, PASS, UNKNOWN, Outcome, Verdict
from core.types import LAMPORTS_PER_SOL, ExitReason

if TYPE_CHECKING:
    from core.settings import Settings


class EntryRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, dict=True):
    """Which column holds, the columns, and how often a token is judged. Waits and ages are market time."""

    profile: Literal["strict", "default", "relaxed", "recorded"] = "default"
    strict: Strict = Strict()
    default: Profile = Profile()
    relaxed: Relaxed = Relaxed()
    recorded: Recorded = Recorded()
    slot_lag_max_s: float = 2.0
    """The market state may be this far behind the feed's newest slot."""
    unexplained_max: float = 0.05
    """Share of the circulating supply that the largest accounts may hold beyond what their owners' trades explain."""
    judge_every_s: float = 1.0
    """All criteria are judged, facts asked, the miner told at most this often; what ends a candidacy acts at once."""
    owners_kept: int = 2_000
    """Owners whose net is kept per token; with more of them the count is unknown."""
    follow_s: tuple[float, ...] = (300.0, 900.0, 3_300.0)
    """When the price of a refused token is recorded, after its last verdict."""

    @cached_property
    def column(self) -> Profile:
        column: Profile = getattr(self, self.profile)
        return column


class Sight(Struct, frozen=True, kw_only=True, gc=False):
    """What is known of one token at `now_s`; None = unknown. Lamports, token base units, market time."""

    now_s: float
    untradable: str
    """Why it cannot be traded at all, or not now; empty when it can."""
    untradable_for_ever: bool
    age_s: float
    reserves: Reserves
    supply: int
    cashback: bool
    holders: int | None
    creator_transactions: int | None
    creator_sold_units: int
    volume_lamports: int
    highest_price: float
    """Of the last 60 s, as is `highest_liquidity_lamports`."""
    highest_liquidity_lamports: int
    lag_s: float | None
    """How far this sight is behind the feed's newest slot."""
    sol_usd: float | None
    priority_lamports: int
    """What others pay for one transaction now, and its median of the last hour; 0 and None = unknown."""
    priority_median_lamports: float | None
    stake_lamports: int
    social_source: bool = False
    mentions: int | None = None
    sentiment: float | None = None
    social_score: float = 0.0
    flagged: ExitReason | None = None
    held_until_s: float | None = None
    facts: TokenFacts | None = None
    facts_reserves: Reserves | None = None
    """The reserves when the facts came: shares of what circulates are of that moment."""
    unexplained_units: int | None = None

    @property
    def liquidity_usd(self) -> float | None:
        return self.usd(self.reserves.real_quote)

    @property
    def volume_usd(self) -> float | None:
        return self.usd(self.volume_lamports)

    def usd(self, lamports: int) -> float | None:
        return None if self.sol_usd is None else lamports * self.sol_usd / LAMPORTS_PER_SOL


class Judgement(Struct, frozen=True, kw_only=True, gc=False):
    """All rows of one token at one moment."""

    verdicts: tuple[Verdict, ...]
    outcome: Outcome
    """Fail if any row fails, else unknown if any is, else pass."""
    failing: tuple[str, ...]
    quality: float
    risk: float
    market_passes: bool
    """Every row that needs no facts passes: asking for facts is worth it."""
    final: bool
    """The token can never pass any more."""


FACTS_CRITERIA = frozenset({"largest", "honeypot"})
"""Rows that need facts of the port `Accounts`."""
CRITERIA = FACTS_CRITERIA | frozenset(
    {"venue", "age", "liquidity", "holders", "battlefield", "creator", "mentions", "sentiment", "sol_price", "slot"}
    | {"emergency", "memory", "quality", "risk", "cost"}
)
"""Names of all rows."""


def judge(settings: "Settings", sight: Sight) -> Judgement:
    """Every row, those on facts too."""
    column = settings.entry.column
    trap = _honeypot(settings, column, sight)
    quality_score, risk_score = _scores(settings, column, sight, trapped=trap.outcome is FAIL)
    market = (
        *_state_verdicts(settings, column, sight),
        emergency_verdict(settings, sight),
        mining.memory_verdict(
            settings.mining, flagged=sight.flagged, held_until_s=sight.held_until_s, now_s=sight.now_s
        ),
        profile.quality(column, quality_score),
        profile.risk(column, risk_score),
        profile.cost(column, cost_share(settings, sight)),
    )
    return _judgement((*market, largest_verdict(settings, sight), trap), quality_score, risk_score)


def _judgement(verdicts: tuple[Verdict, ...], quality_score: float, risk_score: float) -> Judgement:
    failing, final, unknown, market_passes = [], False, False, True
    for verdict in verdicts:
        if verdict.outcome is PASS:
            continue
        if verdict.outcome is FAIL:
            failing.append(verdict.criterion)
            final = final or verdict.final
        else:
            unknown = True
        market_passes = market_passes and verdict.criterion in FACTS_CRITERIA
    return Judgement(
        verdicts=verdicts,
        outcome=FAIL if failing else UNKNOWN if unknown else PASS,
        failing=tuple(failing),
        quality=quality_score,
        risk=risk_score,
        market_passes=market_passes,
        final=final,
    )


def _state_verdicts(settings: "Settings", column: Profile, sight: Sight) -> tuple[Verdict, ...]:
    liquidity_usd = sight.liquidity_usd
    return (
        venue_verdict(sight),
        profile.age(column, sight.age_s),
        profile.liquidity(column, liquidity_usd),
        profile.holders(column, sight.holders),
        battlefield.entry_verdict(settings.battlefield, liquidity_usd=liquidity_usd, holders=sight.holders)
        if column.battlefield_judged
        else not_judged("battlefield"),
        profile.creator(column, sight.creator_transactions),
        profile.mentions(column, sight.mentions, source=sight.social_source),
        profile.sentiment(column, sight.sentiment, source=sight.social_source),
        sol_price_verdict(sight),
        slot_verdict(settings.entry, column, sight),
    )


def _scores(settings: "Settings", column: Profile, sight: Sight, *, trapped: bool) -> tuple[float, float]:
    """Quality and risk."""
    liquidity_usd = sight.liquidity_usd
    return quality.quality_score(
        settings.quality,
        liquidity_usd=liquidity_usd,
        holders=sight.holders,
        volume_usd=sight.volume_usd,
        social=sight.social_score if sight.social_source else None,
    ), risk.risk_score(
        settings.risk,
        age_s=sight.age_s,
        liquidity_usd=liquidity_usd,
        holders=sight.holders,
        creator_transactions=sight.creator_transactions,
        sentiment=sight.sentiment,
        social_source=sight.social_source,
        honeypot_failed=trapped,
        holders_judged=column.holders_judged,
        creator_judged=column.creator_judged,
    )


def emergency_verdict(settings: "Settings", sight: Sight) -> Verdict:
    """No emergency trigger that the market shows is true for the token now; nothing is held, so there is no cost."""
    if sight.creator_transactions is None and settings.entry.column.creator_judged:
        return Verdict.unknown("emergency", "trades were missed")
    seen = emergency.Seen(
        price=sight.reserves.price,
        peak_price=sight.highest_price,
        liquidity_lamports=sight.reserves.real_quote,
        peak_liquidity_lamports=sight.highest_liquidity_lamports,
    )
    trigger = emergency.market_trigger(
        settings.emergency, seen, creator_sold_tokens=sight.creator_sold_units, supply=sight.supply
    ) or emergency.congestion(
        settings.emergency,
        priority_lamports=sight.priority_lamports,
        median_lamports=sight.priority_median_lamports,
    )
    if trigger is not None:
        return Verdict.failed("emergency", f"{trigger.reason}: {trigger.detail}")
    return Verdict.passed("emergency")


def venue_verdict(sight: Sight) -> Verdict:
    """Tradable: SOL-quoted, non-mayhem coins on the pump curve or their canonical pool."""
    if sight.untradable:
        return Verdict.failed("venue", sight.untradable, final=sight.untradable_for_ever)
    return Verdict.passed("venue", sight.reserves.venue)


def sol_price_verdict(sight: Sight) -> Verdict:
    if sight.sol_usd is None:
        return Verdict.unknown("sol_price", "SOL/USD is older than its limit, or its two sources disagree")
    return Verdict.passed("sol_price", f"${sight.sol_usd:.2f}")


def slot_verdict(rule: EntryRule, column: Profile, sight: Sight) -> Verdict:
    if not column.slot_judged:
        return not_judged("slot")
    if sight.lag_s is None:
        return Verdict.unknown("slot", "the feed has shown no slot yet")
    if sight.lag_s > rule.slot_lag_max_s:
        return Verdict.failed("slot", f"{sight.lag_s:.1f} s behind the feed's newest slot")
    return Verdict.passed("slot")


def largest_verdict(settings: "Settings", sight: Sight) -> Verdict:
    """The holders' cross-check: the largest accounts must be what the trades say, or the count is not to be trusted."""
    facts = sight.facts
    if not settings.entry.column.holders_judged:
        return not_judged("largest")
    if facts is None or facts.top_holders is None:
        return Verdict.unknown("largest", "facts not asked yet" if facts is None else "no facts about the largest")
    if sight.now_s - facts.at_s > settings.honeypot.facts_max_age_s:
        return Verdict.unknown("largest", f"facts are {sight.now_s - facts.at_s:.1f} s old")
    circulating = honeypot.circulating_units(sight.facts_reserves or sight.reserves, facts.supply)
    if sight.unexplained_units is None or circulating <= 0:
        return Verdict.unknown("largest", "no count to compare with")
    share = sight.unexplained_units / circulating
    if share > settings.entry.unexplained_max:
        return Verdict.unknown("largest", f"{share:.1%} of the tokens lie where no trade brought them")
    return Verdict.passed("largest", f"{share:.1%} unexplained")


def _honeypot(settings: "Settings", column: Profile, sight: Sight) -> Verdict:
    if not column.honeypot_judged:
        return not_judged("honeypot")
    return honeypot.judge(
        settings.honeypot,
        sight.facts,
        reserves=sight.facts_reserves or sight.reserves,
        stake_lamports=sight.stake_lamports,
        now_s=sight.now_s,
    ).verdict


def cost_share(settings: "Settings", sight: Sight) -> float | None:
    """Cost of 1 buy + 3 sells ÷ stake; None where that cannot be traded now."""
    if sight.stake_lamports <= 0 or sight.untradable:
        return None
    going, stake = sight.priority_lamports, sight.stake_lamports
    total = cost.entry_cost(
        settings.cost,
        reserves=sight.reserves,
        supply=sight.supply,
        cashback=sight.cashback,
        volume_lamports=sight.volume_lamports,
        stake_lamports=stake,
        buy_priority_lamports=mining.entry_priority_lamports(
            settings.mining,
            percentile_lamports=going,
            volume_usd=sight.volume_usd,
            age_s=sight.age_s,
            stake_lamports=stake,
        ),
        sell_priority_lamports=exit_fee.priority_lamports(
            settings.exit_fee, going_lamports=going, quoted_lamports=stake // settings.cost.sells
        ),
    )
    return None if total is None else total.total_lamports / total.stake_lamports
