"""What keepers learn between two batches of a feed, and the feed that takes it along: one way into the core for all.

So the price of SOL, what priority costs, transfers and changed accounts reach the machines as batches bring them on
paper, are recorded with them and come again in a replay.
"""

from collections import deque
from collections.abc import Iterator
from time import monotonic

from msgspec.structs import replace

from core.chain.decode import Decoder
from core.chain.pump import TradeEvent
from core.messages import AccountsChanged, FeedBatch, Funded, RawTransaction, SolPriceSeen
from core.ports import Feed

MOST_WAITING = 1_024
"""Transfers and changes kept while the feed is silent; the oldest go first."""
LOOK_EVERY_S = 1.0
RECENT_KEPT = 16


class Tidings:
    """Filled by keepers, emptied with each batch. Everything is told once."""

    def __init__(self) -> None:
        self._prices: dict[str, float] = {}
        self._priority_lamports = 0
        self._funded: deque[tuple[str, str, int]] = deque(maxlen=MOST_WAITING)
        self._changed: dict[str, None] = {}

    def price(self, source: str, usd: float) -> None:
        """A reading of SOL/USD; `source` is pool or http."""
        self._prices[source] = usd

    def priority(self, lamports: int) -> None:
        """What others pay for one transaction now."""
        self._priority_lamports = lamports

    def funded(self, source: str, wallet: str, lamports: int) -> None:
        """A plain transfer."""
        self._funded.append((source, wallet, lamports))

    def changed(self, mint: str) -> None:
        """An account that a verdict on this token rests on is not what it was."""
        if len(self._changed) < MOST_WAITING:
            self._changed[mint] = None

    def into(self, batch: FeedBatch) -> FeedBatch:
        """The batch with everything that was learnt since the last; the same batch where that is nothing."""
        if not batch.slot or not (self._prices or self._priority_lamports or self._funded or self._changed):
            return batch
        prices, self._prices = self._prices, {}
        lamports, self._priority_lamports = self._priority_lamports, 0
        funded, self._funded = self._funded, deque(maxlen=MOST_WAITING)
        changed, self._changed = self._changed, {}
        at_s, slot = batch.at_s, batch.slot
        seen = SolPriceSeen(at_s=at_s, pool_usd=prices.get("pool"), http_usd=prices.get("http")) if prices else None
        return replace(
            batch,
            sol_price=seen if seen is not None else batch.sol_price,
            priority_lamports=lamports or batch.priority_lamports,
            funded=(
                *batch.funded,
                *(
                    Funded(at_s=at_s, slot=slot, source=source, wallet=wallet, lamports=amount)
                    for source, wallet, amount in funded
                ),
            ),
            market=(*batch.market, *(AccountsChanged(mint=mint, at_s=at_s, slot=slot) for mint in changed)),
        )


class ToldFeed:
    """A `core.ports.Feed` whose batches carry tidings. `recent()`: tokens that were traded on their curve lately."""

    def __init__(self, feed: Feed, tidings: Tidings) -> None:
        self.name = feed.name
        self._feed, self._tidings = feed, tidings
        self._decoder = Decoder()
        self._recent: deque[str] = deque(maxlen=RECENT_KEPT)
        self._looked_s = 0.0

    def next(self) -> FeedBatch | None:
        batch = self._feed.next()
        if batch is None:
            return None
        self._look(batch)
        return self._tidings.into(batch)

    def close(self) -> None:
        self._feed.close()

    def recent(self) -> tuple[str, ...]:
        """Newest first."""
        return tuple(reversed(self._recent))

    def _look(self, batch: FeedBatch) -> None:
        """One token a second is enough to know one that trades, and decoding all twice would cost too much."""
        now_s = monotonic()
        if now_s - self._looked_s < LOOK_EVERY_S:
            return
        mint = next(self._traded(batch.transactions), None)
        if mint is not None:
            self._looked_s = now_s
            if mint in self._recent:
                self._recent.remove(mint)
            self._recent.append(mint)

    def _traded(self, transactions: tuple[RawTransaction, ...]) -> Iterator[str]:
        for transaction in transactions[-8:]:
            for event in self._decoder.decode_logs(transaction.logs, transaction.err):
                if isinstance(event, TradeEvent) and event.is_sol_quoted and event.real_token_reserves > 0:
                    yield event.mint
