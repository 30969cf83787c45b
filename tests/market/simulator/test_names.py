from hypothesis import given
from hypothesis import strategies as st
from solders.pubkey import Pubkey
from solders.signature import Signature

from core.chain.untrusted import NAME_BYTES, SYMBOL_BYTES, harmless
from core.market.simulator.names import Names, token_words

NAMES = Names(7)


@given(st.integers(0, 2**40))
def test_mints_and_wallets_are_32_bytes_in_canonical_text(number):
    for text in (NAMES.mint(number), NAMES.wallet("crowd", number)):
        assert str(Pubkey.from_string(text)) == text


@given(st.integers(0, 58**10 - 1), st.integers(0, 58**10 - 1))
def test_signatures_are_64_bytes_and_differ_by_number(one, other):
    text = NAMES.signature(one)
    assert str(Signature.from_string(text)) == text
    assert (text == NAMES.signature(other)) == (one == other)


def test_names_depend_on_the_seed_and_the_family():
    assert Names(7).mint(1) == NAMES.mint(1)
    assert Names(8).mint(1) != NAMES.mint(1)
    assert NAMES.wallet("bot", 1) != NAMES.wallet("crowd", 1)
    assert NAMES.mint(1).endswith("pump")


@given(st.integers(0, 10**9))
def test_token_words_pass_the_filter_for_untrusted_text_unchanged(number):
    name, symbol, _ = token_words(number)
    assert harmless(name, NAME_BYTES) == name
    assert harmless(symbol, SYMBOL_BYTES) == symbol
