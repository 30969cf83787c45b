"""Log lines as the chain writes them, for the embedded market and for tests: the decoder in use is then the real one.

A trade's lines have the shape of a real transaction's: the program is called, transfers, reports its event as data,
calls itself with the same event, and ends.
"""

from collections.abc import Iterable
from functools import lru_cache

from msgspec import to_builtins

from core.chain.events import Event, encode_event
from core.chain.programs import COMPUTE_BUDGET, PUMP, PUMPSWAP, SYSTEM, TOKEN_2022
from core.chain.pump import CompletePumpAmmMigrationEvent, CreateEvent, TradeEvent
from core.chain.pumpswap import BuyEvent, CreatePoolEvent, SellEvent

_BUDGET_UNITS = 400_000
"""The runtime prints units used and left; their figures mean nothing here and are constant."""
_SELF_CALL_UNITS = 2_021

Call = tuple[str, bytes]
"""A call of a program: the instruction's name as the log prints it, and the payload of the event that it reports."""


def data_line(event: Event) -> str:
    """The one line that carries the event: `Program data: ` and base64."""
    return _data_line(encode_event(event))


def _data_line(payload: bytes) -> str:
    # The text of bytes is base64, in less time than the standard library takes.
    text: str = to_builtins(payload)
    return f"Program data: {text}"


def call_of(event: Event) -> Call:
    """The call that reports `event`."""
    return _instruction(event), encode_event(event)


def log_lines(program: str, events: Iterable[Event], *, error: str | None = None) -> list[str]:
    """The log of a transaction that called `program` once for each event.

    With `error` (for example `custom program error: 0x1772`) the last call fails after its event, as a breached
    slippage limit does late in an instruction: such a transaction's events must not count.
    """
    lines = [*call_lines(program, map(call_of, events))]
    if error is not None and len(lines) > len(_BUDGET):
        lines[-1] = f"Program {program} failed: {error}"
    return lines


def call_lines(program: str, calls: Iterable[Call]) -> tuple[str, ...]:
    """As `log_lines`, of calls."""
    lines = _BUDGET
    for instruction, payload in calls:
        before, after = _around_trade(program, instruction)
        lines = (*lines, *before, _data_line(payload), *after)
    return lines


def migration_lines(created: CreatePoolEvent, migrated: CompletePumpAmmMigrationEvent) -> list[str]:
    """The log of a migration: the curve program calls the pool program, both report."""
    before, after = _around(PUMPSWAP, _instruction(created), 2, _transfers(3))
    inner = (*before, data_line(created), *after)
    before, after = _around(PUMP, _instruction(migrated), 1, inner)
    return [*_BUDGET, *before, data_line(migrated), *after]


@lru_cache(maxsize=256)
def _around_trade(program: str, instruction: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """As `_around`: the same for every trade, so they are kept."""
    return _around(program, instruction, 1, _transfers(2))


def _around(
    program: str, instruction: str, depth: int, inner: Iterable[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The lines before an event's own and those after it."""
    before = (
        f"Program {program} invoke [{depth}]",
        f"Program log: Instruction: {instruction}",
        *inner,
    )
    after = (
        f"Program {program} invoke [{depth + 1}]",
        f"Program {program} consumed {_SELF_CALL_UNITS} of {_BUDGET_UNITS} compute units",
        f"Program {program} success",
        f"Program {program} consumed 90000 of {_BUDGET_UNITS} compute units",
        f"Program {program} success",
    )
    return before, after


def _transfers(depth: int) -> list[str]:
    return [
        f"Program {TOKEN_2022} invoke [{depth}]",
        "Program log: Instruction: TransferChecked",
        f"Program {TOKEN_2022} consumed 2475 of {_BUDGET_UNITS} compute units",
        f"Program {TOKEN_2022} success",
        *_plain_call(SYSTEM, depth),
        *_plain_call(SYSTEM, depth),
    ]


def _plain_call(program: str, depth: int) -> list[str]:
    return [f"Program {program} invoke [{depth}]", f"Program {program} success"]


_BUDGET = (*_plain_call(COMPUTE_BUDGET, 1), *_plain_call(COMPUTE_BUDGET, 1))


def _instruction(event: Event) -> str:
    match event:
        case TradeEvent():
            name = event.ix_name or ("buy" if event.is_buy else "sell")
        case BuyEvent():
            name = event.ix_name or "buy"
        case SellEvent():
            name = "sell"
        case CreateEvent():
            name = "create" if event.token_program is None else "create_v2"
        case CreatePoolEvent():
            name = "create_pool"
        case CompletePumpAmmMigrationEvent():
            name = "migrate"
        case _:
            # An event that comes inside another instruction is named by itself: readers of logs never use this line.
            name = type(event).__name__
    return _in_capitals(name)


@lru_cache(maxsize=256)
def _in_capitals(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))
