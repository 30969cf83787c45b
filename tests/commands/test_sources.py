"""The embedded market as a source: never earlier than the books, and honest about playing again."""

import sqlite3
from pathlib import Path

import pytest

from actors.adapters.state_directory import StateDirectory
from commands import sources
from commands.house import House, Source
from commands.paper import report_start
from core.settings import Settings
from core.state.notifier import AlertsView
from tests.chaos.houses import books_of, drive_until_held, house_of

START_S = 1_767_225_600.0


def opened(folder: Path, not_before_s: float = 0.0, settings: Settings | None = None) -> Source:
    return sources.embedded(settings or Settings(), StateDirectory(folder), not_before_s=not_before_s)


def test_market_time_never_begins_before_the_newest_entry_of_the_books(tmp_path: Path):
    first = opened(tmp_path)
    for _ in range(5):
        first.feed.next()
    first.feed.close()

    # As after a power failure: what the market had played is forgotten, what the journal knows is not.
    (tmp_path / "paper.progress").write_bytes(b"")
    again = opened(tmp_path, START_S + 30.0)
    batch = again.feed.next()

    assert again.start_at_s == pytest.approx(START_S + 30.0)
    assert batch is not None
    assert batch.at_s == pytest.approx(START_S + 30.4)
    assert batch.gap


def test_a_market_that_comes_out_otherwise_when_it_is_played_again_is_told_to_the_person(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    house = house_of(tmp_path)
    drive_until_held(house)
    signature = next(iter(books_of(house).settled_ids))
    settings = house.settings
    with sqlite3.connect(tmp_path / "paper.db") as db:
        more = "json_set(settlement, '$.tokens', json_extract(settlement, '$.tokens') + 1)"
        db.execute(f"UPDATE landing SET settlement = {more}")  # noqa: S608  # the test's own text
    db.close()

    source = opened(tmp_path, settings=settings)

    assert "came out otherwise" in source.warning
    assert signature in source.warning
    house.stop()
    other = House(settings, StateDirectory(tmp_path / "other"), source, mode="paper", paced=False)
    other.start()
    report_start(other)
    other.system.directory.drain()
    assert source.warning in capsys.readouterr().out
    notifier = other.system.directory.snapshot("notifier")
    assert notifier is not None
    assert isinstance(notifier.view, AlertsView)
    assert [alert.key for alert in notifier.view.alerts] == ["market_diverged"]
    other.stop()


def test_a_market_played_again_as_it_was_gives_no_warning(tmp_path: Path):
    house = house_of(tmp_path)
    drive_until_held(house)

    assert opened(tmp_path, settings=house.settings).warning == ""
    house.stop()
