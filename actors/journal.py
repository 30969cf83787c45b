"""The journal actor: the one writer of records, and the keeper of the books that they fold to."""

from collections import deque
from time import perf_counter

from msgspec import Struct
from msgspec.structs import replace
from typing_extensions import override

from actors.base import Actor, Context
from actors.control import Failed
from actors.life import as_crash
from actors.outcome import Outcome
from actors.services import services_of
from core.errors import Fatal, MicroError
from core.ledger.books import Books
from core.ledger.fold import apply
from core.messages import Append, RaiseAlert
from core.ports import Commit, JournalStore

COMMITS_KEPT = 1_000
HINDRANCE = "journal"
"""Under which entries are refused while nothing can be written."""


class JournalView(Struct, frozen=True, kw_only=True):
    """What the monitor sees. Commit times are those of the last thousand durable appends, in seconds."""

    seq: int
    appends: int
    refused: int
    waiting: int
    commit_p50_s: float | None
    commit_p99_s: float | None
    set_aside: str
    failure: str
    """Why the last durable append came to nothing, also of an incarnation before; empty when it went well."""
    oldest_wait_s: float | None
    """Real time that the oldest durable append under way has waited for the disk; None when none is under way."""


class JournalActor(Actor[Append]):
    """Appends are refused when they do not fit the books; what was refused changed nothing."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.services = services_of(context.system)
        self.store: JournalStore | None = None
        self.books = Books()
        self.appends = self.refused = 0
        self.is_over = False
        """It has been asked to end, for the file takes nothing and nothing is held."""
        self.waiting_since_s: deque[float] = deque()
        """When each durable append under way was begun; the store commits in order."""
        self.commits_s: deque[float] = deque(maxlen=COMMITS_KEPT)

    @override
    def on_begin(self) -> None:
        self.store, self.books = self.services.open_journal()
        if not self.store.failure:
            self.services.market.hindrances.pop(HINDRANCE, None)
        opening = self.services.opening(self.books)
        if opening:
            self._append(Append(records=opening, durable=True)).get(timeout=30)
        self.services.publish(self.books)

    @override
    def on_end(self, reason: Exception | None) -> None:
        if self.store is not None:
            self.store.close()

    @override
    def handle(self, message: Append) -> object:
        """The last sequence number; when durable, once it is on disk."""
        try:
            done = self._append(message)
        except Fatal as error:
            self.services.journal_failure = str(error)
            raise  # the disk took nothing: opened anew it may, and everybody starts again from what it holds
        except MicroError as error:
            self.refused += 1
            return error
        self._judge()
        return done

    def _append(self, message: Append) -> Commit:
        assert self.store is not None  # noqa: S101 - on_begin comes before every message
        books = self.books
        for record in message.records:
            books = apply(books, record)  # type: ignore[arg-type]  # every record struct is one of the union
        if message.durable:
            self.waiting_since_s.append(perf_counter())
        done = self.store.append(message.records, durable=message.durable)  # type: ignore[arg-type]
        self.appends += 1
        self.books = replace(books, seq=self.books.seq + len(message.records))
        self.services.publish(self.books)
        if message.durable:
            done.rawlink(self._committed)
        return done

    def _judge(self) -> None:
        """Where the journal takes nothing, entries stop and exits go on. Once nothing is held, this process ends.

        It ends by this actor's: opened anew the file may take something again, else the root gives up.
        """
        failure = self.store.failure if self.store is not None else ""
        if not failure or self.is_over:
            return
        lost = self.store.lost if self.store is not None else ""
        self.services.journal_failure = failure
        where = f"exits are in memory alone ({lost})" if lost else "exits are set apart"
        reason = f"the journal cannot write {failure}; {where}"
        if self.services.market.hindrances.get(HINDRANCE) != reason:
            self.services.market.hindrances[HINDRANCE] = reason
            alert = RaiseAlert(key="journal_failed", severity="critical", text=reason, at_s=self.clock.now_s)
            self.directory.tell("notifier", alert)
        if not self.books.operations and not self.books.orders:
            self.is_over = True
            self.inbox.control(Failed(as_crash(Fatal(f"the journal cannot write {failure}"))))

    def _committed(self, commit: Outcome[int]) -> None:
        took_s = perf_counter() - self.waiting_since_s.popleft()
        self.commits_s.append(took_s)
        self.services.timings.commit.add(took_s)
        failure = commit.error
        self.services.journal_failure = "" if failure is None else str(failure)
        if failure is not None:
            # Books that the disk does not have must not be decided by: this actor ends, and all behind it start again.
            self.inbox.control(Failed(as_crash(failure)))
        self._judge()

    @override
    def view(self) -> JournalView:
        times, waiting = sorted(self.commits_s), self.waiting_since_s
        return JournalView(
            seq=self.books.seq,
            appends=self.appends,
            refused=self.refused,
            waiting=len(waiting),
            commit_p50_s=times[len(times) // 2] if times else None,
            commit_p99_s=times[len(times) * 99 // 100] if times else None,
            set_aside=self.store.damage if self.store is not None else "",
            failure=self.services.journal_failure,
            oldest_wait_s=perf_counter() - waiting[0] if waiting else None,
        )
