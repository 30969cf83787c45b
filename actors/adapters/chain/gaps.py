"""What a live feed missed, read from history: transactions of the programs between two slots, or of what we hold.

A busy program has more of them in a second than a node may be asked for. Then the gap stays one, and only the tokens
that are held are read: their prices decide exits. A log that the node cut is made whole from the calls by which the
programs report to themselves.
"""

from base64 import b64encode
from collections.abc import Callable, Collection, Iterable

import gevent
from gevent.pool import Pool

from actors.adapters.live_feed import Filled, Polled
from actors.adapters.rpc.answers import Landed, SignatureFound
from actors.adapters.rpc.errors import RpcError
from actors.adapters.rpc.node import Node
from actors.adapters.rpc.requests import CONFIRMED
from core.chain.codec.kinds import Undecodable
from core.chain.programs import CPI_EVENT_PREFIX, PUMP, PUMPSWAP
from core.chain.transaction import call_data
from core.messages import RawTransaction

AT_ONCE = 8
FIRST_SLOTS = 150
"""Asked for where nothing was ever heard: about a minute."""
REREAD_EVERY_S = 0.5
REREAD_TIMES = 6
"""A transaction is told as processed, and can be read once it is confirmed: a second or two later."""


class History:
    """Fills gaps by `fill`, makes cut logs whole by `reread`; both block their greenlet and raise RpcError.

    `most`: transactions read for one gap. `held`: addresses whose history is read when there are more.
    """

    def __init__(
        self,
        node: Node,
        *,
        most: int,
        held: Callable[[], Collection[str]],
        programs: tuple[str, ...] = (PUMP, PUMPSWAP),
    ) -> None:
        self._node, self._most, self._held, self._programs = node, most, held, programs

    def fill(self, since: int, to: int) -> Filled:
        """The transactions after slot `since` and up to `to`, oldest first."""
        found, whole = self._found(self._programs, since, to)
        if not whole:
            found, _ = self._found(self._held(), since, to)
        transactions, all_read = self._read(found)
        return Filled(transactions, whole and all_read)

    def poll(self, since: int) -> Polled | None:
        """The trades of what is held after slot `since` (0: the last minute's), and the slot up to which that is."""
        held = self._held()
        if not held:
            return None
        slot = self._node.slot(CONFIRMED, for_exit=True)
        found, _ = self._found(held, since or slot - FIRST_SLOTS, slot)
        return slot, self._read(found)[0]

    def reread(self, cut: RawTransaction) -> RawTransaction | None:
        """The transaction with every event that its programs reported; None when it cannot be had."""
        for _ in range(REREAD_TIMES):
            landed = self._node.transaction(cut.signature)
            if landed is not None:
                return raw(landed)
            gevent.sleep(REREAD_EVERY_S)
        return None

    def _found(self, addresses: Iterable[str], since: int, to: int) -> tuple[list[SignatureFound], bool]:
        """Successful transactions of these addresses, oldest first; not whole: there are more than may be read."""
        found: dict[str, SignatureFound] = {}
        whole = True
        for address in addresses:
            for seen, one in enumerate(self._node.history(address, since_slot=since + 1, most=4 * self._most), start=1):
                if one.slot <= to and one.err is None:
                    found[one.signature] = one
                if len(found) > self._most or seen >= 4 * self._most:
                    whole = False
                    break
        # Histories come newest first: turned round, the transactions of one slot keep their order.
        ordered = list(found.values())
        ordered.reverse()
        ordered.sort(key=lambda one: one.slot)
        return ordered[-self._most :], whole

    def _read(self, found: list[SignatureFound]) -> tuple[tuple[RawTransaction, ...], bool]:
        read = Pool(AT_ONCE).map(self._one, found)
        there = tuple(raw(one) for one in read if one is not None)
        return there, len(there) == len(found)

    def _one(self, found: SignatureFound) -> Landed | None:
        try:
            return self._node.transaction(found.signature)
        except RpcError:
            return None  # counted by the client; the gap stays one


def raw(landed: Landed) -> RawTransaction:
    """As the feed would have told it; a cut log is spelled out anew."""
    logs = landed.logs
    if "Log truncated" in logs and landed.err is None:
        logs = _spelled_out(landed) or logs
    return RawTransaction(landed.signature, landed.slot, landed.err, logs)


def _spelled_out(landed: Landed) -> tuple[str, ...]:
    """A log that says what the programs reported by calling themselves, in that order."""
    lines: list[str] = []
    for call in landed.calls:
        if not call.is_inner or call.program not in {PUMP, PUMPSWAP}:
            continue
        try:
            data = call_data(call)
        except (Undecodable, ValueError):
            continue
        if data.startswith(CPI_EVENT_PREFIX):
            said = b64encode(data[len(CPI_EVENT_PREFIX) :]).decode()
            lines += [f"Program {call.program} invoke [1]", f"Program data: {said}", f"Program {call.program} success"]
    return tuple(lines)
