"""Text that strangers wrote on the chain: shortened and made harmless where it is decoded (rules.md §8).

Escaping for HTML, terminals and JSON is the business of whoever shows it; addresses in it are never fetched.
"""

import re
from typing import Final
from unicodedata import category, normalize

NAME_BYTES: Final = 64
SYMBOL_BYTES: Final = 16
URI_BYTES: Final = 256

# Terminal sequences go as a whole: without the escape character the rest of one would stay as visible litter.
_TERMINAL = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b\]|\x9d)[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?|\x1b[ -/]*[0-~]"
)
# Cc controls, Cf invisible format characters (bidi marks and overrides among them), Cs surrogates, Zl and Zp line ends.
_STRIPPED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def harmless(text: str, limit: int) -> str:
    """`text` in NFC without terminal sequences, control, bidi and other invisible characters, at most `limit` UTF-8
    bytes.

    Cut between characters. Idempotent: a second pass changes nothing.
    """
    if text.isascii() and text.isprintable():
        return text[:limit]
    # A hostile node may send megabytes; nothing beyond this many characters can survive the cut unless it follows junk.
    text = _TERMINAL.sub("", text[: 16 * limit])
    text = normalize("NFC", "".join(c for c in text if category(c) not in _STRIPPED))
    return text.encode()[:limit].decode(errors="ignore")
