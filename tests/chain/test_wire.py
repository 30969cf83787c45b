from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.chain.decode import Decoder
from core.chain.events import program_of
from core.chain.programs import PUMP
from core.chain.wire import log_lines
from tests.chain.states import TRADE, events


@given(st.lists(events, min_size=1, max_size=3))
def test_every_event_comes_back_from_the_lines_made_of_it(emitted: list[Any]):
    logs = [line for event in emitted for line in log_lines(program_of(event), [event])]

    assert Decoder().decode_logs(logs, None) == emitted


def test_calls_are_begun_and_ended_in_order():
    depth = 0
    for line in log_lines(PUMP, [TRADE, TRADE]):
        if line.endswith("]"):
            depth += 1
            assert line.endswith(f"invoke [{depth}]")
        elif line.endswith(" success"):
            depth -= 1
    assert depth == 0


AFTER_NAME = TRADE.__struct_fields__[TRADE.__struct_fields__.index("ix_name") : -1]


@pytest.mark.parametrize(
    ("name", "is_buy", "shown"),
    [
        ("buy_exact_sol_in", True, "BuyExactSolIn"),
        (None, True, "Buy"),
        (None, False, "Sell"),
        ("sell_v2", False, "SellV2"),
    ],
)
def test_the_instruction_is_named_as_the_program_names_it(name: str | None, is_buy: bool, shown: str):
    trade = replace(TRADE, ix_name=name, is_buy=is_buy)
    if name is None:
        trade = replace(trade, **dict.fromkeys(AFTER_NAME))

    assert f"Program log: Instruction: {shown}" in log_lines(PUMP, [trade])


def test_a_failed_call_says_so_last_and_its_event_stays_visible():
    logs = log_lines(PUMP, [TRADE], error="custom program error: 0x1772")

    assert logs[-1] == f"Program {PUMP} failed: custom program error: 0x1772"
    assert Decoder().decode_logs(logs, None) == [TRADE]
    assert Decoder().decode_logs(logs, {"InstructionError": [2, {"Custom": 6002}]}) == []
