import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.chain.codec.keys import key_bytes
from core.chain.codec.kinds import Undecodable
from core.chain.programs import MAYHEM_AGENT, SYSTEM, WSOL_MINT
from core.chain.tokens import (
    Entry,
    Extension,
    Mint,
    MintBase,
    TokenAccount,
    TokenAccountBase,
    decode_mint,
    decode_token_account,
    encode_mint,
    encode_token_account,
)
from tests.chain.states import keys, u8, u64

BASE = MintBase(None, 10**15, 6, True, None)
AUTHORITY = key_bytes(WSOL_MINT)
OTHER = key_bytes(MAYHEM_AGENT)
optional_keys = st.none() | keys
entries = st.lists(st.builds(Entry, st.sampled_from([3, 18, 19, 25, 99]), st.binary(max_size=40)), max_size=4).map(
    tuple
)


def with_extension(kind: Extension, data: bytes) -> Mint:
    return decode_mint(encode_mint(Mint(BASE, (Entry(kind, data),))))


def test_a_plain_mint_has_82_bytes_and_no_authorities_left():
    data = bytes(36) + struct.pack("<QB?", 10**15, 6, True) + bytes(36)

    mint = decode_mint(data)

    assert (mint.mint_authority, mint.freeze_authority, mint.supply, mint.decimals) == (None, None, 10**15, 6)
    assert mint.extensions == ()
    assert encode_mint(mint) == data


def test_authorities_that_are_there_are_named():
    present = b"\1\0\0\0" + AUTHORITY
    mint = decode_mint(present + struct.pack("<QB?", 1, 9, True) + present)

    assert (mint.mint_authority, mint.freeze_authority) == (WSOL_MINT, WSOL_MINT)


def test_an_extended_mint_is_padded_to_an_accounts_length_and_marked():
    data = encode_mint(Mint(BASE, (Entry(Extension.NON_TRANSFERABLE, b""),)))

    assert data[:82] == encode_mint(Mint(BASE))
    assert data[82:165] == bytes(83)
    assert data[165:] == b"\1" + struct.pack("<HH", 9, 0)
    assert decode_mint(data + bytes(8)).kinds == {Extension.NON_TRANSFERABLE}


def test_a_clean_mint_has_nothing_that_hinders_a_sale():
    mint = with_extension(Extension.METADATA_POINTER, bytes(64))

    assert mint.kinds == {Extension.METADATA_POINTER}
    assert (mint.transfer_hook_program, mint.transfer_hook_authority, mint.permanent_delegate) == (None, None, None)
    assert (mint.transfer_fee_bps, mint.transfer_fee_authority, mint.pause_authority) == (0, None, None)
    assert (mint.is_default_frozen, mint.is_non_transferable, mint.is_pausable) == (False, False, False)


def test_a_transfer_hook_is_seen_even_while_it_is_only_possible():
    mint = with_extension(Extension.TRANSFER_HOOK, AUTHORITY + bytes(32))
    assert (mint.transfer_hook_authority, mint.transfer_hook_program) == (WSOL_MINT, None)
    mint = with_extension(Extension.TRANSFER_HOOK, bytes(32) + OTHER)
    assert (mint.transfer_hook_authority, mint.transfer_hook_program) == (None, MAYHEM_AGENT)


@pytest.mark.parametrize(("older", "newer"), [(0, 500), (500, 0), (0, 0)])
def test_the_higher_of_the_present_and_the_coming_transfer_fee_counts(older: int, newer: int):
    fees = struct.pack("<QQH", 1, 2, older) + struct.pack("<QQH", 3, 4, newer)

    mint = with_extension(Extension.TRANSFER_FEE_CONFIG, AUTHORITY + OTHER + bytes(8) + fees)

    assert (mint.transfer_fee_bps, mint.transfer_fee_authority) == (max(older, newer), WSOL_MINT)


def test_the_other_dangers_are_seen():
    assert with_extension(Extension.PERMANENT_DELEGATE, OTHER).permanent_delegate == MAYHEM_AGENT
    assert with_extension(Extension.PERMANENT_DELEGATE, bytes(32)).permanent_delegate is None
    assert with_extension(Extension.DEFAULT_ACCOUNT_STATE, b"\2").is_default_frozen
    assert not with_extension(Extension.DEFAULT_ACCOUNT_STATE, b"\1").is_default_frozen
    assert with_extension(Extension.NON_TRANSFERABLE, b"").is_non_transferable
    pausable = with_extension(Extension.PAUSABLE, AUTHORITY + b"\0")
    assert pausable.is_pausable
    assert pausable.pause_authority == WSOL_MINT


@given(st.builds(MintBase, optional_keys, u64, u8, st.just(True), optional_keys), entries)
def test_every_mint_reads_as_it_was_written(base: MintBase, extensions: tuple[Entry, ...]):
    mint = Mint(base, extensions)

    assert decode_mint(encode_mint(mint)) == mint


bases = st.builds(
    TokenAccountBase, keys, keys, u64, optional_keys, st.integers(1, 2), st.none() | u64, u64, optional_keys
)


@given(bases, entries)
def test_every_token_account_reads_as_it_was_written(base: TokenAccountBase, extensions: tuple[Entry, ...]):
    account = TokenAccount(base, extensions)

    assert decode_token_account(encode_token_account(account)) == account
    assert (account.mint, account.owner, account.amount) == (base.mint, base.owner, base.amount)
    assert account.is_frozen is (base.state == 2)


def test_a_token_account_of_pump_has_165_bytes_or_170_with_its_extension():
    base = TokenAccountBase(WSOL_MINT, MAYHEM_AGENT, 7, None, 1, None, 0, None)
    owner_fixed = Entry(Extension.IMMUTABLE_OWNER, b"")

    assert len(encode_token_account(TokenAccount(base))) == 165
    assert len(encode_token_account(TokenAccount(base, (owner_fixed,)))) == 170


@pytest.mark.parametrize(
    "data",
    [
        b"",
        bytes(81),
        bytes(82),
        bytes(165),
        bytes(165) + b"\2",
        encode_mint(Mint(BASE)).ljust(165, b"\0") + b"\1" + bytes(355 - 166),
        encode_mint(Mint(BASE)).ljust(165, b"\0") + b"\1" + struct.pack("<HH", 14, 63) + bytes(63),
        encode_mint(Mint(BASE)).ljust(165, b"\0") + b"\1" + struct.pack("<HH", 18, 64) + bytes(63),
    ],
)
def test_what_is_no_mint_is_undecodable(data: bytes):
    with pytest.raises(Undecodable):
        decode_mint(data)


def test_a_mint_is_no_token_account_and_the_reverse():
    mint = encode_mint(Mint(BASE, (Entry(Extension.PAUSABLE, bytes(33)),)))
    account = encode_token_account(
        TokenAccount(TokenAccountBase(SYSTEM, SYSTEM, 7, None, 1, None, 0, None), (Entry(7, b""),))
    )

    with pytest.raises(Undecodable):
        decode_token_account(mint)
    with pytest.raises(Undecodable):
        decode_mint(account)
