"""The ledger's landed transactions, by signature and by account; the oldest of the market's own are given up first."""

from collections import deque
from collections.abc import Iterable

from localnet.records import Landed

MOST_BACKGROUND = 20_000
"""Transactions of the market's agents that stay to be asked for: about 100 MB."""


class History:
    """Newest last. What a client sent is never given up."""

    def __init__(self, most_background: int = MOST_BACKGROUND) -> None:
        self._by_signature: dict[str, Landed] = {}
        self._by_address: dict[str, deque[Landed]] = {}
        self._background: deque[Landed] = deque()
        self._most = most_background

    def __len__(self) -> int:
        return len(self._by_signature)

    def __contains__(self, signature: object) -> bool:
        return signature in self._by_signature

    def all(self) -> Iterable[Landed]:
        return self._by_signature.values()

    def get(self, signature: str) -> Landed | None:
        return self._by_signature.get(signature)

    def add(self, landed: Landed) -> None:
        self._by_signature[landed.signature] = landed
        for address in dict.fromkeys(landed.keys):
            self._by_address.setdefault(address, deque()).append(landed)
        if landed.is_background:
            self._background.append(landed)
            if len(self._background) > self._most:
                self._give_up(self._background.popleft())

    def of(self, address: str) -> Iterable[Landed]:
        """Transactions that name `address`, newest first."""
        return reversed(self._by_address.get(address, deque()))

    def _give_up(self, landed: Landed) -> None:
        del self._by_signature[landed.signature]
        for address in dict.fromkeys(landed.keys):
            listed = self._by_address[address]
            if listed and listed[0] is landed:
                listed.popleft()
            else:
                listed.remove(landed)
            if not listed:
                del self._by_address[address]
