"""The chain: slots, blockhashes, transactions on their way and those that landed.

It reads no clock but the one it is given, and knows nothing of the network: the node in front of it does.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace
from solders.account import Account
from solders.pubkey import Pubkey
from solders.transaction import VersionedTransaction

from core.chain.raydium import SOL_USDC_POOL
from localnet import genesis
from localnet.bank import Bank
from localnet.execution import Case, execute, fail, nonce_account, priority_fee
from localnet.faults import Faults, Switches
from localnet.history import History
from localnet.records import Landed

BLOCKHASH_SLOTS = 150
SKIPPED_SLOTS = 1_000
"""Slots without a block before this chain began: block heights are so much smaller than slots, as on mainnet."""
UNDERPAID_SLOTS = 2


class Pace(Struct, frozen=True, kw_only=True):
    """Times of the chain. Slots count from a number of about 2026."""

    slot_s: float = 0.4
    first_slot: int = 450_000_000
    confirmed_slots: int = 1
    """Until two thirds have voted; mainnet takes one or two slots."""
    finalized_slots: int = 32


class Waiting(NamedTuple):
    """A transaction on its way. `order` is that of arrival."""

    slot: int
    order: int
    transaction: VersionedTransaction
    raw: bytes
    is_background: bool


def cut(logs: tuple[str, ...], most_bytes: int) -> tuple[str, ...]:
    """The lines that fit, and the runtime's word that it kept no more. 0: all of them."""
    size = 0
    for place, line in enumerate(logs if most_bytes else ()):
        size += len(line)
        if size >= most_bytes:
            return (*logs[:place], "Log truncated")
    return logs


class Chain:
    """One chain. `opened` are called at the start of every slot, before clients' transactions land in it, `heard` with
    every landed transaction, `ticked` after every slot."""

    def __init__(self, pace: Pace, faults: Faults, clock: Callable[[], float], usd_per_sol: float) -> None:
        self.pace = pace
        self.faults = faults
        self.bank = Bank()
        self.history = History()
        self.opened: list[Callable[[], None]] = []
        self.heard: list[Callable[[Landed], None]] = []
        self.ticked: list[Callable[[], None]] = []
        self.usd_per_sol = usd_per_sol
        self.fees: list[tuple[int, int]] = []
        """(slot, micro-lamports a unit that others paid), oldest first."""
        self.others_fee = 0
        """What the market's own transactions paid a unit in the last slot, micro-lamports."""
        self._clock = clock
        self._hashes: dict[str, int] = {}
        self.waiting: list[Waiting] = []
        self._arrived = 0
        self._position = 0
        for program, code in genesis.programs():
            self.bank.svm.add_program(genesis.key(program), code)

    def begin(self) -> None:
        """Write the genesis and open the first slot."""
        self._open(self.pace.first_slot)
        for address, account in genesis.state(self.usd_per_sol).items():
            self.bank.found(genesis.key(address), account)

    @property
    def slot(self) -> int:
        return self.bank.slot

    @property
    def at_s(self) -> float:
        """Block time of the present slot, epoch seconds."""
        return self._at_s

    def height(self, slot: int) -> int:
        """The block height of a slot."""
        return slot - SKIPPED_SLOTS

    def slot_seen(self, commitment: str = "processed") -> int:
        """The newest slot that the node shows at this commitment, its lag included."""
        behind = {"processed": 0, "confirmed": self.pace.confirmed_slots, "finalized": self.pace.finalized_slots}
        return self.slot - behind[commitment] - self.faults.switches.lag_slots

    def blockhash_seen(self, commitment: str) -> tuple[str, int]:
        """(the newest blockhash at this commitment, the last block height at which it is valid)."""
        seen = self.slot_seen(commitment)
        for blockhash, slot in reversed(self._hashes.items()):
            if slot <= seen:
                return blockhash, self.height(slot) + BLOCKHASH_SLOTS
        blockhash, slot = next(iter(self._hashes.items()))
        return blockhash, self.height(slot) + BLOCKHASH_SLOTS

    def is_recent(self, blockhash: str) -> bool:
        return blockhash in self._hashes

    def blockhashes(self) -> Iterator[tuple[str, int]]:
        """(hash, slot) of the window, oldest first."""
        return iter(self._hashes.items())

    def accepts(self, transaction: VersionedTransaction) -> bool:
        """Whether its blockhash is recent, or its durable nonce is still the account's."""
        message = transaction.message
        if self.is_recent(str(message.recent_blockhash)):
            return True
        address = nonce_account(message)
        account = None if address is None else self.bank.account(address)
        return account is not None and bytes(account.data[40:72]) == bytes(message.recent_blockhash)

    def submit(self, transaction: VersionedTransaction, raw: bytes) -> None:
        """Take a client's transaction: it lands in the next slot, later, or never, as the switches have it."""
        faults = self.faults
        if faults.chance(faults.switches.loss_pct):
            return
        delay = faults.delay_slots()
        if priority_fee(transaction.message)[0] < faults.switches.priority_fee_micro_lamports:
            delay += UNDERPAID_SLOTS
        self._queue(self.slot + 1 + delay, transaction, raw, is_background=False)

    def queue(self, transaction: VersionedTransaction) -> None:
        """Let a transaction of the market's own land in the next slot, whatever the switches say."""
        self._queue(self.slot + 1, transaction, bytes(transaction), is_background=True)

    def run(self, transaction: VersionedTransaction) -> Landed | None:
        """Land a transaction of the market's own at once."""
        return self._land(Waiting(self.slot, 0, transaction, bytes(transaction), is_background=True))

    def _queue(self, slot: int, transaction: VersionedTransaction, raw: bytes, *, is_background: bool) -> None:
        self._arrived += 1
        self.waiting.append(Waiting(slot, self._arrived, transaction, raw, is_background))

    def advance(self) -> None:
        """Play the next slot."""
        self._open(self.slot + 1)
        for play in self.opened:
            play()
        due = [waiting for waiting in self.waiting if waiting.slot <= self.slot]
        self.waiting = [waiting for waiting in self.waiting if waiting.slot > self.slot]
        if self.faults.switches.reorder:
            self.faults.random.shuffle(due)
        else:
            due.sort(key=lambda waiting: waiting.order)
        for waiting in due:
            self._land(waiting)
        for tell in self.ticked:
            tell()

    def _open(self, slot: int) -> None:
        self._at_s = self._clock()
        self._position = 0
        self.bank.begin(slot, self._at_s)
        self._hashes[str(self.bank.blockhash)] = slot
        # A blockhash is good in the slot that made it and the 150 after it.
        while len(self._hashes) > BLOCKHASH_SLOTS + 1:
            del self._hashes[next(iter(self._hashes))]
        self.fees.append((slot, max(self.others_fee, self.faults.switches.priority_fee_micro_lamports)))
        del self.fees[:-BLOCKHASH_SLOTS]

    def _land(self, waiting: Waiting) -> Landed | None:
        signature = str(waiting.transaction.signatures[0])
        if signature in self.history or not self.accepts(waiting.transaction):
            return None
        if not waiting.is_background and not all(waiting.transaction.verify_with_results()):
            return None
        faults = self.faults
        run = execute
        if not waiting.is_background and faults.chance(faults.switches.failure_pct):
            run = fail
        landed = run(self.bank, Case(waiting.transaction, waiting.raw, self._position, self._at_s))
        if landed is None:
            return None
        self._position += 1
        landed.logs = cut(landed.logs, faults.switches.log_bytes)
        landed.is_background = waiting.is_background
        landed.is_forgotten = not waiting.is_background and faults.chance(faults.switches.forget_pct)
        self.history.add(landed)
        for hear in self.heard:
            hear(landed)
        return landed

    def sees(self, landed: Landed | None) -> bool:
        """Whether the node owns up to this transaction."""
        if landed is None or landed.slot > self.slot_seen():
            return False
        return not (landed.is_forgotten and self.faults.switches.forget_pct > 0.0)

    def commitment_of(self, landed: Landed) -> str:
        if landed.slot <= self.slot_seen("finalized"):
            return "finalized"
        return "confirmed" if landed.slot <= self.slot_seen("confirmed") else "processed"

    def turn(self, **switches: object) -> None:
        """Turn some switches, the others stay."""
        self.set_switches(replace(self.faults.switches, **switches))

    def set_switches(self, switches: Switches) -> None:
        """Turn switches; a pretended upgrade is written where the programs look for it."""
        self.faults.switches = switches
        upgraded = switches.upgraded
        self._mark(genesis.PUMP_GLOBAL, upgraded)
        self._mark(genesis.PUMPSWAP_CONFIG, upgraded & 3)

    def _mark(self, address: str, flags: int) -> None:
        account = self.bank.account(genesis.key(address))
        if account is None or account.data[-1] == flags:
            return
        self.put(genesis.key(address), bytes(account.data[:-1]) + bytes([flags]), account)

    def put(self, address: Pubkey, data: bytes, like: Account) -> None:
        """Write an account's data, the rest as in `like`."""
        self.bank.put(address, Account(like.lamports, data, like.owner, like.executable, like.rent_epoch))

    def set_sol_price(self, usd_per_sol: float) -> None:
        """Move the SOL/USDC pool, and with it the price endpoint, to this price."""
        self.usd_per_sol = usd_per_sol
        for address, account in genesis.sol_usdc_pool(usd_per_sol).items():
            if address != SOL_USDC_POOL:
                self.bank.put(genesis.key(address), account)

    def resume(self, slot: int, blockhashes: list[tuple[str, int]]) -> None:
        """Go on at `slot`, with the blockhashes of a saved window.

        The machine's own chain of hashes is caught up, so that none comes twice: a durable nonce would notice.
        """
        for _ in range(slot - self.pace.first_slot):
            self.bank.svm.expire_blockhash()
        self._open(slot)
        self._hashes = dict(blockhashes)
