"""The five commandments as a person reads them: the rule, how it stands, since when, and what changes next."""

from collections.abc import Mapping

from msgspec import Struct

from core.effects import Now
from core.rules import life_limit, psychology, reincarnation
from core.types import LAMPORTS_PER_SOL, Role

SETTLE_WITHIN_S = 600.0
"""A closed operation that is not taxed by then is a breach, not a moment's delay. Our own figure."""
LANDING_S = 90.0
"""An entry admitted before a pause may fill this much later: deadline and a signature's life."""


class Compliance(Struct, frozen=True, kw_only=True):
    """Whether a commandment is kept, and since when it is as it is."""

    compliant: bool
    detail: str
    since_at_s: float


class CommandmentView(Struct, frozen=True, kw_only=True):
    """One of the five for `/commandments`. `entries_open`: it lets entries pass now."""

    number: int
    name: str
    rule: str
    state: str
    entries_open: bool
    compliant: bool
    since_at_s: float
    violations: int
    next_change_at_s: float | None


def compliance_of(now: Now) -> dict[int, Compliance]:
    """Whether each commandment is kept now."""
    broken = {1: _life(now), 2: _reincarnation(now), 3: _militia(now), 4: _psychology(now), 5: ""}
    return {n: Compliance(compliant=not why, detail=why, since_at_s=now.at_s) for n, why in broken.items()}


def _life(now: Now) -> str:
    late = [
        operation.id
        for operation in now.books.operations.values()
        if now.at_s >= life_limit.violation_s(now.settings.life, operation.opened_at_s)
    ]
    return f"open past the life limit: {', '.join(late)}" if late else ""


def _reincarnation(now: Now) -> str:
    used, allowed = now.books.used_in_generation, now.settings.reincarnation.operations
    return f"{used} operations on wallets that serve {allowed}" if used > allowed else ""


def _militia(now: Now) -> str:
    until_s = now.books.militia.paused_until_s
    began_s = until_s - now.books.militia_rule.pause_s
    early = [op.id for op in now.books.operations.values() if began_s + LANDING_S < op.opened_at_s < until_s]
    return f"begun in the pause: {', '.join(early)}" if early else ""


def _psychology(now: Now) -> str:
    overdue = [op.id for op in now.books.unsettled() if now.at_s > op.closed_at_s + SETTLE_WITHIN_S]
    return f"not taxed: {', '.join(overdue)}" if overdue else ""


def commandment_views(
    kept: Mapping[int, Compliance], entries_open: Mapping[str, bool], now: Now
) -> tuple[CommandmentView, ...]:
    """The five in order. `entries_open` by criterion: whether its verdict lets entries pass now."""
    described = (_life_view(now), _reincarnation_view(now), _militia_view(now), _psychology_view(now), _field_view(now))
    return tuple(
        CommandmentView(
            number=number,
            name=name,
            rule=rule,
            state=state,
            entries_open=entries_open.get(name, True),
            compliant=kept[number].compliant,
            since_at_s=kept[number].since_at_s,
            violations=now.books.violations.get(number, 0),
            next_change_at_s=next_s,
        )
        for number, (name, rule, state, next_s) in enumerate(described, 1)
    )


Described = tuple[str, str, str, float | None]
"""Criterion, rule, state, and when it changes next in market time (None: not by itself)."""


def _life_view(now: Now) -> Described:
    rule = now.settings.life
    text = f"flat at most {rule.max_s / 60:g} min after the first fill"
    if rule.min_interval_s:
        text += f", {rule.min_interval_s / 60:g} min between operations"
    opened = [operation.opened_at_s for operation in now.books.operations.values()]
    if not opened:
        return "life", text, "nothing is open", None
    expires_s = life_limit.expires_s(rule, min(opened))
    state = f"{len(opened)} open, the oldest for {(now.at_s - min(opened)) / 60:.1f} min"
    return "life", text, state, expires_s


def _reincarnation_view(now: Now) -> Described:
    rule, books = now.settings.reincarnation, now.books
    text = (
        f"wallets serve {rule.operations} operations, then reincarnate; {rule.min_between_s / 60:g} min apart at least"
    )
    if books.rotation is not None:
        swept = f"{len(books.rotation.swept)} of {len(Role)} wallets swept"
        return "reincarnation", text, f"rotating to generation {books.rotation.to_generation}, {swept}", None
    state = f"generation {books.generation}, {books.used_in_generation} of {rule.operations} operations used"
    earliest_s = reincarnation.earliest_s(rule, rotated_at_s=books.rotated_at_s)
    waits = books.used_in_generation >= rule.operations and earliest_s > now.at_s
    return "reincarnation", text, state, earliest_s if waits else None


def _militia_view(now: Now) -> Described:
    rule, militia = now.books.militia_rule, now.books.militia
    text = f"{rule.losses_in_a_row} losses in a row stop entries for {rule.pause_s / 60:g} min"
    if now.at_s < militia.paused_until_s:
        return "militia", text, "paused", militia.paused_until_s
    return "militia", text, f"{militia.streak} losses in a row", None


def _psychology_view(now: Now) -> Described:
    rule, books = now.settings.psychology, now.books
    floor = psychology.floor_lamports(rule, books.start_lamports.get(Role.PSYCHOLOGY, 0))
    text = (
        f"{rule.tax_share:.0%} of every profit is put away before the next entry; the fund keeps {rule.floor_share:.0%}"
    )
    fund_sol, floor_sol = books.balance(Role.PSYCHOLOGY) / LAMPORTS_PER_SOL, floor / LAMPORTS_PER_SOL
    state = f"fund {fund_sol:.6f} SOL, floor {floor_sol:.6f} SOL, profits to be taxed: {len(books.unsettled())}"
    return "psychology", text, state, None


def _field_view(now: Now) -> Described:
    rule = now.settings.battlefield
    text = (
        f"liquidity ${rule.liquidity_min_usd:,.0f} to ${rule.liquidity_max_usd:,.0f}, "
        f"holders {rule.holders_min} to {rule.holders_max}"
    )
    judged = now.settings.entry.column.battlefield_judged
    return "battlefield", text, "every entry is judged" if judged else "not judged: recorded profile", None
