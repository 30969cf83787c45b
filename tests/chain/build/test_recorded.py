"""Trades that really happened, built again from their facts: the keys must be those that stood in them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from solders.pubkey import Pubkey

from core.chain.build import legacy, pool
from core.chain.build.addresses import SYSTEM_ID, bonding_curve, creator_vault
from core.chain.build.facts import CurveFacts, PoolFacts, Recipients
from core.chain.decode import Decoder
from core.chain.instructions import TradeCall, decode_trade_call
from core.chain.programs import PUMP, PUMPSWAP
from core.chain.pump import CreateEvent
from core.chain.transaction import call_accounts, call_data, read_transaction
from tests.chain.recorded import transaction, transactions

Recorded = tuple[TradeCall, list[str], bytes]


def trades(shared_data: Path, program: str) -> Iterator[tuple[str, Recorded]]:
    """The trades of one program with the name of their file, their accounts and their data."""
    for name, source in transactions(shared_data):
        read = read_transaction(source)
        for call in read.calls:
            if call.program == program:
                accounts, data = call_accounts(read, call), call_data(call)
                trade = decode_trade_call(program, accounts, data)
                if trade is not None:
                    yield name, (trade, accounts, data)


def test_a_buy_of_july_2026_is_built_to_the_byte(shared_data: Path):
    name = "pump_create_v2_buy_2026-07"
    trade, accounts, data = next(trade for found, trade in trades(shared_data, PUMP) if found == name)
    events = Decoder().decode_transaction(transaction(shared_data, name)).events
    created = next(each for each in events if isinstance(each, CreateEvent))
    assert created.creator is not None
    keys = [Pubkey.from_string(text) for text in accounts]
    facts = CurveFacts(mint=keys[2], creator=Pubkey.from_string(created.creator), token_program=keys[8])

    built = legacy.buy_exact_sol_in(
        legacy.legacy_accounts(facts, Pubkey.from_string(trade.user), Recipients(keys[1], keys[17])),
        trade.amount,
        trade.limit,
    )

    assert [meta.pubkey for meta in built.accounts] == keys
    # That wallet did not want its volume counted; ours does, as the SDKs do.
    assert trade.track_volume is False
    assert built.data == data[:-1] + b"\1"


def test_older_sales_and_pool_buys_have_the_leading_accounts_of_ours(shared_data: Path):
    sales = [each for _, each in trades(shared_data, PUMP) if each[0].name == "sell" and len(each[1]) == 14]
    buys = [each for _, each in trades(shared_data, PUMPSWAP)]
    assert len(sales) >= 1
    assert len(buys) >= 8
    for trade, accounts, _ in sales:
        keys = [Pubkey.from_string(text) for text in accounts]
        facts = CurveFacts(mint=keys[2], creator=SYSTEM_ID, token_program=keys[9])
        built = legacy.legacy_accounts(facts, Pubkey.from_string(trade.user), Recipients(keys[1], keys[1])).sell
        # Whose vault it is does not stand in an instruction.
        assert [meta.pubkey for i, meta in enumerate(built[:14]) if i != 8] == keys[:8] + keys[9:]
        assert keys[3] == bonding_curve(keys[2])
        assert keys[8] != creator_vault(SYSTEM_ID)
    for trade, accounts, _ in buys:
        keys = [Pubkey.from_string(text) for text in accounts]
        facts_of_pool = PoolFacts(
            address=keys[0],
            creator=SYSTEM_ID,
            base_mint=keys[3],
            quote_mint=keys[4],
            base_vault=keys[7],
            quote_vault=keys[8],
            base_token_program=keys[11],
            quote_token_program=keys[12],
        )
        user = Pubkey.from_string(trade.user)
        made = pool.pool_accounts(facts_of_pool, user, Recipients(keys[9], keys[9]))
        assert [meta.pubkey for meta in made.buy[:17]] == keys[:17]


@pytest.mark.parametrize("program", [PUMP, PUMPSWAP])
def test_there_are_recorded_trades_of_both_programs(shared_data: Path, program: str):
    assert next(trades(shared_data, program))
