"""Operations, open and closed, newest first: what was paid, what came back, and why it was sold."""

from core.ledger.books import ClosedOperation, ExitFill, Operation
from monitor.views.plain import iso, plain
from monitor.views.sight import Sight

Shown = dict[str, object]


def newest_first(sight: Sight) -> tuple[Operation | ClosedOperation, ...]:
    """Open ones before closed ones, each newest first."""
    opened = sorted(sight.books.operations.values(), key=lambda op: (op.opened_at_s, op.id), reverse=True)
    return (*opened, *sight.books.closed[::-1])


def state_of(operation: Operation | ClosedOperation) -> str:
    return "open" if isinstance(operation, Operation) else "closed"


def shown(operation: Operation | ClosedOperation, *, at_s: float) -> Shown:
    """One operation. An open one has its net so far, without what is still held; null where it is not known yet."""
    closed = operation if isinstance(operation, ClosedOperation) else None
    return {
        "id": operation.id,
        "state": state_of(operation),
        "mint": operation.mint,
        "symbol": plain(operation.symbol),
        "opened_at": iso(operation.opened_at_s),
        "closed_at": iso(closed.closed_at_s) if closed else None,
        "hold_s": (closed.closed_at_s if closed else at_s) - operation.opened_at_s,
        "net_lamports": operation.net_lamports,
        "cost_lamports": operation.cost_lamports,
        "proceeds_lamports": sum(fill.proceeds_lamports for fill in operation.exits),
        "tax_lamports": closed.tax_lamports if closed else None,
        "fees_lamports": plain(operation.fees),
        "entries": [
            {"at": iso(at_s), "price_lamports": price, "tokens": tokens} for at_s, price, tokens in operation.entries
        ],
        "exits": [_fill(fill) for fill in operation.exits],
        "reason": closed.reason.value if closed else None,
        "panic": operation.panic.value if operation.panic else None,
        "settled": closed.settled if closed else None,
        "outside_statistics": closed.outside_statistics if closed else None,
    }


def _fill(fill: ExitFill) -> Shown:
    return {
        "at": iso(fill.at_s),
        "reason": fill.reason.value,
        "role": fill.role.value,
        "tokens": fill.tokens,
        "proceeds_lamports": fill.proceeds_lamports,
        "price_lamports": fill.price,
    }
