"""Candidates, entries, positions."""

from core.messages.base import Command, Event
from core.messages.market import Reserves
from core.rules.verdict import Verdict
from core.types import ExitReason


class CandidateReady(Event, frozen=True, kw_only=True):
    """A watcher's token passes every entry criterion now."""

    mint: str
    at_s: float
    slot: int
    symbol: str
    creator: str
    quality: float
    risk: float
    age_s: float
    volume_lamports: int
    reserves: Reserves
    token_2022: bool
    cashback: bool
    verdicts: tuple[Verdict, ...]
    insiders: tuple[str, ...] = ()
    """Wallets that the creator was seen to fund."""
    holders: int | None = None
    score: float | None = None
    """The strategy's, to rank by; None = quality − risk."""


class CandidateGone(Event, frozen=True, kw_only=True):
    """A token that was ready is so no more, or its watcher ended."""

    mint: str


class RequestEntry(Command, frozen=True, kw_only=True):
    """The miner's (or operator's) wish to enter, judged by the commandment supervisor."""

    candidate: CandidateReady
    by: str = "miner"


class EnterMint(Command, frozen=True, kw_only=True):
    """A person's wish, to the miner: enter this token now (empty: the best there is). Same conditions as for any other.

    The miner passes it on to the token's watcher when it knows no candidate of that name; the refusal then carries the
    watcher's verdicts. The answer is `EntryAnswered` to `reply_to`, if one is given, and an `EntryDecided` record.
    """

    mint: str
    by: str
    reply_to: str = ""


class RequestReentry(Command, frozen=True, kw_only=True):
    """A position's wish to buy more."""

    operation_id: str
    mint: str
    reserves: Reserves
    at_s: float
    verdicts: tuple[Verdict, ...] = ()
    """Every entry condition but age, judged now (rules.md §4)."""
    holders: int | None = None


class EntryAnswered(Event, frozen=True, kw_only=True):
    """What became of a RequestEntry or RequestReentry: admitted or refused, with the verdicts that decided."""

    mint: str
    admitted: bool
    verdicts: tuple[Verdict, ...]


class OpenPosition(Command, frozen=True, kw_only=True):
    """From the executor to a position actor at the first fill; also how a position is rebuilt from the journal."""

    operation_id: str
    mint: str


class PositionValued(Event, frozen=True, kw_only=True):
    """From a position to the gate: what selling all it holds would bring now, net of market fees; 0 when flat."""

    mint: str
    sale_lamports: int


class ExitPosition(Command, frozen=True, kw_only=True):
    """The operator's (or a shutdown's) wish to sell everything of one position."""

    mint: str
    reason: ExitReason
    by: str


class RaiseEmergency(Command, frozen=True, kw_only=True):
    """From outside the position (operator, risk limit, congestion, silent feed): panic exit with this trigger."""

    trigger: ExitReason
    mint: str = ""
    """Empty: every open position."""
    detail: str = ""
    by: str = ""


class SettleOperation(Command, frozen=True, kw_only=True):
    """To the treasurer: the operation is flat and closed; tax, then restore."""

    operation_id: str
