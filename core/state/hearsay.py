"""Who must hear of a mention: those who judge entries, and the position in that token."""

from core.effects import Effects, Now, Tell
from core.messages import SocialSeen


def heard(seen: SocialSeen, now: Now) -> Effects:
    """Kept where entries are judged by mentions, and told to the position."""
    if now.market.social is not None:
        now.market.social.take(seen, now.at_s)
    if now.books.operation_of(seen.mint) is None:
        return ()
    return (Tell(f"position.{seen.mint}", seen),)
