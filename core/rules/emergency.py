"""Emergency protocols: what ends an operation at once, and at what price (rules.md §7).

Pure. The market's triggers are judged for held tokens and, without an average cost, for candidates: a token that is in
an emergency now is not entered. Prices are lamports per token base unit, liquidity is the real quote reserves.
"""

from msgspec import Struct

from core.rules.life_limit import LifeRule
from core.types import ExitReason

BPS = 10_000


class EmergencyRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    peak_window_s: float = 60.0
    """Highest price and liquidity are those of so long a time."""
    creator_sold_bps: int = 500
    """Of the supply, since launch."""
    creator_sell_slippage_bps: int = 5_000
    liquidity_drop_bps: int = 3_000
    liquidity_price_drop_bps: int = 2_000
    liquidity_drop_slippage_bps: int = 4_500
    liquidity_deep_bps: int = 5_000
    liquidity_deep_slippage_bps: int = 6_000
    time_exceeded_slippage_bps: int = 4_500
    dump_bps: int = 4_000
    dump_slippage_bps: int = 4_500
    dump_deep_bps: int = 5_000
    dump_deep_slippage_bps: int = 5_500
    honeypot_confidence: float = 0.8
    honeypot_slippage_bps: int = 7_000
    congestion_factor: float = 3.0
    congestion_median_s: float = 3_600.0
    congestion_history_s: float = 600.0
    """Without fees of so long a time there is no median to compare with."""
    congestion_unlanded: int = 3
    congestion_slippage_bps: int = 4_500
    risk_limit_slippage_bps: int = 4_500
    operator_slippage_bps: int = 6_000
    silence_alert_s: float = 30.0
    silence_panic_s: float = 60.0
    """A feed that shows no slot for longer than this is left as congestion is."""
    limit_s: float = 30.0
    """From the decision to the confirmed sale; past it the fallback."""
    fallback_slippage_bps: int = 7_000
    fallback_tries: int = 2
    """Failed fallbacks of a wallet after which what it holds is unsellable."""
    recovery_every_s: float = 60.0
    """What is unsellable is tried again by a free simulation at most this often, while a sale would pay."""


class Trigger(Struct, frozen=True, array_like=True):
    """An emergency that fires now. `drop_bps` is how far the price has fallen, 0 where that is not its point."""

    reason: ExitReason
    slippage_bps: int
    detail: str = ""
    drop_bps: int = 0


class Seen(Struct, frozen=True, kw_only=True, gc=False):
    """The market of one token now, and its highest values of the last `peak_window_s`."""

    price: float
    peak_price: float
    liquidity_lamports: int
    peak_liquidity_lamports: int


def market_trigger(
    rule: EmergencyRule,
    seen: Seen,
    *,
    average_cost: float = 0.0,
    creator_sells: bool = False,
    creator_sold_tokens: int = 0,
    supply: int = 0,
) -> Trigger | None:
    """The first trigger of the table that the market shows. `average_cost` 0: nothing is held."""
    return (
        creator_sell(rule, sells=creator_sells, sold_tokens=creator_sold_tokens, supply=supply)
        or liquidity_drop(rule, seen)
        or massive_dump(rule, seen, average_cost=average_cost)
    )


def creator_sell(rule: EmergencyRule, *, sells: bool, sold_tokens: int = 0, supply: int = 0) -> Trigger | None:
    """The creator (or a wallet it funded) sells while we hold, or has sold too much of the supply since launch."""
    if sells:
        return Trigger(ExitReason.CREATOR_SELL, rule.creator_sell_slippage_bps, "the creator sells")
    if supply > 0 and sold_tokens * BPS >= supply * rule.creator_sold_bps:
        detail = f"the creator has sold {sold_tokens / supply:.1%} of the supply"
        return Trigger(ExitReason.CREATOR_SELL, rule.creator_sell_slippage_bps, detail)
    return None


def liquidity_drop(rule: EmergencyRule, seen: Seen) -> Trigger | None:
    """Both liquidity and price well under their highest of the last minute: someone takes the money out."""
    if not _reaches(seen.price, seen.peak_price, rule.liquidity_price_drop_bps, at_least=True):
        return None
    if not _reaches(seen.liquidity_lamports, seen.peak_liquidity_lamports, rule.liquidity_drop_bps):
        return None
    deep = _reaches(seen.liquidity_lamports, seen.peak_liquidity_lamports, rule.liquidity_deep_bps)
    slippage_bps = rule.liquidity_deep_slippage_bps if deep else rule.liquidity_drop_slippage_bps
    lost = 1 - seen.liquidity_lamports / seen.peak_liquidity_lamports
    drop_bps = _drop_bps(seen.price, seen.peak_price)
    return Trigger(ExitReason.LIQUIDITY_DROP, slippage_bps, f"{lost:.0%} of the liquidity is gone", drop_bps)


def massive_dump(rule: EmergencyRule, seen: Seen, *, average_cost: float = 0.0) -> Trigger | None:
    """The price far under what we paid or under its highest of the last minute."""
    reference = max(average_cost, seen.peak_price)
    if not _reaches(seen.price, reference, rule.dump_bps):
        return None
    deep = _reaches(seen.price, reference, rule.dump_deep_bps)
    slippage_bps = rule.dump_deep_slippage_bps if deep else rule.dump_slippage_bps
    drop_bps = _drop_bps(seen.price, reference)
    return Trigger(ExitReason.MASSIVE_DUMP, slippage_bps, f"the price fell by {drop_bps / BPS:.0%}", drop_bps)


def time_exceeded(rule: EmergencyRule, life: LifeRule, held_s: float) -> Trigger | None:
    if held_s < life.max_s:
        return None
    return Trigger(ExitReason.TIME_EXCEEDED, rule.time_exceeded_slippage_bps, f"held for {held_s / 60:.1f} min")


def congestion(
    rule: EmergencyRule, *, priority_lamports: int = 0, median_lamports: float | None = None, unlanded: int = 0
) -> Trigger | None:
    """Fees far over their median of the last hour, or own transactions that do not land. 0 and None mean unknown."""
    if unlanded >= rule.congestion_unlanded:
        detail = f"{unlanded} transactions in a row did not land"
    elif median_lamports and priority_lamports >= rule.congestion_factor * median_lamports:
        detail = f"priority fees are {priority_lamports / median_lamports:.1f} times their median"
    else:
        return None
    return Trigger(ExitReason.NETWORK_CONGESTION, rule.congestion_slippage_bps, detail)


def silence(rule: EmergencyRule, silent_s: float) -> Trigger | None:
    """The feed has shown nothing for so long that what we hold cannot be watched any more."""
    if silent_s <= rule.silence_panic_s:
        return None
    return Trigger(
        ExitReason.NETWORK_CONGESTION, rule.congestion_slippage_bps, f"the feed is silent for {silent_s:.0f} s"
    )


def raised(rule: EmergencyRule, reason: ExitReason, detail: str = "") -> Trigger:
    """A trigger that someone else decided on, with the slippage that its kind has at least."""
    slippages = {
        ExitReason.CREATOR_SELL: rule.creator_sell_slippage_bps,
        ExitReason.LIQUIDITY_DROP: rule.liquidity_drop_slippage_bps,
        ExitReason.TIME_EXCEEDED: rule.time_exceeded_slippage_bps,
        ExitReason.MASSIVE_DUMP: rule.dump_slippage_bps,
        ExitReason.HONEYPOT: rule.honeypot_slippage_bps,
        ExitReason.NETWORK_CONGESTION: rule.congestion_slippage_bps,
        ExitReason.RISK_LIMIT: rule.risk_limit_slippage_bps,
    }
    return Trigger(reason, slippages.get(reason, rule.operator_slippage_bps), detail)


def is_late(rule: EmergencyRule, *, decided_at_s: float, now_s: float) -> bool:
    """Whether the time for the trigger's own slippage is over."""
    return now_s >= decided_at_s + rule.limit_s


def _reaches(value: float, highest: float, drop_bps: int, *, at_least: bool = False) -> bool:
    """Whether `value` lies more than `drop_bps` (or at least so much) under `highest`."""
    fallen, limit = (highest - value) * BPS, highest * drop_bps
    return fallen >= limit > 0 if at_least else fallen > limit > 0


def _drop_bps(value: float, highest: float) -> int:
    return int((1 - value / highest) * BPS) if highest > 0 else 0
