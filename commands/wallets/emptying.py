"""Empties every wallet of every generation to one address: a journaled transaction each, the same bytes until known."""

from base64 import b64decode, b64encode
from collections.abc import Sequence
from time import monotonic, time

import gevent
from msgspec.structs import replace

from actors.adapters.chain.programs import ProgramSettings
from actors.adapters.journal_store import JournalStore
from actors.adapters.keys.signer import Signer
from actors.adapters.onchain.building import Builder
from actors.adapters.onchain.tokens import TokenMemory
from actors.adapters.onchain.tracking import Tracker
from actors.adapters.onchain.wallets import OurWallets
from actors.adapters.rpc.answers import Absent, Landed
from actors.adapters.rpc.client import RpcClient
from actors.adapters.rpc.errors import RpcError
from actors.adapters.rpc.finality import read_finalized
from actors.adapters.rpc.lanes import Lanes
from actors.adapters.rpc.node import Node
from core.chain.build.signing import SignedTransaction
from core.chain.decode import Decoder
from core.errors import NeedsReconcile, Refused, Retryable
from core.ledger.books import Books
from core.ledger.fold import apply
from core.ledger.postings import of_settlement
from core.messages import Order, Settlement
from core.records import AnyRecord, OrderIntended, OrderSettled, OrderSigned
from core.rules.network_fee import fee_lamports
from core.settings import Settings
from core.types import Purpose, Role

FINAL = ("confirmed", "finalized")
LOOK_S = 0.5
RESEND_S = 2.0
PATIENCE_S = 180.0
"""Past it the signature is left unresolved: the next start, or the next sweep, takes it up."""
ORDER = (Role.LIGHTNING, Role.REENTRY, Role.PSYCHOLOGY, Role.TACTICAL_EXIT, Role.EMERGENCY_GAS)
"""emergency_gas pays the others' fees, so it goes last."""


class Ledger:
    """The journal of the state directory and what it folds to; without one, books of nothing that nobody keeps."""

    def __init__(self, taken: tuple[JournalStore, Books] | None) -> None:
        self._store = taken[0] if taken is not None else None
        self.books = taken[1] if taken is not None else Books()

    def write(self, *records: AnyRecord) -> None:
        """On disk before this returns, and folded."""
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


class Emptying:
    """`newest`: the newest generation in use. The one after it is emptied too: a rotation may have been under way."""

    def __init__(
        self,
        settings: Settings,
        client: RpcClient,
        signer: Signer,
        ledger: Ledger,
        *,
        newest: int,
        cold: str,
        send_urls: Sequence[str] = (),
    ) -> None:
        self._node = Node(client)
        self._ledger, self._cold, self._newest = ledger, cold, newest
        self._wallets = OurWallets(signer, newest)
        self._tracker = Tracker(self._node, self._wallets, Decoder(), lambda: ledger.books, lambda: 0)
        programs = ProgramSettings(self._node, settings.runtime.seed, every_s=settings.rpc.programs_every_s)
        self._builder = Builder(self._node, self._wallets, TokenMemory(self._node), programs)
        hosts = settings.runtime.plain_hosts
        self._lanes = Lanes(client, settings.rpc, settings.rpc_budget, send_urls=send_urls, plain_hosts=hosts)
        self._priority_lamports = settings.mining.priority_floor_lamports
        self._valid_slots = settings.orders.valid_slots
        self._number = 0

    def run(self) -> list[int]:
        """Lamports of each transaction. Raises Refused (before anything is sent: tokens are held), or Retryable."""
        self._resume()
        self._check_tokens()
        sent = [self._empty(role, number) for number in range(self._newest + 2) for role in ORDER]
        return [lamports for lamports in sent if lamports]

    def _resume(self) -> None:
        """What an interrupted sweep had signed ends first."""
        for one in tuple(self._ledger.books.orders.values()):
            if one.order.sweep and one.signature:
                signed = SignedTransaction(b64decode(one.raw), one.signature, one.last_valid_block_height)
                self._finish(one.order, signed, one.last_valid_block_height)

    def _check_tokens(self) -> None:
        foreign = self._ledger.books.foreign
        held = [
            f"{one.token.amount} of {one.token.mint} in {wallet.role} {wallet.generation}"
            for address, wallet in self._wallets.addresses()
            for one in self._node.token_accounts(address).holdings
            if one.token.amount and one.token.mint not in foreign
        ]
        if held:
            raise Refused(f"the wallets hold tokens ({'; '.join(held)}); sell them first: start live, or exit-all")

    def _empty(self, role: Role, generation: int) -> int:
        """What left this wallet; 0 where there was nothing, or too little to pay for leaving."""
        self._number += 1
        order = Order(
            id=f"{Purpose.COLD}.sweep{self._ledger.books.seq}.{self._number}",
            purpose=Purpose.COLD,
            role=role,
            payer=role,
            to_address=self._cold,
            priority_lamports=self._priority_lamports,
            generation=generation,
            sweep=True,
        )
        paid_for = replace(order, payer=Role.EMERGENCY_GAS)
        if role is not Role.EMERGENCY_GAS and self._balance(Role.EMERGENCY_GAS, generation) > 2 * fee_lamports(
            paid_for
        ):
            order = paid_for
        order = replace(order, lamports=self._builder.everything(order))
        if order.lamports <= 0:
            return 0
        signed = self._builder.build(order, self._node.latest_blockhash())
        at_s, height = self._ledger.at_s(), signed.last_valid_block_height or 0
        self._ledger.write(
            OrderIntended(at_s=at_s, order=order),
            OrderSigned(
                at_s=at_s,
                order_id=order.id,
                signature=signed.signature,
                last_valid_slot=self._node.slot() + self._valid_slots,
                raw=b64encode(signed.raw).decode(),
                last_valid_block_height=height,
            ),
        )
        self._finish(order, signed, height)
        return order.lamports

    def _finish(self, order: Order, signed: SignedTransaction, height: int) -> None:
        settlement = self._known(order, signed, height)
        which = f"the transfer of {order.role} {order.generation}"
        if settlement is None:
            self._settle(order, "expired", "it never landed", None)
            raise Retryable(f"{which} did not land; run the sweep again")
        self._settle(order, "failed" if settlement.error else "filled", settlement.error, settlement)
        if settlement.error:
            raise Retryable(f"{which} failed: {settlement.error}; run the sweep again")

    def _settle(self, order: Order, outcome: str, error: str, settlement: Settlement | None) -> None:
        try:
            postings = of_settlement(order, settlement) if settlement is not None else ()
        except ValueError as fault:
            raise NeedsReconcile(f"{fault}; the next live start reconciles it") from None
        self._ledger.write(
            OrderSettled(
                at_s=self._ledger.at_s(),
                order_id=order.id,
                outcome=outcome,
                error=error,
                settlement=settlement,
                postings=postings,
            )
        )

    def _known(self, order: Order, signed: SignedTransaction, height: int) -> Settlement | None:
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
                return self._tracker.settlement(order, found)
            if isinstance(found, Absent):
                return None
            gevent.sleep(LOOK_S)
        raise Retryable(f"{signed.signature} is neither landed nor lost after {PATIENCE_S:g} s; run the sweep again")

    def _look(self, signature: str, height: int) -> Landed | Absent | None:
        status = self._node.statuses((signature,), for_exit=True)[0]
        if status is not None and status.commitment in FINAL:
            return self._node.transaction(signature, for_exit=True)
        if status is None and self._node.block_height("finalized", for_exit=True) > height:
            return read_finalized(self._node.client, signature, for_exit=True)
        return None

    def _balance(self, role: Role, generation: int) -> int:
        read = self._node.accounts([self._wallets.address(role, generation)], "confirmed").accounts[0]
        return read.lamports if read is not None else 0
