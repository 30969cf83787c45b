"""A token as it stands on the chain: its mint, its curve, its canonical pool, at one slot."""

from collections.abc import Sequence
from typing import TypeVar

from msgspec import Struct
from solders.pubkey import Pubkey

from actors.adapters.rpc.answers import Account
from actors.adapters.rpc.node import Node
from actors.adapters.rpc.requests import key
from core.chain.accounts import BondingCurve, decode_account
from core.chain.accounts import Pool as PoolAccount
from core.chain.build.addresses import (
    TOKEN_2022_ID,
    TOKEN_ID,
    WSOL,
    bonding_curve,
    canonical_pool,
    pool_authority,
    token_account,
)
from core.chain.build.facts import CurveFacts, PoolFacts, curve_facts, pool_facts
from core.chain.codec.kinds import Undecodable
from core.chain.tokens import Mint, decode_mint, decode_token_account
from core.errors import Refused
from core.market.curve import Curve
from core.market.fees import FeeRates, as_cashback, rates_of, with_creator_fee
from core.market.pool import Pool
from core.types import Venue

T = TypeVar("T")


class TokenState(Struct, frozen=True, kw_only=True):
    """What is None is not there, or does not read. `venue` says where it trades now; None: nowhere, or not for SOL."""

    address: Pubkey
    slot: int
    mint: Mint | None
    token_program: Pubkey | None
    curve_address: Pubkey
    pool_address: Pubkey
    curve: BondingCurve | None = None
    pool: PoolAccount | None = None
    pool_base: int | None = None
    pool_quote: int | None = None
    strange: tuple[str, ...] = ()
    """Which of mint, curve and pool are there but do not read: the program has changed, or they are none."""

    @property
    def venue(self) -> Venue | None:
        if self.curve is not None and self.curve.is_tradable:
            return Venue.CURVE if self.curve.is_sol_quoted else None
        # Its quote is wrapped SOL by the very address.
        return Venue.POOL if self.pool is not None and self.pool_base and self.pool_quote else None

    @property
    def creator(self) -> str | None:
        """Who gets the creator's fees; None where the accounts do not say."""
        if self.curve is not None and self.curve.creator is not None:
            return self.curve.creator
        return None if self.pool is None else self.pool.coin_creator

    def market(self) -> Curve | Pool | None:
        """The reserves of its venue."""
        if self.venue is Venue.CURVE and self.curve is not None:
            one = self.curve
            return Curve(
                one.virtual_quote_reserves, one.virtual_token_reserves, one.real_quote_reserves, one.real_token_reserves
            )
        if self.venue is Venue.POOL and self.pool is not None and self.pool_base and self.pool_quote:
            return Pool(self.pool_base, self.pool_quote, self.pool.virtual_quote_reserves or 0)
        return None

    def rates(self) -> FeeRates | None:
        """What a trade costs at its venue now."""
        market = self.market()
        account = self.curve if self.venue is Venue.CURVE else self.pool
        if market is None or account is None or self.mint is None:
            return None
        rates = with_creator_fee(rates_of(market, self.mint.supply), account.creator_fee_bps or 0)
        return as_cashback(rates) if account.is_cashback_coin else rates

    def curve_facts(self) -> CurveFacts:
        """For building. Raises Refused when the curve trades no more or the mint is no token's."""
        return curve_facts(self.address, _there(self.curve, "curve", self.address), self._program())

    def pool_facts(self) -> PoolFacts:
        """For building. Raises Refused when the mint is no token's."""
        pool = _there(self.pool, "pool", self.address)
        return pool_facts(self.pool_address, pool, self._program(), TOKEN_ID)

    def _program(self) -> Pubkey:
        return _there(self.token_program, "mint", self.address)


def read_token(node: Node, mint: str, *, min_slot: int = 0, for_exit: bool = False) -> TokenState:
    """One call, one slot. Raises RpcError; Refused for what is no address."""
    address = key(mint)
    curve_address, pool_address = bonding_curve(address), canonical_pool(address)
    bases = [token_account(pool_address, address, program) for program in (TOKEN_ID, TOKEN_2022_ID)]
    quote = token_account(pool_address, WSOL, TOKEN_ID)
    wanted = [address, curve_address, pool_address, *bases, quote]
    read = node.accounts([str(one) for one in wanted], min_slot=min_slot, for_exit=for_exit)
    mint_account, curve_account, pool_account, *vaults = read.accounts
    mint_read, curve, pool = _mint(mint_account), _account(curve_account), _account(pool_account)
    amounts = [_amount(vault) for vault in vaults]
    return TokenState(
        address=address,
        slot=read.slot,
        mint=mint_read,
        token_program=None if mint_account is None else Pubkey.from_string(mint_account.owner),
        curve_address=curve_address,
        pool_address=pool_address,
        curve=curve if isinstance(curve, BondingCurve) else None,
        pool=pool if isinstance(pool, PoolAccount) and _is_canonical(pool, address, bases, quote) else None,
        pool_base=next((amount for amount in amounts[:2] if amount is not None), None),
        pool_quote=amounts[2],
        strange=tuple(
            name
            for name, account, read in (
                ("mint", mint_account, mint_read),
                ("curve", curve_account, curve),
                ("pool", pool_account, pool),
            )
            if account is not None and account.data and read is None
        ),
    )


def _is_canonical(pool: PoolAccount, mint: Pubkey, bases: Sequence[Pubkey], quote: Pubkey) -> bool:
    """Opened by the coin's own curve, with the vaults that were read beside it."""
    return (
        pool.creator == str(pool_authority(mint))
        and pool.pool_base_token_account in {str(one) for one in bases}
        and pool.pool_quote_token_account == str(quote)
    )


def _account(account: Account | None) -> object:
    try:
        return None if account is None else decode_account(account.data)
    except (Undecodable, ValueError):
        return None


def _mint(account: Account | None) -> Mint | None:
    try:
        return None if account is None else decode_mint(account.data)
    except (Undecodable, ValueError):
        return None


def _amount(account: Account | None) -> int | None:
    try:
        return None if account is None else decode_token_account(account.data).amount
    except (Undecodable, ValueError):
        return None


def _there(what: T | None, name: str, mint: Pubkey) -> T:
    if what is None:
        raise Refused(f"the {name} of {mint} does not read: nothing can be built for it")
    return what
