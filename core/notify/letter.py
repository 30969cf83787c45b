"""What goes out to a person: short plain text, in which nothing of a stranger is markup, mention, command or link."""

import re
from typing import Final

from msgspec import Struct

from core.chain.untrusted import harmless

TEXT_BYTES: Final = 1_500
TITLE: Final = "Micro-Lightning"

LOOKALIKES: Final = str.maketrans(
    {
        "<": "‹",
        ">": "›",
        "&": "＆",
        "@": "＠",  # @everyone
        "`": "ˋ",
        "*": "∗",
        "_": "＿",
        "~": "∼",
        "|": "∣",
        "[": "［",
        "]": "］",
        "/": "∕",  # paths of a link, and /commands that a client makes clickable
        "\\": "＼",
        "#": "＃",
    }
)
"""Characters that some messenger reads as more than themselves, and what looks like them."""
_HOST = re.compile(r"\.(?=[^\W\d])")


class Letter(Struct, frozen=True, kw_only=True):
    """One message to one address. `key`, `mint` and `severity` say what it repeats."""

    key: str
    severity: str
    text: str
    """Already harmless."""
    mint: str = ""

    @property
    def title(self) -> str:
        return f"{TITLE}: {self.severity}"


def letter(key: str, severity: str, text: str, mint: str = "", figures: str = "") -> Letter:
    """A letter of an alert; `figures` are our own text below it."""
    body = f"{spoken(text)}\n{spoken(key)}"
    if mint:
        body += f"  {spoken(mint)}"
    return Letter(key=key, severity=severity, text=f"{body}\n\n{figures}" if figures else body, mint=mint)


def spoken(text: str) -> str:
    """A stranger's text for a messenger: one line, bounded, without invisible characters, markup, mentions or links."""
    one_line = harmless(" ".join(text.split()), TEXT_BYTES)
    return _HOST.sub("․", one_line.translate(LOOKALIKES))
