"""Emergencies: what fires them, what fired last, and the circuit breaker."""

from collections.abc import Iterable

import msgspec

from core.records import Entry
from core.rules.emergency import EmergencyRule, raised
from core.types import EMERGENCIES, ExitReason
from monitor.views.ledger import shown as entry_shown
from monitor.views.operations import Shown
from monitor.views.plain import iso, plain
from monitor.views.sight import Sight

THRESHOLDS = {
    ExitReason.CREATOR_SELL: ("creator_sold_bps",),
    ExitReason.LIQUIDITY_DROP: (
        "liquidity_drop_bps",
        "liquidity_price_drop_bps",
        "liquidity_deep_bps",
        "liquidity_deep_slippage_bps",
        "peak_window_s",
    ),
    ExitReason.TIME_EXCEEDED: (),
    ExitReason.MASSIVE_DUMP: ("dump_bps", "dump_deep_bps", "dump_deep_slippage_bps", "peak_window_s"),
    ExitReason.HONEYPOT: ("honeypot_confidence",),
    ExitReason.NETWORK_CONGESTION: (
        "congestion_factor",
        "congestion_median_s",
        "congestion_history_s",
        "congestion_unlanded",
    ),
    ExitReason.RISK_LIMIT: (),
    ExitReason.OPERATOR: (),
}
"""Figures of `EmergencyRule` that decide whether and how each trigger fires, beside its slippage."""


def shown(sight: Sight, last: Iterable[Entry]) -> Shown:
    """`last`: the newest emergencies of the journal, newest first."""
    settings = sight.settings
    return {
        "breaker": breaker(sight),
        "triggers": [_trigger(settings.emergency, trigger, sight) for trigger in ExitReason if trigger in EMERGENCIES],
        "limit_s": settings.emergency.limit_s,
        "fallback_slippage_bps": settings.emergency.fallback_slippage_bps,
        "last": [entry_shown(entry) for entry in last],
        "panicking": [
            {"id": op.id, "mint": op.mint, "trigger": op.panic.value, "at": iso(op.panic_at_s)}
            for op in sight.books.operations.values()
            if op.panic
        ],
        "flagged_tokens": len(sight.books.flagged),
    }


def breaker(sight: Sight) -> Shown:
    gate = sight.gate
    is_open = gate.breaker_until_s > sight.at_s
    return {
        "open": is_open,
        "until": iso(gate.breaker_until_s) if is_open else None,
        "why": plain(gate.breaker_why) if is_open else None,
    }


def _trigger(rule: EmergencyRule, trigger: ExitReason, sight: Sight) -> Shown:
    figures = msgspec.structs.asdict(rule)
    thresholds: Shown = {name: figures[name] for name in THRESHOLDS[trigger]}
    if trigger is ExitReason.TIME_EXCEEDED:
        thresholds["held_s"] = sight.settings.life.max_s
    if trigger is ExitReason.RISK_LIMIT:
        thresholds["daily_loss_lamports"] = sight.gate.day_limit_lamports
    return {
        "trigger": trigger.value,
        "slippage_bps": raised(rule, trigger).slippage_bps,
        "thresholds": plain(thresholds),
    }
