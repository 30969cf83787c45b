"""Who serves HTTP does one piece of work at a time, and everybody else runs in between."""

from collections.abc import Iterator

import gevent
import pytest
from gevent.lock import Semaphore

from actors.adapters.http_turns import CHANGING, CREDIT_S, READING, Turns


@pytest.fixture
def turns() -> Iterator[Turns]:
    made = Turns(rest_s=0.001, rest_times=0.0)
    yield made
    made.close()


def test_who_is_ready_to_run_runs_between_any_two_pieces_of_work(turns: Turns):
    ran = 0

    def trade() -> None:
        nonlocal ran
        while True:
            gevent.sleep(0)
            ran += 1

    def serve(seen: list[int]) -> None:
        for _ in range(5):
            turns.take()
            seen.append(ran)
            gevent.sleep(0)

    trading, seen = gevent.spawn(trade), list[int]()
    gevent.joinall([gevent.spawn(serve, seen) for _ in range(6)])
    trading.kill()
    assert len(set(seen)) == len(seen) == 30  # without turns six in a row would find the same


def test_a_turn_lasts_until_its_holder_waits_for_something(turns: Turns):
    done = list[str]()

    def holder() -> None:
        turns.take()
        other = gevent.spawn(lambda: done.append("other"))
        turns.take()
        done.append("still mine")
        other.join()
        turns.take()
        done.append("mine again")

    gevent.spawn(holder).join()
    assert done == ["still mine", "other", "mine again"]


def test_a_change_waits_for_one_reading_at_most_and_a_reading_for_one_change():
    turns, served = Turns(rest_s=0.001, rest_times=0.0), list[int]()

    def one(kind: int) -> None:
        turns.take(kind)
        served.append(kind)

    flood = [gevent.spawn(one, READING) for _ in range(10)] + [gevent.spawn(one, CHANGING) for _ in range(10)]
    gevent.joinall(flood)
    turns.close()
    assert served[:4] in ([READING, CHANGING] * 2, [CHANGING, READING] * 2)
    assert sorted(served) == [READING] * 10 + [CHANGING] * 10


def test_who_goes_away_while_he_waits_holds_nobody_up(turns: Turns):
    served = list[int]()

    def one(number: int) -> None:
        turns.take()
        served.append(number)

    waiting = [gevent.spawn(one, number) for number in range(5)]
    gevent.sleep(0)
    gevent.killall(waiting[1:4])
    gevent.joinall(waiting)
    assert served == [0, 4]


def test_each_piece_of_work_begins_when_those_who_go_first_have_gone():
    log, quiet = list[str](), Semaphore(0)

    def give_way() -> None:
        quiet.acquire()
        log.append("quiet")

    def one(number: int) -> None:
        patient.take()
        log.append(f"served {number}")

    patient = Turns(rest_s=0.0, rest_times=0.0, give_way=give_way)
    waiting = [gevent.spawn(one, number) for number in range(3)]
    gevent.sleep(0.005)
    assert log == []
    waiting[1].kill()
    quiet.release()
    gevent.sleep(0.005)
    assert log == ["quiet", "served 0"]
    quiet.release()
    gevent.joinall(waiting)
    patient.close()
    assert log == ["quiet", "served 0", "quiet", "served 2"]


def test_what_took_long_is_followed_by_a_rest_in_its_measure(monkeypatch: pytest.MonkeyPatch):
    worked_s, slept, sleep = [0.0], list[float](), gevent.sleep

    def noted(seconds: float = 0.0) -> None:
        slept.append(seconds)
        sleep(0)

    def one(takes_s: float) -> None:
        timed.take()
        worked_s[0] += takes_s

    monkeypatch.setattr("actors.adapters.http_turns.thread_time", lambda: worked_s[0])
    monkeypatch.setattr("actors.adapters.http_turns.monotonic", lambda: worked_s[0])
    monkeypatch.setattr(gevent, "sleep", noted)
    timed = Turns(rest_s=0.5, rest_times=3.0)
    for takes_s in (0.1, 10.0):
        gevent.spawn(one, takes_s).join()
        sleep(0.001)
    timed.close()

    rests = [seconds for seconds in slept if seconds]
    assert rests == pytest.approx([0.5 - CREDIT_S, 30.0 - CREDIT_S])
