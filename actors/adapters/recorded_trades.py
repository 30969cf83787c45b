"""Recorded trades of graduated tokens: one JSON object a line, a token each, with its swaps on the canonical pool.

The rows are raw. Kept are those of the pool itself (`src` PUMP_AMM) of at least 0.05 SOL with a price within a factor 2
of the median of the last nine kept; the others are dust, rent and trades over several hops. Reserves follow from the
price, because the pool's product k is known. Slots are made up from the time. Creator, holders and authorities are not
recorded: nobody may judge by them (profile `recorded`).
"""

from collections import deque
from collections.abc import Iterable, Iterator
from heapq import merge
from math import ceil, isfinite, isqrt
from pathlib import Path
from statistics import median
from typing import Literal

import msgspec
from msgspec import Struct

from core.errors import Refused
from core.market.curve import START, UNITS_PER_TOKEN
from core.market.reserves import reserves_of
from core.messages import (
    AnyMarketData,
    DataEnded,
    FeedBatch,
    Graduated,
    Launched,
    PoolOpened,
    Reserves,
    SolPriceSeen,
    Traded,
)
from core.types import LAMPORTS_PER_SOL, Side, Venue

SOURCE = "PUMP_AMM"
LEAST_SOL = 0.05
MEDIAN_OF = 9
PRICE_FACTOR = 2.0
POOL_QUOTE_LAMPORTS = 84_990_000_000
POOL_BASE_UNITS = 206_900_000 * UNITS_PER_TOKEN
SLOT_S = 0.4
AFTER_END_S = 64.0
"""Slots go on so long after a token's data end that what was sent then lands or expires."""
PRICE_EVERY_S = 10.0
PRICES = "sol_usd_hourly*.json"


class Swap(Struct, frozen=True):
    """A row as recorded: `sol` and `tokens` are whole units with fractions, `ts` epoch seconds."""

    ts: float
    side: Literal["buy", "sell"]
    sol: float
    tokens: float
    trader: str
    src: str
    sig: str | None = None


class RecordedToken(Struct, frozen=True):
    """A line of the file."""

    mint: str
    pool: str
    created: float
    supply: float
    swaps: list[Swap]


class _Prices(Struct, frozen=True):
    hourly_close: list[tuple[float, float]]


def read_tokens(path: Path) -> list[RecordedToken]:
    """Every token of the file, in order of creation. Refused, in one line, for what is not such a file."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}") from None
    decoder, tokens, seen = msgspec.json.Decoder(RecordedToken), list[RecordedToken](), set[str]()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            token = decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Refused(f"{path}, line {number}: {error}") from None
        if reason := _nonsense(token, seen):
            raise Refused(f"{path}, line {number}: {reason}")
        seen.add(token.mint)
        tokens.append(token)
    if not tokens:
        raise Refused(f"{path} holds no tokens")
    return sorted(tokens, key=lambda token: token.created)


def _nonsense(token: RecordedToken, seen: set[str]) -> str:
    numbers = [token.created, token.supply, *(n for swap in token.swaps for n in (swap.ts, swap.sol, swap.tokens))]
    if not all(isfinite(number) and number >= 0 for number in numbers):
        return "a number is negative or not finite"
    if not token.mint or token.mint in seen:
        return f"the mint {token.mint or '(empty)'} is there twice" if token.mint else "the mint is empty"
    return ""


def kept_swaps(swaps: Iterable[Swap]) -> Iterator[Swap]:
    """The rows that are trades of the pool, in order of time.

    The first nine are kept whatever their price: judged by fewer, a token that falls at once would lose its fall.
    """
    last: deque[float] = deque(maxlen=MEDIAN_OF)
    for swap in sorted(swaps, key=lambda swap: swap.ts):
        if swap.src != SOURCE or swap.sol < LEAST_SOL or swap.tokens <= 0:
            continue
        price = swap.sol / swap.tokens
        if len(last) == MEDIAN_OF and not 1 / PRICE_FACTOR <= price / median(last) <= PRICE_FACTOR:
            continue
        last.append(price)
        yield swap


def reserves_at(lamports: int, units: int) -> Reserves:
    """The canonical pool's reserves where `units` cost `lamports`: Q = √(k·p), B = √(k/p)."""
    product = POOL_QUOTE_LAMPORTS * POOL_BASE_UNITS
    quote, base = isqrt(product * lamports // units), isqrt(product * units // lamports)
    return Reserves(Venue.POOL, quote, base, quote, base)


class RecordedTrades:
    """A `core.ports.Feed` of such a file. `sol_usd` is the price of SOL where no hourly prices lie beside the file."""

    def __init__(self, path: Path, *, sol_usd: float = 80.0) -> None:
        self.name = path.name
        self.tokens = read_tokens(path)
        self.end_s = max(_end_s(token) for token in self.tokens) + AFTER_END_S
        self._prices = _read_prices(path) or [(0.0, sol_usd)]
        self._start_s = self.tokens[0].created
        self._batches = self._play()

    def next(self) -> FeedBatch | None:
        return next(self._batches, None)

    def close(self) -> None:
        self._batches = iter(())

    def _play(self) -> Iterator[FeedBatch]:
        """A batch for every slot in which some token is alive; between tokens, time jumps."""
        events = merge(*(self._events(token) for token in self.tokens), key=lambda event: event.slot)
        waiting: AnyMarketData | None = next(events, None)
        slot = alive_until = 0
        priced_s = 0.0
        ends = {token.mint: self._slot(_end_s(token) + AFTER_END_S) for token in self.tokens}
        while waiting is not None or slot < alive_until:
            slot = slot + 1 if slot < alive_until or waiting is None else waiting.slot
            now: list[AnyMarketData] = []
            while waiting is not None and waiting.slot <= slot:
                now.append(waiting)
                alive_until = max(alive_until, ends[waiting.mint])
                waiting = next(events, None)
            at_s = self._at_s(slot)
            price = None
            if at_s - priced_s >= PRICE_EVERY_S:
                priced_s, usd = at_s, self._usd(at_s)
                price = SolPriceSeen(at_s=at_s, pool_usd=usd, http_usd=usd)
            yield FeedBatch(slot=slot, at_s=at_s, market=tuple(now), sol_price=price)

    def _events(self, token: RecordedToken) -> Iterator[AnyMarketData]:
        mint, slot = token.mint, self._slot(token.created)
        at_s, symbol = self._at_s(slot), token.mint[:6]
        yield Launched(
            mint=mint, at_s=at_s, slot=slot, name=symbol, symbol=symbol, creator="", user="",
            supply=round(token.supply * UNITS_PER_TOKEN), reserves=reserves_of(START),
        )  # fmt: skip
        yield Graduated(mint=mint, at_s=at_s, slot=slot)
        opening = reserves_at(POOL_QUOTE_LAMPORTS, POOL_BASE_UNITS)
        yield PoolOpened(mint=mint, at_s=at_s, slot=slot, pool=token.pool, reserves=opening)
        for swap in kept_swaps(token.swaps):
            slot = max(self._slot(swap.ts), slot)
            lamports, units = round(swap.sol * LAMPORTS_PER_SOL), max(round(swap.tokens * UNITS_PER_TOKEN), 1)
            yield Traded(
                mint=mint, at_s=self._at_s(slot), slot=slot, side=Side(swap.side), trader=swap.trader,
                quote_lamports=lamports, tokens=units, reserves=reserves_at(lamports, units), signature=swap.sig or "",
            )  # fmt: skip
        slot = self._slot(_end_s(token))
        yield DataEnded(mint=mint, at_s=self._at_s(slot), slot=slot)

    def _slot(self, ts: float) -> int:
        """The first slot that begins at `ts` or later."""
        return 1 + max(ceil(round((ts - self._start_s) / SLOT_S, 6)), 0)

    def _at_s(self, slot: int) -> float:
        return self._start_s + (slot - 1) * SLOT_S

    def _usd(self, at_s: float) -> float:
        """The close of the last hour that was over by then; before the first hour ended, its close."""
        over = [usd for hour_s, usd in self._prices if hour_s + 3_600 <= at_s]
        return over[-1] if over else self._prices[0][1]


def _end_s(token: RecordedToken) -> float:
    return max([token.created, *(swap.ts for swap in token.swaps)])


def _read_prices(path: Path) -> list[tuple[float, float]]:
    """Hourly SOL/USD of the files beside the trades, in order of time; empty where there is none."""
    prices: list[tuple[float, float]] = []
    for file in sorted(path.parent.glob(PRICES)):
        try:
            prices += msgspec.json.decode(file.read_bytes(), type=_Prices).hourly_close
        except OSError as error:
            raise Refused(f"{file} cannot be read: {error.strerror}") from None
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Refused(f"{file}: {error}") from None
    if not all(isfinite(usd) and usd > 0 for _, usd in prices):
        raise Refused(f"the prices beside {path} are not all positive")
    return sorted(prices)
