"""The C header of addresses and discriminators, made from `core.chain.programs`, so that they are written down once."""

from solders.pubkey import Pubkey

from core.chain import programs
from core.chain.programs import (
    CPI_EVENT_PREFIX,
    PUMP,
    PUMP_FEES,
    PUMPSWAP,
    account_discriminator,
    event_discriminator,
    instruction_discriminator,
)

HEADER = "facts.h"
INSTRUCTIONS = {
    "IX_BUY": "buy",
    "IX_BUY_EXACT_SOL_IN": "buy_exact_sol_in",
    "IX_SELL": "sell",
    "IX_BUY_V2": "buy_v2",
    "IX_BUY_EXACT_QUOTE_IN_V2": "buy_exact_quote_in_v2",
    "IX_SELL_V2": "sell_v2",
    "IX_BUY_EXACT_QUOTE_IN": "buy_exact_quote_in",
    "IX_CREATE_V2": "create_v2",
    "IX_CREATE_POOL": "create_pool",
    "IX_MIGRATE": "migrate",
    "IX_OPEN_VOLUME": "init_user_volume_accumulator",
    "IX_CLOSE_VOLUME": "close_user_volume_accumulator",
    "IX_CLAIM_CASHBACK": "claim_cashback",
}
EVENTS = {
    "EVENT_TRADE": "TradeEvent",
    "EVENT_CREATE": "CreateEvent",
    "EVENT_COMPLETE": "CompleteEvent",
    "EVENT_MIGRATION": "CompletePumpAmmMigrationEvent",
    "EVENT_CREATE_POOL": "CreatePoolEvent",
    "EVENT_POOL_BUY": "BuyEvent",
    "EVENT_POOL_SELL": "SellEvent",
    "EVENT_OPEN_VOLUME": "InitUserVolumeAccumulatorEvent",
    "EVENT_CLOSE_VOLUME": "CloseUserVolumeAccumulatorEvent",
    "EVENT_CLAIM_CASHBACK": "ClaimCashbackEvent",
}
ACCOUNTS = {
    "ACCOUNT_GLOBAL": "Global",
    "ACCOUNT_GLOBAL_CONFIG": "GlobalConfig",
    "ACCOUNT_BONDING_CURVE": "BondingCurve",
    "ACCOUNT_POOL": "Pool",
    "ACCOUNT_USER_VOLUME": "UserVolumeAccumulator",
}
METADATA = {
    # First 8 bytes of SHA-256 over `spl_token_metadata_interface:initialize_account` and `…:update_the_authority`.
    "METADATA_INITIALIZE": bytes.fromhex("d2e11ea258b84d8d"),
    "METADATA_UPDATE_AUTHORITY": bytes.fromhex("d7e4a6e45464567b"),
}
LAYOUT_SEED = b"localnet-layout"
"""Names the account that instructions want at the end once a pretended upgrade has changed their lists."""


def derived(program: str, *seeds: bytes) -> tuple[Pubkey, int]:
    """The address that `program` derives from `seeds`, and its bump."""
    return Pubkey.find_program_address(list(seeds), Pubkey.from_string(program))


LAYOUT = str(derived(PUMP, LAYOUT_SEED)[0])


def header() -> str:
    """The text of `facts.h`."""
    named = {
        "SYSTEM": programs.SYSTEM,
        "TOKEN": programs.TOKEN,
        "TOKEN_2022": programs.TOKEN_2022,
        "ASSOCIATED_TOKEN": programs.ASSOCIATED_TOKEN,
        "WSOL_MINT": programs.WSOL_MINT,
        "PUMP": PUMP,
        "PUMPSWAP": PUMPSWAP,
        "PUMP_FEES": PUMP_FEES,
        "MAYHEM": programs.MAYHEM,
        "MAYHEM_AGENT": programs.MAYHEM_AGENT,
        "LAYOUT": LAYOUT,
    }
    keys = {name: bytes(Pubkey.from_string(text)) for name, text in named.items()}
    pump, pumpswap = bytes(Pubkey.from_string(PUMP)), bytes(Pubkey.from_string(PUMPSWAP))
    made = {
        "PUMP_GLOBAL": derived(PUMP, b"global"),
        "PUMP_EVENT_AUTHORITY": derived(PUMP, b"__event_authority"),
        "PUMP_GLOBAL_VOLUME": derived(PUMP, b"global_volume_accumulator"),
        "PUMP_FEE_CONFIG": derived(PUMP_FEES, b"fee_config", pump),
        "MINT_AUTHORITY": derived(PUMP, b"mint-authority"),
        "PUMPSWAP_CONFIG": derived(PUMPSWAP, b"global_config"),
        "PUMPSWAP_EVENT_AUTHORITY": derived(PUMPSWAP, b"__event_authority"),
        "PUMPSWAP_GLOBAL_VOLUME": derived(PUMPSWAP, b"global_volume_accumulator"),
        "PUMPSWAP_FEE_CONFIG": derived(PUMP_FEES, b"fee_config", pumpswap),
        "MAYHEM_PARAMS": derived(programs.MAYHEM, b"global-params"),
    }
    numbers = {
        "CPI_EVENT": CPI_EVENT_PREFIX,
        **{name: instruction_discriminator(text) for name, text in INSTRUCTIONS.items()},
        **{name: event_discriminator(text) for name, text in EVENTS.items()},
        **{name: account_discriminator(text) for name, text in ACCOUNTS.items()},
        **METADATA,
    }
    lines = ["/* Made by facts.py of what core.chain.programs says. */", "#ifndef FACTS_H", "#define FACTS_H"]
    lines += [f"#define {name} 0x{int.from_bytes(data, 'little'):016x}ULL" for name, data in numbers.items()]
    lines += [f"#define BUMP_{name} {bump}" for name, (_, bump) in made.items()]
    for name, key in {**keys, **{name: bytes(address) for name, (address, _) in made.items()}}.items():
        lines.append(f"static const unsigned char KEY_{name}[32] = {{{', '.join(str(byte) for byte in key)}}};")
    return "\n".join([*lines, "#endif", ""])
