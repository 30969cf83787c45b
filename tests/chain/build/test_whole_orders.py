"""Whole orders, signed here, in the real SVM against the programs of localnet: to the lamport, without rent left."""

import pytest
from solders.hash import Hash
from solders.instruction import Instruction
from solders.keypair import Keypair
from solders.pubkey import Pubkey
from solders.transaction import VersionedTransaction

from core.chain.accounts import (
    BondingCurve,
    FeeConfig,
    Global,
    GlobalConfig,
    Pool,
    UserVolumeAccumulator,
    decode_account,
)
from core.chain.build import curve, orders, pool
from core.chain.build.addresses import (
    CURVE_FEE_CONFIG,
    CURVE_GLOBAL,
    POOL_FEE_CONFIG,
    POOL_GLOBAL,
    PUMP_ID,
    PUMPSWAP_ID,
    TOKEN_ID,
    WSOL,
    bonding_curve,
    token_account,
    volume_accumulator,
)
from core.chain.build.facts import CurveFacts, curve_facts
from core.chain.build.orders import CASHBACK_RENT_LAMPORTS, Place
from core.chain.build.signing import compile_message, sign
from core.market import quotes
from core.market.fees import FeeRates
from core.market.schedules import curve_rates, curve_supply, pool_rates, pool_supply
from core.types import LAMPORTS_PER_SOL
from localnet.records import Landed
from tests.localnet.stage import RECIPIENTS, Coin, Stage

PLACE = Place(600_000, 10_000)
SPEND = LAMPORTS_PER_SOL // 7
SUPPLY = 10**15


class Trader:
    """A wallet with what it paid in fees for its transactions."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.wallet: Keypair = stage.rich("trader", 10.0)
        self.key = self.wallet.pubkey()
        self.fees_lamports = 0

    @property
    def blockhash(self) -> Hash:
        return Hash.from_string(self.stage.chain.blockhash_seen("processed")[0])

    def land(self, instructions: list[Instruction]) -> Landed:
        listed = orders.with_place(PLACE, self.key, instructions)
        return self.send(sign(compile_message(self.key, listed, self.blockhash), [self.wallet], 1).raw)

    def send(self, raw: bytes) -> Landed:
        landed = self.stage.chain.run(VersionedTransaction.from_bytes(raw))
        assert landed is not None
        self.fees_lamports += landed.fee_lamports
        return landed

    def done(self, instructions: list[Instruction]) -> None:
        landed = self.land(instructions)
        assert landed.err is None, landed.logs

    @property
    def earned(self) -> int:
        """What trading changed in the wallet, without the fees of transactions."""
        return self.stage.balance(self.key) + self.fees_lamports - 10 * LAMPORTS_PER_SOL


def account(stage: Stage, address: Pubkey) -> object:
    held = stage.chain.bank.account(address)
    assert held is not None
    return decode_account(bytes(held.data))


def rates_on_curve(coin: Coin) -> FeeRates:
    settings, config = account(coin.stage, CURVE_GLOBAL), account(coin.stage, CURVE_FEE_CONFIG)
    state = account(coin.stage, bonding_curve(coin.mint))
    assert isinstance(settings, Global)
    assert isinstance(config, FeeConfig)
    assert isinstance(state, BondingCurve)
    return curve_rates(settings, config, state, curve_supply(state, SUPPLY))


def rates_on_pool(coin: Coin) -> FeeRates:
    facts, now = coin.pool_facts(), coin.pool()
    settings, config = account(coin.stage, POOL_GLOBAL), account(coin.stage, POOL_FEE_CONFIG)
    state = account(coin.stage, facts.address)
    assert isinstance(settings, GlobalConfig)
    assert isinstance(config, FeeConfig)
    assert isinstance(state, Pool)
    return pool_rates(
        settings,
        config,
        state,
        base=now.base,
        quote=now.quote + now.virtual_quote,
        supply=pool_supply(state, SUPPLY),
        is_canonical=facts.is_canonical,
    )


def facts_of(coin: Coin) -> CurveFacts:
    state = account(coin.stage, bonding_curve(coin.mint))
    assert isinstance(state, BondingCurve)
    return curve_facts(coin.mint, state, coin.facts.token_program)


def used_coin(stage: Stage) -> Coin:
    """A coin that has been bought once: the first buyer pays for accounts of its creator."""
    coin, first = stage.coin(stage.rich("creator")), stage.rich("first")
    stage.done([coin.open(first), curve.buy_exact_quote_in_v2(coin.accounts(first), LAMPORTS_PER_SOL, 1)], first)
    return coin


def test_a_round_on_the_curve_leaves_only_its_result():
    stage = Stage()
    coin = used_coin(stage)
    trader = Trader(stage)
    facts = facts_of(coin)
    accounts = curve.curve_accounts(facts, trader.key, RECIPIENTS)
    rates = rates_on_curve(coin)
    bought = quotes.buy_exact_in(coin.curve(), SPEND, rates)
    assert facts == coin.facts
    assert bought is not None

    trade = curve.buy_exact_quote_in_v2(accounts, SPEND, bought.tokens)
    trader.done(orders.curve_buy(facts, accounts, trade))
    sold = quotes.sell(coin.curve(), bought.tokens, rates)
    assert sold is not None
    sale = curve.sell_v2(accounts, bought.tokens, sold.total_lamports)
    trader.done(orders.curve_sell(facts, accounts, sale, close=True))
    trader.done([curve.close_volume_accumulator(trader.key)])

    assert stage.balance(accounts.user_base) == 0
    assert trader.earned == sold.total_lamports - bought.total_lamports


def test_a_round_on_the_pool_leaves_only_its_result_and_no_wrapped_sol():
    stage = Stage()
    coin, whale = stage.coin(stage.rich("creator")), stage.rich("whale")
    coin.graduate(whale)
    # The first buyer on a pool pays for a token account of its creator.
    first = pool.buy_exact_quote_in(coin.pool_accounts(whale), LAMPORTS_PER_SOL, 1)
    stage.done([*coin.wrapped(whale, LAMPORTS_PER_SOL), first], whale)
    trader = Trader(stage)
    facts = coin.pool_facts()
    accounts = pool.pool_accounts(facts, trader.key, RECIPIENTS)
    bought = quotes.buy_exact_in(coin.pool(), SPEND, rates_on_pool(coin))
    assert bought is not None

    trade = pool.buy_exact_quote_in(accounts, SPEND, bought.tokens)
    trader.done(orders.pool_buy(facts, accounts, trade, SPEND))
    sold = quotes.sell(coin.pool(), bought.tokens, rates_on_pool(coin))
    assert sold is not None
    sale = pool.sell(accounts, bought.tokens, sold.total_lamports)
    trader.done(orders.pool_sell(facts, accounts, sale, bought.tokens, close=True))
    trader.done([pool.close_volume_accumulator(trader.key)])

    assert stage.balance(token_account(trader.key, WSOL, TOKEN_ID)) == 0
    assert stage.balance(accounts.user_base) == 0
    assert trader.earned == sold.total_lamports - bought.total_lamports


@pytest.mark.parametrize("more", [1, 10**6])
def test_a_limit_one_unit_too_hard_fails_and_changes_nothing(more: int):
    stage = Stage()
    coin = stage.coin(stage.rich("creator"))
    trader = Trader(stage)
    accounts = curve.curve_accounts(facts_of(coin), trader.key, RECIPIENTS)
    bought = quotes.buy_exact_in(coin.curve(), SPEND, rates_on_curve(coin))
    assert bought is not None

    trade = curve.buy_exact_quote_in_v2(accounts, SPEND, bought.tokens + more)
    landed = trader.land(orders.curve_buy(coin.facts, accounts, trade))

    assert landed.err is not None
    assert trader.earned == 0


def test_a_graduated_cashback_coin_is_sold_once_its_accounts_are_open_and_costs_their_rent():
    stage = Stage()
    coin = stage.coin(stage.rich("creator"), is_cashback=True)
    trader = Trader(stage)
    facts = facts_of(coin)
    on_curve = curve.curve_accounts(facts, trader.key, RECIPIENTS)
    bought = quotes.buy_exact_in(coin.curve(), SPEND, rates_on_curve(coin))
    assert bought is not None
    trade = curve.buy_exact_quote_in_v2(on_curve, SPEND, bought.tokens)
    trader.done(orders.curve_buy(facts, on_curve, trade))
    coin.graduate(stage.rich("whale"))

    pooled = coin.pool_facts()
    accounts = pool.pool_accounts(pooled, trader.key, RECIPIENTS)
    sold = quotes.sell(coin.pool(), bought.tokens, rates_on_pool(coin))
    assert sold is not None
    sale = pool.sell(accounts, bought.tokens, sold.total_lamports)
    listed = orders.pool_sell(pooled, accounts, sale, bought.tokens, close=True)
    setup = orders.pool_cashback_setup(pooled, trader.key, trader.key, has_accumulator=False)
    trader.done([*setup, *listed])

    counted = account(stage, volume_accumulator(trader.key, PUMPSWAP_ID))
    assert isinstance(counted, UserVolumeAccumulator)
    assert counted.user == str(trader.key)
    assert stage.balance(volume_accumulator(trader.key, PUMP_ID)) > 0
    assert stage.balance(token_account(volume_accumulator(trader.key, PUMPSWAP_ID), WSOL, TOKEN_ID)) == (
        CASHBACK_RENT_LAMPORTS + sold.fees.cashback_lamports
    )
