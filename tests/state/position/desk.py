"""A position with everything around it made of plain functions: books, one curve, an executor that does as it is told.

Independent of the paper chain on purpose: settlements are computed here from the formulas of the chain's page.
"""

from typing import Any

from core.chain.rent import TOKEN_ACCOUNT_LAMPORTS
from core.effects import After, Cancel, Effects, Finish, Now, Offer, Tell, Write
from core.ledger.books import Books, Operation
from core.ledger.fold import apply
from core.ledger.postings import of_capital, of_settlement
from core.messages import (
    Message,
    OpenPosition,
    Order,
    OrderClosed,
    PlaceOrder,
    Reserves,
    Settlement,
    Tick,
    Traded,
)
from core.records import AnyRecord, CapitalOpened, OrderIntended, OrderSettled, OrderSigned
from core.settings import Settings
from core.state import position
from core.state.market_now import MarketNow
from core.types import ExitReason, Purpose, Role, Side, Venue

SOL = 1_000_000_000
START_S = 1_700_000_000.0
MINT, CREATOR = "Mint", "Creator"
OPERATION_ID = "op1"
NAME = f"position.{MINT}"
PRODUCT = 30 * SOL * 1_073_000_000_000_000
QUOTE = 55 * SOL


def curve(price: float = 1.0) -> Reserves:
    """The curve at `price` times the price at which the desk's entry found it; at least 0.31."""
    quote = int(QUOTE * price**0.5)
    base = PRODUCT // quote
    return Reserves(Venue.CURVE, quote, base, quote - 30 * SOL, base - 279_900_000_000_000)


def pool(price: float = 1.0) -> Reserves:
    at = curve(price)
    return Reserves(Venue.POOL, at.quote, at.base, at.quote, at.base)


def after_trade(reserves: Reserves, quote: int, tokens: int) -> Reserves:
    return Reserves(
        reserves.venue,
        reserves.quote + quote,
        reserves.base - tokens,
        reserves.real_quote + quote,
        reserves.real_base - tokens,
    )


def fees_on(quote: int) -> dict[str, int]:
    """0.95 % and 0.30 %, each rounded up."""
    return {"protocol": -(-quote * 95 // 10_000), "creator": -(-quote * 30 // 10_000)}


class Desk:
    """`placed` are orders that the executor has not begun; `going` are signed and sent."""

    def __init__(self, settings: Settings | None = None, *, spend: int = 40_000_000, reentry_spend: int = 0) -> None:
        self.settings = settings or Settings()
        self.records = list[AnyRecord]()
        self.told = list[tuple[str, Message]]()
        self.placed = list[Order]()
        self.going = list[Order]()
        self.timers = dict[str, tuple[float, Message]]()
        self.finished = False
        self.reserves = curve()
        self.now = Now(START_S, Books(), self.settings, MarketNow())
        split = dict.fromkeys(Role, SOL // 20)
        self.write(
            CapitalOpened(
                at_s=START_S, mode="paper", seed=1, capital_usd=20.0, sol_usd=80.0, postings=of_capital(split)
            )
        )
        self.buy(Purpose.ENTRY, Role.LIGHTNING, spend, "entry.op1.1")
        if reentry_spend:
            self.buy(Purpose.REENTRY, Role.REENTRY, reentry_spend, "reentry.op1.2")
        self.state, effects = position.begin(OpenPosition(operation_id=OPERATION_ID, mint=MINT), self.now)
        self.perform(effects)

    @property
    def operation(self) -> Operation:
        return self.now.books.operations[OPERATION_ID]

    @property
    def held_s(self) -> float:
        return self.now.at_s - START_S

    def write(self, record: AnyRecord) -> None:
        self.records.append(record)
        self.now.books = apply(self.now.books, record)

    def written(self, kind: type[Any]) -> list[Any]:
        return [record for record in self.records if isinstance(record, kind)]

    def alerts(self) -> list[str]:
        return [getattr(message, "key", "") for to, message in self.told if to == "notifier"]

    def buy(self, purpose: Purpose, role: Role, spend: int, order_id: str) -> None:
        """A buy of ours, from intent to fill."""
        order = Order(
            id=order_id,
            purpose=purpose,
            role=role,
            payer=role,
            operation_id=OPERATION_ID,
            mint=MINT,
            symbol="SYM",
            creator=CREATOR,
            side=Side.BUY,
            venue=Venue.CURVE,
            lamports=spend,
            priority_lamports=20_000,
        )
        self.begin(order)
        self.going.remove(order)
        net = spend * 10_000 // 10_125 - 2
        tokens = (net - 1) * self.reserves.base // (self.reserves.quote + net - 1)
        fees = fees_on(net) | {"base": 5_000, "priority": 20_000}
        self.reserves = after_trade(self.reserves, net, tokens)
        settlement = Settlement(
            signature=order.id,
            slot=1,
            at_s=self.now.at_s,
            tokens=tokens,
            quote_lamports=-net,
            fees=fees,
            rent_lamports=TOKEN_ACCOUNT_LAMPORTS,
            changes={role: -net - sum(fees.values()) - TOKEN_ACCOUNT_LAMPORTS},
            reserves=self.reserves,
        )
        self.book(order, "filled", settlement)

    # What the owner of the machine does.

    def tell(self, message: Any) -> None:
        if not self.finished:
            self.state, effects = position.step(self.state, message, self.now)
            self.perform(effects)

    def perform(self, effects: Effects) -> None:
        for effect in effects:
            match effect:
                case Write():
                    self.write(effect.record)  # type: ignore[arg-type]  # every record struct is one of the union
                case Tell(to="executor", message=PlaceOrder() as command):
                    self.place(command.order)
                case Tell() | Offer():
                    self.told.append((effect.to, effect.message))
                case After():
                    self.timers[effect.key] = (round(self.now.at_s + effect.delay_s, 6), effect.message)
                case Cancel():
                    self.timers.pop(effect.key, None)
                case Finish():
                    self.finished = True
                    self.timers.clear()
                case _:
                    raise AssertionError(f"a position does not ask for {effect}")

    def advance(self, to_s: float) -> None:
        """Market time goes on to `to_s` after the first fill; timers fire on their way."""
        while not self.finished:
            due = min(self.timers.items(), key=lambda item: (item[1][0], item[0]), default=None)
            if due is None or due[1][0] > START_S + to_s:
                break
            key, (at_s, message) = due
            del self.timers[key]
            self.now.at_s = max(self.now.at_s, at_s)
            self.tell(message)
        self.now.at_s = max(self.now.at_s, START_S + to_s)

    def restart(self, *, executor_too: bool = False) -> None:
        """The position begins again from the books; with the executor, what it had not begun is lost."""
        if executor_too:
            self.placed.clear()
        self.timers.clear()
        self.state, effects = position.begin(OpenPosition(operation_id=OPERATION_ID, mint=MINT), self.now)
        self.perform(effects)

    # The market.

    def trade(
        self, price: float, *, trader: str = "Somebody", side: Side = Side.BUY, venue: Venue | None = None
    ) -> None:
        """Somebody's trade leaves the market at `price` times the price of the entry."""
        where = venue or self.reserves.venue
        self.reserves = pool(price) if where is Venue.POOL else curve(price)
        self.tell(
            Traded(
                mint=MINT,
                at_s=self.now.at_s,
                slot=2,
                side=side,
                trader=trader,
                quote_lamports=1,
                tokens=1,
                reserves=self.reserves,
            )
        )

    # The executor and the chain.

    def place(self, order: Order) -> None:
        known = {other.id for other in (*self.placed, *self.going)}
        if order.id not in known and order.id not in self.now.books.settled_ids:
            self.placed.append(order)

    def begin(self, order: Order) -> None:
        """Intent and signature, as the executor journals them."""
        self.write(OrderIntended(at_s=self.now.at_s, order=order))
        self.write(OrderSigned(at_s=self.now.at_s, order_id=order.id, signature=order.id, last_valid_slot=1))
        self.going.append(order)

    def begin_placed(self) -> None:
        while self.placed:
            self.begin(self.placed.pop(0))

    def settle(self, order: Order, outcome: str = "", *, error: str = "") -> str:
        """The end of an order: on the chain (no outcome given), or as the test wants it. Tells the position."""
        if order in self.placed:
            self.placed.remove(order)
            self.begin(order)
        self.going.remove(order)
        settlement = self.execute(order, error or ("drawn" if outcome == "failed" else ""))
        if outcome in ("expired", "refused"):
            settlement = None
        elif settlement is not None:
            outcome, error = ("failed", settlement.error) if settlement.error else ("filled", "")
        self.book(order, outcome, settlement, error)
        self.tell(OrderClosed(order=order, outcome=outcome, settlement=settlement, error=error))
        return outcome

    def settle_all(self, outcome: str = "") -> None:
        """The end of every order that is there now."""
        for order in (*self.placed, *self.going):
            if not self.finished:
                self.settle(order, outcome)

    def book(self, order: Order, outcome: str, settlement: Settlement | None, error: str = "") -> None:
        postings = of_settlement(order, settlement) if settlement else ()
        self.write(
            OrderSettled(
                at_s=self.now.at_s,
                order_id=order.id,
                outcome=outcome,
                error=error,
                settlement=settlement,
                postings=postings,
            )
        )

    def execute(self, order: Order, failure: str) -> Settlement | None:
        """What the chain does with a sale or transfer now."""
        signatures = 1 if order.payer is order.role and order.from_generation is None else 2
        landing = {"base": 5_000 * signatures, "priority": order.priority_lamports}
        changes: dict[str, int] = {order.payer: -sum(landing.values())}

        def settled(error: str = "", fees: dict[str, int] = landing, **moved: Any) -> Settlement:
            return Settlement(
                signature=order.id, slot=3, at_s=self.now.at_s, error=error, fees=fees, changes=changes, **moved
            )

        if failure:
            return settled(failure)
        if order.side is None:
            assert order.to_role is not None
            changes[order.role] = changes.get(order.role, 0) - order.lamports
            changes[order.to_role] = changes.get(order.to_role, 0) + order.lamports
            return settled()
        books = self.now.books
        owner = books.remainders[OPERATION_ID] if order.purpose is Purpose.RECOVERY else self.operation
        held = owner.holdings.get(order.role, 0)
        if order.tokens > held:
            return settled("insufficient tokens")
        if order.venue is not self.reserves.venue:
            return settled("the token does not trade there")
        quote = order.tokens * self.reserves.quote // (self.reserves.base + order.tokens)
        fees = fees_on(quote)
        if quote - sum(fees.values()) < max(order.limit, 1):
            return settled("slippage")
        rent = TOKEN_ACCOUNT_LAMPORTS if order.close_account else 0
        changes[order.role] = changes.get(order.role, 0) + quote - sum(fees.values()) + rent
        self.reserves = after_trade(self.reserves, -quote, -order.tokens)
        return settled(
            fees=landing | fees,
            tokens=-order.tokens,
            quote_lamports=quote,
            rent_lamports=-rent,
            reserves=self.reserves,
        )

    # What tests ask.

    def only(self) -> Order:
        """The one order that is on its way."""
        orders = (*self.placed, *self.going)
        assert len(orders) == 1, [order.id for order in orders]
        return orders[0]

    def idle(self) -> bool:
        return not self.placed and not self.going

    def sold(self, reason: ExitReason) -> int:
        fills = self.operation.exits
        return sum(fill.tokens for fill in fills if fill.reason is reason)


def tick() -> Tick:
    return Tick(key="tick")
