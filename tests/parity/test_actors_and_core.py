"""The actors on the virtual clock and the core-only runner take the same decisions and close with the same ledger."""

from pathlib import Path

import msgspec
import pytest

from actors.adapters.journal_store import JournalStore
from actors.adapters.state_directory import StateDirectory
from commands import sources
from commands.drive import drive
from commands.house import House
from core.desk import Ports, open_desk
from core.records import AnyRecord, OperationClosed
from core.settings import Settings
from core.state.market_now import MarketNow

SLOTS = 1_250
"""Five hundred seconds of market: enough for the first operations of these seeds."""


def with_actors(settings: Settings, folder: Path, slots: int) -> list[AnyRecord]:
    state = StateDirectory(folder)
    house = House(settings, state, sources.embedded(settings, state), mode="paper", paced=False)
    house.start()
    drive(house, slots)
    assert house.stop()
    store = JournalStore(state.journal)
    records = [entry.record for entry in store.entries()]
    store.close()
    return records


def without_actors(settings: Settings, folder: Path, slots: int) -> list[AnyRecord]:
    state = StateDirectory(folder)
    source = sources.embedded(settings, state)
    opening = House(settings, state, source, mode="paper", paced=False).opening
    ports = Ports(backend=source.backend, accounts=source.accounts, decoder=source.decoder, tape=source.tape)
    market = MarketNow(rule=settings.sol_price, emergency=settings.emergency)
    runner = open_desk(settings, ports, market, opening)
    runner.run(batch for _ in range(slots) if (batch := source.feed.next()) is not None)
    source.feed.close()
    return runner.records


@pytest.mark.parametrize("seed", [3, 4])
def test_the_same_journal_to_the_byte(tmp_path: Path, seed: int) -> None:
    settings = msgspec.structs.replace(Settings(), runtime=msgspec.structs.replace(Settings().runtime, seed=seed))

    acted = with_actors(settings, tmp_path / "actors", SLOTS)
    ran = without_actors(settings, tmp_path / "core", SLOTS)

    assert [msgspec.json.encode(record) for record in acted] == [msgspec.json.encode(record) for record in ran]
    assert any(isinstance(record, OperationClosed) for record in acted)
