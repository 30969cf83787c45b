from msgspec.structs import replace

from actors.adapters.chain.tidings import MOST_WAITING, Tidings, ToldFeed
from core.chain.programs import PUMP
from core.chain.wire import log_lines
from core.messages import AccountsChanged, FeedBatch, Funded, RawTransaction
from tests.chain.build.coins import key
from tests.chain.states import TRADE
from tests.market.paper.test_feed import Script

BATCH = FeedBatch(slot=5, at_s=2.0)


def trade(mint: str, left: int = 5, err: str | None = None) -> RawTransaction:
    event = replace(TRADE, mint=mint, real_token_reserves=left)
    return RawTransaction(f"signature of {mint}", 5, err, tuple(log_lines(PUMP, [event])))


def test_everything_is_told_once_with_the_next_batch():
    told = Tidings()
    told.price("pool", 80.0)
    told.priority(30_000)
    told.funded("creator", "friend", 7)
    told.changed("mint")
    told.changed("mint")

    batch = told.into(BATCH)
    assert batch.sol_price is not None
    assert (batch.sol_price.pool_usd, batch.sol_price.http_usd) == (80.0, None)
    assert batch.priority_lamports == 30_000
    assert batch.funded == (Funded(at_s=2.0, slot=5, source="creator", wallet="friend", lamports=7),)
    assert batch.market == (AccountsChanged(mint="mint", at_s=2.0, slot=5),)
    assert told.into(BATCH) is BATCH


def test_a_silent_batch_takes_nothing_along():
    told = Tidings()
    told.priority(30_000)
    silent = FeedBatch(slot=0, at_s=2.0)

    assert told.into(silent) is silent
    assert told.into(BATCH).priority_lamports == 30_000


def test_what_waits_is_bounded():
    told = Tidings()
    for number in range(MOST_WAITING + 10):
        told.funded("creator", f"wallet {number}", 1)
        told.changed(f"mint {number}")

    batch = told.into(BATCH)
    assert (len(batch.funded), len(batch.market)) == (MOST_WAITING, MOST_WAITING)
    assert batch.funded[-1].wallet == f"wallet {MOST_WAITING + 9}"


def test_a_feed_takes_tidings_along_and_knows_what_trades():
    told = Tidings()
    told.priority(30_000)
    mints = [str(key(name)) for name in ("one", "full", "failed")]
    traded = (trade(mints[1], left=0), trade(mints[2], err="{}"), trade(mints[0]))
    script = Script(replace(BATCH, transactions=traded), BATCH)
    feed = ToldFeed(script, told)

    first, second = feed.next(), feed.next()
    assert first is not None
    assert first.priority_lamports == 30_000
    assert second is not None
    assert second.priority_lamports == 0
    assert feed.recent() == (mints[0],)
    assert feed.next() is None
    feed.close()
    assert script.closed
