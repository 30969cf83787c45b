"""What a program is told of a house: an operation's outcome, and how everything stands."""

import time

from msgspec import Struct

from commands.house import House
from core.ledger.books import ClosedOperation
from core.state.commandments import GateView
from core.state.miner import MinerView, Ranked
from core.state.position import PositionView
from core.types import ExitReason, Role


class Exit(Struct, frozen=True, kw_only=True):
    """One sale that filled. Lamports after market fees, market time."""

    at_s: float
    reason: ExitReason
    tokens: int
    proceeds_lamports: int


class MicroOperation(Struct, frozen=True, kw_only=True):
    """An operation from its first fill to flat, taxed and restored. Lamports, token base units, market time."""

    id: str
    mint: str
    symbol: str
    opened_at_s: float
    closed_at_s: float
    hold_s: float
    buys: int
    cost_lamports: int
    """Paid for all buys, with market fees."""
    proceeds_lamports: int
    net_lamports: int
    """Change of our lamports over all its transactions, before tax."""
    tax_lamports: int
    """Of a positive net, to psychology."""
    fees_lamports: dict[str, int]
    exits: tuple[Exit, ...]
    reason: ExitReason
    """Of the exit that made it flat."""
    panic: ExitReason | None


class Status(Struct, frozen=True, kw_only=True):
    """The desk as it stands. All zero and empty before the first start; the last one after a stop."""

    running: bool = False
    state_dir: str = ""
    seed: int = 0
    strategy: str = ""
    strategy_faults: dict[str, int] = {}
    """By kind: raised, nonsense, slow."""
    market_at_s: float = 0.0
    uptime_s: float = 0.0
    """Real time."""
    generation: int = 0
    equity_lamports: int = 0
    wallets_lamports: dict[Role, int] = {}
    candidates: tuple[Ranked, ...] = ()
    """Tokens that pass every condition, best first."""
    positions: tuple[PositionView, ...] = ()
    operations: int = 0
    """Closed so far, over all runs of the state directory."""
    net_lamports: int = 0
    against: tuple[str, ...] = ()
    """What stands against any entry now, with reasons; empty: the next good token is entered."""


def operation_of(op: ClosedOperation) -> MicroOperation:
    """What became of an operation, from the books."""
    return MicroOperation(
        id=op.id,
        mint=op.mint,
        symbol=op.symbol,
        opened_at_s=op.opened_at_s,
        closed_at_s=op.closed_at_s,
        hold_s=round(op.closed_at_s - op.opened_at_s, 3),
        buys=len(op.entries),
        cost_lamports=op.cost_lamports,
        proceeds_lamports=op.proceeds_lamports,
        net_lamports=op.net_lamports,
        tax_lamports=op.tax_lamports,
        fees_lamports=dict(op.fees),
        exits=tuple(
            Exit(at_s=one.at_s, reason=one.reason, tokens=one.tokens, proceeds_lamports=one.proceeds_lamports)
            for one in op.exits
        ),
        reason=op.reason,
        panic=op.panic,
    )


def gate_of(house: House) -> GateView | None:
    """What the gate shows; None before it has begun."""
    snapshot = house.system.directory.snapshot("commandments")
    return snapshot.view if snapshot is not None and isinstance(snapshot.view, GateView) else None


def status_of(house: House) -> Status:
    """The house as it stands."""
    books, gate = house.services.books(), gate_of(house)
    snapshots = house.system.directory.snapshots().values()
    views = [one.view for one in snapshots if one.view is not None]
    hearing = house.services.strategy
    against = gate.standing if gate is not None else ()
    equity = gate.equity_lamports if gate is not None else None
    return Status(
        running=True,
        state_dir=str(house.state.path),
        seed=house.settings.runtime.seed,
        strategy=hearing.name,
        strategy_faults={str(kind): count for kind, count in hearing.faults.items()},
        market_at_s=house.system.clock.now_s,
        uptime_s=time.monotonic() - house.began_s,
        generation=books.generation,
        equity_lamports=books.equity_lamports if equity is None else equity,
        wallets_lamports={role: books.balance(role) for role in Role},
        candidates=next((view.ranking for view in views if isinstance(view, MinerView)), ()),
        positions=tuple(view for view in views if isinstance(view, PositionView)),
        operations=len(books.closed),
        net_lamports=sum(op.net_lamports for op in books.closed),
        against=tuple(f"{one.criterion}: {one.reason or one.outcome}" for one in against if not one.ok),
    )
