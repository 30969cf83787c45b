"""The columns of the entry table (rules.md §3): what a profile asks of a token, one verdict per row.

Each function judges one measured value; None is unknown and never passes. Bounds are inclusive. Ages are market time.
"""

from msgspec import Struct

from core.rules.verdict import Verdict


class Profile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One column. These defaults are the column `default`; the others below say only what differs."""

    age_min_s: float = 60.0
    age_max_s: float = 900.0
    liquidity_min_usd: float = 2_000.0
    liquidity_max_usd: float = 10_000.0
    holders_min: int = 50
    holders_max: int = 500
    mentions_min: int = 30
    sentiment_min: float = 0.3
    creator_transactions_max: int = 1
    """Transactions of creator or creation's signer, the creation counted; 0 = any number."""
    risk_max: float = 0.6
    quality_min: float = 0.4
    cost_max: float = 0.08
    """1 buy + 3 sells ÷ stake."""
    honeypot_judged: bool = True
    creator_judged: bool = True
    holders_judged: bool = True
    battlefield_judged: bool = True
    """Commandment 5 wins over every profile but `recorded`."""
    slot_judged: bool = True
    sol_price_judged: bool = True

    @property
    def needs_facts(self) -> bool:
        """Whether any row asks for facts of the port `Accounts`."""
        return self.honeypot_judged or self.holders_judged


class Strict(Profile, frozen=True, kw_only=True, forbid_unknown_fields=True):
    age_max_s: float = 600.0
    liquidity_min_usd: float = 5_000.0
    liquidity_max_usd: float = 8_000.0
    holders_min: int = 75
    holders_max: int = 300
    mentions_min: int = 50
    sentiment_min: float = 0.5
    risk_max: float = 0.4
    quality_min: float = 0.6
    cost_max: float = 0.06


class Relaxed(Profile, frozen=True, kw_only=True, forbid_unknown_fields=True):
    age_max_s: float = 1_200.0
    mentions_min: int = 20
    sentiment_min: float = 0.2
    creator_transactions_max: int = 0
    risk_max: float = 0.8
    quality_min: float = 0.2
    cost_max: float = 0.12


class Recorded(Profile, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For file replays on the paper venue only: what a recording of trades cannot tell is not judged."""

    honeypot_judged: bool = False
    creator_judged: bool = False
    holders_judged: bool = False
    battlefield_judged: bool = False
    slot_judged: bool = False
    sol_price_judged: bool = False


def not_judged(criterion: str) -> Verdict:
    """The pass of a row that the profile leaves out; the reason keeps it apart from a measured pass."""
    return Verdict.passed(criterion, "not judged in this profile")


def age(profile: Profile, age_s: float) -> Verdict:
    """Too young is a matter of time, too old is final."""
    minutes = f"{age_s / 60:.1f} min old"
    if age_s > profile.age_max_s:
        return Verdict.failed("age", f"{minutes}, over {profile.age_max_s / 60:g}", final=True)
    if age_s < profile.age_min_s:
        return Verdict.failed("age", f"{minutes}, under {profile.age_min_s / 60:g}")
    return Verdict.passed("age", minutes)


def liquidity(profile: Profile, liquidity_usd: float | None) -> Verdict:
    if liquidity_usd is None:
        return Verdict.unknown("liquidity", "no agreed price of SOL")
    return _within("liquidity", liquidity_usd, profile.liquidity_min_usd, profile.liquidity_max_usd, unit="$")


def holders(profile: Profile, count: int | None) -> Verdict:
    """`count`: owners with a positive net from gapless trades since the creation."""
    if not profile.holders_judged:
        return not_judged("holders")
    if count is None:
        return Verdict.unknown("holders", "trades were missed, or more owners than are counted")
    note = " by trades; plain transfers are not seen"
    return _within("holders", count, profile.holders_min, profile.holders_max, note=note)


def mentions(profile: Profile, count: int | None, *, source: bool) -> Verdict:
    """Without a social source the row is skipped; with one, a count it cannot give is unknown."""
    if not source:
        return Verdict.passed("mentions", "no social source")
    if count is None:
        return Verdict.unknown("mentions", "the social source says nothing of it")
    return _least("mentions", count, profile.mentions_min)


def sentiment(profile: Profile, score: float | None, *, source: bool) -> Verdict:
    """`score` −1…1; skipped and unknown as for mentions."""
    if not source:
        return Verdict.passed("sentiment", "no social source")
    if score is None:
        return Verdict.unknown("sentiment", "the social source says nothing of it")
    return _least("sentiment", score, profile.sentiment_min)


def creator(profile: Profile, transactions: int | None) -> Verdict:
    """Transactions only grow in number: too many is final. Missed trades leave the count unknown."""
    if not profile.creator_judged:
        return not_judged("creator")
    most = profile.creator_transactions_max
    if transactions is None:
        return Verdict.unknown("creator", "trades were missed")
    if most and transactions > most:
        return Verdict.failed("creator", f"{transactions} transactions of the creator, over {most}", final=True)
    return Verdict.passed("creator", f"{transactions} transactions of the creator")


def risk(profile: Profile, score: float) -> Verdict:
    return _most("risk", score, profile.risk_max)


def quality(profile: Profile, score: float) -> Verdict:
    return _least("quality", score, profile.quality_min)


def cost(profile: Profile, share: float | None) -> Verdict:
    """`share`: cost of 1 buy + 3 sells ÷ stake; None where one of them cannot be traded."""
    if share is None:
        return Verdict.unknown("cost", "buying or selling the stake cannot be priced now")
    return _most("cost", share, profile.cost_max)


def _within(criterion: str, value: float, least: float, most: float, *, unit: str = "", note: str = "") -> Verdict:
    if value < least:
        return Verdict.failed(criterion, f"{unit}{value:,.0f}, under {unit}{least:,.0f}{note}")
    if value > most:
        return Verdict.failed(criterion, f"{unit}{value:,.0f}, over {unit}{most:,.0f}{note}")
    return Verdict.passed(criterion, f"{unit}{value:,.0f}{note}")


def _least(criterion: str, value: float, least: float) -> Verdict:
    if value < least:
        return Verdict.failed(criterion, f"{value:.3g}, under {least:g}")
    return Verdict.passed(criterion, f"{value:.3g}")


def _most(criterion: str, value: float, most: float) -> Verdict:
    if value > most:
        return Verdict.failed(criterion, f"{value:.3g}, over {most:g}")
    return Verdict.passed(criterion, f"{value:.3g}")
