"""Switches: what goes wrong on this chain and with this node. All draws come from one seed."""

from random import Random
from typing import Annotated

from msgspec import Meta, Struct

Percent = Annotated[float, Meta(ge=0.0, le=100.0)]
Count = Annotated[int, Meta(ge=0)]
Positive = Annotated[float, Meta(gt=0.0)]


class Switches(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Off by default. What concerns landing holds for transactions sent over RPC, not for the market's."""

    loss_pct: Percent = 0.0
    """Submissions that reach no leader; the same bytes sent again may."""
    failure_pct: Percent = 0.0
    """Transactions that land and fail as a breached limit does: the fee is paid, nothing else happens."""
    delay_slots_least: Count = 0
    delay_slots_most: Count = 0
    """Slots on top of the next one, drawn evenly, until a transaction lands."""
    reorder: bool = False
    """Transactions of one slot land in a drawn order instead of that of their arrival."""
    lag_slots: Count = 0
    """The node answers as if so many slots had not happened yet; transactions go on all the same."""
    forget_pct: Percent = 0.0
    """Landed transactions that the node denies afterwards, as long as this is above 0."""
    refuse_pct: Percent = 0.0
    """Requests answered with status 429."""
    requests_per_s: Count = 0
    """Requests over this rate get a 429; 0: no limit."""
    retry_after_s: Count = 1
    """What a 429 says in its Retry-After."""
    drop_sockets_s: Annotated[float, Meta(ge=0.0)] = 0.0
    """Every WebSocket is cut so often; 0: never."""
    mute_sockets: bool = False
    """WebSockets stay open and say nothing."""
    answer_delay_s: Annotated[float, Meta(ge=0.0)] = 0.0
    """Each request is answered so much later."""
    priority_fee_micro_lamports: Count = 0
    """What others pay a unit. A transaction that offers less lands two slots later."""
    upgraded: Annotated[int, Meta(ge=0, le=15)] = 0
    """Instructions whose account list has changed, as a sum of 1 buys, 2 sells, 4 legacy buys, 8 legacy sells."""
    log_bytes: Count = 0
    """Longer logs are cut there, as `Log truncated` says then; 0: never. Many nodes cut at 10,000."""
    simulations_fail: bool = False
    """`simulateTransaction` answers with an error of the node."""


class Faults:
    """The switches and the dice."""

    def __init__(self, switches: Switches, seed: int) -> None:
        self.switches = switches
        self.random = Random(f"localnet faults {seed}")

    def chance(self, percent: float) -> bool:
        return percent > 0.0 and self.random.random() * 100.0 < percent

    def delay_slots(self) -> int:
        least = self.switches.delay_slots_least
        return self.random.randint(least, max(least, self.switches.delay_slots_most))
