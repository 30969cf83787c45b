"""What the accounts of ours have locked, and what became of every account that a transaction of ours ever opened.

Read from a node alone: balances, token accounts, accumulators with the token accounts that those own, and each
transaction in the history of every wallet of every generation.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from msgspec import Struct
from solders.pubkey import Pubkey

from core.chain.build.addresses import PUMP_ID, PUMPSWAP_ID, volume_accumulator
from core.chain.programs import TOKEN, TOKEN_2022
from core.types import Role

Ask = Callable[..., Any]
"""Method and parameters of JSON-RPC; its result."""
AT = {"commitment": "confirmed"}


class Locked(Struct, frozen=True, kw_only=True):
    """One account beside a wallet's own that exists now. `generation` is None where it is not of our wallets."""

    address: str
    kind: str
    lamports: int
    generation: int | None
    holder: str


class Rents(Struct, frozen=True, kw_only=True):
    """`wallets[generation]` are lamports of the five wallets themselves."""

    generation: int
    wallets: list[int]
    ours: list[Locked]
    """Token accounts and accumulators of any wallet of any generation."""
    opened: int
    """Accounts that our transactions opened since the first."""
    unclosable: list[Locked]
    """Token accounts of our accumulators: what a cashback coin on its pool leaves for ever, any generation."""
    others: list[Locked]
    """Those of them that still exist and are somebody else's: creators' fee accounts, for instance."""

    def of(self, generation: int) -> int:
        """Lamports that the wallets of this generation have locked in other accounts."""
        return sum(one.lamports for one in self.ours if one.generation == generation)


def read_rents(ask: Ask, wallets: Sequence[Sequence[str]], generation: int) -> Rents:
    """`wallets[generation]` are addresses in the order of their roles, the present generation among them."""
    ours: list[Locked] = []
    held: list[int] = []
    for number, addresses in enumerate(wallets):
        held.append(sum(ask("getBalance", address, AT)["value"] for address in addresses))
        for role, address in zip(Role, addresses, strict=True):
            ours += _of_wallet(ask, number, role, address)
    every = [address for addresses in wallets for address in addresses]
    known = {one.address for one in ours} | set(every)
    opened = _opened(ask, every)
    left = [one for address in sorted(opened - known) if (one := _alive(ask, address)) is not None]
    accumulators = {str(one) for address in every for one in _accumulators(address).values()}
    return Rents(
        generation=generation,
        wallets=held,
        ours=ours,
        opened=len(opened - set(every)),
        unclosable=[one for one in left if one.holder in accumulators],
        others=[one for one in left if one.holder not in accumulators],
    )


def _accumulators(address: str) -> dict[str, Pubkey]:
    owner = Pubkey.from_string(address)
    return {"curve": volume_accumulator(owner, PUMP_ID), "pool": volume_accumulator(owner, PUMPSWAP_ID)}


def _of_wallet(ask: Ask, generation: int, role: Role, address: str) -> Iterable[Locked]:
    yield from _tokens(ask, address, generation, f"{role}'s token account")
    for name, accumulator in _accumulators(address).items():
        lamports = ask("getBalance", str(accumulator), AT)["value"]
        if lamports:
            kind = f"{role}'s accumulator of the {name}"
            yield Locked(address=str(accumulator), kind=kind, lamports=lamports, generation=generation, holder=address)


def _tokens(ask: Ask, owner: str, generation: int | None, kind: str) -> Iterable[Locked]:
    for program in (TOKEN, TOKEN_2022):
        config = {"encoding": "jsonParsed"} | AT
        for one in ask("getTokenAccountsByOwner", owner, {"programId": program}, config)["value"]:
            lamports = one["account"]["lamports"]
            yield Locked(address=one["pubkey"], kind=kind, lamports=lamports, generation=generation, holder=owner)


def _opened(ask: Ask, addresses: Iterable[str]) -> set[str]:
    """Accounts that were empty before a transaction of these wallets and were not after it."""
    signatures = {
        one["signature"]: None
        for address in addresses
        for one in ask("getSignaturesForAddress", address, {"limit": 1_000} | AT)
    }
    opened: set[str] = set()
    for signature in signatures:
        found = ask("getTransaction", signature, {"encoding": "json", "maxSupportedTransactionVersion": 0} | AT)
        meta, message = found["meta"], found["transaction"]["message"]
        loaded = meta.get("loadedAddresses") or {"writable": [], "readonly": []}
        keys = [*message["accountKeys"], *loaded["writable"], *loaded["readonly"]]
        before, after = meta["preBalances"], meta["postBalances"]
        opened |= {key for key, was, now in zip(keys, before, after, strict=True) if now and not was}
    return opened


def _alive(ask: Ask, address: str) -> Locked | None:
    account = ask("getAccountInfo", address, {"encoding": "jsonParsed"} | AT)["value"]
    if account is None or not account["lamports"]:
        return None
    data = account["data"]
    info = data["parsed"]["info"] if isinstance(data, dict) else {}
    kind = "token account" if "owner" in info else f"account of {account['owner']}"
    holder = info.get("owner", "")
    return Locked(address=address, kind=kind, lamports=account["lamports"], generation=None, holder=holder)
