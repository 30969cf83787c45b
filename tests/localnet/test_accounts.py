"""A wrong account list fails as the real programs fail, and changes nothing."""

import pytest
from solders.instruction import AccountMeta, Instruction
from solders.keypair import Keypair

from core.chain.build import curve as curve_orders
from core.chain.build import legacy
from core.chain.build import pool as pool_orders
from core.chain.build.addresses import PUMP_ID, PUMPSWAP_ID, TOKEN_ID, WSOL, bonding_curve, volume_accumulator
from core.chain.build.funds import open_token_account, transfer, unwrap
from core.chain.build.orders import pool_cashback_setup
from core.chain.minor import OtherEvent
from core.chain.rent import VOLUME_ACCUMULATOR_LAMPORTS, WALLET_LAMPORTS
from core.types import LAMPORTS_PER_SOL
from localnet import launching
from tests.localnet.stage import RECIPIENTS, Coin, Stage, code, events, person

STRANGER = person("stranger").pubkey()
WRONG_V2_BUY = {
    0: 2006,  # global
    1: 2006,  # base mint: what is derived of it no longer fits
    2: 6063,  # quote mint
    3: 3008,  # base token program
    4: 3008,
    5: 2012,  # associated token program
    6: 2006,  # fee recipient: its token account no longer fits
    7: 2006,
    8: 2006,
    9: 2006,
    10: 2006,  # curve
    11: 2009,
    12: 2006,
    14: 3012,  # the user's tokens: a stranger's account does not exist
    16: 2006,  # creator vault
    17: 2006,
    18: 2006,  # sharing config
    19: 2006,  # global volume
    20: 2006,
    21: 2006,
    22: 2006,  # fee config
    23: 2012,  # fee program
    24: 3008,  # system program
    25: 2006,  # event authority
    26: 2012,  # program
}
WRONG_POOL_BUY = {
    0: 3007,
    2: 2006,
    3: 6008,
    4: 6009,
    5: 3012,
    6: 3012,
    7: 6014,
    8: 6015,
    9: 6013,
    10: 2006,
    11: 2022,
    12: 2022,
    13: 3008,
    14: 3008,
    15: 2006,
    16: 2012,
    17: 2006,
    18: 2006,
    19: 2006,
    20: 2006,
    21: 2006,
    22: 2012,
    23: 6062,
    24: 6053,
    25: 2009,
}


def changed(trade: Instruction, place: int) -> Instruction:
    metas = list(trade.accounts)
    metas[place] = AccountMeta(STRANGER, metas[place].is_signer, metas[place].is_writable)
    return Instruction(trade.program_id, bytes(trade.data), metas)


@pytest.fixture(scope="module")
def scene() -> tuple[Stage, Coin, Keypair]:
    stage = Stage()
    user = stage.rich("user")
    coin = stage.coin(stage.rich("creator"))
    stage.done([coin.open(user)], user)
    return stage, coin, user


@pytest.fixture(scope="module")
def pooled() -> tuple[Stage, Coin, Keypair]:
    stage = Stage()
    user = stage.rich("user")
    coin = stage.coin(stage.rich("creator"))
    coin.graduate(user)
    stage.done(coin.wrapped(user, 10 * LAMPORTS_PER_SOL), user)
    return stage, coin, user


@pytest.mark.parametrize(("place", "number"), WRONG_V2_BUY.items())
def test_each_wrong_account_of_a_curve_buy_is_refused(scene, place: int, number: int):
    stage, coin, user = scene
    before = coin.curve()
    trade = curve_orders.buy_exact_quote_in_v2(coin.accounts(user), LAMPORTS_PER_SOL, 1)

    landed = stage.land([changed(trade, place)], user)

    assert code(landed) == number, landed.logs
    assert coin.curve() == before
    assert "AnchorError" in "".join(landed.logs)


@pytest.mark.parametrize(("place", "number"), WRONG_POOL_BUY.items())
def test_each_wrong_account_of_a_pool_buy_is_refused(pooled, place: int, number: int):
    stage, coin, user = pooled
    before = coin.pool()
    trade = pool_orders.buy_exact_quote_in(coin.pool_accounts(user), LAMPORTS_PER_SOL, 1)

    landed = stage.land([changed(trade, place)], user)

    assert code(landed) == number, landed.logs
    assert coin.pool() == before


def test_missing_accounts_and_missing_bytes_are_refused(scene):
    stage, coin, user = scene
    trade = curve_orders.buy_exact_quote_in_v2(coin.accounts(user), LAMPORTS_PER_SOL, 1)
    old = legacy.sell(legacy.legacy_accounts(coin.facts, user.pubkey(), RECIPIENTS), 5, 0)

    def cut(whole: Instruction, accounts: int, data: int = 24) -> int | None:
        return code(
            stage.land([Instruction(whole.program_id, bytes(whole.data)[:data], whole.accounts[:accounts])], user)
        )

    assert cut(trade, 26) == 3005
    assert cut(trade, 27, 20) == 102
    assert cut(trade, 27, 4) == 100
    assert cut(old, 15) == 6062
    assert cut(old, 14) == 6074


def test_limits_and_amounts_have_the_numbers_of_the_interface_file(scene):
    stage, coin, user = scene
    accounts = coin.accounts(user)
    many = 2**62

    assert code(stage.land([curve_orders.buy_v2(accounts, 10**12, 1)], user)) == 6002
    assert code(stage.land([curve_orders.buy_v2(accounts, 10**15, many)], user)) == 6021
    assert code(stage.land([curve_orders.buy_exact_quote_in_v2(accounts, 10**9, many)], user)) == 6042
    assert code(stage.land([curve_orders.buy_exact_quote_in_v2(accounts, 1, 0)], user)) == 6041
    stage.done([curve_orders.buy_exact_quote_in_v2(accounts, 10**9, 1)], user)
    assert code(stage.land([curve_orders.sell_v2(accounts, 10**12, many)], user)) == 6003
    assert code(stage.land([curve_orders.sell_v2(accounts, 10**15, 0)], user)) == 6023
    assert code(stage.land([curve_orders.sell_v2(accounts, 1, 0)], user)) == 6024
    assert code(stage.land([launching.migrate(coin.mint, user.pubkey())], user)) == 6006


def test_a_coin_cannot_be_made_twice_and_a_curve_migrates_once(pooled):
    stage, coin, user = pooled
    again = launching.migrate(coin.mint, user.pubkey())
    twice = launching.create_v2(coin.mint, user.pubkey(), user.pubkey(), ("a", "b", "c"))

    assert code(stage.land([again], user)) == 6081
    assert stage.land([twice], user, person("mint coin")).err is not None
    assert code(stage.land([curve_orders.sell_v2(coin.accounts(user), 10**9, 0)], user)) == 6005


def test_the_first_buyer_pays_for_the_creators_vault_and_everybody_for_an_accumulator():
    stage = Stage()
    first, second = stage.rich("first"), stage.rich("second")
    coin = stage.coin(stage.rich("creator"))
    paid = []
    for user in (first, second):
        stage.done([coin.open(user)], user)
        before = stage.balance(user.pubkey())
        landed = stage.done([curve_orders.buy_exact_quote_in_v2(coin.accounts(user), 10**9, 1)], user)
        paid.append(before - stage.balance(user.pubkey()) - landed.fee_lamports - 10**9)

    assert paid == [VOLUME_ACCUMULATOR_LAMPORTS + WALLET_LAMPORTS, VOLUME_ACCUMULATOR_LAMPORTS]
    before = stage.balance(first.pubkey())
    closed = stage.done([curve_orders.close_volume_accumulator(first.pubkey())], first)
    assert stage.balance(first.pubkey()) - before == VOLUME_ACCUMULATOR_LAMPORTS - closed.fee_lamports
    (event,) = events(closed)
    assert isinstance(event, OtherEvent)
    assert (event.name, event.values["user"]) == ("CloseUserVolumeAccumulatorEvent", str(first.pubkey()))
    assert stage.chain.bank.account(volume_accumulator(first.pubkey(), PUMP_ID)) is None
    assert code(stage.land([curve_orders.close_volume_accumulator(first.pubkey())], first)) == 3012


def test_cashback_is_set_aside_and_can_be_claimed_on_curve_and_pool():
    stage = Stage()
    user = stage.rich("user")
    coin = stage.coin(stage.rich("creator"), is_cashback=True)
    stage.done([coin.open(user), curve_orders.buy_exact_quote_in_v2(coin.accounts(user), 10**9, 1)], user)
    volume = volume_accumulator(user.pubkey(), PUMP_ID)
    due = stage.balance(volume) - VOLUME_ACCUMULATOR_LAMPORTS
    assert due > 0

    claimed = stage.done([curve_orders.claim_cashback(user.pubkey())], user)

    assert stage.balance(volume) == VOLUME_ACCUMULATOR_LAMPORTS
    (event,) = events(claimed)
    assert isinstance(event, OtherEvent)
    assert event.values["amount"] == due

    coin.graduate(user)
    facts, accounts = coin.pool_facts(), coin.pool_accounts(user)
    tokens = stage.tokens(user.pubkey(), coin.mint) // 2
    quote = open_token_account(user.pubkey(), user.pubkey(), WSOL, TOKEN_ID)
    stage.done([quote], user)
    assert code(stage.land([pool_orders.sell(accounts, tokens, 1)], user)) == 6060
    setup = pool_cashback_setup(facts, user.pubkey(), user.pubkey(), has_accumulator=False)
    stage.done([*setup, pool_orders.sell(accounts, tokens, 1)], user)
    before = stage.tokens(user.pubkey(), WSOL, TOKEN_ID)
    owed = stage.tokens(volume_accumulator(user.pubkey(), PUMPSWAP_ID), WSOL, TOKEN_ID)
    assert owed > 0

    stage.done([pool_orders.claim_cashback(user.pubkey(), WSOL, TOKEN_ID)], user)

    assert stage.tokens(user.pubkey(), WSOL, TOKEN_ID) == before + owed
    stage.done([unwrap(user.pubkey()), pool_orders.close_volume_accumulator(user.pubkey())], user)


def test_lamports_sent_to_an_address_before_it_is_made_do_not_stop_a_launch():
    stage = Stage()
    creator = stage.rich("creator")
    mint = person("mint coin").pubkey()
    stage.done([transfer(creator.pubkey(), bonding_curve(mint), WALLET_LAMPORTS)], creator)

    coin = stage.coin(creator)

    assert coin.curve().real_quote == 0


def test_nobody_else_can_speak_for_the_program(scene):
    stage, _, user = scene
    lie = Instruction(
        PUMP_ID,
        bytes.fromhex("e445a52e51cb9a1d") + b"lie",
        [AccountMeta(user.pubkey(), is_signer=True, is_writable=False)],
    )

    assert code(stage.land([lie], user)) == 3010
