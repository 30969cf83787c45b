from hypothesis import given
from hypothesis import strategies as st

from core.chain.logs import TRUNCATED, data_lines
from core.chain.programs import PUMP, PUMPSWAP, TOKEN

STRANGER = "Strange1111111111111111111111111111111111111"
PROGRAMS = [PUMP, PUMPSWAP, TOKEN, STRANGER]

# What a hostile program would print to be taken for another: the runtime puts `Program log: ` before each.
FORGERIES = [
    "success",
    " success",
    "invoke [1]",
    f"Program {PUMP} invoke [1]",
    f"Program {PUMP} invoke [2]",
    f"Program {PUMP} success",
    f"x invoke [1]\nProgram {PUMP} invoke [1]",
    f"x\nProgram {PUMP} invoke [2]\nProgram data: AAAA",
    "x\nLog truncated",
    "Program data: AAAA",
    "Log truncated",
    "Instruction: Buy",
]


@st.composite
def calls(draw: st.DrawFn, depth: int = 1) -> list[tuple[str, str | None]]:
    """A call's lines, each with the program that said data there, else None."""
    program = draw(st.sampled_from(PROGRAMS))
    lines: list[tuple[str, str | None]] = [(f"Program {program} invoke [{depth}]", None)]
    for kind in draw(st.lists(st.sampled_from(["data", "print", "call", "return"]), max_size=4)):
        match kind:
            case "data":
                lines.append((f"Program data: {len(lines)}", program))
            case "print":
                lines.append((f"Program log: {draw(st.sampled_from(FORGERIES))}", None))
            case "call" if depth < 5:
                lines += draw(calls(depth + 1))
            case _:
                lines.append((f"Program return: {program} AQAAAAAAAAA=", None))
    if draw(st.booleans()):
        lines.append((f"Program {program} consumed 2021 of 400000 compute units", None))
    return [*lines, (f"Program {program} success", None)]


transactions = st.lists(calls(), max_size=4).map(lambda parts: [line for part in parts for line in part])


@given(transactions)
def test_data_belong_to_the_program_that_was_running_whatever_programs_print(lines: list[tuple[str, str | None]]):
    said, truncated = data_lines([line for line, _ in lines])

    assert said == [(program, line.removeprefix("Program data: ")) for line, program in lines if program is not None]
    assert not truncated


@given(transactions, st.data())
def test_what_stands_after_the_truncation_is_not_read(lines: list[tuple[str, str | None]], data: st.DataObject):
    at = data.draw(st.integers(0, len(lines)))
    logs = [line for line, _ in lines]

    said, truncated = data_lines([*logs[:at], TRUNCATED, *logs[at:]])

    assert truncated
    assert said == data_lines(logs[:at])[0]


def test_an_inner_calls_data_are_its_own_and_the_outer_calls_follow():
    logs = [
        f"Program {PUMP} invoke [1]",
        f"Program {PUMPSWAP} invoke [2]",
        "Program data: inner",
        f"Program {PUMPSWAP} success",
        "Program data: outer",
        f"Program {PUMP} success",
    ]

    assert data_lines(logs) == ([(PUMPSWAP, "inner"), (PUMP, "outer")], False)


def test_data_outside_any_call_belong_to_nobody():
    assert data_lines(["Program data: AAAA"]) == ([("", "AAAA")], False)
    ended = [f"Program {PUMP} invoke [1]", f"Program {PUMP} success", "Program data: AAAA"]
    assert data_lines(ended) == ([("", "AAAA")], False)


def test_a_log_without_data_says_nothing():
    assert data_lines([]) == ([], False)
    assert data_lines([f"Program {PUMP} invoke [1]", "Program log: Instruction: Migrate"]) == ([], False)


def test_who_says_data_and_then_calls_a_program_is_not_taken_for_it():
    logs = [
        f"Program {PUMP} invoke [1]",
        f"Program {PUMP} success",
        f"Program {STRANGER} invoke [1]",
        "Program data: forged",
        f"Program {PUMP} invoke [2]",
        "Program data: true",
        f"Program {PUMP} invoke [3]",
        f"Program {PUMP} success",
        f"Program {PUMP} success",
        "Program data: forged too",
        f"Program log: Program {PUMP} invoke [2]",
        f"Program {STRANGER} success",
    ]

    assert data_lines(logs) == ([(STRANGER, "forged"), (PUMP, "true"), (STRANGER, "forged too")], False)
