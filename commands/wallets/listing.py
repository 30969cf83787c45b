"""Show the five wallets: their addresses, and what the books say they hold. Needs no passphrase.

--verify opens the keystore and compares; where a node is configured it also looks for the newest generation in use.
"""

import argparse
import json
from pathlib import Path

from actors.adapters import journal_reading
from actors.adapters.keys.addresses import Addresses
from commands.keys import asked_passphrase, vault_of
from commands.nodes import scan
from commands.options import settings_of
from core.errors import NeedsReconcile, Refused
from core.ledger.books import Books
from core.ledger.fold import fold
from core.types import LAMPORTS_PER_SOL, Role


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--all", action="store_true", help="every generation so far, not only the present one")
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument("--verify", action="store_true", help="open the keystore and compare the addresses with it")


def run(options: argparse.Namespace) -> int:
    settings = settings_of(options, MICRO_STATE_DIR=options.state)
    vault = vault_of(settings)
    if options.verify:
        signer = vault.open(asked_passphrase(options.settings_file))
        newest = scan(settings, options.settings_file)
        if newest is not None:
            vault.keep(signer, newest(signer))
    kept = vault.addresses()
    books = _books(Path(settings.runtime.state_dir) / "journal.db")
    present = max(kept.generation, books.generation if books is not None else 0)
    generations = range(present + 1) if options.all else (present,)
    if options.json:
        print(json.dumps([_generation(kept, number, books) for number in generations], indent=1))
        return 0
    for number in generations:
        print(f"Generation {number}" + (" (present)" if number == present else ""))
        for role, address in kept.of(number).items():
            print(f"  {role:<14} {address}{_held(books, role) if number == present else ''}")
    if not options.verify:
        print("From the list beside the keystore; before you send money there, compare: wallets show --verify")
    return 0


def _books(path: Path) -> Books | None:
    """None without a journal, or with one that cannot be trusted: `doctor` says why."""
    try:
        return fold(journal_reading.read(path).entries)
    except (Refused, NeedsReconcile, KeyError):
        return None


def _held(books: Books | None, role: Role) -> str:
    if books is None or books.seq == 0:
        return ""
    return f"  {books.balance(role) / LAMPORTS_PER_SOL:.9f} SOL by the books ({books.mode})"


def _generation(kept: Addresses, number: int, books: Books | None) -> dict[str, object]:
    is_present = books is not None and books.generation == number and books.seq > 0
    return {
        "generation": number,
        "wallets": {
            str(role): {
                "address": address,
                "balance_lamports": books.balance(role) if is_present and books is not None else None,
            }
            for role, address in kept.of(number).items()
        },
    }
