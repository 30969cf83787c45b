"""The keystore: make or restore it, look at its wallets, have them rotated, swept, and backed up.

init makes 24 words, shown once; show needs no passphrase; rotate asks the running process; confirm-cold takes
MICRO_COLD_ADDRESS as where money may leave to, and sweep sends everything there; export-backup copies the encrypted
file. The passphrase comes from the file that MICRO_PASSPHRASE_FILE names, from MICRO_PASSPHRASE, or from a prompt:
never from the command line.
"""

import argparse

from commands.wallets import backup, confirmation, creation, listing, rotation, sweep


def arguments(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(dest="wallets_command", metavar="COMMAND", required=True)
    for module, name in (
        (creation, "init"),
        (listing, "show"),
        (rotation, "rotate"),
        (confirmation, "confirm-cold"),
        (sweep, "sweep"),
        (backup, "export-backup"),
    ):
        about = (module.__doc__ or "").splitlines()[0]
        sub = commands.add_parser(name, help=about, description=module.__doc__)
        # Also after the inner command, under names of their own: argparse would wipe out what stands before it.
        sub.add_argument("--set", action="append", default=[], dest="inner_set", metavar="NAME=VALUE")
        sub.add_argument("--settings-file", dest="inner_settings_file", metavar="FILE")
        sub.add_argument("--state", default=None, metavar="DIR", help="state directory (MICRO_STATE_DIR)")
        module.arguments(sub)
        sub.set_defaults(run_wallets=module.run)


def run(options: argparse.Namespace) -> int:
    options.set = [*options.set, *options.inner_set]
    options.settings_file = options.inner_settings_file or options.settings_file
    code: int = options.run_wallets(options)
    return code
