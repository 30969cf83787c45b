from msgspec.structs import replace

from core.effects import Now
from core.ledger.fold import apply
from core.market.fees import rates_of
from core.market.quotes import sell as quote_of
from core.market.reserves import venue_of
from core.settings import Settings
from core.state.equity import equity_lamports, open_lamports, result_of_day_lamports, sale_lamports
from tests.ledger.journal import RESERVES, bought, buy, closing, opened, sell, sold, through

DAY = 86_400.0


def holding() -> Now:
    order = buy(lamports=10_000_000)
    books = through(opened(), order, bought(order, 1_000_000_000))
    return Now(1_000.0, books, Settings())


def test_equity_is_lamports_rent_and_positions_at_sale_price():
    now = holding()

    spent = 10_000_000 + 5_000
    assert equity_lamports(now, {"M": 7_000_000}) == 250_000_000 - spent + 7_000_000


def test_until_a_position_tells_its_value_the_reserves_of_our_fill_price_it():
    now = holding()
    operation = now.books.operations["op1"]
    quote = quote_of(venue_of(RESERVES), operation.tokens, rates_of(venue_of(RESERVES)))

    assert quote is not None
    assert sale_lamports(operation, {}) == quote.total_lamports
    assert open_lamports(now, {}) == quote.total_lamports


def test_a_position_that_nothing_prices_leaves_equity_unknown():
    now = holding()
    blind = replace(now.books.operations["op1"], reserves=None)
    now.books = replace(now.books, operations={"op1": blind})

    assert open_lamports(now, {}) is None
    assert equity_lamports(now, {}) is None
    assert result_of_day_lamports(now, {}) is None
    assert equity_lamports(now, {"M": 0}) is not None


def test_lamports_that_others_send_are_no_gain_and_what_went_to_the_cold_address_is_no_loss():
    now = holding()
    before = equity_lamports(now, {"M": 0})
    accounts = now.books.accounts
    gift = {"wallet:reentry": accounts["wallet:reentry"] + 500, "external": accounts["external"] - 500}
    now.books = replace(now.books, accounts=accounts | gift)
    assert equity_lamports(now, {"M": 0}) == before

    cold = {"wallet:psychology": accounts["wallet:psychology"] - 900, "cold": 900}
    now.books = replace(now.books, accounts=now.books.accounts | cold)
    assert equity_lamports(now, {"M": 0}) == before


def test_the_days_result_is_what_was_realised_and_what_is_open():
    now = holding()
    assert result_of_day_lamports(now, {"M": 9_000_000}) == 9_000_000 - 10_005_000

    order = sell(500_000_000)
    now.books = through(now.books, order, sold(order, 6_000_000))
    assert result_of_day_lamports(now, {"M": 4_000_000}) == 4_000_000 + 5_940_000 - 5_000 - 10_005_000


def test_yesterdays_result_is_gone_at_midnight_though_no_record_came():
    now = holding()
    books = apply(now.books, closing(now.books, at_s=DAY - 1))
    now.books, now.at_s = books, DAY - 0.5
    assert result_of_day_lamports(now, {}) == -10_005_000

    now.at_s = DAY
    assert result_of_day_lamports(now, {}) == 0
