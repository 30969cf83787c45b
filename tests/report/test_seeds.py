import msgspec
import pytest
from msgspec.structs import replace

from core.report.document import Document, document
from tests.report.results import episode, operation
from tests.report.seeds import lines, together
from tests.report.seeds import read as read_reports


def report(seed: int, *nets: int) -> Document:
    played = (replace(episode(*nets), seed=seed), replace(episode(nets[0]), seed=1_000_000 + seed, held_out=True))
    return document(played, feed="market", seed=seed, wanted=len(nets), wanted_held_out=1)


def test_the_episodes_of_all_reports_are_one_sample():
    both = together([report(7, 30_000_000, -10_000_000), report(107, 20_000_000)])

    trained, held_out = both.samples
    assert (trained.figures.episodes, trained.figures.operations, trained.figures.wins) == (2, 3, 2)
    assert trained.figures.net_lamports == 40_000_000
    assert held_out.figures.net_lamports == 50_000_000
    assert both.wanted == 3


def test_each_target_says_in_how_many_seeds_it_is_met_and_how_far_they_lie_apart():
    table = list(lines([report(7, 30_000_000, -10_000_000), report(107, 20_000_000)]))

    (row,) = [line for line in table if line.startswith("| win rate")][:1]
    assert row.startswith("| win rate | at least 55 % | 66.7% |")
    assert row.endswith("| met | 1 of 2 | 50.0% to 100.0% |")


def test_the_same_market_does_not_count_twice(tmp_path):
    paths = [tmp_path / name for name in ("one.json", "two.json")]
    for path in paths:
        path.write_bytes(msgspec.json.encode(report(7, 1_000_000)))

    with pytest.raises(ValueError, match="farther apart"):
        read_reports(paths)


def test_what_moved_between_signing_and_landing_is_taken_off():
    moved = operation(30_000_000, drift_lamports=-40_000_000, buys=2)
    told = document([replace(episode(), operations=(moved,))], feed="market", seed=7, wanted=1, wanted_held_out=0)

    text = "\n".join(lines([told]))

    assert "Operations with a re-entry: 1, mean net on cost 30.0%." in text
    assert "Operations without one: 0, mean net on cost -." in text
    assert "Had nothing moved between signing and landing: mean net on cost -10.0%, won\n0.0%." in text
