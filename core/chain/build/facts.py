"""What must be known of a coin's accounts before a trade of it can be built, and how it follows from their data."""

from functools import lru_cache

from msgspec import Struct
from solders.pubkey import Pubkey

from core.chain import accounts
from core.chain.accounts import BondingCurve, Global, GlobalConfig
from core.chain.build.addresses import SYSTEM_ID, TOKEN_2022_ID, TOKEN_ID, WSOL, pool_authority
from core.chain.programs import SYSTEM
from core.errors import Refused

EXTENDED_POOL_BYTES = 300
"""A shorter pool must be extended before today's instructions trade it (pump-swap-sdk 1.20.0)."""


class Recipients(Struct, frozen=True):
    """Who receives the protocol's fees of one trade. The programs accept any of the sets that their settings name."""

    fee: Pubkey
    buyback: Pubkey


class CurveFacts(Struct, frozen=True, kw_only=True):
    """A coin on its curve."""

    mint: Pubkey
    creator: Pubkey
    token_program: Pubkey
    quote_mint: Pubkey = WSOL
    quote_token_program: Pubkey = TOKEN_ID
    is_mayhem: bool = False
    is_cashback: bool = False

    @property
    def is_sol_quoted(self) -> bool:
        """Lamports then move without a wrapped-SOL account."""
        return self.quote_mint == WSOL


class PoolFacts(Struct, frozen=True, kw_only=True):
    """A PumpSwap pool. `coin_creator` is the system program where there is none; `space` in bytes."""

    address: Pubkey
    creator: Pubkey
    base_mint: Pubkey
    quote_mint: Pubkey
    base_vault: Pubkey
    quote_vault: Pubkey
    base_token_program: Pubkey
    quote_token_program: Pubkey
    coin_creator: Pubkey = SYSTEM_ID
    is_mayhem: bool = False
    is_cashback: bool = False
    virtual_quote_reserves: int = 0
    space: int = accounts.POOL_BYTES

    @property
    def is_canonical(self) -> bool:
        """Whether the coin's own curve opened it: only such pools have fees by market cap. Derives an address."""
        return self.creator == pool_authority(self.base_mint)

    @property
    def needs_extension(self) -> bool:
        return self.space < EXTENDED_POOL_BYTES


def curve_facts(
    mint: Pubkey, account: BondingCurve, token_program: Pubkey, quote_token_program: Pubkey = TOKEN_ID
) -> CurveFacts:
    """The facts in a curve's account. The token programs are the owners of the two mints' accounts.

    Refused for a curve that trades no more.
    """
    if not account.is_tradable:
        raise Refused(f"the curve of {mint} is complete: trade its pool")
    _check_token_program(mint, token_program)
    return CurveFacts(
        mint=mint,
        creator=_key(account.creator),
        token_program=token_program,
        quote_mint=WSOL if account.is_sol_quoted else _key(account.quote_mint),
        quote_token_program=quote_token_program,
        is_mayhem=bool(account.is_mayhem_mode),
        is_cashback=bool(account.is_cashback_coin),
    )


def pool_facts(
    address: Pubkey, account: accounts.Pool, base_token_program: Pubkey, quote_token_program: Pubkey
) -> PoolFacts:
    """The facts in a pool's account. The token programs are the owners of the two mints' accounts."""
    base, quote = _key(account.base_mint), _key(account.quote_mint)
    _check_token_program(base, base_token_program)
    _check_token_program(quote, quote_token_program)
    return PoolFacts(
        address=address,
        creator=_key(account.creator),
        base_mint=base,
        quote_mint=quote,
        base_vault=_key(account.pool_base_token_account),
        quote_vault=_key(account.pool_quote_token_account),
        base_token_program=base_token_program,
        quote_token_program=quote_token_program,
        coin_creator=_key(account.coin_creator),
        is_mayhem=bool(account.is_mayhem_mode),
        is_cashback=bool(account.is_cashback_coin),
        virtual_quote_reserves=account.virtual_quote_reserves or 0,
        space=account.space,
    )


def curve_fee_recipients(settings: Global, *, is_mayhem: bool) -> tuple[Pubkey, ...]:
    """To whom a trade on a curve may pay its protocol fee, without the empty places of the list."""
    if is_mayhem:
        return _present(settings.reserved_fee_recipient, *(settings.reserved_fee_recipients or ()))
    return _present(settings.fee_recipient, *(settings.fee_recipients or ()))


def pool_fee_recipients(settings: GlobalConfig, *, is_mayhem: bool) -> tuple[Pubkey, ...]:
    """To whom a trade on a pool may pay its protocol fee, without the empty places of the list."""
    if is_mayhem:
        return _present(settings.reserved_fee_recipient, *(settings.reserved_fee_recipients or ()))
    return _present(*settings.protocol_fee_recipients)


def buyback_recipients(settings: Global | GlobalConfig) -> tuple[Pubkey, ...]:
    """Who may receive the buyback part of the protocol fee. Empty where the account is older than buybacks."""
    return _present(*(settings.buyback_fee_recipients or ()))


@lru_cache(maxsize=32)
def _present(*keys: str | None) -> tuple[Pubkey, ...]:
    return tuple(Pubkey.from_string(key) for key in keys if key not in {None, SYSTEM})


def _key(text: str | None) -> Pubkey:
    return SYSTEM_ID if text is None else Pubkey.from_string(text)


def _check_token_program(mint: Pubkey, program: Pubkey) -> None:
    if program not in {TOKEN_ID, TOKEN_2022_ID}:
        raise Refused(f"the mint {mint} belongs to {program}, which is no token program")
