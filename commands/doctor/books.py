"""What lies in the state directory: does the journal hold, does it add up, can the keystore be used?"""

from collections.abc import Sequence
from pathlib import Path

from actors.adapters import journal_reading
from actors.adapters.keys.vault import Vault
from commands.keys import check_cost
from core.errors import Refused
from core.ledger.audit import audit
from core.rules.verdict import Verdict
from core.settings import Settings

NAMED = 3
"""Findings in the line; `audit` tells all."""


def journal(directory: Path) -> Verdict:
    """Read to its end, every checksum compared and every record's postings summed; nothing is written."""
    path = directory / "journal.db"
    if not path.exists():
        return Verdict.passed("journal", "there is none yet; the first start begins one")
    try:
        reading = journal_reading.read(path)
    except Refused as refusal:
        return Verdict.failed("journal", str(refusal))
    if reading.damage:
        mend = "the next start sets what follows aside and trades on the rest; better restore a backup"
        return Verdict.failed("journal", f"{reading.damage}; {mend}")
    result = audit(reading.entries, None)
    if not result.ok:
        named = "; ".join(f"{one.where}: {one.what}" for one in result.findings[:NAMED])
        return Verdict.failed("journal", f"the books are wrong ({named}); see `audit`, restore a backup")
    return Verdict.passed("journal", f"{result.entries} entries, whole and balanced")


def keystore(vault: Vault, settings: Settings, urls: Sequence[str]) -> Verdict:
    """There, private, whole, dear enough to guess. Whether a passphrase opens it only its start shows."""
    if not vault.exists():
        return Verdict.unknown("keystore", "there is none; paper needs none, live does: wallets init")
    try:
        check_cost(vault, settings, urls)
        generation = vault.addresses().generation
    except Refused as refusal:
        return Verdict.failed("keystore", str(refusal))
    return Verdict.passed("keystore", f"{vault.path}, generation {generation} when it was made or last opened")
