"""What a message from a chat asks for. Pure: who is listed, what is too old, what must be confirmed.

`now_s` is wall-clock time, as the messages' own dates are.
"""

from typing import Final

from msgspec import Struct

from core.notify.rule import TelegramRule

VERBS: Final = ("status", "pause", "resume", "exit", "panic")
CONFIRM: Final = "confirm"
HELP: Final = "I know: status, pause [why], resume [why], exit MINT [why], panic [why] (then confirm)."
WHY: Final = 200
PENDING_MOST: Final = 100

Asker = tuple[int, int]


class Heard(Struct, frozen=True, kw_only=True):
    """One text message. `chat` and `person` are ids, which nobody chooses for himself."""

    chat: int
    person: int
    text: str
    at_s: float


class Wish(Struct, frozen=True, kw_only=True):
    """To be carried out. `verb` is one of VERBS."""

    verb: str
    who: str
    why: str = ""
    mint: str = ""


class Answer(Struct, frozen=True):
    """To be said, nothing else."""

    text: str


class Talk(Struct, frozen=True, kw_only=True):
    pending: dict[Asker, tuple[float, str]] = {}
    """Who asked for a panic, when and why, and has not confirmed it."""
    strangers: int = 0
    """Messages from chats that are not listed: no answer, nothing done."""
    stale: int = 0


class TelegramView(Struct, frozen=True, kw_only=True):
    """What the monitor sees; nothing secret."""

    polls: int
    failures: int
    done: int
    refused: int
    strangers: int
    stale: int
    last_error: str


def listen(talk: Talk, rule: TelegramRule, heard: Heard, now_s: float) -> tuple[Talk, Wish | Answer | None]:
    """What to do about a message; None: nothing, and no answer."""
    if heard.chat not in rule.chats:
        return Talk(pending=talk.pending, strangers=talk.strangers + 1, stale=talk.stale), None
    if now_s - heard.at_s > rule.stale_s:
        stale = Talk(pending=talk.pending, strangers=talk.strangers, stale=talk.stale + 1)
        return stale, Answer("That message is old, nothing was done. Send it again if you still mean it.")
    asker = (heard.chat, heard.person)
    asked = talk.pending.get(asker)
    # Whatever comes next: a panic is confirmed by the very next message of the same person, or not at all.
    rest = {one: past for one, past in talk.pending.items() if one != asker and now_s - past[0] <= rule.confirm_s}
    calm = Talk(pending=rest, strangers=talk.strangers, stale=talk.stale)
    who = f"telegram chat {heard.chat} person {heard.person}"
    verb, *words = heard.text.removeprefix("/").split() or [""]
    verb = verb.partition("@")[0].lower()
    if verb == CONFIRM:
        if asked is None or now_s - asked[0] > rule.confirm_s:
            return calm, Answer("There is nothing to confirm.")
        return calm, Wish(verb="panic", who=who, why=asked[1])
    if verb == "exit":
        if not words:
            return calm, Answer("exit takes the mint of a position.")
        return calm, Wish(verb=verb, who=who, mint=words[0], why=" ".join(words[1:])[:WHY])
    why = " ".join(words)[:WHY]
    if verb == "panic" and len(rest) < PENDING_MOST:
        text = f"Panic sells every position at any price. Send {CONFIRM} within {rule.confirm_s:g} s."
        waiting = Talk(pending={**rest, asker: (now_s, why)}, strangers=talk.strangers, stale=talk.stale)
        return waiting, Answer(text)
    if verb in VERBS and verb != "panic":
        return calm, Wish(verb=verb, who=who, why=why)
    return calm, Answer(HELP)
