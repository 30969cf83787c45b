"""The feed: who gets which message, what a gap leaves unknown, and how lost watchers are told what they had seen."""

from typing import Any

from core.chain.decode import Decoder
from core.effects import Effects, Now, Offer, Route, StartChild, Tell
from core.ledger.books import Books, Operation
from core.market.tape import Tape
from core.messages import (
    FeedBatch,
    Funded,
    InsiderFunded,
    Launched,
    MarketData,
    RefoldWatchers,
    Reserves,
    Settlement,
    Traded,
)
from core.settings import Settings
from core.state import feed, young
from core.types import Side, Venue

RESERVES = Reserves(Venue.CURVE, 30, 1_000, 0, 800)


def launched(mint: str, at_s: float = 0.0) -> Launched:
    return Launched(
        mint=mint, at_s=at_s, slot=1, name=mint, symbol=mint, creator="C", user="C", supply=10**15, reserves=RESERVES
    )


def traded(mint: str, at_s: float = 0.4) -> Traded:
    return Traded(
        mint=mint, at_s=at_s, slot=2, side=Side.BUY, trader="T", quote_lamports=1, tokens=1, reserves=RESERVES
    )


class Feed:
    def __init__(self) -> None:
        self.now = Now(0.0, Books(), Settings())
        self.state, _ = feed.begin(Decoder(), Tape(), self.now)
        self.slot = 0

    def brings(self, *market: Any, at_s: float = 1.0, **batch: Any) -> Effects:
        self.slot += 1
        self.now.at_s = at_s
        message = FeedBatch(slot=self.slot, at_s=at_s, market=market, **batch)
        self.state, effects = feed.step(self.state, message, self.now)
        return effects


def routed(effects: Effects) -> list[MarketData]:
    return [message for effect in effects if isinstance(effect, Route) for message in effect.messages]


def test_a_launch_starts_a_watcher_and_trades_go_to_whoever_follows_the_token() -> None:
    assert Feed().brings(launched("A"), traded("A")) == (
        StartChild("market", "watcher.A", launched("A")),
        Route((traded("A"),)),
    )


def test_our_landings_come_before_the_market_that_they_moved() -> None:
    landing = Settlement(signature="S", slot=1, at_s=1.0)
    effects = Feed().brings(traded("A"), landings=(landing,))
    assert isinstance(effects[0], Tell)
    assert effects[0].to == "venue"


def test_after_a_gap_the_first_message_of_each_older_token_says_that_something_was_missed() -> None:
    one = Feed()
    one.brings(launched("A"))
    effects = one.brings(traded("A"), traded("A"), launched("B"), traded("B"), gap=True)
    skipped = [message.skipped for message in routed(effects)]
    assert skipped == [1, 0, 0]


def test_the_gap_is_forgotten_when_nobody_can_be_a_candidate_any_more_who_lived_through_it() -> None:
    one = Feed()
    one.brings(gap=True)
    one.brings(at_s=feed.GAP_FORGOTTEN_S + 2.0)
    assert one.state.gap_at_s is None


def test_lost_watchers_start_again_with_everything_since_the_launch_in_order() -> None:
    one = Feed()
    one.brings(launched("A"), traded("A", 0.4), launched("B"), traded("A", 0.8))
    one.state, nothing = feed.step(one.state, RefoldWatchers(), one.now)
    assert nothing == ()

    assert one.brings() == (
        StartChild("market", "watcher.A", launched("A")),
        Offer("watcher.A", traded("A", 0.4)),
        Offer("watcher.A", traded("A", 0.8)),
        StartChild("market", "watcher.B", launched("B")),
    )
    assert one.brings() == ()


def test_many_lost_watchers_come_back_a_few_a_batch() -> None:
    one = Feed()
    one.brings(*(launched(f"M{number}") for number in range(50)))
    one.state, _ = feed.step(one.state, RefoldWatchers(), one.now)
    assert [len(one.brings()) for _ in range(4)] == [20, 20, 10, 0]


def test_a_token_with_more_trades_than_are_kept_comes_back_with_unknown_holders() -> None:
    one = Feed()
    one.brings(launched("A"), *(traded("A") for _ in range(young.MESSAGES_KEPT + 1)))
    one.state, _ = feed.step(one.state, RefoldWatchers(), one.now)

    first, *messages = one.brings()

    assert isinstance(first, StartChild)
    assert first.first.skipped == 1  # type: ignore[attr-defined]
    assert len(messages) == young.MESSAGES_KEPT


def test_tokens_too_old_to_be_entered_are_forgotten() -> None:
    one = Feed()
    one.brings(launched("OLD", 0.0))
    age_max_s = one.now.settings.entry.column.age_max_s
    one.brings(launched("NEW", age_max_s + 1.0), at_s=age_max_s + 1.0)
    assert list(one.state.young.tokens) == ["NEW"]


def funded(source: str, wallet: str, at_s: float = 1.0) -> Funded:
    return Funded(at_s=at_s, slot=2, source=source, wallet=wallet, lamports=5)


def test_a_transfer_of_a_creator_is_told_to_whoever_follows_one_of_its_tokens() -> None:
    one = Feed()
    one.brings(launched("A"), launched("B"))
    told = one.brings(funded=(funded("C", "W"), funded("Other", "W")))
    message = InsiderFunded(mint="A", at_s=1.0, slot=2, wallet="W", lamports=5)

    assert routed(told)[0] == message
    assert [message.mint for message in routed(told)] == ["A", "B"]


def test_a_transfer_comes_before_the_trades_of_its_batch() -> None:
    one = Feed()
    one.brings(launched("A"))
    effects = one.brings(traded("A"), funded=(funded("C", "W"),))

    assert [type(message) for message in routed(effects)] == [InsiderFunded, Traded]


def test_creators_of_tokens_that_nobody_can_hold_any_more_are_forgotten() -> None:
    one = Feed()
    one.brings(launched("A"))
    one.brings(launched("B", at_s=5_000.0), at_s=5_000.0)

    assert one.state.creators.tokens == {"C": ("B",)}


def test_a_token_that_we_hold_is_known_by_its_creator_though_its_launch_was_before_the_restart() -> None:
    one = Feed()
    held = Operation(id="op1", mint="A", symbol="A", opened_at_s=0.0, entry_price=1.0, creator="C")
    one.now.books = Books(operations={"op1": held})
    effects = one.brings(funded=(funded("C", "W"),))

    assert [message.mint for message in routed(effects)] == ["A"]


def test_the_feed_is_heard_when_a_batch_comes_not_when_its_block_was_made() -> None:
    one = Feed()
    one.brings(at_s=5.0)
    assert one.now.market.heard_at_s == 5.0
    one.now.at_s = 9.0
    one.state, _ = feed.step(one.state, FeedBatch(slot=9, at_s=6.0), one.now)

    assert (one.now.market.heard_at_s, one.now.market.slot_at_s) == (9.0, 6.0)
