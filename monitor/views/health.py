"""Whether the system is well: every permanent actor alive, the feed fresh, the journal writing. Needs no books."""

from collections.abc import Mapping

from core.ports import Panel
from core.snapshots import ActorSnapshot, ActorState
from monitor.views.plain import plain

FEED_SILENT_S = 30.0
"""Real time; rules.md §7 alerts at it."""
JOURNAL_WAIT_S = 10.0
"""A durable append that takes longer is a journal that does not write."""


def reasons(panel: Panel) -> tuple[str, ...]:
    """Why the system is not well, empty when it is."""
    # One by one: a look at everybody would hold up trading, and anybody may ask for this at any time.
    look = panel.directory.snapshot
    actors = {name: actor for name in panel.permanent if (actor := look(name)) is not None}
    return (*_dead(panel.permanent, actors), *_feed(look("feed")), *_journal(look("journal")))


def shown(panel: Panel) -> dict[str, object]:
    """Status `ok` or `failing`, with the reasons."""
    against = reasons(panel)
    return {
        "status": "failing" if against else "ok",
        "reasons": list(against),
        "mode": panel.mode,
        "uptime_s": round(panel.uptime_s(), 3),
    }


def feed_age_s(feed: ActorSnapshot | None) -> float | None:
    """Real time since the feed's last batch, None before the first."""
    if feed is None:
        return None
    age_s = getattr(feed.view, "age_s", feed.last_message_age_s)
    return age_s if isinstance(age_s, int | float) else None


def _dead(permanent: frozenset[str], actors: Mapping[str, ActorSnapshot]) -> list[str]:
    found = []
    for name in sorted(permanent):
        actor = actors.get(name)
        if actor is None:
            found.append(f"{name} was never started")
        elif actor.state is not ActorState.ALIVE:
            found.append(f"{name} is {actor.state.value}")
        elif actor.late:
            found.append(f"{name} is late: it does not answer")
    return found


def _feed(feed: ActorSnapshot | None) -> list[str]:
    if feed is None or getattr(feed.view, "ended", False) is True:
        return []  # missing is said above; a recording that ended is no silence
    age_s = feed_age_s(feed)
    if age_s is None:
        return ["the feed has not brought anything yet"]
    return [f"the feed is silent for {age_s:.0f} s"] if age_s > FEED_SILENT_S else []


def _journal(journal: ActorSnapshot | None) -> list[str]:
    if journal is None:
        return []
    failure = getattr(journal.view, "failure", "")
    if failure:
        return [f"the journal does not write: {plain(str(failure))}"]
    oldest_s = getattr(journal.view, "oldest_wait_s", None)
    if isinstance(oldest_s, int | float) and oldest_s > JOURNAL_WAIT_S:
        return [f"the journal does not write: something has waited for {oldest_s:.0f} s"]
    return []
