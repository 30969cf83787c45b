"""Whether an entry or a re-entry is admitted, and the order that carries it out. Judged by the books alone.

Every criterion is judged each time: a refusal names all that stand against it. Unknown is never pass.
"""

from collections.abc import Collection, Mapping

from msgspec import Struct

from core.effects import Now
from core.ledger.books import Admission, Operation
from core.messages import CandidateReady, Order, RequestReentry, Reserves
from core.rules import (
    battlefield,
    breaker,
    canary,
    life_limit,
    militia,
    mining,
    psychology,
    reincarnation,
    shield,
    stake,
)
from core.rules.capital import usd_of
from core.rules.network_fee import fee_lamports
from core.rules.profile import not_judged
from core.rules.share import part
from core.rules.time_protocol import Window, window
from core.rules.verdict import Verdict, all_pass
from core.state.buy_orders import entry_order, price_of_sol, reentry_order
from core.state.equity import equity_lamports, result_of_day_lamports
from core.types import Purpose, Role, Side


class Known(Struct, frozen=True, kw_only=True):
    """What the gate knows beside the books: sale values by mint, and admitted orders that came to nothing."""

    values: Mapping[str, int] = {}
    gone: Collection[str] = frozenset()


class Decision(Struct, frozen=True, kw_only=True):
    """All verdicts, and the order as it would be; it is placed only when every verdict passes."""

    verdicts: tuple[Verdict, ...]
    order: Order

    @property
    def admitted(self) -> bool:
        return all_pass(self.verdicts)


def judge_entry(candidate: CandidateReady, now: Now, known: Known) -> Decision:
    """The answer to a wish to enter."""
    order = entry_order(candidate, now)
    sol_usd = price_of_sol(now)
    verdicts = (
        *commandment_verdicts(now, used=used_lives(now, known)),
        battlefield_verdict(now, candidate.reserves, candidate.holders),
        room_verdict(now, known),
        memory_verdict(now, candidate.mint),
        *standing_verdicts(now, known),
        stake.capital_verdict(now.settings.stake, stake_lamports=order.lamports, sol_usd=sol_usd),
        *order_verdicts(now, order, cost_lamports=order.lamports, reentries_lamports=_reentries_lamports(now)),
        *fresh_verdicts(now, candidate.at_s),
        _conditions(candidate.verdicts),
    )
    return Decision(verdicts=verdicts, order=order)


def judge_reentry(request: RequestReentry, operation: Operation, now: Now, known: Known) -> Decision:
    """The answer to a position's wish to buy more. Its own operation is one of those that the wallets have served."""
    settings, books = now.settings, now.books
    order = reentry_order(request, operation, now)
    held_s = now.at_s - operation.opened_at_s
    allowed = settings.mining.reentries_max * stake.reentry_share_lamports(settings.stake, operation)
    verdicts = (
        *commandment_verdicts(now, used=books.used_in_generation - 1),
        battlefield_verdict(now, request.reserves, request.holders),
        flagged_verdict(now, operation),
        *standing_verdicts(now, known),
        mining.reentry_verdict(
            settings.mining,
            price=request.reserves.price,
            entry_price=operation.entry_price,
            reentries_at_s=tuple(at_s for at_s, _, _ in operation.entries[1:]),
            golden=window(settings.time, settings.life, held_s) is Window.GOLDEN,
            now_s=now.at_s,
        ),
        under_way_verdict(now, known, operation),
        *order_verdicts(
            now,
            order,
            cost_lamports=operation.cost_lamports + order.lamports,
            reentries_lamports=allowed,
            stake_lamports=operation.entry_lamports,
        ),
        *fresh_verdicts(now, request.at_s),
        _conditions(request.verdicts),
    )
    return Decision(verdicts=verdicts, order=order)


def commandment_verdicts(now: Now, *, used: int) -> tuple[Verdict, ...]:
    """Commandments 1 to 4. `used`: operations of this generation that count against a further one."""
    settings, books = now.settings, now.books
    return (
        life_limit.entry_verdict(
            settings.life,
            opened_at_s=[operation.opened_at_s for operation in books.operations.values()],
            last_closed_at_s=books.closed[-1].closed_at_s if books.closed else None,
            now_s=now.at_s,
        ),
        reincarnation.entry_verdict(settings.reincarnation, used=used, rotating=books.rotation is not None),
        militia.entry_verdict(books.militia, now_s=now.at_s),
        psychology.entry_verdict(
            settings.psychology,
            fund_lamports=books.balance(Role.PSYCHOLOGY),
            cold_lamports=books.accounts.get("cold", 0),
            start_lamports=books.start_lamports.get(Role.PSYCHOLOGY, 0),
            unsettled=len(books.unsettled()),
        ),
    )


def battlefield_verdict(now: Now, reserves: Reserves, holders: int | None) -> Verdict:
    """Commandment 5 on these reserves at the present price of SOL."""
    if not now.settings.entry.column.battlefield_judged:
        return not_judged("battlefield")
    sol_usd = price_of_sol(now)
    liquidity_usd = None if sol_usd is None else usd_of(reserves.real_quote, sol_usd)
    return battlefield.entry_verdict(now.settings.battlefield, liquidity_usd=liquidity_usd, holders=holders)


def canary_verdict(now: Now) -> Verdict:
    """Whether the programs still take our transactions; on paper there is none that could refuse them."""
    seen = now.market.canary
    if seen is None:
        return Verdict.passed("canary", "no programs to try")
    return canary.entry_verdict(now.settings.canary, seen, now_s=now.at_s)


def standing_verdicts(now: Now, known: Known) -> tuple[Verdict, ...]:
    """What stands against every entry, whatever the token: pause, breaker, losses, price of SOL, unresolved orders."""
    rule, books = now.settings.shield, now.books
    until_s, why = breaker_until(now)
    price = Verdict.passed("sol_price")
    if price_of_sol(now) is None:
        price = Verdict.unknown("sol_price", "no price of SOL that two sources agree on")
    return (
        breaker.entry_verdict(until_s=until_s, why=why, now_s=now.at_s),
        shield.daily_loss_verdict(
            rule,
            result_lamports=result_of_day_lamports(now, known.values),
            capital_lamports=books.capital_lamports(),
            closed_day=books.loss_day,
            now_s=now.at_s,
        ),
        shield.drawdown_verdict(
            rule,
            equity_lamports=equity_lamports(now, known.values),
            peak_lamports=books.equity_peak_lamports,
            halted=books.drawdown_halted,
        ),
        Verdict.failed("paused", books.paused_why) if books.paused else Verdict.passed("paused"),
        Verdict.failed("stopping", "the process ends") if now.market.stopping else Verdict.passed("stopping"),
        price,
        canary_verdict(now),
        unresolved_verdict(now),
        *(Verdict.failed(criterion, reason) for criterion, reason in sorted(now.market.hindrances.items())),
    )


def breaker_until(now: Now) -> tuple[float, str]:
    """Until when the circuit breaker is open, and why: set by hand, or by the emergencies in the books."""
    by_hand = (now.books.breaker_until_s, now.books.breaker_why)
    return max(by_hand, breaker.opened_by(now.settings.breaker, now.books.panics))


def unresolved_verdict(now: Now) -> Verdict:
    """Fail while an order has no outcome though its signature can long not land any more."""
    patience = now.settings.shield.unresolved_slots
    late = [
        order_id
        for order_id, opened in now.books.orders.items()
        if opened.signature and now.market.slot > opened.last_valid_slot + patience
    ]
    if late:
        return Verdict.failed("unresolved", f"no outcome of {', '.join(late)}")
    return Verdict.passed("unresolved")


def on_their_way(now: Now, known: Known) -> dict[str, Admission]:
    """Admissions that may still become orders. The executor begins none past its deadline."""
    life_s = now.settings.shield.entry_deadline_s
    admitted = now.books.admitted
    return {one: a for one, a in admitted.items() if one not in known.gone and now.at_s <= a.at_s + life_s}


def used_lives(now: Now, known: Known) -> int:
    """Operations that the wallets have served, and entries on their way that may begin one."""
    pending = [o for o in now.books.orders.values() if o.order.purpose is Purpose.ENTRY]
    return now.books.used_in_generation + len(pending) + len(on_their_way(now, known))


def room_verdict(now: Now, known: Known) -> Verdict:
    """Fail without room, and while an admission is not in the books yet: room and balances are not known before."""
    if on_their_way(now, known):
        return Verdict.failed("room", "an entry is on its way")
    room, taken = now.settings.mining.room, now.books.open_entries()
    return Verdict.failed("room", f"{taken} of {room} taken") if taken >= room else Verdict.passed("room")


def under_way_verdict(now: Now, known: Known, operation: Operation) -> Verdict:
    """Fail a re-entry while another buy of its operation, or any admission, has no outcome yet."""
    buying = any(o.order.mint == operation.mint and o.order.side is Side.BUY for o in now.books.orders.values())
    if buying or on_their_way(now, known):
        return Verdict.failed("room", "a buy is on its way")
    return Verdict.passed("room")


def memory_verdict(now: Now, mint: str) -> Verdict:
    """A token we hold, are buying or held, or that an emergency flagged."""
    if now.books.operation_of(mint) is not None:
        return Verdict.failed("memory", "held now")
    if mint in now.books.foreign:
        return Verdict.failed("memory", "others have sent us tokens of it", final=True)
    if any(opened.order.mint == mint for opened in now.books.orders.values()):
        return Verdict.failed("memory", "an order in it is on its way")
    return mining.memory_verdict(
        now.settings.mining,
        flagged=now.books.flagged.get(mint),
        held_until_s=now.books.held_until_s.get(mint),
        now_s=now.at_s,
    )


def flagged_verdict(now: Now, operation: Operation) -> Verdict:
    """Nothing more is bought of a token once an emergency has fired."""
    trigger = operation.panic or now.books.flagged.get(operation.mint)
    return Verdict.failed("memory", f"flagged by {trigger}", final=True) if trigger else Verdict.passed("memory")


def order_verdicts(
    now: Now, order: Order, *, cost_lamports: int, reentries_lamports: int, stake_lamports: int | None = None
) -> tuple[Verdict, ...]:
    """Whether this order keeps the shield's caps and can be filled at all."""
    rule = now.settings.shield
    return (
        shield.position_cost_verdict(
            rule,
            cost_lamports=cost_lamports,
            stake_lamports=order.lamports if stake_lamports is None else stake_lamports,
            reentries_lamports=reentries_lamports,
        ),
        shield.fee_verdict(rule, fee_lamports=fee_lamports(order)),
        Verdict.passed("quote") if order.limit > 0 else Verdict.failed("quote", "the stake buys nothing here now"),
    )


def fresh_verdicts(now: Now, judged_at_s: float) -> tuple[Verdict, Verdict]:
    """The verdicts' own age, and how far they are behind the newest slot. Too old is unknown."""
    age_s = now.at_s - judged_at_s
    fresh = Verdict.passed("fresh")
    if age_s > now.settings.mining.candidate_max_age_s:
        fresh = Verdict.unknown("fresh", f"judged {age_s:.1f} s ago")
    entry, market = now.settings.entry, now.market
    if not entry.column.slot_judged:
        return fresh, not_judged("slot")
    behind_s = market.slot_at_s - judged_at_s
    if not market.slot or behind_s > entry.slot_lag_max_s:
        return fresh, Verdict.unknown("slot", f"{behind_s:.1f} s behind the newest slot" if market.slot else "no slot")
    return fresh, Verdict.passed("slot")


def _reentries_lamports(now: Now) -> int:
    """What all re-entries of an operation that began now could spend."""
    each = int(part(now.books.balance(Role.REENTRY), now.settings.stake.reentry_share))
    return now.settings.mining.reentries_max * each


def _conditions(verdicts: tuple[Verdict, ...]) -> Verdict:
    """The token's own entry conditions, judged by whoever watches it: all of them must be there and pass."""
    if not verdicts:
        return Verdict.unknown("conditions", "not judged")
    against = [verdict.criterion for verdict in verdicts if not verdict.ok]
    return Verdict.failed("conditions", ", ".join(against)) if against else Verdict.passed("conditions")
