"""The two HTTP servers of a house, as workers of its tree."""

from collections.abc import Sequence
from pathlib import Path

from actors.server import Listening, ServerActor
from actors.tree import Worker
from commands.house import House
from commands.panel import HousePanel
from monitor.control import control_app
from monitor.monitor import monitor_app


def servers(house: House, settings_file: Path | None) -> Sequence[Worker]:
    """Monitor and control over the same panel."""
    panel = HousePanel(house, settings_file)
    runtime = house.settings.runtime
    monitor = Listening(
        application=lambda: monitor_app(panel),
        bind=runtime.bind,
        port=runtime.monitor_port,
        setting="MICRO_MONITOR_PORT",
    )
    control = Listening(
        application=lambda: control_app(panel),
        bind=runtime.bind,
        port=runtime.executor_port,
        setting="MICRO_EXECUTOR_PORT",
    )
    return (
        Worker(name="server.monitor", actor=ServerActor, args=monitor),
        Worker(name="server.control", actor=ServerActor, args=control),
    )
