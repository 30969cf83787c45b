"""What the monitor must answer when the books are these: compared with what a restarted process does answer."""

from collections.abc import Iterator, Mapping
from typing import Any

from core.effects import Now
from core.ledger.books import Books, ClosedOperation, Operation
from core.settings import Settings
from core.state.admission import breaker_until
from core.state.market_now import MarketNow
from core.types import Role
from monitor.views.plain import iso
from tests.chaos.evidence import Journal
from tests.commands.process import Product

PATHS = ("/status", "/positions", "/operations?limit=200", "/commandments", "/wallets", "/ledger?limit=200")
DAY_S = 86_400

Json = Any


def asked(product: Product) -> dict[str, Json]:
    """Every path that shows what must survive. Raises AssertionError for one that is not answered."""
    answers = {}
    for path in PATHS:
        status, answer = product.get(path)
        assert status == 200, f"{path} answered {status}: {answer}"
        answers[path.partition("?")[0]] = answer
    return answers


def differences(answers: Mapping[str, Json], books: Books, journal: Journal, at_s: float) -> Iterator[str]:
    """One line for each figure that is not as these books say, at this market time."""
    for where, shown, due in _pairs(answers, books, journal, at_s):
        if shown != due:
            yield f"{where} shows {shown!r}, the moment before had {due!r}"


Pairs = Iterator[tuple[str, object, object]]


def _pairs(answers: Mapping[str, Json], books: Books, journal: Journal, at_s: float) -> Pairs:
    yield from _positions(answers["/positions"]["items"], books)
    yield from _operations(answers["/operations"]["items"], books)
    yield from _status(answers["/status"], books, at_s)
    yield from _commandments(answers["/commandments"]["items"], books, at_s)
    yield from _wallets(answers["/wallets"]["items"], books)
    newest = answers["/ledger"]["items"]
    yield "/ledger", [one["seq"] for one in newest], [row[0] for row in journal.rows[::-1][: len(newest)]]
    yield "/ledger", len(newest), min(200, len(journal.rows))
    kinds = [str(type(record).__struct_config__.tag) for record in journal.records[::-1][: len(newest)]]
    yield "/ledger", [one["kind"] for one in newest], kinds


def _positions(items: list[Json], books: Books) -> Pairs:
    yield "/positions", [one["id"] for one in items], list(books.operations)
    for one in items:
        op = books.operations.get(one["id"])
        if op is None:
            continue
        where = f"/positions {op.id}"
        yield where, one["mint"], op.mint
        yield where, one["opened_at"], iso(op.opened_at_s)
        yield where, one["tokens"], op.tokens
        yield where, one["holdings_tokens"], {str(role): tokens for role, tokens in op.holdings.items()}
        yield where, one["cost_lamports"], op.cost_lamports
        yield where, one["net_lamports"], op.net_lamports
        yield where, one["panic"], op.panic
        yield where, one["failed_exits"], op.failed_exits
        orders = {o.order.id: o.signature or None for o in books.orders.values() if o.order.operation_id == op.id}
        yield where, {order["id"]: order["signature"] for order in one["orders"]}, orders


def _operations(items: list[Json], books: Books) -> Pairs:
    known: dict[str, Operation | ClosedOperation] = {**books.operations, **{op.id: op for op in books.closed}}
    yield "/operations", sorted(one["id"] for one in items), sorted(known)
    for one in items:
        op = known.get(one["id"])
        if op is None:
            continue
        where, closed = f"/operations {op.id}", isinstance(op, ClosedOperation)
        yield where, one["state"], "closed" if closed else "open"
        yield where, one["net_lamports"], op.net_lamports
        yield where, one["cost_lamports"], op.cost_lamports
        yield where, one["fees_lamports"], op.fees
        yield where, [fill["tokens"] for fill in one["exits"]], [fill.tokens for fill in op.exits]
        yield where, [fill["tokens"] for fill in one["entries"]], [tokens for _, _, tokens in op.entries]
        if isinstance(op, ClosedOperation):
            yield where, one["closed_at"], iso(op.closed_at_s)
            yield where, one["reason"], op.reason
            yield where, (one["settled"], one["tax_lamports"]), (op.settled, op.tax_lamports)


def _status(shown: Json, books: Books, at_s: float) -> Pairs:
    until_s, why = breaker_until(Now(at_s, books, Settings(), MarketNow()))
    is_open = until_s > at_s
    breaker = {"open": is_open, "until": iso(until_s) if is_open else None, "why": why if is_open else None}
    yield "/status breaker", shown["breaker"], breaker
    yield "/status paused", shown["entries"]["paused"], books.paused
    yield "/status peak", shown["equity_peak_lamports"], books.equity_peak_lamports
    yield "/status capital", shown["capital_lamports"], books.capital_lamports()
    yield "/status generation", shown["generation"], books.generation
    yield "/status orders", shown["orders_unsettled"], len(books.orders)
    yield "/status accounts", shown["accounts_lamports"], {name: n for name, n in sorted(books.accounts.items()) if n}
    yield "/status positions", [one["id"] for one in shown["positions"]], list(books.operations)
    today = [op for op in books.closed if int(op.closed_at_s // DAY_S) == int(at_s // DAY_S)]
    yield "/status today", shown["today"]["operations"], len(today)
    yield "/status today", shown["today"]["realised_lamports"], sum(op.net_lamports for op in today)
    yield "/status operations", shown["performance"]["figures"]["operations"], _counted(books)


def _counted(books: Books) -> int:
    return sum(not op.outside_statistics for op in books.closed)


def _commandments(items: list[Json], books: Books, at_s: float) -> Pairs:
    named = {one["name"]: one for one in items}
    paused = at_s < books.militia.paused_until_s
    streak = "paused" if paused else f"{books.militia.streak} losses in a row"
    yield "/commandments militia", named["militia"]["state"], streak
    yield (
        "/commandments militia",
        named["militia"]["next_change_at"],
        (iso(books.militia.paused_until_s) if paused else None),
    )
    if books.rotation is None:
        used = f"generation {books.generation}, {books.used_in_generation} of "
        yield "/commandments reincarnation", named["reincarnation"]["state"][: len(used)], used
    violations = [books.violations.get(number, 0) for number in range(1, 6)]
    yield "/commandments violations", [one["violations"] for one in items], violations


def _wallets(items: list[Json], books: Books) -> Pairs:
    for one, role in zip(items, Role, strict=True):
        where = f"/wallets {role}"
        yield where, one["role"], role
        yield where, one["balance_lamports"], books.balance(role)
        yield where, one["reserved_lamports"], books.reserved(role)
        yield where, one["generation"], books.generation
        yield where, one["operations_used"], books.used_in_generation
        yield where, one["rent_locked_lamports"], books.rents.get(role, 0)
        yield where, one["start_lamports"], books.start_lamports[role]
