"""Who holds a token, by its trades since the creation: owners with a positive net. Plain transfers are not seen.

Memory is bounded: owners are kept as the hash of their address, and beyond a bound nobody is kept and the count is
unknown. Hashes are salted per process, so nobody can craft addresses that collide; two of 2,000 owners meet by chance
once in 10^13 tokens.
"""

from collections.abc import Iterable

from msgspec import Struct


class Holders(Struct):
    """Mutable. `nets`: base units bought less sold per owner, zeros left out; None once the count is unknown."""

    nets: dict[int, int] | None
    positive: int = 0


def begin(*, gapless: bool) -> Holders:
    """At the creation; not gapless where trades may have been missed already."""
    return Holders(nets={} if gapless else None)


def traded(holders: Holders, owner: str, units: int, bound: int) -> None:
    """`owner` bought (positive) or sold (negative) so many units. More than `bound` owners end the count."""
    nets = holders.nets
    if nets is None:
        return
    key = hash(owner)
    before = nets.get(key, 0)
    after = before + units
    if after > 0:
        if before <= 0:
            holders.positive += 1
    elif before > 0:
        holders.positive -= 1
    if after:
        nets[key] = after
        if len(nets) > bound:
            missed(holders)
    elif before:
        del nets[key]


def missed(holders: Holders) -> None:
    """Trades were missed: the count is unknown from here on, and nobody needs to be kept."""
    holders.nets = None
    holders.positive = 0


def count(holders: Holders) -> int | None:
    """Owners with a positive net; None = unknown."""
    return holders.positive if holders.nets is not None else None


def unexplained_units(holders: Holders, largest: Iterable[tuple[str, int]]) -> int | None:
    """What the largest accounts hold beyond what their owners' trades explain; None where the count is unknown."""
    nets = holders.nets
    if nets is None:
        return None
    unexplained = 0
    for owner, units in largest:
        net = nets.get(hash(owner), 0)
        beyond = units - net if net > 0 else units
        if beyond > 0:
            unexplained += beyond
    return unexplained
