import struct
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from msgspec.structs import replace

from core.chain.accounts import BondingCurve, FeeConfig, Global, GlobalConfig, Pool, decode_account, encode_account
from core.chain.codec.keys import key_bytes, key_text
from core.chain.codec.kinds import Undecodable
from core.chain.codec.layout import Layout
from core.chain.fees import Fees
from core.chain.programs import SYSTEM, WSOL_MINT, account_discriminator
from tests.chain.recorded import curve_account, fee_config, interface
from tests.chain.states import accounts, newest_accounts

CURVE = BondingCurve(
    virtual_token_reserves=1_055_410_158_476_543,
    virtual_quote_reserves=30_500_000_000,
    real_token_reserves=775_510_158_476_543,
    real_quote_reserves=500_000_000,
    token_total_supply=10**15,
    complete=False,
    creator=WSOL_MINT,
    is_mayhem_mode=False,
    is_cashback_coin=True,
    quote_mint=SYSTEM,
    creator_fee_bps=30,
    can_edit_creator_fee=False,
    is_holder_reward=True,
)


def test_the_recorded_curve_reads_and_writes_to_the_byte(shared_data: Path):
    data = curve_account(shared_data)

    curve = decode_account(data)

    assert isinstance(curve, BondingCurve)
    assert (curve.space, curve.extra, curve.complete, curve.is_cashback_coin) == (151, b"", False, True)
    assert curve.virtual_quote_reserves - curve.real_quote_reserves == 30 * 10**9
    assert curve.virtual_token_reserves - curve.real_token_reserves == 279_900_000_000_000
    assert curve.is_tradable
    assert curve.is_sol_quoted
    assert encode_account(curve) == data


def test_the_recorded_fee_schedule_has_the_tiers_written_beside_it(shared_data: Path):
    recorded = fee_config(shared_data)
    data = b64decode(recorded["data_base64"])

    schedule = decode_account(data)

    assert isinstance(schedule, FeeConfig)
    assert schedule.extra == b""
    assert schedule.flat_fees == Fees(25, 5, 0)
    assert (len(schedule.fee_tiers), len(schedule.stable_fee_tiers or ())) == (25, 25)
    first, second, last = schedule.fee_tiers[0], schedule.fee_tiers[1], schedule.fee_tiers[-1]
    assert (first.market_cap_lamports_threshold, first.fees) == (0, Fees(2, 93, 30))
    assert (second.market_cap_lamports_threshold, second.fees) == (420 * 10**9, Fees(20, 5, 95))
    assert (last.market_cap_lamports_threshold, last.fees) == (98_240 * 10**9, Fees(20, 5, 5))
    assert encode_account(schedule) == data


@pytest.mark.parametrize(("length", "last"), [(49, "complete"), (115, "quote_mint"), (124, "can_edit_creator_fee"),
                                              (125, "is_holder_reward"), (150, "is_holder_reward")])  # fmt: skip
def test_older_and_shorter_curves_have_the_fields_they_have(length: int, last: str):
    whole = encode_account(CURVE)
    assert len(whole) == 151

    curve = decode_account(whole[:length])

    names = Layout.of(BondingCurve, frozenset({"space"})).names
    present = names.index(last) + 1
    assert [getattr(curve, name) for name in names[:present]] == [getattr(CURVE, name) for name in names[:present]]
    assert all(getattr(curve, name) is None for name in names[present:])
    assert encode_account(curve) == whole[:length]


def test_a_curve_is_written_field_by_field_where_its_program_reads_it():
    numbers = struct.pack(
        "<5Q?", 1_055_410_158_476_543, 30_500_000_000, 775_510_158_476_543, 500_000_000, 10**15, False
    )
    later = key_bytes(WSOL_MINT) + b"\0\1" + bytes(32) + struct.pack("<Q", 30) + b"\0\1"

    written = account_discriminator("BondingCurve") + numbers + later

    assert encode_account(CURVE) == written.ljust(151, b"\0")


def test_a_pool_is_written_field_by_field_where_its_program_reads_it():
    keys = [bytes([i]) * 32 for i in range(1, 8)]
    data = account_discriminator("Pool") + struct.pack("<BH", 253, 7) + b"".join(keys[:6]) + struct.pack("<Q", 99)
    data += keys[6] + b"\1\0" + (-5).to_bytes(16, "little", signed=True) + struct.pack("<Q", 30) + b"\1\0"

    pool = decode_account(data.ljust(301, b"\0"))

    assert isinstance(pool, Pool)
    assert (pool.pool_bump, pool.index, pool.lp_supply) == (253, 7, 99)
    assert (pool.creator, pool.pool_quote_token_account) == (key_text(keys[0]), key_text(keys[5]))
    assert (pool.coin_creator, pool.is_mayhem_mode, pool.is_cashback_coin) == (key_text(keys[6]), True, False)
    assert (pool.virtual_quote_reserves, pool.creator_fee_bps) == (-5, 30)
    assert (pool.can_edit_creator_fee, pool.is_holder_reward, pool.space) == (True, False, 301)
    assert encode_account(pool) == data.ljust(301, b"\0")


def test_a_graduated_curve_of_2024_reads_all_zeros_and_is_not_tradable():
    curve = decode_account(account_discriminator("BondingCurve") + bytes(41))

    assert curve == BondingCurve(0, 0, 0, 0, 0, False, space=49)
    assert isinstance(curve, BondingCurve)
    assert not curve.is_tradable
    assert not replace(CURVE, complete=True).is_tradable


def test_a_curve_quoted_in_another_mint_is_not_sol_quoted():
    assert not replace(CURVE, quote_mint="EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v").is_sol_quoted


@pytest.mark.parametrize(("length", "known"), [(211, 9), (243, 10), (244, 11), (245, 12), (261, 13), (300, 16)])
def test_pools_of_every_age_read_and_write(length: int, known: int):
    pool = Pool(
        251, 0, SYSTEM, WSOL_MINT, WSOL_MINT, SYSTEM, SYSTEM, SYSTEM, 4_000_000_000_000,
        WSOL_MINT, False, True, -(10**12), 30, True, False,
    )  # fmt: skip
    data = encode_account(pool)[:length]

    read = decode_account(data)

    names = Layout.of(Pool, frozenset({"space"})).names
    assert [getattr(read, name) for name in names[:known]] == [getattr(pool, name) for name in names[:known]]
    assert all(getattr(read, name) is None for name in names[known:])
    assert encode_account(read) == data


@given(accounts)
def test_what_is_written_is_read_at_every_length(account: Any):
    data = encode_account(replace(account, space=0))

    assert decode_account(data) == replace(account, space=len(data))


@given(newest_accounts)
def test_bytes_beyond_the_newest_layout_are_kept(account: Any):
    data = encode_account(replace(account, space=0))

    assert decode_account(data + b"\0\7").extra == b"\0\7"
    assert decode_account(data + b"\0\0").extra == b""


@pytest.mark.parametrize("data", [b"", bytes(8), account_discriminator("BondingCurve"), bytes(49)])
def test_what_is_no_account_of_ours_is_undecodable(data: bytes):
    with pytest.raises(Undecodable):
        decode_account(data)


def test_account_layouts_are_the_interface_files(shared_data: Path):
    for file, names in {"pump": ["BondingCurve", "Global", "FeeConfig"], "pump_amm": ["Pool", "GlobalConfig"]}.items():
        content = interface(shared_data, file)
        types = {each["name"]: each["type"].get("fields") for each in content["types"]}
        for name in names:
            head = next(bytes(each["discriminator"]) for each in content["accounts"] if each["name"] == name)
            assert head == account_discriminator(name)
            struct_type = next(
                kind for kind in (BondingCurve, Global, FeeConfig, Pool, GlobalConfig) if kind.__name__ == name
            )
            ours = Layout.of(struct_type, frozenset({"space"})).names
            assert list(ours) == [field["name"] for field in types[name]], name
