"""Every event the programs emit: bytes to struct and back, chosen by the program that spoke and its discriminator.

The program comes first because discriminators are not unique: LaunchLab's TradeEvent has pump's.
"""

import re
from collections.abc import Callable
from typing import Any

from core.chain.codec.kinds import Undecodable
from core.chain.codec.layout import Layout
from core.chain.codec.packings import packing
from core.chain.launchlab import LaunchLabPoolCreateEvent, LaunchLabTradeEvent, TradeLayout
from core.chain.minor import OTHER_LAYOUTS, OtherEvent
from core.chain.programs import LAUNCHLAB, NAMES, PUMP, PUMPSWAP, event_discriminator
from core.chain.pump import (
    CompleteEvent,
    CompletePumpAmmMigrationEvent,
    CreateEvent,
    SetCreatorEvent,
    TradeEvent,
    UpdateMayhemVirtualParamsEvent,
)
from core.chain.pumpswap import (
    BoostBuyAndBurnEvent,
    BuyEvent,
    CreatePoolEvent,
    DepositEvent,
    InitBoostEvent,
    SellEvent,
    WithdrawEvent,
)

Event = (
    TradeEvent
    | CreateEvent
    | CompleteEvent
    | CompletePumpAmmMigrationEvent
    | SetCreatorEvent
    | UpdateMayhemVirtualParamsEvent
    | CreatePoolEvent
    | BuyEvent
    | SellEvent
    | DepositEvent
    | WithdrawEvent
    | InitBoostEvent
    | BoostBuyAndBurnEvent
    | LaunchLabTradeEvent
    | LaunchLabPoolCreateEvent
    | OtherEvent
)

_BY_PROGRAM: dict[str, dict[str, type[Any]]] = {
    PUMP: {
        "TradeEvent": TradeEvent,
        "CreateEvent": CreateEvent,
        "CompleteEvent": CompleteEvent,
        "CompletePumpAmmMigrationEvent": CompletePumpAmmMigrationEvent,
        "SetCreatorEvent": SetCreatorEvent,
        "UpdateMayhemVirtualParamsEvent": UpdateMayhemVirtualParamsEvent,
    },
    PUMPSWAP: {
        "CreatePoolEvent": CreatePoolEvent,
        "BuyEvent": BuyEvent,
        "SellEvent": SellEvent,
        "DepositEvent": DepositEvent,
        "WithdrawEvent": WithdrawEvent,
        "InitBoostEvent": InitBoostEvent,
        "BoostBuyAndBurnEvent": BoostBuyAndBurnEvent,
    },
    LAUNCHLAB: {
        "TradeEvent": LaunchLabTradeEvent,
        "PoolCreateEvent": LaunchLabPoolCreateEvent,
    },
}

Reader = Callable[[bytes], Event]


def _layout(struct: type[Any]) -> Layout:
    return TradeLayout() if struct is LaunchLabTradeEvent else Layout.of(struct)


def _other_reader(program: str, name: str, layout: Layout) -> Reader:
    def read(data: bytes) -> OtherEvent:
        values, end = layout.decode(data, 8)
        return OtherEvent(program, name, dict(zip(layout.names, values, strict=False)), data[end:])

    return read


_LAYOUTS = {struct: _layout(struct) for structs in _BY_PROGRAM.values() for struct in structs.values()}
_HEADS = {struct: event_discriminator(name) for structs in _BY_PROGRAM.values() for name, struct in structs.items()}
_WRITERS = {struct: layout.writer(_HEADS[struct]) for struct, layout in _LAYOUTS.items()}
_PROGRAMS = {struct: program for program, structs in _BY_PROGRAM.items() for struct in structs.values()}

READERS: dict[str, dict[bytes, Reader]] = {
    program: {event_discriminator(name): _other_reader(program, name, layout) for name, layout in layouts.items()}
    for program, layouts in OTHER_LAYOUTS.items()
}
"""Program id -> discriminator -> what reads the whole payload, discriminator included."""

for _program, _structs in _BY_PROGRAM.items():
    for _name, _struct in _structs.items():
        READERS[_program][event_discriminator(_name)] = _LAYOUTS[_struct].reader(_struct, 8)


def decode_event(program: str, data: bytes) -> Event:
    """The event in `data` (discriminator first) as spoken by `program`.

    Undecodable when the program or the discriminator is unknown, or the data are cut. Bytes after the last known field
    are no error: they are kept in `extra`.
    """
    readers = READERS.get(program)
    if readers is None:
        raise Undecodable("program")
    reader = readers.get(data[:8])
    if reader is None:
        raise Undecodable("discriminator")
    return reader(data)


def encode_event(event: Event) -> bytes:
    """The wire bytes of `event`, discriminator first: the newest layout, or the older one that ends before the first
    field that is None. ValueError when a field is None and a later one is not."""
    if isinstance(event, OtherEvent):
        layout = OTHER_LAYOUTS[event.program][event.name]
        values = [event.values[name] for name in layout.names if name in event.values]
        return event_discriminator(event.name) + layout.encode(values) + event.extra
    return _WRITERS[type(event)](event)


def packing_of(struct: type[Any], *lengths: int) -> Callable[..., bytes]:
    """What packs a whole payload of such an event from its raw values in order: keys as 32 bytes, texts and lists as
    they are written, in `lengths` bytes each. For who writes one kind of event for every trade of a market."""
    return packing(_LAYOUTS[struct].kinds, _HEADS[struct], lengths)


def _kind(program: str, name: str) -> str:
    words = re.findall("[A-Z][a-z0-9]*", name.removesuffix("Event"))
    return f"{NAMES[program]}.{'_'.join(words).lower()}"


KINDS: dict[str, dict[bytes, str]] = {
    program: {event_discriminator(name): _kind(program, name) for name in (*layouts, *_BY_PROGRAM.get(program, ()))}
    for program, layouts in OTHER_LAYOUTS.items()
}
"""Program id -> discriminator -> program and kind for counters, as `pump.trade`: bounded."""


def program_of(event: Event) -> str:
    """The id of the program that emits such an event."""
    return event.program if isinstance(event, OtherEvent) else _PROGRAMS[type(event)]
