"""What every step may read of the whole market: newest slot, agreed price of SOL, what priority costs now.

One object per process, changed in place by the feed (or the core-only runner) with every batch, and by `sentiment` with
every mention; all others only read.
"""

from core.messages import FeedBatch
from core.rules import sol_price
from core.rules.canary import Canary
from core.rules.emergency import EmergencyRule
from core.rules.sol_price import SolPrice, SolPriceRule
from core.state import fee_history
from core.state.fee_history import FeeHistory
from core.state.talk import Talk


class MarketNow:
    """`slot` 0 = no slot seen yet; `sol_usd` None = unknown; `priority_lamports` 0 = unknown.

    `heard_at_s` is the market time at which the newest batch came, 0 before the first: by it a feed is silent.
    `sol_usd` was agreed by both sources at `sol_usd_at_s`, the time of the older reading; `usd` says whether it still
    holds. `social` None = no social source is configured, `canary` None = no programs to try (paper).
    """

    __slots__ = (
        "canary",
        "fees",
        "heard_at_s",
        "hindrances",
        "price",
        "priority_lamports",
        "rule",
        "slot",
        "slot_at_s",
        "social",
        "sol_usd",
        "sol_usd_at_s",
        "stopping",
    )

    def __init__(
        self,
        slot: int = 0,
        slot_at_s: float = 0.0,
        sol_usd: float | None = None,
        sol_usd_at_s: float = 0.0,
        priority_lamports: int = 0,
        *,
        rule: SolPriceRule = SolPriceRule(),
        emergency: EmergencyRule = EmergencyRule(),
    ) -> None:
        self.slot = slot
        self.slot_at_s = slot_at_s
        self.heard_at_s = slot_at_s
        self.sol_usd = sol_usd
        self.sol_usd_at_s = sol_usd_at_s
        self.priority_lamports = priority_lamports
        self.rule = rule
        self.fees = FeeHistory(span_s=emergency.congestion_median_s, least_s=emergency.congestion_history_s)
        self.price = SolPrice(sol_usd, sol_usd_at_s, sol_usd, sol_usd_at_s) if sol_usd is not None else SolPrice()
        self.canary: Canary | None = None
        self.social: Talk | None = None
        self.hindrances: dict[str, str] = {}
        """What of the process itself stands against entries, by criterion (`journal`, `doctor`). Exits go on."""
        self.stopping = False
        """Set by whoever ends the process: no entry begins that could not be watched to its end."""

    def see(self, batch: FeedBatch, now_s: float = 0.0) -> None:
        """Take in the newest slot, priority fee and readings of SOL/USD. An older slot changes nothing.

        `now_s`: market time at which it came; past the batch's own when the feed is late.
        """
        self.heard_at_s = max(batch.at_s, now_s)
        if batch.slot >= self.slot:
            self.slot, self.slot_at_s = batch.slot, batch.at_s
        if batch.priority_lamports:
            self.priority_lamports = batch.priority_lamports
            fee_history.note(self.fees, batch.at_s, batch.priority_lamports)
        reading = batch.sol_price
        if reading is not None:
            self.price = price = sol_price.seen(
                self.price, at_s=reading.at_s, pool_usd=reading.pool_usd, http_usd=reading.http_usd
            )
            self.sol_usd = sol_price.agreed_usd(self.rule, price, now_s=reading.at_s)
            self.sol_usd_at_s = min(price.pool_at_s, price.http_at_s)

    def usd(self, now_s: float) -> float | None:
        """SOL/USD that both sources agreed on at most 60 s ago, or None: unknown, no entry."""
        return self.sol_usd if now_s - self.sol_usd_at_s <= self.rule.max_age_s else None

    def usd_unchecked(self) -> float | None:
        """The newest reading of either source: for display, and for the profile `recorded`."""
        return sol_price.any_usd(self.price)

    def priority_median_lamports(self) -> float | None:
        """Median of what priority cost in the last hour; None with less than ten minutes of it."""
        return fee_history.median_lamports(self.fees)
