"""Whose turn it is on the hub: actors with mail, the trading path before the thousand watchers; then those who look.

gevent alone would run them in the order in which they got their mail, so an exit would wait until every token of the
same batch has been weighed.
"""

from collections import deque
from collections.abc import Callable
from enum import IntEnum
from time import perf_counter

from gevent.hub import get_hub, getcurrent
from greenlet import greenlet

SLICE_S = 0.0002
"""How long turns are given before timers, sockets and native threads that came back are looked at. A look costs so
little that even this often it takes no measurable share; what it finds may take milliseconds."""
ORDER_S = 0.005
"""How long orders may go on without such a look: from its placing to its bytes an order needs some two milliseconds."""
URGENT_S = 0.001
"""How long those of the ranks before may go on by themselves."""
CLIENTS_S = 0.01
"""How long actors may go on before a client of the monitor gets a turn although they still wait."""
LAST = -2
"""The lowest priority of a libev watcher: its call comes after everything else that is ready."""


class Rank(IntEnum):
    """Whose turn comes first."""

    ORDER = 0
    """Who has an order to carry. Until nobody has, sockets and timers are not looked at either."""
    TRADING = 1
    """Who may place one, and what leads there."""
    WANTED = 2
    """Who of the crowd has an answer or a command: it leads to an order as often as not."""
    CROWD = 3
    CLIENTS = 4
    """Who makes an answer for a client: one at a time, when nobody else has a turn waiting."""


class Turns:
    """Used from the hub's thread only. A turn is a call that switches into a greenlet; it ends when that waits."""

    __slots__ = (
        "_again",
        "_clients",
        "_clients_owed_s",
        "_crowd",
        "_due",
        "_hub",
        "_next_client",
        "_orders",
        "_owed_s",
        "_trading",
        "_waiting",
        "_wanted",
    )

    def __init__(self) -> None:
        self._hub = get_hub()
        self._orders: deque[Callable[[], object]] = deque()
        self._trading: deque[Callable[[], object]] = deque()
        self._wanted: deque[Callable[[], object]] = deque()
        self._crowd: deque[Callable[[], object]] = deque()
        self._clients: deque[Callable[[], object]] = deque()
        self._waiting = (self._orders, self._trading, self._wanted, self._crowd, self._clients)
        self._due = False
        self._owed_s = 0.0
        """When who is wanted and the crowd get a turn each although others wait."""
        self._clients_owed_s = 0.0
        # A timer, no callback: gevent runs fifty of those before it looks at anything else.
        self._again = self._hub.loop.timer(0.0, priority=LAST)
        self._next_client = self._hub.loop.timer(0.0, priority=LAST)

    def give(self, turn: Callable[[], object], rank: Rank) -> None:
        """Call `turn` from the hub soon: after those of its rank and of the ranks before it that wait now."""
        self._waiting[rank].append(turn)
        if rank is Rank.CLIENTS:
            if len(self._clients) == 1:
                self._clients_owed_s = perf_counter() + CLIENTS_S
                self._next_client.start(self._serve)
        elif not self._due:
            self._due = True
            self._hub.loop.run_callback(self._run)

    def start(self, function: Callable[[], object], rank: Rank) -> None:
        """Run `function` in a greenlet of its own, whose first turn is of this rank; the loop gives it the others."""
        self.give(greenlet(function, self._hub).switch, rank)

    def wait(self, rank: Rank) -> None:
        """Let those of the ranks before go first; returns in a turn of this rank."""
        waiting: list[greenlet] = [getcurrent()]

        def go_on() -> None:
            if waiting:
                waiting[0].switch()

        self.give(go_on, rank)
        try:
            self._hub.switch()
        finally:
            waiting.clear()  # who is killed while it waits must not be woken out of what it does next

    def _serve(self) -> None:
        """One client's turn, after a look at everything; when actors have turns waiting, after theirs."""
        now_s = perf_counter()
        if self._due and (self._orders or now_s < self._clients_owed_s):
            self._next_client.start(self._serve)
            return
        self._clients_owed_s = now_s + CLIENTS_S
        turn = self._clients.popleft()
        if self._clients:
            self._next_client.start(self._serve)
        turn()

    def _run(self) -> None:
        orders, trading, wanted, crowd = self._orders, self._trading, self._wanted, self._crowd
        now_s = perf_counter()
        end_s, order_end_s = now_s + SLICE_S, now_s + ORDER_S
        try:
            while orders or trading or wanted or crowd:
                (orders or trading or wanted or crowd).popleft()()
                now_s = perf_counter()
                if now_s > (order_end_s if orders else end_s):
                    if now_s > self._owed_s and (orders or trading or wanted):
                        # Where those before never end, the others may not starve.
                        self._owed_s = now_s + URGENT_S
                        for waiting in (wanted, crowd):
                            if waiting:
                                waiting.popleft()()
                    break
        finally:
            self._due = bool(orders or trading or wanted or crowd)
            if self._due:
                self._again.start(self._run)
