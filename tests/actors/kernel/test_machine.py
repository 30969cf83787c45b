"""The owner of a state machine performs its effects in order, and after a crash the machine begins from the books."""

from typing import Any

import pytest
from msgspec import Struct
from typing_extensions import override

from actors.base import Actor
from actors.machine import MachineActor
from actors.mailbox import Bounds
from actors.tree import Worker
from core.effects import After, Cancel, Finish, Now, Offer, Route, StartChild, Tell, Write
from core.errors import Refused, Unavailable
from core.messages import Append, Command, Event, Graduated, Query, Tick, Undelivered
from core.records import Record
from core.supervision import Restart
from tests.actors.kernel.stage import WAIT_S, Do, Stage, Waits, branch, puppet, running, settled, until


class Counted(Record, frozen=True, kw_only=True, tag="test_counted"):
    amount: int


class Count(Command, frozen=True, kw_only=True):
    """Add `amount` to the books, durably; then crash, if it says so, before or after telling `told`."""

    amount: int
    crash: str = ""


class Perform(Event, frozen=True, kw_only=True):
    """Return exactly these effects."""

    effects: tuple[Any, ...]


class GetTotal(Query, frozen=True, kw_only=True):
    """Answered with the state."""


NO_NAME: Any = None
NO_BOOKS: Any = None
MARKET: Any = "market"


class Books(Struct, frozen=True):
    """The fold of the journal of these tests: a sum."""

    total: int = 0


class Ledger:
    """An in-memory journal that outlives its actor, as a file would."""

    def __init__(self):
        self.records: list[Any] = []
        self.appends: list[tuple[int, bool]] = []

    def books(self) -> Books:
        return Books(sum(record.amount for record in self.records))


class Services(Stage):
    settings: Any = "settings"
    market: Any = "market"
    strategy: Any = "strategy"
    ledger: Any = None
    moment: Any = None

    def books(self) -> Any:
        return self.ledger.books()


class Journal(Actor[Append]):
    @override
    def handle(self, message: Append) -> object:
        services: Any = self.system.services
        ledger = services.ledger
        ledger.records += message.records
        ledger.appends.append((len(message.records), message.durable))
        services.log.append((self.name, f"append {len(message.records)}"))
        return len(ledger.records)


class Machine(MachineActor[Any, int]):
    """Its state is the books' total, so that after any crash state = fold(journal) can be seen."""

    @override
    def begin(self, now: Now):
        self.note(f"began at {now.at_s} with {now.settings} and {now.market}")
        books: Any = now.books
        return books.total, (Tell("told", Do(what="machine began")),)

    @override
    def step(self, state, message, now: Now):
        match message:
            case Count(amount=amount, crash="before"):
                raise ValueError(f"before {amount}")
            case Count(amount=amount, crash="between"):
                # A name that is no string ends the actor in the effect after the write, as a defect there would.
                return state + amount, (Write(Counted(at_s=now.at_s, amount=amount), True), Tell(NO_NAME, message))
            case Count(amount=amount):
                effects = (Write(Counted(at_s=now.at_s, amount=amount), True), Tell("told", Do(what=f"{amount}")))
                return state + amount, effects
            case Perform(effects=effects):
                return state, effects
            case Undelivered(to=to, full=full):
                self.note(f"{to} {'is full' if full else 'is dead'}")
                return state, ()
            case _:
                self.note(f"{message!r}")
                return state, ()

    def note(self, what):
        services: Any = self.system.services
        services.log.append((self.name, what))

    @override
    def answer(self, query):
        return self.state if isinstance(query, GetTotal) else super().answer(query)


@pytest.fixture
def machine():
    ledger = Ledger()
    tree = branch(
        "root",
        Worker(name="journal", actor=Journal),
        puppet("told", bounds=Bounds(commands=2)),
        Worker(name="machine", actor=Machine),
        templates=(puppet("w", restart=Restart.TEMPORARY),),
    )
    services = Services(ledger=ledger, moment=Now(0.0, NO_BOOKS, NO_BOOKS, MARKET))
    with running(tree, services=services, start_s=7.0) as (system, stage):
        yield system, stage, ledger


def perform(system, *effects):
    system.directory.tell("machine", Perform(effects=effects))
    settled(system)


def test_a_machine_begins_with_time_books_and_settings_and_performs_its_first_effects(machine):
    system, stage, _ = machine
    settled(system)

    assert stage.did("machine") == ["began at 7.0 with settings and market"]
    assert stage.did("told") == ["began", "machine began"]


def test_what_follows_a_write_happens_after_it_is_in_the_journal(machine):
    system, stage, ledger = machine
    settled(system)
    stage.log.clear()

    perform(
        system,
        Tell("told", Do(what="before")),
        Write(Counted(at_s=7.0, amount=1)),
        Write(Counted(at_s=7.0, amount=2), True),
        Tell("told", Do(what="after")),
        Write(Counted(at_s=7.0, amount=3)),
    )

    # Neighbouring writes are one append, durable because one of them is.
    assert ledger.appends == [(2, True), (1, False)]
    assert stage.log.index(("journal", "append 2")) < stage.log.index(("told", "after"))
    assert stage.did("told") == ["before", "after"]


def test_timers_of_a_machine_are_set_and_cancelled_on_market_time(machine):
    system, stage, _ = machine
    perform(system, After("x", 5.0, Tick(key="x")), After("y", 5.0, Tick(key="y")), Cancel("x"))

    system.clock.advance(12.0)
    settled(system)

    assert stage.did("machine")[1:] == ["Tick(key='y')"]


def test_a_child_of_a_machine_waits_for_nothing_and_gets_its_first_message_as_arguments(machine):
    system, stage, _ = machine
    perform(system, StartChild("root", "w.1", Do(what="born with")), Tell("w.1", Do(what="told")))

    assert system.directory.present("w.1").context.args == Do(what="born with")
    assert stage.did("w.1") == ["began", "told"]


def test_finish_ends_a_machine_after_the_remaining_effects(machine):
    system, stage, _ = machine
    settled(system)
    stage.log.clear()
    perform(system, Finish(), Tell("told", Do(what="last")))

    assert stage.did("told") == ["last", "machine began"]
    assert [one.reason for one in stage.exits if one.name == "machine"] == [None]


def test_a_command_to_a_dead_name_comes_back_after_the_other_effects(machine):
    system, stage, _ = machine
    perform(system, Tell("nobody", Do(what="x")), Tell("told", Do(what="done")))

    assert stage.did("machine")[-1] == "nobody is dead"
    assert stage.did("told")[-1] == "done"


def test_a_command_to_a_full_mailbox_comes_back_and_nobody_crashes(machine):
    system, stage, _ = machine
    system.directory.tell("told", Do(what="wait"))
    until(lambda: system.directory.present("told").handling)
    perform_later = [Tell("told", Do(what=f"{number}")) for number in range(4)]
    system.directory.tell("machine", Perform(effects=tuple(perform_later)))
    until(lambda: stage.did("machine")[-2:] == ["told is full"] * 2)
    stage.gate.set()
    settled(system)

    assert stage.did("told")[-2:] == ["0", "1"]
    assert system.directory.counts()["told"].refused == 2
    assert stage.exits == []


def test_an_event_to_a_dead_name_is_counted_only(machine):
    system, stage, _ = machine
    perform(system, Tell("nobody", Tick(key="x")))

    assert stage.did("machine")[-1].startswith("began")
    assert system.directory.counts()["nobody"].dead == 1


def test_an_offer_to_a_dead_name_is_nothing(machine):
    system, stage, _ = machine
    perform(system, Offer("nobody", Do(what="x")), Offer("told", Do(what="offered")))

    assert "nobody" not in system.directory.counts()
    assert stage.did("told")[-1] == "offered"


def test_market_data_is_offered_to_the_watcher_and_then_to_the_position_of_its_token(machine, monkeypatch):
    system, _, _ = machine
    offered: list[tuple[str, object]] = []
    monkeypatch.setattr(system.directory, "offer", lambda name, message: offered.append((name, message)))
    messages = (Graduated(mint="M", at_s=1.0, slot=1), Graduated(mint="N", at_s=1.0, slot=1))

    perform(system, Route(messages))

    followers = ("watcher.M", "position.M", "watcher.N", "position.N")
    assert offered == list(zip(followers, (messages[0], messages[0], messages[1], messages[1]), strict=True))


def test_a_query_is_answered_and_an_unknown_one_refused(machine):
    system, _, _ = machine

    class GetOther(Query, frozen=True, kw_only=True):
        pass

    system.directory.tell("machine", Count(amount=5))
    assert system.directory.ask("machine", GetTotal(), WAIT_S) == 5
    with pytest.raises(Refused, match="answers no GetOther"):
        system.directory.ask("machine", GetOther(), WAIT_S)


def test_a_child_of_a_supervisor_that_is_gone_is_a_crash_not_silence(machine):
    system, stage, _ = machine
    perform(system, StartChild("nobody", "w.1", Do(what="x")))

    assert [type(one.reason) for one in stage.exits] == [Unavailable]


@pytest.mark.parametrize("seed", range(5))
def test_state_after_any_crash_is_the_fold_of_the_journal_and_no_command_counts_twice(machine, seed):
    """Each command is journaled at most once: done before a crash it counts, caught by the crash before its write it
    does not, and it is never given again."""
    from random import Random

    dice = Random(seed)
    system, stage, ledger = machine
    expected = 0
    for number in range(1, 60):
        crash = dice.choice(["", "", "", "before", "between"])
        system.directory.tell("machine", Count(amount=number, crash=crash))
        expected += 0 if crash == "before" else number
        if dice.random() < 0.2:
            settled(system)
            assert system.directory.ask("machine", GetTotal(), WAIT_S) == ledger.books().total == expected
    settled(system)

    assert system.directory.ask("machine", GetTotal(), WAIT_S) == ledger.books().total == expected
    amounts = [record.amount for record in ledger.records]
    assert len(amounts) == len(set(amounts))
    assert len(stage.exits) > 5


def test_a_journal_that_is_down_ends_the_machine_which_begins_again_from_the_books(machine):
    system, stage, ledger = machine
    settled(system)
    journal = system.directory.present("journal")
    waits = Waits(system, held=True)
    system.directory.tell("journal", "not an append")
    until(lambda: waits.calls)

    system.directory.tell("machine", Count(amount=5))
    until(lambda: len(waits.calls) == 2)
    assert journal.greenlet.dead
    waits.over()
    settled(system)

    assert [type(one.reason).__name__ for one in stage.exits] == ["AttributeError", "Unavailable"]
    assert system.directory.ask("machine", GetTotal(), WAIT_S) == ledger.books().total == 0
