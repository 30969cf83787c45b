"""Telegram's Bot API over HTTPS: news by long polling, and answers. The token is in every path: no error quotes one."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

import gevent
import msgspec
from geventhttpclient import HTTPClient
from geventhttpclient.response import HTTPConnectionClosed, HTTPParseError
from msgspec import Struct

from actors.adapters.endpoint import checked
from actors.adapters.keys.secret import Secret
from core.errors import Refused, Retryable
from core.notify.chat import Heard
from core.notify.rule import TelegramRule

LARGEST: Final = 1_000_000
ANSWER_S: Final = 10.0
TEXT: Final = 4_000


class Chat(Struct, frozen=True):
    id: int


class Message(Struct, frozen=True):
    chat: Chat
    date: float = 0.0
    text: str = ""
    sender: Chat | None = msgspec.field(name="from", default=None)


class Update(Struct, frozen=True):
    update_id: int
    message: Message | None = None


class Updates(Struct, frozen=True):
    ok: bool
    result: list[Update] = []


class BotApi:
    """One bot. Lives longer than the actor that uses it, so that nothing is carried out twice after a crash."""

    def __init__(self, rule: TelegramRule, token: Secret) -> None:
        url = urlsplit(checked(rule.url, "MICRO_TELEGRAM_URL", {"https", "http"}))
        self._host, self._port, self._is_encrypted = url.hostname or "", url.port, url.scheme == "https"
        self._prefix = url.path.rstrip("/")
        self._token = token
        self._poll_s = rule.poll_s
        self._next = 0

    def news(self) -> Sequence[Heard]:
        """Text messages since the last call, each given once; waits up to `poll_s` for some. Raises Retryable."""
        asked = {"offset": self._next, "timeout": self._poll_s, "allowed_updates": ["message"]}
        body = self._call("getUpdates", asked, self._poll_s + ANSWER_S)
        try:
            updates = msgspec.json.decode(body, type=Updates).result
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise Retryable("the Bot API's answer is not understood") from None
        self._next = max([self._next, *(one.update_id + 1 for one in updates)])
        told = [one.message for one in updates if one.message is not None and one.message.text]
        return [
            Heard(chat=one.chat.id, person=one.sender.id if one.sender else 0, text=one.text[:TEXT], at_s=one.date)
            for one in told
        ]

    def say(self, chat: int, text: str) -> None:
        """Plain text, no preview of links. Raises Retryable."""
        said = {"chat_id": chat, "text": text[:TEXT], "link_preview_options": {"is_disabled": True}}
        self._call("sendMessage", said, ANSWER_S)

    def _call(self, method: str, asked: object, most_s: float) -> bytes:
        client = HTTPClient(
            self._host, self._port, ssl=self._is_encrypted, connection_timeout=ANSWER_S, network_timeout=most_s
        )
        try:
            with gevent.Timeout(most_s, Retryable("the Bot API takes too long")):
                answer = client.post(
                    f"{self._prefix}/bot{self._token.reveal()}/{method}",
                    body=msgspec.json.encode(asked),
                    headers={"Content-Type": "application/json"},
                )
                status, body = answer.status_code, bytes(answer.read(LARGEST + 1))
        except (OSError, ValueError, HTTPParseError, HTTPConnectionClosed) as error:
            raise Retryable(f"the Bot API does not answer: {type(error).__name__}") from None
        finally:
            client.close()
        if status != 200 or len(body) > LARGEST:
            raise Retryable(f"the Bot API answered {method} with status {status}")
        return body


def token(text: str) -> Secret:
    """The token of a file's first line. Raises Refused for what is none, without showing it."""
    line = (text.splitlines() or [""])[0].strip()
    number, separator, key = line.partition(":")
    if not separator or not number.isdigit() or not key.replace("-", "").replace("_", "").isalnum():
        raise Refused("the Telegram token is not NUMBER:KEY, as BotFather gives it")
    return Secret(line)
