"""The two HTTP servers of a house, as workers of its tree."""

from collections.abc import Callable, Sequence

from actors.server import Listening, ServerActor
from actors.tree import Worker
from commands import hangup
from commands.house import House
from commands.panel import HousePanel
from core.settings import Settings
from monitor.app import control_app, monitor_app
from monitor.desk import Desk


def servers(house: House, fresh: Callable[[], Settings], *, alone: bool = False) -> Sequence[Worker]:
    """Monitor and control over the same panel; `alone`: control only, a monitor runs elsewhere.

    `fresh` reads the settings again as the start did. From here on SIGHUP does what POST /settings does; before, as for
    any program, it ends the process.
    """
    panel = HousePanel(house, fresh)
    hangup.answer(panel)
    desk = Desk(panel)
    runtime = house.settings.runtime
    monitor = Listening(
        application=lambda: monitor_app(desk),
        bind=runtime.bind,
        port=runtime.monitor_port,
        setting="MICRO_MONITOR_PORT",
    )
    control = Listening(
        application=lambda: control_app(desk),
        bind=runtime.bind,
        port=runtime.executor_port,
        setting="MICRO_EXECUTOR_PORT",
    )
    controlled = Worker(name="server.control", actor=ServerActor, args=control)
    if alone:
        return (controlled,)
    return (Worker(name="server.monitor", actor=ServerActor, args=monitor), controlled)
