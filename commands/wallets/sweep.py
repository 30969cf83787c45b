"""Send everything that the wallets hold, rent included, to MICRO_COLD_ADDRESS: the end of trading with this keystore.

The process must not run, nothing may be held or unresolved. Each wallet is one transaction, journaled before it is
sent where a live journal is here; run again after an interruption, it goes on with what is left.
"""

import argparse
from pathlib import Path

from actors.adapters.environment import addresses
from actors.adapters.rpc.lanes import SEND_SETTING
from actors.adapters.state_directory import StateDirectory
from commands.carrying import Ledger
from commands.journal import Journal
from commands.keys import opened, vault_of
from commands.nodes import client_of, node_urls, scan
from commands.options import settings_of
from commands.wallets.confirmation import destination, typed
from commands.wallets.emptying import Emptying
from core.errors import Refused
from core.ledger.books import Books
from core.types import LAMPORTS_PER_SOL, Role

LIVE = "live"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = __doc__


def run(options: argparse.Namespace) -> int:
    settings = settings_of(options, MICRO_STATE_DIR=options.state)
    vault = vault_of(settings)
    kept = vault.addresses()
    cold = destination(settings, vault)
    urls = node_urls(options.settings_file)
    if not urls:
        raise Refused("sweep needs SOLANA_RPC_URL, the address of a Solana node")
    state = StateDirectory(Path(settings.runtime.state_dir))
    state.lock()
    try:
        journal = Journal(state.journal) if state.journal.exists() else None
        books = journal.books if journal is not None else Books()
        is_live = books.mode == LIVE
        _check(books if is_live else Books())
        if not (is_live and books.cold_address == cold):
            typed(cold)
        newest = max(books.generation if is_live else 0, kept.generation)
        signer = opened(settings, options.settings_file, nodes=urls, generation=newest)
        state.claim(signer.address(0, Role.LIGHTNING))
        look = scan(settings, options.settings_file)
        newest = max(newest, look(signer) if look is not None else 0)
        client = client_of(settings, urls)
        ledger = Ledger(journal.take() if journal is not None and is_live else None)
        file = Path(options.settings_file) if options.settings_file else None
        emptying = Emptying(
            settings, client, signer, ledger, newest=newest, cold=cold, send_urls=addresses(SEND_SETTING, file=file)
        )
        try:
            sent = emptying.run()
        finally:
            ledger.close()
            client.close()
    finally:
        state.unlock()
    total = sum(sent)
    print(f"{total / LAMPORTS_PER_SOL:.9f} SOL in {len(sent)} transactions to {cold}. The wallets hold nothing more.")
    return 0


def _check(books: Books) -> None:
    """Raises Refused while something is held or under way."""
    if books.operations:
        held = ", ".join(one.symbol or one.mint for one in books.operations.values())
        raise Refused(f"still held: {held}; start live, which sells it at its end, or run exit-all")
    if any(one.signature and not one.order.sweep for one in books.orders.values()):
        raise Refused("an order is unresolved; start live once, it takes it up, then stop it and sweep")
