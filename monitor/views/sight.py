"""What one request looks at: books and market time of one moment, each actor as it was when first asked for."""

from functools import cached_property

from core.effects import Now
from core.ledger.books import Books
from core.ports import Panel
from core.state import commandments, wallet
from core.state.commandments import GateView
from core.state.notifier import AlertsView
from core.state.position import Position, PositionView
from core.state.position import view as position_view
from core.state.wallet import WalletView
from core.state.watch import first
from core.types import Role


class Sight:
    """Raises Unavailable (by `panel.books`) while the journal has not begun."""

    def __init__(self, panel: Panel) -> None:
        self.panel = panel
        self.at_s = panel.now_s()
        self.books: Books = panel.books()
        self.settings = panel.settings
        self._views: dict[str, object] = {}
        self.now = Now(self.at_s, self.books, self.settings, panel.market)

    def view_of(self, name: str) -> object:
        """What the actor shows of its state, as it was when this request first asked; None when it is not there."""
        if name not in self._views:
            actor = self.panel.directory.snapshot(name)
            self._views[name] = None if actor is None else actor.view
        return self._views[name]

    @cached_property
    def gate(self) -> GateView:
        """The gate's own view; while it is down, what the books alone say."""
        shown = self.view_of("commandments")
        if isinstance(shown, GateView):
            return shown
        state = shown if isinstance(shown, commandments.State) else commandments.State(watched=first(self.now))
        return commandments.view(state, self.now)

    @property
    def sol_usd(self) -> float | None:
        """For display: the newest reading, checked or not."""
        return self.panel.market.usd_unchecked()

    def wallet(self, role: Role) -> WalletView:
        """The wallet's own view; while it is down, what the books alone say."""
        shown = self.view_of(f"wallet.{role}")
        if isinstance(shown, WalletView):
            return shown
        state = shown if isinstance(shown, wallet.State) else wallet.State(role=role)
        return wallet.view(state, self.now)

    def position(self, mint: str) -> PositionView | None:
        """What the position shows of itself, None while it is down."""
        shown = self.view_of(f"position.{mint}")
        if isinstance(shown, Position):
            return position_view(shown, self.now)
        return shown if isinstance(shown, PositionView) else None


def alerts_of(panel: Panel) -> AlertsView | None:
    """The notifier's view, None while it is down. Needs no books."""
    actor = panel.directory.snapshot("notifier")
    return actor.view if actor is not None and isinstance(actor.view, AlertsView) else None
