"""What a refused token's price did 5, 15 and 55 minutes after its last verdict, to judge the refusals by."""

from msgspec import Struct

from core.effects import After, Effects, Finish, Now, Write
from core.messages import Tick
from core.records import CandidateFollowed

FOLLOW = "follow"


class Aftermath(Struct, kw_only=True):
    """Mutable, and all that is kept of a refused token. Prices are lamports per base unit."""

    mint: str
    refused_at_s: float
    refused_price: float
    price: float
    done: int = 0
    """Prices recorded so far."""


def begin(mint: str, price: float, now: Now) -> tuple[Aftermath, Effects]:
    after = Aftermath(mint=mint, refused_at_s=now.at_s, refused_price=price, price=price)
    return after, _next(after, now)


def due(after: Aftermath, now: Now) -> Effects:
    """Record the price that stands now, and wait for the next time; done after the last."""
    record = CandidateFollowed(
        at_s=now.at_s,
        mint=after.mint,
        after_s=round(now.settings.entry.follow_s[after.done]),
        price=after.price,
        change=after.price / after.refused_price - 1,
    )
    after.done += 1
    return (Write(record), *_next(after, now))


def _next(after: Aftermath, now: Now) -> Effects:
    times = now.settings.entry.follow_s
    if after.done >= len(times):
        return (Finish(),)
    delay_s = max(after.refused_at_s + times[after.done] - now.at_s, 0.0)
    return (After(FOLLOW, delay_s, Tick(key=FOLLOW)),)
