"""Operations and episodes as the report's tests want them."""

from typing import Any

from msgspec.structs import replace

from core.report.episode import Episode, OperationResult

SOL = 1_000_000_000


def operation(net_lamports: int, **changes: Any) -> OperationResult:
    """A closed operation of ten minutes with this net."""
    plain = OperationResult(
        id="op1",
        symbol="ONE",
        mint="mint",
        opened_at_s=0.0,
        closed_at_s=600.0,
        net_lamports=net_lamports,
        cost_lamports=SOL // 10,
        proceeds_lamports=SOL // 10 + net_lamports,
        tax_lamports=0,
        fees={"priority": 1_000, "protocol": 2_000},
        impact_lamports=500,
        drift_lamports=-100,
        buys=1,
        sells=(("take_profit", 5, SOL // 20), ("decay", 5, SOL // 20)),
        reason="decay",
        panic="",
        sol_usd=80.0,
        equity_before_lamports=SOL // 4,
        outside_statistics=False,
    )
    return replace(plain, **changes)


def episode(*nets: int, **changes: Any) -> Episode:
    """An episode whose operations had these nets, marked after each."""
    equity, marks = SOL // 4, []
    for place, net in enumerate(nets):
        equity += net
        marks.append((600.0 * (place + 1), equity))
    plain = Episode(
        number=1,
        seed=1,
        held_out=False,
        end="done",
        started_at_s=0.0,
        ended_at_s=3_600.0,
        capital_lamports=SOL // 4,
        equity_lamports=equity,
        sol_usd=80.0,
        operations=tuple(operation(net) for net in nets),
        marks=tuple(marks),
        orders={"filled": 4, "failed": 2, "expired": 1},
        refusals={"age": 3},
        landings_s=(0.4, 0.8, 1.2),
        accounts={"failed_entries": 7_000},
    )
    return replace(plain, **changes)
