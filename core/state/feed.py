"""The feed: batches of a source become market data, and each message goes to whoever follows its token.

Order within a batch: what the market is now, our own landings, the market's messages as they came.
"""

from collections.abc import Iterable

from msgspec import Struct

from core.chain.decode import Decoder
from core.effects import Effect, Effects, Now, Offer, StartChild, Tell
from core.market.tape import Tape
from core.messages import FeedBatch, Launched, MarketData


class State(Struct, kw_only=True):
    """The decoder's counters, the tape's pools, and what was counted. Changed in place: this is the hottest path."""

    decoder: Decoder
    tape: Tape
    batches: int = 0
    events: int = 0
    launches: int = 0
    last_at_s: float = 0.0
    last_slot: int = 0


def begin(decoder: Decoder, tape: Tape, now: Now) -> tuple[State, Effects]:
    return State(decoder=decoder, tape=tape), ()


def step(state: State, batch: FeedBatch, now: Now) -> tuple[State, Effects]:
    state.batches += 1
    state.last_at_s, state.last_slot = batch.at_s, batch.slot
    now.market.see(batch)
    effects: list[Effect] = []
    if batch.landings:
        effects.append(Tell("venue", batch))
    for message in market_messages(state, batch):
        _route(state, message, effects)
    return state, tuple(effects)


def market_messages(state: State, batch: FeedBatch) -> Iterable[MarketData]:
    """The batch's messages in order: recorded ones as they are, transactions through the decoder and the tape."""
    yield from batch.market
    for transaction in batch.transactions:
        events = state.decoder.decode_logs(transaction.logs, transaction.err)
        if events:
            yield from state.tape.take(events, slot=transaction.slot, at_s=batch.at_s, signature=transaction.signature)


def _route(state: State, message: MarketData, effects: list[Effect]) -> None:
    state.events += 1
    if isinstance(message, Launched):
        state.launches += 1
        effects.append(StartChild("market", f"watcher.{message.mint}", message))
        return
    effects.append(Offer(f"watcher.{message.mint}", message))
    effects.append(Offer(f"position.{message.mint}", message))
