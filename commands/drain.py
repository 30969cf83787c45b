"""The ordered end of a paper run: nothing new begins, orders under way end, positions are held for the next start."""

import gevent
from gevent.event import Event

from commands.house import House

LEAST_LEFT_S = 300.0
"""A position with less of its life left than this is not held over a stop: it would breach the life limit."""
ORDERS_END_S = 60.0
POLL_S = 0.05


def left_s(house: House) -> dict[str, float]:
    """What is left of each open position's life, in market time."""
    books, now_s = house.services.books(), house.system.clock.now_s
    return {op.mint: house.settings.life.max_s - (now_s - op.opened_at_s) for op in books.operations.values()}


def refusal(house: House) -> str:
    """Why the process does not stop at once, or empty."""
    short = [(mint, left) for mint, left in left_s(house).items() if left < LEAST_LEFT_S]
    if not short:
        return ""
    named = ", ".join(f"{mint} ({left / 60:.1f} min left)" for mint, left in short)
    return (
        f"Not stopped yet: {named} would pass its life limit while the process is down. Entries are off; "
        "it stops when these are flat. Ctrl-C again stops at once."
    )


def drained(house: House, again: Event) -> str:
    """Wait until stopping loses nothing, or until asked again. What a person is told at the end."""
    waited_s = 0.0
    while not again.is_set() and not house.system.gave_up.is_set():
        if any(left < LEAST_LEFT_S for left in left_s(house).values()):
            gevent.sleep(POLL_S)
            continue
        if not house.services.books().orders or waited_s >= ORDERS_END_S:
            break
        gevent.sleep(POLL_S)
        waited_s += POLL_S
    books = house.services.books()
    held = [f"{mint}, {left / 60:.1f} min of its life left" for mint, left in left_s(house).items()]
    lines = [f"Held for the next start: {line}" for line in held] or ["Nothing is held."]
    if books.orders:
        lines.append(f"{len(books.orders)} orders are unresolved; the next start takes them up.")
    return "\n".join(
        [*lines, f"Stopped. Operations: {len(books.closed)}, equity {books.equity_lamports / 1e9:.6f} SOL."]
    )
