"""What the market knows of a coin on the chain, and the instructions that trade it there."""

from msgspec import Struct
from solders.instruction import AccountMeta, Instruction
from solders.keypair import Keypair
from solders.pubkey import Pubkey

from core.chain.accounts import BondingCurve, Pool, decode_account
from core.chain.build import curve, legacy, orders, pool
from core.chain.build.addresses import (
    TOKEN_2022_ID,
    TOKEN_ID,
    WSOL,
    bonding_curve,
    canonical_pool,
    pool_creator_vault,
    token_account,
)
from core.chain.build.facts import CurveFacts, PoolFacts, Recipients, pool_facts
from core.chain.build.funds import open_token_account
from core.market.curve import Curve
from core.market.curve import cost_of as curve_cost
from core.market.fees import fees_on, rates_of
from localnet import genesis, launching
from localnet.bank import Bank
from localnet.market.agents import keypair
from localnet.programs.facts import LAYOUT

ANY_COST = 2**63 - 1


class Coin(Struct):
    """One coin of the simulated market on the chain. `held` is what each agent holds in the simulation, token units:
    a sale there is the same share of what the agent holds here."""

    facts: CurveFacts
    key: Keypair
    held: dict[str, int] = {}
    pool: PoolFacts | None = None
    trap: str = ""
    is_shut: bool = False
    is_refusing: bool = False

    @property
    def mint(self) -> Pubkey:
        return self.facts.mint

    @property
    def vault(self) -> Pubkey:
        """The token account that the curve or the pool sells from."""
        if self.pool is not None:
            return self.pool.base_vault
        return token_account(bonding_curve(self.mint), self.mint, TOKEN_2022_ID)


def new_coin(seed: int, sim_mint: str, creator: Pubkey, *, is_mayhem: bool, is_cashback: bool) -> Coin:
    """The coin that stands for `sim_mint`: its mint must sign, so it has a key of its own."""
    key = keypair(seed, f"mint {sim_mint}")
    facts = CurveFacts(
        mint=key.pubkey(),
        creator=creator,
        token_program=TOKEN_2022_ID,
        is_mayhem=is_mayhem,
        is_cashback=is_cashback,
    )
    return Coin(facts=facts, key=key)


def recipients(number: int) -> Recipients:
    """One of the allowed pairs of receivers."""
    fee = genesis.FEE_RECIPIENTS[number % len(genesis.FEE_RECIPIENTS)]
    buyback = genesis.BUYBACK_RECIPIENTS[number // 8 % len(genesis.BUYBACK_RECIPIENTS)]
    return Recipients(genesis.key(fee), genesis.key(buyback))


def curve_state(bank: Bank, coin: Coin) -> BondingCurve | None:
    account = bank.account(bonding_curve(coin.mint))
    found = None if account is None else decode_account(bytes(account.data))
    return found if isinstance(found, BondingCurve) else None


def balance(bank: Bank, coin: Coin, owner: Pubkey) -> int:
    account = bank.account(token_account(owner, coin.mint, TOKEN_2022_ID))
    return 0 if account is None else int.from_bytes(bytes(account.data[64:72]), "little")


def rest_lamports(bank: Bank, coin: Coin) -> int:
    """What the rest of the curve costs now, fees and a reserve of a hundredth included; 0 when nothing is left."""
    now = curve_state(bank, coin)
    if now is None or not now.is_tradable or now.real_token_reserves == 0:
        return 0
    reserves = Curve(
        now.virtual_quote_reserves, now.virtual_token_reserves, now.real_quote_reserves, now.real_token_reserves
    )
    net = curve_cost(reserves.virtual_quote, reserves.virtual_base, reserves.real_base)
    return (net + fees_on(net, rates_of(reserves)).total_lamports) * 101 // 100


def buys(coin: Coin, user: Pubkey, lamports: int, number: int, *, upgraded: int) -> list[Instruction]:
    """Spend `lamports`, fees included. Every fourth trade is of the older generation, as some bots still trade."""
    chosen = recipients(number)
    if coin.pool is not None:
        accounts = pool.pool_accounts(coin.pool, user, chosen)
        trade = pool.buy_exact_quote_in(accounts, lamports, 0)
        return orders.pool_buy(coin.pool, accounts, _adapted(trade, upgraded & 1), lamports)
    opened = open_token_account(user, user, coin.mint, TOKEN_2022_ID)
    if number % 4 == 0:
        old = legacy.legacy_accounts(coin.facts, user, chosen)
        return [opened, _adapted(legacy.buy_exact_sol_in(old, lamports, 0), upgraded & 4)]
    now = curve.curve_accounts(coin.facts, user, chosen)
    return [opened, _adapted(curve.buy_exact_quote_in_v2(now, lamports, 0), upgraded & 1)]


def sells(coin: Coin, user: Pubkey, tokens: int, number: int, *, upgraded: int) -> list[Instruction]:
    """Sell `tokens` units."""
    chosen = recipients(number)
    if coin.pool is not None:
        accounts = pool.pool_accounts(coin.pool, user, chosen)
        trade = _adapted(pool.sell(accounts, tokens, 0), upgraded & 2)
        return orders.pool_sell(coin.pool, accounts, trade, tokens, close=False)
    if number % 4 == 0:
        old = legacy.legacy_accounts(coin.facts, user, chosen)
        return [_adapted(legacy.sell(old, tokens, 0), upgraded & 8)]
    return [_adapted(curve.sell_v2(curve.curve_accounts(coin.facts, user, chosen), tokens, 0), upgraded & 2)]


def too_dear(coin: Coin, user: Pubkey, number: int, *, upgraded: int) -> list[Instruction]:
    """A buy whose limit cannot be kept: it lands and fails."""
    if coin.pool is not None:
        accounts = pool.pool_accounts(coin.pool, user, recipients(number))
        trade = _adapted(pool.buy_exact_quote_in(accounts, 10_000_000, ANY_COST), upgraded & 1)
        return orders.pool_buy(coin.pool, accounts, trade, 10_000_000)
    now = curve.curve_accounts(coin.facts, user, recipients(number))
    opened = open_token_account(user, user, coin.mint, TOKEN_2022_ID)
    return [opened, _adapted(curve.buy_exact_quote_in_v2(now, 10_000_000, ANY_COST), upgraded & 1)]


def migrates(coin: Coin, user: Pubkey) -> list[Instruction]:
    """The curve becomes a pool; the account that collects the creator's fees there is opened too, so that no trader
    pays for it."""
    vault = pool_creator_vault(coin.facts.creator)
    return [launching.migrate(coin.mint, user), open_token_account(user, vault, WSOL, TOKEN_ID)]


def opened_pool(bank: Bank, coin: Coin) -> PoolFacts | None:
    """The coin's canonical pool, None as long as there is none."""
    address = canonical_pool(coin.mint)
    account = bank.account(address)
    found = None if account is None else decode_account(bytes(account.data))
    return pool_facts(address, found, TOKEN_2022_ID, TOKEN_ID) if isinstance(found, Pool) else None


def _adapted(trade: Instruction, is_changed: int) -> Instruction:
    """The market knows of a pretended upgrade what clients do not: which account has been added."""
    if not is_changed:
        return trade
    added = AccountMeta(genesis.key(LAYOUT), is_signer=False, is_writable=False)
    return Instruction(trade.program_id, bytes(trade.data), [*trade.accounts, added])
