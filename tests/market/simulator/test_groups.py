"""What insiders do, seen from outside: only messages and the truth about who they are."""

from itertools import pairwise

import pytest
from msgspec.structs import replace

from core.market.simulator.settings import MarketSettings
from core.market.simulator.simulator import Simulator
from core.market.simulator.state import Kind
from core.messages import Launched, Traded
from core.types import Side
from tests.market.simulator.markets import CALM


def only(settings: MarketSettings) -> tuple[Simulator, str, frozenset[str], list[Traded]]:
    """One launch, followed for twenty minutes: the market, its mint, its first insiders, its trades."""
    settings = replace(
        settings,
        launches_until_s=CALM.clock.start_s + 0.1,
        launch=replace(settings.launch, honeypot_share=0.0),
    )
    simulator = Simulator(settings, 11, decoded=True)
    events = list(simulator.step().events)
    mint = next(event.mint for event in events if isinstance(event, Launched))
    insiders = simulator.insiders(mint)
    for _ in range(3_000):
        events += simulator.step().events
    return simulator, mint, insiders, [event for event in events if isinstance(event, Traded)]


def test_a_group_buys_the_creation_slot_graduates_the_token_and_ends_it_in_one_block():
    settings = replace(CALM, group=replace(CALM.group, share=1.0, graduates_share=1.0, one_block_share=1.0))
    simulator, mint, insiders, trades = only(settings)

    assert simulator.kind(mint) is Kind.GROUP
    first_slot = trades[0].slot
    bought = sum(t.quote_lamports for t in trades if t.slot == first_slot and t.trader in insiders)
    assert bought > 45 * 10**9
    closing: dict[int, float] = {}
    for trade in trades:
        closing[trade.slot] = trade.reserves.price
    prices = list(closing.values())
    falls = [1 - after / before for before, after in pairwise(prices)]
    assert max(falls) > 0.985
    assert trades[-1].reserves.venue == "pool"


def test_a_group_that_fades_never_ends_it_in_one_block():
    settings = replace(CALM, group=replace(CALM.group, share=1.0, one_block_share=0.0))
    *_, trades = only(settings)
    prices = [trade.reserves.price for trade in trades]
    assert max(1 - after / before for before, after in pairwise(prices)) < 0.6


def test_a_bundle_doubles_the_price_in_the_creation_slot_and_sells_within_minutes():
    settings = replace(CALM, bundle=replace(CALM.bundle, share=1.0), group=replace(CALM.group, share=0.0))
    simulator, mint, insiders, trades = only(settings)

    assert simulator.kind(mint) is Kind.BUNDLE
    after_creation = [trade for trade in trades if trade.slot == trades[0].slot][-1]
    assert after_creation.reserves.price > 2 * 30_000_000_000 / 1_073_000_000_000_000
    sold = [trade for trade in trades if trade.side is Side.SELL and trade.trader in insiders]
    assert len({trade.trader for trade in sold}) >= len(insiders) - 1
    assert sold[len(sold) // 2].at_s - trades[0].at_s < 300


def test_deployer_funded_wallets_buy_with_the_creation_and_sell_soon():
    sniper = replace(CALM.sniper, deployer_share=1.0)
    settings = replace(
        CALM, sniper=sniper, bundle=replace(CALM.bundle, share=0.0), group=replace(CALM.group, share=0.0)
    )
    simulator, mint, insiders, trades = only(settings)

    assert simulator.kind(mint) is Kind.DEPLOYER_SNIPED
    assert len(insiders) == 1 + sniper.deployer_wallets
    early = {trade.trader for trade in trades if trade.slot == trades[0].slot and trade.side is Side.BUY}
    assert len(early & insiders) >= sniper.deployer_wallets


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_creators_dump_as_often_as_the_settings_say(share):
    launch = replace(CALM.launch, creator_dump_share=share, own_buy_share=1.0, honeypot_share=0.0)
    settings = replace(
        CALM,
        launch=launch,
        launches_until_s=CALM.clock.start_s + 60.0,
        bundle=replace(CALM.bundle, share=0.0),
        group=replace(CALM.group, share=0.0),
    )
    simulator = Simulator(settings, 2, decoded=True)
    creators: dict[str, str] = {}
    dumped = set()
    for _ in range(9_000):
        for event in simulator.step().events:
            if isinstance(event, Launched):
                creators[event.mint] = event.creator
            elif isinstance(event, Traded) and event.side is Side.SELL and event.trader == creators[event.mint]:
                dumped.add(event.mint)
    assert len(dumped) >= 0.9 * len(creators) if share else not dumped
