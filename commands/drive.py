"""Drives a house on the virtual clock: the next batch only when everything that the last one caused is done."""

from commands.house import House
from core.runner import GAP_S


def drive(house: House, batches: int | None = None) -> int:
    """Bring batches of the source until it ends, or this many. How many were brought."""
    count = 0
    while batches is None or count < batches:
        batch = house.source.feed.next()
        if batch is None:
            break
        house.system.clock.move(batch.at_s)
        house.system.directory.tell("feed", batch)
        house.system.directory.drain()
        count += 1
    else:
        return count
    # The recording is over: let every timer run out, so that each candidate gets its last verdict.
    house.system.clock.advance(house.system.clock.now_s + GAP_S)
    return count
