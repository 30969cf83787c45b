import pytest

from core.messages import (
    AccountsChanged,
    FactsSeen,
    FeedBatch,
    Graduated,
    InsiderFunded,
    PoolOpened,
    RaiseEmergency,
    Reserves,
    TokenFacts,
    Traded,
)
from core.records import CommandmentViolated, EmergencyFired, InsiderSeen
from core.state.market_now import MarketNow
from core.types import EMERGENCIES, ExitReason, Purpose, Role, Side, Venue
from tests.state.position.desk import CREATOR, MINT, SOL, START_S, Desk, pool

MIN = 60.0


def facts(desk: Desk, mint_authority: bool | None = None) -> FactsSeen:
    seen = TokenFacts(mint=MINT, at_s=desk.now.at_s, slot=1, supply=10**15, mint_authority=mint_authority)
    return FactsSeen(facts=seen)


def raised(trigger: ExitReason, mint: str = "") -> RaiseEmergency:
    return RaiseEmergency(trigger=trigger, mint=mint, by="somebody")


def test_the_creators_sale_while_we_hold_is_a_panic_exit_at_50_percent():
    desk = Desk()
    desk.trade(1.0, trader=CREATOR, side=Side.SELL)

    order = desk.only()
    assert (order.purpose, order.reason, order.slippage_bps) == (Purpose.PANIC, ExitReason.CREATOR_SELL, 5_000)
    assert order.tokens == desk.operation.tokens


def test_the_creators_sale_is_seen_in_messages_merged_because_we_were_slow():
    desk = Desk()

    def trade(trader: str, side: Side) -> Traded:
        return Traded(
            mint=MINT,
            at_s=START_S,
            slot=1,
            side=side,
            trader=trader,
            quote_lamports=1,
            tokens=1,
            reserves=desk.reserves,
        )

    merged = trade("Third", Side.BUY).after(trade(CREATOR, Side.SELL))
    assert merged is not None
    desk.tell(trade("Other", Side.BUY).after(merged))

    assert desk.only().reason is ExitReason.CREATOR_SELL


def test_others_sales_and_the_creators_buys_are_no_emergency():
    desk = Desk()
    desk.trade(1.0, trader="Other", side=Side.SELL)
    desk.trade(1.0, trader=CREATOR, side=Side.BUY)

    assert desk.idle()


@pytest.mark.parametrize(
    ("price", "reason", "slippage"), [(0.7, "liquidity_drop", 4_500), (0.45, "liquidity_drop", 6_000)]
)
def test_liquidity_and_price_far_under_their_highest_of_the_minute(price, reason, slippage):
    desk = Desk()
    desk.trade(1.05)
    desk.trade(price)

    assert (desk.only().reason, desk.only().slippage_bps) == (reason, slippage)


@pytest.mark.parametrize(("price", "slippage"), [(0.55, 4_500), (0.45, 5_500)])
def test_price_far_under_the_average_cost_is_a_massive_dump(price, slippage):
    desk = Desk()
    # The pool's money stays and only its price is gone, as when its virtual reserves are cut.
    at = pool(price)
    desk.reserves = Reserves(Venue.POOL, at.quote, at.base, 25 * SOL, at.real_base)
    desk.tell(PoolOpened(mint=MINT, at_s=desk.now.at_s, slot=2, pool="Pool", reserves=desk.reserves))

    assert (desk.only().reason, desk.only().slippage_bps) == (ExitReason.MASSIVE_DUMP, slippage)


def test_at_55_minutes_all_is_sold_as_time_exceeded_without_any_trade():
    desk = Desk()
    desk.advance(20 * MIN)
    desk.settle_all("failed")
    desk.advance(55 * MIN)

    panics = [order for order in desk.placed if order.purpose is Purpose.PANIC]
    assert [(order.reason, order.slippage_bps) for order in panics] == [(ExitReason.TIME_EXCEEDED, 4_500)]


def test_a_surely_failed_honeypot_verdict_is_a_panic_exit_at_70_percent():
    desk = Desk()
    desk.tell(facts(desk, mint_authority=True))

    assert (desk.only().reason, desk.only().slippage_bps) == (ExitReason.HONEYPOT, 7_000)


def test_unknown_facts_are_no_panic():
    desk = Desk()
    desk.tell(facts(desk))

    assert desk.idle()


def test_facts_are_asked_every_30_seconds_while_holding():
    desk = Desk()
    desk.advance(95.0)

    asked = [message for to, message in desk.told if to == "accounts"]
    assert len(asked) == 1 + 3


def test_three_own_transactions_in_a_row_that_did_not_land_are_congestion():
    desk = Desk()
    desk.trade(1.19)
    for _ in range(3):
        desk.settle(desk.only(), "expired")

    assert desk.only().reason is ExitReason.NETWORK_CONGESTION


def test_fees_three_times_their_median_are_congestion():
    desk = Desk()
    market = desk.now.market = MarketNow()
    for second in range(700):
        market.see(FeedBatch(slot=second + 1, at_s=START_S - 700 + second, priority_lamports=100_000))
    desk.trade(1.0)
    assert desk.idle()
    market.priority_lamports = 300_000
    desk.trade(1.0)

    assert desk.only().reason is ExitReason.NETWORK_CONGESTION


def test_a_feed_silent_for_30_seconds_alerts_and_after_60_the_position_leaves():
    desk = Desk()
    desk.now.market.see(FeedBatch(slot=1, at_s=START_S))
    desk.advance(31.0)
    assert (desk.alerts(), desk.idle()) == (["feed_silent"], True)
    desk.advance(61.0)

    assert desk.only().reason is ExitReason.NETWORK_CONGESTION


def test_a_late_batch_is_heard_when_it_comes_however_old_its_blocks_are():
    desk = Desk()
    for second in range(120):
        desk.advance(float(second))
        desk.now.market.see(FeedBatch(slot=second, at_s=START_S + second / 2), desk.now.at_s)

    assert desk.alerts() == []
    assert desk.idle()


@pytest.mark.parametrize("trigger", sorted(EMERGENCIES))
def test_whoever_raises_an_emergency_is_obeyed_at_once(trigger):
    desk = Desk()
    desk.tell(raised(trigger, mint="Other"))
    assert desk.idle()
    desk.tell(raised(trigger))

    assert desk.only().reason is trigger
    assert len(desk.written(EmergencyFired)) == 1


def test_the_emergency_is_journaled_before_anything_is_sold():
    desk = Desk()
    desk.tell(raised(ExitReason.OPERATOR))

    record = desk.written(EmergencyFired)[0]
    assert (record.operation_id, record.slippage_bps) == ("op1", 6_000)
    assert desk.operation.panic is ExitReason.OPERATOR
    assert desk.alerts() == ["emergency_operator"]


def test_a_panic_exit_does_not_wait_for_an_ordinary_one():
    desk = Desk()
    desk.trade(1.19)
    ordinary = desk.only()
    desk.tell(raised(ExitReason.OPERATOR))

    assert [order.purpose for order in desk.placed] == [Purpose.EXIT, Purpose.PANIC]
    assert desk.placed[1].tokens == desk.operation.tokens
    desk.settle(ordinary)
    assert desk.settle(desk.only()) == "failed"  # it wanted more than was left
    assert desk.settle(desk.only()) == "filled"
    assert not desk.operation.tokens


def test_a_panic_exit_does_not_wait_for_what_an_ordinary_one_was_refused_for():
    desk = Desk()
    desk.trade(1.19)
    desk.settle(desk.only(), "refused")
    assert desk.idle()
    desk.tell(raised(ExitReason.OPERATOR))

    assert desk.only().purpose is Purpose.PANIC


def test_a_failed_panic_sale_is_tried_again_at_once_from_the_price_that_is_then():
    desk = Desk()
    desk.tell(raised(ExitReason.OPERATOR))
    first = desk.only()
    desk.trade(0.9)
    desk.settle(first, "failed")

    assert desk.only().quoted < first.quoted
    assert desk.only().slippage_bps == 6_000


def test_past_30_seconds_the_fallback_offers_70_percent_beside_the_sale_that_hangs():
    desk = Desk()
    desk.trade(1.0)
    desk.tell(raised(ExitReason.RISK_LIMIT))
    desk.begin_placed()
    desk.advance(29.0)
    assert desk.only().slippage_bps == 4_500
    desk.advance(31.0)

    assert [order.slippage_bps for order in (*desk.going, *desk.placed)] == [4_500, 7_000]
    desk.advance(50.0)
    assert len(desk.placed) == 1


def test_after_the_fallback_failed_twice_nothing_more_is_tried_and_the_operation_ends():
    desk = Desk()
    desk.trade(1.0)
    desk.tell(raised(ExitReason.RISK_LIMIT))
    desk.advance(30.0)
    attempts_s = list[float]()
    while desk.held_s < 120.0:
        if not desk.idle():
            attempts_s.append(desk.held_s)
            desk.settle_all("failed")
        else:
            desk.advance(desk.held_s + 1.0)

    assert attempts_s == [30.0, 30.0]
    assert not desk.now.books.operations


def simulated(desk: Desk, *, sells: bool | None) -> FactsSeen:
    seen = TokenFacts(mint=MINT, at_s=desk.now.at_s, slot=1, supply=10**15, round_trip_ok=sells)
    return FactsSeen(facts=seen)


def asked(desk: Desk) -> int:
    return len([to for to, _ in desk.told if to == "accounts"])


def test_after_a_panic_sale_failed_a_simulation_is_asked_for_and_the_fallback_follows_where_that_fails_too():
    desk = Desk()
    desk.trade(1.0)
    desk.tell(raised(ExitReason.RISK_LIMIT))
    before = asked(desk)
    desk.settle(desk.only(), "failed")
    assert asked(desk) == before + 1
    assert desk.only().slippage_bps == 4_500
    desk.tell(simulated(desk, sells=False))

    assert [order.slippage_bps for order in (*desk.placed, *desk.going)] == [4_500, 7_000]
    desk.settle_all("failed")
    assert desk.only().slippage_bps == 7_000
    desk.settle(desk.only(), "failed")
    assert not desk.now.books.operations
    assert desk.held_s == 0.0


@pytest.mark.parametrize("sells", [True, None])
def test_a_panic_whose_sales_could_succeed_keeps_trying_for_its_30_seconds(sells):
    desk = Desk()
    desk.trade(1.0)
    desk.tell(raised(ExitReason.HONEYPOT))
    desk.tell(simulated(desk, sells=False))
    desk.tell(simulated(desk, sells=sells))
    for _ in range(10):
        desk.settle(desk.only(), "failed")

    assert desk.only().purpose is Purpose.PANIC


def test_an_old_simulation_says_nothing_of_the_sale_that_fails_now():
    desk = Desk()
    desk.trade(1.0)
    old = simulated(desk, sells=False)
    desk.advance(3.0)
    desk.tell(raised(ExitReason.RISK_LIMIT))
    desk.tell(old)

    assert desk.only().slippage_bps == 4_500


def test_what_was_never_sent_has_not_failed():
    desk = Desk()
    desk.trade(1.0)
    desk.tell(raised(ExitReason.RISK_LIMIT))
    desk.advance(30.0)
    for _ in range(5):
        desk.settle_all("refused")
        desk.advance(desk.held_s + 1.0)

    assert desk.only().purpose is Purpose.PANIC


def test_a_refused_order_is_placed_again_a_second_later():
    desk = Desk()
    desk.tell(raised(ExitReason.OPERATOR))
    desk.settle(desk.only(), "refused")
    assert desk.idle()
    desk.advance(1.0)

    assert desk.only().reason is ExitReason.OPERATOR


def test_fees_of_a_panic_are_paid_by_emergency_gas_and_an_exits_by_its_wallet():
    desk = Desk()
    desk.trade(1.19)
    desk.tell(raised(ExitReason.OPERATOR))

    assert [order.payer for order in desk.placed] == [Role.LIGHTNING, Role.EMERGENCY_GAS]


def test_one_panic_is_fired_however_many_triggers_follow():
    desk = Desk()
    desk.tell(raised(ExitReason.OPERATOR))
    desk.tell(raised(ExitReason.RISK_LIMIT))
    desk.trade(0.35)

    assert len(desk.written(EmergencyFired)) == 1


def test_a_restarted_panic_without_any_price_seen_sells_at_any_price():
    desk = Desk()
    desk.trade(1.0)
    desk.tell(raised(ExitReason.RISK_LIMIT))
    desk.reserves = Reserves(Venue.CURVE, 31 * 10**9, 10**15, 10**9, 7 * 10**14)
    desk.settle_all("failed")
    desk.restart(executor_too=True)

    assert desk.only().limit == 1
    assert desk.settle(desk.only()) == "filled"


def test_a_panic_between_graduation_and_pool_tries_the_pool_once_it_is_late():
    desk = Desk()
    desk.tell(Graduated(mint=MINT, at_s=desk.now.at_s, slot=2))
    desk.tell(raised(ExitReason.OPERATOR))
    assert desk.idle()
    desk.advance(30.0)

    assert (desk.only().venue, desk.only().limit) == (Venue.POOL, 1)


def test_a_restarted_panic_finds_the_pool_that_opened_meanwhile():
    desk = Desk()
    desk.tell(raised(ExitReason.OPERATOR))
    desk.reserves = Reserves(Venue.POOL, 85 * 10**9, 2 * 10**14, 85 * 10**9, 2 * 10**14)
    desk.restart(executor_too=True)
    for _ in range(60):
        desk.advance(desk.held_s + 1.0)
        desk.settle_all()
        if not desk.operation.tokens:
            break

    assert not desk.operation.tokens


def test_still_open_30_seconds_after_the_life_limit_breaks_commandment_1_once():
    desk = Desk()
    desk.advance(55 * MIN + 29)
    assert desk.written(CommandmentViolated) == []
    desk.advance(55 * MIN + 40)
    desk.restart()
    desk.advance(55 * MIN + 50)

    assert [record.commandment for record in desk.written(CommandmentViolated)] == [1]


def test_a_wallet_that_the_creator_funded_sells_like_the_creator_also_after_a_restart():
    desk = Desk()
    desk.trade(1.0, trader="Friend", side=Side.SELL)
    assert desk.idle()
    desk.tell(InsiderFunded(mint=MINT, at_s=desk.now.at_s, slot=2, wallet="Friend", lamports=1_000_000))
    desk.tell(InsiderFunded(mint=MINT, at_s=desk.now.at_s, slot=3, wallet="Friend", lamports=1_000_000))
    assert len(desk.written(InsiderSeen)) == 1
    desk.restart()
    desk.trade(1.0, trader="Friend", side=Side.SELL)

    assert (desk.only().reason, desk.only().slippage_bps) == (ExitReason.CREATOR_SELL, 5_000)


def test_facts_are_asked_again_as_soon_as_an_account_has_changed():
    desk = Desk()
    before = len([to for to, _ in desk.told if to == "accounts"])
    desk.tell(AccountsChanged(mint=MINT, at_s=desk.now.at_s, slot=2))

    assert len([to for to, _ in desk.told if to == "accounts"]) == before + 1
