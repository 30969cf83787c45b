"""How a person is reached from afar: what the settings and the secrets say, read before anything starts."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from msgspec import Struct

from actors.adapters import messenger
from actors.adapters.environment import secret_text
from actors.notifications import NotificationsActor, Notifying
from actors.tree import Worker
from commands.house import House
from core.settings import NOTIFY_NAMES, Settings


class Reach(Struct, frozen=True, kw_only=True):
    """Nothing in it shows a secret."""

    addresses: tuple[messenger.Address, ...] = ()


def reach(settings: Settings, settings_file: str | None) -> Reach:
    """Raises Refused for a file that is missing, malformed, or open to others."""
    file = Path(settings_file) if settings_file else None
    text = secret_text(NOTIFY_NAMES, messenger.WHAT, file=file)
    return Reach(addresses=messenger.addresses(text, settings.notify.severity))


def workers(reached: Reach, house: House) -> Sequence[Worker]:
    """The actors that speak to a person, for the branch `outside`; none where nobody is to be reached."""
    if not reached.addresses:
        return ()
    settings = house.settings
    opened = partial(messenger.Messenger, timeout_s=settings.notify.timeout_s, plain_hosts=settings.runtime.plain_hosts)
    notifying = Notifying(
        rule=settings.notify,
        messengers=tuple(map(opened, reached.addresses)),
        books=house.services.books,
    )
    return (Worker(name="notifications", actor=NotificationsActor, args=notifying),)
