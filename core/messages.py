"""Every message between actors: frozen, tagged, units in the names.

Commands are imperative and may be refused; events are past tense; queries begin with `Get`. `MarketData` conflates
per token when a mailbox falls behind. Times `at_s` are market time (block time) in epoch seconds.
"""

from typing import TYPE_CHECKING, Self

from msgspec import Struct

from core.rules.verdict import Verdict
from core.types import ExitReason, Purpose, Role, Side, Venue

if TYPE_CHECKING:
    from core.records import Record


class Message(Struct, frozen=True, kw_only=True, tag=True):
    """Base of all messages."""


class Command(Message, frozen=True, kw_only=True):
    """Asks for something to be done once. A full mailbox refuses it to the sender.

    `id` is unique per run (from seed and sequence); `deadline_s` in market time, 0 for none; `cause` is the id of what
    led to it.
    """

    id: str = ""
    deadline_s: float = 0.0
    cause: str = ""


class Event(Message, frozen=True, kw_only=True):
    """Something that happened."""


class Query(Message, frozen=True, kw_only=True):
    """Asks for an answer and changes nothing. Used with `Directory.ask`, which always has a timeout."""


class MarketData(Event, frozen=True, kw_only=True):
    """Something a feed saw about one token. Conflates: when a mailbox falls behind, older ones are merged."""

    mint: str
    at_s: float
    slot: int
    skipped: int = 0
    """Messages that were merged into this one. Above 0 the receiver's counts (holders) have a gap."""

    def after(self, older: "MarketData") -> "Self | None":
        """This message with `older` merged into it, or None where the two must stay apart."""
        return None


class Reserves(Struct, frozen=True, array_like=True):
    """What prices a token, one shape for curve and pool.

    `quote` and `base` are the pricing reserves (virtual ones on the curve; quote + virtual quote and base in a pool) in
    lamports and token base units; `real_quote` is what sellers could take out, `real_base` what buyers could.
    Price = quote / base; a sale of t tokens yields ⌊t·quote/(base+t)⌋ before fees, never more than `real_quote`.
    """

    venue: Venue
    quote: int
    base: int
    real_quote: int
    real_base: int

    @property
    def price(self) -> float:
        """Lamports per token base unit."""
        return self.quote / self.base


class Launched(MarketData, frozen=True, kw_only=True):
    """A token was created. Text fields are already untrusted-safe (rules.md §8)."""

    name: str
    symbol: str
    creator: str
    user: str
    """Who signed the creation; may differ from `creator`."""
    supply: int
    reserves: Reserves
    quote_mint: str = ""
    """Empty for SOL."""
    mayhem: bool = False
    cashback: bool = False
    token_2022: bool = False


class Traded(MarketData, frozen=True, kw_only=True):
    """A buy or sell that landed. `quote_lamports` is the pool's side without fees; `reserves` are post-trade."""

    side: Side
    trader: str
    quote_lamports: int
    tokens: int
    reserves: Reserves
    signature: str = ""
    quote_mint: str = ""
    """Empty for SOL. Otherwise `quote_lamports` and reserves are in that mint's base units: to show, not to judge."""

    def after(self, older: MarketData) -> "Traded | None":
        if not isinstance(older, Traded):
            return None
        return Traded(
            mint=self.mint,
            at_s=self.at_s,
            slot=self.slot,
            skipped=self.skipped + older.skipped + 1,
            side=self.side,
            trader=self.trader,
            quote_lamports=self.quote_lamports,
            tokens=self.tokens,
            reserves=self.reserves,
            signature=self.signature,
            quote_mint=self.quote_mint,
        )


class Graduated(MarketData, frozen=True, kw_only=True):
    """The curve is complete: no trades on it any more."""


class PoolOpened(MarketData, frozen=True, kw_only=True):
    """The canonical PumpSwap pool exists; the token trades there from now on.

    Comes again when its reserves changed without a trade (deposit, withdrawal, boost).
    """

    pool: str
    reserves: Reserves
    quote_mint: str = ""
    """Empty for SOL, as in `Traded`."""


class DataEnded(MarketData, frozen=True, kw_only=True):
    """A recording holds nothing more of this token."""


class SlotSeen(Event, frozen=True, kw_only=True):
    """The feed reached this slot. `priority_lamports` is what others paid for one transaction, 0 when unknown."""

    slot: int
    at_s: float
    priority_lamports: int = 0


class SolPriceSeen(Event, frozen=True, kw_only=True):
    """SOL/USD of two sources; a source that has none gives None."""

    at_s: float
    pool_usd: float | None
    http_usd: float | None


class TokenFacts(Struct, frozen=True, kw_only=True):
    """What the port `Accounts` knows about a token at `at_s`. None = the port cannot tell: unknown, never pass."""

    mint: str
    at_s: float
    slot: int
    supply: int
    mint_authority: bool | None = None
    freeze_authority: bool | None = None
    extensions: tuple[str, ...] | None = None
    """Names of Token-2022 extensions that can harm a holder: transfer_hook, transfer_fee, permanent_delegate,
    default_frozen, non_transferable, pausable."""
    top_holders: tuple[tuple[str, int], ...] | None = None
    """(owner, tokens), largest first, the curve or pool left out."""
    holder_count: int | None = None
    round_trip_ok: bool | None = None
    """A simulated buy-then-sell of `round_trip_in_lamports` succeeded."""
    round_trip_in_lamports: int = 0
    round_trip_out_lamports: int = 0
    round_trip_cost_lamports: int = 0
    """Protocol, creator and LP fees of both legs: its expected cost."""


class GetFacts(Command, frozen=True, kw_only=True):
    """Asks the port `Accounts` for facts; the answer is `FactsSeen` to `reply_to`."""

    mint: str
    stake_lamports: int
    reply_to: str


class FactsSeen(Event, frozen=True, kw_only=True):
    facts: TokenFacts


class Tick(Event, frozen=True, kw_only=True):
    """A market-time timer of the receiver's own."""

    key: str


class CandidateReady(Event, frozen=True, kw_only=True):
    """A watcher's token passes every entry criterion now."""

    mint: str
    at_s: float
    slot: int
    symbol: str
    creator: str
    quality: float
    risk: float
    age_s: float
    volume_lamports: int
    reserves: Reserves
    token_2022: bool
    cashback: bool
    verdicts: tuple[Verdict, ...]


class CandidateGone(Event, frozen=True, kw_only=True):
    """A token that was ready is so no more, or its watcher ended."""

    mint: str


class RequestEntry(Command, frozen=True, kw_only=True):
    """The miner's (or operator's) wish to enter, judged by the commandment supervisor."""

    candidate: CandidateReady
    by: str = "miner"


class RequestReentry(Command, frozen=True, kw_only=True):
    """A position's wish to buy more."""

    operation_id: str
    mint: str
    reserves: Reserves
    at_s: float
    verdicts: tuple[Verdict, ...] = ()
    """Every entry condition but age, judged now (rules.md §4)."""


class EntryAnswered(Event, frozen=True, kw_only=True):
    """What became of a RequestEntry or RequestReentry: admitted or refused, with the verdicts that decided."""

    mint: str
    admitted: bool
    verdicts: tuple[Verdict, ...]


class Order(Struct, frozen=True, kw_only=True):
    """One intent: what is to happen on chain exactly once. `id` is unique for ever.

    Buys are exact-in: `lamports` is spent including protocol, creator and LP fees, `limit` = least tokens. Sells: all of
    `tokens`, `limit` = least lamports after fees. Transfers: `lamports` from `role` to `to_role`, `sweep` = all.
    `priority_lamports` and `tip_lamports` are what the transaction pays beside the base fee, paid by `payer`.
    """

    id: str
    purpose: Purpose
    role: Role
    payer: Role
    operation_id: str = ""
    mint: str = ""
    symbol: str = ""
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
    reason: ExitReason | None = None
    levels: tuple[int, ...] = ()
    """Indices of the take-profit levels that this sell uses up."""
    token_2022: bool = False
    close_account: bool = False
    reserved_lamports: int = 0
    generation: int = 0
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
    """From the venue: the signed bytes exist. `raw` is base64 of them (empty on paper). `error` says why they do not."""

    order_id: str
    signature: str = ""
    last_valid_slot: int = 0
    raw: str = ""
    error: str = ""


class SubmitOrder(Command, frozen=True, kw_only=True):
    """To the venue: send these signed bytes. Sending the same signature again never executes twice."""

    order: Order
    signature: str
    last_valid_slot: int
    raw: str = ""


class Settlement(Struct, frozen=True, kw_only=True):
    """What a transaction did, read from the chain (paper or real), never from the quote.

    Signs are ours: `tokens` and `lamports` positive when we gained. `lamports` is the change of all our wallets
    together, `changes` by role; fees are positive costs by kind (protocol, creator, lp, base, priority, tip);
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
    at_s: float
    transactions: tuple[RawTransaction, ...] = ()
    market: tuple[Launched | Traded | Graduated | PoolOpened | DataEnded, ...] = ()
    landings: tuple[Settlement, ...] = ()
    sol_price: SolPriceSeen | None = None
    priority_lamports: int = 0
    gap: bool = False
    """Something between the last batch and this one was missed: holder counts are unknown from here."""


class OpenPosition(Command, frozen=True, kw_only=True):
    """From the executor to a position actor at the first fill; also how a position is rebuilt from the journal."""

    operation_id: str
    mint: str


class PositionValued(Event, frozen=True, kw_only=True):
    """From a position to the gate: what selling all it holds would bring now, net of market fees; 0 when flat."""

    mint: str
    sale_lamports: int


class ExitPosition(Command, frozen=True, kw_only=True):
    """The operator's (or a shutdown's) wish to sell everything of one position."""

    mint: str
    reason: ExitReason
    by: str


class RaiseEmergency(Command, frozen=True, kw_only=True):
    """From outside the position (operator, risk limit, congestion, silent feed): panic exit with this trigger."""

    trigger: ExitReason
    mint: str = ""
    """Empty: every open position."""
    detail: str = ""
    by: str = ""


class SettleOperation(Command, frozen=True, kw_only=True):
    """To the treasurer: the operation is flat and closed; tax, then restore."""

    operation_id: str


class PauseEntries(Command, frozen=True, kw_only=True):
    by: str
    why: str = ""


class ResumeEntries(Command, frozen=True, kw_only=True):
    by: str
    why: str = ""


class SetBreaker(Command, frozen=True, kw_only=True):
    """Operator or rule: open the circuit breaker for `seconds`, or close it with 0."""

    seconds: float
    by: str
    why: str = ""


class RotateWallets(Command, frozen=True, kw_only=True):
    by: str


class RaiseAlert(Command, frozen=True, kw_only=True):
    """To the notifier. `key` names the kind (bounded set), `severity` is info, warning or critical."""

    key: str
    severity: str
    text: str
    at_s: float
    mint: str = ""


class Append(Command, frozen=True, kw_only=True):
    """To the journal, always asked: write these, in order, together. Answered with the last sequence number.

    The answer comes when the books include them; with `durable` when they are on disk as well.
    """

    records: "tuple[Record, ...]"
    durable: bool = False


class Undelivered(Event, frozen=True, kw_only=True):
    """A command one told came back: its receiver is dead (`full` False) or its mailbox is full. It was not done."""

    to: str
    command: Command
    full: bool
