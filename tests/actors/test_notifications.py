"""Notifications over real sockets: taken, hanging, answered with 500, nobody there."""

import json
import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import gevent
import pytest
from gevent.pywsgi import WSGIServer

from actors.adapters.messenger import Messenger, addresses
from actors.notifications import NotificationsActor, Notifying
from actors.notifier import NotifierActor
from actors.system import System
from actors.tree import Branch, Worker
from core.errors import Refused, Retryable
from core.messages import RaiseAlert
from core.notify.letter import Letter
from core.notify.outbox import ChannelView, NotificationsView
from core.notify.rule import NotifyRule
from tests.monitor.house import START_S, FakePanel

WAIT_S = 30.0
"""A process is started for each letter, on a machine that may be busy."""
QUICK = NotifyRule(severity="info", retry_first_s=0.01, retry_most_s=0.05, timeout_s=WAIT_S, attempts=100, daily=False)
WORST = "<b>@everyone</b> http://evil.com \u202e\x1b[31m" + "x" * 10_000
SECRET = "very-secret-path"


def until(holds) -> None:
    """Give the others their turn until it holds."""
    with gevent.Timeout(WAIT_S):
        while not holds():
            gevent.sleep(0.02)


class Receiver:
    """Takes what is posted; `answers` are given first, then 200. An answer of 0 never comes."""

    def __init__(self, *answers: int) -> None:
        self.answers = list(answers)
        self.bodies = list[dict[str, str]]()
        self.asked = 0
        self.server = WSGIServer(("127.0.0.1", 0), self.answer, log=None, error_log=None)
        self.server.start()

    def answer(self, environ, start_response):
        self.asked += 1
        status = self.answers.pop(0) if self.answers else 200
        if status == 0:
            gevent.sleep(60)
        if status == 200:
            self.bodies.append(json.loads(environ["wsgi.input"].read()))
        start_response(f"{status} x", [("Location", f"http://127.0.0.1:{self.server.server_port}/elsewhere")])
        return [b""]

    @property
    def url(self) -> str:
        return f"json://127.0.0.1:{self.server.server_port}/{SECRET}?rto=30"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.stop(timeout=0)


class Fake:
    """A messenger that fails as often as it is told to, then keeps what it is sent."""

    name = "1 fake://***"

    def __init__(self, severity: str = "info", *, failures: int = 0) -> None:
        self.severity = severity
        self.failures = failures
        self.texts = list[str]()

    def send(self, letter: Letter) -> None:
        if self.failures:
            self.failures -= 1
            raise Retryable("not now")
        self.texts.append(letter.text)


def real(text: str) -> list[Messenger]:
    return [Messenger(one, WAIT_S) for one in addresses(text, "info")]


@contextmanager
def running(
    *messengers: Messenger | Fake, rule: NotifyRule = QUICK, start_s: float = START_S, left_s: float = 0.0
) -> Iterator[System]:
    panel, left = FakePanel(), [0.0, left_s]
    notifying = Notifying(
        rule=rule, messengers=messengers, books=panel.books, left_s=lambda: left.pop() if len(left) > 1 else left[0]
    )
    system = System(services=panel, start_s=start_s)
    workers = (
        Worker(name="notifier", actor=NotifierActor),
        Worker(name="notifications", actor=NotificationsActor, args=notifying),
    )
    system.start(Branch(name="root", children=workers))
    system.wait_begun()
    try:
        yield system
    finally:
        assert system.stop()


def channels(system: System) -> tuple[ChannelView, ...]:
    snapshot = system.directory.snapshot("notifications")
    assert snapshot is not None
    assert isinstance(snapshot.view, NotificationsView)
    return snapshot.view.channels


def raise_alert(system: System, key: str = "books_differ", text: str = "they differ", severity: str = "critical"):
    system.directory.tell("notifier", RaiseAlert(key=key, severity=severity, text=text, at_s=START_S))


def test_an_alert_of_the_notifier_arrives_once_and_harmless(receiver: Receiver):
    with running(*real(receiver.url)) as system:
        for _ in range(3):
            raise_alert(system, text=WORST)
        until(lambda: receiver.bodies and channels(system)[0].repeated == 2)

        (body,) = receiver.bodies
        assert (body["title"], body["type"]) == ("Micro-Lightning: critical", "failure")
        assert body["message"].startswith("‹b›＠everyone‹∕b› http:∕∕evil․com xxx")
        assert len(body["message"]) < 2_000


def test_each_address_takes_what_is_as_bad_as_it_asks_for():
    some, every = Fake("critical"), Fake("info")
    with running(some, every) as system:
        raise_alert(system, "settings_read", severity="info")
        raise_alert(system, "books_differ")
        until(lambda: len(some.texts) == 1 and len(every.texts) == 2)
        assert some.texts == ["they differ\nbooks＿differ"]


def test_what_is_not_taken_is_tried_again():
    fake = Fake(failures=3)
    with running(fake) as system:
        raise_alert(system)
        until(lambda: channels(system)[0].sent == 1)
        assert (channels(system)[0].failed, len(fake.texts)) == (3, 1)
        assert system.directory.snapshot("notifications").restarts == 0  # type: ignore[union-attr]  # it is there


def test_a_receiver_that_hangs_or_is_down_holds_up_nobody(receiver: Receiver, caplog: pytest.LogCaptureFixture):
    hanging, failing = Receiver(0, 0, 0, 0), Receiver(500, 302, 500, 302, 500, 302, 500, 302)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        down = f"json://127.0.0.1:{unused.getsockname()[1]}/{SECRET}"
        with (
            caplog.at_level(logging.DEBUG),
            running(*real(f"{hanging.url}\n{down}\n{receiver.url}\n{failing.url}")) as system,
        ):
            raise_alert(system)
            until(lambda: hanging.asked == 1 and len(receiver.bodies) == 1)
            until(lambda: channels(system)[1].failed >= 1 and channels(system)[3].failed >= 2)

            hung, gone, well, refused = channels(system)
            assert (hung.waiting, hung.failed) == (1, 0)  # still waiting for its answer
            assert refused.last_error == gone.last_error == "the other side did not take it"
            assert (well.sent, well.failed, well.waiting) == (1, 0, 0)
            assert SECRET not in repr(channels(system))
    assert SECRET not in caplog.text
    assert failing.bodies == []  # the redirect was not followed
    for server in (hanging.server, failing.server):
        server.stop(timeout=0)


def test_a_process_past_its_time_limit_is_ended_and_says_so():
    hanging = Receiver(0)
    (address,) = addresses(hanging.url, "info")
    with pytest.raises(Retryable, match="no answer within"):
        Messenger(address, 0.2).send(Letter(key="x", severity="info", text="x"))
    hanging.server.stop(timeout=0)


def test_what_asks_where_that_leaves_us_comes_with_the_figures():
    fake = Fake()
    with running(fake) as system:
        raise_alert(system, "panic_exit_done", "sold 3 s after creator_sell", "warning")
        until(lambda: fake.texts)
        assert "wallets in SOL: lightning" in fake.texts[0]


def test_a_day_is_summed_up_at_midnight_for_every_address():
    fake = Fake("critical")
    with running(fake, rule=NotifyRule(), start_s=START_S + 86_000) as system:
        system.clock.advance(START_S + 86_405)
        until(lambda: fake.texts)
    assert [text[:52] for text in fake.texts] == ["2026-01-01 UTC: 1 operations, win rate 100.0%\nnet +0"]


def test_a_midnight_at_which_nothing_ran_is_made_up_for_at_the_next_start():
    fake = Fake("critical")
    with running(fake, rule=NotifyRule(), start_s=START_S + 3 * 86_400 + 5, left_s=START_S + 70_000):
        until(lambda: fake.texts)
        gevent.sleep(0.05)
    assert [text.partition(":")[0] for text in fake.texts] == ["2026-01-01 UTC"]
    assert fake.texts[0].endswith("(told late: nothing ran when that day ended)")


@pytest.mark.parametrize("left_s", [0.0, START_S + 86_401])
def test_a_day_that_still_goes_on_or_a_first_start_is_nothing_to_make_up_for(left_s: float):
    fake = Fake("critical")
    with running(fake, rule=NotifyRule(), start_s=START_S + 86_405, left_s=left_s):
        gevent.sleep(0.1)
    assert fake.texts == []


@pytest.mark.parametrize("url", ["nonsense://x", "json://example.com/x"])
def test_an_address_that_is_not_understood_or_not_encrypted_is_used_for_nothing(url: str):
    (one,) = real(url)
    with pytest.raises(Retryable, match=r"does not understand this address|would go unencrypted over the network"):
        one.send(Letter(key="x", severity="info", text="x"))


def test_a_line_that_is_no_address_is_refused_without_being_shown():
    with pytest.raises(Refused, match="line 2 of the notification addresses") as refusal:
        addresses(f"discord://a/b\nloud json://{SECRET}", "warning")
    assert SECRET not in str(refusal.value)


def test_an_address_shows_its_kind_alone():
    (one,) = addresses(f"critical tgram://1:{SECRET}/5", "warning")
    assert (one.name, one.severity) == ("1 tgram://***", "critical")
    assert SECRET not in repr(one)
    assert addresses("", "warning") == ()
