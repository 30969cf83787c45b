"""The ordered end of a live run: nothing new begins, what is held is sold, orders under way end (interfaces.md)."""

import gevent
from gevent.event import Event

from commands.house import House
from core.messages import ExitPosition
from core.types import ExitReason

POLL_S = 0.1
GRACE_S = 110.0
"""Real time; a container is killed ten seconds later."""


def sold_out(house: House, again: Event) -> str:
    """Sell everything and wait until it is settled, as long as the grace lasts. What a person is told at the end."""
    waited_s = 0.0
    while waited_s < GRACE_S and not again.is_set() and not house.system.gave_up.is_set():
        books = house.services.books()
        if not books.operations and not books.orders and not books.unsettled():
            break
        for operation in books.operations.values():
            wish = ExitPosition(mint=operation.mint, reason=ExitReason.OPERATOR, by="stop")
            house.system.directory.tell(f"position.{operation.mint}", wish)
        gevent.sleep(POLL_S * 10)
        waited_s += POLL_S * 10
    books = house.services.books()
    lines = [f"Still held: {operation.symbol or operation.mint}" for operation in books.operations.values()]
    if books.orders:
        lines.append(f"{len(books.orders)} orders are unresolved; the next start takes them up.")
    return "\n".join([*(lines or ["Nothing is held."]), f"Stopped. Operations: {len(books.closed)}."])
