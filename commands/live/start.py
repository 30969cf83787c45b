"""What must be true before a live start: with nothing held every doubt refuses it, with something held none does."""

from msgspec import Struct

from commands.doctor.examination import examined, is_healthy
from commands.house import capital
from core.chain_records import CapitalConfirmed
from core.errors import Refused
from core.ledger.books import Books
from core.ledger.chain_view import ChainView
from core.ledger.fold import apply
from core.ledger.reconciliation import Reconciled, reconcile
from core.records import AnyRecord, EntriesPaused
from core.rules.capital import split, start_lamports
from core.rules.verdict import Outcome
from core.settings import Settings
from core.types import LAMPORTS_PER_SOL, Role

MODE = "live"
CENT = 0.005


class Beginning(Struct, frozen=True, kw_only=True):
    """How a live start begins: what the journal learns first, and what stands against entries until it is mended."""

    reconciled: Reconciled | None
    hindrances: dict[str, str]


def check_mode(books: Books) -> None:
    """Raises Refused where the journal is of another venue: paper lamports are none."""
    if books.seq and books.mode != MODE:
        raise Refused(
            f"this state directory holds a journal of {books.mode or 'paper'}; choose another MICRO_STATE_DIR for live"
        )


def holds(books: Books, view: ChainView | None = None) -> bool:
    """Whether anything of ours is still in the market, by the books or by the chain."""
    if books.operations or any(opened.signature for opened in books.orders.values()):
        return True
    return view is not None and any(one.mint not in books.foreign for one in view.held if one.tokens)


def check_capital(settings: Settings, books: Books, confirmed_usd: float | None) -> None:
    """Raises Refused at a first start without the confirmed capital, and where a later one names another."""
    cap_usd = settings.capital.usd
    if books.cap_lamports:
        if confirmed_usd is not None and abs(confirmed_usd - books.capital_usd) >= CENT:
            raise Refused(
                f"the confirmed capital is ${books.capital_usd:g} and stays so; leave --confirm-capital out, or take "
                "another state directory"
            )
        return
    if confirmed_usd is None:
        raise Refused(f"a first live start trades real money: confirm its capital with --confirm-capital {cap_usd:g}")
    if abs(confirmed_usd - cap_usd) >= CENT:
        raise Refused(
            f"--confirm-capital says ${confirmed_usd:g}, MICRO_CAPITAL_USD ${cap_usd:g}: both must name the same amount"
        )


def check_funds(settings: Settings, view: ChainView, sol_usd: float, addresses: dict[Role, str]) -> None:
    """Raises Refused where a wallet holds less than its part of the capital; names each, and what it lacks."""
    parts = split(settings.capital, start_lamports(settings.capital, sol_usd))
    lacking = [
        f"{role} ({addresses[role]}) lacks {(part - view.lamports.get(role, 0)) / LAMPORTS_PER_SOL:.6f} SOL"
        for role, part in parts.items()
        if view.lamports.get(role, 0) < part
    ]
    if lacking:
        raise Refused(
            f"the wallets are not funded with ${settings.capital.usd:g} at ${sol_usd:g}: {'; '.join(lacking)}"
        )


def unhealthy(settings: Settings, settings_file: str | None) -> str:
    """What the doctor finds wrong, in one line; empty when all is well."""
    verdicts = examined(settings, settings_file)
    if is_healthy(verdicts, live=True):
        return ""
    wrong = [f"{one.criterion}: {one.reason}" for one in verdicts if one.outcome is not Outcome.PASS]
    return "; ".join(wrong)


def check_health(found: str) -> None:
    """Raises Refused with what the doctor found."""
    if found:
        raise Refused(f"`doctor --live` is not green: {found}")


def opened(settings: Settings, books: Books, sol_usd: float, at_s: float) -> tuple[tuple[AnyRecord, ...], Books]:
    """Records that open the books at a first start, with the confirmed capital, and the books after them."""
    if books.seq:
        return (), books
    record = capital(settings, sol_usd, at_s=at_s, mode=MODE)
    return (record,), apply(books, record)


def confirmation(settings: Settings, books: Books, at_s: float) -> tuple[AnyRecord, ...]:
    """The confirmed cap, once ever."""
    if books.cap_lamports:
        return ()
    return (
        CapitalConfirmed(
            at_s=at_s, usd=settings.capital.usd, lamports=books.capital_lamports(), by="--confirm-capital"
        ),
    )


def learnt(settings: Settings, books: Books, view: ChainView | None, at_s: float) -> tuple[AnyRecord, ...]:
    """What opened books learn first: the confirmed capital, then everything that the chain knows better."""
    records = list(confirmation(settings, books, at_s))
    for record in records:
        books = apply(books, record)
    if view is not None:
        try:
            records += reconcile(books, view).records
        except ValueError as error:
            # Nothing may be booked that does not add up; what is held is sold all the same.
            why = f"what the chain says does not add up: {error}"
            records.append(EntriesPaused(at_s=books.at_s, by="start", why=why))
    return tuple(records)
