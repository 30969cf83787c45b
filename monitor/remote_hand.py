"""Commands that come by another way than HTTP, done by the same functions: journaled with who and why, then told."""

from core.errors import Refused
from core.notify import summary
from core.notify.chat import Wish
from core.ports import Panel
from monitor.views import health
from monitor.views.operations import Shown
from monitor.web import changes
from monitor.web.access import acting_as
from monitor.web.changes import Emergency, Reason
from monitor.web.problems import Problem


def carry_out(panel: Panel, wish: Wish) -> str:
    """What was done, or the status. Raises Refused with the reason, other MicroErrors where somebody is down."""
    try:
        with acting_as(wish.who):
            return _done(panel, wish)
    except Problem as problem:
        raise Refused(problem.detail) from None


def _done(panel: Panel, wish: Wish) -> str:
    match wish.verb:
        case "status":
            return _status(panel)
        case "pause":
            changes.pause(panel, Reason(why=wish.why))
            return "Entries are paused; exits go on."
        case "resume":
            changes.resume(panel, Reason(why=wish.why))
            return "Entries go on."
        case "exit":
            done = changes.leave(panel, wish.mint, Reason(why=wish.why))
            return f"{wish.mint} is being sold.{_unwritten(done)}"
        case "panic":
            done = changes.emergency(panel, Emergency(action="exit", why=wish.why))
            told, missed = done["told"], done["not_told"]
            return f"Panic exit. Told: {told or 'nothing is held'}. Not told: {missed or 'none'}.{_unwritten(done)}"
        case _:
            raise Refused(f"nobody knows how to {wish.verb}")


def _unwritten(done: Shown) -> str:
    """Exits are done without the journal, too, and say so."""
    return "" if done["journaled"] else " The journal did not take it."


def _status(panel: Panel) -> str:
    books = panel.books()
    reasons = "; ".join(health.reasons(panel)) or "healthy"
    entries = f"entries paused: {books.paused_why}" if books.paused else "entries open"
    return f"{panel.mode}, {reasons}, {entries}\n{summary.text(summary.day_of(books, panel.now_s()))}"
