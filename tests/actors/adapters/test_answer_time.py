import signal
from typing import Any

import gevent
import pytest

from actors.adapters.answer_time import AnswerTime
from core.hearing import Overrun


def spin() -> object:
    while True:
        pass


def stubborn() -> object:
    try:
        return spin()
    except Exception:  # noqa: BLE001 - what a strategy might do
        return spin()


def test_an_answer_comes_with_the_seconds_it_took():
    answer, took_s = AnswerTime(5.0)(lambda: 42)

    assert answer == 42
    assert 0.0 <= took_s < 5.0


@pytest.mark.parametrize("call", [spin, stubborn])
def test_an_endless_loop_is_cut_off(call: Any):
    with pytest.raises(Overrun):
        AnswerTime(0.02)(call)


def test_in_an_actors_greenlet_it_is_cut_off_too():
    def serve() -> str:
        with pytest.raises(Overrun):
            AnswerTime(0.02)(spin)
        return "goes on"

    assert gevent.spawn(serve).get(timeout=20.0) == "goes on"


def test_what_the_call_raises_is_raised():
    with pytest.raises(ZeroDivisionError):
        AnswerTime(5.0)(lambda: 1 / 0)


def test_the_alarm_of_others_is_theirs_again():
    before = signal.getsignal(signal.SIGALRM)

    AnswerTime(5.0)(lambda: None)

    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_in_another_thread_it_only_measures():
    answer, took_s = gevent.get_hub().threadpool.apply(AnswerTime(5.0), (lambda: 42,))

    assert answer == 42
    assert took_s >= 0.0
