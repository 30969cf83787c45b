"""What a run of the simulated market shows an observer: one row a token, one account a wallet, sizes of trades.

Reads decoded messages only. Amounts are lamports, prices are in start prices of the curve, times are market time.
"""

from math import inf

from msgspec import Struct

from core.market.curve import START, START_VIRTUAL_BASE_UNITS
from core.market.fees import CURVE_RATES
from core.messages import AnyMarketData, Graduated, Launched, Traded
from core.types import Side, Venue

EARLY_S = 300.0
"""The recorded tokens cover their first 300 s."""
FEE_SHARE = CURVE_RATES.total_bps / 10_000
"""Curve and young pools take the same 1.25 %."""
_START_PRICE = START.virtual_quote / START_VIRTUAL_BASE_UNITS


class TokenRow(Struct, kw_only=True):
    """One token's life so far."""

    launched_s: float
    launched_slot: int
    creator: str
    curve_trades: int = 0
    graduated_s: float = inf
    """Seconds after the launch; infinite while it has not."""
    last_trade_s: float = 0.0
    first_slot_lamports: int = 0
    """Bought in the creation slot by others than the creator."""
    peak: float = 1.0
    peak_s: float = 0.0
    price: float = 1.0
    liquidity_lamports: int = 0
    worst_slot_fall: float = 0.0
    """Largest fall of the price between the ends of two slots with trades."""
    slot: int = 0
    before_slot: float = 1.0
    early_buys: list[int] = []
    early_sells: list[int] = []
    """Pool trades of the first 300 s."""
    sold: list[tuple[float, str, int]] = []
    """(seconds since launch, wallet, token units) of the first sales."""


SALES_KEPT = 200


class Census(Struct):
    """All tokens and wallets that a run has shown."""

    tokens: dict[str, TokenRow] = {}
    flows: dict[str, float] = {}
    """Lamports per wallet, negative while it has paid more than it got, fees included."""
    bags: dict[tuple[str, str], int] = {}
    """Token units by (wallet, mint)."""

    def see(self, events: tuple[AnyMarketData, ...]) -> None:
        """Count a slot's messages."""
        for event in events:
            if isinstance(event, Traded):
                row = self.tokens.get(event.mint)
                if row is not None:
                    _trade(row, event)
                    self._account(event)
            elif isinstance(event, Launched):
                self.tokens[event.mint] = TokenRow(
                    launched_s=event.at_s, launched_slot=event.slot, creator=event.creator
                )
            elif isinstance(event, Graduated):
                row = self.tokens[event.mint]
                row.graduated_s = event.at_s - row.launched_s

    def profits(self, worthless: frozenset[str] = frozenset()) -> dict[str, float]:
        """Lamports won or lost by wallet. Tokens held count at the last price less fees, `worthless` ones at 0."""
        profits = dict(self.flows)
        for (wallet, mint), tokens in self.bags.items():
            price = 0.0 if mint in worthless else self.tokens[mint].price
            profits[wallet] += tokens * price * _START_PRICE * (1.0 - FEE_SHARE)
        return profits

    def _account(self, event: Traded) -> None:
        bag = (event.trader, event.mint)
        bought = event.side is Side.BUY
        paid = event.quote_lamports * (-1.0 - FEE_SHARE if bought else 1.0 - FEE_SHARE)
        self.flows[event.trader] = self.flows.get(event.trader, 0.0) + paid
        held = self.bags.get(bag, 0) + (event.tokens if bought else -event.tokens)
        if held > 0:
            self.bags[bag] = held
        else:
            self.bags.pop(bag, None)


def _trade(row: TokenRow, event: Traded) -> None:
    since_s = event.at_s - row.launched_s
    if event.slot != row.slot:
        row.slot, row.before_slot = event.slot, row.price
    row.price = event.reserves.quote / event.reserves.base / _START_PRICE
    row.worst_slot_fall = max(row.worst_slot_fall, 1.0 - row.price / row.before_slot)
    row.last_trade_s = event.at_s
    row.liquidity_lamports = event.reserves.real_quote
    if row.price > row.peak:
        row.peak, row.peak_s = row.price, since_s
    if event.reserves.venue is Venue.CURVE:
        row.curve_trades += 1
    elif since_s < EARLY_S:
        (row.early_buys if event.side is Side.BUY else row.early_sells).append(event.quote_lamports)
    if event.side is Side.SELL:
        if len(row.sold) < SALES_KEPT:
            row.sold.append((since_s, event.trader, event.tokens))
    elif event.slot == row.launched_slot and event.trader != row.creator:
        row.first_slot_lamports += event.quote_lamports
