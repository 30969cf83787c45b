from unicodedata import category, is_normalized

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.chain.events import decode_event, encode_event
from core.chain.programs import PUMP, SYSTEM
from core.chain.pump import CreateEvent
from core.chain.untrusted import NAME_BYTES, SYMBOL_BYTES, URI_BYTES, harmless

BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
hostile = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from(BIDI + "\x1b\x9b[]m\x07\0\r\n"), max_size=200
)


@given(hostile, st.integers(0, 64))
def test_nothing_harmful_and_nothing_too_long_remains(text: str, limit: int):
    clean = harmless(text, limit)

    assert len(clean.encode()) <= limit
    assert is_normalized("NFC", clean)
    assert not any(category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for char in clean)
    assert not set(clean) & set(BIDI)
    assert harmless(clean, limit) == clean


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=16))
def test_plain_text_stays_as_it_is(text: str):
    assert harmless(text, 16) == text


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x9b2Jcleared", "cleared"),
        ("\x1b]0;title\x07shown", "shown"),
        ("\x1b]8;;http://x\x1b\\link", "link"),
        ("pay\u202eoot", "payoot"),
        ("line\nbreak\r\0", "linebreak"),
        ("e\u0301", "é"),
        ("e\u200d\u0301", "é"),
        ("Łódź 🚀", "Łódź 🚀"),
    ],
)
def test_examples(text: str, clean: str):
    assert harmless(text, 64) == clean


def test_the_cut_is_in_bytes_and_never_within_a_character():
    assert harmless("🚀🚀", 7) == "🚀"
    assert harmless("ab🚀", 5) == "ab"
    assert harmless("x" * 100, 64) == "x" * 64


def test_megabytes_cost_no_more_than_their_beginning():
    assert harmless("\u202e" * 10_000_000 + "x", 16) == ""


@given(hostile, hostile, hostile)
def test_names_symbols_and_addresses_are_harmless_as_soon_as_they_are_decoded(name: str, symbol: str, uri: str):
    written = name, symbol, uri
    event = decode_event(PUMP, encode_event(CreateEvent(name, symbol, uri, SYSTEM, SYSTEM, SYSTEM)))

    assert isinstance(event, CreateEvent)
    limits = (NAME_BYTES, SYMBOL_BYTES, URI_BYTES)
    assert limits == (64, 16, 256)
    assert [event.name, event.symbol, event.uri] == [
        harmless(text, limit) for text, limit in zip(written, limits, strict=True)
    ]
    assert event.extra == b""
