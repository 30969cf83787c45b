import struct
from collections.abc import Iterator
from time import monotonic

import gevent
import pytest
from msgspec.structs import replace

from actors.adapters import live_socket
from actors.adapters.live_feed import Filled, LiveFeed, LiveRule
from core.chain.decode import Decoder
from core.chain.programs import LAUNCHLAB, PUMP, PUMPSWAP
from core.errors import Refused, Retryable
from core.market.simulator.settings import MarketSettings
from core.market.simulator.simulator import Simulator
from core.messages import FeedBatch, RawTransaction
from tests.actors.adapters.node import Node

QUICK = LiveRule(
    silence_s=30.0, ping_s=30.0, connect_s=5.0, backoff_first_s=0.01, backoff_most_s=0.05, queue_transactions=100
)


@pytest.fixture(autouse=True)
def time_limit(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(live_socket, "TICK_S", 0.02)
    with gevent.Timeout(20):
        yield


@pytest.fixture
def node() -> Iterator[Node]:
    node = Node()
    yield node
    node.stop()


class Feeds:
    """Feeds of a test, closed at its end."""

    def __init__(self, node: Node) -> None:
        self.node, self.open = node, list[LiveFeed]()

    def __call__(self, rule: LiveRule = QUICK, **more: object) -> LiveFeed:
        feed = LiveFeed(self.node.url, rule, 7, **more)  # type: ignore[arg-type]
        self.open.append(feed)
        return feed


@pytest.fixture
def feeds(node: Node) -> Iterator[Feeds]:
    feeds = Feeds(node)
    yield feeds
    for feed in feeds.open:
        feed.close()


def signatures(batch: FeedBatch | None) -> list[str]:
    assert batch is not None
    return [raw.signature for raw in batch.transactions]


def until(feed: LiveFeed, signature: str) -> list[FeedBatch]:
    """Batches up to the one that holds `signature`."""
    batches = list[FeedBatch]()
    while not batches or signature not in signatures(batches[-1]):
        batch = feed.next()
        assert batch is not None
        batches.append(batch)
    return batches


def test_it_subscribes_to_each_program_and_the_slots_with_its_commitment(node: Node, feeds: Feeds):
    feed = feeds(replace(QUICK, commitment="confirmed"))
    node.wait_ready()
    node.wait(lambda: feed.is_connected)

    logs = [request["params"] for request in node.requests if request["method"] == "logsSubscribe"]
    assert logs == [[{"mentions": [p]}, {"commitment": "confirmed"}] for p in (PUMP, PUMPSWAP, LAUNCHLAB)]
    assert [request["method"] for request in node.requests].count("slotSubscribe") == 1


def test_what_a_program_logs_comes_with_slot_and_lines_and_the_first_batch_has_a_gap(node: Node, feeds: Feeds):
    feed = feeds()
    node.wait_ready()
    node.log(PUMP, 7, "a", "line 1", "line 2")
    first = until(feed, "a")[-1]
    node.log(PUMPSWAP, 8, "b", err={"InstructionError": [3, {"Custom": 6002}]})
    second = until(feed, "b")[-1]

    assert first.transactions == (RawTransaction("a", 7, None, ("line 1", "line 2")),)
    assert (first.slot, first.gap) == (7, True)
    assert (second.slot, second.gap) == (8, False)
    assert second.transactions[0].err == '{"InstructionError": [3, {"Custom": 6002}]}'
    assert second.at_s >= first.at_s > 1.6e9


def test_slots_without_transactions_let_time_go_on(node: Node, feeds: Feeds):
    feed = feeds()
    node.wait_ready()
    node.slot(50)
    first = feed.next()
    node.slot(51)
    second = feed.next()

    assert first is not None
    assert second is not None
    assert (first.slot, second.slot) == (50, 51)
    assert second.transactions == ()


def test_a_transaction_told_for_two_programs_comes_once(node: Node, feeds: Feeds):
    feed = feeds()
    node.wait_ready()
    node.log(PUMP, 7, "both")
    node.log(PUMPSWAP, 7, "both")
    node.log(PUMP, 7, "end")

    batches = until(feed, "end")

    assert sum(signatures(batch).count("both") for batch in batches) == 1
    assert feed.counts["repeated"] == 1


def test_after_a_drop_events_resume_and_the_gap_is_flagged(node: Node, feeds: Feeds):
    feed = feeds()
    node.wait_ready()
    node.log(PUMP, 7, "a")
    until(feed, "a")
    for connection in (2, 3):
        node.drop()
        node.wait_ready(connections=connection)
        node.log(PUMP, 7 + connection, f"after {connection}")
        batch = until(feed, f"after {connection}")[-1]
        assert batch.gap

    assert feed.counts["reconnects"] == 2


def test_a_connection_that_answers_nothing_any_more_is_given_up(node: Node, feeds: Feeds):
    feed = feeds(replace(QUICK, ping_s=0.05))
    node.answers_pings = False
    node.wait(lambda: node.connections >= 2)

    node.answers_pings = True
    node.wait(lambda: feed.counts.get("stalled", 0) >= 1)
    assert feed.counts["stalled"] >= 1


def test_pings_keep_a_quiet_connection(node: Node, feeds: Feeds):
    feed = feeds(replace(QUICK, ping_s=0.03))
    node.wait_ready()
    began_s = monotonic()
    node.wait(lambda: monotonic() - began_s > 1.3)  # a connection without pongs is given up after 1.06 s

    assert feed.counts == {}
    assert node.connections == 1


def test_a_busy_program_that_went_silent_is_subscribed_to_anew_though_slots_go_on(node: Node, feeds: Feeds):
    feed = feeds(replace(QUICK, silence_s=0.3))
    node.wait_ready()

    def talk() -> None:
        for slot in range(10_000):
            node.slot(slot)
            node.log(PUMPSWAP, slot, f"s{slot}")
            gevent.sleep(0.01)

    talking = gevent.spawn(talk)
    node.wait(lambda: node.connections >= 2)
    talking.kill()

    assert feed.counts["silent"] >= 1


def test_five_megabytes_arrive_whole_and_in_fragments(node: Node, feeds: Feeds):
    feed = feeds()
    node.wait_ready()
    node.log(PUMP, 7, "large", "x" * 5 * 1024 * 1024)

    batch = until(feed, "large")[-1]
    assert len(batch.transactions[0].logs[0]) == 5 * 1024 * 1024

    subscription = node.peers[0].subscriptions[PUMP]
    message = (
        b'{"method":"logsNotification","params":{"subscription":%d,"result":{"context":{"slot":8},'
        b'"value":{"signature":"parts","err":null,"logs":["a"]}}}}' % subscription
    )
    third = len(message) // 3
    node.raw(bytes([0x01, third]) + message[:third])
    node.raw(b"\x89\x00")  # a ping between the fragments
    node.raw(bytes([0x00, third]) + message[third : 2 * third])
    node.raw(bytes([0x80, len(message) - 2 * third]) + message[2 * third :])

    assert until(feed, "parts")[-1].transactions == (RawTransaction("parts", 8, None, ("a",)),)
    assert feed.counts.get("reconnects", 0) == 0


def test_a_frame_that_trickles_in_is_waited_for(node: Node, feeds: Feeds):
    feed = feeds()
    node.wait_ready()
    subscription = node.peers[0].subscriptions[PUMP]
    message = (
        b'{"method":"logsNotification","params":{"subscription":%d,"result":{"context":{"slot":8},'
        b'"value":{"signature":"slow","err":null,"logs":[]}}}}' % subscription
    )
    for byte in bytes([0x81, 126]) + struct.pack("!H", len(message)) + message:
        node.raw(bytes([byte]))
        gevent.sleep(0.001 if byte % 5 else 0.03)

    assert signatures(until(feed, "slow")[-1]) == ["slow"]
    assert feed.counts.get("reconnects", 0) == 0


HUGE = bytes([0x82, 127]) + struct.pack("!Q", 33 * 1024 * 1024)


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (HUGE, "frame too large"),
        (bytes([0x82, 127]) + struct.pack("!Q", 2**62), "frame too large"),
        (b"\xff" * 20, "frame too large"),
        (b"\xf1\x01x", "receive: WebSocketProtocolException"),
        (b"\x80\x01x", "fragments out of order"),
        (b"\x01\x01x\x01\x01x", "fragments out of order"),
        (b"\x88\x02\x03\xe8", "closed by server"),
        (b"\x88\x01x", "receive: WebSocketProtocolException"),
    ],
)
def test_a_broken_frame_costs_the_connection_and_nothing_else(node: Node, feeds: Feeds, broken: bytes, reason: str):
    feed = feeds()
    node.wait_ready()
    node.raw(broken)
    node.wait_ready(connections=2)
    node.log(PUMP, 9, "after")

    assert until(feed, "after")[-1].gap
    assert feed.counts[reason] == 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("not json", "frame: not JSON"),
        ('{"x":' * 100_000, "frame: not JSON"),
        ("[" * 100_000, "frame: shape"),
        ("[]", "frame: shape"),
        ('{"method":"logsNotification","params":{"subscription":1,"result":{"value":5}}}', "frame: shape"),
        ('{"method":"logsNotification","params":{"subscription":1,"result":{}}}', "frame: shape"),
        ('{"method":"slotNotification","params":{"subscription":1,"result":{"slot":-1}}}', "frame: shape"),
        ('{"jsonrpc":"2.0"}', "frame: other"),
    ],
)
def test_a_message_that_says_nothing_is_counted_and_the_feed_goes_on(node: Node, feeds: Feeds, text: str, reason: str):
    feed = feeds()
    node.wait_ready()
    node.text(text)
    node.log(PUMP, 9, "after")

    until(feed, "after")
    assert feed.counts[reason] == 1
    assert node.connections == 1


def test_a_slot_from_nowhere_does_not_move_time(node: Node, feeds: Feeds):
    feed = feeds()
    node.wait_ready()
    node.log(PUMP, 9, "a")
    node.log(PUMP, 10**15, "strange")
    node.log(PUMP, 10, "b")

    assert until(feed, "b")[-1].slot == 10
    assert feed.counts["slot"] == 1


def test_a_slow_consumer_loses_what_waits_and_learns_of_the_gap(node: Node, feeds: Feeds):
    feed = feeds()
    node.wait_ready()
    node.log(PUMP, 1, "first")
    until(feed, "first")
    for number in range(150):
        node.log(PUMP, 2, f"s{number}")
    node.wait(lambda: feed.counts["received"] == 151)

    batches = until(feed, "s149")

    assert [batch.gap for batch in batches] == [True]
    assert signatures(batches[0]) == [f"s{number}" for number in range(100, 150)]
    assert feed.counts["dropped"] == 100


def test_a_refused_subscription_is_tried_again_but_slots_are_no_must(node: Node, feeds: Feeds):
    node.refused = {"slot", PUMPSWAP}
    feed = feeds()
    node.wait(lambda: node.connections >= 3)
    node.refused = {"slot"}
    node.wait(lambda: feed.is_connected)
    node.wait_ready(subjects=3)
    node.log(PUMP, 9, "a")

    assert signatures(until(feed, "a")[-1]) == ["a"]
    assert feed.counts["subscription refused"] >= 2


@pytest.mark.parametrize(
    ("handshake", "reason"),
    [
        (b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 6\r\n\r\nsesame", "connect: status 401"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/?api-key=sesame\r\n\r\n", "connect:"),
        (b"garbage garbage garbage\r\n\r\n", "connect:"),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", "connect:"),
    ],
)
def test_a_refused_handshake_is_tried_again_and_no_key_shows(node: Node, feeds: Feeds, handshake: bytes, reason: str):
    node.handshake = handshake
    feed = feeds()
    node.wait(lambda: node.connections >= 2)
    node.handshake = b""
    node.wait_ready(connections=3)
    node.log(PUMP, 9, "a")
    until(feed, "a")

    assert any(counted.startswith(reason) for counted in feed.counts)
    assert "sesame" not in repr(feed.counts)
    assert feed.address == f"ws://127.0.0.1:{node.server.server_port}/***"


def test_a_server_that_accepts_but_never_shakes_hands_is_given_up(node: Node, feeds: Feeds):
    node.handshake = b"H"  # and then the connection closes; the other kind stays open:
    silent = gevent.server.StreamServer(("127.0.0.1", 0), lambda *_: gevent.sleep(30))
    silent.start()
    feed = LiveFeed(f"ws://127.0.0.1:{silent.server_port}", replace(QUICK, connect_s=0.1), 7)
    feeds.open.append(feed)

    node.wait(lambda: feed.counts.get("reconnects", 0) >= 2)
    silent.stop()

    assert {"connect: timeout", "connect: WebSocketTimeoutException"} & feed.counts.keys()


def test_nobody_listening_is_tried_again(node: Node, feeds: Feeds):
    feed = feeds()
    node.wait_ready()
    node.stop()

    node.wait(lambda: feed.counts.get("connect: ConnectionRefusedError", 0) >= 2)
    assert not feed.is_connected


def test_a_gap_that_could_be_filled_whole_is_none(node: Node, feeds: Feeds):
    asked: list[tuple[int, int]] = []

    def fill(since: int, to: int) -> Filled:
        asked.append((since, to))
        known, missed = RawTransaction("a", 7, None, ()), RawTransaction("missed", 8, None, ("x",))
        return Filled((known, missed), complete=True)

    feed = feeds(fill=fill)
    node.wait_ready()
    node.log(PUMP, 7, "a")
    assert until(feed, "a")[-1].gap  # what was before the start is nobody's to fetch
    node.drop()
    node.wait_ready(connections=2)
    node.log(PUMP, 9, "b")

    batch = until(feed, "b")[-1]

    assert asked == [(7, 9)]
    assert signatures(batch) == ["missed", "b"]
    assert not batch.gap


def test_a_gap_that_cannot_be_filled_stays_one(node: Node, feeds: Feeds):
    def fill(_since: int, _to: int) -> Filled:
        raise Retryable("busy")

    feed = feeds(fill=fill)
    node.wait_ready()
    node.log(PUMP, 7, "a")
    until(feed, "a")
    node.drop()
    node.wait_ready(connections=2)
    node.log(PUMP, 9, "b")

    assert until(feed, "b")[-1].gap
    assert feed.counts["fill: Retryable"] == 1


def test_a_log_that_the_node_cut_is_read_again_as_a_transaction(node: Node, feeds: Feeds):
    def reread(cut: RawTransaction) -> RawTransaction | None:
        if cut.signature == "gone":
            raise Retryable("absent")
        return RawTransaction(cut.signature, cut.slot, None, ("whole",))

    feed = feeds(reread=reread)
    node.wait_ready()
    node.log(PUMP, 7, "cut", "x", "Log truncated")
    whole = until(feed, "cut")[-1]
    node.log(PUMP, 7, "gone", "x", "Log truncated")
    kept = until(feed, "gone")[-1]

    assert whole.transactions[0].logs == ("whole",)
    assert kept.transactions[0].logs == ("x", "Log truncated")
    assert feed.counts["reread: Retryable"] == 1


def test_while_the_socket_is_silent_a_node_is_asked_for_what_is_held(node: Node, feeds: Feeds):
    asked = list[int]()

    def poll(since: int) -> tuple[int, tuple[RawTransaction, ...]] | None:
        asked.append(since)
        if len(asked) == 2:
            raise Retryable("busy")
        return 7 + len(asked), (RawTransaction("a", 7, None, ()), RawTransaction(f"p{len(asked)}", 8, None, ()))

    feed = feeds(replace(QUICK, poll_after_s=0.1, poll_every_s=0.02), poll=poll)
    node.wait_ready()
    node.log(PUMP, 7, "a")
    heard = until(feed, "a")[-1]
    first, second = feed.next(), feed.next()

    assert first is not None
    assert second is not None
    assert asked[:3] == [7, 8, 8]
    assert (first.slot, signatures(first), first.gap) == (8, ["p1"], True)  # "a" was told already
    assert (second.slot, signatures(second)) == (10, ["p3"])
    assert second.at_s >= first.at_s >= heard.at_s
    assert feed.counts["poll: Retryable"] == 1
    node.log(PUMP, 30, "b")
    assert until(feed, "b")[-1].slot == 30


def test_where_nothing_is_held_silence_is_only_silence(node: Node, feeds: Feeds):
    asked = list[int]()
    feed = feeds(replace(QUICK, poll_after_s=0.01, poll_every_s=0.01), poll=asked.append)
    node.wait_ready()
    reading = gevent.spawn(feed.next)
    node.wait(lambda: len(asked) >= 3)

    assert not reading.ready()
    node.log(PUMP, 7, "a")
    assert signatures(reading.get(timeout=10)) == ["a"]


def test_closing_ends_a_wait(node: Node, feeds: Feeds):
    feed = feeds()
    waiting = gevent.spawn(feed.next)
    node.wait_ready()
    feed.close()

    assert waiting.get() is None
    assert feed.next() is None


def test_a_fault_of_the_program_itself_is_the_callers_to_see(feeds: Feeds, monkeypatch: pytest.MonkeyPatch):
    def fault(_feed: LiveFeed) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(LiveFeed, "_session", fault)
    feed = feeds()

    with pytest.raises(ZeroDivisionError):
        feed.next()


def test_an_unencrypted_address_beyond_this_machine_is_refused():
    with pytest.raises(Refused, match="SOLANA_WS_URL"):
        LiveFeed("ws://203.0.113.5/?api-key=sesame", QUICK, 7)


def test_the_embedded_market_seen_through_a_socket_is_the_embedded_market(node: Node, feeds: Feeds):
    simulator = Simulator(MarketSettings(), 3)
    slots = [simulator.step() for _ in range(900)]
    sent = [raw for slot in slots for raw in slot.transactions]
    feed = feeds(replace(QUICK, queue_transactions=10_000))
    node.wait_ready()
    for raw in sent:
        node.log(PUMP, raw.slot, raw.signature, *raw.logs, err=raw.err)

    got = [raw for batch in until(feed, sent[-1].signature) for raw in batch.transactions]

    decoder = Decoder()
    for one, another in zip(sent, got, strict=True):
        assert one.signature == another.signature
        events = decoder.decode_logs(one.logs, one.err)
        assert decoder.decode_logs(another.logs, another.err) == events
    assert decoder.undecodable == {}
    assert len(sent) > 300
