"""Commands from listed Telegram chats, carried out as the control's own changes are. No trading waits for it."""

from collections.abc import Callable, Sequence
from time import time
from typing import Protocol

import gevent
from msgspec import Struct
from typing_extensions import override

from actors.base import Actor, Context
from core.errors import MicroError, Refused
from core.messages import Message
from core.notify.chat import Answer, Heard, Talk, TelegramView, Wish, listen
from core.notify.letter import spoken
from core.notify.rule import TelegramRule


class Bot(Protocol):
    """See `actors.adapters.bot_api`."""

    def news(self) -> Sequence[Heard]: ...

    def say(self, chat: int, text: str) -> None: ...


class Commanding(Struct, frozen=True, kw_only=True):
    """What the actor is born with."""

    rule: TelegramRule
    bot: Bot
    carry_out: Callable[[Wish], str]
    """Journals and does it, as the control API would. What to answer, figures and our own words; raises MicroError."""


class TelegramActor(Actor[Message]):
    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.commanding: Commanding = context.args
        self.talk = Talk()
        self.polls = self.failures = self.done = self.refused = 0
        self.last_error = ""

    @override
    def on_begin(self) -> None:
        self.spawn(self._listen)

    @override
    def handle(self, message: Message) -> object:
        return Refused(f"{self.name} takes no messages")

    @override
    def view(self) -> TelegramView:
        return TelegramView(
            polls=self.polls,
            failures=self.failures,
            done=self.done,
            refused=self.refused,
            strangers=self.talk.strangers,
            stale=self.talk.stale,
            last_error=self.last_error,
        )

    def _listen(self) -> None:
        self.system.wait_begun()
        rule, wait_s = self.commanding.rule, 0.0
        while True:
            gevent.sleep(wait_s)
            try:
                heard = self.commanding.bot.news()
            except MicroError as error:
                self.failures += 1
                self.last_error = str(error)
                wait_s = min(max(2 * wait_s, rule.backoff_first_s), rule.backoff_most_s)
                continue
            self.polls += 1
            wait_s = 0.0
            for one in heard:
                self._hear(one)

    def _hear(self, heard: Heard) -> None:
        self.talk, due = listen(self.talk, self.commanding.rule, heard, time())
        if due is None:
            return
        text = due.text if isinstance(due, Answer) else self._carry_out(due)
        try:
            self.commanding.bot.say(heard.chat, text)
        except MicroError as error:
            self.failures += 1
            self.last_error = str(error)

    def _carry_out(self, wish: Wish) -> str:
        try:
            answer = self.commanding.carry_out(wish)
        except MicroError as error:
            self.refused += 1
            return f"{wish.verb}: not done: {spoken(str(error))}"
        self.done += 1
        return answer
