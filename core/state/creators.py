"""Which tokens a wallet created: so that a transfer of its lamports is told to whoever follows one of them."""

from typing import TYPE_CHECKING

from msgspec import Struct

from core.messages import Launched

if TYPE_CHECKING:
    from core.ledger.books import Books

REMEMBERED_S = 4_500.0
"""The oldest token that may be entered in any profile, its whole operation, and a while more."""


class Creators(Struct):
    """Mutable. `tokens` by creator and by the signer of the creation; `order` of the launches, oldest first."""

    tokens: dict[str, tuple[str, ...]] = {}
    order: dict[str, tuple[float, tuple[str, ...]]] = {}


def launched(creators: Creators, message: Launched) -> None:
    """A token begins; those that nobody can hold any more are forgotten."""
    while creators.order:
        oldest = next(iter(creators.order))
        at_s, wallets = creators.order[oldest]
        if message.at_s - at_s <= REMEMBERED_S:
            break
        del creators.order[oldest]
        for wallet in wallets:
            _forget(creators, wallet, oldest)
    wallets = tuple(sorted({message.creator, message.user} - {""}))
    creators.order[message.mint] = (message.at_s, wallets)
    for wallet in wallets:
        creators.tokens[wallet] = (*creators.tokens.get(wallet, ()), message.mint)


def _forget(creators: Creators, wallet: str, mint: str) -> None:
    left = tuple(one for one in creators.tokens[wallet] if one != mint)
    if left:
        creators.tokens[wallet] = left
    else:
        del creators.tokens[wallet]


def tokens_of(creators: Creators, wallet: str, books: "Books") -> tuple[str, ...]:
    """Tokens that this wallet created, those that we hold included: their launch may lie before a restart."""
    held = (op.mint for op in books.operations.values() if op.creator == wallet)
    return tuple(dict.fromkeys((*creators.tokens.get(wallet, ()), *held)))
