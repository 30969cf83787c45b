import random
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import astuple, replace

from core.chain.codec.keys import key_bytes, key_text
from core.chain.codec.kinds import KINDS, Undecodable
from core.chain.codec.layout import Layout
from core.chain.events import READERS, decode_event, encode_event, program_of
from core.chain.fees import Shareholder
from core.chain.launchlab import LaunchLabTradeEvent
from core.chain.minor import OTHER_LAYOUTS, OtherEvent
from core.chain.programs import (
    LAUNCHLAB,
    MAYHEM_AGENT,
    PUMP,
    PUMP_FEES,
    PUMPSWAP,
    SYSTEM,
    WSOL_MINT,
    event_discriminator,
)
from core.chain.pump import TradeEvent
from core.chain.pumpswap import SellEvent
from tests.chain.recorded import BYTE_ARRAYS, interface, payloads, transaction
from tests.chain.states import APPENDING, TRADE, any_length, events, newest, newest_events

INTERFACES = {
    PUMP: "pump",
    PUMPSWAP: "pump_amm",
    PUMP_FEES: "pump_fees",
    LAUNCHLAB: "raydium_launchlab_idl",
}
TRADES = any_length(TradeEvent)
HOLDER = Shareholder(WSOL_MINT, 7)


def test_every_recorded_payload_decodes_to_its_last_byte_with_the_expected_values(shared_data: Path):
    found = payloads(shared_data)
    assert len(found) == 8
    for payload in found:
        event = decode_event(payload.program, payload.data)

        assert event.extra == b"", payload.id
        for name, value in payload.expected.items():
            assert getattr(event, name) == value, (payload.id, name)
        assert program_of(event) == payload.program


def test_every_recorded_payload_encodes_to_the_same_bytes(shared_data: Path):
    for payload in payloads(shared_data):
        assert encode_event(decode_event(payload.program, payload.data)) == payload.data, payload.id


def test_the_trade_of_267_bytes_ends_with_the_mayhem_flag(shared_data: Path):
    data = bytes(transaction(shared_data, BYTE_ARRAYS)["instructions"][1]["data"])[8:]

    event = decode_event(PUMP, data)

    assert len(data) == 267
    assert isinstance(event, TradeEvent)
    assert (event.ix_name, event.mayhem_mode, event.cashback, event.extra) == ("sell", False, None, b"")


def test_the_trade_of_393_bytes_is_a_sale_with_one_shareholder_and_quote_fields(shared_data: Path):
    data = next(each.data for each in payloads(shared_data) if each.id == "pump_sell_2026-09-11_same_token")

    event = decode_event(PUMP, data)

    assert len(data) == 393
    assert isinstance(event, TradeEvent)
    assert event.ix_name == "sell"
    assert event.shareholders is not None
    assert [holder.share_bps for holder in event.shareholders] == [10_000]
    assert event.real_quote_reserves == event.real_sol_reserves
    assert event.holder_rewards_bps is None


@given(events)
def test_what_is_encoded_decodes_to_itself_at_every_length(event: Any):
    data = encode_event(event)

    assert decode_event(program_of(event), data) == event
    # A second time the reader knows the shape and takes its short way.
    assert decode_event(program_of(event), data) == event
    assert encode_event(decode_event(program_of(event), data)) == data


@given(st.lists(TRADES, min_size=2, max_size=6))
def test_payloads_of_one_length_with_other_inner_lengths_are_not_confused(trades: list[TradeEvent]):
    rows = [trade for trade in trades for _ in range(2)]
    random.Random(len(rows)).shuffle(rows)

    for trade in rows:
        assert decode_event(PUMP, encode_event(trade)) == trade


def test_a_known_length_with_another_split_of_names_and_shareholders_is_read_anew():
    named = replace(TRADE, ix_name="a" * 34)
    shared = replace(TRADE, ix_name="", shareholders=(HOLDER,))
    assert len(encode_event(named)) == len(encode_event(shared))

    for trade in (named, shared, named, shared):
        assert decode_event(PUMP, encode_event(trade)) == trade


@given(newest_events, st.binary(min_size=1, max_size=40))
def test_bytes_beyond_the_newest_layout_are_kept_and_are_no_error(event: Any, news: bytes):
    data = encode_event(event) + news

    grown = decode_event(program_of(event), data)

    assert grown == replace(event, extra=news)
    assert encode_event(grown) == data


@given(events, st.data())
def test_an_event_cut_anywhere_is_an_older_one_or_undecodable(event: Any, data: st.DataObject):
    whole = encode_event(event)
    cut = whole[: data.draw(st.integers(8, len(whole) - 1))]

    try:
        older = decode_event(program_of(event), cut)
    except Undecodable as error:
        reason = error.reason
    else:
        reason = "older"
        assert type(older) is type(event)
        assert encode_event(older) == cut

    assert reason in {"older", "cut", "short", "length"}


def test_the_oldest_trade_has_129_bytes_and_one_less_is_short():
    data = encode_event(TradeEvent(*astuple(TRADE)[:10]))
    assert len(data) == 129

    with pytest.raises(Undecodable, match="cut"):
        decode_event(PUMP, data[:-1])
    with pytest.raises(Undecodable, match="short"):
        decode_event(PUMP, data[:-8])


@given(newest(TradeEvent))
def test_a_hole_among_the_later_fields_cannot_be_written(trade: TradeEvent):
    holed = replace(trade, fee_recipient=None)

    with pytest.raises(ValueError, match="fee_recipient is absent"):
        encode_event(holed)


def test_launchlabs_trade_with_pumps_discriminator_goes_to_launchlab(shared_data: Path):
    data = next(each.data for each in payloads(shared_data) if each.program == LAUNCHLAB)
    assert data[:8] == event_discriminator("TradeEvent")
    assert READERS[PUMP].keys() & READERS[LAUNCHLAB].keys() >= {data[:8]}

    assert isinstance(decode_event(LAUNCHLAB, data), LaunchLabTradeEvent)


@pytest.mark.parametrize("length", [128, 129, 131, 138, 140, 200])
def test_a_launchlab_trade_of_a_length_nobody_knows_is_undecodable(length: int):
    with pytest.raises(Undecodable, match="length"):
        decode_event(LAUNCHLAB, event_discriminator("TradeEvent") + bytes(length))


def test_an_unknown_program_or_discriminator_is_named():
    with pytest.raises(Undecodable, match="program"):
        decode_event("nobody", bytes(8))
    with pytest.raises(Undecodable, match="discriminator"):
        decode_event(PUMP, bytes(8))


def test_a_trade_in_another_asset_shows_its_quote_amounts():
    trade = replace(
        TRADE,
        sol_amount=0,
        virtual_sol_reserves=0,
        real_sol_reserves=0,
        quote_mint="EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v",
        quote_amount=11,
        virtual_quote_reserves=12,
        real_quote_reserves=13,
    )

    assert not trade.is_sol_quoted
    assert (trade.quote_units, trade.virtual_quote, trade.real_quote) == (11, 12, 13)


@pytest.mark.parametrize("quote_mint", [None, SYSTEM, WSOL_MINT])
def test_a_trade_in_sol_shows_its_sol_amounts(quote_mint: str | None):
    trade = replace(TRADE, quote_mint=quote_mint, quote_amount=11, virtual_quote_reserves=12, real_quote_reserves=13)

    assert trade.is_sol_quoted
    amounts = (trade.quote_units, trade.virtual_quote, trade.real_quote)
    assert amounts == (TRADE.sol_amount, TRADE.virtual_sol_reserves, TRADE.real_sol_reserves)


def test_a_usdc_coins_trade_made_field_by_field_is_read_as_its_program_wrote_it():
    mint, user, usdc = key_bytes(WSOL_MINT), key_bytes(MAYHEM_AGENT), bytes(range(32))
    data = event_discriminator("TradeEvent") + mint + struct.pack("<QQ?", 0, 7_000_000, True) + user
    data += struct.pack("<qQQQQ", 1_800_000_000, 0, 900, 0, 800) + user + struct.pack("<QQ", 95, 2)
    data += user + struct.pack("<QQ", 30, 1) + struct.pack("<?QQQq", True, 1, 2, 3, 4)
    data += struct.pack("<I6s?", 6, b"buy_v2", True) + struct.pack("<QQQQ", 5, 6, 5_000, 1)
    data += struct.pack("<I", 1) + mint + struct.pack("<H", 10_000)
    data += usdc + struct.pack("<QQQQQ", 1_500_000, 4_000, 2_500, 9, 10)

    trade = decode_event(PUMP, data)

    assert isinstance(trade, TradeEvent)
    assert (trade.sol_amount, trade.quote_units, trade.virtual_quote, trade.real_quote) == (0, 1_500_000, 4_000, 2_500)
    assert (trade.quote_mint, trade.holder_rewards_bps, trade.holder_rewards) == (key_text(usdc), 9, 10)
    assert (trade.is_mayhem, trade.is_off_curve, trade.is_exact_in) == (True, True, False)
    assert trade.shareholders == (Shareholder(WSOL_MINT, 10_000),)
    assert (trade.fee_basis_points, trade.creator_fee_basis_points, trade.buyback_fee_basis_points) == (95, 30, 5_000)
    assert trade.extra == b""


def test_a_pool_sale_made_field_by_field_is_read_with_its_signed_virtual_reserves():
    keys = [bytes([i]) * 32 for i in range(1, 8)]
    data = event_discriminator("SellEvent") + struct.pack("<q13Q", -1, *range(1, 14)) + b"".join(keys)
    data += struct.pack("<6Q", *range(21, 27)) + (-(10**20)).to_bytes(16, "little", signed=True)
    data += struct.pack("<?QQQ", True, 31, 32, 33)

    sale = decode_event(PUMPSWAP, data)

    assert isinstance(sale, SellEvent)
    assert (sale.timestamp, sale.base_amount_in, sale.user_quote_amount_out) == (-1, 1, 13)
    assert (sale.pool, sale.coin_creator) == (key_text(keys[0]), key_text(keys[6]))
    assert (sale.coin_creator_fee_basis_points, sale.buyback_fee, sale.virtual_quote_reserves) == (21, 26, -(10**20))
    assert (sale.can_boost, sale.base_supply, sale.holder_rewards_bps, sale.holder_rewards) == (True, 31, 32, 33)
    assert sale.extra == b""


@pytest.mark.parametrize(("name", "exact"), [("buy", False), ("buy_exact_sol_in", True), ("sell", False), (None, None)])
def test_the_instructions_name_says_whether_the_spent_amount_was_fixed(name: str | None, exact: bool | None):
    assert replace(TRADE, ix_name=name).is_exact_in is exact


def test_every_event_of_the_interface_files_is_known_with_its_discriminator(shared_data: Path):
    for program, name in INTERFACES.items():
        for event in interface(shared_data, name)["events"]:
            head = bytes(event["discriminator"])
            assert head == event_discriminator(event["name"])
            assert head in READERS[program], event["name"]


def test_every_layout_is_the_interface_files(shared_data: Path):
    structs = {PUMP: APPENDING[:6], PUMPSWAP: APPENDING[6:]}
    for program, file in INTERFACES.items():
        content = interface(shared_data, file)
        types = {each["name"]: each["type"].get("fields") or [] for each in content["types"]}
        layouts = {struct.__name__: Layout.of(struct) for struct in structs.get(program, ())}
        for name, layout in (layouts | OTHER_LAYOUTS[program]).items():
            assert list(layout.names) == [field["name"] for field in types[name]]
            for kind, field in zip(layout.kinds, types[name], strict=True):
                if isinstance(field["type"], str) and field["type"] != "string":
                    assert kind == KINDS[field["type"]], (name, field)


@pytest.mark.parametrize(
    ("program", "name", "values"),
    [
        (
            PUMP,
            "ExtendAccountEvent",
            {"account": "a", "user": "a", "current_size": 115, "new_size": 151, "timestamp": 9},
        ),
        (PUMP_FEES, "SocialFeePdaCreated", {"timestamp": 1, "user_id": "x", "platform": 2, "social_fee_pda": "a"}),
        (
            PUMP_FEES,
            "CreateFeeSharingConfigEvent",
            {"timestamp": 1, "mint": "a", "bonding_curve": "a", "pool": None, "sharing_config": "a", "admin": "a"},
        ),
    ],
)
def test_events_without_a_struct_are_read_by_name(program: str, name: str, values: dict[str, Any]):
    event = OtherEvent(program, name, {key: WSOL_MINT if value == "a" else value for key, value in values.items()})

    assert decode_event(program, encode_event(event)) == event


def test_a_created_fee_sharing_names_its_shareholders():
    names = OTHER_LAYOUTS[PUMP_FEES]["CreateFeeSharingConfigEvent"].names
    values = dict(zip(names, [1, *[WSOL_MINT] * 5, (HOLDER,), 1], strict=True))
    event = OtherEvent(PUMP_FEES, "CreateFeeSharingConfigEvent", values)

    assert decode_event(PUMP_FEES, encode_event(event)) == event
