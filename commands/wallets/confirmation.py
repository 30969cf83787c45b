"""Confirm MICRO_COLD_ADDRESS of the settings file by typing it once: from then on lamports may leave to it.

It is written into the journal, so the process must not run, and the journal must have begun.
"""

import argparse
import sys
from pathlib import Path
from time import time

from actors.adapters.keys.vault import Vault
from actors.adapters.state_directory import StateDirectory
from commands.journal import Journal
from commands.keys import vault_of
from commands.options import settings_of
from core.errors import Refused
from core.records import ColdAddressConfirmed
from core.settings import Settings


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = __doc__


def run(options: argparse.Namespace) -> int:
    settings = settings_of(options, MICRO_STATE_DIR=options.state)
    cold = destination(settings, vault_of(settings))
    path = Path(settings.runtime.state_dir)
    if not (path / "journal.db").exists():
        raise Refused(
            f"{path} holds no journal yet; start once, then confirm (a sweep without a journal asks by itself)"
        )
    state = StateDirectory(path)
    state.lock()
    try:
        journal = Journal(state.journal)
        if journal.books.cold_address == cold:
            print(f"{cold} is confirmed already.")
            return 0
        typed(cold)
        at_s = max(journal.books.at_s, time()) if journal.books.mode == "live" else journal.books.at_s
        store, _ = journal.take()
        store.append([ColdAddressConfirmed(at_s=at_s, address=cold)], durable=True).get()
        store.close()
    finally:
        state.unlock()
    print(f"Confirmed: {cold}")
    return 0


def destination(settings: Settings, vault: Vault) -> str:
    """Where the settings file lets money leave to. Raises Refused where that is nowhere, or one of our own wallets."""
    cold = settings.runtime.cold_address
    if not cold:
        raise Refused("MICRO_COLD_ADDRESS is not set; write it into the settings file, nowhere else is it taken from")
    if vault.exists() and any(cold in generation for generation in vault.addresses().wallets):
        raise Refused(f"MICRO_COLD_ADDRESS={cold} is one of our own wallets; name one that this machine has no key of")
    return cold


def typed(cold: str) -> None:
    """Let a person at a terminal type the address. Raises Refused when it is another, or nobody is there."""
    if not sys.stdin.isatty():
        raise Refused(f"MICRO_COLD_ADDRESS={cold} is not confirmed; a person must type it once, in a terminal")
    print(f"The settings file names {cold}. What goes there is out of reach of this program.")
    if input("Type the address from your own notes to confirm it: ").strip() != cold:
        raise Refused("that is another address than the settings file's; nothing was changed")
