"""One actor per open position: from the first fill until flat."""

from time import monotonic

from typing_extensions import override

from actors.base import Context
from actors.machine import MachineActor
from actors.services import services_of
from core.effects import Effects, Now
from core.errors import Refused
from core.market.candles import Candles
from core.messages import GetPrices, Message, PlaceOrder, PoolOpened, Query, Traded, Undelivered
from core.state import position


class PositionActor(MachineActor[position.PositionMessage, position.Position]):
    def __init__(self, context: Context) -> None:
        super().__init__(context)
        services = services_of(context.system)
        self._timings = services.timings
        self.candles = Candles(services.settings.volatility.bar_s)
        """For whoever looks; the machine has its own memory of prices."""

    @override
    def begin(self, now: Now) -> tuple[position.Position, Effects]:
        begun = position.begin(self.context.args, now)
        operation = now.books.operations.get(begun[0].operation_id)
        if operation is not None:
            bought = [(price, at_s) for at_s, price, _ in operation.entries]
            sold = [(fill.price, fill.at_s) for fill in operation.exits]
            self.candles.see_all(sorted(bought + sold, key=lambda seen: seen[1]))
        return begun

    @override
    def step(
        self, state: position.Position, message: position.PositionMessage, now: Now
    ) -> tuple[position.Position, Effects]:
        stepped = position.step(state, message, now)
        if isinstance(message, Traded | PoolOpened):
            self.candles.see(message.reserves.price, message.at_s)
        return stepped

    @override
    def answer(self, query: Query) -> object:
        if isinstance(query, GetPrices):
            return self.candles.shown()
        return Refused(f"{self.name} answers no {type(query).__name__}")

    @override
    def view(self) -> position.PositionView | None:
        return position.view(self.state, self.fresh()) if self.begun else None

    @override
    def _told(self, to: str, message: Message) -> Undelivered | None:
        if isinstance(message, PlaceOrder):
            self._timings.decided(message.order.id, monotonic() if self.since_s is None else self.since_s)
        return super()._told(to, message)
