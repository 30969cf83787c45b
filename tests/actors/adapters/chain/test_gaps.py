from typing import Any

import pytest
from base58 import b58encode
from msgspec.structs import replace

from actors.adapters.chain import gaps
from actors.adapters.chain.funding import Funding
from actors.adapters.chain.gaps import History
from actors.adapters.chain.tidings import Tidings
from core.chain.decode import Decoder
from core.chain.events import encode_event
from core.chain.programs import CPI_EVENT_PREFIX, PUMP, PUMPSWAP, SYSTEM
from core.chain.wire import log_lines
from core.messages import FeedBatch, RawTransaction
from tests.actors.adapters.chain.scripted import ScriptedChain
from tests.actors.adapters.rpc.server import Failure
from tests.chain.build.coins import MINT, key
from tests.chain.states import TRADE

CREATOR = str(key("creator"))
HELD = str(key("held"))


def name(number: int) -> str:
    return b58encode(bytes([number]) * 64).decode()


class Past:
    """A history as nodes tell it: (slot, error) by signature, in order, for each address."""

    def __init__(self, chain: ScriptedChain) -> None:
        self.by_address: dict[str, list[tuple[str, int, object]]] = {}
        self.bodies: dict[str, dict[str, Any]] = {}
        chain.replies["getSignaturesForAddress"] = self._signatures
        chain.replies["getTransaction"] = lambda params: self.bodies.get(params[0])

    def add(self, number: int, slot: int, *addresses: str, err: object = None, logs: tuple[str, ...] = ()) -> str:
        signature = name(number)
        for address in addresses:
            self.by_address.setdefault(address, []).insert(0, (signature, slot, err))
        message = {"accountKeys": [CREATOR, PUMP, SYSTEM, HELD], "instructions": []}
        self.bodies[signature] = {
            "slot": slot,
            "blockTime": 5,
            "meta": {
                "err": err, "fee": 5_000, "preBalances": [9] * 4, "postBalances": [9] * 4, "logMessages": list(logs),
                "innerInstructions": [],
            },
            "transaction": {"signatures": [signature], "message": message},
        }  # fmt: skip
        return signature

    def _signatures(self, params: list[Any]) -> object:
        rows = self.by_address.get(params[0], [])
        names = [row[0] for row in rows]
        start = names.index(params[1]["before"]) + 1 if params[1].get("before") else 0
        end = names.index(params[1]["until"]) if params[1].get("until") else len(rows)
        return [
            {"signature": signature, "slot": slot, "err": err, "blockTime": 5}
            for signature, slot, err in rows[start : min(end, start + params[1]["limit"])]
        ]


@pytest.fixture
def past(chain: ScriptedChain) -> Past:
    return Past(chain)


def test_a_gap_is_filled_from_the_history_of_the_programs(chain: ScriptedChain, past: Past):
    past.add(1, 99, PUMP)
    wanted = [
        past.add(2, 101, PUMP, logs=("a",)),
        past.add(3, 101, PUMP, PUMPSWAP),
        past.add(5, 103, PUMPSWAP, logs=("b",)),
    ]
    past.add(4, 102, PUMP, err={"InstructionError": [0, {"Custom": 1}]})
    past.add(6, 110, PUMP)

    filled = History(chain.node, most=50, held=list).fill(100, 105)
    assert filled.complete
    assert [one.signature for one in filled.transactions] == wanted
    assert filled.transactions[0] == RawTransaction(wanted[0], 101, None, ("a",))


def test_of_a_gap_too_large_to_read_only_what_is_held_is_read(chain: ScriptedChain, past: Past):
    ours = past.add(1, 101, PUMP, HELD)
    for number in range(2, 40):
        past.add(number, 102, PUMP)

    filled = History(chain.node, most=10, held=lambda: [HELD]).fill(100, 105)
    assert not filled.complete
    assert [one.signature for one in filled.transactions] == [ours]


def test_what_is_held_is_asked_for_and_nothing_when_nothing_is(chain: ScriptedChain, past: Past):
    chain.replies["getSlot"] = 105
    past.add(1, 90, HELD)
    ours = past.add(2, 101, HELD, logs=("a",))
    past.add(3, 102, PUMP)

    assert History(chain.node, most=50, held=list).poll(100) is None
    found = History(chain.node, most=50, held=lambda: [HELD]).poll(100)
    assert found == (105, (RawTransaction(ours, 101, None, ("a",)),))
    first = History(chain.node, most=50, held=lambda: [HELD]).poll(0)
    assert first is not None
    assert len(first[1]) == 2


def test_a_transaction_that_cannot_be_read_leaves_the_gap_open(chain: ScriptedChain, past: Past):
    past.add(1, 101, PUMP)
    lost = past.add(2, 102, PUMP)
    del past.bodies[lost]

    filled = History(chain.node, most=50, held=list).fill(100, 105)
    assert (filled.complete, len(filled.transactions)) == (False, 1)


def test_a_cut_log_is_made_whole_from_what_the_programs_told_themselves(
    chain: ScriptedChain, past: Past, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(gaps, "REREAD_EVERY_S", 0.001)
    events = [replace(TRADE, mint=str(MINT), sol_amount=number) for number in (1, 2, 3)]
    cut = (*log_lines(PUMP, events)[:6], "Log truncated")
    signature = past.add(1, 101, PUMP, logs=cut)
    body = past.bodies.pop(signature)
    body["transaction"]["message"]["instructions"] = [{"programIdIndex": 1, "accounts": [0], "data": ""}]
    told = [b58encode(CPI_EVENT_PREFIX + encode_event(event)).decode() for event in events]
    inner = [{"programIdIndex": 1, "accounts": [], "data": data, "stackHeight": 2} for data in told]
    body["meta"]["innerInstructions"] = [{"index": 0, "instructions": inner}]
    # Unknown at first: it was told as processed, and is read as confirmed.
    later = iter([None, None, body])
    chain.replies["getTransaction"] = lambda _: next(later)

    whole = History(chain.node, most=50, held=list).reread(RawTransaction(signature, 101, None, cut))
    assert whole is not None
    assert Decoder().decode_logs(whole.logs, whole.err) == events


def test_a_cut_log_that_never_comes_is_none(chain: ScriptedChain, past: Past, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(gaps, "REREAD_EVERY_S", 0.001)
    history = History(chain.node, most=50, held=list)
    assert past.bodies == {}
    assert history.reread(RawTransaction(name(1), 101, None, ("Log truncated",))) is None


def transfer(past: Past, number: int, to: int, lamports: int, *, program: int = 2, beside: int | None = None) -> str:
    """The creator sends lamports to the account at `to`; `beside`: another program called in the same transaction."""
    signature = past.add(number, 100 + number, CREATOR)
    data = b58encode((2).to_bytes(4, "little") + lamports.to_bytes(8, "little")).decode()
    calls = [{"programIdIndex": program, "accounts": [0, to], "data": data}]
    if beside is not None:
        calls.append({"programIdIndex": beside, "accounts": [], "data": ""})
    past.bodies[signature]["transaction"]["message"]["instructions"] = calls
    return signature


def test_whom_a_creator_paid_is_told_once(chain: ScriptedChain, past: Past):
    told = Tidings()
    funding = Funding(chain.node, told, transactions=10, again_s=0.0)
    transfer(past, 1, 3, 5_000_000)
    transfer(past, 2, 0, 7)  # to itself
    transfer(past, 3, 3, 9, beside=1)  # a trade: fees and tips
    funding.look(CREATOR)
    funding.look(CREATOR)
    transfer(past, 4, 3, 6_000_000)
    funding.look(CREATOR)

    funded = told.into(FeedBatch(slot=1, at_s=1.0)).funded
    assert [(one.source, one.wallet, one.lamports) for one in funded] == [
        (CREATOR, HELD, 5_000_000),
        (CREATOR, HELD, 6_000_000),
    ]


def test_a_creator_is_not_looked_at_again_at_once_nor_without_bound(chain: ScriptedChain, past: Past):
    funding = Funding(chain.node, Tidings(), transactions=3, again_s=60.0)
    for number in range(1, 9):
        transfer(past, number, 3, number)
    funding.look(CREATOR)
    funding.look(CREATOR)

    assert chain.asked().count("getSignaturesForAddress") == 1
    assert chain.asked().count("getTransaction") == 3


def test_a_history_that_cannot_be_read_is_counted_and_nothing_more(chain: ScriptedChain, past: Past):
    transfer(past, 1, 3, 5)
    chain.replies["getTransaction"] = Failure(-32603)
    funding = Funding(chain.node, Tidings(), transactions=3, again_s=0.0)
    funding.look(CREATOR)
    chain.replies["getSignaturesForAddress"] = Failure(-32602)
    funding.look(CREATOR)

    assert funding.counts == {"transaction: NodeFailed": 1, "history: RpcRefused": 1}
