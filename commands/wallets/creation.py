"""Make the keystore: 24 new words, shown once on this terminal; or restore it from its words or a backup.

--from-words reads the words without showing them (from standard input where that is no terminal); --from-backup takes
a file of export-backup. Where a node is configured, a restored keystore looks for the generations that were in use.
"""

import argparse
import sys
from getpass import getpass
from pathlib import Path

from actors.adapters.keys import memory, sealed
from actors.adapters.keys.addresses import Addresses
from actors.adapters.keys.secret import Secret
from actors.adapters.keys.vault import Vault
from actors.adapters.state_directory import StateDirectory
from commands.keys import asked_passphrase, vault_of
from commands.nodes import scan
from commands.options import settings_of
from core.errors import Refused
from core.settings import Settings

CLEAR = "\033[2J\033[3J\033[H"
"""Screen and what was scrolled off it."""
WARNING = """The next screen shows 24 words, once. They are the wallets: whoever reads them has the money, and without
them a forgotten passphrase or a lost disk is the loss of all of it. Have paper ready, and nobody behind you."""


def arguments(parser: argparse.ArgumentParser) -> None:
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--from-words", action="store_true", help="restore from the 24 words")
    source.add_argument("--from-backup", metavar="FILE", help="restore from a file of export-backup")
    source.add_argument(
        "--print-words",
        action="store_true",
        help="write the new words to standard output, whatever that is: a pipe and a log keep them",
    )


def run(options: argparse.Namespace) -> int:
    settings = settings_of(options, MICRO_STATE_DIR=options.state)
    is_new = not (options.from_words or options.from_backup)
    if is_new and not options.print_words and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Refused(
            "the 24 words are shown once on a terminal, and this is none; start it in one, "
            "or let --print-words write them to standard output"
        )
    vault = vault_of(settings)
    vault.check_new()
    if options.from_backup and not Path(options.from_backup).exists():
        raise Refused(f"there is no backup {options.from_backup}")
    memory.seal()
    state = StateDirectory(Path(settings.runtime.state_dir))
    state.lock()
    try:
        listed = _made(options, settings, vault)
    finally:
        state.unlock()
    _tell(vault, listed)
    if not is_new and scan(settings, options.settings_file) is None:
        print("No node was asked which generation is in use: set SOLANA_RPC_URL, then run `wallets show --verify`")
    return 0


def _made(options: argparse.Namespace, settings: Settings, vault: Vault) -> Addresses:
    newest = scan(settings, options.settings_file)
    if options.from_backup:
        return vault.adopt(Path(options.from_backup), asked_passphrase(options.settings_file), newest)
    if options.from_words:
        words = sealed.checked_words(_given_words())
        return vault.create(words, asked_passphrase(options.settings_file, twice=True), settings.keystore.cost, newest)
    passphrase = asked_passphrase(options.settings_file, twice=True)
    if not options.print_words:
        _confirm()
    words = sealed.new_words()
    listed = vault.create(words, passphrase, settings.keystore.cost)
    _show(words, in_passing=options.print_words)
    return listed


def _given_words() -> Secret:
    if sys.stdin.isatty():
        return Secret(getpass("The 24 words, not shown as you type: "))
    return Secret(sys.stdin.read(4096))


def _confirm() -> None:
    print(WARNING)
    if input("Type yes to see them: ").strip().lower() != "yes":
        raise Refused("not confirmed; nothing was made")


def _show(words: Secret, *, in_passing: bool) -> None:
    if in_passing:
        print(words.reveal())
        return
    print(CLEAR + _numbered(words))
    input("Written down? Enter clears the screen. ")
    print(CLEAR, end="")


def _numbered(words: Secret) -> str:
    several = [f"{number:>2} {word}" for number, word in enumerate(words.reveal().split(), 1)]
    return "\n".join("   ".join(f"{one:<12}" for one in several[row::6]) for row in range(6))


def _tell(vault: Vault, listed: Addresses) -> None:
    print(
        f"Keystore {vault.path}, generation {listed.generation}, encrypted; "
        "copy it elsewhere with `wallets export-backup FILE`"
    )
    for role, address in listed.of(listed.generation).items():
        print(f"  {role:<14} {address}")
    print("Next: docs/going-live.md")
