"""All checks in order, each one verdict with one line that says what was found, and how to mend what is not right."""

from collections.abc import Sequence
from pathlib import Path

import gevent

from actors.adapters.environment import FILE, foreign, passphrase_file
from actors.adapters.keys.vault import Vault
from actors.adapters.pool import call
from commands.doctor import books, chain, machine, trial
from commands.keys import vault_of
from commands.nodes import node_urls
from core.rules.verdict import Outcome, Verdict
from core.settings import Settings, changed


def examined(settings: Settings, settings_file: str | None) -> tuple[Verdict, ...]:
    """Reads files of the state directory, writes one for a moment, asks the nodes. Raises nothing that it looks for.

    May be asked while trading goes on: what reads or waits for the disk does so in a native thread.
    """
    file = Path(settings_file) if settings_file else None
    urls, ws_url = node_urls(settings_file), foreign("SOLANA_WS_URL", file=file)
    vault = vault_of(settings)
    here = call(gevent.get_hub().threadpool, _on_this_machine, settings, file, vault, urls)
    asked = chain.nodes(settings, urls)
    canary = trial.canary(settings, vault, urls) if all(one.ok for one in asked) else trial.UNASKED
    return (_settings(settings), *here, *asked, chain.socket(settings, ws_url), canary)


def _on_this_machine(settings: Settings, file: Path | None, vault: Vault, urls: Sequence[str]) -> tuple[Verdict, ...]:
    directory = Path(settings.runtime.state_dir)
    return (
        machine.modes(directory, passphrase_file(file=file), file or Path(FILE)),
        machine.state(directory),
        machine.space(settings.doctor, directory),
        machine.fsync(settings.doctor, directory),
        books.journal(directory),
        books.keystore(vault, settings, urls),
    )


def is_healthy(verdicts: Sequence[Verdict], *, live: bool) -> bool:
    """Nothing fails; in `live` nothing is unknown either, but for the canary: the gate asks again and waits for it."""
    return all(
        one.ok or (one.outcome is Outcome.UNKNOWN and (not live or one.criterion == trial.NAME)) for one in verdicts
    )


def _settings(settings: Settings) -> Verdict:
    names = changed(Settings(), settings)
    return Verdict.passed(
        "settings", f"{len(names)} differ from their defaults" + (f": {', '.join(names)}" if names else "")
    )
