"""Double entry: the postings of a settlement. Every list sums to zero; `audit` checks it again for every record."""

from collections.abc import Iterable, Mapping

from core.messages import Order, Settlement
from core.records import Posting
from core.types import Purpose, Role

CHAIN_FEES = ("base", "priority", "tip")
"""Paid to land a transaction, also a failed one."""


def of_capital(split: dict[Role, int]) -> tuple[Posting, ...]:
    """Capital comes from outside into the five wallets."""
    total = sum(split.values())
    return (*(Posting(f"wallet:{role}", lamports) for role, lamports in split.items()), Posting("external", -total))


def of_settlement(order: Order, settlement: Settlement) -> tuple[Posting, ...]:
    """Where the lamports of a landed transaction went.

    A failed entry's fees go to `failed_entries`, those of the treasury's own transfers to `treasury` or `rotation`.
    Raises ValueError when the settlement does not add up: then book and chain differ and nothing may be booked.
    """
    lines = [Posting(f"wallet:{role}", change) for role, change in settlement.changes.items() if change]
    if order.purpose is Purpose.RECOVERY:
        return _of_recovery(lines, settlement)
    if settlement.quote_lamports:
        lines.append(Posting("pool", -settlement.quote_lamports))
    if settlement.rent_lamports:
        lines.append(Posting("rent", settlement.rent_lamports))
    if order.purpose is Purpose.COLD and not settlement.error:
        lines.append(Posting("cold", order.lamports))
    lines += _fee_lines(order, settlement)
    if total := balance_of(lines):
        raise ValueError(f"order {order.id}: the settlement of {settlement.signature} is off by {total} lamports")
    return tuple(lines)


def _of_recovery(wallets: list[Posting], settlement: Settlement) -> tuple[Posting, ...]:
    """A late sale: rent comes back from `rent_lost`, the rest is `recovered`, fees taken off; no operation's net."""
    gained = settlement.quote_lamports - sum(settlement.fees.values())
    returned = -settlement.rent_lamports
    if off := balance_of(wallets) - gained - returned:
        raise ValueError(f"the settlement of {settlement.signature} is off by {off} lamports")
    lines = (*wallets, Posting("rent_lost", -returned), Posting("recovered", -gained))
    return tuple(line for line in lines if line.lamports)


def of_receipts(receipts: Mapping[Role, int]) -> tuple[Posting, ...]:
    """What others sent us, by role: from `external`, whose negative is all that ever came from outside."""
    total = sum(receipts.values())
    return (*(Posting(f"wallet:{role}", lamports) for role, lamports in receipts.items()), Posting("external", -total))


def _fee_lines(order: Order, settlement: Settlement) -> list[Posting]:
    account = _cost_account(order, failed=bool(settlement.error))
    if account:
        total = sum(settlement.fees.values())
        return [Posting(account, total)] if total else []
    return [Posting(f"fee:{kind}", lamports) for kind, lamports in settlement.fees.items() if lamports]


def _cost_account(order: Order, *, failed: bool) -> str:
    """The account that bears all fees of the order, or empty where they are booked by kind."""
    if order.purpose is Purpose.ENTRY and failed:
        return "failed_entries"
    if order.purpose in (Purpose.TAX, Purpose.RESTORATION, Purpose.PROCEEDS, Purpose.COLD):
        return "treasury"
    if order.purpose is Purpose.ROTATION:
        return "rotation"
    return ""


def balance_of(postings: Iterable[Posting]) -> int:
    """What the postings sum to; zero when they balance."""
    return sum(posting.lamports for posting in postings)


def net_of(postings: Iterable[Posting]) -> int:
    """What an operation gained by these postings: our wallets and refundable rent, nothing else."""
    return sum(p.lamports for p in postings if p.account.startswith("wallet:") or p.account == "rent")
