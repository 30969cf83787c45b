"""Journals for the ledger's tests: a few records by hand, and whole ones from a small world."""

from functools import lru_cache

from msgspec.structs import replace

from core.ledger import postings
from core.ledger.books import Books
from core.ledger.fold import apply
from core.ledger.postings import of_settlement
from core.messages import Order, Reserves, Settlement
from core.records import AnyRecord, CapitalOpened, OperationClosed, OrderIntended, OrderSettled
from core.types import ExitReason, Purpose, Role, Side, Venue

PARTS = {
    Role.LIGHTNING: 50_000_000,
    Role.EMERGENCY_GAS: 43_750_000,
    Role.REENTRY: 56_250_000,
    Role.PSYCHOLOGY: 50_000_000,
    Role.TACTICAL_EXIT: 50_000_000,
}
RESERVES = Reserves(Venue.CURVE, 90_000_000_000, 357_666_666_666_666, 60_000_000_000, 77_766_666_666_666)


def opened(at_s: float = 1_000.0) -> Books:
    """Books with $20 at $80."""
    record = CapitalOpened(
        at_s=at_s, mode="paper", seed=1, capital_usd=20.0, sol_usd=80.0, postings=postings.of_capital(PARTS)
    )
    return apply(Books(), record)


def buy(number: int = 1, *, role: Role = Role.LIGHTNING, mint: str = "M", lamports: int = 1_000_000) -> Order:
    purpose = Purpose.ENTRY if role is Role.LIGHTNING else Purpose.REENTRY
    return Order(
        id=f"{purpose}.op{number}.1",
        purpose=purpose,
        role=role,
        payer=role,
        operation_id=f"op{number}",
        mint=mint,
        symbol=mint,
        side=Side.BUY,
        venue=Venue.CURVE,
        lamports=lamports,
        reserved_lamports=lamports + 5_000,
    )


def sell(tokens: int, *, number: int = 1, role: Role = Role.LIGHTNING, count: int = 2, **changes: object) -> Order:
    order = Order(
        id=f"exit.op{number}.{count}",
        purpose=Purpose.EXIT,
        role=role,
        payer=role,
        operation_id=f"op{number}",
        mint="M",
        side=Side.SELL,
        venue=Venue.CURVE,
        tokens=tokens,
        reason=ExitReason.TAKE_PROFIT,
    )
    return replace(order, **changes)


def bought(order: Order, tokens: int, at_s: float = 1_000.0) -> Settlement:
    """1 % of the spend are fees; the token account's rent is locked."""
    fee = order.lamports // 100
    return Settlement(
        signature=f"sig.{order.id}",
        slot=1,
        at_s=at_s,
        tokens=tokens,
        quote_lamports=fee - order.lamports,
        fees={"protocol": fee, "base": 5_000},
        rent_lamports=2_039_280,
        changes={order.role: -order.lamports - 5_000 - 2_039_280},
        reserves=RESERVES,
    )


def sold(order: Order, proceeds: int, at_s: float = 1_000.0, *, rent: int = 0) -> Settlement:
    fee = proceeds // 100
    return Settlement(
        signature=f"sig.{order.id}",
        slot=2,
        at_s=at_s,
        tokens=-order.tokens,
        quote_lamports=proceeds,
        fees={"protocol": fee, "base": 5_000},
        rent_lamports=-rent,
        changes={order.role: proceeds - fee - 5_000 + rent},
        reserves=RESERVES,
    )


def failed(order: Order) -> Settlement:
    return Settlement(
        signature=f"sig.{order.id}",
        slot=2,
        at_s=1_000.0,
        error="slippage",
        fees={"base": 5_000},
        changes={order.role: -5_000},
    )


def settled(order: Order, settlement: Settlement | None, outcome: str = "") -> OrderSettled:
    error = settlement.error if settlement else ""
    return OrderSettled(
        at_s=settlement.at_s if settlement else 1_000.0,
        order_id=order.id,
        outcome=outcome or ("failed" if error else "filled"),
        error=error,
        settlement=settlement,
        postings=of_settlement(order, settlement) if settlement else (),
    )


def through(books: Books, order: Order, settlement: Settlement | None, outcome: str = "") -> Books:
    """The order's whole life in the books."""
    books = apply(books, OrderIntended(at_s=1_000.0, order=order))
    return apply(books, settled(order, settlement, outcome))


def closing(books: Books, at_s: float = 2_000.0, number: int = 1, **changes: object) -> OperationClosed:
    operation = books.operations[f"op{number}"]
    record = OperationClosed(
        at_s=at_s,
        operation_id=operation.id,
        mint=operation.mint,
        symbol=operation.symbol,
        opened_at_s=operation.opened_at_s,
        net_lamports=operation.net_lamports,
        cost_lamports=operation.cost_lamports,
        proceeds_lamports=sum(fill.proceeds_lamports for fill in operation.exits),
        reason=ExitReason.TAKE_PROFIT,
    )
    return replace(record, **changes)


@lru_cache(maxsize=2)
def recorded(seed: int = 4, slots: int = 1_500) -> tuple[AnyRecord, ...]:
    """The journal of a small world with crashes."""
    from tests.state.test_treasury_world import HURRIED, run
    from tests.state.world import Faults, World

    world = World(HURRIED, seed=seed, faults=Faults(machine=0.01, process=0.003))
    run(world, slots)
    return tuple(world.records)
