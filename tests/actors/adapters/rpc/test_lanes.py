from base64 import b64encode
from collections.abc import Callable

import gevent
import pytest

from actors.adapters.rpc import requests
from actors.adapters.rpc.client import RpcClient
from actors.adapters.rpc.errors import RpcRefused
from actors.adapters.rpc.lanes import LaneAnswer, Lanes
from core.errors import Refused
from core.rules.rpc import RpcRule
from tests.actors.adapters.rpc.server import PLENTY, QUICK, Failure, NodeServer, client, opened
from tests.actors.adapters.rpc.test_node import signed

SIGNATURE = "5" * 87


def engine_url(server: NodeServer) -> str:
    return f"http://127.0.0.1:{server.server.server_port}"


@pytest.fixture
def nodes(serve: Callable[[], NodeServer]) -> tuple[NodeServer, NodeServer, NodeServer]:
    """An RPC node, another sendTransaction endpoint, a block engine."""
    made = (serve(), serve(), serve())
    for server in made:
        server.replies["sendTransaction"] = SIGNATURE
        server.replies["sendBundle"] = "bundle"
    return made


@pytest.fixture
def lanes(nodes: tuple[NodeServer, NodeServer, NodeServer]) -> Lanes:
    rpc, other, engine = nodes
    lanes = Lanes(client(rpc), QUICK, PLENTY, send_urls=[other.url], engine_urls=[engine_url(engine)])
    for lane in (*lanes._lanes, *lanes._bundles, *lanes._tips):
        opened(lane.endpoint)  # type: ignore[arg-type]  # anything that closes
    return lanes


def settle(*servers: NodeServer) -> None:
    while not all(server.requests for server in servers):
        gevent.sleep(0.002)


def test_the_same_bytes_go_to_every_lane(lanes: Lanes, nodes: tuple[NodeServer, ...]):
    raw, _ = signed()
    answers = lanes.send(raw, tipped=True)
    settle(*nodes)

    assert answers[-1].error == ""
    assert [server.requests[0]["params"][0] for server in nodes] == [b64encode(raw).decode()] * 3
    rpc, other, engine = nodes
    assert rpc.requests[0]["params"][1]["skipPreflight"] is True
    assert rpc.requests[0]["params"][1]["maxRetries"] == 0
    assert (other.paths, engine.paths) == (["/"], ["/api/v1/transactions"])
    assert engine.requests[0]["params"][1] == {"encoding": "base64"}


def test_posting_waits_for_nobody_and_each_lane_is_heard(lanes: Lanes, nodes: tuple[NodeServer, ...]):
    nodes[0].gate.clear()
    said: list[LaneAnswer] = []

    assert lanes.post(signed()[0], said.append, tipped=True) == 3
    assert said == []
    nodes[0].gate.set()
    while len(said) < 3:
        gevent.sleep(0.002)
    assert {answer.lane for answer in said} == {"rpc0", "send0", "engine0"}
    assert not any(answer.error for answer in said)


@pytest.mark.parametrize("for_exit", [False, True])
def test_bytes_do_not_wait_for_what_others_ask(server: NodeServer, for_exit: bool):
    """A slow node keeps every connection of ordinary calls busy; an order goes out all the same."""
    rule = RpcRule(timeout_s=8.0, connections=2)
    rpc = client(server, rule=rule)
    server.gate.clear()
    asking = [gevent.spawn(rpc.ask, requests.slot("confirmed"), int) for _ in range(3)]
    while len(server.requests) < rule.connections:
        gevent.sleep(0.002)

    said: list[LaneAnswer] = []
    Lanes(rpc, rule, PLENTY).post(signed()[0], said.append, for_exit=for_exit)
    with gevent.Timeout(4.0):
        while "sendTransaction" not in server.asked():
            gevent.sleep(0.002)

    assert server.asked() == ["getSlot", "getSlot", "sendTransaction"]
    server.gate.set()
    gevent.joinall(asking)
    while not said:
        gevent.sleep(0.002)


def test_a_block_engine_gets_nothing_without_a_tip(lanes: Lanes, nodes: tuple[NodeServer, ...]):
    lanes.send(signed()[0])
    settle(*nodes[:2])
    assert nodes[2].requests == []


def test_one_slow_lane_holds_nobody_up(lanes: Lanes, nodes: tuple[NodeServer, ...]):
    nodes[0].gate.clear()
    nodes[2].gate.clear()
    assert lanes.send(signed()[0], tipped=True) == (LaneAnswer("send0"),)

    nodes[0].gate.set()
    nodes[2].gate.set()
    while sum(lanes.outcomes.values()) < 3:
        gevent.sleep(0.002)
    assert lanes.outcomes["rpc0", "ok"] == lanes.outcomes["engine0", "ok"] == 1


def test_all_that_refuse_are_told_of_and_none_is_hidden(lanes: Lanes, nodes: tuple[NodeServer, ...]):
    for server, code in zip(nodes, (-32602, -32603, 429), strict=True):
        server.replies["sendTransaction"] = Failure(code)

    answers = lanes.send(signed()[0], tipped=True)
    assert {answer.lane for answer in answers} == {"rpc0", "send0", "engine0"}
    assert all(answer.error for answer in answers)
    assert lanes.outcomes == {("rpc0", "refused"): 1, ("send0", "failed"): 1, ("engine0", "rate_limited"): 1}


def test_a_bundle_goes_to_block_engines_alone(lanes: Lanes, nodes: tuple[NodeServer, ...]):
    raws = [signed()[0], signed()[0]]
    assert lanes.send_bundle(raws) == (LaneAnswer("engine0"),)

    assert nodes[2].paths == ["/api/v1/bundles"]
    assert nodes[2].requests[0]["params"][0] == [b64encode(raw).decode() for raw in raws]
    assert nodes[0].requests == nodes[1].requests == []
    with pytest.raises(RpcRefused, match="1 to 5"):
        lanes.send_bundle([])


def test_lanes_must_be_encrypted_too(server: NodeServer):
    rpc: RpcClient = client(server)
    for urls in ({"send_urls": ["http://far.example/"]}, {"engine_urls": ["http://far.example/"]}):
        with pytest.raises(Refused, match=r"SOLANA_SEND_URL|JITO_URL"):
            Lanes(rpc, QUICK, PLENTY, **urls)  # type: ignore[arg-type]  # one of the two keywords
    assert not Lanes(rpc, QUICK, PLENTY).has_engine
