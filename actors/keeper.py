"""A keeper's actor: it has something read again and again, in its own greenlet, and shows how that goes."""

from collections.abc import Sequence
from time import monotonic
from typing import Protocol

import gevent
from msgspec import Struct
from msgspec.structs import replace
from typing_extensions import override

from actors.base import Actor, Context
from actors.services import services_of
from core.errors import MicroError, Refused
from core.messages import Message, RaiseAlert
from core.state.market_now import MarketNow

LEAST_S = 0.05
"""Between two readings, however long one took."""


class Keeper(Protocol):
    """See `actors.adapters.chain.keepers`."""

    every_s: float

    def refresh(self, at_s: float, market: MarketNow) -> Sequence[RaiseAlert]:
        """Read once more; `at_s` is market time. May block and raise MicroError. Returns what a person must know."""
        ...

    def view(self) -> object: ...


class KeeperView(Struct, frozen=True, kw_only=True):
    """`age_s`: since the last success, None before the first."""

    readings: int
    failures: int
    age_s: float | None
    last_error: str
    value: object


class KeeperActor(Actor[Message]):
    """`args` is the Keeper. Its crash is the actor's; an error that is expected only waits for the next turn."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.keeper: Keeper = context.args
        self.readings = self.failures = 0
        self.read_s: float | None = None
        self.last_error = ""

    @override
    def on_begin(self) -> None:
        self.spawn(self._keep)

    @override
    def handle(self, message: Message) -> object:
        return Refused(f"{self.name} takes no messages")

    @override
    def view(self) -> KeeperView:
        return KeeperView(
            readings=self.readings,
            failures=self.failures,
            age_s=None if self.read_s is None else monotonic() - self.read_s,
            last_error=self.last_error,
            value=self.keeper.view(),
        )

    def _keep(self) -> None:
        self.system.wait_begun()
        market = services_of(self.system).market
        while True:
            began_s = monotonic()
            try:
                alerts = self.keeper.refresh(self.clock.now_s, market)
            except MicroError as error:
                self.failures += 1
                self.last_error = f"{type(error).__name__}: {error}"
            else:
                self.readings += 1
                self.read_s = began_s
                for alert in alerts:
                    self.directory.tell("notifier", replace(alert, at_s=self.clock.now_s))
            gevent.sleep(max(self.keeper.every_s - (monotonic() - began_s), LEAST_S))
