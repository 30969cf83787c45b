"""How the core-only runner delivers: what actors do by names, it does by the machines themselves."""

from typing import Any

from core.effects import Effect, Effects, Finish, Now, Route, StartChild
from core.ledger.books import Books
from core.messages import Graduated, Message
from core.runner import Runner
from core.settings import Settings
from core.state.market_now import MarketNow


def moved(mint: str, slot: int) -> Graduated:
    return Graduated(mint=mint, at_s=float(slot), slot=slot)


class Noting:
    """A machine that notes the slots that it was told; told one of `ends_at`, it ends."""

    def __init__(self, name: str, told: list[tuple[str, int]], *, ends_at: int = 0) -> None:
        self.name, self.told, self.ends_at = name, told, ends_at

    def begin(self, now: Now) -> tuple[Any, Effects]:
        return None, ()

    def step(self, state: Any, message: Any, now: Now) -> tuple[Any, Effects]:
        self.told.append((self.name, message.slot))
        return state, (Finish(),) if message.slot == self.ends_at else ()


class Saying:
    """A machine that answers whatever it is told with these effects."""

    def __init__(self, *effects: Effect) -> None:
        self.effects = effects

    def begin(self, now: Now) -> tuple[Any, Effects]:
        return None, ()

    def step(self, state: Any, message: Any, now: Now) -> tuple[Any, Effects]:
        return state, self.effects


def runner(told: list[tuple[str, int]], *effects: Effect, ends_at: int = 0) -> Runner:
    """One whose machine `says` performs `effects` when it is told anything; children note what they are told."""

    def nursery(name: str, _: Message) -> Noting:
        return Noting(name, told, ends_at=ends_at)

    made = Runner(Settings(), Books(), nursery, MarketNow())
    made.start("says", Saying(*effects))
    return made


def say(one: Runner) -> None:
    one.tell("says", moved("any", 0))
    one.drain()


def test_market_data_goes_to_the_watcher_and_then_to_the_position_of_its_token_alone():
    told: list[tuple[str, int]] = []
    one = runner(told, Route((moved("A", 1), moved("A", 2))))
    for name in ("position.A", "watcher.A", "watcher.B"):
        one.start(name, Noting(name, told))

    say(one)

    assert told == [("watcher.A", 1), ("position.A", 1), ("watcher.A", 2), ("position.A", 2)]


def test_what_comes_while_a_follower_is_starting_waits_for_it_in_order():
    told: list[tuple[str, int]] = []
    starts = StartChild("market", "watcher.A", moved("A", 1))
    one = runner(told, Route((moved("A", 9),)), starts, Route((moved("A", 2), moved("A", 3))))

    say(one)

    assert told == [("watcher.A", 2), ("watcher.A", 3)]


def test_a_follower_that_ended_is_told_no_more_and_the_other_goes_on():
    told: list[tuple[str, int]] = []
    one = runner(told, Route((moved("A", 1), moved("A", 2))))
    one.start("watcher.A", Noting("watcher.A", told, ends_at=1))
    one.start("position.A", Noting("position.A", told))

    say(one)

    assert told == [("watcher.A", 1), ("position.A", 1), ("position.A", 2)]
    assert "watcher.A" not in one.names()


def test_a_child_wanted_twice_begins_once():
    told: list[tuple[str, int]] = []
    starts = StartChild("market", "watcher.A", moved("A", 1))
    one = runner(told, starts, starts, Route((moved("A", 2),)))

    say(one)
    say(one)

    assert told == [("watcher.A", 2), ("watcher.A", 2)]
