"""SIGHUP: read the settings again, do what is safe now, and say what waits for a restart."""

import signal
import sys
from collections.abc import Callable

import gevent

from commands.panel import reread_of
from core.errors import MicroError
from core.messages import Append, RaiseAlert
from core.ports import Panel, Reread
from core.records import OperatorActed
from core.settings import Settings
from monitor.remote.link import Link

JOURNAL_S = 2.0


def answer(panel: Panel) -> None:
    """From now on, in a greenlet of its own each time."""
    gevent.signal_handler(signal.SIGHUP, _reread, panel)


def answer_alone(link: Link, fresh: Callable[[], Settings]) -> None:
    """The same for a monitor in a process of its own, which has no journal: it says it on standard error alone."""
    gevent.signal_handler(signal.SIGHUP, _reread_alone, link, fresh)


def _reread_alone(link: Link, fresh: Callable[[], Settings]) -> None:
    def reread() -> Reread:
        link.settings, what = reread_of(link.settings, fresh())
        return what

    _tried(reread)


def _tried(reread: Callable[[], Reread]) -> tuple[str, str]:
    """What came of it, told, and how severe that is."""
    try:
        text, severity = told(reread()), "info"
    except MicroError as refusal:
        text, severity = f"Settings read again and refused, nothing was changed: {refusal}", "warning"
    print(text, file=sys.stderr, flush=True)
    return text, severity


def _reread(panel: Panel) -> None:
    text, severity = _tried(panel.reread)
    act = OperatorActed(at_s=panel.now_s(), who="SIGHUP", what="read settings again", why=text)
    try:
        panel.directory.ask("journal", Append(records=(act,), durable=True), JOURNAL_S)
    except MicroError as error:
        print(f"It is not in the journal: {error}", file=sys.stderr, flush=True)
    alert = RaiseAlert(key="settings_read", severity=severity, text=text, at_s=panel.now_s())
    panel.directory.tell("notifier", alert)


def told(reread: Reread) -> str:
    """One line for a person."""
    now, later = ", ".join(reread.applied) or "nothing", ", ".join(reread.after_restart) or "nothing"
    return f"Settings read again. In force now: {now}. After a restart: {later}."
