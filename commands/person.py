"""How a person is reached from afar: what the settings and the secrets say, read before anything starts."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from msgspec import Struct

from actors.adapters import bot_api, messenger
from actors.adapters.bot_api import BotApi
from actors.adapters.environment import secret_text
from actors.notifications import NotificationsActor, Notifying
from actors.telegram import Commanding, TelegramActor
from actors.tree import Worker
from commands.house import House
from commands.panel import HousePanel
from core.errors import Refused
from core.settings import NOTIFY_NAMES, TELEGRAM_NAMES, Settings
from monitor.remote_hand import carry_out


class Reach(Struct, frozen=True, kw_only=True):
    """Nothing in it shows a secret."""

    addresses: tuple[messenger.Address, ...] = ()
    bot: BotApi | None = None


def reach(settings: Settings, settings_file: str | None) -> Reach:
    """Raises Refused for a file that is missing, malformed, or open to others."""
    file = Path(settings_file) if settings_file else None
    text = secret_text(NOTIFY_NAMES, messenger.WHAT, file=file)
    token = secret_text(TELEGRAM_NAMES, "the file of the Telegram token", file=file)
    if bool(token) != bool(settings.telegram.chats):
        raise Refused("MICRO_TELEGRAM_CHATS and MICRO_TELEGRAM_TOKEN_FILE belong together; one of them is not given")
    return Reach(
        addresses=messenger.addresses(text, settings.notify.severity),
        bot=BotApi(settings.telegram, bot_api.token(token)) if token else None,
    )


def workers(reached: Reach, house: House, fresh: Callable[[], Settings]) -> Sequence[Worker]:
    """The actors that speak to a person, for the branch `outside`; none where nobody is to be reached."""
    settings, found = house.settings, list[Worker]()
    if reached.addresses:
        opened = partial(
            messenger.Messenger, timeout_s=settings.notify.timeout_s, plain_hosts=settings.runtime.plain_hosts
        )
        notifying = Notifying(
            rule=settings.notify,
            messengers=tuple(map(opened, reached.addresses)),
            books=house.services.books,
            left_s=house.left_s,
        )
        found.append(Worker(name="notifications", actor=NotificationsActor, args=notifying))
    if reached.bot is not None:
        commanding = Commanding(
            rule=settings.telegram, bot=reached.bot, carry_out=partial(carry_out, HousePanel(house, fresh))
        )
        found.append(Worker(name="telegram", actor=TelegramActor, args=commanding))
    return found
