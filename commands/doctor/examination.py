"""All checks in order, each one verdict with one line that says what was found, and how to mend what is not right."""

from collections.abc import Sequence
from pathlib import Path

from actors.adapters.environment import FILE, foreign, passphrase_file
from commands.doctor import books, chain, machine, trial
from commands.keys import vault_of
from commands.nodes import node_urls
from core.rules.verdict import Outcome, Verdict
from core.settings import Settings, changed


def examined(settings: Settings, settings_file: str | None) -> tuple[Verdict, ...]:
    """Reads files of the state directory, writes one for a moment, asks the nodes. Raises nothing that it looks for."""
    directory = Path(settings.runtime.state_dir)
    file = Path(settings_file) if settings_file else None
    urls, ws_url = node_urls(settings_file), foreign("SOLANA_WS_URL", file=file)
    asked = chain.nodes(settings, urls)
    return (
        _settings(settings),
        machine.modes(directory, passphrase_file(file=file), file or Path(FILE)),
        machine.state(directory),
        machine.space(settings.doctor, directory),
        machine.fsync(settings.doctor, directory),
        books.journal(directory),
        books.keystore(vault_of(settings), settings, urls),
        *asked,
        chain.socket(settings, ws_url),
        trial.canary(settings, vault_of(settings), urls) if all(one.ok for one in asked) else trial.UNASKED,
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
