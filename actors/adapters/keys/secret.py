"""Text that must not be seen: shown as *** by everything that shows a value, and refused by what would copy it away."""

import hmac
from typing import NoReturn, SupportsIndex

from typing_extensions import override

MASK = "***"


class Secret:
    """Passphrase or seed words. `reveal` is the only way to the text; whoever calls it keeps it in no variable."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    @override
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._text.encode(), other._text.encode())

    __hash__ = None  # type: ignore[assignment]  # a secret is no key of a dictionary, where a hash of it would stay

    @override
    def __repr__(self) -> str:
        return MASK

    @override
    def __format__(self, spec: str) -> str:
        return MASK

    @override
    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError("a secret is not copied or stored")
