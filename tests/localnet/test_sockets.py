"""Subscriptions: what is told, at which commitment, and to whom."""

from base64 import b64decode
from collections.abc import Iterator

import pytest
from solders.rpc.responses import parse_websocket_message

from core.chain.programs import PUMP, SYSTEM
from core.types import LAMPORTS_PER_SOL
from localnet.node import Node
from tests.localnet.client import Caller, Listener, running, until
from tests.localnet.stage import person

USER = str(person("user").pubkey())


@pytest.fixture
def net() -> Iterator[tuple[Node, Caller, Listener]]:
    """Slots pass by hand."""
    with running(ticking=False) as (node, caller):
        listener = Listener(node.socket_url)
        yield node, caller, listener
        listener.close()


def test_logs_of_transactions_that_name_an_address(net):
    node, caller, listener = net
    number = listener.subscribe("logsSubscribe", {"mentions": [USER]}, {"commitment": "processed"})
    other = Listener(node.socket_url)
    other.subscribe("logsSubscribe", {"mentions": [PUMP]}, {"commitment": "processed"})
    other.subscribe("slotSubscribe")

    signature = caller.call("requestAirdrop", USER, LAMPORTS_PER_SOL)
    node.chain.advance()

    message = listener.next()
    assert message["method"] == "logsNotification"
    assert message["params"]["subscription"] == number
    assert message["params"]["result"]["context"]["slot"] == node.chain.slot
    assert message["params"]["result"]["value"] == {
        "signature": signature,
        "err": None,
        "logs": [f"Program {SYSTEM} invoke [1]", f"Program {SYSTEM} success"],
    }
    assert other.next()["method"] == "slotNotification"
    other.close()


@pytest.mark.parametrize(("level", "slots"), [("processed", 1), ("confirmed", 2), ("finalized", 5)])
def test_each_commitment_is_told_when_it_is_reached(net, level: str, slots: int):
    node, caller, listener = net
    signature = caller.call("requestAirdrop", USER, LAMPORTS_PER_SOL)
    listener.subscribe("signatureSubscribe", signature, {"commitment": level})
    listener.subscribe("slotSubscribe")

    for _ in range(slots):
        node.chain.advance()

    kinds = [listener.next()["method"] for _ in range(slots + 1)]
    assert kinds.count("signatureNotification") == 1
    assert "signatureNotification" in kinds[slots - 1 :]
    if level == "finalized":
        assert caller.call("getBalance", USER)["value"] == LAMPORTS_PER_SOL


def test_accounts_as_they_are_written_and_when_they_are_gone(net):
    node, caller, listener = net
    listener.subscribe("accountSubscribe", USER, {"commitment": "processed", "encoding": "base64"})

    caller.call("requestAirdrop", USER, LAMPORTS_PER_SOL)
    node.chain.advance()

    value = listener.heard()["value"]
    assert value["lamports"] == LAMPORTS_PER_SOL
    assert b64decode(value["data"][0]) == b""


def test_a_signature_that_landed_before_is_told_at_once(net):
    node, caller, listener = net
    signature = caller.call("requestAirdrop", USER, LAMPORTS_PER_SOL)
    node.chain.advance()

    listener.subscribe("signatureSubscribe", signature, {"commitment": "processed"})

    assert listener.heard()["value"] == {"err": None}


def test_unsubscribing_ends_it_and_doing_so_twice_says_so(net):
    node, _, listener = net
    number = listener.subscribe("slotSubscribe")
    node.chain.advance()
    assert listener.heard() == {
        "parent": node.chain.slot - 1,
        "root": node.chain.slot - node.chain.pace.finalized_slots,
        "slot": node.chain.slot,
    }

    assert listener.ask("slotUnsubscribe", number)["result"] is True
    node.chain.advance()

    assert listener.ask("slotUnsubscribe", number)["result"] is False


def test_programs_accounts_and_roots(net):
    node, caller, listener = net
    listener.subscribe("programSubscribe", SYSTEM, {"commitment": "processed", "encoding": "base64"})
    caller.call("requestAirdrop", USER, LAMPORTS_PER_SOL)
    node.chain.advance()

    told = {listener.heard()["value"]["pubkey"] for _ in range(2)}
    assert USER in told


def test_solders_reads_every_notification(net):
    node, caller, listener = net
    now = {"commitment": "processed", "encoding": "base64"}
    listener.subscribe("logsSubscribe", "all", now)
    listener.subscribe("accountSubscribe", USER, now)
    listener.subscribe("slotSubscribe")
    signature = caller.call("requestAirdrop", USER, LAMPORTS_PER_SOL)
    listener.subscribe("signatureSubscribe", signature, now)
    node.chain.advance()

    kinds = {type(parse_websocket_message(listener.socket.recv())[0]).__name__ for _ in range(4)}

    assert kinds == {"LogsNotification", "AccountNotification", "SlotNotification", "SignatureNotification"}


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("voteSubscribe", [], -32601),
        ("logsSubscribe", [{"mentions": [USER, PUMP]}], -32602),
        ("logsSubscribe", [{"mentions": ["no key"]}], -32602),
        ("accountSubscribe", [], -32602),
        ("slotUnsubscribe", ["x"], -32602),
        ("getNothing", [], -32601),
    ],
)
def test_errors_are_answered_with_their_codes(net, method: str, params: list[object], code: int):
    assert net[2].ask(method, *params)["error"]["code"] == code


def test_any_method_is_answered_over_the_socket_too(net):
    node, _, listener = net

    assert listener.ask("getSlot", {"commitment": "processed"})["result"] == node.chain.slot


def test_a_socket_that_goes_takes_its_subscriptions_with_it(net):
    node, _, listener = net
    listener.subscribe("slotSubscribe")
    assert len(node.sockets.subscriptions) == 1

    listener.close()
    listener.socket.close()
    until(lambda: len(node.sockets.subscriptions) == 0)
    node.chain.advance()
    assert len(node.sockets.subscriptions) == 0
