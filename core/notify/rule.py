"""Figures of notifications and of the Telegram commands. All times are real time: they are about a person's phone."""

from msgspec import Struct

from core.errors import Refused

SEVERITIES = ("info", "warning", "critical")


class NotifyRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    severity: str = "warning"
    """Least severity that goes out to an address that names none of its own: info, warning or critical."""
    again_s: float = 600.0
    """The same alert (key, token, severity) goes out once in so long; the next one says how often it came meanwhile."""
    burst: int = 5
    """Messages at once to one address; then one each `every_s`. Critical ones have as many again for themselves."""
    every_s: float = 30.0
    queue_most: int = 50
    """Messages that wait for one address; what is more is counted and summed up in one message."""
    attempts: int = 5
    """Tries of one message before it is counted as lost."""
    retry_first_s: float = 2.0
    """First wait after a failure; doubles."""
    retry_most_s: float = 300.0
    timeout_s: float = 20.0
    """Real time for one try."""
    daily: bool = True
    """A summary of each day at 00:00 UTC of market time."""

    def __post_init__(self) -> None:
        if self.severity not in SEVERITIES:
            raise Refused(f"MICRO_NOTIFY_SEVERITY is one of {', '.join(SEVERITIES)}, not {self.severity!r}")
        for name in ("burst", "every_s", "queue_most", "attempts", "retry_first_s", "retry_most_s", "timeout_s"):
            if not getattr(self, name) > 0:
                raise Refused(f"MICRO_NOTIFY_{name.upper()} must be above 0, not {getattr(self, name)}")


class TelegramRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    chats: tuple[int, ...] = ()
    """Chat ids that commands are taken from. Whoever may write in one of them may trade."""
    url: str = "https://api.telegram.org"
    """Where the Bot API is."""
    poll_s: int = 25
    """How long one question for news stays open."""
    stale_s: float = 60.0
    """An older message is not carried out: it waited while nobody listened."""
    confirm_s: float = 60.0
    """How long `panic` waits for its `confirm`."""
    backoff_first_s: float = 1.0
    """First wait after a failure; doubles."""
    backoff_most_s: float = 60.0

    def __post_init__(self) -> None:
        for name in ("poll_s", "stale_s", "confirm_s", "backoff_first_s", "backoff_most_s"):
            if not getattr(self, name) > 0:
                raise Refused(f"MICRO_TELEGRAM_{name.upper()} must be above 0, not {getattr(self, name)}")
