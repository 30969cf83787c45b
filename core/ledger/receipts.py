"""Lamports that others sent us: what the chain holds above the books once nothing of ours explains it (rules.md §1).

They are booked to `external`, so that equity and drawdown do not take a stranger's dust for a gain.
"""

from collections.abc import Mapping

from core.ledger.books import Books
from core.ledger.postings import of_receipts
from core.records import ExternalReceived
from core.types import Role


def receipts(books: Books, chain: Mapping[Role, int]) -> dict[Role, int]:
    """What each wallet holds above the books. Nothing is said while an order is open: its outcome may be the reason.

    `chain`: balances of the wallets by role, all generations together, read after every landed order was booked.
    A wallet that holds less than its books is no receipt but a difference to reconcile.
    """
    if books.orders:
        return {}
    return {role: lamports - books.balance(role) for role, lamports in chain.items() if lamports > books.balance(role)}


def receipt_record(books: Books, chain: Mapping[Role, int], *, at_s: float) -> ExternalReceived | None:
    """The record that books them; None when there are none."""
    found = receipts(books, chain)
    return ExternalReceived(at_s=at_s, postings=of_receipts(found)) if found else None
