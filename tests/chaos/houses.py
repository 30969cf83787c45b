"""The whole house in this process, with a position open early: what the chaos tests break parts of."""

from pathlib import Path

from actors.adapters.state_directory import StateDirectory
from commands import sources
from commands.audit import audited
from commands.drive import drive
from commands.house import House
from commands.servers import servers
from core.ledger.audit import Audit
from core.ledger.books import Books, Operation
from core.settings import from_texts
from tests.commands.process import free_ports

EARLY = {"MICRO_SEED": "4", "MICRO_ENTRY_PROFILE": "relaxed"}
"""A market in which a position opens after 92 s and is held for minutes, with re-entries and several exits."""


def house_of(folder: Path, *, paced: bool = False, served: bool = False, **settings: str) -> House:
    """A started house on the embedded market of `EARLY`; `served` with monitor and control on free ports."""
    state = StateDirectory(folder)
    ports = dict(zip(("MICRO_MONITOR_PORT", "MICRO_EXECUTOR_PORT"), map(str, free_ports(2)), strict=True))
    known = from_texts(EARLY | ports | settings)
    house = House(known, state, sources.embedded(known, state), mode="paper", paced=paced)
    house.start(servers(house, lambda: known) if served else ())
    return house


def books_of(house: House) -> Books:
    return house.services.books()


def held(house: House) -> Operation | None:
    """The open operation, if there is one."""
    return next(iter(books_of(house).operations.values()), None)


def drive_until_held(house: House, slots: int = 600) -> Operation:
    for _ in range(slots):
        drive(house, 1)
        operation = held(house)
        if operation is not None and operation.tokens:
            return operation
    raise AssertionError(f"nothing was bought in {slots} slots")


def drive_until_flat(house: House, slots: int = 3_000) -> None:
    for _ in range(slots):
        drive(house, 1)
        if not books_of(house).operations and not books_of(house).orders:
            return
    raise AssertionError(f"still held after {slots} slots: {books_of(house).operations}")


def audit_of(folder: Path) -> Audit:
    """The product's audit of what a house left."""
    state = StateDirectory(folder)
    state.lock()
    try:
        return audited(state)
    finally:
        state.unlock()


def kill(house: House, name: str) -> None:
    """End the actor of this name as a fault of the runtime would: its supervisor sees a crash."""
    actor = house.system.directory.present(name)
    assert actor is not None, f"{name} is not there"
    assert actor.greenlet is not None
    actor.greenlet.kill(block=True, timeout=10.0)


def incarnation(house: House, name: str) -> int:
    snapshot = house.system.directory.snapshot(name)
    return 0 if snapshot is None else snapshot.incarnation
