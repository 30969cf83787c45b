from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace
from solders.instruction import Instruction
from solders.pubkey import Pubkey

from core.chain.build import curve, legacy, pool
from core.chain.build.addresses import (
    PUMP_ID,
    PUMPSWAP_ID,
    SYSTEM_ID,
    TOKEN_ID,
    WSOL,
    bonding_curve,
    token_account,
    volume_accumulator,
)
from core.chain.build.orders import pool_cashback_setup
from core.chain.instructions import decode_trade_call
from core.errors import Refused
from tests.chain.build.coins import CASHBACK_POOL, CURVE, MINT, POOL, POOL_ADDRESS, RECIPIENTS, USER, key
from tests.chain.recorded import interface

USER_KEY = USER.pubkey()
ON_CURVE = curve.curve_accounts(CURVE, USER_KEY, RECIPIENTS)
ON_POOL = pool.pool_accounts(POOL, USER_KEY, RECIPIENTS)
OLD = legacy.legacy_accounts(CURVE, USER_KEY, RECIPIENTS)

TRADES = [
    ("buy_v2", curve.buy_v2(ON_CURVE, 11, 22)),
    ("buy_exact_quote_in_v2", curve.buy_exact_quote_in_v2(ON_CURVE, 11, 22)),
    ("sell_v2", curve.sell_v2(ON_CURVE, 11, 22)),
    ("buy", legacy.buy(OLD, 11, 22)),
    ("buy_exact_sol_in", legacy.buy_exact_sol_in(OLD, 11, 22)),
    ("sell", legacy.sell(OLD, 11, 22)),
    ("buy", pool.buy(ON_POOL, 11, 22)),
    ("buy_exact_quote_in", pool.buy_exact_quote_in(ON_POOL, 11, 22)),
    ("sell", pool.sell(ON_POOL, 11, 22)),
]
TRACKED = {"buy", "buy_exact_quote_in", "buy_exact_sol_in"}
OTHERS = [
    ("pump", "init_user_volume_accumulator", curve.init_volume_accumulator(USER_KEY, USER_KEY)),
    ("pump", "close_user_volume_accumulator", curve.close_volume_accumulator(USER_KEY)),
    ("pump", "claim_cashback", curve.claim_cashback(USER_KEY)),
    ("pump", "claim_cashback_v2", curve.claim_cashback_v2(USER_KEY, WSOL, TOKEN_ID)),
    ("pump_amm", "claim_cashback", pool.claim_cashback(USER_KEY, WSOL, TOKEN_ID)),
    ("pump", "extend_account", curve.extend_account(MINT, USER_KEY)),
    ("pump_amm", "init_user_volume_accumulator", pool.init_volume_accumulator(USER_KEY, USER_KEY)),
    ("pump_amm", "close_user_volume_accumulator", pool.close_volume_accumulator(USER_KEY)),
    ("pump_amm", "extend_account", pool.extend_account(POOL_ADDRESS, USER_KEY)),
]


def file_of(instruction: Instruction) -> str:
    return {PUMP_ID: "pump", PUMPSWAP_ID: "pump_amm"}[instruction.program_id]


def check_like_interface(shared_data: Path, file: str, name: str, built: Instruction) -> None:
    """Accounts, flags, fixed addresses and discriminator are those of the interface file; more may follow."""
    listed = next(each for each in interface(shared_data, file)["instructions"] if each["name"] == name)
    assert built.data[:8] == bytes(listed["discriminator"])
    assert len(built.accounts) >= len(listed["accounts"])
    for account, meta in zip(listed["accounts"], built.accounts, strict=False):
        flags = (meta.is_writable, meta.is_signer)
        assert (account["name"], flags) == (
            account["name"],
            (account.get("writable", False), account.get("signer", False)),
        )
        if "address" in account:
            assert str(meta.pubkey) == account["address"]


@pytest.mark.parametrize(("name", "trade"), TRADES)
def test_a_trade_has_the_accounts_of_the_interface_file(shared_data: Path, name: str, trade: Instruction):
    check_like_interface(shared_data, file_of(trade), name, trade)


@pytest.mark.parametrize(("file", "name", "built"), OTHERS)
def test_so_has_every_other_instruction(shared_data: Path, file: str, name: str, built: Instruction):
    check_like_interface(shared_data, file, name, built)


@pytest.mark.parametrize(("name", "trade"), TRADES)
def test_what_is_built_reads_back_as_what_was_meant(name: str, trade: Instruction):
    accounts = [str(meta.pubkey) for meta in trade.accounts]

    call = decode_trade_call(str(trade.program_id), accounts, trade.data)

    assert call is not None
    market = bonding_curve(MINT) if trade.program_id == PUMP_ID else POOL_ADDRESS
    assert (call.name, call.amount, call.limit) == (name, 11, 22)
    assert (call.mint, call.user, call.market) == (str(MINT), str(USER_KEY), str(market))
    assert call.track_volume is (True if name in TRACKED else None)


def tail(instruction: Instruction, count: int) -> list[Pubkey]:
    return [meta.pubkey for meta in instruction.accounts[-count:]]


def test_remaining_accounts_of_a_pool_follow_the_coin():
    plain = pool.pool_accounts(replace(POOL, coin_creator=SYSTEM_ID), USER_KEY, RECIPIENTS)
    cashback = pool.pool_accounts(CASHBACK_POOL, USER_KEY, RECIPIENTS)

    assert [len(each.buy) for each in (plain, ON_POOL, cashback)] == [25, 26, 27]
    assert [len(each.sell) for each in (plain, ON_POOL, cashback)] == [23, 24, 26]
    assert tail(pool.buy(cashback, 1, 1), 2)[0] == RECIPIENTS.buyback
    assert [meta.is_writable for meta in cashback.sell[-5:]] == [True, True, False, False, True]


def test_a_legacy_sale_of_a_cashback_coin_names_its_accumulator_before_the_last_two():
    cashback = legacy.legacy_accounts(replace(CURVE, is_cashback=True), USER_KEY, RECIPIENTS)

    assert [len(each) for each in (OLD.buy, OLD.sell, cashback.buy, cashback.sell)] == [18, 16, 18, 17]
    assert cashback.sell[-3].pubkey == volume_accumulator(USER_KEY, PUMP_ID)
    assert cashback.sell[-1].pubkey == RECIPIENTS.buyback


def test_a_cashback_pool_wants_accounts_that_the_sdk_does_not_open():
    opened = pool_cashback_setup(CASHBACK_POOL, USER_KEY, USER_KEY, has_accumulator=False)
    accounts = pool.pool_accounts(CASHBACK_POOL, USER_KEY, RECIPIENTS)
    volume = volume_accumulator(USER_KEY, PUMPSWAP_ID)

    assert opened[0] == pool.init_volume_accumulator(USER_KEY, USER_KEY)
    assert opened[1].accounts[1].pubkey == token_account(volume, WSOL, TOKEN_ID) == accounts.sell[21].pubkey
    assert pool_cashback_setup(CASHBACK_POOL, USER_KEY, USER_KEY, has_accumulator=True) == opened[1:]
    assert pool_cashback_setup(POOL, USER_KEY, USER_KEY, has_accumulator=False) == []


def test_the_legacy_generation_trades_sol_only():
    with pytest.raises(Refused, match="SOL only"):
        legacy.legacy_accounts(replace(CURVE, quote_mint=key("usd")), USER_KEY, RECIPIENTS)


@pytest.mark.parametrize(("amount", "limit"), [(0, 1), (-1, 1), (1, -1), (2**64, 1), (1, 2**64)])
@pytest.mark.parametrize(
    "build",
    [
        lambda *amounts: curve.buy_v2(ON_CURVE, *amounts),
        lambda *amounts: curve.sell_v2(ON_CURVE, *amounts),
        lambda *amounts: legacy.buy_exact_sol_in(OLD, *amounts),
        lambda *amounts: pool.buy_exact_quote_in(ON_POOL, *amounts),
        lambda *amounts: pool.sell(ON_POOL, *amounts),
    ],
)
def test_amounts_that_cannot_be_are_refused(build: Callable[..., Instruction], amount: int, limit: int):
    with pytest.raises(Refused, match="must be"):
        build(amount, limit)
