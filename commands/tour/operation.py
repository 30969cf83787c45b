"""One operation on the simulated market, from the wallets it is paid from to the last line of its ledger."""

from collections import Counter
from typing import NamedTuple

from commands.outcomes import MicroOperation
from commands.tour.scene import Scene, of
from commands.tour.telling import Teller, share, signed, sol
from core.errors import AskTimeout, Refused
from core.messages import Order
from core.records import (
    AnyRecord,
    CandidateJudged,
    EntryDecided,
    OperationClosed,
    OrderIntended,
    OrderSettled,
    OrderSigned,
)
from core.rules.verdict import Outcome
from core.state.miner import Ranked
from core.types import Purpose, Role

SLOT_S = 0.4
SHOWN = 5
MORE_S = 1_800.0
"""Of market time, for each operation after the first."""
PAYS = {
    Role.LIGHTNING: "entries",
    Role.EMERGENCY_GAS: "fees of panic exits",
    Role.REENTRY: "re-entries",
    Role.PSYCHOLOGY: "nothing; takes the tax",
    Role.TACTICAL_EXIT: "restorations; takes panic proceeds",
}


def wallets(teller: Teller, scene: Scene) -> None:
    teller.chapter("Five wallets")
    desk, status = scene.desk, scene.desk.get_status()
    total = sum(status.wallets_lamports.values())
    teller.say(
        f"${desk.settings.capital.usd:g} is {sol(total)} at the start price, split so that lamports sum exactly:"
    )
    rows = [
        (role.value, share(lamports / total), str(lamports), PAYS[role])
        for role, lamports in status.wallets_lamports.items()
    ]
    teller.table(("wallet", "share", "lamports", "pays for"), rows)


class Played(NamedTuple):
    """`ranking` is the fullest that was seen on the way to the first operation; `fewer` says why not all came."""

    operations: list[MicroOperation]
    ranking: tuple[Ranked, ...]
    fewer: str


def played(scene: Scene, operations: int, most_s: float) -> Played:
    """Operations to their ends, the first within `most_s` of market."""
    desk, ranking = scene.desk, tuple[Ranked, ...]()
    until_s = desk.get_status().market_at_s + most_s
    while not (status := desk.get_status()).positions and status.market_at_s < until_s:
        desk.let_pass(SLOT_S)
        if len(status.candidates) >= len(ranking):
            ranking = status.candidates or ranking
    done, fewer = [desk.execute_micro_operation(within_s=most_s)], ""
    try:
        while len(done) < operations:
            done.append(desk.execute_micro_operation(within_s=MORE_S))
    except (AskTimeout, Refused) as error:
        # The shield or the breaker may keep the others out: what there is, is told.
        fewer = f"Another operation of the {operations} wanted did not come: {error}."
    return Played(done, ranking, fewer)


def evaluation(teller: Teller, records: list[AnyRecord], operation: MicroOperation) -> None:
    teller.chapter("Weighing a token")
    until_s = operation.opened_at_s
    judged = [one for one in of(records, CandidateJudged) if one.at_s <= until_s]
    against = Counter(v.criterion for one in judged if one.stage == "last" for v in one.verdicts if not v.ok)
    named = ", ".join(f"{criterion} {count}" for criterion, count in against.most_common(6))
    launched = sum(one.stage == "first" for one in judged)
    teller.say(f"{launched} tokens were launched until the first operation. Refused for good by then, by criterion:")
    teller.say(f"  {named or 'none'}")
    refused = next((one for one in reversed(judged) if one.outcome is Outcome.FAIL and one.stage == "last"), None)
    if refused is not None:
        reasons = "; ".join(f"{v.criterion}: {v.reason}" for v in refused.verdicts if v.outcome is Outcome.FAIL)
        teller.item(f"{refused.mint[:8]} {refused.symbol} refused: {reasons}", mark="x")
    mine = [one for one in judged if one.mint == operation.mint]
    passed = [one for one in mine if one.outcome is Outcome.PASS]
    if not passed:
        return
    teller.say(f"{operation.mint[:8]} {operation.symbol} was judged {len(mine)} times differently, and then passed:")
    teller.verdicts([v for v in passed[-1].verdicts if v.criterion != "entry"])


def mining(teller: Teller, ranking: tuple[Ranked, ...]) -> None:
    teller.chapter("Mining: ranking what passes")
    teller.say("Once a second the best by quality - risk is put before the gate. The fullest ranking on the way:")
    rows = [
        (f"{one.mint[:8]} {one.symbol}", f"{one.quality:.3f}", f"{one.risk:.3f}", f"{one.score:+.3f}")
        for one in ranking[:SHOWN]
    ]
    teller.table(("token", "quality", "risk", "score"), rows or [("none", "-", "-", "-")])


def gate(teller: Teller, records: list[AnyRecord], operation: MicroOperation) -> None:
    teller.chapter("The gate: five commandments, shield, breaker")
    decided = [one for one in of(records, EntryDecided) if one.at_s <= operation.opened_at_s]
    for one in [one for one in decided if not one.admitted][-2:]:
        reasons = "; ".join(f"{v.criterion}: {v.reason}" for v in one.verdicts if not v.ok)
        teller.item(f"{one.mint[:8]} refused: {reasons}", mark="x")
    admitted = [one for one in decided if one.admitted and one.mint == operation.mint]
    if admitted:
        last = admitted[-1]
        teller.say(f"{last.mint[:8]} admitted with a stake of {sol(last.stake_lamports)}; every verdict must pass:")
        teller.say(f"  {', '.join(v.criterion for v in last.verdicts)}")


def ledger(teller: Teller, records: list[AnyRecord], operation: MicroOperation) -> None:
    teller.chapter("The order and the ledger: journaled before anything is sent")
    intended = {one.order.id: one for one in of(records, OrderIntended)}
    signed_at = {one.order_id: one for one in of(records, OrderSigned)}
    settled = [one for one in of(records, OrderSettled) if _is_of(intended, one.order_id, operation)]
    entry = next(one for one in settled if one.outcome == "filled")
    order, start_s = intended[entry.order_id].order, intended[entry.order_id].at_s
    sent = signed_at[entry.order_id]
    total = sum(posting.lamports for posting in entry.postings)
    teller.item(f"+0.0 s intent {order.id}: {sol(order.lamports)} for at least {order.limit} units")
    teller.item(f"+{sent.at_s - start_s:.1f} s signed as {sent.signature[:20]}, dead after slot {sent.last_valid_slot}")
    teller.item(f"+{entry.at_s - start_s:.1f} s {entry.outcome}; its lines, which sum to {total}:")
    teller.table(("account", "lamports"), [(p.account, f"{p.lamports:+d}") for p in entry.postings])
    lost = [one for one in settled if one.outcome != "filled"]
    for one in lost[:SHOWN]:
        teller.item(f"{one.order_id} {one.outcome}: {one.error}", mark="x")


def _is_of(intended: dict[str, OrderIntended], order_id: str, operation: MicroOperation) -> bool:
    known = intended.get(order_id)
    return known is not None and known.order.operation_id == operation.id


def whole(teller: Teller, records: list[AnyRecord], operation: MicroOperation) -> None:
    teller.chapter(f"The whole operation {operation.id}: {operation.mint[:8]} {operation.symbol}")
    closed = next(one for one in of(records, OperationClosed) if one.operation_id == operation.id)
    rows = [
        (f"+{one.at_s - operation.opened_at_s:.1f} s {one.reason}", str(one.tokens), sol(one.proceeds_lamports))
        for one in operation.exits
    ]
    teller.table(("sale", "units", "proceeds"), rows)
    teller.say(
        f"{operation.buys} buys for {sol(operation.cost_lamports)}, sold for {sol(operation.proceeds_lamports)}; "
        f"held {operation.hold_s / 60:.1f} min, flat by {operation.reason}."
    )
    fees = ", ".join(f"{kind} {lamports}" for kind, lamports in sorted(operation.fees_lamports.items()))
    teller.say(f"Net of all fees ({fees} lamports): {signed(closed.net_lamports)}.")
    transfers = {one.order.id: one.order for one in of(records, OrderIntended) if one.order.to_role is not None}
    for one in of(records, OrderSettled):
        order = transfers.get(one.order_id)
        if order is not None and order.operation_id == operation.id and one.outcome == "filled":
            teller.item(_moved(order))


def _moved(order: Order) -> str:
    why = {Purpose.TAX: "tax of a tenth of the net", Purpose.PROCEEDS: "proceeds of the panic exit"}
    return f"{why.get(order.purpose, order.purpose.value)}: {sol(order.lamports)} from {order.role} to {order.to_role}"
