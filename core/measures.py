"""What the running system measures of itself, in real time, for whoever looks. No decision reads any of it."""

from msgspec import Struct, field

from core.spread import Spread

DECIDED_KEPT = 100
"""Decisions on their way to the venue; an order that is refused never gets there."""


def _times() -> Spread:
    return Spread((0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.08, 0.12, 0.25, 0.5, 1.0, 2.5, 10.0))


def _short_times() -> Spread:
    return Spread((0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25))


class Timings(Struct):
    """One per system; outlives the actors that add to it. Times are seconds of a monotonic clock."""

    decision_to_submit: Spread = field(default_factory=_times)
    """From the beginning of the message that the gate or a position decided on, to the order's first sending."""
    commit: Spread = field(default_factory=_times)
    """A durable append to the journal."""
    decode: Spread = field(default_factory=_short_times)
    """One batch of transactions of the feed, from log lines to market messages and whom they go to."""
    decided_at_s: dict[str, float] = field(default_factory=dict)

    def decided(self, order_id: str, at_s: float) -> None:
        """An order was placed because of a message begun at `at_s`. Placed again, its first time stands."""
        if order_id not in self.decided_at_s and len(self.decided_at_s) >= DECIDED_KEPT:
            self.decided_at_s.pop(next(iter(self.decided_at_s)))
        self.decided_at_s.setdefault(order_id, at_s)

    def submitted(self, order_id: str, at_s: float) -> None:
        """The order is sent; the second time changes nothing."""
        decided_at_s = self.decided_at_s.pop(order_id, None)
        if decided_at_s is not None:
            self.decision_to_submit.add(at_s - decided_at_s)


class Measures(Struct, frozen=True, kw_only=True):
    """Everything that neither books nor snapshots show. None: not known here."""

    timings: Timings
    disk_free_bytes: int | None = None
    """On the disk of the state directory."""
    differences: int | None = None
    """Findings of the last comparison of book and chain."""
    backup_every_s: float | None = None
    """Between two backups by the process itself; None where it makes none."""
    backup_age_s: float | None = None
    """Of the newest in the folder of backups; of the process where there is none."""
