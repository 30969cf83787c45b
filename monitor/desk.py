"""What both applications share: the panel, and what the monitor remembers for itself."""

from core.ports import Panel
from monitor.prices import Prices
from monitor.tally import Tally
from monitor.topics import Topics
from monitor.views.performance import Figures
from monitor.web.lane import Lane


class Desk:
    """One per process."""

    def __init__(self, panel: Panel) -> None:
        self.panel = panel
        self.tally = Tally(panel)
        self.figures = Figures()
        self.prices = Prices(panel)
        self.topics = Topics(self)
        self.lane = Lane()
