"""The books: what the whole system remembers, folded from the journal. Read by every machine, written by `fold` alone.

Frozen; a change makes a new struct. The dicts and tuples inside are never changed in place.
"""

from msgspec import Struct

from core.messages import Order, Reserves
from core.rules.breaker import Panic
from core.rules.militia import Militia, MilitiaRule
from core.rules.network_fee import fee_lamports
from core.types import ExitReason, Purpose, Role, Side

WALLET_ACCOUNTS = {role: f"wallet:{role}" for role in Role}
"""Of each role's spendable lamports. Made once: every candidate's stake reads balances, and formatting costs more."""


class OpenOrder(Struct, frozen=True, kw_only=True):
    """An intent that is not settled. Its lamports stay reserved and its signature stays watched until it is."""

    order: Order
    at_s: float
    signature: str = ""
    last_valid_slot: int = 0
    raw: str = ""
    last_valid_block_height: int = 0


class ExitFill(Struct, frozen=True, kw_only=True):
    at_s: float
    reason: ExitReason
    role: Role
    tokens: int
    proceeds_lamports: int
    """After protocol, creator and LP fees, before base, priority and tip."""
    price: float


class Operation(Struct, frozen=True, kw_only=True):
    """From the first fill of an entry until flat, its re-entries and exits included."""

    id: str
    mint: str
    symbol: str
    opened_at_s: float
    entry_price: float
    """Spot after the first fill, lamports per token base unit."""
    token_2022: bool = False
    creator: str = ""
    insiders: frozenset[str] = frozenset()
    """Wallets that the creator was seen to fund."""
    holdings: dict[Role, int] = {}
    bought_tokens: int = 0
    cost_lamports: int = 0
    """Quote paid with protocol, creator and LP fees over all buys; ÷ bought_tokens = average cost."""
    net_lamports: int = 0
    """Change of our lamports so far, locked refundable rent not counted as lost."""
    fees: dict[str, int] = {}
    rent_lamports: int = 0
    entries: tuple[tuple[float, float, int], ...] = ()
    """(at_s, price, tokens) of each buy."""
    exits: tuple[ExitFill, ...] = ()
    levels_done: tuple[int, ...] = ()
    failed_exits: int = 0
    """Failures in a row of ordinary exits, to show."""
    failed: dict[Role, Order] = {}
    """Each wallet's last ordinary exit that failed, until one fills: it is due again, with more slippage (§6)."""
    reserves: Reserves | None = None
    """After our last fill: what a restarted position goes by until the feed speaks."""
    numbers: dict[Role, int] = {}
    """Highest number among the ids of each wallet's exits and transfers: its next id is one above."""
    moved: dict[Role, int] = {}
    """Lamports of panic proceeds that each wallet has passed on to tactical_exit."""
    violated: bool = False
    """Its breach of the life limit is counted."""
    panic: ExitReason | None = None
    panic_at_s: float = 0.0
    panic_slippage_bps: int = 0
    panic_drop_bps: int = 0
    adopted: bool = False
    """Found on the chain and not in the books: sold at once."""
    entry_lamports: int = 0
    """What the entry alone cost, quote with protocol, creator and LP fees: part of what all stakes share."""
    reentry_start_lamports: int = 0
    """Balance of the re-entry wallet at the first fill; every re-entry is a share of it."""

    @property
    def tokens(self) -> int:
        return sum(self.holdings.values())


class ClosedOperation(Struct, frozen=True, kw_only=True):
    id: str
    mint: str
    symbol: str
    opened_at_s: float
    closed_at_s: float
    net_lamports: int
    cost_lamports: int
    proceeds_lamports: int
    reason: ExitReason
    fees: dict[str, int]
    exits: tuple[ExitFill, ...]
    entries: tuple[tuple[float, float, int], ...]
    panic: ExitReason | None
    proceeds_role: Role
    """The wallet that holds most of the proceeds: it pays the tax."""
    tax_lamports: int = 0
    settled: bool = False
    outside_statistics: bool = False


class Remainder(Struct, frozen=True, kw_only=True):
    """What an operation could not sell: booked at 0 when it closed, sold later if that ever pays (rules.md §7)."""

    operation_id: str
    mint: str
    symbol: str
    left_at_s: float
    generation: int
    """Of the wallets that hold it; their keys stay usable for it."""
    token_2022: bool
    holdings: dict[Role, int]
    rent_lamports: int
    """Of each account, booked as lost; it comes back with the sale that empties it."""
    reserves: Reserves | None
    number: int
    """Highest number among the ids of its orders."""


class Rotation(Struct, frozen=True, kw_only=True):
    """A reincarnation under way."""

    to_generation: int
    started_at_s: float
    swept: frozenset[Role] = frozenset()
    """Wallets whose sweep into the next generation is confirmed."""


class Admission(Struct, frozen=True, kw_only=True):
    """An entry that the gate let in and whose order is not intended yet."""

    mint: str
    at_s: float


def reserved_by(order: Order, role: Role) -> int:
    """What this unsettled order may still take from the role's wallet."""
    if order.role is role:
        return order.reserved_lamports
    return fee_lamports(order) if order.payer is role else 0


class Books(Struct, frozen=True, kw_only=True):
    """fold(journal). Lamports per account; orders, operations and memories of the rules."""

    seq: int = 0
    at_s: float = 0.0
    opened_at_s: float = 0.0
    mode: str = ""
    seed: int = 0
    capital_usd: float = 0.0
    sol_usd_start: float = 0.0
    start_lamports: dict[Role, int] = {}
    accounts: dict[str, int] = {}
    rents: dict[Role, int] = {}
    """Refundable rent by the role whose accounts lock it; sums to the account `rent`."""
    admissions: int = 0
    """Entries and re-entries admitted so far; numbers operations."""
    admitted: dict[str, Admission] = {}
    """By order id, the newest few. One whose deadline has passed unseen never becomes an order."""
    orders: dict[str, OpenOrder] = {}
    operations: dict[str, Operation] = {}
    closed: tuple[ClosedOperation, ...] = ()
    remainders: dict[str, Remainder] = {}
    """What is unsellable so far, by operation."""
    militia: Militia = Militia()
    militia_rule: MilitiaRule = MilitiaRule()
    transfers: dict[str, str] = {}
    """Outcomes by order id of the treasury's transfers for what it has not finished yet."""
    breaker_until_s: float = 0.0
    breaker_why: str = ""
    panics: tuple[Panic, ...] = ()
    """The last emergencies, oldest first: what the circuit breaker goes by."""
    flagged: dict[str, ExitReason] = {}
    held_until_s: dict[str, float] = {}
    """When each token that we held was closed: the 24 h memory."""
    generation: int = 0
    used_in_generation: int = 0
    """Operations that the present wallet set has served."""
    rotation: Rotation | None = None
    rotated_at_s: float = 0.0
    accumulators: frozenset[str] = frozenset()
    """`<role>.<generation>.<venue>` whose volume accumulator exists and holds rent."""
    paused: bool = False
    paused_why: str = ""
    equity_lamports: int = 0
    equity_peak_lamports: int = 0
    open_lamports: int = 0
    day: int = 0
    """Days since the epoch, UTC, of `at_s` at the last record."""
    day_start_equity_lamports: int = 0
    realised_today_lamports: int = 0
    loss_day: int = -1
    """The day in which the daily loss limit was last reached."""
    drawdown_halted: bool = False
    violations: dict[int, int] = {}
    order_count: int = 0
    settled_ids: tuple[str, ...] = ()
    """Ids of the last 512 settled orders: an id placed again is not done again."""
    cold_address: str = ""
    """That the operator confirmed last; lamports leave our wallets for no other."""
    unlanded: int = 0
    """Own transactions in a row that expired without landing."""
    runs: int = 0
    signatures: tuple[str, ...] = ()
    """The last 512 signatures that were journaled: any other one by our keys is somebody else's."""
    slot: int = 0
    """The newest slot that the journal speaks of: nothing older is asked of a chain."""
    reconciled_slot: int = 0
    """Up to where the histories of our keys were compared with the books; 0 on paper."""
    foreign: dict[str, dict[Role, int]] = {}
    """Tokens that others sent us, by mint: listed, never traded."""
    cap_lamports: int = 0
    """What the operator confirmed may be traded with; 0: no cap, as on paper."""

    def balance(self, role: Role) -> int:
        """Lamports of a role's wallet by the books."""
        return self.accounts.get(WALLET_ACCOUNTS[role], 0)

    def reserved(self, role: Role) -> int:
        """Lamports of the role's wallet that unsettled orders may still take, fees paid for other roles included."""
        orders = self.orders
        return sum(reserved_by(opened.order, role) for opened in orders.values()) if orders else 0

    def capital_lamports(self) -> int:
        return sum(self.start_lamports.values())

    def wallet_lamports(self) -> int:
        accounts = self.accounts
        return sum([accounts.get(account, 0) for account in WALLET_ACCOUNTS.values()])

    def flat_equity_lamports(self) -> int:
        """Equity as rules.md defines it, open positions left out: they have no place in the books."""
        receipts = -self.accounts.get("external", 0) - self.capital_lamports()
        held = self.wallet_lamports() + self.accounts.get("rent", 0) + self.accounts.get("cold", 0)
        return held - receipts

    def operation_of(self, mint: str) -> Operation | None:
        """The open operation in this token, if there is one."""
        for operation in self.operations.values():
            if operation.mint == mint:
                return operation
        return None

    def open_entries(self) -> int:
        """Open operations plus entries on their way: what takes room."""
        if not self.orders:
            return len(self.operations)
        pending = {o.order.mint for o in self.orders.values() if o.order.purpose is Purpose.ENTRY}
        return len(self.operations) + len(pending)

    def unsettled(self) -> tuple[ClosedOperation, ...]:
        """Closed operations whose tax or restorations are still due, oldest first."""
        return tuple(op for op in self.closed if not op.settled)

    def selling(self, mint: str) -> tuple[OpenOrder, ...]:
        return tuple(o for o in self.orders.values() if o.order.mint == mint and o.order.side is Side.SELL)
