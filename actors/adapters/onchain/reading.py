"""Everything of ours on the chain at one time, read for a reconciliation or an audit."""

from collections.abc import Collection, Iterable
from enum import Enum
from typing import Any

import gevent

from actors.adapters.onchain.tracking import order_settlement
from actors.adapters.onchain.wallets import WatchedWallets
from actors.adapters.rpc.answers import Landed
from actors.adapters.rpc.client import RpcClient
from actors.adapters.rpc.errors import OverBudget
from actors.adapters.rpc.node import Node
from actors.adapters.rpc.requests import CONFIRMED
from core.chain.decode import Decoder
from core.chain.outcome import Wallet, found_transaction
from core.chain.programs import TOKEN_2022
from core.errors import Retryable
from core.ledger.books import Books
from core.ledger.chain_view import ChainView, FoundTransaction, HeldTokens
from core.messages import Settlement
from core.types import Role


class Breadth(Enum):
    """Whose token accounts and histories are read."""

    ALL = "all"
    """Every generation, however long the budget makes it take."""
    START = "start"
    """The present one, what a rotation would have made of it, and what still holds something unsellable."""
    RUNNING = "running"
    """As at a start, without a generation that no rotation has begun."""


class Patient(Node):
    """The same calls; where our own budget rations them, each waits for its turn."""

    def __init__(self, node: Node) -> None:
        super().__init__(_PatientClient(node.client))  # type: ignore[arg-type]  # it asks as the client does


class _PatientClient:
    def __init__(self, client: RpcClient) -> None:
        self._client = client

    def ask(self, *given: Any, **named: Any) -> Any:
        while True:
            try:
                return self._client.ask(*given, **named)
            except OverBudget as ration:
                gevent.sleep(ration.wait_s)


OVERLAP_SLOTS = 64
"""Histories are read from a little before the slot that was reconciled last: nodes tell them unevenly."""


def read_view(
    node: Node,
    wallets: WatchedWallets,
    books: Books,
    *,
    breadth: Breadth = Breadth.ALL,
    histories: bool = True,
) -> ChainView:
    """The view of it, at confirmed and not older than the journal. Raises RpcError.

    Lamports and accumulators are those of every generation; token accounts and histories, three calls a wallet, of
    those that `breadth` names. Balances are read before histories: whatever is in a balance is then in a history too.
    """
    node = Patient(node) if breadth is Breadth.ALL else node
    every = wallets.addresses()
    looked = _looked(wallets, breadth, books)
    addresses = [address for address, _ in every]
    accumulators = [(address, role) for address, role in wallets.accumulators()]
    read = node.accounts(
        [*addresses, *(address for address, _ in accumulators)], CONFIRMED, min_slot=books.slot, for_exit=True
    )
    lamports: dict[Role, int] = {}
    generation = 0
    for (_, wallet), account in zip(every, read.accounts[: len(every)], strict=True):
        if account is not None and account.lamports:
            lamports[wallet.role] = lamports.get(wallet.role, 0) + account.lamports
            generation = max(generation, wallet.generation)
    rents: dict[Role, int] = {}
    for (_, role), account in zip(accumulators, read.accounts[len(every) :], strict=True):
        if account is not None and account.lamports:
            rents[role] = rents.get(role, 0) + account.lamports
    held = tuple(one for address, wallet in looked for one in _held(node, address, wallet, books.slot))
    transactions: tuple[FoundTransaction, ...] = ()
    if histories:
        since = max(books.reconciled_slot - OVERLAP_SLOTS, 0)
        transactions = tuple(_histories(node, wallets, looked, since, frozenset(books.signatures)))
    return ChainView(
        slot=read.slot,
        at_s=books.at_s,
        lamports=lamports,
        accumulators=rents,
        held=held,
        transactions=transactions,
        outcomes=_outcomes(node, wallets, books),
        generation=generation,
    )


def _looked(wallets: WatchedWallets, breadth: Breadth, books: Books) -> tuple[tuple[str, Wallet], ...]:
    if breadth is Breadth.ALL:
        return wallets.addresses()
    wanted = {books.generation, *(remainder.generation for remainder in books.remainders.values())}
    if breadth is Breadth.START or books.rotation is not None:
        wanted.add(books.generation + 1)
    return tuple(one for one in wallets.addresses() if one[1].generation in wanted)


def _held(node: Node, address: str, wallet: Wallet, min_slot: int) -> Iterable[HeldTokens]:
    for one in node.token_accounts(address, CONFIRMED, min_slot=min_slot, for_exit=True).holdings:
        yield HeldTokens(
            mint=one.token.mint,
            role=wallet.role,
            generation=wallet.generation,
            tokens=one.token.amount,
            rent_lamports=one.lamports,
            token_2022=one.program == TOKEN_2022,
        )


def _histories(
    node: Node, wallets: WatchedWallets, looked: Iterable[tuple[str, Wallet]], since_slot: int, known: Collection[str]
) -> list[FoundTransaction]:
    """What our keys took part in since then and nobody journaled, oldest first."""
    signatures: dict[str, int] = {}
    for address, _ in looked:
        for line in node.history(address, since_slot=since_slot):
            if line.signature not in known:
                signatures[line.signature] = line.slot
    found: list[FoundTransaction] = []
    decoder = Decoder()
    for signature in sorted(signatures, key=lambda one: signatures[one]):
        landed = node.transaction(signature)
        if landed is None:
            raise Retryable(f"the node lists {signature} and does not tell it; it is asked again")
        one = found_transaction(
            landed, wallets.ours(), decoder.decode_transaction(landed.source).events, signers=_signers(landed)
        )
        if one is not None:
            found.append(one)
    return found


def _signers(landed: Landed) -> int:
    """Signatures that it carries, by its answer; at least the payer's."""
    envelope = landed.source.get("transaction")
    if isinstance(envelope, dict):
        return max(len(envelope.get("signatures") or ()), 1)
    return max(landed.source.get("signatures", 1), 1) if isinstance(landed.source.get("signatures"), int) else 1


def _outcomes(node: Node, wallets: WatchedWallets, books: Books) -> dict[str, Settlement]:
    """Of orders that the books have not settled: what has landed, full history searched."""
    signed = {opened.signature: opened.order for opened in books.orders.values() if opened.signature}
    outcomes: dict[str, Settlement] = {}
    decoder = Decoder()
    for signature, status in zip(signed, node.statuses(tuple(signed), history=True, for_exit=True), strict=True):
        if status is not None and status.commitment in {"confirmed", "finalized"}:
            landed = node.transaction(signature, for_exit=True)
            if landed is not None:
                outcomes[signature] = order_settlement(signed[signature], landed, wallets, decoder, at_s=books.at_s)
    return outcomes
