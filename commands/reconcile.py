"""Do the journal and the paper chain of a state directory belong together? Asked before anything starts."""

from collections.abc import Callable
from pathlib import Path

from actors.adapters.state_directory import StateDirectory
from commands.house import House
from commands.journal import Journal
from core.errors import Refused
from core.ledger.audit import ChainState, differences
from core.ledger.books import Books
from core.market.paper.chain import PaperChain, accounts_of, holdings_of
from core.messages import PauseEntries, RaiseAlert, Settlement

SHOWN = 5
"""Differences named in the warning; `audit` names all."""


NO_JOURNAL = "{} holds a paper chain without its journal; restore it, or choose another MICRO_STATE_DIR"
NO_CHAIN = "{} holds a journal without its paper.db; restore it, or choose another MICRO_STATE_DIR"


def opened_journal(state: StateDirectory) -> Journal:
    """The journal of this directory. Raises Refused, having made nothing, where it or its paper chain was moved away:
    with a new one beside the old they would never agree again."""
    chain = state.path / "paper.db"
    if chain.exists() and not state.journal.exists():
        raise Refused(NO_JOURNAL.format(state.path))
    journal = Journal(state.journal)
    if journal.books.seq and not chain.exists():
        raise Refused(NO_CHAIN.format(state.path))
    return journal


def check_pair(path: Path, books: Books, chain: PaperChain) -> None:
    """Raises Refused where one of the two was emptied."""
    if chain.settled and not books.seq:
        raise Refused(NO_JOURNAL.format(path))
    if not chain.settled and books.wallet_lamports() != books.capital_lamports():
        raise Refused(NO_CHAIN.format(path))


def hold_entries(house: House, why: str) -> None:
    """Alert, and let nothing be entered until the operator resumes; exits go on."""
    alert = RaiseAlert(key="books_differ", severity="critical", text=why, at_s=house.system.clock.now_s)
    house.system.directory.tell("notifier", alert)
    if not house.services.books().paused:
        house.system.directory.tell("commandments", PauseEntries(by="start", why="books and chain differ"))


def warning(books: Books, chain: PaperChain, status: Callable[[str], Settlement | None]) -> str:
    """Where books and chain differ, with what landed and is not booked yet taken as booked; empty when they agree.

    `status` gives what a signature did. They differ after the end of a journal was lost: the chain remembers more.
    """
    if not books.seq:
        return ""
    landed = {o.signature: done for o in books.orders.values() if o.signature and (done := status(o.signature))}
    state = ChainState(accounts=accounts_of(chain), holdings=holdings_of(chain), landed=landed)
    found = [f"{finding.where}: {finding.what}" for finding in differences(books, state)]
    if not found:
        return ""
    named = "; ".join(found[:SHOWN]) + (f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else "")
    return f"The books and the paper chain differ, so entries are paused until you resume: {named}"
