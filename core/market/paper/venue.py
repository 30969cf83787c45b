"""The paper venue: transactions of ours on their way into a block, and the paper chain they land on.

Deterministic: when and whether a send lands follows from seed, signature and attempt; nothing is read from a clock.
"""

from collections import deque
from hashlib import sha256
from statistics import median_low

import msgspec
from msgspec import Struct

from core.chain.codec.keys import key_text
from core.errors import Refused
from core.market.fees import FeeRates
from core.market.paper.chain import PaperChain, receive
from core.market.paper.landing import PaperRule, congestion_of, landing_of
from core.market.paper.transaction import DRAWN, execute
from core.messages import Order, Reserves, Settlement, SubmitOrder
from core.ports import Signed
from core.types import Role

VALID_SLOTS = 150
"""A blockhash's life; chain constant."""
FEE_SAMPLE_S = 10.0
FEE_SAMPLES = 360
"""One hour of samples: what priority fees usually are (rules.md §7 compares with their 1-hour median)."""


class Sent(Struct):
    """A transaction between its first send and its block. `land_slot` 0: every send so far was lost."""

    order: Order
    signature: str
    last_valid_slot: int
    attempts: int = 0
    land_slot: int = 0
    failed: bool = False


def wallet_address(seed: int, role: Role, generation: int) -> str:
    """A paper wallet's address: a key that nobody holds, the same in every run of the seed."""
    return key_text(sha256(f"paper/{seed}/{role}.{generation}".encode()).digest())


class PaperVenue:
    """Implements `core.ports.VenueBackend`. Whoever owns the market takes what is `due` in a slot and settles it."""

    def __init__(self, rule: PaperRule, seed: int, chain: PaperChain | None = None) -> None:
        self.rule = rule
        self.seed = seed
        self.chain = chain if chain is not None else PaperChain()
        self.slot = 0
        """The newest slot whose landings are decided."""
        self._sent: dict[str, Sent] = {}
        self._fees: deque[int] = deque(maxlen=FEE_SAMPLES)
        self._fee_sampled_s = 0.0
        self._fee_now = 0

    def open_capital(self, split: dict[Role, int]) -> None:
        """Fund the wallets of generation 0, once: a chain that has received anything is left as it is."""
        if self.chain.received == 0:
            for role, lamports in split.items():
                self.chain = receive(self.chain, role, 0, lamports)

    def sign(self, order: Order, slot: int) -> Signed:
        """The signature of this order, the same whenever it is signed; good for 150 slots from the chain's newest.

        `slot` is the newest that the signer has seen, which may be long ago; a blockhash comes from the chain.
        """
        if order.side is not None and not order.mint:
            raise Refused(f"order {order.id} names no token")
        mark = sha256(msgspec.json.encode(order)).hexdigest()[:12]
        return Signed(f"paper.{order.id}.{mark}", max(slot, self.slot) + VALID_SLOTS)

    def submit(self, order: Order, signature: str, last_valid_slot: int, raw: str = "") -> None:
        """Send once more. What has landed or is about to is left alone; what was lost draws again.

        Before the first slot is known (a restart) nothing can land: such a send is lost.
        """
        if signature in self.chain.settled or not self.slot:
            return
        sent = self._sent.setdefault(signature, Sent(order, signature, last_valid_slot))
        if sent.land_slot:
            return
        draw = landing_of(self.rule, self.seed, signature, sent.attempts, self._congestion())
        sent.attempts += 1
        land_slot = self.slot + draw.delay_slots
        if not draw.missed and land_slot <= last_valid_slot:
            sent.land_slot, sent.failed = land_slot, draw.failed

    def status(self, signature: str) -> Settlement | None:
        return self.chain.settled.get(signature)

    def is_absent(self, submit: SubmitOrder, slot: int) -> bool:
        return slot > submit.last_valid_slot

    def see(self, at_s: float, priority_lamports: int) -> None:
        """What others paid for a transaction now: decides whether the chain is congested."""
        if priority_lamports <= 0:
            return
        self._fee_now = priority_lamports
        if at_s - self._fee_sampled_s >= FEE_SAMPLE_S:
            self._fee_sampled_s = at_s
            self._fees.append(priority_lamports)

    def due(self, slot: int, *, trades: int | None = None) -> list[Sent]:
        """What lands in `slot` or was to land before it, in the order of landing; at most `trades` of them trades.

        Trades beyond that wait for a later slot. What can never land any more is forgotten.
        """
        self.slot = max(self.slot, slot)
        if not self._sent:
            return []
        landing: list[Sent] = []
        room = len(self._sent) if trades is None else trades
        for sent in sorted(self._sent.values(), key=lambda s: s.land_slot):
            if 0 < sent.land_slot <= slot:
                is_trade = sent.order.side is not None
                if is_trade and room == 0:
                    continue
                room -= is_trade
                landing.append(sent)
                del self._sent[sent.signature]
            elif sent.last_valid_slot < slot:
                del self._sent[sent.signature]
        return landing

    def settle(
        self,
        sent: Sent,
        *,
        slot: int,
        at_s: float,
        reserves: Reserves | None = None,
        rates: FeeRates | None = None,
        failure: str = "",
    ) -> Settlement:
        """Land a transaction on the paper chain now. A drawn failure comes before every other reason."""
        self.chain, settlement = execute(
            self.chain,
            sent.order,
            sent.signature,
            slot=slot,
            at_s=at_s,
            reserves=reserves,
            rates=rates,
            failure=DRAWN if sent.failed else failure,
        )
        return settlement

    def address(self, order: Order) -> str:
        """Who trades in this order."""
        retired = order.from_generation
        return wallet_address(self.seed, order.role, order.generation if retired is None else retired)

    def _congestion(self) -> float:
        usual = median_low(self._fees) if self._fees else 0
        return congestion_of(self.rule, self._fee_now / usual) if usual else 1.0
