"""To whom a coin's creator gave lamports: read from its latest transactions when the coin may be entered (rules.md §7).

The feed shows no transfers. A wallet that the creator paid before or during our trade, and that sells, is the creator
selling. Read once for each coin, and bounded: a creator's early history stays unknown.
"""

import struct
from collections.abc import Iterator
from time import monotonic

from gevent.pool import Pool
from msgspec import Struct

from actors.adapters.chain.tidings import Tidings
from actors.adapters.rpc.answers import Landed
from actors.adapters.rpc.errors import RpcError
from actors.adapters.rpc.node import Node
from core.chain.codec.kinds import Undecodable
from core.chain.programs import NAMES, SYSTEM
from core.chain.transaction import call_data
from core.errors import MicroError

AT_ONCE = 4
TRANSFER = 2
"""Number of the system program's instruction."""
_TRANSFER = struct.Struct("<IQ")
CREATORS_KEPT = 2_048


class Transfer(Struct, frozen=True):
    source: str
    wallet: str
    lamports: int


def plain_transfers(landed: Landed, source: str) -> Iterator[Transfer]:
    """What a successful transaction moved from `source` to others by the system program's own transfers.

    None of a transaction that also calls one of the trading programs: what is paid there are fees and tips.
    """
    if landed.err is not None or not NAMES.keys().isdisjoint(call.program for call in landed.calls):
        return
    for call in landed.calls:
        if call.program != SYSTEM:
            continue
        try:
            kind, lamports = _TRANSFER.unpack_from(call_data(call))
            payer, payee = (landed.keys[one] if isinstance(one, int) else one for one in call.accounts[:2])
        except (Undecodable, ValueError, LookupError, struct.error):
            continue
        if kind == TRANSFER and payer == source != payee and lamports > 0:
            yield Transfer(source, payee, lamports)


class Funding:
    """`look` reads a creator's latest transactions, `transactions` at most, at most once in `again_s`.

    Each transfer is told once, as a tiding. Blocks its greenlet.
    """

    def __init__(self, node: Node, tidings: Tidings, *, transactions: int, again_s: float) -> None:
        self.counts: dict[str, int] = {}
        self._node, self._tidings = node, tidings
        self._most, self._again_s = transactions, again_s
        self._newest: dict[str, tuple[str, float]] = {}

    def look(self, creator: str) -> None:
        """Never raises: a history that cannot be read leaves insiders unknown, as they are without it."""
        until, looked_s = self._newest.get(creator, ("", float("-inf")))
        if monotonic() - looked_s < self._again_s:
            return
        if creator not in self._newest and len(self._newest) >= CREATORS_KEPT:
            del self._newest[next(iter(self._newest))]
        self._newest[creator] = (until, monotonic())
        try:
            found = self._node.signatures(creator, until=until, limit=self._most)
        except MicroError as error:
            self._count(f"history: {type(error).__name__}")
            return
        if found:
            self._newest[creator] = (found[0].signature, monotonic())
        read = Pool(AT_ONCE).map(self._one, [one.signature for one in reversed(found) if one.err is None])
        for landed in read:
            for transfer in plain_transfers(landed, creator) if landed is not None else ():
                self._tidings.funded(transfer.source, transfer.wallet, transfer.lamports)

    def _one(self, signature: str) -> Landed | None:
        try:
            return self._node.transaction(signature)
        except RpcError as error:
            self._count(f"transaction: {type(error).__name__}")
            return None

    def _count(self, reason: str) -> None:
        self.counts[reason] = self.counts.get(reason, 0) + 1
