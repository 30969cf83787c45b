from time import monotonic

import gevent
import pytest

from actors.adapters.chain.keepers import (
    BlockhashKeeper,
    FeeKeeper,
    PriceKeeper,
    ProgramsKeeper,
    SlotKeeper,
    percentile,
)
from actors.adapters.chain.tidings import Tidings
from actors.adapters.rpc.errors import NoEndpoint, RpcError
from core.chain.programs import SYSTEM
from core.errors import Retryable
from core.messages import FeedBatch
from core.rules.rpc import RpcRule
from core.rules.sol_price import SolSourceRule
from core.state.market_now import MarketNow
from tests.actors.adapters.chain.scripted import ScriptedChain
from tests.actors.adapters.rpc.server import Failure
from tests.chain.build.coins import key

RULE = RpcRule()
BATCH = FeedBatch(slot=5, at_s=2.0)


def hashed(chain: ScriptedChain, height: int) -> None:
    value = {"blockhash": SYSTEM, "lastValidBlockHeight": height}
    chain.replies["getLatestBlockhash"] = lambda _: chain.at_slot(value)


def test_a_blockhash_is_kept_and_an_older_one_never_comes_back(chain: ScriptedChain):
    keeper = BlockhashKeeper(chain.node, RULE)
    assert keeper.current() is None
    for height, kept in ((1_150, 1_150), (1_160, 1_160), (1_140, 1_160)):
        hashed(chain, height)
        keeper.refresh(0.0, MarketNow())
        newest = keeper.current()
        assert newest is not None
        assert newest.last_valid_block_height == kept


def test_an_old_blockhash_is_none(chain: ScriptedChain, monkeypatch: pytest.MonkeyPatch):
    keeper = BlockhashKeeper(chain.node, RULE)
    hashed(chain, 1_150)
    keeper.refresh(0.0, MarketNow())
    chain.replies["getLatestBlockhash"] = Failure(-32603)
    with pytest.raises(RpcError):
        keeper.refresh(0.0, MarketNow())
    assert keeper.current() is not None

    later_s = monotonic() + RULE.blockhash_max_age_s + 1
    monkeypatch.setattr("actors.adapters.chain.keepers.monotonic", lambda: later_s)
    assert keeper.current() is None


def test_every_endpoint_is_asked_for_its_slot(chain: ScriptedChain):
    chain.replies["getSlot"] = lambda _: chain.slot
    market = MarketNow(slot=1_007)
    SlotKeeper(chain.client, RULE).refresh(0.0, market)

    assert chain.client.endpoints[0].slot >= 1_000
    assert chain.client.newest_slot() >= 1_007  # the feed's word counts too


def test_a_person_is_told_once_when_no_node_answers_and_when_one_does_again(chain: ScriptedChain):
    keeper, market = SlotKeeper(chain.client, RULE), MarketNow()
    chain.replies["getSlot"] = Failure(-32603)
    told: list[tuple[str, str]] = []
    for _ in range(6):
        try:
            told += [(alert.key, alert.severity) for alert in keeper.refresh(0.0, market)]
        except NoEndpoint:
            continue
    assert told == [("nodes", "critical")]
    chain.replies["getSlot"] = lambda _: chain.slot
    while chain.client.health()[0].is_open:
        gevent.sleep(0.05)

    assert [alert.severity for alert in keeper.refresh(0.0, market)] == ["info"]
    assert keeper.refresh(0.0, market) == ()


@pytest.mark.parametrize(
    ("values", "share", "wanted"),
    [
        ([5], 0.75, 5),
        ([1, 2, 3, 4], 0.75, 3),
        ([4, 3, 2, 1], 0.75, 3),
        (list(range(1, 151)), 0.75, 113),
        ([0, 9], 0.5, 0),
    ],
)
def test_a_percentile_is_the_least_value_that_so_many_do_not_exceed(values: list[int], share: float, wanted: int):
    assert percentile(values, share) == wanted


def test_what_priority_costs_is_a_trade_at_the_75th_percentile(chain: ScriptedChain):
    told = Tidings()
    chain.replies["getRecentPrioritizationFees"] = [
        {"slot": slot, "prioritizationFee": slot * 100_000} for slot in range(1, 5)
    ]
    keeper = FeeKeeper(chain.node, told, RULE, lambda: [str(key("fee"))], units=150_000, floor_lamports=20_000)
    keeper.refresh(0.0, MarketNow())

    assert told.into(BATCH).priority_lamports == 45_000
    chain.replies["getRecentPrioritizationFees"] = [{"slot": 1, "prioritizationFee": 3}]
    keeper.refresh(0.0, MarketNow())
    assert told.into(BATCH).priority_lamports == 20_000


def test_without_fees_or_accounts_nothing_is_told(chain: ScriptedChain):
    told = Tidings()
    chain.replies["getRecentPrioritizationFees"] = []
    FeeKeeper(chain.node, told, RULE, lambda: [str(key("fee"))], units=1, floor_lamports=1).refresh(0.0, MarketNow())
    assert told.into(BATCH) is BATCH

    with pytest.raises(Retryable, match="not known yet"):
        FeeKeeper(chain.node, told, RULE, list, units=1, floor_lamports=1).refresh(0.0, MarketNow())


def test_the_programs_settings_are_shown(chain: ScriptedChain):
    keeper = ProgramsKeeper(chain.programs)
    keeper.refresh(0.0, MarketNow())
    assert keeper.view() == {"slot": 1_000, "curve": True, "pool": True}


def test_prices_of_both_sources_are_told_and_one_that_fails_or_hangs_says_nothing():
    def failing() -> float:
        raise Retryable("busy")

    def hanging() -> float:
        gevent.sleep(30)
        return 1.0

    for source, reason, usd in (
        (lambda: 80.0, "", 80.0),
        (failing, "pool: Retryable", None),
        (hanging, "pool: timeout", None),
    ):
        told = Tidings()
        keeper = PriceKeeper(source, lambda: 81.0, told, SolSourceRule(timeout_s=0.05))
        keeper.refresh(0.0, MarketNow())
        reading = told.into(BATCH).sol_price

        assert reading is not None
        assert (reading.pool_usd, reading.http_usd, reading.at_s) == (usd, 81.0, 2.0)
        assert keeper.failures == ({reason: 1} if reason else {})
