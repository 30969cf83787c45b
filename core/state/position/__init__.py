"""The position: one open operation in one token. `begin`, `step` and `view` are all that others call."""

from core.state.position.machine import PositionMessage, begin, step
from core.state.position.state import Position, openings
from core.state.position.view import PositionView, view

__all__ = ["Position", "PositionMessage", "PositionView", "begin", "openings", "step", "view"]
