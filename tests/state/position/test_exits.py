import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.ledger.books import Operation
from core.messages import Graduated, Order, PoolOpened, SocialSeen
from core.rules.cost import CostRule
from core.rules.exit_fee import ExitFeeRule
from core.rules.take_profit import TakeProfitRule
from core.settings import Settings
from core.state.position.exits import Wish, slices
from core.types import ExitReason, Purpose, Role
from tests.state.position.desk import MINT, Desk, pool

MIN = 60.0


def test_take_profit_sells_a_quarter_at_15_percent_over_the_average_cost():
    desk = Desk()
    desk.trade(1.19)

    order = desk.only()

    assert (order.reason, order.levels) == (ExitReason.TAKE_PROFIT, (0,))
    assert order.tokens == desk.operation.bought_tokens // 4


def test_levels_passed_together_go_in_one_order_and_are_used_once():
    desk = Desk()
    desk.trade(1.45)
    desk.settle(desk.only())
    desk.trade(1.45)

    assert desk.operation.levels_done == (0, 1)
    assert desk.idle()


def test_one_ordinary_exit_is_in_flight_for_a_wallet():
    desk = Desk()
    desk.trade(1.45)
    desk.trade(3.0)

    assert desk.only().levels == (0, 1)


def test_the_next_level_follows_when_the_exit_is_settled():
    desk = Desk()
    desk.trade(1.19)
    first = desk.only()
    desk.trade(1.45)
    desk.settle(first)

    assert desk.only().levels == (1,)


def test_an_exit_carries_the_tip_of_a_sale():
    desk = Desk(Settings(cost=CostRule(sell_tip_lamports=30_000)))
    desk.trade(1.19)

    assert desk.only().tip_lamports == 30_000


def test_an_exit_begins_at_5_percent_from_the_present_quote():
    desk = Desk()
    desk.trade(1.19)
    order = desk.only()

    assert order.slippage_bps == 500
    assert order.limit == order.quoted * 95 // 100


def test_after_each_failure_10_20_and_35_percent_from_the_price_that_is_then():
    desk = Desk()
    desk.trade(1.19)
    slippages, quotes = list[int](), list[int]()
    for price in (1.1, 1.0, 0.95, 0.9):
        order = desk.only()
        slippages.append(order.slippage_bps)
        quotes.append(order.quoted)
        desk.trade(price)
        desk.settle(order, "failed")

    assert slippages == [500, 1_000, 2_000, 3_500]
    assert quotes == sorted(quotes, reverse=True)
    assert desk.only().slippage_bps == 3_500


def test_a_decided_exit_is_tried_again_although_the_price_has_fallen_back():
    desk = Desk()
    desk.trade(1.19)
    order = desk.only()
    desk.trade(1.0)
    desk.settle(order)

    again = desk.only()
    assert (again.reason, again.tokens, again.levels) == (order.reason, order.tokens, order.levels)
    assert again.limit < order.limit


def test_a_fill_takes_the_slippage_back_to_5_percent():
    desk = Desk()
    desk.trade(1.19)
    desk.settle(desk.only(), "failed")
    desk.settle(desk.only())
    desk.trade(1.45)

    assert desk.only().slippage_bps == 500


def test_more_than_20_percent_under_the_average_cost_all_is_sold():
    desk = Desk()
    desk.trade(0.9)
    assert desk.idle()
    desk.trade(0.78)

    assert desk.only().reason is ExitReason.STOP_LOSS
    assert desk.only().tokens == desk.operation.tokens


def test_a_volatile_price_with_three_red_candles_in_a_row_sells_all():
    desk = Desk()
    # The desk starts at second 20 of a minute: candles close 40, 100, 160 and 220 s later at 1.1, 1, 0.95 and 0.9.
    for step, price in enumerate((1.1, 0.95, 1.1, 0.95, 1.0, 0.88, 1.05, 0.9, 0.95, 0.86, 1.0, 0.86, 0.9, 0.9)):
        desk.advance(30.0 + step * 15.0)
        desk.trade(price)

    reasons = {order.reason for order in desk.placed}
    assert reasons == {ExitReason.VOLATILITY}


def test_the_steps_of_time_are_fractions_of_what_was_bought():
    desk = Desk()
    bought = desk.operation.bought_tokens
    sold = list[int]()
    for minute in (20, 25, 30, 35):
        desk.advance(minute * MIN)
        sold.append(desk.only().tokens)
        desk.settle_all()

    assert sold == [
        bought * 33 // 100,
        bought * 66 // 100 - sold[0],
        bought * 99 // 100 - sum(sold[:2]),
        bought - sum(sold[:3]),
    ]


def test_what_take_profit_sold_counts_for_the_steps():
    desk = Desk()
    desk.trade(1.45)
    desk.settle_all()
    desk.advance(25 * MIN)

    assert desk.operation.tokens + desk.sold(ExitReason.TAKE_PROFIT) == desk.operation.bought_tokens
    assert desk.only().tokens == desk.operation.bought_tokens * 66 // 100 - desk.sold(ExitReason.TAKE_PROFIT)


def test_time_sells_without_any_trade_being_seen():
    desk = Desk()
    desk.advance(20 * MIN)

    assert desk.only().reason is ExitReason.DECAY


def test_a_remainder_is_sold_at_10_percent_from_minute_45_and_at_20_then_35_from_50():
    desk = Desk()
    desk.advance(20 * MIN)
    stuck = desk.only()
    desk.advance(45 * MIN)
    desk.settle(stuck)
    late = desk.only()
    desk.advance(50 * MIN)
    desk.settle(late, "failed")
    buffer = desk.only()
    desk.settle(buffer, "failed")

    assert [(order.reason, order.slippage_bps) for order in (late, buffer, desk.only())] == [
        (ExitReason.LATE, 1_000),
        (ExitReason.BUFFER, 2_000),
        (ExitReason.BUFFER, 3_500),
    ]


def test_layers_come_before_the_time_protocol():
    desk = Desk()
    desk.advance(20 * MIN - 1)
    desk.trade(1.19)
    desk.settle_all("failed")
    desk.advance(20 * MIN)

    assert desk.only().reason is ExitReason.TAKE_PROFIT


def test_slices_go_pro_rata_over_the_wallets_that_hold():
    desk = Desk(spend=30_000_000, reentry_spend=10_000_000)
    desk.trade(1.25)
    parts = {order.role: order.tokens for order in desk.placed}

    holdings = desk.operation.holdings
    assert sum(parts.values()) == sum(holdings.values()) // 4
    assert all(abs(parts[role] - holdings[role] // 4) <= 1 for role in holdings)


def test_a_slice_worth_under_five_times_its_cost_joins_the_next():
    dear = Settings(exit_fee=ExitFeeRule(floor_lamports=2_500_000))
    desk = Desk(dear)
    desk.trade(1.19)
    assert desk.idle()
    desk.trade(1.45)

    assert desk.only().levels == (0, 1)


def test_the_last_remainder_is_sold_whatever_it_costs():
    dear = Settings(exit_fee=ExitFeeRule(floor_lamports=20_000_000))
    desk = Desk(dear)
    desk.advance(35 * MIN)

    assert desk.only().tokens == desk.operation.tokens


def test_a_trailing_stop_is_off_unless_it_is_set():
    for trailing_bps, expected in ((0, None), (800, ExitReason.TRAILING_STOP)):
        rule = TakeProfitRule(gains_bps=(50_000,), sells_bps=(5_000,), trailing_bps=trailing_bps)
        desk = Desk(Settings(take_profit=rule))
        desk.trade(1.5)
        desk.trade(1.35)
        assert (desk.only().reason if not desk.idle() else None) == expected


def test_nothing_is_sold_between_graduation_and_pool():
    desk = Desk()
    desk.tell(Graduated(mint=MINT, at_s=desk.now.at_s, slot=2))
    desk.advance(20 * MIN)
    assert desk.idle()
    desk.reserves = pool(1.0)
    desk.tell(PoolOpened(mint=MINT, at_s=desk.now.at_s, slot=3, pool="Pool", reserves=desk.reserves))

    assert desk.only().venue == "pool"
    assert desk.settle(desk.only()) == "filled"


HOLDINGS = st.dictionaries(st.sampled_from([Role.LIGHTNING, Role.REENTRY]), st.integers(1, 10**15), min_size=1)


def operation_of(holdings: dict[Role, int], failed: dict[Role, int]) -> Operation:
    again = {
        role: Order(
            id=f"exit.op1.{role}",
            purpose=Purpose.EXIT,
            role=role,
            payer=role,
            tokens=tokens,
            reason=ExitReason.DECAY,
            slippage_bps=500,
        )
        for role, tokens in failed.items()
        if role in holdings
    }
    return Operation(id="op1", mint="m", symbol="s", opened_at_s=0.0, entry_price=1.0, holdings=holdings, failed=again)


@given(HOLDINGS, st.integers(1, 10_000), HOLDINGS, st.frozensets(st.sampled_from([Role.LIGHTNING, Role.REENTRY])))
def test_slices_never_exceed_holdings_nor_touch_busy_wallets(holdings, share, failed, busy):
    operation = operation_of(holdings, failed)
    tokens = max(operation.tokens * share // 10_000, 1)
    parts = slices(operation, Wish(ExitReason.DECAY, tokens), busy)

    assert len({part.role for part in parts}) == len(parts)
    assert all(0 < part.tokens <= holdings[part.role] and part.role not in busy for part in parts)
    again = sum(min(order.tokens, holdings[role]) for role, order in operation.failed.items())
    if not busy:
        assert sum(part.tokens for part in parts) == max(tokens, again if again >= tokens else 0)


@pytest.mark.parametrize("busy", [frozenset[Role](), frozenset({Role.REENTRY})])
def test_everything_is_sold_from_every_wallet_that_is_free(busy):
    operation = operation_of({Role.LIGHTNING: 70, Role.REENTRY: 30}, {})
    parts = slices(operation, Wish(ExitReason.STOP_LOSS, 100), busy)

    assert {part.role: part.tokens for part in parts} == {
        role: tokens for role, tokens in operation.holdings.items() if role not in busy
    }


def mention(desk: Desk, text: str, score: float | None = None) -> None:
    desk.tell(SocialSeen(mint=MINT, at_s=desk.now.at_s, text=text, score=score))


def test_fifteen_mentions_below_minus_0_7_in_ten_minutes_sell_all():
    desk = Desk()
    desk.trade(1.0)
    for _ in range(14):
        mention(desk, "meh", -0.8)
    assert desk.idle()
    mention(desk, "meh", -0.8)

    assert (desk.only().reason, desk.only().tokens) == (ExitReason.SENTIMENT, desk.operation.tokens)


def test_five_mentions_with_a_panic_word_sell_all_in_polish_too():
    desk = Desk()
    desk.trade(1.0)
    for text in ("rug", "oszustwo!", "SELL", "uciekajcie"):
        mention(desk, text)
    assert desk.idle()
    mention(desk, "it crashed")

    assert desk.only().reason is ExitReason.SENTIMENT


def test_mentions_spread_over_more_than_ten_minutes_sell_nothing():
    desk = Desk()
    desk.trade(1.0)
    for _ in range(20):
        mention(desk, "scam")
        desk.advance(desk.held_s + 151.0)
        if desk.held_s > 800:
            break

    assert desk.idle()


def test_layer_3_comes_after_layer_2_and_before_time():
    desk = Desk()
    desk.trade(0.79)
    for _ in range(5):
        mention(desk, "dump")
    assert desk.only().reason is ExitReason.STOP_LOSS
    late = Desk()
    late.advance(20 * MIN - 1.0)
    for _ in range(5):
        mention(late, "dump")
    late.trade(1.0)

    assert late.only().reason is ExitReason.SENTIMENT


def test_after_layer_3_has_fired_nothing_is_bought_any_more():
    desk = Desk()
    desk.trade(1.0)
    for _ in range(5):
        mention(desk, "dump")
    desk.settle(desk.only(), "failed")
    desk.trade(1.16)

    assert not [to for to, _ in desk.told if to.startswith("watcher")]
