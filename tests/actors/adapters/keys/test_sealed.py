import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.adapters.keys import sealed
from actors.adapters.keys.secret import Secret
from core.errors import Refused

PASSPHRASE = Secret("correct horse battery")
WORDS = sealed.new_words()
CONTENT = sealed.sealed(WORDS, PASSPHRASE, "cheap")


def refusal(content: bytes, passphrase: Secret = PASSPHRASE) -> str:
    with pytest.raises(Refused) as refused:
        sealed.opened(content, passphrase, "the file")
    assert "\n" not in str(refused.value)
    return str(refused.value)


@settings(max_examples=30)
@given(entropy=st.binary(min_size=32, max_size=32), passphrase=st.text(min_size=8))
def test_what_is_sealed_opens_with_its_passphrase_and_with_no_other(entropy: bytes, passphrase: str) -> None:
    words = Secret(sealed.LANGUAGE.to_mnemonic(entropy))
    content = sealed.sealed(words, Secret(passphrase), "cheap")

    assert sealed.opened(content, Secret(passphrase), "it") == words
    assert refusal(content, Secret(passphrase + "x")) == "wrong passphrase for the file"


def test_every_flipped_byte_is_refused_as_damage_before_a_passphrase_is_tried() -> None:
    for at in range(len(CONTENT)):
        for bits in (0x01, 0x20, 0x80, 0xFF):
            flipped = CONTENT[:at] + bytes([CONTENT[at] ^ bits]) + CONTENT[at + 1 :]
            assert "wrong passphrase" not in refusal(flipped), (at, bits)


def test_a_cut_or_a_longer_file_is_refused() -> None:
    for end in range(len(CONTENT)):
        assert "wrong passphrase" not in refusal(CONTENT[:end])
    assert "damaged" in refusal(CONTENT + b"\n")
    assert "damaged" in refusal(CONTENT + CONTENT)


def forged(**fields: object) -> bytes:
    """A keystore altered by somebody who also mends its checksum."""
    changed = sealed.parsed(CONTENT, "it")
    return sealed._text(sealed.Sealed(**{**{f: getattr(changed, f) for f in changed.__struct_fields__}, **fields}))


def test_a_forged_field_with_a_mended_checksum_does_not_open() -> None:
    box, salt = sealed.parsed(CONTENT, "it").box, sealed.parsed(CONTENT, "it").salt
    for at in range(0, len(box), 2):
        other = f"{int(box[at : at + 2], 16) ^ 1:02x}"
        assert refusal(forged(box=box[:at] + other + box[at + 2 :])) == "wrong passphrase for the file"
    assert refusal(forged(salt="00" + salt[2:] if salt[:2] != "00" else "01" + salt[2:])).startswith("wrong")
    assert refusal(forged(operations=2)).startswith("wrong")
    assert refusal(forged(memory_bytes=16_384)).startswith("wrong")


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"version": 2}, "version 2, this program reads 1"),
        ({"operations": 0}, "parameters"),
        ({"operations": 10**9}, "parameters"),
        ({"memory_bytes": 1 << 40}, "parameters"),
        ({"memory_bytes": 1}, "parameters"),
        ({"box": "00"}, "parameters"),
        ({"salt": ""}, "parameters"),
    ],
)
def test_parameters_that_cannot_be_are_refused_before_they_cost_anything(fields: dict[str, object], says: str) -> None:
    assert says in refusal(forged(**fields))


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff\xfe", b"null", json.dumps({"format": "other"}).encode()])
def test_another_file_is_no_keystore(content: bytes) -> None:
    assert "is no keystore" in refusal(content)


def test_the_same_words_and_passphrase_are_sealed_differently_each_time() -> None:
    again = sealed.parsed(sealed.sealed(WORDS, PASSPHRASE, "cheap"), "it")
    first = sealed.parsed(CONTENT, "it")
    assert again.salt != first.salt
    assert again.box[:48] != first.box[:48]
    assert len(again.box) == len(first.box)


def test_the_file_carries_its_cost_and_says_when_it_is_cheap() -> None:
    assert sealed.parsed(CONTENT, "it").is_cheap
    moderate = sealed.parsed(sealed.sealed(WORDS, PASSPHRASE, "moderate"), "it")
    assert (moderate.operations, moderate.memory_bytes) == (3, 256 << 20)
    assert not moderate.is_cheap


def test_a_passphrase_is_the_same_however_its_letters_are_composed() -> None:
    content = sealed.sealed(WORDS, Secret("za\u017c\u00f3\u0142\u0107 g\u0119\u015bl\u0105"), "cheap")
    assert sealed.opened(content, Secret("zaz\u0307o\u0301\u0142c\u0301 ge\u0328s\u0301la\u0328"), "it") == WORDS


def test_a_short_passphrase_is_refused() -> None:
    with pytest.raises(Refused, match="fewer than 8 characters"):
        sealed.sealed(WORDS, Secret("1234567"), "cheap")


def test_new_words_are_24_of_256_random_bits() -> None:
    several = {sealed.new_words().reveal() for _ in range(20)}
    assert len(several) == 20
    assert all(sealed.checked_words(Secret(words)).reveal() == words for words in several)


def test_words_are_read_as_people_write_them() -> None:
    sloppy = "  " + WORDS.reveal().upper().replace(" ", "\n\t ") + "\n"
    assert sealed.checked_words(Secret(sloppy)) == WORDS


def test_words_that_are_wrong_are_refused_without_showing_one() -> None:
    words = WORDS.reveal().split()
    other = "zoo" if words[3] != "zoo" else "able"
    swapped = [*words[:3], other, *words[4:]]
    for given_words, says in (
        (words[:-1], "24 words are needed, 23 were given"),
        ([*words[:5], "bitcon", *words[6:]], "word 6 is not on the BIP-39 list"),
    ):
        with pytest.raises(Refused, match=says) as refused:
            sealed.checked_words(Secret(" ".join(given_words)))
        assert not set(words) & set(str(refused.value).split()) - {"word", "list"}
    if not sealed.LANGUAGE.check(" ".join(swapped)):
        with pytest.raises(Refused, match="checksum of the words"):
            sealed.checked_words(Secret(" ".join(swapped)))
    with pytest.raises(Refused, match="checksum of the words"):
        sealed.checked_words(Secret("abandon " * 24))
