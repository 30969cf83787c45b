"""The feed actor: turns batches of its source into market data, and pumps the source when time is real."""

import time
from time import monotonic, perf_counter

import gevent
from msgspec import Struct
from typing_extensions import override

from actors.base import Context
from actors.machine import MachineActor
from actors.services import services_of
from core.effects import Effects, Now
from core.errors import Refused
from core.messages import FeedBatch, GetYoungTrades, PauseEntries, Query, RaiseAlert
from core.rules import market_time
from core.rules.market_time import Anchor
from core.state import feed, young

SETTLE_S = 2.0
"""How long the embedded market waits for its consumers; past it a hung actor must not stop everybody's time."""


class FeedView(Struct, frozen=True, kw_only=True):
    """What the monitor sees. `age_s` is real time since the last batch."""

    source: str
    batches: int
    events: int
    launches: int
    last_slot: int
    last_at_s: float
    age_s: float | None
    events_by_kind: dict[str, int]
    """Decoded events by program and kind, as `pump.trade`; more than `events`, for not each one is a market message."""
    undecodable: dict[str, int]
    ended: bool


class FeedActor(MachineActor[feed.FeedMessage, feed.State]):
    """Its pump is a helper greenlet: the source may block it, and its crash is this actor's crash."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.services = services_of(context.system)
        self.seen_s: float | None = None
        self.anchor: Anchor | None = None
        self.block_at_s = 0.0
        self.ended = False

    @override
    def begin(self, now: Now) -> tuple[feed.State, Effects]:
        if self.services.paced:
            self.spawn(self._pump)
            if not self.services.source_waits:
                self.spawn(self._beat)
        return feed.begin(self.services.decoder, self.services.tape, now)

    @override
    def step(self, state: feed.State, message: feed.FeedMessage, now: Now) -> tuple[feed.State, Effects]:
        if not (isinstance(message, FeedBatch) and not message.slot):
            self.seen_s = monotonic()
        if not (isinstance(message, FeedBatch) and message.transactions):
            return feed.step(state, message, now)
        began_s = perf_counter()
        stepped = feed.step(state, message, now)
        self.services.timings.decode.add(perf_counter() - began_s)
        return stepped

    @override
    def answer(self, query: Query) -> object:
        if isinstance(query, GetYoungTrades):
            return young.remembered(self.state.young, query.mint)
        return Refused(f"{self.name} answers no {type(query).__name__}")

    @override
    def view(self) -> FeedView:
        state = self.state
        return FeedView(
            source=self.services.feed.name,
            batches=state.batches,
            events=state.events,
            launches=state.launches,
            last_slot=state.last_slot,
            last_at_s=state.last_at_s,
            age_s=None if self.seen_s is None else monotonic() - self.seen_s,
            events_by_kind=dict(state.decoder.kinds),
            undecodable=dict(state.decoder.undecodable),
            ended=self.ended,
        )

    def _pump(self) -> None:
        """Bring the source's batches, one by one, in market time; the next only when the last one's work is done."""
        self.system.wait_begun()
        pace = Pace(self.services.settings.runtime.clock_speed)
        while (batch := self.services.feed.next()) is not None:
            self.clock.move(batch.at_s if self.services.source_waits else self._seen(batch.at_s))
            self.directory.tell(self.name, batch)
            if self.services.source_waits:
                self.directory.settle(SETTLE_S)
                pace.wait(batch.at_s)
        self.ended = True
        self.services.source_ended.set()

    def _seen(self, block_at_s: float) -> float:
        """Market time once a block of this time has come from a live feed."""
        # The first block of a run is its anchor, whatever was held before the restart.
        before = self.anchor if self.block_at_s else None
        self.block_at_s, real_s = block_at_s, monotonic()
        holding = bool(self.services.books().operations)
        self.anchor = market_time.anchored(before, block_at_s=block_at_s, real_s=real_s, holding=holding)
        now_s = market_time.now_s(self.anchor, block_at_s=block_at_s, real_s=real_s)
        # Heard before time moves up to it: what the process itself slept through was no silence of the feed.
        self.services.market.heard_at_s = now_s
        return now_s

    def _beat(self) -> None:
        """While a live feed is silent, time goes on: hold times, and the seconds of the silence itself."""
        self.system.wait_begun()
        rule = self.services.settings.wall_clock
        wall_s, real_s = time.time(), monotonic()
        if self.anchor is None:
            # A node that never answers is silent from here on.
            self.anchor = Anchor(self.clock.now_s, real_s)
            self.services.market.heard_at_s = self.clock.now_s
        while not self.ended:
            gevent.sleep(rule.look_every_s)
            if self.services.books().operations:
                now_s = market_time.now_s(self.anchor, block_at_s=self.block_at_s, real_s=monotonic())
                self.clock.advance(now_s)
            before_s, wall_s = (wall_s, real_s), time.time()
            real_s = monotonic()
            self._judge_wall(
                market_time.jump_s(wall_before_s=before_s[0], wall_s=wall_s, real_before_s=before_s[1], real_s=real_s)
            )

    def _judge_wall(self, jumped_s: float) -> None:
        verdict = market_time.wall_verdict(self.services.settings.wall_clock, jumped_s)
        if verdict.ok:
            return
        now_s = self.clock.now_s
        self.directory.tell("commandments", PauseEntries(by="wall clock", why=verdict.reason))
        alert = RaiseAlert(key="wall_clock", severity="critical", text=verdict.reason, at_s=now_s)
        self.directory.tell("notifier", alert)


class Pace:
    """Keeps market time at `speed` times real time; a source that falls behind starts anew, it does not catch up."""

    def __init__(self, speed: float) -> None:
        self.speed = speed
        self.began_s = monotonic()
        self.began_at_s: float | None = None
        self.last_at_s = 0.0

    def wait(self, at_s: float) -> None:
        """Sleep until market time `at_s` is due; at least give way to other greenlets."""
        if self.began_at_s is None:
            self.began_at_s = self.last_at_s = at_s
        gap_s, self.last_at_s = at_s - self.last_at_s, at_s
        ahead_s = (at_s - self.began_at_s) / self.speed - (monotonic() - self.began_s)
        if ahead_s < -1.0 or gap_s > MOST_GAP_S:
            # Behind (a busy machine, a suspended one), or a gap in a recording: time starts anew from here.
            self.began_s, self.began_at_s = monotonic(), at_s
            ahead_s = 0.0
        gevent.sleep(max(0.0, ahead_s))


MOST_GAP_S = 60.0
"""Market time. A longer silence in a recording is a gap between its tokens and not waited for, at any speed."""
