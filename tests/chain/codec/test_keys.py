import pytest
from base58 import b58encode
from hypothesis import given
from hypothesis import strategies as st

from core.chain.codec import keys
from core.chain.codec.keys import key_bytes, key_text


@given(st.binary(min_size=32, max_size=32))
def test_a_key_is_base58_both_ways_the_first_and_the_second_time(raw: bytes):
    text = b58encode(raw).decode()

    assert [key_text(raw), key_text(raw)] == [text, text]
    assert [key_bytes(text), key_bytes(text)] == [raw, raw]


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_another_length_is_no_key(length: int):
    with pytest.raises(ValueError, match="32 bytes"):
        key_text(bytes(length))


@pytest.mark.parametrize("text", ["", "0", "1" * 31, "l" * 44, "é" * 32, "1" * 10_000])
def test_text_that_is_no_key_is_refused(text: str):
    with pytest.raises(ValueError, match=r".+"):
        key_bytes(text)


def test_the_memory_is_bounded(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(keys, "REMEMBERED", 8)
    texts, raws = keys._Texts(), keys._Bytes()
    for number in range(100):
        raw = number.to_bytes(32, "big")
        assert raws[texts[raw]] == raw
        assert len(texts) <= 8
        assert len(raws) <= 8
