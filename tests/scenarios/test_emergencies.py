"""Every emergency trigger of rules.md §7, fired by the simulated market: out within 30 s, flagged, told, booked."""

import pytest

from core.market.paper.landing import PaperRule
from core.market.simulator.scenarios import Scenario
from core.market.simulator.scripts import (
    AnyStep,
    Completed,
    CreatorSells,
    LiquidityPulled,
    Plant,
    PriceTo,
    SalesRefused,
    Since,
    Trap,
)
from core.market.simulator.spells import FeedOutage, FeeWave
from core.messages import RaiseEmergency
from core.records import BreakerSet, EmergencyFired, OrderIntended, OrderSettled, RiskLimitReached
from core.rules.shield import daily_loss_limit
from core.settings import Settings
from core.types import ExitReason, Purpose
from tests.scenarios.stage import Stage, assert_panic_exit, script, scripted

OURS = Since.OUR_BUY
GRADUATED = Completed(after_s=55.0)
POOL_PRICE = 16.0
"""In start prices of the curve: what we pay in the pool of such a token, fees included."""


UNSEEN_S = 400.0
"""After the launch: in the middle of an outage of twenty seconds, too short to leave for."""
SEEN = LiquidityPulled(after_s=UNSEEN_S + 15.0, share=0.01)
"""The first trade after it."""


def unseen(*steps: AnyStep) -> Scenario:
    launch_s = 5.0
    outage = FeedOutage(at_s=launch_s + UNSEEN_S - 10.0, for_s=20.0)
    return scripted(Plant(at_s=launch_s, steps=steps), spells=(outage,))


def fired(stage: Stage) -> EmergencyFired:
    (record,) = stage.of(EmergencyFired)
    return record


def is_open(stage: Stage) -> bool:
    return stage.gate.breaker_until_s > 0.0


def test_creator_sell():
    stage = Stage(script(CreatorSells(after_s=10.0, since=OURS))).until_closed()

    assert_panic_exit(stage, ExitReason.CREATOR_SELL)
    assert fired(stage).slippage_bps == 5_000
    assert not is_open(stage)


def test_liquidity_drop():
    stage = Stage(script(LiquidityPulled(after_s=10.0, since=OURS, share=0.45))).until_closed()

    assert_panic_exit(stage, ExitReason.LIQUIDITY_DROP)
    assert fired(stage).slippage_bps == 4_500
    assert not is_open(stage)


def test_liquidity_that_is_gone_when_the_feed_comes_back():
    stage = Stage(unseen(LiquidityPulled(after_s=UNSEEN_S, share=0.55), SEEN)).until_closed()

    assert_panic_exit(stage, ExitReason.LIQUIDITY_DROP)
    assert fired(stage).slippage_bps == 6_000


def test_massive_dump():
    """Of a pool's token: on the curve so deep a fall takes so much liquidity out that the trigger before it fires."""
    dump = PriceTo(after_s=20.0, since=OURS, to=POOL_PRICE * 0.53)
    stage = Stage(script(GRADUATED, dump)).until_closed()

    assert_panic_exit(stage, ExitReason.MASSIVE_DUMP)
    assert fired(stage).slippage_bps == 4_500
    assert not is_open(stage)


def test_a_dump_of_more_than_60_percent_opens_the_breaker_for_half_an_hour():
    """Under what we paid: the price sags as far as the stop loss lets it, then half of the rest goes unseen."""
    sag = PriceTo(after_s=20.0, since=OURS, to=13.0, over_s=240.0)
    dump, seen = PriceTo(after_s=UNSEEN_S, to=6.40), PriceTo(after_s=UNSEEN_S + 15.0, to=6.385)
    stage = Stage(unseen(GRADUATED, sag, dump, seen)).until_closed()

    assert_panic_exit(stage, ExitReason.MASSIVE_DUMP)
    assert fired(stage).slippage_bps == 5_500
    assert fired(stage).drop_bps > 6_000
    assert stage.of(BreakerSet)[0].until_s == fired(stage).at_s + 1_800.0
    assert is_open(stage)


def test_honeypot_that_has_not_shut_yet():
    stage = Stage(script(Trap(after_s=10.0, since=OURS, trap="freeze_authority", shuts_s=60.0))).until_closed()

    closed = assert_panic_exit(stage, ExitReason.HONEYPOT)
    assert fired(stage).slippage_bps == 7_000
    assert closed.closed_at_s < stage.books.breaker_until_s == fired(stage).at_s + 1_800.0
    assert is_open(stage)


def test_honeypot_that_refuses_our_sales_at_once_is_given_up_after_the_fallback_and_frees_its_room():
    """Two sales at 70 % fail on the chain and a free one in the simulation: 30 s of more would only pay their fees."""
    stage = Stage(script(Trap(after_s=10.0, since=OURS, trap="transfer_hook"))).until_closed().run(12.0)
    orders = {r.order.id: r.order for r in stage.of(OrderIntended)}
    sales = [r for r in stage.of(OrderSettled) if orders[r.order_id].purpose is Purpose.PANIC]

    assert fired(stage).trigger is ExitReason.HONEYPOT
    (closed,) = stage.books.closed
    assert closed.closed_at_s - fired(stage).at_s < 10.0
    assert [record.error for record in sales] == ["honeypot", "honeypot"]
    assert not closed.exits
    assert -closed.net_lamports > closed.cost_lamports
    assert stage.books.flagged[closed.mint] is ExitReason.HONEYPOT
    assert any("unsellable" in alert.text for alert in stage.alerts)
    assert not stage.books.operations
    assert is_open(stage)


def test_a_blacklist_that_no_simulation_shows_is_given_up_after_30_seconds_and_two_fallbacks():
    """A stranger's simulated sale succeeds, so ours might yet: they are tried for as long as the rule says."""
    stage = Stage(script(SalesRefused(after_s=10.0, since=OURS, for_s=120.0), CreatorSells(after_s=12.0, since=OURS)))
    stage.until_closed()

    (closed,) = stage.books.closed
    assert 30.0 <= closed.closed_at_s - fired(stage).at_s < 40.0
    assert stage.books.flagged[closed.mint] is ExitReason.CREATOR_SELL


def test_time_exceeded_when_the_token_traded_nowhere_until_then():
    stuck = Completed(after_s=20.0, since=OURS, migrates_s=3_292.0)
    stage = Stage(script(stuck)).until_closed()

    closed = assert_panic_exit(stage, ExitReason.TIME_EXCEEDED)
    assert fired(stage).at_s == pytest.approx(closed.opened_at_s + 3_300.0, abs=1.0)
    assert stage.books.violations == {}


def test_network_congestion_by_fees():
    """Half of all transactions fail in it, ours too; the panic exit gets through all the same."""
    settings = Settings(paper=PaperRule())
    token = Plant(at_s=600.0)
    stage = Stage(scripted(token, spells=(FeeWave(at_s=700.0, for_s=300.0),)), settings=settings).until_closed()

    assert_panic_exit(stage, ExitReason.NETWORK_CONGESTION)
    assert "times their median" in fired(stage).detail
    assert 700.0 < fired(stage).at_s - stage.start_s < 730.0


def test_network_congestion_by_a_silent_feed():
    stage = Stage(scripted(Plant(at_s=5.0), spells=(FeedOutage(at_s=100.0, for_s=120.0),))).until_closed()

    closed = assert_panic_exit(stage, ExitReason.NETWORK_CONGESTION)
    # The last slot heard may lie up to a slot before the outage.
    silent_s = fired(stage).at_s - (stage.start_s + 100.0)
    assert 60.0 - stage.market.slot_s < silent_s < 63.0
    assert closed.closed_at_s < stage.start_s + 220.0  # still silent: who sent the orders asked what became of them
    told = next(alert for alert in stage.alerts if alert.key == "feed_silent")
    assert 30.0 - stage.market.slot_s < told.at_s - (stage.start_s + 100.0) < 33.0


def test_operator():
    stage = Stage(script()).until_open()
    stage.run(5.0)
    mint = next(iter(stage.books.operations.values())).mint
    raised = RaiseEmergency(trigger=ExitReason.OPERATOR, mint=mint, detail="asked for by hand", by="operator")
    stage.runner.tell(f"position.{mint}", raised)
    stage.until_closed()

    assert_panic_exit(stage, ExitReason.OPERATOR)
    assert fired(stage).slippage_bps == 6_000


def test_risk_limit():
    """Two losses leave little of what a day may lose; the third token takes it while we hold, slowly enough that no
    other rule has a reason to sell."""
    rug = Plant(at_s=5.0, steps=(PriceTo(after_s=20.0, since=OURS, to=0.2),))
    slump = Plant(at_s=300.0, steps=(GRADUATED, PriceTo(after_s=20.0, since=OURS, to=POOL_PRICE * 0.70)))
    sag = Plant(at_s=600.0, steps=(GRADUATED, PriceTo(after_s=20.0, since=OURS, to=13.1, over_s=300.0)))
    stage = Stage(scripted(rug, slump, sag)).until_closed(3)

    closed = assert_panic_exit(stage, ExitReason.RISK_LIMIT)
    assert closed.id == "op3"
    limit = daily_loss_limit(stage.settings.shield, stage.books.capital_lamports())
    (reached,) = stage.of(RiskLimitReached)
    assert reached.limit == "daily_loss"
    assert reached.lost_lamports >= reached.allowed_lamports == limit
    assert "daily_loss" in {alert.key for alert in stage.alerts}
    assert not next(verdict for verdict in stage.gate.standing if verdict.criterion == "daily_loss").ok
