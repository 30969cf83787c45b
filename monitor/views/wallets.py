"""The five wallets: what each holds, may spend, has locked, and how well it is provided for."""

from core.state.wallet import fleet_health
from core.types import Role
from monitor.views.operations import Shown
from monitor.views.plain import plain
from monitor.views.sight import Sight


def shown(sight: Sight) -> list[Shown]:
    """In the order of their derivation."""
    return [_wallet(sight, role) for role in Role]


def fleet(sight: Sight) -> float:
    """0 to 1."""
    return fleet_health(sight.now)


def _wallet(sight: Sight, role: Role) -> Shown:
    view = plain(sight.wallet(role))
    if not isinstance(view, dict):
        raise TypeError(f"a wallet's view is a struct, not {view!r}")
    return {**view, "start_lamports": sight.books.start_lamports.get(role, 0)}
