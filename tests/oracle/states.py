"""Random states of coins and their settings, repeatable from a seed, as both sides of the comparison read them.

Accounts travel as the bytes that the chain would hold, so that both sides' decoders take part. Reserves and amounts are
spread over orders of magnitude, from dust to more than the market holds; older, shorter accounts are among them.
"""

from base64 import b64encode
from random import Random
from typing import Any

from msgspec.structs import replace
from solders.pubkey import Pubkey

from core.chain.accounts import BondingCurve, FeeConfig, Global, GlobalConfig, Pool, encode_account
from core.chain.build.addresses import canonical_pool, pool_authority
from core.chain.fees import Fees, FeeTier
from core.chain.programs import SYSTEM, TOKEN, TOKEN_2022, WSOL_MINT
from core.chain.raydium import USDC_MINT

SLIPPAGES = (0, 0.1, 0.5, 1, 2.5, 3.3, 5, 7, 10, 12.34, 15.05, 25, 33.3, 50, 99)
GLOBAL_BYTES, GLOBAL_CONFIG_BYTES = 1_087, 949
FEE_CONFIG_BYTES = (2_512, 4_073, 4_097)
"""Without stable tiers, with them, with exotic fees: the SDKs go by the length alone."""
TIERS_MAX = 25


def states(seed: int, count: int) -> list[dict[str, Any]]:
    """Curves and pools by turns."""
    rng = Random(seed)
    return [(curve_state if i % 2 == 0 else pool_state)(rng, i) for i in range(count)]


def curve_state(rng: Random, number: int) -> dict[str, Any]:
    virtual_base = _spread(rng, 10**9, 2 * 10**15)
    real_base = max(1, int(virtual_base * rng.uniform(0.01, 0.95)))
    real_quote = rng.choice([_spread(rng, 1, 10**12), rng.randrange(10**9, 85 * 10**9)])
    curve = BondingCurve(
        virtual_token_reserves=virtual_base,
        virtual_quote_reserves=real_quote + _spread(rng, 10**6, 10**12),
        real_token_reserves=real_base,
        real_quote_reserves=real_quote,
        token_total_supply=10**15,
        complete=False,
        creator=_maybe_none_key(rng),
        is_mayhem_mode=rng.random() < 0.3,
        is_cashback_coin=rng.random() < 0.4,
        quote_mint=rng.choice([SYSTEM, SYSTEM, WSOL_MINT, USDC_MINT, _key(rng)]),
        creator_fee_bps=rng.choice([0, rng.randrange(1, 1_000)]),
        can_edit_creator_fee=False,
        is_holder_reward=False,
    )
    if rng.random() < 0.2:
        curve = replace(curve, creator_fee_bps=None, can_edit_creator_fee=None, is_holder_reward=None, space=124)
    return {
        **_common(
            rng,
            number,
            "curve",
            settings=encode_account(_global(rng)),
            market=encode_account(curve),
            quote_mint=curve.quote_mint,
        ),
        "mint": _key(rng),
        "tokens": str(_tokens(rng, real_base)),
    }


def pool_state(rng: Random, number: int) -> dict[str, Any]:
    mint = Pubkey.from_bytes(rng.randbytes(32))
    # Wrapped SOL may be either side of a pool.
    base_mint, quote_mint = rng.choice(
        [
            (str(mint), WSOL_MINT),
            (str(mint), WSOL_MINT),
            (str(mint), USDC_MINT),
            (str(mint), _key(rng)),
            (WSOL_MINT, str(mint)),
        ]
    )
    base = Pubkey.from_string(base_mint)
    quote = rng.choice([_spread(rng, 1, 10**13), rng.randrange(10**9, 10**12)])
    pool = Pool(
        pool_bump=255,
        index=0,
        creator=str(pool_authority(base)) if rng.random() < 0.7 else _key(rng),
        base_mint=base_mint,
        quote_mint=quote_mint,
        lp_mint=_key(rng),
        pool_base_token_account=_key(rng),
        pool_quote_token_account=_key(rng),
        lp_supply=10**12,
        coin_creator=_maybe_none_key(rng),
        is_mayhem_mode=rng.random() < 0.3,
        is_cashback_coin=rng.random() < 0.4,
        virtual_quote_reserves=rng.choice([0, _spread(rng, 1, 10**12), -rng.randrange(quote)]),
        creator_fee_bps=rng.choice([0, rng.randrange(1, 1_000)]),
        can_edit_creator_fee=False,
        is_holder_reward=False,
        space=rng.choice([270, 300, 301, 301]),
    )
    match rng.random():
        case chance if chance < 0.1:
            pool = replace(pool, creator_fee_bps=None, can_edit_creator_fee=None, is_holder_reward=None, space=261)
        case chance if chance < 0.2:
            pool = _older(pool)
        case _:
            pass
    reserve = _spread(rng, 10, 10**16)
    return {
        **_common(
            rng,
            number,
            "pool",
            settings=encode_account(_global_config(rng)),
            market=encode_account(pool),
            quote_mint=quote_mint,
        ),
        "address": str(canonical_pool(base, Pubkey.from_string(quote_mint))),
        "tokens": str(_tokens(rng, reserve)),
        "base": str(reserve),
        "quote": str(quote),
    } | ({"tokenProgram": TOKEN} if base_mint == WSOL_MINT else {})


def _older(pool: Pool) -> Pool:
    """As pools were before virtual reserves."""
    return replace(
        pool,
        virtual_quote_reserves=None,
        creator_fee_bps=None,
        can_edit_creator_fee=None,
        is_holder_reward=None,
        space=245,
    )


def _common(
    rng: Random, number: int, kind: str, *, settings: bytes, market: bytes, quote_mint: str | None
) -> dict[str, Any]:
    in_spl = quote_mint in {SYSTEM, WSOL_MINT, USDC_MINT}
    fee_config = None if rng.random() < 0.1 else b64encode(encode_account(_fee_config(rng))).decode()
    return {
        "id": number,
        "kind": kind,
        "settings": b64encode(settings).decode(),
        "feeConfig": fee_config,
        "market": b64encode(market).decode(),
        "supply": str(rng.choice([10**15, rng.randrange(10**14, 2 * 10**15)])),
        "user": _key(rng),
        "tokenProgram": rng.choice([TOKEN, TOKEN_2022]),
        "quoteTokenProgram": TOKEN if in_spl else rng.choice([TOKEN, TOKEN_2022]),
        "spend": str(_spread(rng, 1, 10**12)),
        "floor": str(_spread(rng, 1, 10**15)),
        "slippage": rng.choice(SLIPPAGES) if rng.random() < 0.7 else round(rng.uniform(0, 99), 3),
        "random": rng.randrange(1_000) / 1_000,
    }


def _global(rng: Random) -> Global:
    return Global(
        initialized=True,
        authority=_key(rng),
        fee_recipient=_key(rng),
        initial_virtual_token_reserves=1_073_000_000_000_000,
        initial_virtual_sol_reserves=30_000_000_000,
        initial_real_token_reserves=793_100_000_000_000,
        token_total_supply=10**15,
        fee_basis_points=rng.randrange(200),
        withdraw_authority=_key(rng),
        enable_migrate=True,
        pool_migration_fee=15_000_001,
        creator_fee_basis_points=rng.randrange(200),
        fee_recipients=_keys(rng, 7),
        set_creator_authority=_key(rng),
        admin_set_creator_authority=_key(rng),
        create_v2_enabled=True,
        whitelist_pda=_key(rng),
        reserved_fee_recipient=_key(rng),
        mayhem_mode_enabled=True,
        reserved_fee_recipients=_keys(rng, 7),
        is_cashback_enabled=True,
        buyback_fee_recipients=_keys(rng, 8),
        buyback_basis_points=rng.choice([0, 5_000]),
        initial_virtual_quote_reserves=4_000_000_000,
        whitelisted_quote_mints=(USDC_MINT,),
        creator_fee_configurable=rng.random() < 0.5,
        max_configurable_creator_fee_bps=1_000,
        holder_reward_claim_authority=_key(rng),
        is_holder_reward_enabled=False,
        space=GLOBAL_BYTES,
    )


def _global_config(rng: Random) -> GlobalConfig:
    return GlobalConfig(
        admin=_key(rng),
        lp_fee_basis_points=rng.randrange(100),
        protocol_fee_basis_points=rng.randrange(100),
        disable_flags=0,
        protocol_fee_recipients=_keys(rng, 8),
        coin_creator_fee_basis_points=rng.randrange(100),
        admin_set_coin_creator_authority=_key(rng),
        whitelist_pda=_key(rng),
        reserved_fee_recipient=_key(rng),
        mayhem_mode_enabled=True,
        reserved_fee_recipients=_keys(rng, 7),
        is_cashback_enabled=True,
        buyback_fee_recipients=_keys(rng, 8),
        buyback_basis_points=5_000,
        boost_authority=_key(rng),
        boost_enabled=False,
        creator_fee_configurable=rng.random() < 0.5,
        max_configurable_creator_fee_bps=1_000,
        space=GLOBAL_CONFIG_BYTES,
    )


def _fee_config(rng: Random) -> FeeConfig:
    space = rng.choice([*FEE_CONFIG_BYTES, FEE_CONFIG_BYTES[-1]])
    return FeeConfig(
        bump=255,
        admin=_key(rng),
        flat_fees=_fees(rng),
        fee_tiers=_tiers(rng),
        stable_fee_tiers=_tiers(rng) if space > FEE_CONFIG_BYTES[0] else None,
        exotic_flat_fees=rng.choice([Fees(0, 0, 0), _fees(rng)]) if space == FEE_CONFIG_BYTES[2] else None,
        space=space,
    )


def _tiers(rng: Random) -> tuple[FeeTier, ...]:
    thresholds = sorted(_spread(rng, 1, 10**16) for _ in range(rng.randrange(1, TIERS_MAX + 1)))
    return tuple(FeeTier(threshold, _fees(rng)) for threshold in thresholds)


def _fees(rng: Random) -> Fees:
    return Fees(rng.randrange(60), rng.randrange(1, 150), rng.randrange(150))


def _tokens(rng: Random, reserve: int) -> int:
    """Mostly what is traded: up to a tenth of the reserve. Else from dust to twice the reserve."""
    if rng.random() < 0.6:
        return rng.randrange(1, max(reserve // 10, 2))
    return _spread(rng, 1, 2 * reserve)


def _spread(rng: Random, least: int, most: int) -> int:
    """Evenly over orders of magnitude."""
    low, high = least.bit_length() - 1, most.bit_length()
    bits = rng.randint(low, high)
    return min(max(rng.getrandbits(bits) if bits else 1, least), most)


def _key(rng: Random) -> str:
    return str(Pubkey.from_bytes(rng.randbytes(32)))


def _keys(rng: Random, count: int) -> tuple[str, ...]:
    return tuple(_key(rng) for _ in range(count))


def _maybe_none_key(rng: Random) -> str:
    """A creator, or none."""
    return SYSTEM if rng.random() < 0.2 else _key(rng)
