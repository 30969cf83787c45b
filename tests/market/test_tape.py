import json
from base64 import b64decode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.chain.events import decode_event
from core.chain.pump import CompleteEvent, CompletePumpAmmMigrationEvent, CreateEvent, TradeEvent
from core.chain.pumpswap import (
    BuyEvent,
    CreatePoolEvent,
    DepositEvent,
    InitBoostEvent,
    SellEvent,
    WithdrawEvent,
)
from core.market import curve as curves
from core.market import pool as pools
from core.market.fees import fee_on
from core.market.reserves import reserves_of, venue_of
from core.market.tape import PENDING_KEPT, Tape
from core.messages import Graduated, Launched, PoolOpened, Reserves, Traded
from core.types import Side, Venue
from tests.market.states import pools as some_pools
from tests.market.states import traded_curves

SOL = 1_000_000_000
USDC = "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v"


def trade(*, mint: str = "coin", is_buy: bool = True, sol: int = SOL, tokens: int = 7, **fields: object) -> TradeEvent:
    reserves = {
        "virtual_sol_reserves": 31 * SOL,
        "virtual_token_reserves": 10**15,
        "real_sol_reserves": SOL,
        "real_token_reserves": 7 * 10**14,
    }
    values = reserves | {"mint": mint, "sol_amount": sol, "token_amount": tokens, "is_buy": is_buy, "user": "trader"}
    return TradeEvent(**(values | {"timestamp": 100} | fields))  # type: ignore[arg-type]


def create_pool(pool: str, *, base: int, quote: int) -> CreatePoolEvent:
    amounts = (base, quote, base, quote)
    return CreatePoolEvent(100, 0, "maker", "coin", "wsol", 6, 9, *amounts, 100, 1, 1, 255, pool, "lp", "ub", "uq")


def migration(pool: str, *, base: int, quote: int, mint: str = "coin") -> CompletePumpAmmMigrationEvent:
    return CompletePumpAmmMigrationEvent("maker", mint, base, quote, 15_000_001, "curve", 100, pool)


def pool_buy(pool: str, state: pools.Pool, tokens: int, *, lp_bps: int) -> BuyEvent:
    quote = pools.buy_cost(state, tokens)
    lp = fee_on(quote, lp_bps)
    return BuyEvent(
        100, tokens, quote * 2, 0, 0, state.base, state.quote, quote, lp_bps, lp, 93, fee_on(quote, 93),
        quote + lp, quote + lp + fee_on(quote, 93), pool, "trader", "ub", "uq", "fee", "feeq",
        virtual_quote_reserves=state.virtual_quote,
    )  # fmt: skip


def pool_sell(pool: str, state: pools.Pool, tokens: int, *, lp_bps: int) -> SellEvent:
    quote = pools.sell_proceeds(state, tokens)
    lp = fee_on(quote, lp_bps)
    return SellEvent(
        100, tokens, 0, 0, 0, state.base, state.quote, quote, lp_bps, lp, 93, fee_on(quote, 93),
        quote - lp, quote - lp - fee_on(quote, 93), pool, "trader", "ub", "uq", "fee", "feeq",
        virtual_quote_reserves=state.virtual_quote,
    )  # fmt: skip


def opened(pool: str = "pool", *, base: int = 2 * 10**14, quote: int = 85 * SOL) -> Tape:
    tape = Tape()
    tape.read(create_pool(pool, base=base, quote=quote), 5, 2.0, "s")
    tape.read(migration(pool, base=base, quote=quote), 5, 2.0, "s")
    return tape


def test_a_curve_trade_carries_the_reserves_after_it_and_its_signature():
    message = Tape().read(trade(is_buy=False, sol=42, tokens=9), 17, 6.8, "sig")

    assert message == Traded(
        mint="coin",
        at_s=6.8,
        slot=17,
        side=Side.SELL,
        trader="trader",
        quote_lamports=42,
        tokens=9,
        reserves=Reserves(Venue.CURVE, 31 * SOL, 10**15, SOL, 7 * 10**14),
        signature="sig",
    )


def test_a_trade_in_another_quote_is_marked_and_counts_in_that_quote():
    event = trade(
        sol=0, quote_mint=USDC, quote_amount=5_000_000, virtual_quote_reserves=4_000_000_000, real_quote_reserves=77
    )

    message = Tape().read(event, 1, 1.0, "s")

    assert isinstance(message, Traded)
    assert (message.quote_mint, message.quote_lamports) == (USDC, 5_000_000)
    assert message.reserves == Reserves(Venue.CURVE, 4_000_000_000, 10**15, 77, 7 * 10**14)


def test_a_launch_of_2024_has_its_signer_as_creator_and_the_start_of_every_curve():
    event = CreateEvent("Name", "SYM", "uri", "coin", "curve", "signer")

    message = Tape().read(event, 1, 1.0, "s")

    assert isinstance(message, Launched)
    assert (message.creator, message.user) == ("signer", "signer")
    assert message.reserves == reserves_of(curves.START)
    assert message.supply == curves.SUPPLY_UNITS
    assert not message.mayhem
    assert message.quote_mint == ""


def test_a_launch_marks_mayhem_cashback_and_another_quote():
    event = CreateEvent(
        "N", "S", "u", "coin", "curve", "signer", "maker", is_mayhem_mode=True, is_cashback_enabled=True,
        quote_mint=USDC, virtual_quote_reserves=9_000, virtual_token_reserves=10**15,
    )  # fmt: skip

    message = Tape().read(event, 1, 1.0, "s")

    assert isinstance(message, Launched)
    assert message.mayhem
    assert message.cashback
    assert (message.quote_mint, message.reserves.quote, message.creator) == (USDC, 9_000, "maker")


def test_a_completed_curve_has_graduated():
    assert Tape().read(CompleteEvent("u", "coin", "curve", 100), 3, 1.2, "s") == Graduated(
        mint="coin", at_s=1.2, slot=3
    )


def test_only_the_pool_that_a_migration_names_opens():
    tape = Tape()

    assert tape.read(create_pool("pool", base=900, quote=100), 5, 2.0, "s") is None
    assert tape.read(migration("pool", base=900, quote=100), 5, 2.0, "s") == PoolOpened(
        mint="coin", at_s=2.0, slot=5, pool="pool", reserves=Reserves(Venue.POOL, 100, 900, 100, 900)
    )


def test_a_pool_that_somebody_else_made_for_the_token_is_counted_not_traded():
    tape = opened()
    tape.read(create_pool("fake", base=900, quote=100), 6, 2.4, "s")

    assert tape.read(pool_buy("fake", pools.Pool(900, 100), 10, lp_bps=20), 6, 2.4, "s") is None
    assert tape.unattributed == {"pool": 1}


@given(state=some_pools, share=st.integers(1, 999), lp_bps=st.integers(0, 100))
def test_reserves_after_a_pool_buy_are_those_of_the_mathematics_with_the_lp_fee_kept(
    state: pools.Pool, share: int, lp_bps: int
):
    tape = opened()
    event = pool_buy("pool", state, max(state.base * share // 1_000, 1), lp_bps=lp_bps)

    message = tape.read(event, 6, 2.4, "s")

    after = pools.after_buy(state, event.base_amount_out, event.quote_amount_in, event.lp_fee)
    assert isinstance(message, Traded)
    assert message.reserves == reserves_of(after)
    assert venue_of(message.reserves) == after


@given(state=some_pools, tokens=st.integers(1, 10**12), lp_bps=st.integers(0, 100))
def test_reserves_after_a_pool_sell_are_those_of_the_mathematics_with_the_lp_fee_kept(
    state: pools.Pool, tokens: int, lp_bps: int
):
    event = pool_sell("pool", state, tokens, lp_bps=lp_bps)
    if event.quote_amount_out - event.lp_fee > state.quote:
        return  # virtual quote prices but does not pay: the program refuses such a sell

    message = opened().read(event, 6, 2.4, "s")

    assert isinstance(message, Traded)
    assert message.side is Side.SELL
    assert message.reserves == reserves_of(pools.after_sell(state, tokens, event.quote_amount_out, event.lp_fee))


@given(curve=traded_curves())
def test_reserves_and_curve_are_two_ways_to_say_the_same(curve: curves.Curve):
    assert venue_of(reserves_of(curve)) == curve


def test_a_deposit_and_a_withdrawal_move_the_reserves_and_keep_the_virtual_part():
    tape = opened()
    tape.read(pool_buy("pool", pools.Pool(10**12, 50 * SOL, 3 * SOL), 10, lp_bps=0), 6, 2.4, "s")
    amounts = (0, 0, 0, 0, 0, 0, 10**12, 50 * SOL, 10**11, 5 * SOL, 1)

    deposited = tape.read(DepositEvent(*amounts, "pool", "u", "ub", "uq", "up"), 7, 2.8, "s")
    withdrawn = tape.read(WithdrawEvent(*amounts, "pool", "u", "ub", "uq", "up"), 8, 3.2, "s")

    assert isinstance(deposited, PoolOpened)
    assert isinstance(withdrawn, PoolOpened)
    assert deposited.reserves == Reserves(Venue.POOL, 58 * SOL, 11 * 10**11, 55 * SOL, 11 * 10**11)
    assert withdrawn.reserves == Reserves(Venue.POOL, 48 * SOL, 9 * 10**11, 45 * SOL, 9 * 10**11)


def test_virtual_reserves_given_to_a_pool_move_its_price_before_the_next_trade():
    tape = opened(base=10**12, quote=50 * SOL)

    message = tape.read(InitBoostEvent(100, "coin", "curve", "pool", 4 * SOL, 50 * SOL), 6, 2.4, "s")

    assert isinstance(message, PoolOpened)
    assert message.reserves == Reserves(Venue.POOL, 54 * SOL, 10**12, 50 * SOL, 10**12)


def test_a_pool_learned_at_a_restart_trades_on():
    tape = Tape()
    tape.learn("pool", "coin")

    message = tape.read(pool_buy("pool", pools.Pool(10**12, 50 * SOL), 10, lp_bps=20), 6, 2.4, "s")

    assert isinstance(message, Traded)
    assert message.mint == "coin"


def test_events_that_price_nothing_are_counted_by_reason():
    tape = Tape()

    assert tape.read(trade(virtual_token_reserves=0), 1, 1.0, "s") is None
    assert tape.unattributed == {"reserves": 1}


def test_pools_that_never_migrate_are_forgotten():
    tape = Tape()
    for number in range(3 * PENDING_KEPT):
        tape.read(create_pool(f"pool{number}", base=900, quote=100), 5, 2.0, "s")

    assert len(tape._pending) <= PENDING_KEPT


def events_of(transaction: dict[str, object]) -> list[object]:
    """Events of the log, each read as spoken by the program on top of the stack."""
    stack, events = [], list[object]()
    for line in transaction["meta"]["logMessages"]:  # type: ignore[index]
        words = line.split()
        if len(words) == 4 and words[2] == "invoke":
            stack.append(words[1])
        elif len(words) == 3 and words[2] == "success":
            stack.pop()
        elif line.startswith("Program data: "):
            events.append(decode_event(stack[-1], b64decode(line[14:])))
    return events


def balances_after(transaction: dict[str, object], owner: str) -> dict[str, int]:
    after = transaction["meta"]["postTokenBalances"]  # type: ignore[index]
    return {b["mint"]: int(b["uiTokenAmount"]["amount"]) for b in after if b["owner"] == owner}


def test_a_real_migration_opens_the_pool_and_its_first_buy_leaves_the_recorded_balances(shared_data: Path):
    path = shared_data / "transactions" / "pump_migrate_pumpswap_create_pool_buy_2025-06.json"
    transaction = json.loads(path.read_bytes())
    tape = Tape()

    messages = [m for e in events_of(transaction) if (m := tape.read(e, 1, 1.0, "s"))]  # type: ignore[arg-type]

    opening, first = messages
    assert isinstance(opening, PoolOpened)
    assert isinstance(first, Traded)
    assert opening.reserves == Reserves(
        Venue.POOL, 84_990_359_420, 206_900_000_000_001, 84_990_359_420, 206_900_000_000_001
    )
    balances = balances_after(transaction, opening.pool)
    assert {first.reserves.real_base, first.reserves.real_quote} == set(balances.values())
    assert balances[first.mint] == first.reserves.base


def test_seven_real_trades_in_a_row_leave_what_the_next_one_finds(shared_data: Path):
    transactions = json.loads((shared_data / "transactions" / "pumpswap_trades_2025.json").read_bytes())
    tape, found = Tape(), 0
    for transaction in transactions:
        for event in events_of(transaction):
            if isinstance(event, BuyEvent | SellEvent):
                tape.learn(event.pool, "coin")
                message = tape.read(event, 1, 1.0, "s")
                assert isinstance(message, Traded)
                reserves = message.reserves
                assert {reserves.real_base, reserves.real_quote} == set(
                    balances_after(transaction, event.pool).values()
                )
                found += 1
    assert found == 7


@pytest.mark.parametrize("event_id", ["amm_sell_2026-04-24", "amm_buy_2025-05-02"])
def test_a_real_pool_event_leaves_reserves_that_differ_by_what_left_and_what_came(shared_data: Path, event_id: str):
    rows = json.loads((shared_data / "events" / "program_data_events.json").read_bytes())
    row = next(row for row in rows if row["id"] == event_id)
    event = decode_event(row["program"], b64decode(row["data"]))
    assert isinstance(event, BuyEvent | SellEvent)
    tape = Tape()
    tape.learn(event.pool, "coin")

    message = tape.read(event, 1, 1.0, "s")

    assert isinstance(message, Traded)
    before, after = event.pool_quote_token_reserves, message.reserves.real_quote
    kept = event.lp_fee
    moved = event.quote_amount_in if isinstance(event, BuyEvent) else -event.quote_amount_out
    assert after == before + moved + kept
