"""The accounts of held tokens as last known: for verdicts that must be renewed, and for exits that cannot wait to read.

A curve's or pool's reserves change with every trade, and trades are told by the feed; here counts what else changes:
creator, flags, length, completion. A mint that changes at all is news.
"""

from collections.abc import Callable, Collection
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from actors.adapters.chain.tidings import Tidings
from actors.adapters.chain.watch_frames import AccountTold
from actors.adapters.rpc.requests import key
from core.chain.accounts import BondingCurve, Pool, decode_account
from core.chain.build.addresses import bonding_curve, canonical_pool
from core.chain.codec.kinds import Undecodable


class Known(Struct, frozen=True):
    slot: int
    owner: str
    data: bytes


class HeldAccounts:
    """`wanted` and `changed` are for a `Watch`; `known` is the newest state by address."""

    def __init__(self, tidings: Tidings, held: Callable[[], Collection[str]]) -> None:
        """`held`: mints of open positions."""
        self.known: dict[str, Known] = {}
        self._tidings, self._held = tidings, held
        self._of_mint: dict[str, tuple[str, ...]] = {}
        self._judged: dict[str, Any] = {}

    def wanted(self) -> dict[str, str]:
        """Mint, curve and pool of every held token, each with its mint."""
        held = set(self._held())
        for mint in held - self._of_mint.keys():
            coin = key(mint)
            self._of_mint[mint] = (mint, str(bonding_curve(coin)), str(canonical_pool(coin)))
        for mint in self._of_mint.keys() - held:
            for address in self._of_mint.pop(mint):
                self.known.pop(address, None)
                self._judged.pop(address, None)
        return {address: mint for mint, addresses in self._of_mint.items() for address in addresses}

    def addresses(self) -> tuple[str, ...]:
        """Curves and pools whose history tells the trades of what is held."""
        self.wanted()
        return tuple(address for addresses in self._of_mint.values() for address in addresses[1:])

    def changed(self, address: str, mint: str, told: AccountTold | None) -> None:
        """None: it may have changed unseen."""
        if told is None:
            self._judged.pop(address, None)
            self._tidings.changed(mint)
            return
        before = self.known.get(address)
        if before is not None and told.slot < before.slot:
            return  # a node that is behind
        self.known[address] = Known(told.slot, told.owner, told.data)
        judged = _judged(told)
        if self._judged.get(address) != judged:
            self._judged[address] = judged
            self._tidings.changed(mint)


def _judged(told: AccountTold) -> Any:
    """What of an account verdicts rest on: all of it but reserves."""
    try:
        account: Any = decode_account(told.data)
    except (Undecodable, ValueError):
        return told.owner, told.data
    match account:
        case BondingCurve():
            return replace(
                account,
                virtual_token_reserves=0,
                virtual_quote_reserves=0,
                real_token_reserves=0,
                real_quote_reserves=0,
            )
        case Pool():
            return replace(account, lp_supply=0, virtual_quote_reserves=0)
        case _:
            return told.owner, told.data
