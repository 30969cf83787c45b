"""Compares book and chain again and again while the process runs: another process with our keys, dust, airdrops.

Only while nothing is under way: an order on its way explains any difference. What is found is journaled, and what
needs a person stops entries.
"""

from collections.abc import Callable

import gevent

from actors.adapters.onchain.reading import Breadth
from commands.house import House
from commands.live.desk import LiveDesk
from core.chain_records import ChainReconciled
from core.errors import MicroError
from core.ledger.books import Books
from core.ledger.reconciliation import Reconciled, reconcile
from core.messages import Append, RaiseAlert

EVERY_S = 20.0
"""Sixteen calls each time: an eighth of what a public node allows."""
APPEND_S = 10.0
NOTE_SLOTS = 1_500
"""A comparison that finds nothing is noted every ten minutes."""
HINDRANCE = "reconciliation"


class ChainWatch:
    """`looks` and `failures` count; `newest` is the slot that was compared last."""

    def __init__(self, house: House, desk: LiveDesk, every_s: float = EVERY_S) -> None:
        self.looks = self.failures = self.newest = 0
        self.last_error = ""
        self._house, self._desk, self._every_s = house, desk, every_s
        self._sleep: Callable[[float], object] = gevent.sleep

    def run(self) -> None:
        """In a greenlet of its own, for ever."""
        while True:
            self._sleep(self._every_s)
            try:
                self.look()
            except (MicroError, ValueError) as error:
                self.failures += 1
                self.last_error = f"{type(error).__name__}: {error}"

    def look(self) -> bool:
        """Compare once; False where something was under way and nothing can be said. Raises RpcError."""
        before = self._books()
        if before.orders:
            return False
        view = self._desk.view(before, Breadth.RUNNING)
        books = self._books()
        if books.orders or books.order_count != before.order_count or books.rotation != before.rotation:
            return False
        found = reconcile(books, view)
        self.looks += 1
        self.newest = view.slot
        self._house.differences = len(found.findings)
        self._house.services.market.hindrances.pop(HINDRANCE, None)
        if worth_noting(found, books, view.slot):
            records = Append(records=found.records, durable=True)
            self._house.system.directory.ask("journal", records, APPEND_S)
        for text in found.findings:
            self._alert(text)
        return True

    def _books(self) -> Books:
        return self._house.services.books()

    def _alert(self, text: str) -> None:
        at_s = self._house.system.clock.now_s
        alert = RaiseAlert(key="books_differ", severity="critical", text=f"entries are paused: {text}", at_s=at_s)
        self._house.system.directory.tell("notifier", alert)


def worth_noting(found: Reconciled, books: Books, slot: int) -> bool:
    """Whether the comparison belongs in the journal: it found something, or none was noted for ten minutes."""
    only_slot = all(isinstance(record, ChainReconciled) for record in found.records)
    return bool(found.records) and (not only_slot or slot >= books.reconciled_slot + NOTE_SLOTS)
