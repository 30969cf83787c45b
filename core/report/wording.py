"""How figures read: the same words and digits in the text and on the page."""

from core.report.targets import Target
from core.types import LAMPORTS_PER_SOL

NONE = "-"

ENDS = {
    "daily_loss": "daily loss halt (20 % of start capital)",
    "drawdown": "drawdown halt (25 % from the peak)",
    "undercapitalised": "undercapitalised (stake under $1.50)",
    "ruin": "ruin (all wallets together under one stake)",
    "done": "all operations done",
    "idle": "idle for three days",
    "data_end": "end of the data",
    "stopped": "stopped by hand",
}
COSTS = {
    "protocol": "protocol fee",
    "creator": "creator fee",
    "lp": "LP fee",
    "base": "base fee",
    "priority": "priority fee",
    "tip": "tip",
    "rent": "rent that never comes back",
    "rent_lost": "rent of unsellable remainders",
    "failed_entries": "entries that never filled",
    "treasury": "transfers between own wallets",
    "rotation": "wallet rotation",
    "impact": "price impact (estimated)",
    "drift": "move between signing and landing (estimated)",
}
SHORT_COSTS = COSTS | {
    "rent": "rent kept",
    "rent_lost": "rent lost",
    "failed_entries": "unfilled entries",
    "treasury": "own transfers",
    "rotation": "rotation",
}


def share(value: float | None) -> str:
    return NONE if value is None else f"{value:.1%}"


def usd(value: float | None) -> str:
    if value is None:
        return NONE
    return f"-${-value:,.2f}" if value < 0 else f"${value:,.2f}"


def sol(lamports: float | None) -> str:
    return NONE if lamports is None else f"{lamports / LAMPORTS_PER_SOL:.6f} SOL"


def number(value: float | None, digits: int = 2) -> str:
    return NONE if value is None else f"{value:.{digits}f}"


def minutes(seconds: float | None) -> str:
    return NONE if seconds is None else f"{seconds / 60:.1f} min"


def seconds(value: float | None) -> str:
    return NONE if value is None else f"{value:.1f} s"


def plain(name: str) -> str:
    """A name of the journal as a person reads it."""
    return name.replace("_", " ")


def of_target(target: Target) -> tuple[str, str]:
    """Its value and its interval."""
    return in_unit(target.value, target.unit), (
        ""
        if target.interval is None
        else f"{in_unit(target.interval.low, target.unit)} to {in_unit(target.interval.high, target.unit)}"
    )


def in_unit(value: float | None, unit: str) -> str:
    if value is None:
        return NONE
    match unit:
        case "share":
            return share(value)
        case "usd":
            return usd(value)
        case "min":
            return f"{value:.1f} min"
        case "ms":
            return f"{value:.0f} ms"
        case _:
            return number(value)
