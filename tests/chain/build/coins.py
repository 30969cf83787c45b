"""A coin on its curve and on its pool, with wallets, as tests of building want them: everything named, nothing real."""

from hashlib import sha256

from msgspec.structs import replace
from solders.keypair import Keypair
from solders.pubkey import Pubkey

from core.chain.build.addresses import TOKEN_2022_ID, TOKEN_ID, WSOL, canonical_pool, pool_authority, token_account
from core.chain.build.facts import CurveFacts, PoolFacts, Recipients


def wallet(name: str) -> Keypair:
    return Keypair.from_seed(sha256(name.encode()).digest())


def key(name: str) -> Pubkey:
    return Pubkey.from_bytes(sha256(f"key {name}".encode()).digest())


USER = wallet("user")
RECIPIENTS = Recipients(key("fee"), key("buyback"))
MINT = key("mint")

CURVE = CurveFacts(mint=MINT, creator=key("creator"), token_program=TOKEN_2022_ID)
POOL_ADDRESS = canonical_pool(MINT)
POOL = PoolFacts(
    address=POOL_ADDRESS,
    creator=pool_authority(MINT),
    base_mint=MINT,
    quote_mint=WSOL,
    base_vault=token_account(POOL_ADDRESS, MINT, TOKEN_2022_ID),
    quote_vault=token_account(POOL_ADDRESS, WSOL, TOKEN_ID),
    base_token_program=TOKEN_2022_ID,
    quote_token_program=TOKEN_ID,
    coin_creator=key("creator"),
)
CASHBACK_POOL = replace(POOL, is_cashback=True)
