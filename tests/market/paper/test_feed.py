from core.chain.decode import Decoder
from core.chain.programs import PUMP
from core.chain.pump import TradeEvent
from core.chain.wire import log_lines
from core.market.curve import START, after_buy, buy_cost, buy_tokens
from core.market.paper.feed import PaperFeed
from core.market.paper.landing import PaperRule
from core.market.paper.transaction import VENUE
from core.market.paper.venue import PaperVenue, wallet_address
from core.market.reserves import reserves_of
from core.market.tape import Tape
from core.messages import FeedBatch, RawTransaction, Traded
from core.types import Role
from tests.market.paper.orders import buy, funded

MINT = wallet_address(1, Role.LIGHTNING, 99)
TRADER = wallet_address(1, Role.LIGHTNING, 98)
SURE = PaperRule(failed_share=0.0, missed_share=0.0, landing_shares=(1.0,))
FIRST = after_buy(START, 10**13, buy_cost(START, 10**13))
SECOND = after_buy(FIRST, 10**13, buy_cost(FIRST, 10**13))


class Script:
    """A feed of prepared batches."""

    name = "script"

    def __init__(self, *batches: FeedBatch) -> None:
        self.batches = list(batches)
        self.closed = False

    def next(self) -> FeedBatch | None:
        return self.batches.pop(0) if self.batches else None

    def close(self) -> None:
        self.closed = True


def batch(slot: int, *curves: object) -> FeedBatch:
    raw = []
    for curve in curves:
        reserves = reserves_of(curve)  # type: ignore[arg-type]
        event = TradeEvent(
            MINT, 7, 10**13, True, TRADER, 100, reserves.quote, reserves.base, reserves.real_quote, reserves.real_base
        )
        raw.append(RawTransaction(f"t{slot}", slot, None, tuple(log_lines(PUMP, [event]))))
    return FeedBatch(slot=slot, at_s=slot * 0.4, transactions=tuple(raw))


def paper(*batches: FeedBatch) -> PaperFeed:
    return PaperFeed(Script(*batches), PaperVenue(SURE, 7, funded()), Decoder(), Tape())


def test_raw_transactions_come_out_as_market_messages():
    feed = paper(batch(5, FIRST))

    out = feed.next()

    assert out is not None
    assert out.transactions == ()
    (message,) = out.market
    assert isinstance(message, Traded)
    assert (message.mint, message.reserves, message.signature) == (MINT, reserves_of(FIRST), "t5")


def test_our_buy_meets_the_reserves_after_the_trades_of_its_slot_and_is_seen_by_all():
    feed = paper(batch(5, FIRST), batch(6, SECOND), batch(7, SECOND))
    feed.next()
    feed.venue.submit(buy(mint=MINT), "ours", 155)

    out = feed.next()

    assert out is not None
    (settlement,) = out.landings
    assert (settlement.slot, settlement.error) == (6, "")
    spent = -settlement.quote_lamports
    assert settlement.tokens == buy_tokens(SECOND, spent)
    theirs, ours = out.market
    assert isinstance(ours, Traded)
    assert ours.trader == wallet_address(7, Role.LIGHTNING, 0)
    assert ours.reserves == settlement.reserves == reserves_of(after_buy(SECOND, settlement.tokens, spent))
    later = feed.next()
    assert later is not None
    assert isinstance(later.market[0], Traded)
    assert later.market[0].reserves == ours.reserves
    assert isinstance(theirs, Traded)
    assert theirs.reserves == reserves_of(SECOND)


def test_what_was_to_land_in_a_slot_that_the_feed_left_out_meets_the_reserves_before():
    feed = paper(batch(5, FIRST), batch(90, SECOND))
    feed.next()
    feed.venue.submit(buy(mint=MINT), "ours", 155)

    out = feed.next()

    assert out is not None
    (settlement,) = out.landings
    assert settlement.slot == 6
    assert abs(settlement.at_s - 2.4) < 1e-9
    assert settlement.tokens == buy_tokens(FIRST, -settlement.quote_lamports)


def test_an_order_for_a_token_that_the_feed_never_showed_fails():
    feed = paper(batch(5), batch(6))
    feed.next()
    feed.venue.submit(buy(mint=TRADER), "ours", 155)

    out = feed.next()

    assert out is not None
    assert out.landings[0].error == VENUE


def test_the_end_of_the_inner_feed_is_the_end_and_closing_closes_it():
    script = Script()
    feed = PaperFeed(script, PaperVenue(SURE, 7), Decoder(), Tape())

    assert feed.next() is None
    feed.close()
    assert script.closed
