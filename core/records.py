"""What the journal remembers. Append-only, versioned, in market time; the state of everything is fold(journal).

Money moves only in records with `postings`: lamports per account that sum to zero (double entry). Accounts:
`wallet:<role>`, `pool` (the market's side of trades), `fee:<kind>` (protocol, creator, lp, base, priority, tip, rent),
`rent` (refundable), `rent_lost`, `failed_entries`, `rotation`, `treasury` (fees of our own transfers), `external`,
`recovered`, `cold`, `unjournaled` (moved by transactions of our keys that nobody had written down).
"""

from msgspec import Struct

from core.chain_records import CapitalConfirmed, ChainReconciled, ForeignSeen, PositionAdopted, UnjournaledFound
from core.messages import Order, Settlement
from core.record import Posting as Posting
from core.record import Record as Record
from core.rules.militia import MilitiaRule
from core.rules.psychology import PsychologyRule
from core.rules.verdict import Outcome, Verdict
from core.types import ExitReason, Purpose

SCHEMA_VERSION = 1


class CapitalOpened(Record, frozen=True, kw_only=True, tag="capital_opened"):
    """The books begin: capital split over the five roles at the start price of SOL."""

    mode: str
    seed: int
    capital_usd: float
    sol_usd: float
    postings: tuple[Posting, ...]


class RunStarted(Record, frozen=True, kw_only=True, tag="run_started"):
    """A process took the books up. Carries the rules that fold and audit apply: old results stay as they were."""

    militia: MilitiaRule
    psychology: PsychologyRule = PsychologyRule()
    profile: str = "default"
    """Of the entry conditions; `recorded` skips what a recording cannot show."""
    mode: str
    feed: str
    seed: int
    version: str
    strategy: str = "Micro-Lightning"


class RunStopped(Record, frozen=True, kw_only=True, tag="run_stopped"):
    reason: str


class CandidateJudged(Record, frozen=True, kw_only=True, tag="candidate_judged"):
    """A token's first verdict, each change of it, and its last, with all outcomes."""

    mint: str
    symbol: str
    stage: str
    """first, change or last."""
    outcome: Outcome
    verdicts: tuple[Verdict, ...]
    quality: float
    risk: float
    price: float
    """Lamports per token base unit at the verdict."""


class CandidateFollowed(Record, frozen=True, kw_only=True, tag="candidate_followed"):
    """What a refused token did later: its price some minutes after its last verdict."""

    mint: str
    after_s: int
    price: float
    change: float
    """price ÷ price at the refusal − 1."""


class EntryDecided(Record, frozen=True, kw_only=True, tag="entry_decided"):
    """The commandment supervisor's answer to a wish to enter."""

    mint: str
    symbol: str
    by: str
    admitted: bool
    order_id: str
    stake_lamports: int
    verdicts: tuple[Verdict, ...]
    purpose: Purpose = Purpose.ENTRY
    """entry or reentry."""
    sol_usd: float | None = None
    """The price of SOL it was judged by: reports value the operation at it."""


class OrderIntended(Record, frozen=True, kw_only=True, tag="order_intended"):
    """Durable before anything is signed. Carries the reservation of the order's lamports."""

    order: Order


class OrderSigned(Record, frozen=True, kw_only=True, tag="order_signed"):
    """Durable before anything is sent."""

    order_id: str
    signature: str
    last_valid_slot: int
    raw: str = ""
    """Base64 of the signed bytes, so that a restart re-sends the same ones; empty on paper."""
    last_valid_block_height: int = 0
    """By which the chain itself counts a blockhash's life; 0 on paper."""


class OrderSettled(Record, frozen=True, kw_only=True, tag="order_settled"):
    """The end of an order: filled, failed, expired (never landed) or refused (never sent), with what it moved."""

    order_id: str
    outcome: str
    error: str
    settlement: Settlement | None
    postings: tuple[Posting, ...]


class EmergencyFired(Record, frozen=True, kw_only=True, tag="emergency_fired"):
    operation_id: str
    mint: str
    trigger: ExitReason
    slippage_bps: int
    detail: str
    drop_bps: int = 0
    """How far the price had fallen, for the breaker's decision; 0 where the trigger is not about price."""


class CommandmentViolated(Record, frozen=True, kw_only=True, tag="commandment_violated"):
    commandment: int
    operation_id: str
    detail: str


class OperationClosed(Record, frozen=True, kw_only=True, tag="operation_closed"):
    """Flat. `net_lamports` is the change of lamports over all its transactions; refundable rent is not a cost."""

    operation_id: str
    mint: str
    symbol: str
    opened_at_s: float
    net_lamports: int
    cost_lamports: int
    proceeds_lamports: int
    reason: ExitReason
    """Of the exit that made it flat."""
    outside_statistics: bool = False
    postings: tuple[Posting, ...] = ()
    """Rent of an unsellable remainder's account: from `rent` to `rent_lost`."""
    unsellable_tokens: int = 0
    """What could not be sold: booked at 0, and kept in mind for a later sale."""


class OperationSettled(Record, frozen=True, kw_only=True, tag="operation_settled"):
    """Tax and restorations of a closed operation are done."""

    operation_id: str
    tax_lamports: int


class TokenFlagged(Record, frozen=True, kw_only=True, tag="token_flagged"):
    """Never entered again."""

    mint: str
    reason: ExitReason


class BreakerSet(Record, frozen=True, kw_only=True, tag="breaker_set"):
    """`until_s` in market time; 0 closes it."""

    until_s: float
    why: str
    by: str


class EntriesPaused(Record, frozen=True, kw_only=True, tag="entries_paused"):
    by: str
    why: str


class EntriesResumed(Record, frozen=True, kw_only=True, tag="entries_resumed"):
    """Also lifts the drawdown halt: the equity peak starts again from here."""

    by: str
    why: str
    equity_lamports: int


class EquityMarked(Record, frozen=True, kw_only=True, tag="equity_marked"):
    """Equity as rules.md defines it, with open positions at sale price."""

    equity_lamports: int
    open_lamports: int
    """The part that is open positions at sale price."""


class RiskLimitReached(Record, frozen=True, kw_only=True, tag="risk_limit_reached"):
    """The kinetic shield closed: `daily_loss` until 00:00 UTC, `drawdown` until the operator resumes."""

    limit: str
    lost_lamports: int
    allowed_lamports: int


class ColdAddressConfirmed(Record, frozen=True, kw_only=True, tag="cold_address_confirmed"):
    """The operator typed the cold address of the settings file once: from here on lamports may go there."""

    address: str


class RotationStarted(Record, frozen=True, kw_only=True, tag="rotation_started"):
    to_generation: int
    by: str


class RotationFinished(Record, frozen=True, kw_only=True, tag="rotation_finished"):
    generation: int


class InsiderSeen(Record, frozen=True, kw_only=True, tag="insider_seen"):
    """While we hold: the creator funded this wallet. Its sale counts as the creator's, also after a restart."""

    operation_id: str
    wallet: str


class ExternalReceived(Record, frozen=True, kw_only=True, tag="external_received"):
    """Lamports that others sent to our wallets: `external` to the wallets, no result of any operation."""

    postings: tuple[Posting, ...]


class OperatorActed(Record, frozen=True, kw_only=True, tag="operator_acted"):
    """Everything that a person changed through HTTP or a signal: who, what, why."""

    who: str
    what: str
    why: str


AnyRecord = (
    CapitalOpened
    | RunStarted
    | RunStopped
    | CandidateJudged
    | CandidateFollowed
    | EntryDecided
    | OrderIntended
    | OrderSigned
    | OrderSettled
    | EmergencyFired
    | CommandmentViolated
    | OperationClosed
    | OperationSettled
    | TokenFlagged
    | BreakerSet
    | EntriesPaused
    | EntriesResumed
    | EquityMarked
    | RiskLimitReached
    | RotationStarted
    | RotationFinished
    | InsiderSeen
    | ExternalReceived
    | ColdAddressConfirmed
    | OperatorActed
    | CapitalConfirmed
    | ForeignSeen
    | PositionAdopted
    | UnjournaledFound
    | ChainReconciled
)
"""The tagged union that the journal decodes."""


class Entry(Struct, frozen=True, array_like=True):
    """A record with its place in the journal."""

    seq: int
    version: int
    record: AnyRecord
