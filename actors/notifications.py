"""Notifications: carries alerts and the day's summary to a person, by every address that was given.

Each address has its own outbox and its own greenlet, so one that hangs holds up neither the others nor anything else.
"""

from collections.abc import Callable, Sequence
from time import monotonic
from typing import Protocol, assert_never

from gevent.event import Event
from msgspec import Struct
from typing_extensions import override

from actors.base import Actor, Context
from core.errors import MicroError, Unavailable
from core.ledger.books import Books
from core.messages import AlertStood, Tick
from core.notify import outbox, summary
from core.notify.letter import Letter, letter
from core.notify.outbox import NotificationsView, Outbox
from core.notify.rule import NotifyRule

LEAST_S = 0.01
"""Between two looks at an outbox in which nothing is due."""


class Messenger(Protocol):
    """See `actors.adapters.messenger`."""

    name: str
    severity: str

    def send(self, letter: Letter) -> None:
        """Waits in its greenlet alone, and not for ever. Raises MicroError when the letter was not taken."""
        ...


class Notifying(Struct, frozen=True, kw_only=True):
    """What the actor is born with."""

    rule: NotifyRule
    messengers: Sequence[Messenger]
    books: Callable[[], Books]
    """Raises Unavailable before the journal has begun."""
    left_s: Callable[[], float] = float
    """Once: the market time of the last that a process before this one wrote; 0 where there is none, and ever after."""


class Channel:
    """One address with what waits for it."""

    def __init__(self, messenger: Messenger) -> None:
        self.messenger = messenger
        self.outbox = Outbox()
        self.offered = Event()


class NotificationsActor(Actor[AlertStood | Tick]):
    def __init__(self, context: Context) -> None:
        super().__init__(context)
        notifying: Notifying = context.args
        self.rule = notifying.rule
        self.channels = [Channel(messenger) for messenger in notifying.messengers]
        self.day_s = 0.0
        """When the day began that the next summary is of, market time."""
        self.books, self.left_s = notifying.books, notifying.left_s

    @override
    def on_begin(self) -> None:
        for channel in self.channels:
            self.spawn(self._carry, channel)
        if self.rule.daily:
            self._catch_up()
            self._wait_for_midnight()

    @override
    def handle(self, message: AlertStood | Tick) -> object:
        match message:
            case AlertStood():
                figures = self._figures() if message.key in summary.TOLD_WITH_FIGURES else ""
                self._offer(letter(message.key, message.severity, message.text, message.mint, figures))
            case Tick():
                self._day_ended()
            case _:
                assert_never(message)
        return None

    @override
    def view(self) -> NotificationsView:
        return NotificationsView(
            channels=tuple(
                outbox.view(one.outbox, name=one.messenger.name, severity=one.messenger.severity)
                for one in self.channels
            )
        )

    def _offer(self, news: Letter, *, everybody: bool = False) -> None:
        for channel in self.channels:
            if everybody or outbox.matters(news.severity, channel.messenger.severity):
                channel.outbox = outbox.offered(channel.outbox, self.rule, news, monotonic())
                channel.offered.set()

    def _wait_for_midnight(self) -> None:
        delay_s = summary.until_midnight_s(self.clock.now_s)
        self.day_s = self.clock.now_s + delay_s - summary.DAY_S
        self.after(summary.DAILY, delay_s, Tick(key=summary.DAILY))

    def _catch_up(self) -> None:
        """Tell the last day on which something ran, if nothing ran when it ended."""
        left_s = self.left_s()
        if left_s and summary.until_midnight_s(left_s) <= self.clock.now_s - left_s:
            self._tell_day(left_s // summary.DAY_S * summary.DAY_S, summary.LATE)

    def _day_ended(self) -> None:
        self._tell_day(self.day_s)
        self._wait_for_midnight()

    def _tell_day(self, day_s: float, note: str = "") -> None:
        """The day that is over, told to every address whatever its severity."""
        text = self._figures(day_s)
        if text:
            self._offer(
                Letter(key=summary.DAILY, severity="info", text=text + note, mint=f"{day_s:.0f}"), everybody=True
            )

    def _figures(self, at_s: float | None = None) -> str:
        """Empty while the journal has not begun."""
        try:
            books = self.books()
        except Unavailable:
            return ""
        return summary.text(summary.day_of(books, self.clock.now_s if at_s is None else at_s))

    def _carry(self, channel: Channel) -> None:
        while True:
            channel.offered.clear()
            channel.outbox, news = outbox.turn(channel.outbox, self.rule, monotonic())
            if news is None:
                wait_s = outbox.wait_s(channel.outbox, self.rule, monotonic())
                channel.offered.wait(None if wait_s is None else max(wait_s, LEAST_S))
                continue
            error = self._sent(channel, news)
            if error:
                channel.outbox = outbox.failed(channel.outbox, self.rule, error, monotonic())
            else:
                channel.outbox = outbox.sent(channel.outbox)

    def _sent(self, channel: Channel, news: Letter) -> str:
        """Why the letter did not go; empty when it did. Texts of errors that are not ours may quote the address."""
        try:
            channel.messenger.send(news)
        except MicroError as error:
            return str(error)
        except (OSError, ValueError) as error:
            return type(error).__name__
        return ""
