"""What is asked of the chain, as typed calls: a name, arguments with units, a frozen struct back.

Every call raises RpcError (later, or elsewhere, it may succeed), or RpcRefused (the call is wrong). `for_exit` opens
the share of the budget that is kept for exits. `min_slot`: an answer older than that slot is none.
"""

from collections.abc import Iterator, Sequence

from msgspec import Raw

from actors.adapters.rpc import requests, shapes
from actors.adapters.rpc.answers import (
    AccountsRead,
    Blockhash,
    HoldingsRead,
    Landed,
    Largest,
    SignatureFound,
    Simulation,
    Status,
)
from actors.adapters.rpc.client import RpcClient
from actors.adapters.rpc.errors import BadResponse
from actors.adapters.rpc.requests import CONFIRMED, PROCESSED
from actors.adapters.rpc.wire import Contextual
from core.chain.programs import TOKEN, TOKEN_2022

MOST_ACCOUNTS = 100
MOST_STATUSES = 256
MOST_SIGNATURES = 1_000
"""What a node takes or gives in one call."""


class Node:
    """The calls. Several nodes look like one from here on; `client` knows them apart."""

    def __init__(self, client: RpcClient) -> None:
        self.client = client

    def slot(self, commitment: str = PROCESSED, *, for_exit: bool = False) -> int:
        return self.client.ask(requests.slot(commitment), int, for_exit=for_exit)

    def block_height(self, commitment: str = CONFIRMED, *, for_exit: bool = False) -> int:
        """What `last_valid_block_height` counts: slots without a block do not."""
        return self.client.ask(requests.block_height(commitment), int, for_exit=for_exit)

    def block_time_s(self, slot: int) -> int | None:
        """When the block of a confirmed slot was made, epoch seconds; None: the node does not know."""
        return self.client.ask(requests.block_time(slot), int | None)  # type: ignore[arg-type]  # a union is decoded as well

    def latest_blockhash(self, commitment: str = CONFIRMED, *, for_exit: bool = False) -> Blockhash:
        """`confirmed` by default: a processed one may belong to a fork, and the transaction dies with it."""
        kind = Contextual[shapes.BlockhashShape]
        read = self.client.ask(requests.latest_blockhash(commitment), kind, for_exit=for_exit)
        return Blockhash(read.value.blockhash, read.value.last_valid_block_height, read.context.slot)

    def accounts(
        self, addresses: Sequence[str], commitment: str = PROCESSED, *, min_slot: int = 0, for_exit: bool = False
    ) -> AccountsRead:
        """Any number of them; over a hundred they take several calls, and `slot` is the oldest."""
        slot: int | None = None
        read: list[shapes.AccountShape | None] = []
        for at in range(0, len(addresses), MOST_ACCOUNTS):
            part = addresses[at : at + MOST_ACCOUNTS]
            request = requests.accounts(part, commitment, min_slot)
            kind = Contextual[list[shapes.AccountShape | None]]
            answer = self.client.ask(request, kind, for_exit=for_exit, min_slot=min_slot)
            slot = answer.context.slot if slot is None else min(slot, answer.context.slot)
            read += answer.value
        return AccountsRead(slot or 0, shapes.accounts(addresses, read))

    def token_accounts(
        self, owner: str, commitment: str = CONFIRMED, *, min_slot: int = 0, for_exit: bool = False
    ) -> HoldingsRead:
        """Under both token programs, empty accounts included."""
        found: list[shapes.KeyedShape] = []
        slots: list[int] = []
        for program in (TOKEN, TOKEN_2022):
            request = requests.token_accounts(owner, program, commitment, min_slot)
            answer = self.client.ask(request, Contextual[list[shapes.KeyedShape]], for_exit=for_exit, min_slot=min_slot)
            found += answer.value
            slots.append(answer.context.slot)
        read = [(one.pubkey, shapes.holding(one)) for one in found]
        holdings = tuple(holding for _, holding in read if holding is not None)
        return HoldingsRead(min(slots), holdings, tuple(address for address, holding in read if holding is None))

    def largest_accounts(self, mint: str, commitment: str = CONFIRMED) -> Largest:
        kind = Contextual[list[shapes.LargestShape]]
        answer = self.client.ask(requests.largest_accounts(mint, commitment), kind)
        try:
            return Largest(answer.context.slot, tuple((one.address, int(one.amount)) for one in answer.value))
        except ValueError:
            raise BadResponse("an amount is no number") from None

    def statuses(
        self, signatures: Sequence[str], *, history: bool = False, for_exit: bool = False
    ) -> tuple[Status | None, ...]:
        """In the order asked for; None: unknown to the node, which without `history` knows some minutes."""
        read: list[shapes.StatusShape | None] = []
        for at in range(0, len(signatures), MOST_STATUSES):
            part = signatures[at : at + MOST_STATUSES]
            request = requests.statuses(part, history=history)
            answer = self.client.ask(request, Contextual[list[shapes.StatusShape | None]], for_exit=for_exit)
            if len(answer.value) != len(part):
                raise BadResponse(f"{len(part)} statuses were asked for, {len(answer.value)} came")
            read += answer.value
        return tuple(shapes.status(one) for one in read)

    def transaction(self, signature: str, commitment: str = CONFIRMED, *, for_exit: bool = False) -> Landed | None:
        """None: not known at this commitment. `commitment` is confirmed or finalized; nodes keep no others."""
        return shapes.landed(
            signature, self.client.ask(requests.transaction(signature, commitment), Raw, for_exit=for_exit)
        )

    def signatures(
        self,
        address: str,
        *,
        until: str = "",
        before: str = "",
        limit: int = MOST_SIGNATURES,
        commitment: str = CONFIRMED,
        min_slot: int = 0,
    ) -> tuple[SignatureFound, ...]:
        """One page of an address's history, newest first: older than `before`, newer than `until`."""
        request = requests.signatures_for(
            address, until=until, before=before, limit=limit, commitment=commitment, min_slot=min_slot
        )
        return tuple(shapes.found(one) for one in self.client.ask(request, list[shapes.FoundShape]))

    def history(
        self, address: str, *, until: str = "", since_slot: int = 0, most: int = 10 * MOST_SIGNATURES
    ) -> Iterator[SignatureFound]:
        """An address's history, newest first, a page at a time: newer than `until`, from `since_slot` on, `most` at
        most."""
        before, told = "", 0
        while told < most:
            limit = min(MOST_SIGNATURES, most - told)
            page = self.signatures(address, until=until, before=before, limit=limit)
            for one in page:
                if one.slot < since_slot:
                    return
                yield one
            if len(page) < limit:
                return
            before, told = page[-1].signature, told + len(page)

    def simulate(
        self,
        raw: bytes,
        *,
        accounts: Sequence[str] = (),
        replace_blockhash: bool = True,
        commitment: str = PROCESSED,
        min_slot: int = 0,
        for_exit: bool = False,
    ) -> Simulation:
        """What these bytes would do now. A transaction that would fail is an answer, with its `err`."""
        request = requests.simulate(
            raw, accounts, replace_blockhash=replace_blockhash, commitment=commitment, min_slot=min_slot
        )
        answer = self.client.ask(request, Contextual[shapes.SimulationShape], for_exit=for_exit, min_slot=min_slot)
        return shapes.simulation(answer.context.slot, accounts, answer.value)

    def priority_fees(self, writable: Sequence[str]) -> tuple[tuple[int, int], ...]:
        """(slot, micro-lamports a compute unit) of the last 150 slots: what landed with locks on these accounts."""
        read = self.client.ask(requests.priority_fees(writable), list[shapes.FeeShape])
        return tuple((one.slot, one.prioritization_fee) for one in read)

    def minimum_rent(self, size: int) -> int:
        """Lamports that an account of so many bytes must hold."""
        return self.client.ask(requests.minimum_rent(size), int)
