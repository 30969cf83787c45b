"""Small, busy markets for tests: a busy hour of a real one would take minutes."""

from msgspec.structs import replace

from core.market.simulator.settings import MarketSettings
from core.market.simulator.simulator import Simulator, Slot
from core.messages import Launched

CALM = MarketSettings()
ME = "BwWK17cbHxwWBKZkUYvzxLcNQ1YVyaFezduWbtm2de6s"
"""A wallet of ours: on the wire it must be a key."""


def crowded(*, group: float = 0.1, honeypot: float = 0.05, deployer: float = 0.1) -> MarketSettings:
    """Settings with many of the launches that are rare otherwise, so that a short run meets every kind."""
    return replace(
        CALM,
        launch=replace(CALM.launch, launches_per_s=1.0, honeypot_share=honeypot),
        group=replace(CALM.group, share=group),
        sniper=replace(CALM.sniper, deployer_share=deployer),
    )


def play(simulator: Simulator, slots: int) -> list[Slot]:
    return [simulator.step() for _ in range(slots)]


def first_mint(slots: list[Slot]) -> str:
    return next(event.mint for slot in slots for event in slot.events if isinstance(event, Launched))
