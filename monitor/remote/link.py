"""The way to an executor in another process: what it tells, and whether it is alive, lagging, hung or dead.

One stream of its events is kept open; what it told last is shown on, with its age. Everything else is asked when
somebody asks. The address comes from the settings; redirects are not followed.
"""

import json
import logging
from collections.abc import Callable, Mapping
from enum import StrEnum
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from time import monotonic, sleep
from urllib.parse import urlsplit

from msgspec import Struct

from core.ports import Tokens
from core.settings import Settings
from monitor.topics import TOPICS, Frame
from monitor.views.operations import Shown
from monitor.views.plain import encoded

log = logging.getLogger(__name__)

LAG_S = 2.5
"""It tells something every second; what is later than this comes from a process that is too busy."""
HUNG_S = 6.0
"""A connection on which nothing comes for so long leads to a process that hangs."""
AGAIN_S = 1.0
ANSWER_BYTES = 16 << 20
LINE_BYTES = 4 << 20
TOPIC = "link"
SILENT = "it takes connections and says nothing"
PASSED = ("Content-Type", "Retry-After", "WWW-Authenticate", "Allow")


class Life(StrEnum):
    """What an executor looks like from outside."""

    OK = "ok"
    LAGGING = "lagging"
    HUNG = "hung"
    DEAD = "dead"


class Answer(Struct, frozen=True):
    """What the executor answered."""

    status: int
    headers: dict[str, str]
    body: bytes


class Link:
    """One per monitor. `follow` runs in a greenlet of its own until the process ends."""

    def __init__(
        self,
        settings: Settings,
        url: str,
        tokens: Callable[[], Tokens],
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """`tokens` reads them anew each time: the executor may not have made them yet."""
        self.settings, self._read_tokens, self._clock = settings, tokens, clock
        parts = urlsplit(url)
        self._plain, self._host, self._port = parts.scheme == "http", parts.hostname or "", parts.port
        self._frames: dict[str, Frame] = {}
        self._version = 0
        self.began_s = self._heard_s = self._changed_s = clock()
        self._life = Life.DEAD
        self._connected = False
        self._why = "it was not reached yet"

    @property
    def tokens(self) -> Tokens:
        """Empty while there are none: then nobody's token is known."""
        try:
            return self._read_tokens()
        except OSError:
            return Tokens(read="", operate="")

    def life(self) -> Life:
        """As it looks now."""
        silent_s = self._clock() - self._heard_s
        if not self._connected:
            now = Life.DEAD
        elif silent_s <= LAG_S:
            now = Life.OK
        else:
            now = Life.LAGGING if silent_s <= HUNG_S else Life.HUNG
        if now is not self._life:
            log.warning("the executor is %s: %s", now, self._why if now is not Life.OK else "it tells again")
            self._life, self._changed_s = now, self._clock()
        return now

    def shown(self) -> Shown:
        """State, for how long, and a sentence for a person."""
        life, now_s = self.life(), self._clock()
        return {
            "state": life.value,
            "since_s": round(now_s - self._changed_s),
            "silent_s": round(now_s - self._heard_s),
            "detail": self.detail(),
        }

    def detail(self) -> str:
        silent_s = self._clock() - self._heard_s
        match self.life():
            case Life.OK:
                return ""
            case Life.LAGGING:
                return f"The executor lags: it has told nothing for {silent_s:.0f} s."
            case Life.HUNG:
                return f"The executor hangs: it takes connections and has told nothing for {silent_s:.0f} s."
            case Life.DEAD:
                return f"The executor is dead or out of reach for {silent_s:.0f} s: {self._why}."

    def newest(self) -> tuple[Frame, ...]:
        """What it told last, each topic; and how the link is. Failing when the link is not well."""
        link, life = self.shown(), self.life()
        missing = encoded({"missing": self.detail() or "the executor has not told it yet"})
        frames = {topic: self._frames.get(topic, Frame(topic, 0, missing)) for topic in TOPICS}
        if life is not Life.OK:
            frames["health"] = self._own("health", self.health())
        return (self._own(TOPIC, link), *frames.values())

    def health(self) -> Shown:
        """The monitor's own words while the executor has none."""
        return {
            "status": "failing",
            "reasons": [self.detail()],
            "mode": "monitor",
            "uptime_s": round(self._clock() - self.began_s, 3),
        }

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One request. Raises OSError or HTTPException when there is no answer in time."""
        connection = self._connection()
        try:
            connection.request(method, path, body=body, headers={**self._identity(), **(headers or {})})
            response = connection.getresponse()
            passed = {name: value for name in PASSED if (value := response.getheader(name)) is not None}
            return Answer(response.status, passed, response.read(ANSWER_BYTES))
        finally:
            connection.close()

    def follow(self) -> None:
        """Listen to the executor, for ever."""
        while True:
            try:
                self._listen()
            except TimeoutError:
                # It was connected, see _listen: a process that is stopped still takes connections.
                self._connected, self._why = True, SILENT
            except (OSError, HTTPException, ValueError) as error:
                self._connected = False
                self._why = str(error) or type(error).__name__
            else:
                self._connected = False
                self._why = "it closed the connection"
            self.life()
            sleep(AGAIN_S)

    def _listen(self) -> None:
        connection = self._connection()
        try:
            connection.connect()
        except TimeoutError:
            raise OSError(f"no connection within {HUNG_S:g} s") from None
        try:
            connection.request("GET", "/events", headers=self._identity())
            response = connection.getresponse()
            if response.status != 200:
                detail = response.read(LINE_BYTES).decode(errors="replace")
                raise ValueError(f"it answers {response.status}: {detail[:300]}")
            self._take_in(response)
        finally:
            connection.close()

    def _take_in(self, response: HTTPResponse) -> None:
        topic = ""
        while line := response.readline(LINE_BYTES):
            self._connected, self._heard_s = True, self._clock()
            name, _, value = line.rstrip(b"\n").partition(b": ")
            if name == b"event":
                topic = value.decode()
            elif name == b"data" and topic in TOPICS:
                json.loads(value)  # what is no document is not passed on
                self._frames[topic] = self._numbered(topic, value)

    def _own(self, topic: str, shown: Shown) -> Frame:
        """A frame of the monitor's own; a new version only when it says something else."""
        data, key = encoded(shown), f"own {topic}"
        old = self._frames.get(key)
        if old is None or old.data != data:
            old = self._frames[key] = self._numbered(topic, data)
        return old

    def _numbered(self, topic: str, data: bytes) -> Frame:
        self._version += 1
        return Frame(topic, self._version, data)

    def _connection(self) -> HTTPConnection:
        kind = HTTPConnection if self._plain else HTTPSConnection
        return kind(self._host, self._port, timeout=HUNG_S)

    def _identity(self) -> dict[str, str]:
        host = self._host if self._port is None else f"{self._host}:{self._port}"
        return {"Authorization": f"Bearer {self.tokens.read}", "Host": host}
