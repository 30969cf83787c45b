"""Words shared by all rooms: roles, venues, sides, reasons. Text in the journal, so a name here never changes."""

from enum import StrEnum

LAMPORTS_PER_SOL = 1_000_000_000
BASE_FEE_LAMPORTS = 5_000
"""Per signature; chain constant."""


class Role(StrEnum):
    """The five wallets, in the order of their derivation index (rules.md §1)."""

    LIGHTNING = "lightning"
    EMERGENCY_GAS = "emergency_gas"
    REENTRY = "reentry"
    PSYCHOLOGY = "psychology"
    TACTICAL_EXIT = "tactical_exit"


class Side(StrEnum):
    BUY = "buy"
    SELL = "sell"


class Venue(StrEnum):
    """Where a token trades now."""

    CURVE = "curve"
    POOL = "pool"


class Purpose(StrEnum):
    """Why an order exists. Decides the accounts it posts to."""

    ENTRY = "entry"
    REENTRY = "reentry"
    EXIT = "exit"
    PANIC = "panic"
    TAX = "tax"
    RESTORATION = "restoration"
    PROCEEDS = "proceeds"
    ROTATION = "rotation"
    RECOVERY = "recovery"
    """A late sale of what was unsellable."""
    COLD = "cold"
    """Psychology's surplus to the operator's cold address."""


class ExitReason(StrEnum):
    """Why tokens are sold. The last eight are the emergency triggers of rules.md §7."""

    TAKE_PROFIT = "take_profit"
    TRAILING_STOP = "trailing_stop"
    VOLATILITY = "volatility"
    STOP_LOSS = "stop_loss"
    SENTIMENT = "sentiment"
    STRATEGY = "strategy"
    """A strategy wanted more sold by now than the rules did."""
    DECAY = "decay"
    LATE = "late"
    BUFFER = "buffer"
    DATA_END = "data_end"
    CREATOR_SELL = "creator_sell"
    LIQUIDITY_DROP = "liquidity_drop"
    TIME_EXCEEDED = "time_exceeded"
    MASSIVE_DUMP = "massive_dump"
    HONEYPOT = "honeypot"
    NETWORK_CONGESTION = "network_congestion"
    RISK_LIMIT = "risk_limit"
    OPERATOR = "operator"


EMERGENCIES = frozenset(
    {
        ExitReason.CREATOR_SELL,
        ExitReason.LIQUIDITY_DROP,
        ExitReason.TIME_EXCEEDED,
        ExitReason.MASSIVE_DUMP,
        ExitReason.HONEYPOT,
        ExitReason.NETWORK_CONGESTION,
        ExitReason.RISK_LIMIT,
        ExitReason.OPERATOR,
    }
)
