"""What we are worth now: the books' lamports and rent, and open positions at sale price.

A position tells its own sale value; until it has (after a restart, right after a fill) the reserves of our last fill
price it.
"""

from collections.abc import Mapping

from core.effects import Now
from core.ledger.books import Operation
from core.market.fees import rates_of
from core.market.quotes import sell
from core.market.reserves import venue_of


def sale_lamports(operation: Operation, values: Mapping[str, int]) -> int | None:
    """What selling the operation's tokens brings, net of market fees; None where nothing prices it."""
    told = values.get(operation.mint)
    if told is not None or operation.reserves is None:
        return told
    venue = venue_of(operation.reserves)
    quote = sell(venue, operation.tokens, rates_of(venue))
    return quote.total_lamports if quote is not None else 0


def open_lamports(now: Now, values: Mapping[str, int]) -> int | None:
    """All open positions at sale price; None while one of them cannot be priced."""
    sales = [sale_lamports(operation, values) for operation in now.books.operations.values()]
    known = [sale for sale in sales if sale is not None]
    return sum(known) if len(known) == len(sales) else None


def equity_lamports(now: Now, values: Mapping[str, int]) -> int | None:
    """Equity as rules.md defines it; None while an open position cannot be priced."""
    sales = open_lamports(now, values)
    return None if sales is None else now.books.flat_equity_lamports() + sales


def result_of_day_lamports(now: Now, values: Mapping[str, int]) -> int | None:
    """Realised and open result of the day; None while an open position cannot be priced.

    The books realise an operation's net when it closes; until then all of it, partial exits included, counts as open.
    """
    sales = open_lamports(now, values)
    if sales is None:
        return None
    books = now.books
    # The day may have turned since the last record.
    realised = books.realised_today_lamports if books.day == int(now.at_s // 86_400) else 0
    return realised + sales + sum(operation.net_lamports for operation in books.operations.values())
