"""What the feed remembers of young tokens, so that watchers that were lost can be folded again from the first trade."""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from core.messages import Launched, MarketData

MESSAGES_KEPT = 900
"""Of one token; fewer than a starting actor may be told. A token with more is followed again with unknown holders."""
AT_ONCE = 20
"""Tokens refolded per batch: hundreds at once would stall everybody else."""


class Token(Struct):
    launched: Launched
    messages: list[MarketData] = []
    is_cut: bool = False


class Young(Struct):
    """Tokens by mint in the order of their launch, none older than the oldest that may still be entered."""

    tokens: dict[str, Token] = {}
    due: list[str] = []
    """Tokens whose watchers are to be started again."""


def launched(young: Young, message: Launched, *, age_max_s: float) -> None:
    """A token begins; those that are too old by now are forgotten."""
    while young.tokens:
        mint = next(iter(young.tokens))
        if message.at_s - young.tokens[mint].launched.at_s <= age_max_s:
            break
        del young.tokens[mint]
    young.tokens[message.mint] = Token(message)


def seen(young: Young, messages: Iterable[MarketData]) -> None:
    """Keep what the watchers of these tokens would have been told."""
    find = young.tokens.get
    for message in messages:
        token = find(message.mint)
        if token is None:
            continue
        if len(token.messages) < MESSAGES_KEPT:
            token.messages.append(message)
        else:
            token.is_cut = True


def lost(young: Young) -> None:
    """All watchers are gone: each token's turn comes, oldest first."""
    young.due = list(young.tokens)


def next_due(young: Young) -> Iterator[Token]:
    """Some of the tokens to begin again."""
    turn, young.due = young.due[:AT_ONCE], young.due[AT_ONCE:]
    for mint in turn:
        if mint in young.tokens:
            yield young.tokens[mint]


def remembered(young: Young, mint: str) -> tuple[MarketData, ...]:
    """What is kept of one token, its launch first; empty for one that is too old or was never seen to begin."""
    token = young.tokens.get(mint)
    return () if token is None else (token.launched, *token.messages)
