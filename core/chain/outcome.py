"""What a transaction of ours did, read from its own balances: never from the quote, and never from what was asked.

Everything adds up: what our wallets lost is the trade, its fees by kind, rent that we can get back and rent that we
cannot. The event says what the market took; what remains beside it went into accounts that a trade must fill up (a
creator's vault) and does not come back.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from core.chain.events import Event
from core.chain.programs import WSOL_MINT
from core.chain.pump import TradeEvent
from core.chain.pumpswap import BuyEvent, SellEvent
from core.ledger.chain_view import FoundTransaction
from core.messages import Reserves, Settlement
from core.types import BASE_FEE_LAMPORTS, Role, Side, Venue


class Balance(Protocol):
    """Of one token account before or after a transaction."""

    @property
    def address(self) -> str: ...
    @property
    def mint(self) -> str: ...
    @property
    def owner(self) -> str | None: ...
    @property
    def amount(self) -> int: ...


class LandedTransaction(Protocol):
    """A transaction in a block. Lamports stand in the order of `keys`."""

    @property
    def signature(self) -> str: ...
    @property
    def slot(self) -> int: ...
    @property
    def block_time_s(self) -> int | None: ...
    @property
    def err(self) -> str | None: ...
    @property
    def fee_lamports(self) -> int: ...
    @property
    def keys(self) -> tuple[str, ...]: ...
    @property
    def pre_lamports(self) -> tuple[int, ...]: ...
    @property
    def post_lamports(self) -> tuple[int, ...]: ...
    @property
    def pre_tokens(self) -> Sequence[Balance]: ...
    @property
    def post_tokens(self) -> Sequence[Balance]: ...


class Wallet(Struct, frozen=True, array_like=True):
    role: Role
    generation: int


class Ours(Struct, frozen=True, kw_only=True):
    """Our keys by address, and the accounts beside token accounts whose rent comes back to them."""

    wallets: Mapping[str, Wallet]
    accumulators: Mapping[str, Role]


class _Trade(Struct, frozen=True, kw_only=True):
    """What an event says of a trade of ours. `quote` is signed as ours, before fees."""

    side: Side
    wallet: str
    quote: int
    fees: dict[str, int]
    reserves: Reserves
    creator: str


def settlement_of(
    landed: LandedTransaction,
    ours: Ours,
    events: Iterable[Event],
    *,
    mint: str = "",
    signatures: int = 1,
    tip_lamports: int = 0,
    sent_lamports: int = 0,
    at_s: float = 0.0,
) -> Settlement:
    """The settlement. `mint`: the order's token, else the one of ours that moved. `at_s`: where no block time is told.

    `signatures` are what the base fee was paid for. `sent_lamports`: of a transfer that leaves the wallet set.
    """
    changes = _changes(landed, ours)
    rent = _rent(landed, ours)
    fees = _chain_fees(landed, ours, signatures)
    trade = None if landed.err is not None else _trade(events, ours)
    tokens = 0
    quote, reserves = 0, None
    if trade is not None:
        quote, reserves = trade.quote, trade.reserves
        fees |= {kind: lamports for kind, lamports in trade.fees.items() if lamports}
        tokens = _token_change(landed, ours, mint or _mint(landed, ours))
    if tip_lamports and landed.err is None:
        fees["tip"] = tip_lamports
    lost = quote - rent - sum(fees.values()) - sum(changes.values())
    if landed.err is None:
        lost -= sent_lamports
    if lost > 0 and trade is not None:
        fees["rent"] = lost
    elif lost and trade is not None:
        quote -= lost
    return Settlement(
        signature=landed.signature,
        slot=landed.slot,
        at_s=float(landed.block_time_s) if landed.block_time_s is not None else at_s,
        error="" if landed.err is None else landed.err,
        tokens=tokens,
        quote_lamports=quote,
        fees=fees,
        rent_lamports=rent,
        changes={str(role): lamports for role, lamports in changes.items()},
        reserves=reserves,
    )


def found_transaction(
    landed: LandedTransaction, ours: Ours, events: Sequence[Event], *, signers: int
) -> FoundTransaction | None:
    """A transaction in our history, as a reconciliation judges it; None where it did nothing to us.

    `signers`: how many of its first keys signed it.
    """
    signed = [key for key in landed.keys[:signers] if key in ours.wallets]
    settlement = settlement_of(landed, ours, events, signatures=signers)
    trade = None if landed.err is not None else _trade(events, ours)
    if not signed and not settlement.changes:
        return None
    wallet = ours.wallets.get(trade.wallet if trade is not None else next(iter(signed), ""))
    mint = _mint(landed, ours) if trade is not None else ""
    return FoundTransaction(
        settlement=settlement,
        signed=bool(signed),
        role=wallet.role if wallet is not None else Role.LIGHTNING,
        generation=wallet.generation if wallet is not None else 0,
        mint=mint,
        side=trade.side if trade is not None and mint else None,
        creator=trade.creator if trade is not None else "",
    )


def _changes(landed: LandedTransaction, ours: Ours) -> dict[Role, int]:
    """Of our wallets, by role over all generations; what did not change is left out."""
    changes: dict[Role, int] = {}
    for key, before, after in zip(landed.keys, landed.pre_lamports, landed.post_lamports, strict=True):
        wallet = ours.wallets.get(key)
        if wallet is not None:
            changes[wallet.role] = changes.get(wallet.role, 0) + after - before
    return {role: lamports for role, lamports in changes.items() if lamports}


def _rent(landed: LandedTransaction, ours: Ours) -> int:
    """Change of the lamports in our token accounts and accumulators: locked when positive."""
    held = {one.address for one in (*landed.pre_tokens, *landed.post_tokens) if one.owner in ours.wallets}
    return sum(
        after - before
        for key, before, after in zip(landed.keys, landed.pre_lamports, landed.post_lamports, strict=True)
        if key in held or key in ours.accumulators
    )


def _chain_fees(landed: LandedTransaction, ours: Ours, signatures: int) -> dict[str, int]:
    if landed.keys[0] not in ours.wallets:
        return {}
    base = min(landed.fee_lamports, signatures * BASE_FEE_LAMPORTS)
    priority = landed.fee_lamports - base
    return {"base": base, "priority": priority} if priority else {"base": base}


def _token_change(landed: LandedTransaction, ours: Ours, mint: str) -> int:
    return sum(
        sign * one.amount
        for sign, balances in ((1, landed.post_tokens), (-1, landed.pre_tokens))
        for one in balances
        if one.owner in ours.wallets and one.mint == mint
    )


def _mint(landed: LandedTransaction, ours: Ours) -> str:
    """The token of ours that the transaction moved; wrapped SOL is none."""
    moved = (
        one.mint
        for one in (*landed.post_tokens, *landed.pre_tokens)
        if one.owner in ours.wallets and one.mint != WSOL_MINT
    )
    return next((mint for mint in moved if _token_change(landed, ours, mint)), "")


def _trade(events: Iterable[Event], ours: Ours) -> _Trade | None:
    """The trade of one of our wallets among the events, if there is one."""
    for event in events:
        if isinstance(event, TradeEvent) and event.user in ours.wallets:
            return _curve_trade(event)
        if isinstance(event, BuyEvent | SellEvent) and event.user in ours.wallets:
            return _pool_trade(event)
    return None


def _curve_trade(event: TradeEvent) -> _Trade:
    return _Trade(
        side=Side.BUY if event.is_buy else Side.SELL,
        wallet=event.user,
        quote=-event.quote_units if event.is_buy else event.quote_units,
        fees={
            "protocol": event.fee or 0,
            "creator": (event.creator_fee or 0) + (event.cashback or 0) + (event.holder_rewards or 0),
        },
        reserves=Reserves(
            Venue.CURVE, event.virtual_quote, event.virtual_token_reserves, event.real_quote, event.real_token_reserves
        ),
        creator=event.creator or "",
    )


def _pool_trade(event: BuyEvent | SellEvent) -> _Trade:
    buys = isinstance(event, BuyEvent)
    return _Trade(
        side=Side.BUY if buys else Side.SELL,
        wallet=event.user,
        quote=-event.quote_amount_in if isinstance(event, BuyEvent) else event.quote_amount_out,
        fees={
            "protocol": event.protocol_fee,
            "creator": (event.coin_creator_fee or 0) + (event.cashback or 0) + (event.holder_rewards or 0),
            "lp": event.lp_fee,
        },
        reserves=_pool_after(event),
        creator=event.coin_creator or "",
    )


def _pool_after(event: BuyEvent | SellEvent) -> Reserves:
    """Pool events tell the reserves before the trade."""
    if isinstance(event, BuyEvent):
        base = event.pool_base_token_reserves - event.base_amount_out
        real = event.pool_quote_token_reserves + event.quote_amount_in_with_lp_fee
    else:
        base = event.pool_base_token_reserves + event.base_amount_in
        real = event.pool_quote_token_reserves - event.quote_amount_out_without_lp_fee
    return Reserves(Venue.POOL, real + (event.virtual_quote_reserves or 0), base, real, base)
