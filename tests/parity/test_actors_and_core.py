"""The actors on the virtual clock and the core-only runner take the same decisions and close with the same ledger.

Two seeds here; `python -m tests.parity.seeds` does the same on twenty, and on the recorded trades.
"""

from pathlib import Path

import pytest
from msgspec.structs import replace

from core.records import OperationClosed
from tests.parity.pair import Ends, differences, recorded, with_actors, without_actors
from tests.parity.seeds import DEFAULT, RECORDED, settings_of

SLOTS = 1_250
"""Five hundred seconds of market: enough for the first operations of these seeds."""


@pytest.mark.parametrize("seed", [3, 4])
def test_the_same_journal_to_the_byte(tmp_path: Path, seed: int) -> None:
    settings = settings_of(DEFAULT, seed)

    ran = without_actors(settings, tmp_path / "core", Ends(operations=99, slots=SLOTS))
    acted = with_actors(settings, tmp_path / "actors", SLOTS)

    assert differences(acted, ran) == []
    assert acted.lines == ran.lines
    assert ran.closed


def test_the_same_on_recorded_trades(tmp_path: Path, shared_data: Path) -> None:
    settings, opened = settings_of(RECORDED, 1), recorded(shared_data / "trades" / "first_300s_pump_tokens.jsonl")

    ran = without_actors(settings, tmp_path / "core", None, opened)
    acted = with_actors(settings, tmp_path / "actors", None, opened)

    assert differences(acted, ran) == []
    assert ran.closed


def test_what_differs_is_named(tmp_path: Path) -> None:
    ran = without_actors(settings_of(DEFAULT, 3), tmp_path / "core", Ends(operations=1, slots=SLOTS))
    closed = next(record for record in ran.records if isinstance(record, OperationClosed))
    other = tuple(replace(one, net_lamports=0) if one is closed else one for one in ran.records)
    found = differences(replace(ran, records=other, accounts=dict(ran.accounts) | {"rent": -1}), ran)

    assert found[0].startswith(f"record {ran.records.index(closed) + 1}: actors ")
    assert found[1].startswith("rent: actors -1, core ")
