"""The paper venue beside a feed that knows nothing of us: live, or recorded.

Decodes what the feed brings, lets our transactions land among it, and passes on a market that our trades have moved.
"""

from msgspec.structs import replace

from core.chain.decode import Decoder
from core.market.paper.impact import ImpactBook
from core.market.paper.venue import PaperVenue, Sent
from core.market.tape import Tape
from core.messages import AnyMarketData, FeedBatch, Reserves, Settlement, Traded
from core.ports import Feed
from core.types import Side

SLOT_S = 0.4
"""Time of a slot: when, between two batches, a transaction landed."""


class PaperFeed:
    """A `core.ports.Feed` around another. Batches come decoded (`market`), with `landings` of `venue` filled in."""

    def __init__(
        self, feed: Feed, venue: PaperVenue, decoder: Decoder, tape: Tape, book: ImpactBook | None = None
    ) -> None:
        self.name = feed.name
        self.venue = venue
        self.book = book if book is not None else ImpactBook()
        self._feed = feed
        self._decoder = decoder
        self._tape = tape

    def next(self) -> FeedBatch | None:
        """The next batch. What lands in its slot meets the reserves after the trades of that slot; what was to land in
        a slot that the feed left out meets those before."""
        batch = self._feed.next()
        if batch is None:
            return None
        self.venue.see(batch.at_s, batch.priority_lamports)
        landings: list[Settlement] = []
        messages: list[AnyMarketData] = []
        self._land(batch, batch.slot - 1, landings, messages)
        messages += [self.book.seen(message) for message in self._messages(batch)]
        self._land(batch, batch.slot, landings, messages)
        return replace(batch, transactions=(), market=tuple(messages), landings=tuple(landings))

    def close(self) -> None:
        self._feed.close()

    def _messages(self, batch: FeedBatch) -> list[AnyMarketData]:
        messages: list[AnyMarketData] = list(batch.market)
        for transaction in batch.transactions:
            events = self._decoder.decode_logs(transaction.logs, transaction.err)
            messages += self._tape.take(events, slot=transaction.slot, at_s=batch.at_s, signature=transaction.signature)
        return messages

    def _land(self, batch: FeedBatch, slot: int, landings: list[Settlement], messages: list[AnyMarketData]) -> None:
        for sent in self.venue.due(slot):
            before = self.book.reserves(sent.order.mint)
            settlement = self.venue.settle(
                sent,
                slot=sent.land_slot,
                at_s=batch.at_s - (batch.slot - sent.land_slot) * SLOT_S,
                reserves=before,
                rates=self.book.rates(sent.order.mint),
            )
            landings.append(settlement)
            side = sent.order.side
            if before is not None and settlement.reserves is not None and side is not None:
                self.book.filled(sent.order.mint, before, settlement.reserves)
                messages.append(self._our_trade(sent, side, settlement, settlement.reserves))

    def _our_trade(self, sent: Sent, side: Side, settlement: Settlement, reserves: Reserves) -> Traded:
        """What everybody on a real chain would see of our transaction."""
        return Traded(
            mint=sent.order.mint,
            at_s=settlement.at_s,
            slot=settlement.slot,
            side=side,
            trader=self.venue.address(sent.order),
            quote_lamports=abs(settlement.quote_lamports),
            tokens=abs(settlement.tokens),
            reserves=reserves,
            signature=settlement.signature,
        )
