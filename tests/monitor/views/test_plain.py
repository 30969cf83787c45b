import json
import unicodedata
from enum import StrEnum

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw, Struct

from core.rules.verdict import Verdict
from core.types import Role
from monitor.views.plain import HIDDEN, encoded, escaped, iso, plain, visible


class Colour(StrEnum):
    RED = "red"


class Shown(Struct, frozen=True, kw_only=True):
    colour: Colour = Colour.RED
    opened_at_s: float = 1_767_225_600.25
    paused_until_s: float = 0.0
    age_s: float = 12.0
    by_role: dict[Role, int] = {}
    never_s: float = float("inf")


class Schedule(Struct, frozen=True):
    at_s: float


def test_a_moment_stands_in_epoch_seconds_and_in_iso_utc_and_a_duration_only_in_seconds():
    assert plain(Shown(by_role={Role.LIGHTNING: 3})) == {
        "colour": "red",
        "opened_at_s": 1_767_225_600.25,
        "opened_at": "2026-01-01T00:00:00.250Z",
        "paused_until_s": 0.0,
        "paused_until": None,
        "age_s": 12.0,
        "by_role": {"lightning": 3},
        "never_s": None,
    }


def test_seconds_after_the_first_fill_are_no_moment():
    assert plain(Schedule(1_200.0)) == {"at_s": 1_200.0}


def test_a_struct_that_is_an_array_in_the_journal_has_names_here():
    shown = plain(Verdict.failed("age", "too old", final=True))

    assert shown == {
        "criterion": "age",
        "outcome": "fail",
        "reason": "too old",
        "final": True,
        "until_s": None,
        "until": None,
    }


def test_what_the_bounds_leave_out_is_said():
    assert plain(list(range(12)), items=10) == [*range(10), "2 more"]
    assert plain({str(n): n for n in range(4)}, items=3) == {"0": 0, "1": 1, "2": 2, "…": "1 more"}
    assert plain([[[["deep"]]]], depth=3) == [[["…"]]]


def test_controls_bidi_and_line_ends_are_written_out_and_letters_stay():
    assert visible("a\x1b[31m\u202eb\n\u200bżółć") == "a\\u001b[31m\\u202eb\\u000a\\u200bżółć"
    assert visible("x" * 5_000) == "x" * 2_000 + "…"


def test_no_time_and_a_time_that_cannot_be_written_are_none():
    assert iso(None) is None
    assert iso(0.0) is None
    assert iso(1e30) is None
    assert iso(float("nan")) is None
    assert iso(1_767_225_600) == "2026-01-01T00:00:00Z"


def test_what_was_encoded_before_stands_as_it_is_in_a_document():
    inner = encoded({"symbol": "z\u0142\x7f\u202e"})

    assert inner == '{"symbol":"zł\\u007f\\u202e"}'.encode()
    assert encoded({"items": Raw(b"[%s]" % inner), "next": None}) == b'{"items":[%s],"next":null}' % inner


def test_what_is_plain_by_inheritance_alone_is_shown_as_what_it_is():
    class Odd(int):
        pass

    assert plain([Odd(3), Role.LIGHTNING, float("nan")], depth=1) == [3, "lightning", None]


@given(st.recursive(st.text(), lambda inner: st.lists(inner, max_size=4), max_leaves=8))
def test_escaped_json_means_the_same_and_shows_nothing_invisible(value):
    text = msgspec.json.encode(value).decode()

    assert json.loads(escaped(text)) == value
    assert not [character for character in escaped(text) if unicodedata.category(character) in HIDDEN]


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | st.sampled_from([Role.LIGHTNING, Colour.RED, object(), Shown(), Schedule(3.0)]),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.text() | st.sampled_from(Role), inner, max_size=5)
        | st.tuples(inner, inner)
        | st.frozensets(st.text(), max_size=3)
    ),
    max_leaves=20,
)


@given(ANYTHING)
def test_anything_becomes_json_without_an_invisible_character(value):
    text = json.dumps(plain(value), allow_nan=False, ensure_ascii=False)

    assert not [character for character in text if unicodedata.category(character) in HIDDEN]
    assert json.loads(msgspec.json.encode(plain(value))) == json.loads(text)
