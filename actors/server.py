"""One HTTP server as an actor: alive while its port is served, restarted with a new application when it crashes."""

from collections.abc import Callable
from wsgiref.types import WSGIApplication

from msgspec import Struct
from typing_extensions import override

from actors.adapters.http_server import HttpServer
from actors.base import Actor, Context
from actors.turns import Rank
from core.errors import Refused
from core.messages import Message


class Listening(Struct, frozen=True, kw_only=True):
    """What a server actor is born with. `setting` names the port's setting for whoever reads that it is in use."""

    application: Callable[[], WSGIApplication]
    bind: str
    port: int
    setting: str


class ServerView(Struct, frozen=True, kw_only=True):
    """What the monitor sees. `rejected` never reached the application: malformed, too large, too slow, too many."""

    bind: str
    port: int
    requests: int
    rejected: int
    connections: int


class ServerActor(Actor[Message]):
    """Requests run in greenlets of their own, so one that hangs or fails leaves this actor and the others alone."""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.listening: Listening = context.args
        self.server: HttpServer | None = None

    @override
    def on_begin(self) -> None:
        listening = self.listening
        turns = self.directory.flow.turns
        self.server = HttpServer(
            listening.application(),
            bind=listening.bind,
            port=listening.port,
            setting=listening.setting,
            give_way=lambda: turns.wait(Rank.CLIENTS),
        )
        self.server.start()

    @override
    def on_end(self, reason: Exception | None) -> None:
        if self.server is not None:
            self.server.stop()

    @override
    def handle(self, message: Message) -> object:
        return Refused(f"{self.name} serves HTTP: it takes no {type(message).__name__}")

    @override
    def view(self) -> ServerView | None:
        server = self.server
        if server is None:
            return None
        requests, rejected, connections = server.counts
        return ServerView(
            bind=self.listening.bind,
            port=server.port,
            requests=requests,
            rejected=rejected,
            connections=connections,
        )
