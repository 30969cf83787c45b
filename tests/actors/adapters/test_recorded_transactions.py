import json
from pathlib import Path

import pytest

from actors.adapters.feed_file import open_feed
from actors.adapters.recorded_trades import RecordedTrades
from actors.adapters.recorded_transactions import RecordedTransactions
from actors.adapters.recording import Recording
from core.chain.decode import Decoder
from core.chain.programs import PUMP
from core.chain.pump import TradeEvent
from core.chain.wire import log_lines
from core.errors import Refused
from core.market.tape import Tape
from core.messages import FeedBatch, Launched, PoolOpened, Traded
from tests.actors.adapters.test_recorded_trades import token
from tests.actors.adapters.test_recording import batch, recorded
from tests.market.paper.test_feed import MINT, TRADER


def transaction(*, slot: int | None, time_s: int | None, event_s: int = 77, err: object = None) -> dict[str, object]:
    event = TradeEvent(MINT, 7, 10**6, True, TRADER, event_s, 31 * 10**9, 10**15, 10**9, 7 * 10**14)
    body: dict[str, object] = {
        "meta": {"err": err, "logMessages": log_lines(PUMP, [event]), "innerInstructions": []},
        "transaction": {"signatures": [f"s{slot}"], "message": {"accountKeys": [TRADER], "instructions": []}},
    }
    if slot is not None:
        body["slot"] = slot
    if time_s is not None:
        body["blockTime"] = time_s
    return body


def played(path: Path) -> list[FeedBatch]:
    feed = open_feed(path, Decoder(), Tape())
    return list(iter(feed.next, None))


def write(path: Path, content: object) -> Path:
    path.write_text(json.dumps(content))
    return path


def test_transactions_play_in_order_of_slot_with_their_signatures(tmp_path: Path):
    items = [transaction(slot=slot, time_s=1_000 + slot) for slot in (9, 3, 6)]

    batches = played(write(tmp_path / "x.json", items))

    assert [(b.slot, b.at_s) for b in batches] == [(3, 1_003.0), (6, 1_006.0), (9, 1_009.0)]
    messages = [m for b in batches for m in b.market]
    assert [m.signature for m in messages if isinstance(m, Traded)] == ["s3", "s6", "s9"]
    assert all(b.gap for b in batches)


def test_transactions_of_one_slot_come_in_one_batch(tmp_path: Path):
    items = [transaction(slot=5, time_s=1_000), transaction(slot=5, time_s=1_000)]

    (only,) = played(write(tmp_path / "x.json", items))

    assert len(only.market) == 2


def test_without_slots_they_are_made_up_from_the_time_of_the_first_event(tmp_path: Path):
    items = [transaction(slot=None, time_s=None, event_s=2_004), transaction(slot=None, time_s=None, event_s=2_000)]

    batches = played(write(tmp_path / "x.json", items))

    assert [(b.slot, b.at_s) for b in batches] == [(1, 2_000.0), (11, 2_004.0)]


def test_a_failed_transaction_says_nothing(tmp_path: Path):
    path = write(tmp_path / "x.json", transaction(slot=5, time_s=1_000, err={"InstructionError": [0, "x"]}))
    feed = RecordedTransactions(path, Decoder(), Tape())

    (only,) = iter(feed.next, None)

    assert only.market == ()
    assert (feed.transactions, feed.failed) == (1, 1)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('{"a": ', "no JSON at line 1, column 7"),
        ("[]", "holds no transactions"),
        ('{"a": 1}', "item 1 is no transaction"),
        ("[1]", "item 1 is no transaction"),
        ("hello", "neither"),
        ("[" * 100_000, "no JSON"),
    ],
)
def test_a_file_that_is_none_is_refused_in_one_line(tmp_path: Path, content: str, reason: str):
    path = tmp_path / "x.json"
    path.write_text(content)

    with pytest.raises(Refused, match=reason) as refusal:
        played(path)

    assert "\n" not in str(refusal.value)
    assert str(path) in str(refusal.value)


def test_a_path_that_is_not_there_or_an_empty_directory_is_refused(tmp_path: Path):
    with pytest.raises(Refused, match="cannot be read"):
        played(tmp_path / "absent")
    with pytest.raises(Refused, match="holds no JSON files"):
        played(tmp_path)


def test_each_kind_of_file_opens_as_the_feed_that_it_is(tmp_path: Path):
    trades = tmp_path / "trades.jsonl"
    trades.write_text(json.dumps(token()))
    unnamed = tmp_path / "trades"
    unnamed.write_text(json.dumps(token()))
    recorded(tmp_path / "own", [batch(1)])
    (own,) = (tmp_path / "own").iterdir()
    renamed = tmp_path / "renamed"
    renamed.write_bytes(own.read_bytes())
    transactions = write(tmp_path / "t.json", transaction(slot=5, time_s=1_000))
    decoder, tape = Decoder(), Tape()

    kinds = [type(open_feed(path, decoder, tape)) for path in (trades, unnamed, own, own.parent, renamed, transactions)]

    assert kinds == [RecordedTrades, RecordedTrades, Recording, Recording, Recording, RecordedTransactions]


def test_every_recorded_transaction_of_the_chain_plays(shared_data: Path):
    decoder, tape = Decoder(), Tape()
    feed = open_feed(shared_data / "transactions", decoder, tape)
    assert isinstance(feed, RecordedTransactions)

    batches = list(iter(feed.next, None))

    messages = [m for b in batches for m in b.market]
    assert feed.transactions == 16
    assert decoder.undecodable == {}
    assert sum(isinstance(m, Launched) for m in messages) >= 3
    assert sum(isinstance(m, PoolOpened) for m in messages) == 1
    assert sum(isinstance(m, Traded) for m in messages) >= 10
    assert [b.at_s for b in batches] == sorted(b.at_s for b in batches)
    assert [b.slot for b in batches] == sorted({b.slot for b in batches})
