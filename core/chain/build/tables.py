"""Address lookup tables: accounts that many transactions name, by one byte each instead of 32."""

from collections.abc import Sequence

from solders.address_lookup_table_account import AddressLookupTable, AddressLookupTableAccount
from solders.instruction import Instruction
from solders.pubkey import Pubkey
from solders.system_program import (
    CreateLookupTableParams,
    ExtendLookupTableParams,
    create_lookup_table,
    extend_lookup_table,
)

from core.chain.build.addresses import (
    ASSOCIATED_TOKEN_ID,
    CURVE_EVENT_AUTHORITY,
    CURVE_FEE_CONFIG,
    CURVE_GLOBAL,
    CURVE_VOLUME,
    POOL_EVENT_AUTHORITY,
    POOL_FEE_CONFIG,
    POOL_GLOBAL,
    POOL_VOLUME,
    PUMP_FEES_ID,
    SYSTEM_ID,
    TOKEN_2022_ID,
    TOKEN_ID,
    WSOL,
)
from core.chain.codec.kinds import Undecodable
from core.errors import Refused

EXTENSION_ADDRESSES = 20
"""How many addresses one extension carries within a transaction's size."""

COMMON_ADDRESSES = (
    ASSOCIATED_TOKEN_ID,
    CURVE_EVENT_AUTHORITY,
    CURVE_FEE_CONFIG,
    CURVE_GLOBAL,
    CURVE_VOLUME,
    POOL_EVENT_AUTHORITY,
    POOL_FEE_CONFIG,
    POOL_GLOBAL,
    POOL_VOLUME,
    PUMP_FEES_ID,
    SYSTEM_ID,
    TOKEN_2022_ID,
    TOKEN_ID,
    WSOL,
)
"""What every trade of every coin names, and so worth a table. Programs that are called stay in the transaction."""


def create_table(authority: Pubkey, payer: Pubkey, recent_slot: int) -> tuple[Instruction, Pubkey]:
    """Opens an empty table, whose address follows from authority and slot. `recent_slot` must be a slot that was."""
    return create_lookup_table(
        CreateLookupTableParams(authority_address=authority, payer_address=payer, recent_slot=recent_slot)
    )


def extend_table(table: Pubkey, authority: Pubkey, payer: Pubkey, addresses: Sequence[Pubkey]) -> Instruction:
    """Adds addresses, which can be used from the next slot on. Refused for none, or more than fit a transaction."""
    if not 0 < len(addresses) <= EXTENSION_ADDRESSES:
        raise Refused(f"a table is extended by 1 to {EXTENSION_ADDRESSES} addresses at once, not {len(addresses)}")
    return extend_lookup_table(
        ExtendLookupTableParams(
            payer_address=payer,
            lookup_table_address=table,
            authority_address=authority,
            new_addresses=list(addresses),
        )
    )


def decode_table(address: Pubkey, data: bytes) -> AddressLookupTableAccount:
    """A table's account as `signing.compile_message` takes it. Undecodable when it is none."""
    try:
        return AddressLookupTableAccount(address, AddressLookupTable.deserialize(data).addresses)
    except ValueError as error:
        raise Undecodable("table") from error
