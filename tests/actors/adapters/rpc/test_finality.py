from collections.abc import Callable

import pytest

from actors.adapters.rpc.answers import Absent, Landed
from actors.adapters.rpc.errors import NodeBehind, RpcError
from actors.adapters.rpc.finality import read_finalized
from tests.actors.adapters.rpc.server import Failure, NodeServer, client
from tests.actors.adapters.rpc.test_node import SIGNATURE, transaction

SEEN = {"slot": 900, "confirmations": 2, "err": None, "confirmationStatus": "confirmed"}


def forgetful(server: NodeServer, *, slot: int = 1_000, finalized: int = 968, height: int = 800) -> NodeServer:
    """Knows nothing of any signature."""
    server.slot = slot
    server.replies["getSlot"] = finalized
    server.replies["getBlockHeight"] = height
    server.replies["getTransaction"] = None
    server.replies["getSignatureStatuses"] = lambda _: server.at_slot([None])
    return server


def test_absence_is_read_at_finalized_with_the_whole_history(server: NodeServer):
    rpc = client(forgetful(server))

    assert read_finalized(rpc, SIGNATURE, min_slot=950) == Absent(SIGNATURE, slot=968, block_height=800, endpoints=1)
    slot, height, got, statuses = server.requests
    assert slot["params"] == height["params"] == [{"commitment": "finalized", "minContextSlot": 950}]
    assert got["params"][1]["commitment"] == "finalized"
    assert statuses["params"][1] == {"searchTransactionHistory": True}


def test_a_landed_transaction_is_what_it_is(server: NodeServer):
    forgetful(server).replies["getTransaction"] = transaction()
    assert isinstance(read_finalized(client(server), SIGNATURE), Landed)


def test_what_is_seen_but_not_final_is_neither(server: NodeServer):
    forgetful(server).replies["getSignatureStatuses"] = lambda _: server.at_slot([SEEN])
    assert read_finalized(client(server), SIGNATURE) is None


def test_an_old_finalized_slot_proves_nothing(server: NodeServer):
    forgetful(server, finalized=940)
    with pytest.raises(NodeBehind, match="wanted was 950"):
        read_finalized(client(server), SIGNATURE, min_slot=950)


def test_a_status_from_an_older_node_behind_the_same_address_proves_nothing(server: NodeServer):
    forgetful(server, slot=960, finalized=968)
    with pytest.raises(NodeBehind):
        read_finalized(client(server), SIGNATURE, min_slot=950)


def test_where_two_are_configured_two_must_agree(serve: Callable[[], NodeServer]):
    first, second = forgetful(serve()), forgetful(serve(), slot=1_002, finalized=970, height=802)
    assert read_finalized(client(first, second), SIGNATURE) == Absent(SIGNATURE, 968, 800, 2)

    second.replies["getTransaction"] = Failure(-32603)
    with pytest.raises(RpcError):
        read_finalized(client(first, second), SIGNATURE)


def test_one_that_remembers_outweighs_one_that_has_forgotten(serve: Callable[[], NodeServer]):
    first, second = forgetful(serve()), forgetful(serve())
    second.replies["getTransaction"] = transaction()
    assert isinstance(read_finalized(client(first, second), SIGNATURE), Landed)

    second.replies["getTransaction"] = None
    second.replies["getSignatureStatuses"] = lambda _: second.at_slot([SEEN])
    assert read_finalized(client(first, second), SIGNATURE) is None


def test_a_third_stands_in_for_one_that_does_not_answer(serve: Callable[[], NodeServer]):
    down, first, second = serve(), forgetful(serve()), forgetful(serve())
    down.status, down.body = "500 Oops", b"oops"

    found = read_finalized(client(down, first, second), SIGNATURE)
    assert isinstance(found, Absent)
    assert found.endpoints == 2
