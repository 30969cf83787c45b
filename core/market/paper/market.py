"""The embedded market with us in it: the simulator trades, the paper chain holds our wallets, both land our orders.

The simulator decides what the market gives (reserves, fees, traps); the paper chain decides what we can pay. What
cannot be paid is found before the market is asked, so the two never disagree.
"""

from msgspec.structs import replace

from core.errors import Fatal
from core.market.paper.recent_fees import RecentFees
from core.market.paper.transaction import DRAWN, SLIPPAGE, TOKENS, UNTRADABLE, VENUE, shortfall
from core.market.paper.venue import PaperVenue, Sent
from core.market.simulator.orders import SimFill, SimOrder
from core.market.simulator.simulator import Simulator
from core.messages import FeedBatch, Funded, Settlement, TokenFacts
from core.types import Side

LAYOUT = "account layout error"
"""What a program says to a transaction that was built for its former version."""
_REASONS = {
    "slippage": SLIPPAGE,
    "insufficient_tokens": TOKENS,
    "dust": UNTRADABLE,
    "complete": VENUE,
    "wrong_venue": VENUE,
    "wrong_quote": VENUE,
    "layout": LAYOUT,
    "unknown_token": VENUE,
}
"""The simulator's word for a failure -> the paper chain's error; other words (honeypot) stand for themselves."""


class PaperMarket:
    """A `core.ports.Feed` that never ends and never blocks, and a `core.ports.Accounts`. One batch is one slot.

    While the scenario has an outage, a batch is only time that goes by (slot 0): the market goes on and our
    transactions land, but nobody hears of it. Whoever sent them asks for their status.
    """

    name = "market"

    def __init__(self, simulator: Simulator, venue: PaperVenue) -> None:
        self.simulator = simulator
        self.venue = venue
        self.slot_s = simulator.settings.clock.slot_s
        venue.slot = max(venue.slot, simulator.slot)
        self._fees = RecentFees()
        self._was_silent = False
        self._found: tuple[Funded, ...] = ()
        """Transfers behind the last slot's launches: whoever looks a creator up finds them once its token is known."""

    def next(self) -> FeedBatch:
        """Play the next slot, and say what can be heard of it."""
        return self.heard(self.play())

    def heard(self, batch: FeedBatch) -> FeedBatch:
        """What an outage leaves of the batch; the first after it says that something was missed."""
        if self.simulator.is_silent:
            self._was_silent = True
            return FeedBatch(slot=0, at_s=batch.at_s)
        missed, self._was_silent = self._was_silent or self.simulator.is_unreadable, self.simulator.is_unreadable
        return replace(batch, gap=True) if missed else batch

    def play(self) -> FeedBatch:
        """Play the next slot. Transfers of ours land first, then at most one trade: the chain checks it beforehand."""
        slot = self.simulator.slot + 1
        at_s = self.simulator.at_s + self.slot_s
        landings: list[Settlement] = []
        trade: Sent | None = None
        for sent in self.venue.due(slot, trades=1):
            if sent.order.side is not None:
                trade = sent
            else:
                landings.append(self.venue.settle(sent, slot=slot, at_s=at_s))
        failure = ""
        if trade is not None:
            failure = self.submit(trade, DRAWN if trade.failed else self._shortfall(trade))
        played = self.simulator.step()
        if trade is not None:
            fill = next((fill for fill in played.fills if fill.signature == trade.signature), None)
            landings.append(self._settle(trade, fill, failure, played.slot, played.at_s))
        self.venue.see(played.at_s, played.priority_fee_lamports)
        found, self._found = self._found, played.funded
        return FeedBatch(
            slot=played.slot,
            at_s=played.at_s,
            transactions=played.transactions,
            market=played.events,
            landings=tuple(landings),
            sol_price=played.sol_price,
            priority_lamports=self._fees.see(played.priority_fee_lamports),
            funded=found,
        )

    def facts(self, mint: str, stake_lamports: int) -> TokenFacts | None:
        return self.simulator.facts(mint, stake_lamports)

    def close(self) -> None:
        """Nothing is held open."""

    def _shortfall(self, trade: Sent) -> str:
        rates = self.simulator.rates(trade.order.mint)
        cashback = rates is not None and rates.cashback_bps > 0
        return shortfall(self.venue.chain, trade.order, cashback=cashback)

    def submit(self, trade: Sent, failure: str) -> str:
        """Let the trade land in the next slot, to fail with `failure` unless that is empty. Why it fails, if known."""
        order = trade.order
        amount = order.lamports if order.side is Side.BUY else order.tokens
        if order.side is None or amount <= 0 or order.limit < 0:
            return failure or UNTRADABLE
        self.simulator.submit(
            SimOrder(
                signature=trade.signature,
                wallet=self.venue.address(order),
                mint=order.mint,
                side=order.side,
                venue=order.venue,
                amount=amount,
                limit=order.limit,
                land_slot=self.simulator.slot + 1,
                priority_fee_lamports=order.priority_lamports,
                failure=failure,
            )
        )
        return failure

    def _settle(self, trade: Sent, fill: SimFill | None, failure: str, slot: int, at_s: float) -> Settlement:
        if fill is not None and not fill.ok and not failure:
            failure = _REASONS.get(fill.reason, fill.reason)
        settlement = self.venue.settle(
            trade,
            slot=slot,
            at_s=at_s,
            reserves=None if fill is None else fill.before,
            rates=None if fill is None else fill.rates,
            failure=failure,
        )
        moved = fill.tokens if fill is not None and fill.ok else 0
        if abs(settlement.tokens) != moved:
            raise Fatal(f"{trade.signature}: the market moved {moved} token units, the paper chain {settlement.tokens}")
        return settlement
