"""What a new chain holds: two programs with settings and fee schedules, mints, receivers of fees, a SOL/USDC pool.

Everything stands at the real address in the real layout, so that a client finds here what it would find on mainnet.
Figures: FeeConfig and Global of 2026 as `core.market` has them; recipients as npm @pump-fun/pump-sdk 2.0.0 lists them.
"""

import struct
from collections.abc import Iterator
from hashlib import blake2b
from typing import Final

from solders.account import Account
from solders.keypair import Keypair
from solders.pubkey import Pubkey

from core.chain import accounts
from core.chain.accounts import encode_account
from core.chain.build.addresses import (
    CURVE_FEE_CONFIG,
    CURVE_GLOBAL,
    POOL_FEE_CONFIG,
    POOL_GLOBAL,
    TOKEN_ID,
    WSOL,
    derived,
    token_account,
)
from core.chain.fees import Fees, FeeTier
from core.chain.programs import PUMP, PUMP_FEES, PUMPSWAP, RAYDIUM_AMM_V4, SYSTEM, TOKEN, WSOL_MINT
from core.chain.raydium import POOL_BYTES, SOL_USDC_POOL, USDC_MINT
from core.chain.tokens import Mint, MintBase, TokenAccount, TokenAccountBase, encode_mint, encode_token_account
from core.market.curve import START, SUPPLY_UNITS
from core.market.fees import CURVE_SCHEDULE, FLAT_POOL_RATES, POOL_SCHEDULE, FeeRates, FeeSchedule
from core.market.pool import MIGRATION_FEE_LAMPORTS
from core.types import LAMPORTS_PER_SOL
from localnet.programs.builder import shared_object

FEE_RECIPIENTS: Final = (
    "62qc2CNXwrYqQScmEdiZFFAnJR262PxWEuNQtxfafNgV",
    "7VtfL8fvgNfhz17qKRMjzQEXgbdpnHHHQRh54R9jP2RJ",
    "7hTckgnGnLQR6sdH7YkqFTAA7VwTfYFaZ6EhEsU3saCX",
    "9rPYyANsfQZw3DnDmKE3YCQF5E8oD89UXoHn9JFEhJUz",
    "AVmoTthdrX6tKt4nDjco2D775W2YK3sDhxPcMmzUAmTY",
    "CebN5WGQ4jvEPvsVU4EoHEpgzq1VV7AbicfhtW4xC9iM",
    "FWsW1xNtWscwNmKv6wVsU1iTzRN6wmmk3MjxRP5tT7hz",
    "G5UZAVbAf46s7cKWoyKu8kYTip9DGTpbLZ2qa9Aq69dP",
)
BUYBACK_RECIPIENTS: Final = (
    "5YxQFdt3Tr9zJLvkFccqXVUwhdTWJQc1fFg2YPbxvxeD",
    "9M4giFFMxmFGXtc3feFzRai56WbBqehoSeRE5GK7gf7",
    "GXPFM2caqTtQYC2cJ5yJRi9VDkpsYZXzYdwYpGnLmtDL",
    "3BpXnfJaUTiwXnJNe7Ej1rcbzqTTQUvLShZaWazebsVR",
    "5cjcW9wExnJJiqgLjq7DEG75Pm6JBgE1hNv4B2vHXUW6",
    "EHAAiTxcdDwQ3U4bU6YcMsQGaekdzLS3B5SmYo46kJtL",
    "5eHhjP8JaYkz83CWwvGU2uMUXefd3AazWGx4gpcuEEYD",
    "A7hAgCzFw14fejgCp387JUJRMNyz4j89JKnhtKU8piqW",
)
WITHDRAW_AUTHORITY: Final = "39azUYFWPz3VHgKCf3VChUwbpURdCHRxjWVowf5jUJjg"
ADMIN: Final = "8LWu7QM2dGR1G8nKDHthckea57bkCzXyBTAKPJUBDHo8"
PUMP_GLOBAL: Final = str(CURVE_GLOBAL)
PUMPSWAP_CONFIG: Final = str(POOL_GLOBAL)
PUMP_FEE_CONFIG: Final = str(CURVE_FEE_CONFIG)
PUMPSWAP_FEE_CONFIG: Final = str(POOL_FEE_CONFIG)
BUYBACK_BPS: Final = 5_000
GLOBAL_BYTES, CONFIG_BYTES = 1_088, 950
"""One byte more than the known fields: a pretended upgrade of the account lists is noted there."""
FEE_CONFIG_BYTES = 4_073
"""As the recorded PumpSwap one of Sept 2026; pump-sdk 2.0.0 refuses less than 2,512."""
RENT_EPOCH = 2**64 - 1
SOL_VAULT = "DQyrAcCrDXQ7NeoqGgDCZwBvWDcYmFCjSb9JtteuvPpz"
USDC_VAULT = "HLmqeL62xR1QoZ1HKKbXRrdN1p3phKpxRMb2VVopvBBz"
POOL_SOL_LAMPORTS = 50_000 * LAMPORTS_PER_SOL
"""Depth of the SOL/USDC pool. Assumed: nobody trades in it, its price is set."""

FAUCET_LAMPORTS = 500_000_000 * LAMPORTS_PER_SOL


def key(address: str) -> Pubkey:
    return Pubkey.from_string(address)


def rent_lamports(size: int) -> int:
    """What keeps an account of so many bytes of data."""
    return (size + 128) * 6_960


def owned(owner: str, data: bytes, lamports: int | None = None) -> Account:
    """An account with data, exempt from rent unless `lamports` says otherwise."""
    return Account(rent_lamports(len(data)) if lamports is None else lamports, data, key(owner), False, RENT_EPOCH)


def wallet(lamports: int) -> Account:
    return Account(lamports, b"", key(SYSTEM), False, RENT_EPOCH)


def mint(decimals: int, supply: int = 0, freeze_authority: str | None = None) -> Account:
    base = MintBase(None, supply, decimals, is_initialized=True, freeze_authority=freeze_authority)
    return owned(TOKEN, encode_mint(Mint(base)))


def tokens(mint_address: str, owner: str, amount: int) -> Account:
    """A token account; one of wrapped SOL holds its amount in lamports too."""
    rent = rent_lamports(165)
    is_native = mint_address == WSOL_MINT
    base = TokenAccountBase(mint_address, owner, amount, None, 1, rent if is_native else None, 0, None)
    return owned(TOKEN, encode_token_account(TokenAccount(base)), rent + amount if is_native else rent)


def sol_usdc_pool(usd_per_sol: float) -> dict[str, Account]:
    """Raydium's SOL/USDC pool with its vaults at this price."""
    data = bytearray(POOL_BYTES)
    struct.pack_into("<QQ", data, 32, 9, 6)
    for at, address in zip(range(336, 464, 32), (SOL_VAULT, USDC_VAULT, WSOL_MINT, USDC_MINT), strict=True):
        data[at : at + 32] = bytes(key(address))
    authority = str(derived(key(RAYDIUM_AMM_V4), b"amm authority"))
    usdc = round(POOL_SOL_LAMPORTS * usd_per_sol / 1_000)
    return {
        SOL_USDC_POOL: owned(RAYDIUM_AMM_V4, bytes(data)),
        SOL_VAULT: tokens(WSOL_MINT, authority, POOL_SOL_LAMPORTS),
        USDC_VAULT: tokens(USDC_MINT, authority, usdc),
    }


def _fees(rates: FeeRates) -> Fees:
    return Fees(rates.lp_bps, rates.protocol_bps, rates.creator_bps)


def _schedule(schedule: FeeSchedule, flat: FeeRates) -> Account:
    tiers = tuple(FeeTier(tier.market_cap_from_lamports, _fees(tier.rates)) for tier in schedule.tiers)
    config = accounts.FeeConfig(255, ADMIN, _fees(flat), tiers, tiers, Fees(0, 0, 0), space=FEE_CONFIG_BYTES)
    return owned(PUMP_FEES, encode_account(config))


def curve_settings() -> accounts.Global:
    """Settings of the curve program: mayhem, cashback and second-generation coins may be made."""
    return accounts.Global(
        initialized=True,
        authority=ADMIN,
        fee_recipient=FEE_RECIPIENTS[0],
        initial_virtual_token_reserves=START.virtual_base,
        initial_virtual_sol_reserves=START.virtual_quote,
        initial_real_token_reserves=START.real_base,
        token_total_supply=SUPPLY_UNITS,
        fee_basis_points=95,
        withdraw_authority=WITHDRAW_AUTHORITY,
        enable_migrate=True,
        pool_migration_fee=MIGRATION_FEE_LAMPORTS,
        creator_fee_basis_points=30,
        fee_recipients=FEE_RECIPIENTS[1:],
        set_creator_authority=ADMIN,
        admin_set_creator_authority=ADMIN,
        create_v2_enabled=True,
        whitelist_pda=SYSTEM,
        reserved_fee_recipient=FEE_RECIPIENTS[0],
        mayhem_mode_enabled=True,
        reserved_fee_recipients=FEE_RECIPIENTS[1:],
        is_cashback_enabled=True,
        buyback_fee_recipients=BUYBACK_RECIPIENTS,
        buyback_basis_points=BUYBACK_BPS,
        initial_virtual_quote_reserves=0,
        whitelisted_quote_mints=(USDC_MINT,),
        creator_fee_configurable=False,
        max_configurable_creator_fee_bps=0,
        holder_reward_claim_authority=SYSTEM,
        is_holder_reward_enabled=False,
        space=GLOBAL_BYTES,
    )


def pool_settings() -> accounts.GlobalConfig:
    """Settings of the pool program."""
    return accounts.GlobalConfig(
        admin=ADMIN,
        lp_fee_basis_points=20,
        protocol_fee_basis_points=5,
        disable_flags=0,
        protocol_fee_recipients=FEE_RECIPIENTS,
        coin_creator_fee_basis_points=5,
        admin_set_coin_creator_authority=ADMIN,
        whitelist_pda=SYSTEM,
        reserved_fee_recipient=FEE_RECIPIENTS[0],
        mayhem_mode_enabled=True,
        reserved_fee_recipients=FEE_RECIPIENTS[1:],
        is_cashback_enabled=True,
        buyback_fee_recipients=BUYBACK_RECIPIENTS,
        buyback_basis_points=BUYBACK_BPS,
        boost_authority=SYSTEM,
        boost_enabled=False,
        creator_fee_configurable=False,
        max_configurable_creator_fee_bps=0,
        space=CONFIG_BYTES,
    )


def faucet() -> Keypair:
    """Who pays airdrops. Its key is public, as everything here."""
    return Keypair.from_seed(blake2b(b"micro-lightning localnet faucet", digest_size=32).digest())


def programs() -> Iterator[tuple[str, bytes]]:
    """(id, shared object) of what stands in for the real programs."""
    yield PUMP, shared_object("pump").read_bytes()
    yield PUMPSWAP, shared_object("pumpswap").read_bytes()


def state(usd_per_sol: float) -> dict[str, Account]:
    """Every account of a new chain, programs left out."""
    found = {
        PUMP_GLOBAL: owned(PUMP, encode_account(curve_settings())),
        PUMPSWAP_CONFIG: owned(PUMPSWAP, encode_account(pool_settings())),
        PUMP_FEE_CONFIG: _schedule(CURVE_SCHEDULE, CURVE_SCHEDULE.tiers[0].rates),
        PUMPSWAP_FEE_CONFIG: _schedule(POOL_SCHEDULE, FLAT_POOL_RATES),
        WSOL_MINT: mint(9),
        USDC_MINT: mint(6),
        WITHDRAW_AUTHORITY: wallet(LAMPORTS_PER_SOL),
        str(faucet().pubkey()): wallet(FAUCET_LAMPORTS),
    }
    for recipient in (*FEE_RECIPIENTS, *BUYBACK_RECIPIENTS):
        found[recipient] = wallet(LAMPORTS_PER_SOL)
        # They receive fees of pools in wrapped SOL: the accounts exist on mainnet, so no trader pays for them here.
        found[str(token_account(key(recipient), WSOL, TOKEN_ID))] = tokens(WSOL_MINT, recipient, 0)
    return found | sol_usdc_pool(usd_per_sol)
