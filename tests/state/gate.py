"""Worlds for the gate's tests: what to set up, what to spoil, and what then stands against an entry."""

from msgspec.structs import replace

from core.ledger.books import Operation
from core.market.paper.landing import PaperRule
from core.messages import PauseEntries, PlaceOrder
from core.records import EmergencyFired, OperationClosed, OperationSettled, RiskLimitReached
from core.settings import Settings
from core.state.admission import judge_entry
from core.types import ExitReason
from tests.state.world import SOL, World, candidate, curve_with

DAY = 86_400.0
KIND = Settings(paper=PaperRule(failed_share=0.0, missed_share=0.0))
"""The default figures on a chain where every transaction lands."""


def hold(world: World, mint: str = "HELD") -> Operation:
    """Enter a token and wait for the fill."""
    world.offer(mint)
    for _ in range(200):
        if world.books.operation_of(mint) is not None:
            break
        world.slot()
        # The tiny position would sell it again.
        world.states.pop(f"position.{mint}", None)
    operation = world.books.operation_of(mint)
    assert operation is not None
    return operation


def close(world: World, operation_id: str, net: int = -1, *, settled: bool = True) -> None:
    operation = world.books.operations[operation_id]
    world.write(
        OperationClosed(
            at_s=world.now.at_s,
            operation_id=operation_id,
            mint=operation.mint,
            symbol=operation.symbol,
            opened_at_s=operation.opened_at_s,
            net_lamports=net,
            cost_lamports=0,
            proceeds_lamports=0,
            reason=ExitReason.DECAY,
        )
    )
    if settled:
        world.write(OperationSettled(at_s=world.now.at_s, operation_id=operation_id, tax_lamports=0))


def against(world: World, mint: str = "NEW", real_quote: int = 60 * SOL, **changes: object) -> set[str]:
    """The criteria that refuse this candidate now."""
    wish = candidate(mint, world.now, curve_with(real_quote), **changes)
    decision = judge_entry(wish, world.now, world.states["commandments"].known)
    assert decision.admitted is all(verdict.ok for verdict in decision.verdicts)
    return {verdict.criterion for verdict in decision.verdicts if not verdict.ok}


def in_militia_pause(world: World) -> None:
    world.now.books = replace(world.books, militia=replace(world.books.militia, paused_until_s=world.now.at_s + 1))


def with_lost_capital(world: World) -> None:
    accounts = world.books.accounts | {"wallet:tactical_exit": 0, "wallet:reentry": 30_000_000}
    world.now.books = replace(world.books, accounts=accounts)


def with_little_capital(world: World) -> None:
    world.now.books = replace(world.books, accounts=world.books.accounts | {"wallet:lightning": 23_000_000})


def paused(world: World) -> None:
    world.tell("commandments", PauseEntries(by="operator", why="lunch"))
    world.drain()


def after_a_honeypot(world: World) -> None:
    fired = EmergencyFired(
        at_s=world.now.at_s,
        operation_id="op9",
        mint="X",
        trigger=ExitReason.HONEYPOT,
        slippage_bps=7_000,
        detail="",
    )
    world.write(fired)


def with_a_reached_drawdown(world: World) -> None:
    world.write(RiskLimitReached(at_s=world.now.at_s, limit="drawdown", lost_lamports=1, allowed_lamports=1))


def orders(world: World) -> list[PlaceOrder]:
    return [message for message in world.told.get("executor", []) if isinstance(message, PlaceOrder)]


def deaf(world: World) -> World:
    """A world whose executor only collects what it is told."""
    world._stop("executor")
    return world
