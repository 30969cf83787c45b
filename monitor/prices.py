"""What the tokens we hold have cost since their launch, for the chart."""

from core.errors import MicroError
from core.ledger.books import Operation
from core.market.candles import Candle, Candles
from core.messages import GetPrices, GetYoungTrades, Launched, PoolOpened, Traded
from core.ports import Panel

ASK_S = 0.3
"""A busy actor is not waited for longer; the next look asks again."""


class Prices:
    """One per process. Asks the feed once for what came before an entry, the position each time for the rest."""

    def __init__(self, panel: Panel) -> None:
        self._panel = panel
        self._before: dict[str, tuple[Candle, ...]] = {}
        """By operation; forgotten when it is closed."""

    @property
    def period_s(self) -> float:
        return self._panel.settings.volatility.bar_s

    def candles(self, operation: Operation) -> tuple[Candle, ...]:
        """Oldest first, from the launch where it is remembered, else from the entry. Raises Retryable."""
        since = self._asked(f"position.{operation.mint}", GetPrices())
        if operation.id not in self._before:
            self._before[operation.id] = self._launch(operation.mint)
            self._forget()
        first = since[0].period if since else None
        before = [one for one in self._before[operation.id] if first is None or one.period < first]
        return (*before, *since)

    def _launch(self, mint: str) -> tuple[Candle, ...]:
        try:
            messages = self._panel.directory.ask("feed", GetYoungTrades(mint=mint), ASK_S)
        except MicroError:
            return ()  # the chart begins at the entry
        candles = Candles(self.period_s)
        if isinstance(messages, tuple):
            for message in messages:
                if isinstance(message, Launched | Traded | PoolOpened):
                    candles.see(message.reserves.price, message.at_s)
        return candles.shown()

    def _asked(self, name: str, query: GetPrices) -> tuple[Candle, ...]:
        answer = self._panel.directory.ask(name, query, ASK_S)
        if isinstance(answer, MicroError):
            raise answer
        return answer if isinstance(answer, tuple) else ()

    def _forget(self) -> None:
        operations = self._panel.books().operations
        for operation_id in [known for known in self._before if known not in operations]:
            del self._before[operation_id]
