"""A whole chain in one file, so that a node can end and go on later as if nothing had happened.

Written to a new file beside it and renamed: what is there is always whole. Format: zstd over msgpack.
"""

import os
from pathlib import Path

import zstandard
from msgspec import DecodeError, Struct, msgpack
from solders.account import Account
from solders.pubkey import Pubkey
from solders.transaction import VersionedTransaction

from core.errors import Refused
from localnet.chain import Chain, Waiting
from localnet.faults import Switches
from localnet.market.saved import SavedMarket
from localnet.records import Landed

VERSION = 1


class SavedAccount(Struct, frozen=True, array_like=True):
    address: bytes
    owner: bytes
    lamports: int
    data: bytes
    executable: bool


class SavedWaiting(Struct, frozen=True, array_like=True):
    slot: int
    raw: bytes
    is_background: bool


class SavedChain(Struct, frozen=True, kw_only=True):
    """`market` is absent on a chain without one."""

    version: int
    first_slot: int
    slot: int
    usd_per_sol: float
    switches: Switches
    blockhashes: list[tuple[str, int]]
    accounts: list[SavedAccount]
    landed: list[Landed]
    waiting: list[SavedWaiting]
    market: SavedMarket | None = None


def save(path: Path, chain: Chain, market: SavedMarket | None) -> None:
    """Write everything. OSError when the disk refuses."""
    accounts = []
    for address in sorted(chain.bank.known, key=bytes):
        account = chain.bank.account(address)
        if account is not None:
            row = (bytes(address), bytes(account.owner), account.lamports, bytes(account.data), account.executable)
            accounts.append(SavedAccount(*row))
    saved = SavedChain(
        version=VERSION,
        first_slot=chain.pace.first_slot,
        slot=chain.slot,
        usd_per_sol=chain.usd_per_sol,
        switches=chain.faults.switches,
        blockhashes=list(chain.blockhashes()),
        accounts=accounts,
        landed=list(chain.history.all()),
        waiting=[SavedWaiting(one.slot, one.raw, one.is_background) for one in chain.waiting],
        market=market,
    )
    data = zstandard.ZstdCompressor(level=1).compress(msgpack.encode(saved))
    fresh = path.with_suffix(path.suffix + ".new")
    with fresh.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def load(path: Path) -> SavedChain | None:
    """What was saved there, None when there is no such file. Refused when it is something else."""
    if not path.exists():
        return None
    try:
        data = zstandard.ZstdDecompressor().decompress(path.read_bytes())
        saved = msgpack.decode(data, type=SavedChain)
    except (OSError, zstandard.ZstdError, DecodeError) as error:
        raise Refused(f"{path} holds no chain of a localnet: {error}; name another --state") from None
    if saved.version != VERSION:
        raise Refused(f"{path} was saved by another version ({saved.version}); name another --state")
    return saved


def restore(saved: SavedChain, chain: Chain) -> None:
    """Bring a chain that has not begun to where the saved one was; its next slot is the one after that."""
    if chain.pace.first_slot != saved.first_slot:
        raise Refused(f"the saved chain began at slot {saved.first_slot}, this one begins at {chain.pace.first_slot}")
    chain.usd_per_sol = saved.usd_per_sol
    chain.resume(saved.slot, saved.blockhashes)
    for row in saved.accounts:
        account = Account(row.lamports, row.data, Pubkey.from_bytes(row.owner), row.executable, 2**64 - 1)
        chain.bank.found(Pubkey.from_bytes(row.address), account)
    for landed in saved.landed:
        chain.history.add(landed)
    for order, one in enumerate(saved.waiting):
        transaction = VersionedTransaction.from_bytes(one.raw)
        chain.waiting.append(Waiting(one.slot, order, transaction, one.raw, one.is_background))
    chain.set_switches(saved.switches)
