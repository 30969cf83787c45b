"""Recorded trades against chain.md's mathematics, written here anew, and against the balances that changed."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.chain.decode import Decoded, Decoder
from core.chain.events import decode_event
from core.chain.launchlab import LaunchLabTradeEvent
from core.chain.programs import WSOL_MINT
from core.chain.pump import TradeEvent
from core.chain.pumpswap import BuyEvent, SellEvent
from tests.chain.recorded import body, payloads, transactions


def ceiling(amount: int, divisor: int) -> int:
    return -(-amount // divisor)


def fee(amount: int, bps: int | None) -> int:
    return ceiling(amount * (bps or 0), 10_000)


def recorded(shared_data: Path) -> Iterator[tuple[str, Decoded, Any, dict[str, Any]]]:
    """Each event of each transaction."""
    decoder = Decoder()
    for name, source in transactions(shared_data):
        decoded = decoder.decode_transaction(source)
        for event in decoded.events:
            yield name, decoded, event, source
    assert decoder.undecodable == {}


def trades(shared_data: Path, *kinds: type[Any]) -> list[tuple[str, Any]]:
    """Trades of the transactions and those recorded alone."""
    found = [(name, event) for name, _, event, _ in recorded(shared_data)]
    found += [(each.id, decode_event(each.program, each.data)) for each in payloads(shared_data)]
    return [(name, event) for name, event in found if isinstance(event, kinds)]


def test_curve_amounts_follow_the_mathematics_to_the_unit(shared_data: Path):
    rows = Counter[str]()
    for name, trade in trades(shared_data, TradeEvent):
        # Reserves in the event are those after the trade.
        sign = 1 if trade.is_buy else -1
        quote = trade.virtual_sol_reserves - sign * trade.sol_amount
        base = trade.virtual_token_reserves + sign * trade.token_amount
        tokens, spent = trade.token_amount, trade.sol_amount
        if not trade.is_buy:
            rows["sell"] += 1
            assert spent == tokens * quote // (base + tokens), name
        elif trade.is_exact_in:
            rows["exact in"] += 1
            assert tokens == (spent - 1) * base // (quote + spent - 1), name
        else:
            rows["exact out"] += 1
            assert spent == tokens * quote // (base - tokens) + 1, name
    assert rows == {"sell": 3, "exact in": 1, "exact out": 5}


def test_curve_fees_are_each_rounded_up_and_buyback_is_half_of_the_protocols(shared_data: Path):
    checked = 0
    for name, trade in trades(shared_data, TradeEvent):
        if trade.fee is None:
            continue
        checked += 1
        assert trade.fee == fee(trade.sol_amount, trade.fee_basis_points), name
        assert trade.creator_fee == fee(trade.sol_amount, trade.creator_fee_basis_points), name
        if trade.buyback_fee is not None:
            assert trade.cashback == fee(trade.sol_amount, trade.cashback_fee_basis_points), name
            assert trade.buyback_fee == trade.fee * trade.buyback_fee_basis_points // 10_000 == trade.fee // 2, name
    assert checked == 5


def test_pool_amounts_and_fees_follow_the_mathematics_to_the_unit(shared_data: Path):
    rows = Counter[str]()
    for name, trade in trades(shared_data, BuyEvent, SellEvent):
        # Reserves in the event are those before the trade.
        quote = trade.pool_quote_token_reserves + (trade.virtual_quote_reserves or 0)
        base = trade.pool_base_token_reserves
        extra = (trade.coin_creator_fee or 0) + (trade.cashback or 0)
        rows[type(trade).__name__] += 1
        if isinstance(trade, BuyEvent):
            amount = trade.quote_amount_in
            assert amount == ceiling(quote * trade.base_amount_out, base - trade.base_amount_out), name
            assert trade.quote_amount_in_with_lp_fee == amount + trade.lp_fee, name
            if trade.coin_creator_fee is None:
                assert trade.user_quote_amount_in == amount + trade.lp_fee + trade.protocol_fee, name
            else:
                assert trade.user_quote_amount_in == amount + trade.lp_fee + trade.protocol_fee + extra, name
        else:
            amount = trade.quote_amount_out
            assert amount == quote * trade.base_amount_in // (base + trade.base_amount_in), name
            assert trade.quote_amount_out_without_lp_fee == amount - trade.lp_fee, name
            assert trade.user_quote_amount_out + extra == amount - trade.lp_fee - trade.protocol_fee, name
        assert trade.lp_fee == fee(amount, trade.lp_fee_basis_points), name
        assert trade.protocol_fee == fee(amount, trade.protocol_fee_basis_points), name
        assert (trade.coin_creator_fee or 0) == fee(amount, trade.coin_creator_fee_basis_points), name
        assert (trade.cashback or 0) == fee(amount, trade.cashback_fee_basis_points), name
    assert rows == {"BuyEvent": 10, "SellEvent": 1}


def test_launchlab_reserves_move_by_what_is_left_after_fees(shared_data: Path):
    launches = [event for _, event in trades(shared_data, LaunchLabTradeEvent)]
    assert len(launches) == 2
    for trade in launches:
        fees = trade.protocol_fee + trade.platform_fee + (trade.creator_fee or 0) + trade.share_fee
        assert trade.is_buy
        assert trade.real_quote_after - trade.real_quote_before == trade.amount_in - fees
        assert trade.real_base_after - trade.real_base_before == trade.amount_out
        base = trade.virtual_base - trade.real_base_before
        quote = trade.virtual_quote + trade.real_quote_before
        net = trade.amount_in - fees
        assert trade.amount_out == net * base // (quote + net)


def changes(source: dict[str, Any]) -> dict[tuple[str, str], int]:
    """What each owner's balance of each mint changed by."""
    meta = body(source)["meta"]
    found = Counter[tuple[str, str]]()
    for sign, kind in ((-1, "preTokenBalances"), (1, "postTokenBalances")):
        for row in meta[kind]:
            found[row["owner"], row["mint"]] += sign * int(row["uiTokenAmount"]["amount"])
    return found


def test_balances_changed_by_the_amounts_of_the_only_trade(shared_data: Path):
    checked = 0
    for name, decoded, event, source in recorded(shared_data):
        if not isinstance(event, TradeEvent | BuyEvent) or decoded.failed is None:
            continue
        if sum(isinstance(each, TradeEvent | BuyEvent | SellEvent) for each in decoded.events) != 1:
            continue
        (call,) = decoded.calls
        change = changes(source)
        checked += 1
        if isinstance(event, TradeEvent):
            assert change[event.user, event.mint] == event.token_amount, name
            assert (event.user, event.mint) == (call.user, call.mint)
        elif "migrate" in name:
            # The same transaction filled the pool's accounts before the trade.
            assert change[event.pool, call.mint] == event.pool_base_token_reserves - event.base_amount_out
            assert change[event.pool, WSOL_MINT] == event.pool_quote_token_reserves + event.quote_amount_in_with_lp_fee
        else:
            assert change[event.user, call.mint] == event.base_amount_out, name
            assert change[event.pool, call.mint] == -event.base_amount_out, name
            assert change[event.pool, WSOL_MINT] == event.quote_amount_in_with_lp_fee, name
    assert checked == 12


def test_the_asked_amount_is_the_traded_one(shared_data: Path):
    for name, source in transactions(shared_data):
        decoded = Decoder().decode_transaction(source)
        done = [each for each in decoded.events if isinstance(each, TradeEvent | BuyEvent | SellEvent)]
        for call, event in zip(decoded.calls, done, strict=True):
            match event:
                case TradeEvent(is_buy=True) if call.is_exact_in:
                    paid = event.sol_amount + (event.fee or 0) + (event.creator_fee or 0) + (event.cashback or 0)
                    assert call.amount - 2 <= paid <= call.amount, name
                    assert event.token_amount >= call.limit, name
                case TradeEvent():
                    assert event.token_amount == call.amount, name
                case BuyEvent():
                    assert event.base_amount_out == call.amount, name
                    assert event.user_quote_amount_in <= call.limit, name
                case SellEvent():
                    assert event.base_amount_in == call.amount, name
