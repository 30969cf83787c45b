"""How much an entry and a re-entry may spend, and what must stay behind to get out again (rules.md §1).

Money is lamports. What the books know is read from them: balances, reservations, accumulators that exist.
"""

from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct

from core.chain.rent import (
    TOKEN_ACCOUNT_LAMPORTS,
    VOLUME_ACCUMULATOR_LAMPORTS,
    WALLET_LAMPORTS,
    token_account_lamports,
)
from core.rules.capital import usd_of
from core.rules.share import exact, whole_part
from core.rules.verdict import Verdict
from core.types import Purpose, Role, Venue

if TYPE_CHECKING:
    from core.ledger.books import Books, Operation

# Looked up once: every candidate is priced every second.
_LIGHTNING, _ENTRY, _POOL = Role.LIGHTNING, Purpose.ENTRY, Venue.POOL


class StakeRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    share: float = 0.8
    """Of lightning's balance and the cost of open entries together, for all room."""
    reentry_share: float = 0.3
    """Of the re-entry wallet's balance at the operation's start, for each re-entry."""
    reserve_fees: int = 4
    minimum_usd: float = 1.5
    """A smaller stake is not worth its costs: `undercapitalised`. Does not scale with capital."""


@lru_cache(maxsize=1_024)
def accumulator(role: Role, generation: int, venue: Venue) -> str:
    """The name under which the books remember a wallet's volume accumulator."""
    return f"{role}.{generation}.{venue}"


def buy_rents_lamports(books: "Books", role: Role, venue: Venue, *, token_2022: bool, holds: bool = False) -> int:
    """Rents that a buy must have at hand: what it creates, and on a pool the wrapped SOL that it closes again.

    `holds`: the wallet holds the token already, so its account exists.
    """
    rents = 0 if holds else token_account_lamports(token_2022=token_2022)
    if accumulator(role, books.generation, venue) not in books.accumulators:
        rents += VOLUME_ACCUMULATOR_LAMPORTS
    return rents + TOKEN_ACCOUNT_LAMPORTS if venue is _POOL else rents


def exit_rents_lamports(books: "Books", role: Role, venue: Venue) -> int:
    """Rents that a later exit on PumpSwap must have at hand beyond those of the buy on `venue`."""
    if venue is _POOL:
        return 0  # the buy's own: its wrapped SOL and the accumulator are there again for the exit
    missing = accumulator(role, books.generation, _POOL) not in books.accumulators
    return TOKEN_ACCOUNT_LAMPORTS + (VOLUME_ACCUMULATOR_LAMPORTS if missing else 0)


def reserve_lamports(
    rule: StakeRule,
    books: "Books",
    role: Role,
    venue: Venue,
    *,
    token_2022: bool,
    fee_lamports: int,
    holds: bool = False,
) -> int:
    """What a stake leaves in its wallet. `fee_lamports` of one transaction at the present entry priority."""
    rents = buy_rents_lamports(books, role, venue, token_2022=token_2022, holds=holds)
    rents += exit_rents_lamports(books, role, venue)
    return rents + WALLET_LAMPORTS + rule.reserve_fees * fee_lamports


def open_entries_lamports(books: "Books") -> int:
    """What open entries cost, those on their way included."""
    orders, operations = books.orders, books.operations
    pending = sum(o.order.lamports for o in orders.values() if o.order.purpose is _ENTRY) if orders else 0
    return pending + (sum(operation.entry_lamports for operation in operations.values()) if operations else 0)


def entry_share_lamports(rule: StakeRule, books: "Books", *, room: int) -> int:
    """One entry's part of lightning's capital, before what must stay behind. `room`: open positions at a time."""
    return _entry_share(rule, books, free_lamports(books, _LIGHTNING), room=room)


def _entry_share(rule: StakeRule, books: "Books", free: int, *, room: int) -> int:
    """`free`: lightning's, read once, because every candidate is priced every second."""
    total = _confirmed(books, _LIGHTNING, free + open_entries_lamports(books))
    return whole_part(total, rule.share, among=room)


def entry_lamports(
    rule: StakeRule, books: "Books", venue: Venue, *, room: int, token_2022: bool, fee_lamports: int
) -> int:
    """The stake of an entry: min(80 % of (lightning + cost of open entries) ÷ room, lightning − reserve), ≥ 0."""
    reserve = reserve_lamports(rule, books, _LIGHTNING, venue, token_2022=token_2022, fee_lamports=fee_lamports)
    free = free_lamports(books, _LIGHTNING)
    return max(min(_entry_share(rule, books, free, room=room), free - reserve), 0)


def reentry_share_lamports(rule: StakeRule, operation: "Operation") -> int:
    """The most that one re-entry of this operation spends."""
    return whole_part(operation.reentry_start_lamports, rule.reentry_share)


def reentry_lamports(
    rule: StakeRule, books: "Books", operation: "Operation", venue: Venue, *, fee_lamports: int
) -> int:
    """The stake of a re-entry: min(30 % of the wallet's balance at the operation's start, balance − reserve)."""
    reserve = reserve_lamports(
        rule,
        books,
        Role.REENTRY,
        venue,
        token_2022=operation.token_2022,
        fee_lamports=fee_lamports,
        holds=Role.REENTRY in operation.holdings,
    )
    share = min(
        reentry_share_lamports(rule, operation),
        whole_part(_confirmed(books, Role.REENTRY, operation.reentry_start_lamports), rule.reentry_share),
    )
    return max(min(share, free_lamports(books, Role.REENTRY) - reserve), 0)


def _confirmed(books: "Books", role: Role, lamports: int) -> int:
    """What of the wallet may be spent: where the operator confirmed a capital, no more than the role's part of it."""
    return min(lamports, books.start_lamports.get(role, 0)) if books.cap_lamports else lamports


def free_lamports(books: "Books", role: Role) -> int:
    """The role's balance without what unsettled orders may still take."""
    return books.balance(role) - books.reserved(role)


def capital_verdict(rule: StakeRule, *, stake_lamports: int, sol_usd: float | None) -> Verdict:
    """Fail a stake that is too small: state `undercapitalised`."""
    if sol_usd is None:
        return Verdict.unknown("undercapitalised", "no price of SOL to value the stake by")
    if stake_lamports * exact(sol_usd) < exact(rule.minimum_usd) * 10**9:
        usd = usd_of(stake_lamports, sol_usd)
        return Verdict.failed("undercapitalised", f"a stake of ${usd:.2f} is under ${rule.minimum_usd:.2f}")
    return Verdict.passed("undercapitalised")
