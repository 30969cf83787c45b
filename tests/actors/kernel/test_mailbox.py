import gevent
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pykka._envelope import Envelope

from actors.control import Stop
from actors.flow import Flow
from actors.mailbox import Bounds, Mailbox
from actors.reply import Reply
from actors.turns import Rank
from core.errors import Refused, Unavailable
from tests.actors.kernel.stage import Do, See, seen


def opened(**bounds):
    flow = Flow()
    mailbox = Mailbox()
    mailbox.open("a", Bounds(**bounds), flow, flow.counts("a"))
    return mailbox, flow.counts("a"), flow


def taken(mailbox):
    letters = []
    while not mailbox.empty():
        letters.append(mailbox.get().message)
    return letters


def test_control_is_read_before_everything_that_came_earlier():
    mailbox, _, _ = opened()
    mailbox.tell(Do(what="first"))
    mailbox.tell(seen("m"))
    mailbox.control(Stop())

    assert taken(mailbox) == [Stop(), Do(what="first"), seen("m")]


def test_what_the_trading_path_asks_goes_ahead_of_what_waits_and_after_control():
    mailbox, counts, _ = opened()
    mailbox.tell(Do(what="first"))
    mailbox.tell(seen("m"))
    mailbox.tell(Do(what="urgent"), Reply(), urgent=True)
    mailbox.tell(Do(what="urgent too"), Reply(), urgent=True)
    mailbox.control(Stop())

    assert len(mailbox) == 4
    assert taken(mailbox) == [Stop(), Do(what="urgent"), Do(what="urgent too"), Do(what="first"), seen("m")]
    assert counts.sent == 4


@pytest.mark.parametrize("urgent", [True, False])
def test_whoever_is_to_do_something_reads_before_the_crowd_though_a_turn_was_given_already(urgent):
    flow, log = Flow(), list[object]()
    boxes = {name: Mailbox() for name in ("a", "b", "trades")}

    def read(box):
        while True:
            log.append(box.get().message)

    for name, box in boxes.items():
        rank = Rank.TRADING if name == "trades" else Rank.CROWD
        box.open(name, Bounds(), flow, flow.counts(name), rank)
    readers = [gevent.spawn(read, box) for box in boxes.values()]
    gevent.sleep(0)
    boxes["a"].tell(seen("a"))
    boxes["b"].tell(seen("b"))
    boxes["b"].tell(Do(what="this"), urgent=urgent)
    boxes["trades"].tell(seen("held"))
    gevent.sleep(0.01)
    # What is not urgent is read in its order all the same, and whoever may place an order goes before both.
    of_b = [Do(what="this"), seen("b")] if urgent else [seen("b"), Do(what="this")]
    assert log == [seen("held"), *of_b, seen("a")]

    boxes["b"].tell(seen("later"))
    gevent.sleep(0.01)
    gevent.killall(readers)
    assert log[4:] == [seen("later")]


def test_what_is_urgent_and_was_not_read_is_handed_back_at_the_end():
    mailbox, _, _ = opened()
    mailbox.tell(Do(what="first"))
    mailbox.tell(Do(what="urgent"), Reply(), urgent=True)

    _, ordinary = mailbox.close()

    assert [letter.message for letter in ordinary] == [Do(what="urgent"), Do(what="first")]


def test_pykkas_door_sorts_into_the_same_lanes():
    mailbox, counts, _ = opened()
    mailbox.put(Envelope(Do(what="first")))
    mailbox.put(Envelope(Stop()))

    assert taken(mailbox) == [Stop(), Do(what="first")]
    assert counts.sent == 1


def test_a_full_command_lane_refuses_the_sender_and_leaves_events_alone():
    mailbox, counts, _ = opened(commands=2)
    mailbox.tell(Do(what="1"))
    mailbox.tell(See())

    with pytest.raises(Refused, match="2 commands wait already"):
        mailbox.tell(Do(what="3"))
    mailbox.tell("an event")

    assert (counts.sent, counts.refused, len(mailbox)) == (4, 1, 3)


def test_a_read_command_makes_room_for_the_next():
    mailbox, counts, _ = opened(commands=1)
    mailbox.tell(Do(what="1"))
    mailbox.get()
    mailbox.tell(Do(what="2"))

    assert counts.refused == 0


def test_a_full_event_lane_refuses_too():
    mailbox, counts, _ = opened(events=2)
    mailbox.tell("1")
    mailbox.tell("2")

    with pytest.raises(Refused, match="2 events wait already"):
        mailbox.tell("3")
    assert counts.refused == 1


def test_market_data_waits_in_full_up_to_the_bound():
    mailbox, counts, _ = opened(market=3)
    for number in range(3):
        mailbox.tell(seen("m", number))

    assert [one.number for one in taken(mailbox)] == [0, 1, 2]
    assert counts.conflated == 0


def test_past_the_bound_the_newest_of_a_token_is_merged_in_its_place():
    mailbox, counts, _ = opened(market=2)
    mailbox.tell(seen("m", 1))
    mailbox.tell(seen("n", 1))
    mailbox.tell(seen("m", 2))
    mailbox.tell(seen("o", 1))
    mailbox.tell(seen("m", 3))

    read = taken(mailbox)

    assert [(one.mint, one.number, one.skipped) for one in read] == [("m", 3, 2), ("n", 1, 0), ("o", 1, 0)]
    assert counts.conflated == 2


def test_what_must_stay_apart_is_queued_and_keeps_its_place_in_the_tokens_order():
    mailbox, counts, _ = opened(market=1)
    mailbox.tell(seen("m", 1))
    mailbox.tell(seen("m", 2, apart=True))
    mailbox.tell(seen("m", 3))
    mailbox.tell(seen("m", 4))

    assert [(one.number, one.skipped) for one in taken(mailbox)] == [(1, 0), (2, 0), (4, 1)]
    assert counts.conflated == 1


def test_nothing_is_merged_into_a_message_that_was_read_already():
    mailbox, counts, _ = opened(market=2)
    for mint in "mno":
        mailbox.tell(seen(mint, 1))
    assert mailbox.get().message == seen("m", 1)

    mailbox.tell(seen("m", 2))

    assert [(one.mint, one.number) for one in taken(mailbox)] == [("n", 1), ("o", 1), ("m", 2)]
    assert counts.conflated == 0


def test_asked_market_data_is_never_merged_away():
    mailbox, counts, _ = opened(market=1)
    mailbox.tell(seen("m", 1), Reply())
    mailbox.tell(seen("m", 2))

    assert [one.number for one in taken(mailbox)] == [1, 2]
    assert counts.conflated == 0


def test_a_closed_mailbox_counts_what_comes_later_as_dead_and_answers_it():
    mailbox, counts, _ = opened()
    mailbox.close()
    reply = Reply()
    mailbox.tell(See(), reply)

    assert (counts.dead, len(mailbox), mailbox.control(Stop())) == (1, 0, False)
    with pytest.raises(Unavailable):
        reply.get(timeout=0)


STEPS = st.lists(
    st.one_of(
        st.just("read"),
        st.just("command"),
        st.just("event"),
        st.tuples(st.sampled_from("mno"), st.booleans()),
    ),
    max_size=80,
)


@given(STEPS, st.integers(1, 4), st.integers(1, 6), st.integers(1, 3))
def test_nothing_is_lost_or_reordered_within_a_token_whatever_comes(steps, market, events, commands):
    """The model: merging may only fold a message into the next one of its token; every number read, or skipped by it,
    comes exactly once and in order, and the counts explain the rest."""
    mailbox, counts, flow = opened(market=market, events=events, commands=commands)
    accepted = dict.fromkeys("mno", 0)
    covered = dict.fromkeys("mno", 0)
    read = refused = 0

    def note(message):
        if hasattr(message, "mint"):
            covered[message.mint] += message.skipped + 1
            assert message.number == covered[message.mint]

    for step in steps:
        if step == "read":
            if not mailbox.empty():
                note(mailbox.get().message)
                flow.done()
                read += 1
            continue
        try:
            if isinstance(step, tuple):
                mint, apart = step
                mailbox.tell(seen(mint, accepted[mint] + 1, apart=apart))
                accepted[mint] += 1
            else:
                mailbox.tell(Do(what="x") if step == "command" else "event")
        except Refused:
            refused += 1
    while not mailbox.empty():
        note(mailbox.get().message)
        flow.done()
        read += 1

    assert covered == accepted
    assert counts.refused == refused
    assert counts.sent == read + refused + counts.conflated
    assert flow.busy == 0
