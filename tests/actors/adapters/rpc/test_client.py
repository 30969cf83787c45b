from collections.abc import Callable

import gevent
import pytest
from gevent.server import StreamServer

from actors.adapters.rpc import requests
from actors.adapters.rpc.client import RpcClient
from actors.adapters.rpc.errors import (
    BadResponse,
    NodeBehind,
    NodeFailed,
    NoEndpoint,
    OverBudget,
    RateLimited,
    RpcError,
    RpcRefused,
    TimedOut,
    Unreachable,
)
from actors.adapters.rpc.node import Node
from actors.adapters.rpc.wire import Contextual
from core.errors import Refused, Retryable
from core.rules.rpc import RpcRule
from core.rules.rpc_budget import RpcBudgetRule
from tests.actors.adapters.rpc.server import PLENTY, QUICK, Failure, NodeServer, client, opened

SLOT = requests.slot("processed")


def test_an_answer_comes_back_typed(server: NodeServer):
    assert Node(client(server)).slot() == 1_000
    assert server.requests[0]["params"] == [{"commitment": "processed", "minContextSlot": None}]


def test_connections_are_used_again(server: NodeServer):
    node = Node(client(server))
    for _ in range(5):
        node.slot()

    assert len(server.connections) == 1


def test_a_connection_that_was_closed_while_idle_costs_nothing(server: NodeServer):
    rpc = client(server)
    Node(rpc).slot()
    server.restart()

    assert Node(rpc).slot() == 1_000
    assert rpc.outcomes == {("getSlot", "ok"): 2}


@pytest.mark.parametrize("status", ["500 Oops", "302 Found", "404 Not Found"])
def test_a_status_that_is_no_success_is_a_bad_response_and_no_redirect_is_followed(server: NodeServer, status: str):
    server.status, server.body, server.headers = status, b"<html>", [("Location", "/elsewhere")]

    with pytest.raises(BadResponse, match=status[:3]):
        client(server).ask(SLOT, int)
    assert set(server.paths) == {"/"}


@pytest.mark.parametrize("body", [b"", b"oops", b"[]", b"{}", b'{"result": "five"}', b'{"result": [1]}', b"[" * 9_999])
def test_what_does_not_read_is_a_bad_response(server: NodeServer, body: bytes):
    server.body = body

    with pytest.raises(BadResponse):
        client(server).ask(SLOT, int)


def test_an_answer_past_the_bound_is_dropped(server: NodeServer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("actors.adapters.rpc.connection.LARGEST_ANSWER", 100_000)
    server.body = b" " * 200_000

    with pytest.raises(BadResponse, match="larger than 100000"):
        client(server).ask(SLOT, int)


def test_silence_is_a_time_out_after_every_attempt(server: NodeServer):
    server.gate.clear()
    rpc = client(server, rule=RpcRule(timeout_s=0.3, attempts=2))

    with pytest.raises(TimedOut):
        rpc.ask(SLOT, int)
    assert rpc.outcomes == {("getSlot", "timeout"): 2}


def test_a_server_that_drips_is_a_time_out_too():
    def drip(socket: gevent.socket.socket, _: object) -> None:
        socket.recv(65_536)
        socket.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(100):
            socket.sendall(b" ")
            gevent.sleep(0.05)

    dripping = StreamServer(("127.0.0.1", 0), drip)
    dripping.start()
    rule = RpcRule(timeout_s=0.2, attempts=1)
    rpc = opened(RpcClient([f"http://127.0.0.1:{dripping.server_port}/"], rule, PLENTY))

    with pytest.raises(TimedOut):
        rpc.ask(SLOT, int)
    dripping.stop()


def test_nobody_there_is_unreachable_and_shows_no_key(server: NodeServer):
    rpc = client(server)
    server.stop()

    with pytest.raises(Unreachable) as error:
        rpc.ask(SLOT, int)
    assert "sesame" not in str(error.value) + repr(rpc.health())


def test_another_endpoint_answers_for_one_that_fails(serve: Callable[[], NodeServer]):
    bad, good = serve(), serve()
    bad.status, bad.body = "503 Busy", b"busy"
    rpc = client(bad, good)

    assert Node(rpc).slot() == 1_000
    assert Node(rpc).slot() == 1_000
    assert len(bad.requests) == 1  # the second call knows which is the better one


def test_errors_of_a_node_are_tried_elsewhere_and_errors_of_ours_are_not(serve: Callable[[], NodeServer]):
    first, second = serve(), serve()
    first.replies["getSlot"] = Failure(-32603, "internal")
    second.replies["getSlot"] = Failure(-32602, "invalid params: \x1b[31mred")
    rpc = client(first, second)

    with pytest.raises(RpcRefused, match="-32602: invalid params: red") as refusal:
        rpc.ask(SLOT, int)
    assert not isinstance(refusal.value, Retryable)
    assert (len(first.requests), len(second.requests)) == (1, 1)
    assert rpc.outcomes == {("getSlot", "failed"): 1, ("getSlot", "refused"): 1}


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (Failure(-32603), NodeFailed),
        (Failure(-32004, "block not available"), NodeFailed),
        (Failure(-32005, "unhealthy", {"numSlotsBehind": 90}), NodeBehind),
        (Failure(-32016, "min context", {"contextSlot": 7}), NodeBehind),
        (Failure(429, "slow down"), RateLimited),
        (Failure(-32003, "signature verification failure"), RpcRefused),
        (Failure(-32601, "no such method"), RpcRefused),
    ],
)
def test_codes_have_their_types(server: NodeServer, failure: Failure, kind: type[Exception]):
    server.replies["getSlot"] = failure

    with pytest.raises(kind):
        client(server, rule=RpcRule(timeout_s=8.0, attempts=1)).ask(SLOT, int)


def test_a_rate_limited_endpoint_is_left_alone_for_as_long_as_it_asks(serve: Callable[[], NodeServer]):
    limited, other = serve(), serve()
    limited.status, limited.body = "429 Too Many Requests", b"slow down"
    limited.headers = [("Retry-After", "30")]
    rpc = client(limited, other)
    for _ in range(4):
        assert Node(rpc).slot() == 1_000

    assert (len(limited.requests), len(other.requests)) == (1, 4)
    assert rpc.health()[0].is_open


def test_a_rate_limit_without_another_endpoint_says_how_long(server: NodeServer):
    server.status, server.body, server.headers = "429 Too Many Requests", b"", [("Retry-After", "7")]

    with pytest.raises(RateLimited) as error:
        client(server).ask(SLOT, int)
    assert error.value.retry_after_s == 7.0
    assert len(server.requests) == 1


def test_an_exit_is_tried_though_the_endpoint_asked_for_patience(server: NodeServer):
    rpc = client(server)
    server.status, server.body, server.headers = "429 Too Many Requests", b"", [("Retry-After", "60")]
    with pytest.raises(RateLimited):
        rpc.ask(SLOT, int)
    server.status, server.body = "200 OK", None

    with pytest.raises(NoEndpoint):
        rpc.ask(SLOT, int)
    assert rpc.ask(SLOT, int, for_exit=True) == 1_000


def test_failures_in_a_row_open_the_circuit_and_one_trial_closes_it(server: NodeServer):
    rpc = client(server, rule=RpcRule(timeout_s=8.0, attempts=1, breaker_failures=2, breaker_first_s=1.0))
    server.status, server.body = "500 Oops", b"oops"
    for _ in range(2):
        with pytest.raises(BadResponse):
            rpc.ask(SLOT, int)
    with pytest.raises(NoEndpoint):
        rpc.ask(SLOT, int)
    assert len(server.requests) == 2
    server.status, server.body = "200 OK", None
    while rpc.health()[0].is_open:
        gevent.sleep(0.02)

    assert rpc.ask(SLOT, int) == 1_000
    assert not rpc.health()[0].is_open


def test_places_that_were_lost_in_the_pool_come_back(server: NodeServer):
    rpc = client(
        server, rule=RpcRule(timeout_s=0.2, attempts=1, connections=2, breaker_failures=2, breaker_first_s=0.1)
    )
    places = rpc.endpoints[0]._connection._client._connection_pool._semaphore
    while not places.locked():
        places.acquire()
    for _ in range(2):
        with pytest.raises(TimedOut):
            rpc.ask(SLOT, int)
    assert server.requests == []
    while rpc.health()[0].is_open:
        gevent.sleep(0.02)

    assert rpc.endpoints[0].call(SLOT, int, timeout_s=8.0, for_exit=False) == 1_000


def test_the_budget_keeps_its_share_for_exits(server: NodeServer):
    rpc = client(server, budget=RpcBudgetRule(calls=10, within_s=60.0))
    for _ in range(7):
        rpc.ask(SLOT, int)
    with pytest.raises(OverBudget) as error:
        rpc.ask(SLOT, int)

    assert 50.0 < error.value.wait_s <= 60.0
    for _ in range(3):
        assert rpc.ask(SLOT, int, for_exit=True) == 1_000
    with pytest.raises(OverBudget):
        rpc.ask(SLOT, int, for_exit=True)
    assert len(server.requests) == 10


def test_who_need_not_wait_long_for_the_budget_waits(server: NodeServer):
    rpc = client(server, budget=RpcBudgetRule(calls=2, within_s=0.3, exit_share=0.0))
    assert [rpc.ask(SLOT, int) for _ in range(5)] == [1_000] * 5


def test_a_used_up_endpoint_gives_way_to_another(serve: Callable[[], NodeServer]):
    first, second = serve(), serve()
    rpc = client(first, second, budget=RpcBudgetRule(calls=10, within_s=60.0))
    for _ in range(14):
        rpc.ask(SLOT, int)

    assert (len(first.requests), len(second.requests)) == (7, 7)


def test_a_node_far_behind_the_other_is_not_believed(serve: Callable[[], NodeServer]):
    fresh, stale = serve(), serve()
    fresh.slot, stale.slot = 5_000, 4_900
    for server in (fresh, stale):
        server.replies["getMultipleAccounts"] = lambda _, server=server: server.at_slot([None])
    rpc = client(fresh, stale)
    asked = requests.accounts(["So11111111111111111111111111111111111111112"], "processed")
    kind = Contextual[list[None]]
    assert rpc.ask_at(rpc.endpoints[0], asked, kind).context.slot == 5_000

    with pytest.raises(NodeBehind):
        rpc.ask_at(rpc.endpoints[1], asked, kind)
    assert rpc.ask(asked, kind).context.slot == 5_000
    assert rpc.ask_at(rpc.endpoints[1], asked, kind, for_exit=True).context.slot == 4_900
    assert rpc.health()[0].slots_behind == 0


def test_a_node_behind_the_wanted_slot_is_none(server: NodeServer):
    server.replies["getMultipleAccounts"] = lambda _: server.at_slot([None])

    with pytest.raises(NodeBehind, match="wanted was 2000"):
        Node(client(server)).accounts(["So11111111111111111111111111111111111111112"], min_slot=2_000)
    assert server.requests[0]["params"][1]["minContextSlot"] == 2_000


def test_the_feed_is_a_witness_of_the_newest_slot(server: NodeServer):
    server.replies["getMultipleAccounts"] = lambda _: server.at_slot([None])
    rpc = client(server)
    rpc.note_slot(1_100)

    with pytest.raises(NodeBehind):
        Node(rpc).accounts(["So11111111111111111111111111111111111111112"])


def test_one_node_of_three_that_lies_ahead_makes_nobody_late(serve: Callable[[], NodeServer]):
    liar, one, two = serve(), serve(), serve()
    liar.slot = 9_000
    for server in (liar, one, two):
        server.replies["getMultipleAccounts"] = lambda _, server=server: server.at_slot([None])
    rpc = client(liar, one, two)
    asked = requests.accounts(["So11111111111111111111111111111111111111112"], "processed")
    for endpoint in rpc.endpoints:
        endpoint.note_slot(rpc.ask_at(endpoint, asked, Contextual[list[None]], for_exit=True).context.slot)

    assert abs(rpc.newest_slot() - 1_000) < 5
    assert rpc.ask_at(rpc.endpoints[1], asked, Contextual[list[None]]).context.slot == 1_000


def test_unencrypted_calls_beyond_this_machine_are_refused_unless_the_host_is_listed():
    url = "http://node.example/?api-key=sesame"
    with pytest.raises(Refused, match="SOLANA_RPC_URL") as refusal:
        RpcClient([url], QUICK, PLENTY)
    assert "sesame" not in str(refusal.value)

    assert RpcClient([url], QUICK, PLENTY, plain_hosts=("node.example",)).endpoints
    with pytest.raises(Refused, match="SOLANA_RPC_URL"):
        RpcClient([], QUICK, PLENTY)


def test_every_error_of_a_call_says_what_it_counts_as():
    def below(kind: type[RpcError]) -> list[type[RpcError]]:
        return [kind, *(one for sub in kind.__subclasses__() for one in below(sub))]

    words = [kind.outcome for kind in below(RpcError)]
    assert len(set(words)) == len(words)
