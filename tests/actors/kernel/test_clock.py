from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from actors.clock import MarketClock
from actors.directory import Directory
from core.messages import Tick
from tests.actors.kernel.stage import WAIT_S, Do, branch, puppets, running


class Told(Directory):
    """Notes timers in place of delivering them."""

    clock: MarketClock

    def __init__(self):
        super().__init__()
        self.told = []

    @override
    def timer(self, name, message):
        self.told.append((self.clock.now_s, name, message))


def clock_at(start_s=0.0):
    told = Told()
    told.clock = MarketClock(told, start_s)
    return told.clock, told.told


def test_a_timer_fires_when_market_time_reaches_it_and_not_before():
    clock, told = clock_at(100.0)
    clock.after("a", "bar", 15.0, "tick")

    clock.advance(114.9)
    assert told == []
    clock.advance(200.0)

    assert told == [(115.0, "a", "tick")]
    assert clock.now_s == 200.0


def test_the_same_key_replaces_and_another_does_not():
    clock, told = clock_at()
    clock.after("a", "bar", 5.0, "old")
    clock.after("a", "late", 6.0, "other key")
    clock.after("b", "bar", 7.0, "other name")
    clock.after("a", "bar", 8.0, "new")

    clock.advance(10.0)

    assert [message for _, _, message in told] == ["other key", "other name", "new"]


def test_cancelled_timers_do_not_fire():
    clock, told = clock_at()
    clock.after("a", "1", 1.0, "x")
    clock.after("a", "2", 1.0, "y")
    clock.after("b", "1", 1.0, "z")
    clock.cancel("a", "1")
    clock.cancel("a", "never set")
    assert len(clock) == 2
    clock.cancel_all("b")

    clock.advance(10.0)

    assert [message for _, _, message in told] == ["y"]
    assert len(clock) == 0


def test_the_clock_never_goes_back():
    clock, _ = clock_at(100.0)

    clock.advance(50.0)

    assert clock.now_s == 100.0


def test_a_timer_in_the_past_fires_at_the_next_step_at_the_present_time():
    clock, told = clock_at(100.0)
    clock.after("a", "x", -5.0, "x")

    clock.advance(100.0)

    assert told == [(100.0, "a", "x")]


def test_the_next_due_time_forgets_what_was_cancelled():
    clock, _ = clock_at()
    clock.after("a", "x", 1.0, "x")
    clock.after("a", "y", 2.0, "y")
    clock.cancel("a", "x")

    assert clock.next_due_s() == 2.0
    clock.cancel("a", "y")
    assert clock.next_due_s() is None


def test_a_timer_moved_a_million_times_does_not_grow_the_heap():
    clock, _ = clock_at()
    for _ in range(10_000):
        clock.after("a", "expiry", 3_300.0, "expired")

    assert len(clock) == 1
    assert len(clock._due) < 200


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("after"), st.sampled_from("ab"), st.sampled_from("xy"), st.integers(0, 20)),
        st.tuples(st.just("cancel"), st.sampled_from("ab"), st.sampled_from("xy"), st.just(0)),
        st.tuples(st.just("cancel all"), st.sampled_from("ab"), st.just(""), st.just(0)),
        st.tuples(st.just("advance"), st.just(""), st.just(""), st.integers(0, 15)),
    ),
    max_size=40,
)


@given(STEPS)
def test_timers_fire_in_the_order_of_due_time_and_setting_whatever_happens(steps):
    """The model: a plain dict of (due, number), searched for its smallest each time."""
    clock, told = clock_at()
    model, expected, now = {}, [], 0
    for number, (step, name, key, amount) in enumerate(steps):
        if step == "after":
            clock.after(name, key, float(amount), number)
            model[name, key] = (now + amount, number)
        elif step == "cancel":
            clock.cancel(name, key)
            model.pop((name, key), None)
        elif step == "cancel all":
            clock.cancel_all(name)
            model = {one: due for one, due in model.items() if one[0] != name}
        else:
            now += amount
            clock.advance(float(now))
            for due, one in sorted((due, one) for one, due in model.items() if due[0] <= now):
                expected.append((float(due[0]), one[0], due[1]))
                del model[one]
    assert told == expected
    assert len(clock) == len(model)


def test_timers_set_while_time_moves_fire_in_the_same_step_if_they_are_due():
    with running(branch("root", *puppets("ab")), ordered=True) as (system, _):
        actor = system.directory.present("a")
        seen = []

        def handle(message):
            seen.append((system.clock.now_s, message.key))
            if len(seen) < 4:
                actor.after("again", 5.0, Tick(key=f"{len(seen)}"))

        actor.handle = handle
        system.clock.after("a", "first", 5.0, Tick(key="0"))

        system.clock.advance(17.0)

        assert seen == [(5.0, "0"), (10.0, "1"), (15.0, "2")]
        assert system.clock.now_s == 17.0
        assert len(system.clock) == 1


def test_the_timers_of_an_actor_end_with_its_incarnation():
    with running(branch("root", *puppets("ab"))) as (system, stage):
        for name in "ab":
            system.clock.after(name, "x", 5.0, Do(what="timer"))
        system.directory.tell("a", Do(what="error"))
        assert system.directory.settle(WAIT_S)

        system.clock.advance(10.0)
        assert system.directory.settle(WAIT_S)

        assert "timer" not in stage.did("a")
        assert "timer" in stage.did("b")


def test_a_timer_that_waited_in_the_mailbox_at_a_crash_is_not_for_the_next_incarnation():
    with running(branch("root", *puppets("a"))) as (system, stage):
        system.directory.tell("a", Do(what="error"))
        system.clock.after("a", "x", 5.0, Do(what="timer"))
        system.clock.advance(10.0)
        assert system.directory.settle(WAIT_S)

        assert stage.did("a") == ["began", "error", "crashed", "began"]
        assert system.directory.counts()["a"].dead == 1


def test_a_timer_is_never_refused_by_a_full_mailbox():
    from actors.mailbox import Bounds
    from tests.actors.kernel.stage import puppet, until

    with running(branch("root", puppet("a", bounds=Bounds(commands=1, events=1)))) as (system, stage):
        system.directory.tell("a", Do(what="wait"))
        until(lambda: system.directory.present("a").handling)
        system.directory.tell("a", Do(what="fills"))
        system.directory.tell("a", "fills")
        system.clock.after("a", "x", 5.0, Do(what="timer"))
        system.clock.advance(5.0)
        stage.gate.set()
        assert system.directory.settle(WAIT_S)

        assert stage.did("a")[-1] == "timer"
