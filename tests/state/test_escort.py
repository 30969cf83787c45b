"""A bought token, message by message: what is told to its position and to the gate."""

from typing import Any

from msgspec.structs import replace

from core.effects import Effects, Finish
from core.ledger.books import OpenOrder, Operation
from core.messages import (
    DataEnded,
    EnterMint,
    EntryAnswered,
    FactsSeen,
    GetFacts,
    InsiderFunded,
    Order,
    RaiseEmergency,
    RequestReentry,
    Tick,
)
from core.types import ExitReason, Purpose, Role, Side
from tests.state.test_watcher import Watched
from tests.state.tokens import MINT, SOL, told

POSITION, WATCHER, GATE = f"position.{MINT}", f"watcher.{MINT}", "commandments"


class Escorted(Watched):
    """A watcher whose candidate was admitted; its buy is on its way."""

    def __init__(self) -> None:
        super().__init__()
        self.ready()
        order = Order(
            id="entry.op1.1",
            purpose=Purpose.ENTRY,
            role=Role.LIGHTNING,
            payer=Role.LIGHTNING,
            mint=MINT,
            operation_id="op1",
            side=Side.BUY,
        )
        self.books(orders={order.id: OpenOrder(order=order, at_s=self.script.at_s)})
        self.step(EntryAnswered(mint=MINT, admitted=True, verdicts=()))

    def books(self, **fields: Any) -> None:
        self.now.books = replace(self.now.books, **fields)

    def filled(self, panic: ExitReason | None = None) -> "Escorted":
        """The buy has landed."""
        operation = Operation(
            id="op1",
            mint=MINT,
            symbol="SYM",
            opened_at_s=self.script.at_s,
            entry_price=1.0,
            holdings={Role.LIGHTNING: 1},
            panic=panic,
        )
        self.books(orders={}, operations={"op1": operation})
        return self

    def tick(self, after_s: float = 1.0) -> Effects:
        self.wait(after_s)
        return self.step(Tick(key="escort"))

    def wish(self) -> Effects:
        self.now.at_s = self.script.at_s
        request = RequestReentry(
            operation_id="op1",
            mint=MINT,
            reserves=self.state.escort.token.reserves if self.state.escort else self.script.launch().reserves,
            at_s=self.now.at_s,
            deadline_s=self.now.at_s + 2.0,
        )
        return self.step(request)


def alarms(effects: Effects) -> list[RaiseEmergency]:
    return told(effects, POSITION)


def test_a_creators_sale_while_the_buy_is_on_its_way_is_told_when_it_has_landed():
    escorted = Escorted()
    escorted.script.held["creator"] = 10**12
    assert alarms(escorted.step(escorted.script.sell("creator"))) == []

    (alarm,) = alarms(escorted.filled().tick())

    assert (alarm.trigger, alarm.mint) == (ExitReason.CREATOR_SELL, MINT)


def test_a_collapse_while_the_buy_is_on_its_way_is_told_when_it_has_landed():
    escorted = Escorted()
    for index in range(40):
        escorted.step(escorted.script.sell(f"{MINT}.buyer{index}"))

    (alarm,) = alarms(escorted.filled().tick())

    assert alarm.trigger is ExitReason.LIQUIDITY_DROP


def test_the_position_is_told_until_its_panic_is_in_the_books():
    escorted = Escorted()
    escorted.script.held["creator"] = 10**12
    escorted.step(escorted.script.sell("creator"))
    escorted.filled()

    assert [len(alarms(escorted.tick())) for _ in range(3)] == [1, 1, 1]
    escorted.filled(panic=ExitReason.CREATOR_SELL)
    assert alarms(escorted.tick()) == []


def test_once_the_position_watches_the_escort_raises_nothing():
    escorted = Escorted().filled()
    escorted.script.held["creator"] = 10**12

    assert alarms(escorted.step(escorted.script.sell("creator"))) == []


def test_a_wish_to_buy_more_goes_to_the_gate_with_every_condition_but_age():
    escorted = Escorted().filled()
    (question,) = told(escorted.wish(), "accounts")
    assert isinstance(question, GetFacts)
    assert question.reply_to == WATCHER

    effects = escorted.step(FactsSeen(facts=escorted.script.facts(question.stake_lamports)))

    (request,) = told(effects, GATE)
    criteria = {verdict.criterion for verdict in request.verdicts}
    assert "age" not in criteria
    assert {"liquidity", "holders", "creator", "honeypot", "quality", "risk", "cost"} <= criteria
    assert all(verdict.ok for verdict in request.verdicts), request.verdicts
    assert request.holders == 61
    assert request.at_s == escorted.now.at_s


def test_a_condition_that_fails_now_is_told_as_it_is():
    escorted = Escorted().filled()
    (question,) = told(escorted.wish(), "accounts")

    facts = escorted.script.facts(question.stake_lamports, mint_authority=True)
    (request,) = told(escorted.step(FactsSeen(facts=facts)), GATE)

    assert {verdict.criterion for verdict in request.verdicts if not verdict.ok} == {"honeypot", "risk"}


def test_a_wish_whose_time_is_over_is_dropped():
    escorted = Escorted().filled()
    escorted.wish()
    escorted.wait(3.0)

    assert told(escorted.step(FactsSeen(facts=escorted.script.facts())), GATE) == []


def test_facts_nobody_wished_for_change_nothing():
    escorted = Escorted().filled()

    assert escorted.step(FactsSeen(facts=escorted.script.facts())) == ()


def test_a_buy_that_came_to_nothing_ends_the_escort():
    escorted = Escorted()
    assert escorted.tick(60.0) != (Finish(),)
    escorted.books(orders={})

    assert escorted.tick() == (Finish(),)


def test_after_the_golden_window_the_escort_ends():
    escorted = Escorted().filled()

    assert escorted.tick(899.0) != (Finish(),)
    assert escorted.tick(1.0) == (Finish(),)


def test_where_the_recording_ends_the_escort_ends():
    escorted = Escorted().filled()

    assert escorted.step(DataEnded(mint=MINT, at_s=escorted.script.at_s, slot=1)) == (Finish(),)


def test_a_person_who_wants_it_is_told_that_it_is_held():
    escorted = Escorted().filled()

    (answer,) = told(escorted.step(EnterMint(mint=MINT, by="somebody", reply_to="miner")), "miner")

    assert answer.verdicts[0].reason == "held now"


def test_late_answers_and_timers_change_nothing():
    escorted = Escorted().filled()

    assert escorted.step(Tick(key="judge"), EntryAnswered(mint=MINT, admitted=False, verdicts=())) == ()
    assert escorted.step(escorted.script.buy("another", SOL // 10)) == ()


def funded(one: Escorted, wallet: str) -> Effects:
    return one.step(InsiderFunded(mint=MINT, at_s=one.now.at_s, slot=1, wallet=wallet, lamports=1))


def test_a_wallet_funded_while_the_buy_is_on_its_way_is_told_to_the_position_once_it_exists():
    one = Escorted()
    funded(one, "friend")
    assert told(one.tick(), POSITION) == []
    one.filled()
    (message,) = told(one.tick(), POSITION)
    assert isinstance(message, InsiderFunded)
    assert message.wallet == "friend"

    operation = one.now.books.operations["op1"]
    one.books(operations={"op1": replace(operation, insiders=frozenset({"friend"}))})
    assert told(one.tick(), POSITION) == []
