"""The venue on Solana: signs orders with our keys, sends the bytes by every lane, says what became of them.

`sign` of an entry makes no call to a node; what it needs was read before the decision. Sends run in greenlets of their
own and nothing waits for them: a lane that is slow holds nobody up, and the same bytes go out again by the executor's
timer.
"""

from base64 import b64decode, b64encode
from collections.abc import Callable

import gevent

from actors.adapters.chain.keepers import BlockhashKeeper
from actors.adapters.onchain.building import Builder
from actors.adapters.onchain.tokens import TokenMemory
from actors.adapters.onchain.tracking import Tracker
from actors.adapters.rpc.answers import Blockhash
from actors.adapters.rpc.errors import RpcRefused
from actors.adapters.rpc.lanes import LaneAnswer, Lanes, Start
from actors.adapters.rpc.node import Node
from core.errors import MicroError, Refused
from core.messages import Message, Order, Settlement, SubmitOrder, TransactionSettled
from core.ports import Signed
from core.types import Purpose, Side

VALID_SLOTS = 150
"""A blockhash's life; chain constant."""
SENDS_AT_ONCE = 64
"""Over all lanes."""
BUYS = frozenset({Purpose.ENTRY, Purpose.REENTRY})


class SolanaVenue:
    """Implements `core.ports.VenueBackend`. `sends` counts what lanes answered, by (lane, word)."""

    def __init__(  # noqa: PLR0917  # everything that a transaction needs on its way
        self,
        node: Node,
        blockhash: BlockhashKeeper,
        builder: Builder,
        tokens: TokenMemory,
        tracker: Tracker,
        lanes: Lanes,
    ) -> None:
        self.tracker = tracker
        self.sends: dict[tuple[str, str], int] = {}
        self._node, self._blockhash, self._builder = node, blockhash, builder
        self._tokens, self._lanes = tokens, lanes
        self._sending = 0
        self._mints: dict[str, str] = {}
        tracker.settled = self._settled
        self._tell: Callable[[str, Message], object] = lambda *_: None
        self._start: Start = gevent.spawn
        self._greenlet: gevent.Greenlet[[], None] | None = None

    def attach(self, tell: Callable[[str, Message], object], start: Start = gevent.spawn) -> None:
        """From now on landings are told to the actor `venue`, and sends begin by `start`."""
        self._tell, self._start = tell, start
        self._greenlet = gevent.spawn(self.tracker.run)

    def close(self) -> None:
        if self._greenlet is not None:
            self._greenlet.kill()

    def sign(self, order: Order, slot: int) -> Signed:
        """Raises Refused, also when a node that had to be asked did not answer: the placer tries again."""
        try:
            blockhash = self._recent(order)
            signed = self._builder.build(order, blockhash)
        except RpcRefused as refusal:
            raise Refused(f"a node refused what the order needs: {refusal}") from None
        except Refused:
            raise
        except MicroError as error:
            raise Refused(f"it cannot be built now: {error}") from None
        if order.mint:
            self._mints[signed.signature] = order.mint
        return Signed(
            signature=signed.signature,
            last_valid_slot=blockhash.slot + VALID_SLOTS,
            raw=b64encode(signed.raw).decode(),
            last_valid_block_height=signed.last_valid_block_height or 0,
        )

    def submit(self, order: Order, signature: str, last_valid_slot: int, raw: str = "") -> None:
        if self._sending < SENDS_AT_ONCE:
            is_exit = order.side is not Side.BUY
            self._sending += self._lanes.post(
                b64decode(raw), self._answered, self._start, tipped=order.tip_lamports > 0, for_exit=is_exit
            )

    def status(self, signature: str) -> Settlement | None:
        return self.tracker.status(signature)

    def is_absent(self, submit: SubmitOrder, slot: int) -> bool:
        self.tracker.watch(submit)
        if not self.tracker.is_absent(submit.signature):
            return False
        self.tracker.forget(submit.signature)
        self._doubt(submit.signature)
        return True

    def _recent(self, order: Order) -> Blockhash:
        found = self._blockhash.current()
        if found is not None:
            return found
        if order.purpose in BUYS:
            raise Refused("no recent blockhash is known: nothing is bought")
        return self._node.latest_blockhash(for_exit=True)

    def _answered(self, answer: LaneAnswer) -> None:
        self._sending -= 1
        word = "ok" if not answer.error else "refused"
        self.sends[answer.lane, word] = self.sends.get((answer.lane, word), 0) + 1

    def _settled(self, settlement: Settlement) -> None:
        if settlement.error:
            self._doubt(settlement.signature)
        self._mints.pop(settlement.signature, None)
        self._tell("venue", TransactionSettled(settlement=settlement))

    def _doubt(self, signature: str) -> None:
        """What it was built from may be wrong: the next transaction of the token reads it anew."""
        mint = self._mints.get(signature)
        if mint is not None:
            self._tokens.doubt(mint)
