import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.ledger.books import Books, Operation
from core.messages import Graduated, InsiderFunded, PoolOpened, Reserves, SocialSeen
from core.rules.sentiment import SentimentRule
from core.state import holders, token
from core.state.talk import Talk
from core.types import Side, Venue
from tests.state.tokens import MINT, SOL, START_S, Script, move_on, world

SPAN_S = 60.0
POOL = Reserves(Venue.POOL, 85 * SOL, 206_900_000_000_000, 85 * SOL, 206_900_000_000_000)


def take(seen, *trades):
    for trade in trades:
        token.traded(seen, trade, owners_kept=2_000, span_s=SPAN_S)
    return seen


def begun(script, **launch):
    return token.begin(script.launch(**launch))


def test_the_creation_with_its_own_buy_is_one_transaction():
    script = Script()
    seen = begun(script)

    take(seen, script.buy("creator", SOL, signature="launch"), script.buy("creator", SOL, signature="launch"))
    assert seen.creator_transactions == 1

    take(seen, script.buy("creator", SOL, signature="second"), script.sell("creator", 5, signature="second"))
    assert seen.creator_transactions == 2


def test_without_the_launchs_signature_the_creators_first_trade_of_its_slot_is_its_own_buy():
    script = Script()
    seen = begun(script, signature="")
    take(seen, script.buy("creator", SOL, signature="x"), script.buy("creator", SOL, signature="x"))
    assert seen.creator_transactions == 1

    take(seen, script.buy("creator", SOL, signature="y"))
    assert seen.creator_transactions == 2


def test_a_later_buy_of_the_creator_is_a_transaction_of_its_own():
    script = Script()
    seen = begun(script, signature="")
    script.wait(10)

    assert take(seen, script.buy("creator", SOL)).creator_transactions == 2


def test_who_signed_the_creation_counts_as_its_creator():
    script = Script()
    seen = begun(script, user="signer")
    take(seen, script.buy("signer", SOL, signature="launch"))
    script.wait(5)
    take(seen, script.sell("signer", 1_000))

    assert (seen.creator_transactions, seen.creator_sold_units) == (2, 1_000)


def test_a_skipped_trade_makes_every_count_unknown():
    script, now = Script(), world()
    seen = begun(script)
    take(seen, script.buy("a", SOL, skipped=1))

    sight = token.sight(seen, now)

    assert (sight.holders, sight.creator_transactions) == (None, None)


def test_a_launch_taken_up_late_has_unknown_counts():
    sight = token.sight(begun(Script(), skipped=1), world())

    assert (sight.holders, sight.creator_transactions) == (None, None)


def test_between_curve_and_pool_it_cannot_be_traded():
    script, now = Script(), world()
    seen = begun(script)
    token.graduated(seen, Graduated(mint=MINT, at_s=START_S, slot=1_001))
    assert token.sight(seen, now).untradable

    token.pool_opened(seen, PoolOpened(mint=MINT, at_s=START_S, slot=1_002, pool="p", reserves=POOL), span_s=SPAN_S)
    assert not token.sight(seen, now).untradable
    assert seen.reserves == POOL


def test_what_is_not_quoted_in_sol_or_is_a_mayhem_coin_is_never_tradable():
    script = Script()
    assert begun(script, quote_mint="usdc").untradable_for_ever
    assert begun(script, mayhem=True).untradable_for_ever

    opened = PoolOpened(mint=MINT, at_s=START_S, slot=1, pool="p", reserves=POOL, quote_mint="usdc")
    seen = begun(script)
    token.pool_opened(seen, opened, span_s=SPAN_S)
    assert seen.untradable_for_ever


def test_it_is_as_far_behind_as_the_newest_slot_is_ahead_of_what_was_seen():
    script, now = Script(), world()
    seen = begun(script)
    script.wait(3)
    move_on(now, script)

    assert token.sight(seen, now).lag_s == 3.0
    assert token.sight(take(seen, script.buy("a", SOL)), now).lag_s == 0.0


def test_peaks_are_those_of_the_last_60_seconds():
    script, now = Script(), world()
    seen = begun(script)
    take(seen, script.buy("a", 10 * SOL))
    high = seen.reserves.price
    script.wait(1)
    take(seen, script.sell("a"))
    move_on(now, script)
    assert token.sight(seen, now).highest_price == high

    script.wait(61)
    move_on(now, script)
    assert token.sight(seen, now).highest_price == seen.reserves.price


def test_without_room_a_token_is_weighed_by_the_share_an_entry_will_have_again():
    script, now = Script(), world(lightning_lamports=10_000_000)
    seen = begun(script)
    broke = token.sight(seen, now).stake_lamports

    held = Operation(id="op1", mint="other", symbol="", opened_at_s=0.0, entry_price=1.0, entry_lamports=40_000_000)
    now.books = replace(now.books, operations={"op1": held})

    assert broke < 8_000_000
    assert token.sight(seen, now).stake_lamports == 40_000_000


def test_a_token_that_we_hold_is_remembered():
    now = world()
    held = Operation(id="op1", mint=MINT, symbol="", opened_at_s=0.0, entry_price=1.0)
    now.books = Books(operations={"op1": held})

    assert token.sight(begun(Script()), now).held_until_s == now.at_s


def test_with_a_social_source_what_is_said_of_it_is_judged_and_of_whom_nobody_speaks_no_mood_is_known():
    now = world()
    seen = begun(Script())
    assert not token.sight(seen, now).social_source

    now.market.social = Talk(SentimentRule())
    sight = token.sight(seen, now)
    assert (sight.social_source, sight.mentions, sight.sentiment, sight.social_score) == (True, 0, None, 0.0)

    now.market.social.take(SocialSeen(mint=MINT, at_s=now.at_s, text="moon", score=0.5), now.at_s)
    sight = token.sight(seen, now)
    assert (sight.mentions, sight.sentiment) == (1, 0.5)
    assert sight.social_score == pytest.approx(0.75 / 50)


TRADES = st.lists(
    st.tuples(st.sampled_from(["creator", "a", "b", "c"]), st.booleans(), st.integers(0, 3), st.integers(0, 20)),
    max_size=40,
)


@given(TRADES)
def test_what_was_seen_equals_a_ledger_kept_by_hand(steps):
    script = Script()
    seen = begun(script)
    transactions, last, volume, sold = 1, "launch", 0, 0
    for trader, buys, signature, wait_s in steps:
        script.wait(wait_s)
        name = f"{trader}.{signature}.{script.slot}"
        if buys or not script.held.get(trader):
            trade = script.buy(trader, SOL // 10, signature=name)
        else:
            trade = script.sell(trader, signature=name)
        take(seen, trade)
        volume += trade.quote_lamports
        if trader == "creator":
            sold += trade.tokens if trade.side is Side.SELL else 0
            transactions += name != last
            last = name

    assert seen.volume_lamports == volume
    assert seen.creator_sold_units == sold
    assert holders.count(seen.holders) == sum(units > 0 for units in script.held.values())
    assert seen.creator_transactions == transactions


def test_a_wallet_that_the_creator_funded_sells_on_the_creators_account() -> None:
    script = Script()
    seen = token.begin(script.launch())
    take(seen, script.buy("friend", SOL))
    token.insider_funded(seen, InsiderFunded(mint=MINT, at_s=script.at_s, slot=1, wallet="friend", lamports=1))
    sale = script.sell("friend")
    take(seen, sale)

    assert seen.creator_sold_units == sale.tokens
    assert token.insiders_sell(seen, sale)
    assert not token.insiders_sell(seen, script.buy("other", SOL))
    assert seen.creator_transactions == 1
