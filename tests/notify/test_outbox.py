"""An outbox: each alert once in a while, not too many at once, tried again, none forgotten."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Refused
from core.notify import outbox
from core.notify.letter import Letter
from core.notify.outbox import KNOWN_MOST, SUMMARY, Outbox
from core.notify.rule import NotifyRule

RULE = NotifyRule(burst=2, every_s=30.0, queue_most=3, attempts=3, retry_first_s=2.0, retry_most_s=60.0)


def news(key: str = "breaker", severity: str = "warning", mint: str = "") -> Letter:
    return Letter(key=key, severity=severity, text=f"{key} happened", mint=mint)


def filled(*letters: Letter, at_s: float = 0.0) -> Outbox:
    box = Outbox()
    for one in letters:
        box = outbox.offered(box, RULE, one, at_s)
    return box


def drained(box: Outbox, at_s: float) -> tuple[Outbox, list[Letter]]:
    gone = list[Letter]()
    while True:
        box, due = outbox.turn(box, RULE, at_s)
        if due is None:
            return box, gone
        gone.append(due)
        box = outbox.sent(box)


def test_the_same_alert_goes_out_once_and_the_next_one_says_how_often_it_came():
    box, gone = drained(filled(news(), news(), news()), 0.0)
    assert ([one.key for one in gone], box.repeated) == (["breaker"], 2)

    _, gone = drained(outbox.offered(box, RULE, news(), RULE.again_s), RULE.again_s)
    assert gone[0].text == "breaker happened\n(came 2 more times since it was last told)"


def test_about_another_token_or_worse_it_is_another_alert():
    _, gone = drained(filled(news(mint="a"), news(mint="b"), news(severity="critical")), 0.0)
    assert len(gone) == 3


def test_more_than_the_burst_is_held_back_and_summed_up_when_the_rate_allows_it():
    box, gone = drained(filled(news("a"), news("b"), news("c"), news("d"), news("d", mint="x")), 0.0)
    assert [one.key for one in gone] == ["a", "b"]
    assert box.held == {"c": 1, "d": 2}
    assert outbox.wait_s(box, RULE, 0.0) == 30.0

    box, gone = drained(box, 30.0)
    assert [one.key for one in gone] == [SUMMARY]
    assert gone[0].text == "3 alerts were not told one by one: 2 × d, 1 × c. The monitor has them all."
    assert (box.held, box.held_back, outbox.wait_s(box, RULE, 30.0)) == ({}, 3, None)


def test_critical_alerts_have_their_own_allowance():
    box = filled(news("a"), news("b"), news("c"), news("panic", "critical"))
    assert [one.key for one in drained(box, 0.0)[1]] == ["a", "b", "panic"]


def test_what_fails_is_tried_again_later_each_time_and_counted_as_lost_in_the_end():
    box = filled(news())
    waits = []
    now_s = 0.0
    for _ in range(RULE.attempts):
        box, due = outbox.turn(box, RULE, now_s)
        assert due is not None
        box = outbox.failed(box, RULE, "down", now_s)
        assert outbox.turn(box, RULE, now_s)[1] is None
        waits.append(box.retry_at_s - now_s)
        now_s = box.retry_at_s

    assert waits == [2.0, 4.0, 8.0]
    assert (box.failed, box.lost, box.waiting, box.last_error) == (3, 1, (), "down")
    assert [one.key for one in drained(box, now_s)[1]] == [SUMMARY]


def test_a_success_ends_the_backoff():
    box = outbox.failed(filled(news("a"), news("b")), RULE, "down", 0.0)
    box, due = outbox.turn(box, RULE, 2.0)
    assert due is not None
    box, due = outbox.turn(outbox.sent(box), RULE, 2.0)
    assert due is not None
    assert (due.key, box.attempts, box.last_error) == ("b", 0, "")


def test_a_full_queue_holds_back_and_memory_is_bounded():
    rule = NotifyRule(burst=10_000, queue_most=3)
    box = Outbox()
    for number in range(3_000):
        box = outbox.offered(box, rule, news(f"key {number}"), 0.0)

    assert (len(box.waiting), box.held_back, sum(box.held.values())) == (3, 2_997, 2_997)
    assert len(box.known) <= KNOWN_MOST + 1
    assert len(box.held) <= outbox.KINDS_MOST + 1


@given(
    st.lists(
        st.tuples(st.sampled_from("abcdef"), st.sampled_from(("warning", "critical")), st.floats(0, 90), st.booleans()),
        max_size=60,
    )
)
def test_every_alert_is_sent_repeated_held_or_waiting(steps):
    box, now_s, offers, told = Outbox(), 0.0, 0, 0
    for key, severity, later_s, works in steps:
        now_s += later_s
        box, offers = outbox.offered(box, RULE, news(key, severity), now_s), offers + 1
        box, due = outbox.turn(box, RULE, now_s)
        if due is not None:
            told += works and due.key != SUMMARY
            box = outbox.sent(box) if works else outbox.failed(box, RULE, "down", now_s)

    waiting = sum(one.key != SUMMARY for one in box.waiting)
    lost_summaries = box.lost + box.held_back + box.repeated + told + waiting - offers
    assert 0 <= lost_summaries <= box.lost
    assert len(box.waiting) <= RULE.queue_most + 1


def test_an_address_hears_what_is_as_bad_as_it_asks_for_or_worse():
    assert [one for one in ("info", "warning", "critical") if outbox.matters(one, "warning")] == ["warning", "critical"]
    assert outbox.matters("info", "info")


@pytest.mark.parametrize("wrong", [{"severity": "loud"}, {"burst": 0}, {"timeout_s": 0.0}, {"attempts": 0}])
def test_a_figure_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(Refused, match="MICRO_NOTIFY_"):
        NotifyRule(**wrong)
