"""Fold the journal and check the books: every record balances, every tax is exact, book equals chain.

Exit code 0 when everything agrees, 1 when something does not, 2 when there is nothing to audit.
"""

import argparse
from pathlib import Path

from msgspec.structs import replace

from actors.adapters.journal_store import JournalStore
from actors.adapters.paper_store import PaperStore
from actors.adapters.state_directory import StateDirectory
from commands.live.accounts import live_chain
from commands.options import settings_of
from core.errors import NeedsReconcile, Refused
from core.ledger.audit import Audit, ChainState, Finding, audit
from core.ledger.books import Books
from core.ledger.fold import fold
from core.market.paper.chain import accounts_of, holdings_of
from core.settings import Settings
from core.types import Role

DISAGREES = 1
LIVE = "live"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--state", metavar="DIR", help="state directory (MICRO_STATE_DIR)")


def run(options: argparse.Namespace) -> int:
    settings = settings_of(options, MICRO_STATE_DIR=options.state)
    path = Path(settings.runtime.state_dir)
    if not (path / "journal.db").exists():
        raise Refused(f"{path} holds no journal; name the state directory with --state or MICRO_STATE_DIR")
    state = StateDirectory(path)
    state.lock()
    try:
        result = audited(state, settings, options.settings_file)
    finally:
        state.unlock()
    for line in lines(result):
        print(line)
    return 0 if result.ok else DISAGREES


def audited(state: StateDirectory, settings: Settings | None = None, settings_file: str | None = None) -> Audit:
    """The audit of a state directory that this process has locked. A live journal is compared with the nodes that the
    settings name. Raises Refused where none is, or the list of addresses is gone; RpcError where none answers."""
    settings = settings if settings is not None else Settings()
    store = JournalStore(state.journal)
    entries = list(store.entries())
    store.close()
    try:
        books = fold(entries)
        chain = live_chain(settings, settings_file, books) if books.mode == LIVE else _paper_chain(state, books)
    except (NeedsReconcile, KeyError):
        chain = None  # without books there is nothing to compare; the audit names the entry that does not fit
    result = audit(entries, chain)
    return replace(result, findings=(Finding("journal", store.damage), *result.findings)) if store.damage else result


def _paper_chain(state: StateDirectory, books: Books) -> ChainState:
    store = PaperStore(state.path)
    try:
        chain = store.load().chain
        settlements = {one.signature: store.settlement(one.signature) for one in books.orders.values() if one.signature}
    finally:
        store.close()
    landed = {signature: settlement for signature, settlement in settlements.items() if settlement is not None}
    return ChainState(accounts=accounts_of(chain), holdings=holdings_of(chain), landed=landed)


def lines(result: Audit) -> list[str]:
    """What a person reads."""
    books = result.books
    report = [f"{result.entries} entries, {len(books.closed)} operations closed, {len(books.operations)} open"]
    report += [f"wallet {role}: {books.balance(role)} lamports" for role in Role]
    report.append(f"psychology received {sum(op.tax_lamports for op in books.closed)} lamports of tax")
    report += [f"WRONG {finding.where}: {finding.what}" for finding in result.findings]
    report.append(
        f"The books are right: they balance and equal the {'chain' if books.mode == LIVE else 'paper chain'}."
        if result.ok
        else "The books are wrong."
    )
    return report
