from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import pytest
from base58 import b58encode

from core.chain.codec.kinds import Undecodable
from core.chain.programs import PUMP
from core.chain.transaction import call_accounts, call_data, read_transaction
from tests.chain.recorded import body, transaction, transactions

PACKED = "pump_create_buy_2024-08"


def test_every_recorded_shape_gives_calls_with_their_keys(shared_data: Path):
    for name, source in transactions(shared_data):
        found = read_transaction(source)
        assert found.calls, name
        for call in found.calls:
            assert 32 <= len(call.program) <= 44
            if call.data is not None:
                call_data(call)
                assert all(32 <= len(key) <= 44 for key in call_accounts(found, call))


def test_slot_time_and_signature_are_read_where_they_are(shared_data: Path):
    found = read_transaction(transaction(shared_data, "pump_buy_sell_2024-08"))

    assert (found.slot, found.block_time, found.failed) == (284677332, 1724126293, False)
    assert found.signature is not None
    assert found.signature.startswith("33LHUzKf")


def test_the_packed_form_in_base58_reads_as_in_base64(shared_data: Path):
    packed = transaction(shared_data, PACKED)
    text = b58encode(b64decode(packed["transaction"][0])).decode()

    again = read_transaction(packed | {"transaction": [text, "base58"]})

    assert again == read_transaction(packed)
    assert again.signature is not None


def test_loaded_keys_stand_behind_the_messages_own(shared_data: Path):
    source = transaction(shared_data, "launchlab_initialize_buy_2025-06")
    own = source["transaction"]["message"]["accountKeys"]

    found = read_transaction(source)

    assert found.keys == own + source["meta"]["loadedAddresses"]["readonly"]


def minimal(**changes: Any) -> dict[str, Any]:
    message = {"accountKeys": [PUMP], "instructions": [{"programIdIndex": 0, "accounts": [0], "data": "84eT"}]}
    meta: dict[str, Any] = {"err": None, "logMessages": [], "innerInstructions": None}
    return {"meta": meta, "transaction": {"message": message, "signatures": []}} | changes


def test_the_smallest_transaction_has_one_call():
    found = read_transaction(minimal())

    (call,) = found.calls
    assert (call.program, call.is_inner, b58encode(call_data(call))) == (PUMP, False, b"84eT")
    assert call_accounts(found, call) == [PUMP]
    assert found.signature is None


@pytest.mark.parametrize(
    "changes",
    [
        {"meta": None},
        {"transaction": None},
        {"transaction": ["AA==", "base64"]},
        {"transaction": ["", "base64"]},
        {"transaction": [b64encode(b"\xff\xff\xff\xff").decode(), "base64"]},
    ],
)
def test_a_transaction_without_meta_or_cut_is_undecodable(changes: dict[str, Any]):
    with pytest.raises(Undecodable):
        read_transaction(minimal(**changes))


def test_a_number_is_no_data():
    with pytest.raises(Undecodable):
        read_transaction({"instructions": [{"program": 10**12, "accounts": [], "data": 10**12}]})


def test_data_longer_than_a_call_may_carry_are_refused_unread():
    source = minimal()
    body(source)["transaction"]["message"]["instructions"][0]["data"] = "1" * 20_000
    found = read_transaction(source)

    with pytest.raises(Undecodable, match="size"):
        call_data(found.calls[0])
