"""Orders and what becomes of them, between their placers, the executor, the wallets and the venue."""

from msgspec import Struct

from core.messages.base import Command, Event
from core.messages.market import AnyMarketData, Funded, Reserves, SolPriceSeen
from core.types import ExitReason, Purpose, Role, Side, Venue


class Order(Struct, frozen=True, kw_only=True):
    """One intent: what is to happen on chain exactly once. `id` is unique for ever.

    Buys are exact-in: `lamports` is spent including protocol, creator and LP fees, `limit` = least tokens. Sells: all
    of `tokens`, `limit` = least lamports after fees. Transfers: `lamports` from `role` to `to_role` or `to_address`,
    `sweep` = all.
    `priority_lamports` and `tip_lamports` are what the transaction pays beside the base fee, paid by `payer`.
    """

    id: str
    purpose: Purpose
    role: Role
    payer: Role
    operation_id: str = ""
    mint: str = ""
    symbol: str = ""
    creator: str = ""
    """Of entries: whose sale is an emergency for as long as we hold the token."""
    insiders: tuple[str, ...] = ()
    """Of entries: wallets that the creator was seen to fund; their sale is one too."""
    side: Side | None = None
    venue: Venue | None = None
    lamports: int = 0
    tokens: int = 0
    limit: int = 0
    quoted: int = 0
    """What the quote at signing promised: tokens of a buy, lamports of a sell."""
    slippage_bps: int = 0
    priority_lamports: int = 0
    tip_lamports: int = 0
    to_role: Role | None = None
    to_address: str = ""
    """Of a transfer that leaves the wallet set: the cold address, base58. Empty for every other."""
    reason: ExitReason | None = None
    levels: tuple[int, ...] = ()
    """Indices of the take-profit levels that this sell uses up."""
    token_2022: bool = False
    close_account: bool = False
    reserved_lamports: int = 0
    generation: int = 0
    from_generation: int | None = None
    """Of a recovery: the retired generation whose wallet holds the tokens; what they bring goes to `role`'s present one
    in the same transaction. None: they lie in the present generation."""
    sweep: bool = False


class PlaceOrder(Command, frozen=True, kw_only=True):
    """To the executor: carry this order through its life cycle exactly once."""

    order: Order


class Reserve(Command, frozen=True, kw_only=True):
    """To a wallet, by the executor before a buy or transfer: keep these lamports for the order."""

    order: Order


class Release(Command, frozen=True, kw_only=True):
    """To a wallet: the order is settled, its reservation ends."""

    order_id: str


class ReservationAnswered(Event, frozen=True, kw_only=True):
    order: Order
    granted: bool
    reason: str = ""


class SignOrder(Command, frozen=True, kw_only=True):
    """To the venue: build and sign the transaction of this order; nothing is sent. The answer is `OrderBuilt`."""

    order: Order


class OrderBuilt(Event, frozen=True, kw_only=True):
    """From the venue: the signed bytes exist. `raw` is base64 of them (empty on paper). `error`: why they do not."""

    order_id: str
    signature: str = ""
    last_valid_slot: int = 0
    raw: str = ""
    last_valid_block_height: int = 0
    error: str = ""


class SubmitOrder(Command, frozen=True, kw_only=True):
    """To the venue: send these signed bytes. Sending the same signature again never executes twice."""

    order: Order
    signature: str
    last_valid_slot: int
    raw: str = ""
    last_valid_block_height: int = 0
    only_look: bool = False
    """Do not send again; say what became of it."""


class Settlement(Struct, frozen=True, kw_only=True):
    """What a transaction did, read from the chain (paper or real), never from the quote.

    Signs are ours: `tokens` and `lamports` positive when we gained. `lamports` is the change of all our wallets
    together, `changes` by role; fees are positive costs by kind (protocol, creator, lp, base, priority, tip, and rent
    that never comes back);
    `rent_lamports` is positive when rent was locked, negative when returned.
    """

    signature: str
    slot: int
    at_s: float
    error: str = ""
    """Empty: succeeded. Otherwise the chain's error; only base, priority and tip were paid."""
    tokens: int = 0
    quote_lamports: int = 0
    """The pool's side without fees: negative for a buy."""
    fees: dict[str, int] = {}
    rent_lamports: int = 0
    changes: dict[str, int] = {}
    reserves: Reserves | None = None


class OrderLanded(Event, frozen=True, kw_only=True):
    """From the venue: the transaction is in a block, with success or an error."""

    order_id: str
    settlement: Settlement


class TransactionSettled(Event, frozen=True, kw_only=True):
    """To the venue, from whoever watches the chain: a transaction of ours is in a block, and this is what it did."""

    settlement: Settlement


class OrderExpired(Event, frozen=True, kw_only=True):
    """From the venue, read at finalized: the signature is absent and can never land any more."""

    order_id: str
    signature: str
    slot: int


class OrderClosed(Event, frozen=True, kw_only=True):
    """From the executor to whoever placed the order: it is settled, journaled and booked."""

    order: Order
    outcome: str
    """filled, failed, expired or refused."""
    settlement: Settlement | None = None
    error: str = ""


class RawTransaction(Struct, frozen=True, array_like=True):
    """A transaction as a feed received it: log lines still encoded."""

    signature: str
    slot: int
    err: str | None
    logs: tuple[str, ...]


class FeedBatch(Event, frozen=True, kw_only=True):
    """What a feed has for one step of market time, in order.

    `transactions` still need the decoder; `market` is already normalised (recorded trades). `landings` are the outcomes
    of our own orders on the paper chain. A batch may be empty: time went on.
    """

    slot: int
    """0: the source is silent, only time goes by."""
    at_s: float
    transactions: tuple[RawTransaction, ...] = ()
    market: tuple[AnyMarketData, ...] = ()
    landings: tuple[Settlement, ...] = ()
    sol_price: SolPriceSeen | None = None
    priority_lamports: int = 0
    funded: tuple[Funded, ...] = ()
    """Plain transfers, where the source shows them: before what they made possible."""
    gap: bool = False
    """Something between the last batch and this one was missed: holder counts are unknown from here."""
