"""Lessons 8 and 9: nodes that limit, lag, fall silent or break; and an error loop that must not fill the disk."""

import logging
from collections import deque
from collections.abc import Callable, Iterator

import gevent
import pytest
from msgspec.structs import replace

from actors.adapters.chain.gaps import History
from actors.adapters.live_feed import LiveFeed
from actors.adapters.rpc.client import RpcClient
from actors.adapters.rpc.errors import NoEndpoint, OverBudget, RpcError
from actors.adapters.rpc.lanes import Lanes
from actors.adapters.rpc.node import Node
from core.chain.build import curve as curve_orders
from core.chain.build.funds import transfer
from core.chain.decode import Decoder
from core.chain.programs import PUMP, PUMPSWAP
from core.chain.pump import TradeEvent
from core.messages import FeedBatch
from core.rules.live_feed import LiveRule
from core.rules.rpc import RpcRule
from core.rules.rpc_budget import RpcBudgetRule
from core.types import LAMPORTS_PER_SOL
from localnet.chain import Pace
from localnet.faults import Switches
from localnet.node import Node as LocalNode
from tests.localnet.stage import Stage, person

RULE = RpcRule(timeout_s=2.0, attempts=2)
PLENTY = RpcBudgetRule(calls=100_000)


@pytest.fixture(autouse=True)
def time_limit() -> Iterator[None]:
    with gevent.Timeout(40):
        yield


@pytest.fixture
def node() -> Iterator[LocalNode]:
    local = LocalNode(pace=Pace(slot_s=0.05, finalized_slots=4))
    local.start()
    yield local
    local.stop()


@pytest.fixture
def clients() -> Iterator[Callable[..., RpcClient]]:
    made: list[RpcClient] = []

    def make(*urls: str, budget: RpcBudgetRule = PLENTY) -> RpcClient:
        made.append(RpcClient(urls, RULE, budget))
        return made[-1]

    yield make
    for client in made:
        client.close()


def stage_of(node: LocalNode) -> Stage:
    stage = Stage()
    stage.chain = node.chain
    return stage


def sale(stage: Stage) -> tuple[bytes, str]:
    """A transaction that must get through, and its name."""
    seller = stage.rich("seller")
    signed = stage.signed([transfer(seller.pubkey(), person("buyer").pubkey(), LAMPORTS_PER_SOL)], seller)
    return bytes(signed), str(signed.signatures[0])


def until(what: Callable[[], object]) -> None:
    while not what():
        gevent.sleep(0.02)


def test_lesson_8_what_everybody_else_used_up_is_not_the_exits(node: LocalNode, clients: Callable[..., RpcClient]):
    budget = RpcBudgetRule(calls=20, within_s=60.0)
    client = clients(node.url, budget=budget)
    asker, lanes = Node(client), Lanes(client, RULE, budget)
    with pytest.raises(OverBudget):
        deque((asker.slot() for _ in range(100)), maxlen=0)
    raw, signature = sale(stage_of(node))
    assert [answer.error for answer in lanes.send(raw)] != [""]

    assert [answer.error for answer in lanes.send(raw, for_exit=True)] == [""]
    until(lambda: asker.statuses([signature], for_exit=True)[0])


def test_lesson_8_a_429_on_the_exit_is_no_end(node: LocalNode, clients: Callable[..., RpcClient]):
    limited = LocalNode(pace=Pace(slot_s=0.05), switches=Switches(refuse_pct=100.0, retry_after_s=30))
    limited.start()
    client = clients(limited.url, node.url)
    raw, signature = sale(stage_of(node))
    said = Lanes(client, RULE, PLENTY).send(raw, for_exit=True)

    assert said[-1].error == ""
    until(lambda: Node(client).statuses([signature], for_exit=True)[0])
    # The only node left has had enough too: an exit still asks, everybody else leaves it alone.
    node.chain.set_switches(Switches(refuse_pct=100.0, retry_after_s=30))
    for _ in range(2):
        with pytest.raises(RpcError):
            Node(client).slot()
    with pytest.raises(NoEndpoint):
        Node(client).slot()
    node.chain.set_switches(Switches())
    assert Node(client).slot(for_exit=True) > 0
    limited.stop()


def test_lesson_8_nodes_that_are_seconds_apart_are_compared_by_slot(node: LocalNode, clients: Callable[..., RpcClient]):
    behind = LocalNode(pace=Pace(slot_s=0.05), switches=Switches(lag_slots=400))
    behind.start()
    client = clients(behind.url, node.url)
    wallet = str(stage_of(node).rich("seller").pubkey())
    for endpoint in client.endpoints:  # as the keeper of slots does every two seconds
        endpoint.note_slot(Node(clients(behind.url if endpoint is client.endpoints[0] else node.url)).slot())

    reads = [Node(client).accounts([wallet]).slot for _ in range(5)]
    assert min(reads) >= node.chain.slot - 20
    assert [one.calls for one in client.health()] == [0, 5]
    behind.stop()


class Listening:
    """A feed on a node, everything that it brought, and a coin to trade."""

    def __init__(self, node: LocalNode, rpc: RpcClient, **rule: float) -> None:
        self.node, self.stage = node, stage_of(node)
        self.coin = self.stage.coin(self.stage.rich("creator"))
        history = History(Node(rpc), most=50, held=list)
        quick = replace(LiveRule(silence_s=1.0, ping_s=0.5, backoff_first_s=0.05, steady_s=5.0), **rule)
        self.feed = LiveFeed(
            node.socket_url, quick, 7, programs=(PUMP, PUMPSWAP), busy=(PUMP,), fill=history.fill, reread=history.reread
        )
        self.batches: list[FeedBatch] = []
        self.reading = gevent.spawn(self._read)

    def _read(self) -> None:
        while (batch := self.feed.next()) is not None:
            self.batches.append(batch)

    def trade(self, name: str) -> str:
        """Somebody buys; their address."""
        user = self.stage.rich(name)
        trade = curve_orders.buy_exact_quote_in_v2(self.coin.accounts(user), LAMPORTS_PER_SOL // 10, 1)
        self.node.chain.queue(self.stage.signed([self.coin.open(user), trade], user))
        return str(user.pubkey())

    def traders(self) -> list[str]:
        decoder = Decoder()
        return [
            event.user
            for batch in self.batches
            for one in batch.transactions
            for event in decoder.decode_logs(one.logs, one.err)
            if isinstance(event, TradeEvent)
        ]

    def stop(self) -> None:
        self.feed.close()
        self.reading.kill()


@pytest.fixture
def listening(node: LocalNode, clients: Callable[..., RpcClient]) -> Iterator[Listening]:
    listening = Listening(node, clients(node.url))
    yield listening
    listening.stop()


def test_lesson_9_a_feed_that_is_silently_dead_is_noticed_and_what_it_missed_is_read(
    node: LocalNode, listening: Listening
):
    until(lambda: listening.feed.is_connected)
    first = listening.trade("first")
    until(lambda: first in listening.traders())
    node.chain.set_switches(Switches(mute_sockets=True))  # the connection stands, pongs come, nothing else
    missed = [listening.trade(f"missed {number}") for number in range(3)]
    until(lambda: listening.feed.counts.get("silent"))
    node.chain.set_switches(Switches())
    last = listening.trade("last")
    until(lambda: last in listening.traders() or listening.trade("again") in listening.traders())
    until(lambda: set(missed) <= set(listening.traders()))

    counted = [trader for trader in listening.traders() if trader in {first, *missed}]
    assert counted == [first, *missed]  # each once, in the order of the chain


def test_lesson_9_an_error_loop_writes_no_log(
    node: LocalNode, clients: Callable[..., RpcClient], caplog: pytest.LogCaptureFixture
):
    node.chain.set_switches(Switches(drop_sockets_s=0.02))
    caplog.set_level(logging.DEBUG)
    listening = Listening(node, clients(node.url), backoff_first_s=0.001, backoff_most_s=0.002)
    until(lambda: listening.feed.counts.get("reconnects", 0) >= 20)
    listening.stop()

    assert len(caplog.records) == 0
    assert sum(listening.feed.counts.values()) >= 40  # counted by reason instead
