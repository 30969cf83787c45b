"""Signed intake of mentions: what is said of tokens, from a source that holds the secret, to the actor `sentiment`.

The signature is the header `X-Micro-Signature: t=<epoch seconds>,v1=<hex>`, where v1 is the HMAC-SHA256 of
`<t>.<body>` under the secret in the state directory. It holds for five minutes, and once.
"""

import hmac
from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256
from http import HTTPStatus
from time import time
from typing import Annotated

from flask import request
from msgspec import Meta, Struct

from core.chain.untrusted import harmless
from core.messages import SocialSeen
from core.ports import Panel
from monitor.views.operations import Shown
from monitor.web.changes import WHY, journaled, tell
from monitor.web.problems import Problem
from monitor.web.query import ADDRESS, body

HEADER = "X-Micro-Signature"
HOLDS_S = 300.0
TEXT_BYTES = 256
TEXT_MOST = 1_000
MOST = 50
REMEMBERED = 4_096


class MentionOf(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One post. `score` null: nobody rated it."""

    mint: Annotated[str, Meta(pattern=ADDRESS)]
    text: Annotated[str, Meta(max_length=TEXT_MOST)]
    score: Annotated[float, Meta(ge=-1, le=1)] | None = None


class MentionsOf(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    mentions: Annotated[list[MentionOf], Meta(min_length=1, max_length=MOST)]
    source: Annotated[str, Meta(max_length=80)] = ""


class Intake:
    """Remembers the signatures it has seen, so that none counts twice."""

    def __init__(self, panel: Panel, clock: Callable[[], float] = time) -> None:
        self._panel, self._clock = panel, clock
        self._seen: OrderedDict[str, float] = OrderedDict()

    def take(self) -> Shown:
        """Raises Problem: 400 for no such body, 403 for a signature that does not hold, 503 where nobody takes it."""
        raw = request.get_data()
        asked = body(MentionsOf)
        self._judge(request.headers.get(HEADER, ""), raw)
        panel, at_s = self._panel, self._panel.now_s()
        journaled(panel, f"take {len(asked.mentions)} mentions", asked.source[:WHY])
        books = panel.books()
        held = sum(books.operation_of(mention.mint) is not None for mention in asked.mentions)
        for mention in asked.mentions:
            text = harmless(mention.text, TEXT_BYTES)
            seen = SocialSeen(mint=mention.mint, at_s=at_s, text=text, score=mention.score)
            tell(panel, "sentiment", seen)
        return {"accepted": True, "mentions": len(asked.mentions), "of_held_tokens": held}

    def _judge(self, header: str, raw: bytes) -> None:
        """By the real clock: the signer has no other."""
        signed_at, _, digest = header.removeprefix("t=").partition(",v1=")
        expected = signature(self._panel.tokens.mentions, signed_at, raw)
        if not self._panel.tokens.mentions or not hmac.compare_digest(expected.encode(), digest.encode()):
            raise _refused("it is not signed with the secret of this instance")
        if not (signed_at.isascii() and signed_at.isdigit()) or abs(self._clock() - int(signed_at[:12])) > HOLDS_S:
            raise _refused(f"its time is more than {HOLDS_S:.0f} s from ours")
        if digest in self._seen:
            raise _refused("it was taken already")
        self._seen[digest] = self._clock()
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)


def signature(secret: str, signed_at: str, raw: bytes) -> str:
    """Hex of the HMAC-SHA256 that a source sends."""
    return hmac.new(secret.encode(), signed_at.encode("utf-8", "surrogatepass") + b"." + raw, sha256).hexdigest()


def _refused(detail: str) -> Problem:
    return Problem(HTTPStatus.FORBIDDEN, f"the signature in {HEADER} does not hold: {detail}")
