import struct
from pathlib import Path

import pytest

from core.chain.codec.kinds import Undecodable
from core.chain.decode import Decoder
from core.chain.instructions import decode_trade_call
from core.chain.programs import PUMP, PUMPSWAP, TOKEN, instruction_discriminator
from core.chain.pump import TradeEvent
from tests.chain.recorded import BYTE_ARRAYS, interface, transaction

ACCOUNTS = [f"account-{i}" for i in range(28)]
TRADES = {
    PUMP: ("pump", ["buy", "buy_exact_sol_in", "sell", "buy_v2", "buy_exact_quote_in_v2", "sell_v2"]),
    PUMPSWAP: ("pump_amm", ["buy", "buy_exact_quote_in", "sell"]),
}


def data_of(name: str, rest: bytes = b"") -> bytes:
    return instruction_discriminator(name) + struct.pack("<QQ", 11, 22) + rest


def test_accounts_and_discriminators_are_the_interface_files(shared_data: Path):
    for program, (file, names) in TRADES.items():
        found = {each["name"]: each for each in interface(shared_data, file)["instructions"]}
        for name in names:
            listed = [account["name"] for account in found[name]["accounts"]]
            assert bytes(found[name]["discriminator"]) == instruction_discriminator(name)

            call = decode_trade_call(program, listed, data_of(name))

            assert call is not None
            assert call.mint in {"mint", "base_mint"}
            assert call.market in {"bonding_curve", "pool"}
            assert (call.user, call.quote_mint) in {("user", None), ("user", "quote_mint")}


@pytest.mark.parametrize(
    ("program", "name", "is_buy", "is_exact_in"),
    [
        (PUMP, "buy", True, False),
        (PUMP, "buy_v2", True, False),
        (PUMP, "buy_exact_sol_in", True, True),
        (PUMP, "buy_exact_quote_in_v2", True, True),
        (PUMP, "sell", False, True),
        (PUMP, "sell_v2", False, True),
        (PUMPSWAP, "buy", True, False),
        (PUMPSWAP, "buy_exact_quote_in", True, True),
        (PUMPSWAP, "sell", False, True),
    ],
)
def test_the_row_of_the_mathematics_follows_from_the_name(program: str, name: str, is_buy: bool, is_exact_in: bool):
    call = decode_trade_call(program, ACCOUNTS, data_of(name))

    assert call is not None
    assert (call.name, call.is_buy, call.is_exact_in, call.amount, call.limit) == (name, is_buy, is_exact_in, 11, 22)


@pytest.mark.parametrize(
    ("rest", "track"), [(b"", None), (b"\0", False), (b"\1", True), (b"\1\0", False), (b"\1\1", True)]
)
def test_the_optional_argument_may_be_absent(rest: bytes, track: bool | None):
    call = decode_trade_call(PUMP, ACCOUNTS, data_of("buy", rest))

    assert call is not None
    assert call.track_volume is track


def test_what_is_no_trade_is_nothing():
    assert decode_trade_call(PUMP, ACCOUNTS, instruction_discriminator("create")) is None
    assert decode_trade_call(TOKEN, ACCOUNTS, data_of("buy")) is None
    assert decode_trade_call(PUMP, ACCOUNTS, b"") is None


def test_a_trade_cut_in_data_or_accounts_is_undecodable():
    with pytest.raises(Undecodable):
        decode_trade_call(PUMP, ACCOUNTS, data_of("buy")[:-1])
    with pytest.raises(Undecodable):
        decode_trade_call(PUMP, ACCOUNTS[:6], data_of("buy"))


def test_the_recorded_sale_without_meta_is_read_from_its_bytes(shared_data: Path):
    decoded = Decoder().decode_transaction(transaction(shared_data, BYTE_ARRAYS))

    (call,) = decoded.calls
    (event,) = decoded.events
    assert isinstance(event, TradeEvent)
    assert (call.name, call.amount, call.limit, call.track_volume) == ("sell", 3_878_351_170_692, 522_403_143, None)
    assert (call.mint, call.user) == (event.mint, event.user)
    assert decoded.failed is None
