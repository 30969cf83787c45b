import random
from base64 import b64encode
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from base58 import b58encode
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.chain.accounts import BondingCurve, encode_account
from core.chain.decode import DEAD_LETTERS_PER_REASON, DeadLetter, Decoder
from core.chain.events import Event, encode_event, program_of
from core.chain.launchlab import LaunchLabPoolCreateEvent, LaunchLabTradeEvent
from core.chain.logs import TRUNCATED
from core.chain.programs import CPI_EVENT_PREFIX, LAUNCHLAB, PUMP, PUMPSWAP, SYSTEM, TOKEN
from core.chain.pump import CompletePumpAmmMigrationEvent, TradeEvent
from core.chain.pumpswap import BuyEvent, CreatePoolEvent
from core.chain.tokens import Entry, Extension, Mint, MintBase, encode_mint
from core.chain.wire import data_line, log_lines, migration_lines
from tests.chain.recorded import body, transaction, transactions
from tests.chain.states import TRADE, any_length, events

SOLD = replace(TRADE, is_buy=False, ix_name="sell")


def as_transaction(logs: list[str], reported: list[Event], err: object = None) -> dict[str, Any]:
    """A transaction whose log is `logs` and whose programs reported `reported` by calling themselves."""
    programs = sorted({program_of(event) for event in reported})
    keys = [SYSTEM, *programs]
    inner = [
        {
            "programIdIndex": keys.index(program_of(event)),
            "accounts": [0],
            "data": b58encode(CPI_EVENT_PREFIX + encode_event(event)).decode(),
        }
        for event in reported
    ]
    return {
        "slot": 5,
        "blockTime": 6,
        "meta": {"err": err, "logMessages": logs, "innerInstructions": [{"index": 0, "instructions": inner}]},
        "transaction": {
            "signatures": ["sig"],
            "message": {"accountKeys": keys, "instructions": [{"programIdIndex": 0, "accounts": [], "data": ""}]},
        },
    }


def test_every_recorded_transaction_decodes_to_its_last_byte(shared_data: Path):
    decoder, kinds, shapes = Decoder(), Counter[str](), 0
    for name, source in transactions(shared_data):
        shapes += 1
        decoded = decoder.decode_transaction(source)
        kinds.update(type(event).__name__ for event in decoded.events)
        assert all(event.extra == b"" for event in decoded.events), name
        assert not decoded.truncated

    assert (decoder.undecodable, decoder.grown, shapes) == ({}, {}, 16)
    assert kinds == {
        "TradeEvent": 6,
        "BuyEvent": 9,
        "CreateEvent": 3,
        "OtherEvent": 1,
        "CreatePoolEvent": 1,
        "CompletePumpAmmMigrationEvent": 1,
        "DepositEvent": 1,
        "LaunchLabPoolCreateEvent": 1,
        "LaunchLabTradeEvent": 1,
    }


def test_events_are_counted_by_program_and_kind(shared_data: Path):
    decoder = Decoder()
    for _, source in transactions(shared_data):
        decoder.decode_transaction(source)

    assert decoder.kinds == {
        "pump.trade": 6,
        "pump.create": 3,
        "pump.complete_pump_amm_migration": 1,
        "pump.extend_account": 1,
        "pumpswap.buy": 9,
        "pumpswap.create_pool": 1,
        "pumpswap.deposit": 1,
        "launchlab.pool_create": 1,
        "launchlab.trade": 1,
    }


def test_a_recorded_log_says_what_its_calls_report(shared_data: Path):
    decoder = Decoder()
    for name, source in transactions(shared_data):
        meta = body(source).get("meta")
        if meta is not None and "launchlab" not in name:
            assert tuple(decoder.decode_logs(meta["logMessages"], meta["err"])) == (
                decoder.decode_transaction(source).events
            )


def test_launchlab_speaks_only_by_calls(shared_data: Path):
    source = transaction(shared_data, "launchlab_initialize_buy_2025-06")
    decoder = Decoder()

    assert decoder.decode_logs(source["meta"]["logMessages"], None) == []
    created, traded = decoder.decode_transaction(source).events
    assert isinstance(created, LaunchLabPoolCreateEvent)
    assert (created.base_mint_param.symbol, created.amm_fee_on) == ("PEX", None)
    assert isinstance(traded, LaunchLabTradeEvent)
    assert (traded.creator_fee, traded.exact_in) == (None, None)


def test_a_migration_gives_the_pool_and_then_the_migration(shared_data: Path):
    decoded = Decoder().decode_transaction(transaction(shared_data, "pump_migrate_pumpswap_create_pool_buy_2025-06"))

    created, migrated, bought = decoded.events
    assert isinstance(created, CreatePoolEvent)
    assert isinstance(migrated, CompletePumpAmmMigrationEvent)
    assert isinstance(bought, BuyEvent)
    assert migrated.pool == created.pool == bought.pool
    assert (migrated.sol_amount, migrated.mint_amount) == (created.pool_quote_amount, created.pool_base_amount)


def test_a_migration_that_did_nothing_yields_nothing():
    logs = [
        f"Program {PUMP} invoke [1]",
        "Program log: Instruction: Migrate",
        "Program log: Bonding curve already migrated",
        f"Program {PUMP} consumed 30000 of 400000 compute units",
        f"Program {PUMP} success",
    ]
    decoder = Decoder()

    assert decoder.decode_logs(logs, None) == []
    assert decoder.decode_transaction(as_transaction(logs, [])).events == ()
    assert decoder.undecodable == {}


@pytest.mark.parametrize("err", [{"InstructionError": [3, {"Custom": 6002}]}, "AccountNotFound", {}, 0, False])
def test_a_failed_transaction_yields_no_event(err: object):
    logs = log_lines(PUMP, [TRADE], error="custom program error: 0x1772")
    decoder = Decoder()

    assert decoder.decode_logs(logs, err) == []
    assert decoder.read_logs(logs, err).failed
    decoded = decoder.decode_transaction(as_transaction(logs, [TRADE], err))
    assert (decoded.events, decoded.calls, decoded.failed, decoded.slot) == ((), (), True, 5)


def test_the_same_recorded_transaction_with_an_error_yields_nothing(shared_data: Path):
    for _, source in transactions(shared_data):
        if "meta" in body(source):
            body(source)["meta"]["err"] = {"InstructionError": [0, "Custom"]}
            assert Decoder().decode_transaction(source).events == ()


def test_a_truncated_log_is_reported_and_the_transaction_has_the_rest():
    whole = log_lines(PUMP, [TRADE, SOLD])
    cut = whole.index(data_line(SOLD))
    logs = [*whole[:cut], TRUNCATED, *whole[cut:]]
    decoder = Decoder()

    read = decoder.read_logs(logs, None)
    assert (read.events, read.truncated) == ((TRADE,), True)
    assert decoder.decode_logs(logs, None) == [TRADE]
    decoded = decoder.decode_transaction(as_transaction(logs, [TRADE, SOLD]))
    assert (decoded.events, decoded.truncated) == ((TRADE, SOLD), True)
    assert decoder.truncated == 3


@given(st.lists(events, max_size=4))
def test_logs_and_calls_together_count_each_event_once_and_in_order(emitted: list[Event]):
    spoken = [event for event in emitted if program_of(event) != LAUNCHLAB]
    logs = [line for event in spoken for line in log_lines(program_of(event), [event])]

    decoded = Decoder().decode_transaction(as_transaction(logs, emitted))

    assert list(decoded.events) == emitted


def test_the_same_event_twice_is_two_events():
    decoder = Decoder()
    logs = log_lines(PUMP, [TRADE, TRADE])

    assert decoder.decode_logs(logs, None) == [TRADE, TRADE]
    assert decoder.decode_transaction(as_transaction(logs, [TRADE, TRADE])).events == (TRADE, TRADE)


def test_an_event_that_is_only_in_the_log_counts_too():
    decoded = Decoder().decode_transaction(as_transaction(log_lines(PUMP, [TRADE, SOLD]), [SOLD]))

    assert decoded.events == (TRADE, SOLD)


def test_data_of_other_programs_are_none_of_ours_and_no_error():
    decoder = Decoder()
    forged = [line.replace(PUMP, TOKEN) for line in log_lines(PUMP, [TRADE])]

    assert decoder.decode_logs(forged, None) == []
    assert decoder.undecodable == {}


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b64encode(bytes(20)).decode(), "pump: discriminator"),
        (b64encode(encode_event(TRADE)[:100]).decode(), "pump: cut"),
        (b64encode(encode_event(TRADE)[:-9]).decode(), "pump: cut"),
        ("not base64", "pump: base64"),
        ("vdt/007mYe", "pump: base64"),
        ("é", "pump: base64"),
    ],
)
def test_what_cannot_be_read_is_counted_by_reason_and_stops_nothing(payload: str, reason: str):
    letters: list[DeadLetter] = []
    decoder = Decoder(letters.append)
    logs = log_lines(PUMP, [TRADE, SOLD])
    logs[logs.index(data_line(TRADE))] = f"Program data: {payload}"

    assert decoder.decode_logs(logs, None) == [SOLD]
    assert decoder.undecodable == {reason: 1}
    assert [letter.reason for letter in letters] == [reason]


def test_dead_letters_are_bounded_in_number_and_size_but_every_one_is_counted():
    letters: list[DeadLetter] = []
    decoder = Decoder(letters.append)
    logs = [
        f"Program {PUMP} invoke [1]",
        "Program data: " + b64encode(bytes(5_000)).decode(),
        f"Program {PUMP} success",
    ]

    for _ in range(DEAD_LETTERS_PER_REASON + 50):
        decoder.decode_logs(logs, None)

    assert decoder.undecodable == {"pump: discriminator": DEAD_LETTERS_PER_REASON + 50}
    assert len(letters) == DEAD_LETTERS_PER_REASON
    assert letters[0] == DeadLetter("pump: discriminator", b"A" * 64, 6_668)


def test_a_grown_event_is_read_and_the_growth_is_counted():
    decoder = Decoder()
    grown = replace(TRADE, extra=b"\1\2\3")

    assert decoder.decode_logs(log_lines(PUMP, [grown]), None) == [grown]
    assert decoder.grown == {"TradeEvent": 1}
    assert decoder.undecodable == {}


def test_a_stack_that_makes_no_sense_is_counted():
    decoder = Decoder()

    assert decoder.decode_logs([data_line(TRADE)], None) == []
    assert decoder.undecodable == {"log: stack": 1}


def test_accounts_mints_and_token_accounts_that_are_none_are_counted():
    decoder = Decoder()

    assert decoder.decode_account(bytes(8)) is None
    assert decoder.decode_mint(bytes(82)) is None
    assert decoder.decode_token_account(bytes(10)) is None
    assert decoder.undecodable == {"account: discriminator": 1, "mint: uninitialized": 1, "token: length": 1}


# Fuzz: 100,000 inputs, a seed each, none of which may raise.

JUNK: list[Any] = [
    None,
    True,
    -1,
    7,
    10**30,
    1.5,
    "",
    "x",
    "é",
    "1" * 60,
    b"\0",
    [],
    [None],
    {},
    {"a": 1},
    float("nan"),
]


def mutated_bytes(chance: random.Random, data: bytes) -> bytes:
    kind = chance.randrange(4)
    if kind == 0:
        return data[: chance.randrange(len(data) + 1)]
    if kind == 1:
        return data + chance.randbytes(chance.randrange(64))
    if kind == 2:
        return chance.randbytes(chance.randrange(400))
    changed = bytearray(data)
    for _ in range(chance.randrange(1, 8)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def mutated_log(chance: random.Random, logs: list[str], payloads: list[bytes]) -> list[Any]:
    lines: list[Any] = list(logs)
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(len(lines))
        kind = chance.randrange(6)
        if kind == 0:
            del lines[at]
        elif kind == 1:
            lines.insert(at, chance.choice(JUNK))
        elif kind == 2:
            text = str(lines[at])
            lines[at] = text[: chance.randrange(len(text) + 1)]
        elif kind == 3:
            lines.insert(at, chance.choice([TRUNCATED, f"Program {PUMP} invoke [9]", f"Program {PUMP} success", "\n"]))
        else:
            lines[at] = "Program data: " + b64encode(mutated_bytes(chance, chance.choice(payloads))).decode()
        if not lines:
            return lines
    return lines


def mutated_tree(chance: random.Random, tree: Any) -> Any:
    """`tree` with one random part replaced by junk, or taken out."""
    if not isinstance(tree, dict | list) or not tree or chance.random() < 0.1:
        return chance.choice(JUNK)
    key = chance.choice(list(tree)) if isinstance(tree, dict) else chance.randrange(len(tree))
    if chance.random() < 0.1:
        del tree[key]
    else:
        tree[key] = mutated_tree(chance, tree[key])
    return tree


FUZZ_EVENTS: list[Event] = [TRADE, SOLD, replace(TRADE, shareholders=None, quote_mint=None, quote_amount=None,
    virtual_quote_reserves=None, real_quote_reserves=None, holder_rewards_bps=None, holder_rewards=None)]  # fmt: skip


def fuzz_logs(decoder: Decoder, chance: random.Random) -> None:
    payloads = [encode_event(event) for event in FUZZ_EVENTS]
    logs = log_lines(PUMP, FUZZ_EVENTS[:2])
    for _ in range(50_000):
        decoder.decode_logs(mutated_log(chance, logs, payloads), None)
    for junk in JUNK:
        decoder.decode_logs(junk, None)


def fuzz_transactions(decoder: Decoder, chance: random.Random) -> None:
    whole = as_transaction(log_lines(PUMP, [TRADE]), [TRADE])
    wire = b64encode(chance.randbytes(300)).decode()
    shapes: list[Callable[[], Any]] = [
        lambda: deepcopy(whole),
        lambda: {"jsonrpc": "2.0", "result": deepcopy(whole)},
        lambda: {"meta": deepcopy(whole["meta"]), "transaction": [wire, "base64"]},
        lambda: {"instructions": [{"program": [1] * 32, "accounts": [[2] * 32], "data": [3] * 40}], "log_messages": []},
    ]
    for _ in range(20_000):
        decoder.decode_transaction(mutated_tree(chance, chance.choice(shapes)()))
    for junk in JUNK:
        decoder.decode_transaction(junk)


def fuzz_accounts(decoder: Decoder, chance: random.Random) -> None:
    curve = encode_account(BondingCurve(1, 2, 3, 4, 5, False, SYSTEM, False, False, SYSTEM, 0, False, False))
    hook = Entry(Extension.TRANSFER_HOOK, bytes(64))
    mint = encode_mint(Mint(MintBase(None, 10**15, 6, True, None), (hook, Entry(Extension.PAUSABLE, bytes(33)))))
    for _ in range(10_000):
        decoder.decode_account(mutated_bytes(chance, curve))
        read = decoder.decode_mint(mutated_bytes(chance, mint))
        if read is not None:
            found = (read.transfer_hook_program, read.transfer_hook_authority, read.pause_authority)
            assert all(key is None or 32 <= len(key) <= 44 for key in found)
            assert 0 <= read.transfer_fee_bps < 2**16
        decoder.decode_token_account(mutated_bytes(chance, mint))
    for junk in JUNK:
        decoder.decode_account(junk)
        decoder.decode_mint(junk)
        decoder.decode_token_account(junk)


def test_a_hundred_thousand_hostile_inputs_raise_nothing_and_are_counted_by_reason():
    letters: list[DeadLetter] = []
    decoder = Decoder(letters.append)
    chance = random.Random(20_260_911)

    fuzz_logs(decoder, chance)
    fuzz_transactions(decoder, chance)
    fuzz_accounts(decoder, chance)

    found = decoder.undecodable
    assert sum(found.values()) > 50_000
    assert len(found) < 40, "reasons are a bounded set"
    for reason in ("pump: cut", "pump: discriminator", "log: stack", "log: shape", "transaction: shape", "account: cut",
                   "mint: length", "token: length"):  # fmt: skip
        assert found[reason] > 10, reason
    assert len(letters) <= len(found) * DEAD_LETTERS_PER_REASON
    assert all(len(letter.head) <= 64 for letter in letters)


@given(any_length(TradeEvent), st.binary(max_size=600))
def test_any_bytes_behind_a_trades_discriminator_are_an_event_or_counted(trade: TradeEvent, noise: bytes):
    decoder = Decoder()
    line = "Program data: " + b64encode(encode_event(trade)[:8] + noise).decode()
    read = decoder.decode_logs([f"Program {PUMP} invoke [1]", line, f"Program {PUMP} success"], None)

    assert len(read) + sum(decoder.undecodable.values()) == 1
    assert all(isinstance(event, TradeEvent) for event in read)


def test_a_made_migration_reads_as_a_recorded_one_does():
    key = SYSTEM
    created = CreatePoolEvent(1, 0, key, key, key, 6, 9, 1, 2, 1, 2, 100, 9, 8, 1, key, key, key, key)
    migrated = CompletePumpAmmMigrationEvent(key, key, 1, 2, 3, key, 1, key)
    decoder = Decoder()

    assert decoder.decode_logs(migration_lines(created, migrated), None) == [created, migrated]
    assert [program_of(event) for event in (created, migrated)] == [PUMPSWAP, PUMP]
