"""The monitor's port onto a running house: what may be seen, and the few things that may be done."""

import shutil
import time
from collections.abc import Callable, Collection
from functools import cached_property

from actors.adapters.journal_pages import entries_after, newest
from actors.tree import walk
from commands import backups
from commands.house import House
from core.ledger.books import Books
from core.measures import Measures
from core.ports import Directory, Reread, Tokens
from core.records import Entry
from core.settings import Settings, changed, names, taken
from core.state.market_now import MarketNow

SAFE = frozenset(
    name for name in names() if name == "MICRO_ALLOWED_HOSTS" or name.startswith(("MICRO_DOCTOR_", "MICRO_KEYSTORE_"))
)
"""Settings that a running house may change. Rules bind open positions and the fold: none of them is here."""


class HousePanel:
    """Implements `core.ports.Panel`."""

    def __init__(self, house: House, fresh: Callable[[], Settings]) -> None:
        """`fresh` reads the settings again as the start did: file, environment, and what the command line gave."""
        self._house = house
        self._fresh = fresh
        self._tokens: Tokens | None = None
        self._tokens_changed_ns: tuple[int, ...] = ()

    @property
    def directory(self) -> Directory:
        return self._house.system.directory

    @property
    def settings(self) -> Settings:
        return self._house.settings

    @property
    def market(self) -> MarketNow:
        return self._house.services.market

    @property
    def mode(self) -> str:
        return self._house.mode

    @cached_property
    def permanent(self) -> frozenset[str]:
        return frozenset(spec.name for spec, _ in walk(self._house.tree))

    @property
    def tokens(self) -> Tokens:
        """As the files have them now: `tokens rotate` shuts out whoever holds an old one at once."""
        state = self._house.state
        if self._tokens is None or state.secrets_changed_ns() != self._tokens_changed_ns:
            self._tokens = Tokens(read=state.read_token(), operate=state.api_token(), mentions=state.mention_secret())
            self._tokens_changed_ns = state.secrets_changed_ns()
        return self._tokens

    def give_way(self) -> None:
        self._house.system.directory.flow.give_way()

    def books(self) -> Books:
        return self._house.services.books()

    def now_s(self) -> float:
        return self._house.system.clock.now_s

    def uptime_s(self) -> float:
        return time.monotonic() - self._house.began_s

    def newest(
        self, kinds: Collection[str] = (), *, before_seq: int | None = None, mint: str = "", limit: int = 100
    ) -> list[Entry]:
        path = self._house.state.journal
        return self._house.system.run_native(newest, path, tuple(kinds), before_seq, mint, limit)

    def entries_after(self, seq: int, limit: int) -> list[Entry]:
        return self._house.system.run_native(entries_after, self._house.state.journal, seq, limit)

    def measures(self) -> Measures:
        house, every_s = self._house, self.settings.backup.every_s
        return Measures(
            timings=house.services.timings,
            disk_free_bytes=shutil.disk_usage(house.state.path).free,
            differences=house.differences,
            backup_every_s=every_s or None,
            backup_age_s=backups.age_s(self.settings, self.uptime_s()) if every_s else None,
        )

    def dump(self) -> dict[str, object]:
        return self._house.system.dump(rests=True)

    def reread(self) -> Reread:
        """What is safe is in force from now on. Nothing else changes under open positions: it waits for a restart."""
        self._house.settings, reread = reread_of(self.settings, self._fresh())
        return reread


def reread_of(old: Settings, fresh: Settings) -> tuple[Settings, Reread]:
    """The old settings with what is safe to change taken over from the fresh ones, and what that was."""
    differ = changed(old, fresh)
    applied = tuple(name for name in differ if name in SAFE)
    return taken(old, fresh, applied), Reread(
        applied=applied, after_restart=tuple(name for name in differ if name not in SAFE)
    )
