"""What became of our transactions: asked again and again, for all of them in one call, until the chain has answered.

A landing is read at `confirmed` from the transaction itself. Absence is proven (core.rules.absence), never assumed: a
node that lags or forgets leaves a transaction unresolved, and it may still be found by another one.
"""

from collections.abc import Callable
from time import monotonic

from gevent.event import Event
from msgspec import Struct
from msgspec.structs import replace

from actors.adapters.chain.funding import TRANSFER
from actors.adapters.onchain.wallets import OurWallets, WatchedWallets
from actors.adapters.rpc.answers import Absent, Landed
from actors.adapters.rpc.finality import read_finalized
from actors.adapters.rpc.node import Node
from core.chain.decode import Decoder
from core.chain.outcome import settlement_of
from core.chain.programs import SYSTEM
from core.chain.transaction import call_data
from core.errors import MicroError
from core.ledger.books import Books
from core.messages import Order, Settlement, SubmitOrder
from core.rules import absence
from core.rules.network_fee import signatures
from core.types import Purpose, Side

LOOK_EVERY_S = 0.4
"""A slot."""
PROVE_EVERY_S = 2.0
HISTORY_EVERY_S = 4.0
"""How often the full history is searched for what the node's own cache does not know."""
SETTLED_KEPT = 1_024
HAS_BALANCE = '"Custom":11}'
"""How a token program refuses to close an account that still holds something."""
FINAL = ("confirmed", "finalized")


class _Watched(Struct):
    order: Order
    last_valid_block_height: int
    last_valid_slot: int
    searched_s: float = 0.0
    proved_s: float = 0.0
    is_absent: bool = False


class Tracker:
    """`settled` is told of every landing, on the hub; `errors` counts what nodes did not answer, by reason.

    `followed` and `unfollowed` are told which signatures matter, for whoever may hear of them sooner and then `wake`s.
    """

    def __init__(
        self, node: Node, wallets: OurWallets, decoder: Decoder, books: Callable[[], Books], slot: Callable[[], int]
    ) -> None:
        self.errors: dict[str, int] = {}
        self.settled: Callable[[Settlement], None] = lambda _: None
        self.followed: Callable[[str], None] = lambda _: None
        self.unfollowed: Callable[[str], None] = lambda _: None
        self._woken = Event()
        self._node, self._wallets, self._decoder = node, wallets, decoder
        self._books, self._slot = books, slot
        self._watched: dict[str, _Watched] = {}
        self._settled: dict[str, Settlement] = {}

    def watch(self, submit: SubmitOrder) -> None:
        """Look for this transaction from now on."""
        if submit.signature not in self._watched and submit.signature not in self._settled:
            self._watched[submit.signature] = _Watched(
                submit.order, submit.last_valid_block_height, submit.last_valid_slot
            )
            self.followed(submit.signature)

    def status(self, signature: str) -> Settlement | None:
        return self._settled.get(signature)

    def is_absent(self, signature: str) -> bool:
        watched = self._watched.get(signature)
        return watched is not None and watched.is_absent

    def forget(self, signature: str) -> None:
        """It is settled in the journal: nobody asks any more."""
        self._watched.pop(signature, None)
        self.unfollowed(signature)

    def wake(self) -> None:
        """Look at once: somebody heard that one of them landed."""
        self._woken.set()

    def run(self) -> None:
        """In a greenlet of its own, for ever."""
        while True:
            self._woken.wait(LOOK_EVERY_S)
            self._woken.clear()
            try:
                self.look()
            except MicroError as error:
                self._count(error)

    def look(self) -> None:
        """Once: statuses of all, then what landed, then proofs of absence. Raises RpcError."""
        if not self._watched:
            return
        recent = tuple(self._watched)
        self._read(recent, self._node.statuses(recent, for_exit=True))
        now_s = monotonic()
        for signature, one in tuple(self._watched.items()):
            if self._slot() <= one.last_valid_slot or one.is_absent:
                continue
            if now_s - one.searched_s >= HISTORY_EVERY_S:
                one.searched_s = now_s
                self._read((signature,), self._node.statuses((signature,), history=True, for_exit=True))
            if signature in self._watched and now_s - one.proved_s >= PROVE_EVERY_S:
                one.proved_s = now_s
                self._prove(signature, one)

    def _read(self, asked: tuple[str, ...], statuses: tuple[object, ...]) -> None:
        for signature, status in zip(asked, statuses, strict=True):
            if status is not None and getattr(status, "commitment", "") in FINAL:
                landed = self._node.transaction(signature, for_exit=True)
                if landed is not None:
                    self._landed(signature, landed)

    def _landed(self, signature: str, landed: Landed) -> None:
        watched = self._watched.pop(signature, None)
        if watched is None:
            return
        self.unfollowed(signature)
        settlement = self.settlement(watched.order, landed)
        if len(self._settled) >= SETTLED_KEPT:
            del self._settled[next(iter(self._settled))]
        self._settled[signature] = settlement
        self.settled(settlement)

    def settlement(self, order: Order, landed: Landed) -> Settlement:
        """What a transaction of this order did."""
        return order_settlement(order, landed, self._wallets, self._decoder, at_s=self._books().at_s)

    def _prove(self, signature: str, one: _Watched) -> None:
        books = self._books()
        found = read_finalized(self._node.client, signature, min_slot=books.slot, for_exit=True)
        if isinstance(found, Landed):
            self._landed(signature, found)
        elif isinstance(found, Absent):
            reading = absence.Reading(
                endpoints=found.endpoints,
                slot=found.slot,
                block_height=found.block_height,
                balances_changed=self._has_moved(one.order, books, found.slot),
            )
            one.is_absent = absence.verdict(
                reading,
                configured=len(self._node.client.endpoints),
                last_valid_block_height=one.last_valid_block_height,
                journaled_slot=books.slot,
            ).ok

    def _has_moved(self, order: Order, books: Books, slot: int) -> bool:
        """Whether what the transaction would have moved is not where the books have it, read at finalized."""
        wallet = self._wallets.pubkey(order.role, order.generation)
        if order.side is None:
            read = self._node.accounts([str(wallet)], "finalized", min_slot=slot, for_exit=True).accounts[0]
            return (read.lamports if read is not None else 0) < books.balance(order.role) - books.reserved(order.role)
        held = 0
        for holding in self._node.token_accounts(str(wallet), "finalized", min_slot=slot, for_exit=True).holdings:
            if holding.token.mint == order.mint:
                held += holding.token.amount
        operation = books.operation_of(order.mint)
        booked = operation.holdings.get(order.role, 0) if operation is not None else 0
        booked += books.foreign.get(order.mint, {}).get(order.role, 0) if order.side is Side.BUY else 0
        return held > booked if order.side is Side.BUY else held < booked

    def _count(self, error: MicroError) -> None:
        name = type(error).__name__
        self.errors[name] = self.errors.get(name, 0) + 1


def order_settlement(
    order: Order, landed: Landed, wallets: WatchedWallets, decoder: Decoder, *, at_s: float
) -> Settlement:
    """What the transaction of this order did. `at_s`: where the node tells no block time."""
    settlement = settlement_of(
        landed,
        wallets.ours(),
        decoder.decode_transaction(landed.source).events,
        mint=order.mint,
        signatures=signatures(order),
        tip_lamports=tip_paid(order, landed),
        sent_lamports=order.lamports if order.purpose is Purpose.COLD else 0,
        at_s=at_s,
    )
    if order.close_account and HAS_BALANCE in settlement.error:
        # The chain gives a number; the position must know that it was the closing, and not the sale, that failed.
        return replace(settlement, error=f"{settlement.error} NonNativeHasBalance")
    return settlement


def tip_paid(order: Order, landed: Landed) -> int:
    """The tip that the transaction paid: its last instruction, a transfer of just what the order offers. Where no block
    engine was known when it was signed, there is none."""
    outer = [call for call in landed.calls if not call.is_inner]
    if not order.tip_lamports or not outer or outer[-1].program != SYSTEM:
        return 0
    wanted = TRANSFER.to_bytes(4, "little") + order.tip_lamports.to_bytes(8, "little")
    return order.tip_lamports if call_data(outer[-1]) == wanted else 0
