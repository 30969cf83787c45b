"""The paper world on disk: what the trader trades on in `paper`, and what goes on where it stopped after a crash.

`PaperWorld` is the embedded market with our wallets in it; `FeedVenue` is the paper venue beside any other feed. Both
are a `core.ports.Feed` with a `backend`, a `core.ports.VenueBackend`. Nothing is reported that a crash would forget.
"""

from pathlib import Path
from time import monotonic
from typing import Self

import msgspec
from msgspec.structs import replace

from actors.adapters.paper_store import Landed, Origin, PaperStore, Saved
from core.chain.decode import Decoder
from core.errors import NeedsReconcile, Refused
from core.market.paper.chain import holdings_of
from core.market.paper.feed import PaperFeed
from core.market.paper.impact import ImpactBook
from core.market.paper.landing import PaperRule
from core.market.paper.market import PaperMarket
from core.market.paper.venue import PaperVenue, Sent
from core.market.simulator.settings import MarketSettings
from core.market.simulator.simulator import Simulator
from core.market.tape import Tape
from core.messages import FeedBatch, Order, Settlement, SubmitOrder, TokenFacts
from core.ports import Feed, Signed
from core.types import Role

SNAPSHOT_SLOTS = 300
"""Snapshots are made at multiples of this (two minutes of market time), if their time has come."""
SNAPSHOT_S = 60.0
"""Real time between two: making one holds everybody up for milliseconds, more of them the longer the world lasts."""
SNAPSHOT_MOST_SLOTS = 3_000
"""After so many slots one is made in any case (a market faster than real time): a restart plays at most these again,
in about a second."""


ORDERS_KEPT = 1_024
"""Orders remembered until they land. One that expires is never heard of again; far fewer are under way at a time."""


class DurableVenue:
    """A paper venue whose landings are on disk. Implements `core.ports.VenueBackend`."""

    def __init__(self, store: PaperStore, venue: PaperVenue) -> None:
        self.store = store
        self.venue = venue
        self._orders: dict[str, Order] = {}

    def open_capital(self, split: dict[Role, int]) -> None:
        """Fund the five wallets, once and durably; a funded chain is left as it is."""
        if self.venue.chain.received == 0:
            self.venue.open_capital(split)
            self.store.commit(Saved(self.venue.chain))

    def sign(self, order: Order, slot: int) -> Signed:
        return self.venue.sign(order, slot)

    def submit(self, order: Order, signature: str, last_valid_slot: int, raw: str = "") -> None:
        if self.status(signature) is None:
            if len(self._orders) >= ORDERS_KEPT:
                del self._orders[next(iter(self._orders))]
            self._orders[signature] = order
            self.venue.submit(order, signature, last_valid_slot)

    def status(self, signature: str) -> Settlement | None:
        known = self.venue.status(signature)
        return known if known is not None else self.store.settlement(signature)

    def is_absent(self, submit: SubmitOrder, slot: int) -> bool:
        return self.venue.is_absent(submit, slot)

    def keep(self, landings: tuple[Settlement, ...], book: ImpactBook | None = None) -> None:
        """Make landings durable; nobody may hear of them before."""
        if not landings:
            return
        landed = [Landed(self._orders.pop(one.signature), one) for one in landings]
        saved = Saved(self.venue.chain)
        if book is not None:
            held = frozenset(holdings_of(self.venue.chain))
            saved = Saved(self.venue.chain, book.impacts, book.reported(held))
        self.store.commit(saved, landed)


class PaperWorld:
    """The embedded market as a feed and as accounts; `backend` is its venue. Made by `open`."""

    def __init__(self, backend: DurableVenue, market: PaperMarket) -> None:
        self.name = market.name
        self.backend = backend
        self.market = market
        self.slot_s = market.slot_s
        self.divergence = ""
        """Set when playing again gave another fill than had landed: the program changed without a clean stop."""
        self._is_restored = False
        self._snapshot_slot, self._snapshot_due_s = market.simulator.slot, 0.0

    @classmethod
    def open(
        cls, directory: Path, settings: MarketSettings, rule: PaperRule, seed: int, *, not_before_s: float = 0.0
    ) -> Self:
        """The world of this state directory: a new one, or the old one where it stopped, at `not_before_s` or later.

        A world keeps the settings and seed that it was made with. The market is restored from its newest snapshot and
        plays again, with the landed orders in it, up to the newest slot that anybody may have seen.
        """
        store = PaperStore(directory)
        origin = store.origin(Origin("market", seed, msgspec.json.encode(settings)))
        try:
            settings = msgspec.json.decode(origin.settings, type=MarketSettings)
        except msgspec.MsgspecError as error:
            raise NeedsReconcile(f"what the market of {directory} was made from cannot be read: {error}") from None
        simulator = _restored(store) or Simulator(settings, origin.seed)
        venue = PaperVenue(rule, origin.seed, store.load().chain)
        world = cls(DurableVenue(store, venue), PaperMarket(simulator, venue))
        clock = settings.clock
        world._play_again(
            max(store.newest_slot(), clock.start_slot + int((not_before_s - clock.start_s) / clock.slot_s))
        )
        return world

    def next(self) -> FeedBatch:
        """Play the next slot; its landings are durable when this returns. The first after a restart has a gap."""
        batch = self.market.play()
        self.backend.keep(batch.landings)
        store, simulator = self.backend.store, self.market.simulator
        store.advance(batch.slot)
        if batch.slot % SNAPSHOT_SLOTS == 0 and self._snapshot_is_due(batch.slot):
            self._snapshot_slot, self._snapshot_due_s = batch.slot, monotonic() + SNAPSHOT_S
            store.keep_snapshot(batch.slot, simulator.snapshot())
        heard = self.market.heard(batch)
        if self._is_restored and heard.slot:
            self._is_restored = False
            return replace(heard, gap=True)
        return heard

    def facts(self, mint: str, stake_lamports: int) -> TokenFacts | None:
        return self.market.facts(mint, stake_lamports)

    def pools(self) -> dict[str, str]:
        """Pool address -> mint of every graduated token: what a new tape has to learn."""
        return self.market.simulator.pools()

    def close(self) -> None:
        """Leave a snapshot for the next start, perhaps of a newer program, and let go of the files."""
        simulator = self.market.simulator
        self.backend.store.keep_snapshot(simulator.slot, simulator.snapshot())
        self.backend.store.close()

    def _snapshot_is_due(self, slot: int) -> bool:
        return monotonic() >= self._snapshot_due_s or slot - self._snapshot_slot >= SNAPSHOT_MOST_SLOTS

    def _play_again(self, to_slot: int) -> None:
        """Bring the market from its snapshot to `to_slot`, with what landed since; the paper chain is there already."""
        simulator, venue = self.market.simulator, self.backend.venue
        by_slot: dict[int, list[Landed]] = {}
        for landed in self.backend.store.landings(simulator.slot):
            by_slot.setdefault(landed.settlement.slot, []).append(landed)
        while simulator.slot < to_slot:
            landings = by_slot.get(simulator.slot + 1, ())
            for landed in landings:
                self._submit_again(landed)
            fills = {fill.signature: fill for fill in simulator.step().fills}
            for landed in landings:
                fill = fills.get(landed.settlement.signature)
                moved = fill.tokens if fill is not None and fill.ok else 0
                if moved != abs(landed.settlement.tokens):
                    self.divergence = f"{landed.settlement.signature} moved {moved} token units when played again"
        venue.slot = simulator.slot
        self._is_restored = simulator.slot > simulator.settings.clock.start_slot

    def _submit_again(self, landed: Landed) -> None:
        order, done = landed.order, landed.settlement
        if order.side is not None:
            sent = Sent(order, done.signature, done.slot)
            self.market.submit(sent, done.error)


class FeedVenue:
    """The paper venue beside a feed that knows nothing of us. Batches come decoded, moved by our trades."""

    def __init__(
        self, directory: Path, feed: Feed, rule: PaperRule, seed: int, *, decoder: Decoder, tape: Tape
    ) -> None:
        store = PaperStore(directory)
        origin = store.origin(Origin("feed", seed))
        saved = store.load()
        self.name = feed.name
        self.backend = DurableVenue(store, PaperVenue(rule, origin.seed, saved.chain))
        self._feed = PaperFeed(feed, self.backend.venue, decoder, tape, ImpactBook(saved.impacts, saved.reserves))

    def next(self) -> FeedBatch | None:
        """The next batch, None at the end of a recording; its landings are durable when this returns."""
        batch = self._feed.next()
        if batch is not None:
            self.backend.keep(batch.landings, self._feed.book)
        return batch

    def close(self) -> None:
        self._feed.close()
        self.backend.store.close()


def _restored(store: PaperStore) -> Simulator | None:
    for _, snapshot in store.snapshots():
        try:
            return Simulator.restore(snapshot)
        except Refused:
            continue
    return None
