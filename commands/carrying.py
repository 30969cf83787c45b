"""Carries an order to its end outside the tree: journaled before it is sent, the same bytes until its fate is known."""

from base64 import b64encode
from collections.abc import Sequence
from time import monotonic, time

import gevent
from msgspec.structs import replace

from actors.adapters.journal_store import JournalStore
from actors.adapters.onchain.tracking import order_settlement
from actors.adapters.onchain.wallets import OurWallets
from actors.adapters.rpc.answers import Absent, Landed
from actors.adapters.rpc.client import RpcClient
from actors.adapters.rpc.errors import RpcError
from actors.adapters.rpc.finality import read_finalized
from actors.adapters.rpc.lanes import Lanes
from actors.adapters.rpc.node import Node
from core.chain.build.signing import SignedTransaction
from core.chain.decode import Decoder
from core.errors import NeedsReconcile, Retryable
from core.ledger.books import Books
from core.ledger.fold import apply
from core.ledger.postings import of_settlement
from core.messages import Order, Settlement
from core.records import AnyRecord, OrderIntended, OrderSettled, OrderSigned
from core.settings import Settings

FINAL = ("confirmed", "finalized")
LOOK_S = 0.5
RESEND_S = 2.0
PATIENCE_S = 180.0
"""Past it the signature is left unresolved: the next start, or the same command again, takes it up."""


class Ledger:
    """The journal of the state directory and what it folds to; without one, books of nothing that nobody keeps."""

    def __init__(self, taken: tuple[JournalStore, Books] | None) -> None:
        self._store = taken[0] if taken is not None else None
        self.books = taken[1] if taken is not None else Books()

    def write(self, *records: AnyRecord) -> None:
        """On disk before this returns, and folded. Raises Fatal when the disk takes nothing."""
        if self._store is None:
            return
        for record in records:
            self.books = apply(self.books, record)
        seq = self._store.append(records, durable=True).get()
        self.books = replace(self.books, seq=seq or self.books.seq)

    def at_s(self) -> float:
        return max(self.books.at_s, time())

    def close(self) -> None:
        if self._store is not None:
            self._store.close()


class Carrier:
    """Used by one greenlet."""

    def __init__(
        self, settings: Settings, client: RpcClient, wallets: OurWallets, *, send_urls: Sequence[str] = ()
    ) -> None:
        self._node = Node(client)
        self._wallets, self._decoder = wallets, Decoder()
        hosts = settings.runtime.plain_hosts
        self._lanes = Lanes(client, settings.rpc, settings.rpc_budget, send_urls=send_urls, plain_hosts=hosts)
        self._valid_slots = settings.orders.valid_slots

    def carry(self, order: Order, signed: SignedTransaction, ledger: Ledger) -> Settlement | None:
        """What it did, journaled before and after; None once it can never land.

        Raises Retryable when nobody tells in time, NeedsReconcile where it does not add up: both are taken up by the
        next live start.
        """
        at_s, height = ledger.at_s(), signed.last_valid_block_height or 0
        ledger.write(
            OrderIntended(at_s=at_s, order=order),
            OrderSigned(
                at_s=at_s,
                order_id=order.id,
                signature=signed.signature,
                last_valid_slot=self._node.slot(for_exit=True) + self._valid_slots,
                raw=b64encode(signed.raw).decode(),
                last_valid_block_height=height,
            ),
        )
        return self.finish(order, signed, height, ledger)

    def finish(self, order: Order, signed: SignedTransaction, height: int, ledger: Ledger) -> Settlement | None:
        """The rest of it for what is signed and journaled. `height`: the last block height at which it can land."""
        settlement = self._known(order, signed, height, ledger.at_s())
        if settlement is None:
            outcome, error = "expired", "it never landed"
        else:
            outcome, error = "failed" if settlement.error else "filled", settlement.error
        try:
            postings = of_settlement(order, settlement) if settlement is not None else ()
        except ValueError as fault:
            raise NeedsReconcile(f"{fault}; the next live start reconciles it") from None
        ledger.write(
            OrderSettled(
                at_s=ledger.at_s(),
                order_id=order.id,
                outcome=outcome,
                error=error,
                settlement=settlement,
                postings=postings,
            )
        )
        return settlement

    def _known(self, order: Order, signed: SignedTransaction, height: int, at_s: float) -> Settlement | None:
        """What it did, or None once it can never land. Raises Retryable when nobody tells in time."""
        began_s, sent_s = monotonic(), float("-inf")
        while monotonic() - began_s < PATIENCE_S:
            if monotonic() - sent_s >= RESEND_S:
                sent_s = monotonic()
                self._lanes.send(signed.raw, for_exit=True)
            try:
                found = self._look(signed.signature, height)
            except RpcError:
                found = None  # asked again, as long as the patience lasts
            if isinstance(found, Landed):
                return order_settlement(order, found, self._wallets, self._decoder, at_s=at_s)
            if isinstance(found, Absent):
                return None
            gevent.sleep(LOOK_S)
        raise Retryable(f"{signed.signature} is neither landed nor lost after {PATIENCE_S:g} s; run it again")

    def _look(self, signature: str, height: int) -> Landed | Absent | None:
        status = self._node.statuses((signature,), for_exit=True)[0]
        if status is not None and status.commitment in FINAL:
            return self._node.transaction(signature, for_exit=True)
        if status is None and self._node.block_height("finalized", for_exit=True) > height:
            return read_finalized(self._node.client, signature, for_exit=True)
        return None
