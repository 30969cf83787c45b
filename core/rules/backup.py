"""How often the running system copies itself, and how many copies stay. Real time."""

from msgspec import Struct

from core.errors import Refused


class BackupRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    every_s: float = 86_400.0
    """Between two copies while the process runs; 0: never by itself."""
    keep: int = 14
    """Copies that stay in the folder; the oldest go first. What `backup --out` wrote elsewhere is never deleted."""
    folder: str = ""
    """Where they go, best on another disk; empty: `backups` in the state directory."""
    before_upgrade: bool = True
    """One at a start by another version than the last, before it writes anything."""

    def __post_init__(self) -> None:
        if self.keep < 1:
            raise Refused(f"MICRO_BACKUP_KEEP must be at least 1, not {self.keep}")
        if self.every_s < 0:
            raise Refused(f"MICRO_BACKUP_EVERY_S must be 0 (never) or more, not {self.every_s}")


def surplus(names: list[str], keep: int) -> list[str]:
    """Which of these copies go, by their names, which begin with their time: all but the newest `keep`."""
    return sorted(names)[:-keep]
