import zlib
from itertools import count
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from zstandard import ZstdCompressor, ZstdDecompressor

from actors.adapters import recording
from actors.adapters.recording import MAGIC_BYTES, SUFFIX, Recorder, Recording
from core.errors import Refused
from core.market.paper.landing import PaperRule
from core.market.paper.market import PaperMarket
from core.market.paper.venue import PaperVenue
from core.market.simulator.settings import MarketSettings
from core.market.simulator.simulator import Simulator
from core.messages import FeedBatch, RawTransaction
from tests.market.paper.test_feed import Script

HOUR_S = 3_600.0
START_S = 1_800_000_000.0 // HOUR_S * HOUR_S


def batch(slot: int) -> FeedBatch:
    raw = RawTransaction(f"s{slot}", slot, None, (f"line {slot}", "another"))
    return FeedBatch(slot=slot, at_s=slot * 0.4, transactions=(raw,), priority_lamports=slot)


def recorded(folder: Path, batches: list[FeedBatch], *, step_s: float = 0.4, start_s: float = START_S) -> Recorder:
    clock = (start_s + number * step_s for number in count())
    recorder = Recorder(Script(*batches), folder, now=lambda: next(clock))
    while recorder.next() is not None:
        pass
    recorder.close()
    return recorder


def replayed(path: Path) -> list[FeedBatch]:
    feed = Recording(path)
    return list(iter(feed.next, None))


def frames(path: Path) -> list[int]:
    """Where each frame of a file begins, and its end."""
    content, at, starts = path.read_bytes(), 0, list[int]()
    while at < len(content):
        starts.append(at)
        at += 16 + int.from_bytes(content[at + 8 : at + 12], "little")
    return [*starts, at]


def only_file(folder: Path) -> Path:
    (path,) = folder.glob("*" + SUFFIX)
    return path


def test_what_was_recorded_comes_back_the_same_and_the_feed_passed_through(tmp_path: Path):
    batches = [batch(slot) for slot in range(1, 40)]
    script = Script(*batches)
    recorder = Recorder(script, tmp_path)

    passed = list(iter(recorder.next, None))
    recorder.close()

    assert passed == batches
    assert replayed(tmp_path) == batches
    assert script.closed


def test_the_embedded_markets_wire_format_survives_with_its_messages_and_prices(tmp_path: Path):
    for decoded in (False, True):
        simulator = Simulator(MarketSettings(), 3, decoded=decoded)
        world = PaperMarket(simulator, PaperVenue(PaperRule(), 3))
        batches = [world.next() for _ in range(50)]
        folder = tmp_path / str(decoded)

        recorded(folder, batches)

        assert replayed(folder) == batches


def test_each_hour_has_its_own_file(tmp_path: Path):
    recorder = recorded(tmp_path, [batch(slot) for slot in range(8)], step_s=HOUR_S / 2)

    names = sorted(path.name for path in tmp_path.iterdir())
    assert len(names) == recorder.files == 4
    assert names[0] == recording._hour(START_S) + SUFFIX
    assert [b.slot for b in replayed(tmp_path)] == list(range(8))


def test_the_time_of_receipt_is_kept(tmp_path: Path):
    recorded(tmp_path, [batch(1), batch(2)], step_s=5.0)
    feed = Recording(tmp_path)

    times = []
    while feed.next() is not None:
        times.append(feed.received_s)

    assert times == [START_S, START_S + 5.0]


def test_a_file_is_a_zstd_file_for_any_tool(tmp_path: Path):
    recorded(tmp_path, [batch(slot) for slot in range(9)])

    with only_file(tmp_path).open("rb") as file:
        content = ZstdDecompressor().stream_reader(file, read_across_frames=True).read()

    assert content.count(b"another") == 9


@pytest.mark.parametrize("torn", [1, 7, 15, 16, 40])
def test_a_torn_last_frame_costs_only_itself(tmp_path: Path, torn: int):
    recorded(tmp_path, [batch(slot) for slot in range(12)])
    path = only_file(tmp_path)
    whole = replayed(path)
    last = frames(path)[-2]
    lost = 12 - len(whole[: _slots_before(path, last)])
    path.write_bytes(path.read_bytes()[: last + torn])

    feed = Recording(path)
    kept = list(iter(feed.next, None))

    assert kept == whole[: 12 - lost]
    assert 0 < lost < 6
    assert feed.damaged == 1


def _slots_before(path: Path, end: int) -> int:
    copy = path.with_name("copy" + SUFFIX)
    copy.write_bytes(path.read_bytes()[:end])
    slots = len(replayed(copy))
    copy.unlink()
    return slots


def test_a_recorder_that_starts_again_after_a_torn_frame_is_read_to_its_end_with_a_gap_between(tmp_path: Path):
    recorded(tmp_path, [batch(slot) for slot in range(6)])
    path = only_file(tmp_path)
    path.write_bytes(path.read_bytes()[:-5])

    recorded(tmp_path, [batch(slot) for slot in range(100, 103)])

    again = replayed(path)
    assert [b.slot for b in again][-3:] == [100, 101, 102]
    assert [b.slot for b in again if b.gap] == [100]


@given(place=st.floats(0, 1, exclude_max=True), value=st.integers(0, 255))
def test_a_damaged_byte_costs_at_most_its_frame_and_marks_a_gap(
    tmp_path_factory: pytest.TempPathFactory, place: float, value: int
):
    folder = tmp_path_factory.mktemp("damaged")
    batches = [batch(slot) for slot in range(15)]
    recorded(folder, batches)
    path = only_file(folder)
    content = bytearray(path.read_bytes())
    at = int(place * len(content))
    if content[at] == value:
        return
    bounds = frames(path)
    content[at] = value
    path.write_bytes(content)

    feed = Recording(path)
    kept = list(iter(feed.next, None))

    damaged = max(number for number, start in enumerate(bounds) if start <= at)
    assert feed.damaged == 1
    assert {replace(one, gap=False) for one in map(_hashable, kept)} <= set(map(_hashable, batches))
    assert len(kept) >= 15 - 4
    if damaged < len(bounds) - 2:
        assert sum(one.gap for one in kept) == 1


def _hashable(one: FeedBatch) -> FeedBatch:
    return replace(one, transactions=())


def test_another_version_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(recording, "VERSION", 9)
    recorded(tmp_path, [batch(1)])
    monkeypatch.undo()

    with pytest.raises(Refused, match="version 9"):
        Recording(tmp_path)


def test_nothing_to_play_is_refused(tmp_path: Path):
    empty = tmp_path / ("x" + SUFFIX)
    with pytest.raises(Refused, match="holds no recordings"):
        Recording(tmp_path)
    empty.write_bytes(b"")
    with pytest.raises(Refused, match="no recorded batches"):
        Recording(empty)
    empty.write_bytes(b"junk" * 1_000)
    with pytest.raises(Refused, match="no recorded batches"):
        Recording(empty)
    with pytest.raises(Refused, match="cannot be read"):
        Recording(tmp_path / "absent")


def test_a_frame_that_is_no_frame_of_ours_is_skipped(tmp_path: Path):
    recorded(tmp_path, [batch(1)])
    path = only_file(tmp_path)
    strange = ZstdCompressor().compress(msgspec.msgpack.encode([1, "x", [["no", "batch"]]]))
    mark = MAGIC_BYTES + len(strange).to_bytes(4, "little") + zlib.crc32(strange).to_bytes(4, "little")
    path.write_bytes(mark + strange + path.read_bytes())

    feed = Recording(path)
    first = feed.next()

    assert feed.damaged == 1
    assert first is not None
    assert first.gap


def test_a_disk_that_takes_nothing_costs_frames_not_the_feed(tmp_path: Path):
    folder = tmp_path / "out"
    recorder = Recorder(Script(*(batch(slot) for slot in range(9))), folder, now=lambda: START_S)
    folder.rmdir()

    passed = list(iter(recorder.next, None))

    assert len(passed) == 9
    assert recorder.lost == 1
    assert "cannot be written" in recorder.error
    recorder.close()


def test_a_directory_that_cannot_be_is_refused(tmp_path: Path):
    (tmp_path / "file").write_text("")

    with pytest.raises(Refused, match="cannot be made"):
        Recorder(Script(), tmp_path / "file" / "below")
