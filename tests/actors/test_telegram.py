"""Telegram commands against a local server that speaks the Bot API: listed chats alone, journaled, confirmed."""

import json
import time
from collections.abc import Iterator
from functools import partial

import gevent
import pytest
from gevent.pywsgi import WSGIServer

from actors.adapters import bot_api
from actors.adapters.bot_api import BotApi
from actors.system import System
from actors.telegram import Commanding, TelegramActor
from actors.tree import Branch, Worker
from core.errors import Refused
from core.messages import ExitPosition, PauseEntries, RaiseEmergency, ResumeEntries
from core.notify.chat import Answer, Heard, Talk, TelegramView, Wish, listen
from core.notify.rule import TelegramRule
from core.records import OperatorActed
from monitor.remote_hand import carry_out
from tests.monitor.house import HELD, FakePanel, records_of

TOKEN = "12345:very-secret_key"
LISTED, STRANGER, PERSON = 42, 666, 7
ME = f"telegram chat {LISTED} person {PERSON}"
RULE = TelegramRule(chats=(LISTED,), poll_s=1, backoff_first_s=0.02)


class Telegram:
    """Answers getUpdates and sendMessage as the Bot API does; `failing` next questions get 500."""

    def __init__(self) -> None:
        self.updates = list[dict[str, object]]()
        self.said = list[tuple[int, str]]()
        self.failing = 0
        self.server = WSGIServer(("127.0.0.1", 0), self.answer, log=None, error_log=None)
        self.server.start()

    def write(self, text: str, chat: int = LISTED, age_s: float = 0.0) -> None:
        message = {"chat": {"id": chat}, "from": {"id": PERSON}, "text": text, "date": int(time.time() - age_s)}
        self.updates.append({"update_id": 100 + len(self.updates), "message": message})

    def answer(self, environ, start_response):
        asked = json.loads(environ["wsgi.input"].read())
        if self.failing:
            self.failing -= 1
            start_response("500 x", [])
            return [b""]
        assert environ["PATH_INFO"].startswith(f"/bot{TOKEN}/")
        result: object = True
        if environ["PATH_INFO"].endswith("/sendMessage"):
            self.said.append((asked["chat_id"], asked["text"]))
        else:
            result = [one for one in self.updates if one["update_id"] >= asked["offset"]]
            gevent.sleep(0.01)
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps({"ok": True, "result": result}).encode()]


class Stage:
    def __init__(self) -> None:
        self.telegram, self.panel = Telegram(), FakePanel()
        url = f"http://127.0.0.1:{self.telegram.server.server_port}"
        rule = TelegramRule(chats=RULE.chats, poll_s=1, backoff_first_s=0.02, url=url)
        bot = BotApi(rule, bot_api.token(TOKEN))
        commanding = Commanding(rule=rule, bot=bot, carry_out=partial(carry_out, self.panel))
        self.system = System(services=self.panel)
        worker = Worker(name="telegram", actor=TelegramActor, args=commanding)
        self.system.start(Branch(name="root", children=(worker,)))

    def view(self) -> TelegramView:
        snapshot = self.system.directory.snapshot("telegram")
        assert snapshot is not None
        assert isinstance(snapshot.view, TelegramView)
        return snapshot.view

    def asks(self, text: str) -> str:
        """What comes back to a message."""
        before = len(self.telegram.said)
        self.telegram.write(text)
        until(lambda: len(self.telegram.said) > before)
        return self.telegram.said[-1][1]

    def told(self, kind: type) -> list[str]:
        return [name for name, message in self.panel.directory.told if isinstance(message, kind)]


def until(holds) -> None:
    with gevent.Timeout(20):
        while not holds():
            gevent.sleep(0.01)


@pytest.fixture
def stage() -> Iterator[Stage]:
    made = Stage()
    yield made
    made.system.stop()
    made.telegram.server.stop(timeout=0)


def test_commands_are_journaled_with_who_and_why_and_done(stage: Stage):
    assert stage.asks("/pause going to bed") == "Entries are paused; exits go on."
    assert stage.asks("resume") == "Entries go on."
    assert stage.asks(f"exit {HELD} enough") == f"{HELD} is being sold."
    assert "win rate 100.0%" in stage.asks("/status@my_bot")

    acts = [(one.who, one.what, one.why) for one in records_of(stage.panel) if isinstance(one, OperatorActed)]
    assert acts == [(ME, "pause", "going to bed"), (ME, "resume", ""), (ME, f"exit {HELD}", "enough")]
    assert [stage.told(kind) for kind in (PauseEntries, ResumeEntries, ExitPosition)] == [
        ["commandments"],
        ["commandments"],
        [f"position.{HELD}"],
    ]


def test_panic_sells_after_a_second_message_and_not_before(stage: Stage):
    assert "Send confirm within 60 s" in stage.asks("panic")
    assert stage.told(RaiseEmergency) == []
    assert HELD in stage.asks("confirm")
    assert stage.told(RaiseEmergency) == [f"position.{HELD}"]
    assert stage.asks("confirm") == "There is nothing to confirm."


def test_strangers_get_no_answer_and_old_messages_do_nothing(stage: Stage):
    stage.telegram.write("/panic", chat=STRANGER)
    stage.telegram.write("pause", age_s=3_600)
    until(lambda: stage.view().strangers == 1 and len(stage.telegram.said) == 1)

    assert stage.telegram.said[0][0] == LISTED
    assert "nothing was done" in stage.telegram.said[0][1]
    assert (stage.panel.directory.told, stage.view().stale) == ([], 1)


def test_a_refusal_is_answered_and_an_outage_is_lived_through(stage: Stage):
    assert stage.asks("exit nonsense").startswith("exit: not done: mint is an address")
    stage.telegram.failing = 3
    until(lambda: stage.view().failures >= 3)
    assert stage.asks("hello").startswith("I know: status")
    assert TOKEN not in repr(stage.view())


def test_after_a_crash_it_comes_back_and_repeats_nothing(stage: Stage):
    stage.asks("pause")
    stage.system.directory.present("telegram").spawn(lambda: 1 / 0)
    until(lambda: (one := stage.system.directory.snapshot("telegram")) and one.restarts == 1 and one.state == "alive")
    stage.asks("resume")
    assert stage.told(PauseEntries) == ["commandments"]


def test_another_person_or_too_late_confirms_nothing():
    def heard(text: str, person: int = PERSON, at_s: float = 0.0) -> Heard:
        return Heard(chat=LISTED, person=person, text=text, at_s=at_s)

    asked, _ = listen(Talk(), RULE, heard("panic why"), 0.0)
    assert isinstance(listen(asked, RULE, heard("confirm", person=8), 1.0)[1], Answer)
    assert isinstance(listen(asked, RULE, heard("confirm", at_s=61.0), 61.0)[1], Answer)
    between, _ = listen(asked, RULE, heard("status"), 1.0)
    assert isinstance(listen(between, RULE, heard("confirm"), 2.0)[1], Answer)
    assert listen(asked, RULE, heard("confirm"), 60.0)[1] == Wish(verb="panic", who=ME, why="why")


def test_the_bot_is_reached_encrypted_and_a_bad_token_is_not_shown():
    with pytest.raises(Refused, match="unencrypted"):
        BotApi(TelegramRule(url="http://example.com"), bot_api.token(TOKEN))
    with pytest.raises(Refused, match="BotFather") as refusal:
        bot_api.token("very secret")
    assert "very secret" not in str(refusal.value)
