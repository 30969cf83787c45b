"""A small world for the treasury: real executor, wallets, treasurer, gate and paper chain, with a tiny position.

Anything may crash between any two effects: one machine, or the whole process, whose journal then loses what was not yet
durable. The paper chain is the chain: it goes on. Everything random comes from one seed.
"""

import heapq
import itertools
from collections import deque
from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

from core.effects import After, Cancel, Effect, Effects, Finish, Now, Offer, Route, StartChild, Tell, Write
from core.ledger import postings
from core.ledger.books import Books, Operation
from core.ledger.fold import apply
from core.market.curve import START_REAL_BASE_UNITS, START_VIRTUAL_BASE_UNITS, START_VIRTUAL_QUOTE_LAMPORTS
from core.market.paper.chain import accounts_of
from core.market.paper.venue import PaperVenue
from core.messages import (
    CandidateReady,
    Command,
    EntryAnswered,
    FeedBatch,
    Message,
    OpenPosition,
    Order,
    PlaceOrder,
    RaiseAlert,
    RequestEntry,
    RequestReentry,
    Reserves,
    SettleOperation,
    SolPriceSeen,
    Tick,
    Undelivered,
)
from core.records import AnyRecord, CapitalOpened, EmergencyFired, OperationClosed, RunStarted
from core.rules.capital import split, start_lamports
from core.rules.verdict import Verdict
from core.settings import Settings
from core.state import commandments, orders, treasurer, venue, wallet
from core.state.market_now import MarketNow
from core.types import ExitReason, Purpose, Role, Side, Venue

START_S = 1_790_000_000.0
SLOT_S = 0.4
SOL = 1_000_000_000


class MachineCrash(Exception):
    """The machine at work dies in the middle of its effects."""


class ProcessCrash(Exception):
    """Everything dies."""


class Faults(NamedTuple):
    """How likely a crash is before each effect."""

    machine: float = 0.0
    process: float = 0.0


class Machine(NamedTuple):
    begin: Callable[[Now], tuple[Any, Effects]]
    step: Callable[[Any, Any, Now], tuple[Any, Effects]]


def curve_with(real_quote: int) -> Reserves:
    """A curve from which sellers could take this much."""
    quote = START_VIRTUAL_QUOTE_LAMPORTS + real_quote
    base = START_VIRTUAL_QUOTE_LAMPORTS * START_VIRTUAL_BASE_UNITS // quote
    sold = START_VIRTUAL_BASE_UNITS - base
    return Reserves(Venue.CURVE, quote, base, real_quote, START_REAL_BASE_UNITS - sold)


def candidate(mint: str, now: Now, reserves: Reserves, **changes: Any) -> CandidateReady:
    """A token that everybody would like."""
    fields: dict[str, Any] = {
        "mint": mint,
        "at_s": now.at_s,
        "slot": now.market.slot,
        "symbol": mint,
        "creator": "creator",
        "quality": 0.8,
        "risk": 0.2,
        "age_s": 400.0,
        "volume_lamports": 90 * SOL,
        "reserves": reserves,
        "token_2022": True,
        "cashback": False,
        "verdicts": (Verdict.passed("holders"), Verdict.passed("honeypot")),
        "holders": 100,
    }
    return CandidateReady(**fields | changes)


class World:
    """Market, chain, journal and machines. `slot()` lets 0.4 s pass."""

    def __init__(self, settings: Settings, seed: int = 1, faults: Faults | None = None, sol_usd: float = 80.0) -> None:
        self.rng = Random(seed)
        self.faults = faults if faults is not None else Faults()
        self.sol_usd = sol_usd
        self.chain = PaperVenue(settings.paper, seed)
        self.market = MarketNow(rule=settings.sol_price)
        self.now = Now(START_S, Books(), settings, self.market)
        self.records: list[AnyRecord] = []
        self.history = [Books()]
        self.durable = 0
        self.states: dict[str, Any] = {}
        self.queue: deque[tuple[str, Message]] = deque()
        self.timers: list[tuple[float, int, str, str, Message]] = []
        self.armed: dict[tuple[str, str], int] = {}
        self.count = itertools.count()
        self.reserves: dict[str, Reserves] = {}
        self.told: dict[str, list[Message]] = {"miner": [], "notifier": []}
        self.crashes = 0
        parts = split(settings.capital, start_lamports(settings.capital, sol_usd))
        self.chain.open_capital(parts)
        opened = CapitalOpened(
            at_s=START_S,
            mode="paper",
            seed=seed,
            capital_usd=settings.capital.usd,
            sol_usd=sol_usd,
            postings=postings.of_capital(parts),
        )
        self.write(opened, durable=True)
        self._see()
        self._start_all()

    @property
    def books(self) -> Books:
        return self.now.books

    def machine(self, name: str) -> Machine:
        kind, _, rest = name.partition(".")
        match kind:
            case "executor":
                return Machine(orders.begin, orders.step)
            case "venue":
                return Machine(lambda now: venue.begin(self.chain, now), venue.step)
            case "wallet":
                return Machine(lambda now: wallet.begin(Role(rest), now), wallet.step)
            case "treasurer":
                return Machine(treasurer.begin, treasurer.step)
            case "commandments":
                return Machine(commandments.begin, commandments.step)
            case _:
                position = TinyPosition(rest, self.rng)
                return Machine(position.begin, position.step)

    def slot(self, count: int = 1) -> None:
        """Time passes: timers, landings, and all that follows from them."""
        for _ in range(count):
            self.now.at_s += SLOT_S
            self._see()
            self._fire_timers()
            landings = []
            for sent in self.chain.due(self.market.slot):
                settlement = self.chain.settle(
                    sent, slot=self.market.slot, at_s=self.now.at_s, reserves=self._reserves_for(sent.order)
                )
                if settlement.reserves is not None:
                    self.reserves[sent.order.mint] = settlement.reserves
                landings.append(settlement)
            if landings:
                batch = FeedBatch(slot=self.market.slot, at_s=self.now.at_s, landings=tuple(landings))
                self.tell("venue", batch)
            self.drain()

    def offer(self, mint: str, real_quote: int = 60 * SOL, **changes: Any) -> None:
        """A wish to enter this token reaches the gate."""
        reserves = self.reserves.setdefault(mint, curve_with(real_quote))
        self.tell("commandments", RequestEntry(candidate=candidate(mint, self.now, reserves, **changes)))
        self.drain()

    def tell(self, name: str, message: Message) -> None:
        self.queue.append((name, message))

    def write(self, record: AnyRecord, *, durable: bool = False) -> None:
        self.now.books = apply(self.now.books, record)
        self.records.append(record)
        self.history.append(self.now.books)
        if durable:
            self.durable = len(self.records)

    def drain(self) -> None:
        while self.queue:
            name, message = self.queue.popleft()
            try:
                self._deliver_or_restart(name, message)
            except ProcessCrash:
                self._restart_all()

    def answers(self) -> list[EntryAnswered]:
        return [message for message in self.told["miner"] if isinstance(message, EntryAnswered)]

    def alerts(self) -> list[str]:
        return [message.key for message in self.told["notifier"] if isinstance(message, RaiseAlert)]

    def real_accounts(self) -> dict[str, int]:
        """What the chain says, as far as the books can know: without landed orders that they have not settled."""
        accounts = accounts_of(self.chain.chain)
        for opened in self.books.orders.values():
            settlement = self.chain.status(opened.signature)
            if settlement is not None:
                accounts["rent"] -= settlement.rent_lamports
                for role, change in settlement.changes.items():
                    accounts[f"wallet:{role}"] -= change
        return accounts

    def _see(self) -> None:
        slot = round((self.now.at_s - START_S) / SLOT_S) + 1_000
        price = SolPriceSeen(at_s=self.now.at_s, pool_usd=self.sol_usd, http_usd=self.sol_usd)
        self.market.see(FeedBatch(slot=slot, at_s=self.now.at_s, sol_price=price, priority_lamports=30_000))

    def _reserves_for(self, order: Order) -> Reserves | None:
        """Where the market is when the order lands. Sells meet another price than their buys did."""
        if order.side is Side.SELL:
            real_quote = self.reserves[order.mint].real_quote
            moved = int(real_quote * self.rng.uniform(0.75, 1.35))
            self.reserves[order.mint] = curve_with(min(max(moved, 10 * SOL), 80 * SOL))
        return self.reserves.get(order.mint)

    def _deliver_or_restart(self, name: str, message: Message) -> None:
        try:
            self._deliver(name, message)
        except MachineCrash:
            self._restart(name)

    def _deliver(self, name: str, message: Message) -> None:
        if name not in self.states:
            self.told.setdefault(name, []).append(message)
            return
        state, effects = self.machine(name).step(self.states[name], message, self.now)
        self.states[name] = state
        self._perform(name, effects)

    def _perform(self, name: str, effects: Effects) -> None:
        for effect in effects:
            self._fate()
            self._do(name, effect)
        self._fate()

    def _fate(self) -> None:
        if self.faults.machine and self.rng.random() < self.faults.machine:
            raise MachineCrash
        if self.faults.process and self.rng.random() < self.faults.process:
            raise ProcessCrash

    def _do(self, name: str, effect: Effect) -> None:
        match effect:
            case Tell() | Offer():
                self._send(name, effect)
            case Route(messages):
                for message in messages:
                    for follower in (f"watcher.{message.mint}", f"position.{message.mint}"):
                        self._send(name, Offer(follower, message))
            case Write():
                self.write(effect.record, durable=effect.durable)  # type: ignore[arg-type]  # one of the union
            case After():
                number = next(self.count)
                self.armed[name, effect.key] = number
                heapq.heappush(self.timers, (self.now.at_s + effect.delay_s, number, name, effect.key, effect.message))
            case Cancel():
                self.armed.pop((name, effect.key), None)
            case StartChild():
                if effect.name not in self.states:
                    self._start(effect.name)
            case Finish():
                self._stop(name)

    def _send(self, sender: str, effect: Tell | Offer) -> None:
        if effect.to.startswith("position.") and effect.to not in self.states:
            self.told.setdefault(effect.to, []).append(effect.message)
            if isinstance(effect, Tell) and isinstance(effect.message, Command):
                self.tell(sender, Undelivered(to=effect.to, command=effect.message, full=False))
            return
        self.tell(effect.to, effect.message)

    def _fire_timers(self) -> None:
        while self.timers and self.timers[0][0] <= self.now.at_s:
            _, number, name, key, message = heapq.heappop(self.timers)
            if self.armed.get((name, key)) == number:
                del self.armed[name, key]
                self.tell(name, message)
                self.drain()

    def _start(self, name: str) -> None:
        try:
            state, effects = self.machine(name).begin(self.now)
            self.states[name] = state
            self._perform(name, effects)
        except MachineCrash:
            self._restart(name)

    def _stop(self, name: str) -> None:
        self.states.pop(name, None)
        for armed in [armed for armed in self.armed if armed[0] == name]:
            del self.armed[armed]

    def _restart(self, name: str) -> None:
        """As the tree does: what stands behind the executor restarts with it. What waited for the dead may be lost."""
        self.crashes += 1
        names = [name]
        if name == "executor":
            names += [other for other in self.states if other.startswith("position.")]
            names += [f"position.{operation.mint}" for operation in self.books.operations.values()]
            names.append("commandments")
        for dead in names:
            self._stop(dead)
        if self.rng.random() < 0.5:
            self.queue = deque(item for item in self.queue if item[0] not in names)
        for dead in dict.fromkeys(names):
            if not dead.startswith("position.") or self.books.operation_of(dead.partition(".")[2]):
                self._start(dead)

    def _restart_all(self) -> None:
        """The process starts again from what was durable; some of the rest may have reached the disk all the same."""
        self.crashes += 1
        kept = self.rng.randint(self.durable, len(self.records))
        del self.records[kept:], self.history[kept + 1 :]
        self.now.books = self.history[-1]
        self.durable = kept
        self._start_all()

    def _start_all(self) -> None:
        faults, self.faults = self.faults, Faults()
        self.states, self.timers, self.armed = {}, [], {}
        self.queue.clear()
        rules = self.now.settings
        militia, psychology = rules.militia, rules.psychology
        started = RunStarted(
            at_s=self.now.at_s,
            militia=militia,
            psychology=psychology,
            mode="paper",
            feed="test",
            seed=1,
            version="test",
        )
        self.write(started, durable=True)
        wallets = [f"wallet.{role}" for role in Role]
        positions = [f"position.{operation.mint}" for operation in self.books.operations.values()]
        for name in ["venue", *wallets, "treasurer", "executor", *positions, "commandments"]:
            self._start(name)
        self.faults = faults


class TinyPosition:
    """Holds a while, sells everything wallet by wallet, books the close, tells the treasurer. Panics now and then."""

    def __init__(self, mint: str, rng: Random) -> None:
        self.mint, self.rng = mint, rng

    def begin(self, now: Now) -> tuple[float, Effects]:
        return now.at_s + self.rng.uniform(1, 20), (self._again(),)

    def step(self, sell_at_s: float, message: object, now: Now) -> tuple[float, Effects]:
        if isinstance(message, OpenPosition):
            return sell_at_s, ()
        operation = now.books.operation_of(self.mint)
        if operation is None:
            return sell_at_s, (Finish(),)
        if any(opened.order.operation_id == operation.id for opened in now.books.orders.values()):
            return sell_at_s, (self._again(),)
        if operation.tokens and now.at_s < sell_at_s:
            return sell_at_s, (*self._more(operation, now), self._again())
        return sell_at_s, (*self._out(operation, now), self._again())

    def _again(self) -> After:
        return After("turn", 1.0, Tick(key="turn"))

    def _more(self, operation: Operation, now: Now) -> Effects:
        if self.rng.random() > 0.2:
            return ()
        higher = curve_with(int(80 * SOL))
        request = RequestReentry(
            operation_id=operation.id,
            mint=self.mint,
            reserves=higher,
            at_s=now.at_s,
            verdicts=(Verdict.passed("holders"),),
            holders=100,
        )
        return (Tell("commandments", request),)

    def _out(self, operation: Operation, now: Now) -> Effects:
        if operation.tokens and operation.panic is None and self.rng.random() < 0.15:
            fired = EmergencyFired(
                at_s=now.at_s,
                operation_id=operation.id,
                mint=self.mint,
                trigger=ExitReason.CREATOR_SELL,
                slippage_bps=5_000,
                detail="",
            )
            return (Write(fired, durable=True),)
        if operation.tokens:
            return (self._place(self._sale(operation, now)),)
        moving = sum(fill.proceeds_lamports for fill in operation.exits if fill.role is Role.LIGHTNING)
        spare = now.books.balance(Role.LIGHTNING) - 1_000_000
        if operation.panic and not operation.moved and 0 < moving <= spare:
            return (self._place(self._proceeds(operation, moving, now)),)
        return self._close(operation, now)

    def _place(self, order: Order) -> Tell:
        return Tell("executor", PlaceOrder(order=order, id=order.id))

    def _sale(self, operation: Operation, now: Now) -> Order:
        role = min(operation.holdings)
        purpose = Purpose.PANIC if operation.panic else Purpose.EXIT
        return Order(
            id=f"{purpose}.{operation.id}.{role}.{operation.numbers.get(role, 0) + 1}",
            purpose=purpose,
            role=role,
            payer=Role.EMERGENCY_GAS if operation.panic else role,
            operation_id=operation.id,
            mint=self.mint,
            side=Side.SELL,
            venue=Venue.CURVE,
            tokens=operation.holdings[role],
            limit=1,
            priority_lamports=20_000,
            reason=operation.panic or ExitReason.DECAY,
            token_2022=True,
            close_account=True,
            generation=now.books.generation,
        )

    def _proceeds(self, operation: Operation, lamports: int, now: Now) -> Order:
        return Order(
            id=f"{Purpose.PROCEEDS}.{operation.id}.{operation.numbers.get(Role.LIGHTNING, 0) + 1}",
            purpose=Purpose.PROCEEDS,
            role=Role.LIGHTNING,
            payer=Role.EMERGENCY_GAS,
            operation_id=operation.id,
            mint=self.mint,
            lamports=lamports,
            to_role=Role.TACTICAL_EXIT,
            reserved_lamports=lamports,
            generation=now.books.generation,
        )

    def _close(self, operation: Operation, now: Now) -> Effects:
        closed = OperationClosed(
            at_s=now.at_s,
            operation_id=operation.id,
            mint=self.mint,
            symbol=self.mint,
            opened_at_s=operation.opened_at_s,
            net_lamports=operation.net_lamports,
            cost_lamports=operation.cost_lamports,
            proceeds_lamports=sum(fill.proceeds_lamports for fill in operation.exits),
            reason=operation.exits[-1].reason,
        )
        return Write(closed, durable=True), Tell("treasurer", SettleOperation(operation_id=operation.id)), Finish()
