"""The figures by which nodes are called over HTTP: patience, repetition, and when one is left alone for a while."""

from msgspec import Struct

from core.errors import Refused


class RpcRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Real seconds; a network knows nothing of market time."""

    timeout_s: float = 2.0
    """One attempt, from asking for a connection to the last byte."""
    attempts: int = 3
    """At most, over all endpoints."""
    connections: int = 16
    """Kept open to each endpoint; a further call waits for one of them."""
    breaker_failures: int = 4
    """So many failures in a row open an endpoint's circuit."""
    breaker_first_s: float = 1.0
    breaker_most_s: float = 30.0
    """How long it stays open: twice as long after each failed trial, up to this."""
    behind_slots: int = 15
    """An endpoint so far behind the newest slot that another has shown is not believed: six seconds."""
    blockhash_every_s: float = 2.0
    blockhash_max_age_s: float = 20.0
    """An older blockhash is none: of the 150 slots it is good for, a third is gone."""
    fees_every_s: float = 4.0
    slots_every_s: float = 2.0
    programs_every_s: float = 60.0
    trade_units: int = 150_000
    """Compute units by which what others pay for one unit becomes what a trade of ours would pay."""
    stand_in: str = ""
    """Address that pays in simulations on paper, where no wallet of ours is on the chain. It signs nothing; it must
    hold the stake and some rent. Empty: one that collects fees for the program."""

    def __post_init__(self) -> None:
        if self.attempts < 1 or self.connections < 1 or self.breaker_failures < 1:
            raise Refused("RPC needs at least one attempt, one connection and one failure before it gives up")
        if not self.timeout_s > 0:
            raise Refused(f"an RPC timeout must be above 0, not {self.timeout_s}")
