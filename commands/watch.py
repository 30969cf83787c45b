"""The monitor alone (`--role monitor`): shows an executor that runs in another process, and says when it does not."""

import sys
from collections.abc import Callable
from pathlib import Path

import gevent
from gevent.event import Event

from actors.adapters.endpoint import checked
from actors.adapters.http_server import HttpServer
from actors.adapters.listener import check_free
from actors.adapters.stand_back import stand_back
from commands import hangup
from core.ports import Tokens
from core.settings import Settings
from monitor.remote.app import remote_monitor_app
from monitor.remote.link import Link

CRASHED = 1


def watch(settings: Settings, asked: Event, fresh: Callable[[], Settings]) -> int:
    """Serve until `asked`. The exit code. Raises Refused for an address or a port that will not do.

    `fresh` reads the settings again as the start did: SIGHUP takes over what is safe.
    """
    stand_back()
    runtime = settings.runtime
    url = executor_url(settings)
    check_free(runtime.bind, runtime.monitor_port, "MICRO_MONITOR_PORT")
    link = Link(settings, url, lambda: tokens_of(Path(runtime.state_dir)))
    server = HttpServer(
        remote_monitor_app(link), bind=runtime.bind, port=runtime.monitor_port, setting="MICRO_MONITOR_PORT"
    )
    server.start()
    hangup.answer_alone(link, fresh)
    follower = gevent.spawn(link.follow)
    print(f"Micro-Lightning monitor of the executor at {url}", flush=True)
    print(f"Monitor  http://{runtime.bind}:{server.port}/", flush=True)
    print("Stop with Ctrl-C", flush=True)
    follower.rawlink(lambda _: asked.set())
    asked.wait()
    server.stop()
    if follower.ready():
        print("micro-lightning: the monitor lost its way to the executor; the log says how", file=sys.stderr)
        return CRASHED
    follower.kill()
    return 0


def executor_url(settings: Settings) -> str:
    """Where the executor is: MICRO_EXECUTOR_URL, or this machine. Raises Refused."""
    runtime = settings.runtime
    if not runtime.executor_url:
        return f"http://127.0.0.1:{runtime.executor_port}"
    return checked(runtime.executor_url, "MICRO_EXECUTOR_URL", {"http", "https"}, runtime.plain_hosts)


def tokens_of(state: Path) -> Tokens:
    """As the executor wrote them. Raises OSError while it has not."""
    read, operate = ((state / name).read_text().strip() for name in ("api-token-read", "api-token"))
    return Tokens(read=read, operate=operate)
