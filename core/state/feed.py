"""The feed: batches of a source become market data, and each message goes to whoever follows its token.

Order within a batch: what the market is now, our own landings, the market's messages as they came.
"""

from collections.abc import Iterator, Sequence
from typing import assert_never

from msgspec import Struct, field
from msgspec.structs import replace

from core.chain.decode import Decoder
from core.effects import Effect, Effects, Now, Offer, Route, StartChild, Tell
from core.market.tape import Tape
from core.messages import FeedBatch, Funded, InsiderFunded, Launched, MarketData, RefoldWatchers
from core.state import creators, young
from core.state.creators import Creators
from core.state.young import Young

GAP_FORGOTTEN_S = 3_600.0
"""Older tokens are no candidates any more, in any profile."""


class State(Struct, kw_only=True):
    """The decoder's counters, the tape's pools, and what was counted. Changed in place: this is the hottest path."""

    decoder: Decoder
    tape: Tape
    batches: int = 0
    events: int = 0
    launches: int = 0
    last_at_s: float = 0.0
    last_slot: int = 0
    gap_at_s: float | None = None
    """When the feed last missed something; None once nobody is left who followed a token over it."""
    told: set[str] = field(default_factory=set)
    """Tokens launched, or told of the gap, since then."""
    young: Young = field(default_factory=Young)
    creators: Creators = field(default_factory=Creators)


FeedMessage = FeedBatch | RefoldWatchers


def begin(decoder: Decoder, tape: Tape, now: Now) -> tuple[State, Effects]:
    return State(decoder=decoder, tape=tape), ()


def step(state: State, message: FeedMessage, now: Now) -> tuple[State, Effects]:
    match message:
        case FeedBatch():
            return _bring(state, message, now)
        case RefoldWatchers():
            young.lost(state.young)
            return state, ()
        case _:
            assert_never(message)


def _bring(state: State, batch: FeedBatch, now: Now) -> tuple[State, Effects]:
    if not batch.slot:
        return state, ()
    state.batches += 1
    state.last_at_s, state.last_slot = batch.at_s, batch.slot
    now.market.see(batch, now.at_s)
    effects: list[Effect] = []
    _note_gap(state, batch)
    if batch.landings:
        effects.append(Tell("venue", batch))
    messages = market_messages(state, batch)
    state.events += len(messages)
    if state.gap_at_s is not None:
        messages = [_after_gap(state, message) for message in messages]
    waiting = [message for transfer in batch.funded for message in _fundings(state, transfer, now)]
    for message in messages:
        if isinstance(message, Launched):
            _route(state, waiting, effects)
            waiting = []
            _begin_token(state, message, now, effects)
        else:
            waiting.append(message)
    _route(state, waiting, effects)
    if state.young.due:
        _refold(state, effects)
    return state, tuple(effects)


def _refold(state: State, effects: list[Effect]) -> None:
    """Start lost watchers again; each is told everything since its launch, and so knows what it knew."""
    for token in young.next_due(state.young):
        name = f"watcher.{token.launched.mint}"
        first = replace(token.launched, skipped=token.launched.skipped + token.is_cut)
        effects.append(StartChild("market", name, first))
        effects += [Offer(name, message) for message in token.messages]


def market_messages(state: State, batch: FeedBatch) -> Sequence[MarketData]:
    """The batch's messages in order: recorded ones as they are, transactions through the decoder and the tape."""
    if not batch.transactions:
        return batch.market
    messages: list[MarketData] = list(batch.market)
    for transaction in batch.transactions:
        events = state.decoder.decode_logs(transaction.logs, transaction.err)
        if events:
            messages += state.tape.take(events, slot=transaction.slot, at_s=batch.at_s, signature=transaction.signature)
    return messages


def _note_gap(state: State, batch: FeedBatch) -> None:
    if batch.gap:
        state.gap_at_s, state.told = batch.at_s, set()
    elif state.gap_at_s is not None and batch.at_s - state.gap_at_s > GAP_FORGOTTEN_S:
        state.gap_at_s, state.told = None, set()


def _after_gap(state: State, message: MarketData) -> MarketData:
    """The first message of each token after a gap says so: what was counted from all its trades is unknown now."""
    if message.mint in state.told:
        return message
    state.told.add(message.mint)
    return message if isinstance(message, Launched) else replace(message, skipped=message.skipped + 1)


def _fundings(state: State, transfer: Funded, now: Now) -> Iterator[MarketData]:
    """Whoever follows a token of this creator hears whom it gave lamports to."""
    for mint in creators.tokens_of(state.creators, transfer.source, now.books):
        yield InsiderFunded(
            mint=mint, at_s=transfer.at_s, slot=transfer.slot, wallet=transfer.wallet, lamports=transfer.lamports
        )


def _begin_token(state: State, message: Launched, now: Now, effects: list[Effect]) -> None:
    state.launches += 1
    creators.launched(state.creators, message)
    young.launched(state.young, message, age_max_s=now.settings.entry.column.age_max_s)
    effects.append(StartChild("market", f"watcher.{message.mint}", message))


def _route(state: State, messages: list[MarketData], effects: list[Effect]) -> None:
    if messages:
        young.seen(state.young, messages)
        effects.append(Route(tuple(messages)))
