"""The guided tour: every part is shown at work, readable on 80 columns, and it ends well."""

import re
from pathlib import Path

import pytest

from core.types import EMERGENCIES, Role
from tests.commands.process import ran


@pytest.fixture(scope="module")
def tour(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("tour")
    done = ran(folder, "demo", "--fast", TMPDIR=str(folder))
    assert (done.returncode, done.stderr) == (0, "")
    assert list(folder.iterdir()) == []
    return done.stdout


def chapters(tour: str) -> dict[str, str]:
    """Text by title."""
    parts = re.split(r"\n\d+\. (.+)\n-+\n", tour)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_the_tour_goes_through_every_part(tour: str):
    titles = " ".join(chapters(tour))
    for part in ("wallets", "token", "Mining", "gate", "ledger", "operation", "time protocol", "emergency", "figures"):
        assert part in titles


def test_it_can_be_read_on_80_columns(tour: str):
    assert max(len(line) for line in tour.splitlines()) <= 80
    assert tour.isascii()


def test_the_wallets_hold_the_capital_to_the_lamport(tour: str):
    rows = re.findall(r"^  (\w+) +[\d.]+% +(\d+) ", chapters(tour)["Five wallets"], re.MULTILINE)

    assert [role for role, _ in rows] == [role.value for role in Role]
    assert sum(int(lamports) for _, lamports in rows) == 250_000_000


def test_the_ledger_lines_of_the_first_fill_sum_to_nothing(tour: str):
    chapter = next(text for title, text in chapters(tour).items() if "ledger" in title)
    lines = re.findall(r"^  [\w:]+ +([+-]\d+)$", chapter, re.MULTILINE)

    assert len(lines) > 3
    assert sum(int(lamports) for lamports in lines) == 0
    assert "which sum to 0" in chapter


def test_a_token_is_shown_with_all_its_verdicts(tour: str):
    chapter = chapters(tour)["Weighing a token"]
    shown = set(re.findall(r"^  \+ (\w+): ", chapter, re.MULTILINE))

    assert {"age", "liquidity", "holders", "honeypot", "cost", "quality", "risk"} <= shown


def test_time_alone_sells_in_four_steps(tour: str):
    chapter = chapters(tour)["The time protocol"]

    for held in ("100.0%", "67.0%", "34.0%", "1.0%"):
        assert held in chapter
    assert "Flat after 35.0 min of 55; sales by decay." in chapter


@pytest.mark.parametrize("trigger", sorted(EMERGENCIES))
def test_each_emergency_fires_and_ends_flat_within_its_time(tour: str, trigger: str):
    chapter = " ".join(chapters(tour)["Every emergency"].split())
    told = re.search(rf"s after our buy: {trigger} \(.*?sold ([\d.]+) s later .*?flagged for ever", chapter)

    assert told is not None
    assert float(told.group(1)) <= 30.0


def test_the_books_of_the_tour_are_right(tour: str):
    assert "they balance, and the books equal the paper chain" in " ".join(tour.split())


def test_wrong_settings_are_refused_in_one_line(tmp_path: Path):
    done = ran(tmp_path, "demo", "--fast", "--set", "MICRO_NOTHING=1")

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
