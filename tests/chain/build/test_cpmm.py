import struct
from pathlib import Path

import pytest
from msgspec.structs import asdict, replace

from core.chain.build.addresses import TOKEN_2022_ID, TOKEN_ID, WSOL, token_account
from core.chain.build.cpmm import swap_accounts, swap_base_input, swap_base_output
from core.chain.codec.kinds import Undecodable
from core.chain.codec.layout import Layout
from core.chain.cpmm import SWAPS_OFF, CpmmConfig, CpmmPool, decode_cpmm_config, decode_cpmm_pool
from core.chain.programs import account_discriminator
from core.errors import Refused
from tests.chain.build.coins import MINT, USER, key
from tests.chain.recorded import interface

USER_KEY = USER.pubkey()
ADDRESS = key("pool")
POOL = CpmmPool(
    amm_config=str(key("config")),
    pool_creator=str(key("creator")),
    token_0_vault=str(key("vault 0")),
    token_1_vault=str(key("vault 1")),
    lp_mint=str(key("lp")),
    token_0_mint=str(MINT),
    token_1_mint=str(WSOL),
    token_0_program=str(TOKEN_2022_ID),
    token_1_program=str(TOKEN_ID),
    observation_key=str(key("observation")),
    auth_bump=1,
    status=0,
    lp_mint_decimals=9,
    mint_0_decimals=6,
    mint_1_decimals=9,
    lp_supply=10,
    protocol_fees_token_0=1,
    protocol_fees_token_1=2,
    fund_fees_token_0=3,
    fund_fees_token_1=4,
    open_time=5,
    recent_epoch=6,
    creator_fee_on=0,
    enable_creator_fee=True,
    padding=bytes(6),
    creator_fees_token_0=7,
    creator_fees_token_1=8,
)
CONFIG = CpmmConfig(1, False, 2, 2_500, 120_000, 40_000, 0, str(key("protocol")), str(key("fund")), 1_000)


def data_of(name: str, struct_: CpmmPool | CpmmConfig, padding: int) -> bytes:
    layout = Layout.of(type(struct_))
    return account_discriminator(name) + layout.encode(layout.row(struct_)) + bytes(padding)


def test_accounts_read_as_they_stand_and_nothing_else_does():
    assert decode_cpmm_pool(data_of("PoolState", POOL, 28 * 8)) == POOL
    assert decode_cpmm_config(data_of("AmmConfig", CONFIG, 15 * 8)) == CONFIG
    assert len(data_of("PoolState", POOL, 28 * 8)) == 637
    assert (POOL.owed_0, POOL.owed_1) == (11, 14)
    for wrong in (b"", data_of("AmmConfig", CONFIG, 0), data_of("PoolState", POOL, 0)[:-1]):
        with pytest.raises(Undecodable):
            decode_cpmm_pool(wrong)


@pytest.mark.parametrize(("struct_", "name"), [(POOL, "PoolState"), (CONFIG, "AmmConfig")])
def test_layouts_are_the_interface_files(shared_data: Path, struct_: CpmmPool | CpmmConfig, name: str):
    types = interface(shared_data, "raydium_cpmm_v2")["types"]
    listed = next(each["type"]["fields"] for each in types if each["name"] == name)

    ours = [field.replace("padding", "padding1") for field in asdict(struct_)]
    assert [field["name"] for field in listed][: len(ours)] == ours


@pytest.mark.parametrize("is_sale", [True, False])
def test_a_swap_has_the_accounts_of_the_interface_file(shared_data: Path, is_sale: bool):
    source, target = (MINT, WSOL) if is_sale else (WSOL, MINT)
    accounts = swap_accounts(ADDRESS, POOL, USER_KEY, source)
    given, taken = swap_base_input(accounts, 11, 22), swap_base_output(accounts, 11, 22)

    for built in (given, taken):
        listed = next(
            each
            for each in interface(shared_data, "raydium_cpmm_v2")["instructions"]
            if bytes(each["discriminator"]) == built.data[:8]
        )
        flags = [(each.get("writable", False), each.get("signer", False)) for each in listed["accounts"]]
        assert [(meta.is_writable, meta.is_signer) for meta in built.accounts] == flags
        named = dict(zip((each["name"] for each in listed["accounts"]), built.accounts, strict=True))
        assert (named["input_token_mint"].pubkey, named["output_token_mint"].pubkey) == (source, target)
        assert named["input_vault"].pubkey == key("vault 0" if is_sale else "vault 1")
        assert named["output_token_program"].pubkey == (TOKEN_ID if is_sale else TOKEN_2022_ID)
    assert accounts.user_input == token_account(USER_KEY, source, TOKEN_2022_ID if is_sale else TOKEN_ID)
    assert struct.unpack("<QQ", given.data[8:]) == (11, 22)
    # max_amount_in comes first, as the interface file has it.
    assert struct.unpack("<QQ", taken.data[8:]) == (22, 11)


def test_what_the_pool_cannot_do_is_refused():
    with pytest.raises(Refused, match="does not trade"):
        swap_accounts(ADDRESS, POOL, USER_KEY, key("other"))
    with pytest.raises(Refused, match="switched off"):
        swap_accounts(ADDRESS, replace(POOL, status=SWAPS_OFF), USER_KEY, MINT)
    accounts = swap_accounts(ADDRESS, POOL, USER_KEY, MINT)
    for build, amount, limit in ((swap_base_input, 0, 1), (swap_base_output, 0, 1), (swap_base_output, 1, 0)):
        with pytest.raises(Refused, match="must be"):
            build(accounts, amount, limit)
