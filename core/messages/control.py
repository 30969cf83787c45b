"""What a person, a rule or a machine asks of the whole system."""

from typing import TYPE_CHECKING

from core.messages.base import Command, Event, Query

if TYPE_CHECKING:
    from core.records import Record


class PauseEntries(Command, frozen=True, kw_only=True):
    by: str
    why: str = ""


class ResumeEntries(Command, frozen=True, kw_only=True):
    by: str
    why: str = ""


class SetBreaker(Command, frozen=True, kw_only=True):
    """Operator or rule: open the circuit breaker for `seconds`, or close it with 0."""

    seconds: float
    by: str
    why: str = ""


class RefoldWatchers(Command, frozen=True, kw_only=True):
    """To the feed: every watcher was lost; start those of young tokens again and tell them what they had seen."""


class RotateWallets(Command, frozen=True, kw_only=True):
    by: str


class RaiseAlert(Command, frozen=True, kw_only=True):
    """To the notifier. `key` names the kind (bounded set), `severity` is info, warning or critical."""

    key: str
    severity: str
    text: str
    at_s: float
    mint: str = ""


class AlertStood(Event, frozen=True, kw_only=True):
    """From the notifier to `notifications`: this was raised and stands under /alerts, the first time or again."""

    key: str
    severity: str
    text: str
    mint: str = ""


class AcknowledgeAlert(Command, frozen=True, kw_only=True):
    """To the notifier: a person has seen it."""

    alert_id: int
    by: str


class GetPrices(Query, frozen=True, kw_only=True):
    """To a position: what its token cost since it was opened, as `core.market.candles.Candle`s. For looking only."""


class GetYoungTrades(Query, frozen=True, kw_only=True):
    """To the feed: what it remembers of a token young enough to be entered, from its launch. For looking only."""

    mint: str


class Append(Command, frozen=True, kw_only=True):
    """To the journal, always asked: write these, in order, together. Answered with the last sequence number.

    The answer comes when the books include them; with `durable` when they are on disk as well.
    """

    records: "tuple[Record, ...]"
    durable: bool = False
