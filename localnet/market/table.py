"""The lookup table that the market's transactions use: without it a creation with its first buy would be too long."""

import struct

from solders.account import Account
from solders.address_lookup_table_account import AddressLookupTableAccount
from solders.pubkey import Pubkey

from core.chain.build.addresses import PUMP_ID, derived
from core.chain.build.tables import COMMON_ADDRESSES
from core.chain.programs import MAYHEM, MAYHEM_AGENT
from localnet import genesis

TABLE_PROGRAM = "AddressLookupTab1e1111111111111111111111111"
_HEAD = struct.Struct("<IQQBB32sH")
_HEAD_BYTES = 56
_LOOKUP_TABLE, _NEVER = 1, 2**64 - 1
_MAYHEM = genesis.key(MAYHEM)
ADDRESSES = (
    *COMMON_ADDRESSES,
    *(genesis.key(text) for text in (*genesis.FEE_RECIPIENTS, *genesis.BUYBACK_RECIPIENTS)),
    derived(PUMP_ID, b"mint-authority"),
    derived(_MAYHEM, b"global-params"),
    _MAYHEM,
    genesis.key(MAYHEM_AGENT),
    genesis.key(genesis.WITHDRAW_AUTHORITY),
)
ADDRESS = derived(genesis.key(TABLE_PROGRAM), b"localnet")


def table() -> AddressLookupTableAccount:
    return AddressLookupTableAccount(ADDRESS, list(ADDRESSES))


def _account() -> Account:
    """As the table program would have written it long ago, frozen: nobody may change it."""
    head = _HEAD.pack(_LOOKUP_TABLE, _NEVER, 0, 0, 0, bytes(32), 0).ljust(_HEAD_BYTES, b"\0")
    return genesis.owned(TABLE_PROGRAM, head + b"".join(map(bytes, ADDRESSES)))


TABLE: tuple[Pubkey, Account] = (ADDRESS, _account())
