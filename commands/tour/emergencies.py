"""Each emergency trigger, fired by what a scripted token or spell of the simulated market does, and the panic exit."""

from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from commands.tour.scene import SURE, of, scene
from commands.tour.telling import Teller, sol
from core.ledger.books import Books
from core.market.simulator.scenarios import LABORATORY, Scenario
from core.market.simulator.scripts import (
    AnyStep,
    Completed,
    CreatorSells,
    LiquidityPulled,
    Plant,
    PriceTo,
    Since,
    Trap,
)
from core.market.simulator.settings import MarketSettings
from core.market.simulator.spells import FeeWave
from core.messages import RaiseEmergency
from core.records import AnyRecord, EmergencyFired, TokenFlagged
from core.types import ExitReason

OURS = Since.OUR_BUY
POOL_PRICE = 14.7
"""Of a new pool, in start prices of the curve: 84.99 SOL against 206.9 million tokens."""
GRADUATED = Completed(after_s=30.0)
MOST_S = 4_200.0


class Emergency(Struct, frozen=True, kw_only=True):
    """A trigger and what sets it off."""

    trigger: ExitReason
    told: str
    scenario: Scenario
    settings: dict[str, str] = {}
    by_hand: bool = False


def _one(*steps: AnyStep, at_s: float = 5.0) -> Scenario:
    return replace(LABORATORY, tokens=(Plant(at_s=at_s, steps=steps),))


EMERGENCIES = (
    Emergency(
        trigger=ExitReason.CREATOR_SELL,
        told="the creator sells ten seconds after our buy",
        scenario=_one(CreatorSells(after_s=10.0, since=OURS)),
    ),
    Emergency(
        trigger=ExitReason.LIQUIDITY_DROP,
        told="holders take 45 % of the liquidity out in one slot",
        scenario=_one(LiquidityPulled(after_s=10.0, since=OURS, share=0.45)),
    ),
    Emergency(
        trigger=ExitReason.MASSIVE_DUMP,
        told="the token graduates, then its pool falls by 47 % in one slot",
        scenario=_one(GRADUATED, PriceTo(after_s=20.0, since=OURS, to=POOL_PRICE * 0.53)),
    ),
    Emergency(
        trigger=ExitReason.HONEYPOT,
        told="a freeze authority appears on the mint",
        scenario=_one(Trap(after_s=10.0, since=OURS, trap="freeze_authority", shuts_s=60.0)),
    ),
    Emergency(
        trigger=ExitReason.NETWORK_CONGESTION,
        told="fees times ten for five minutes",
        scenario=replace(LABORATORY, tokens=(Plant(at_s=600.0),), spells=(FeeWave(at_s=700.0, for_s=300.0),)),
    ),
    Emergency(
        trigger=ExitReason.RISK_LIMIT,
        told="the price sags by a tenth; the day's limit is set to 1 % for this scene",
        scenario=_one(GRADUATED, PriceTo(after_s=20.0, since=OURS, to=POOL_PRICE * 0.9, over_s=120.0)),
        settings={"MICRO_SHIELD_DAILY_LOSS_SHARE": "0.01"},
    ),
    Emergency(
        trigger=ExitReason.TIME_EXCEEDED,
        told="the token graduates and trades nowhere for 54 minutes",
        scenario=_one(Completed(after_s=20.0, since=OURS, migrates_s=3_292.0)),
    ),
    Emergency(
        trigger=ExitReason.OPERATOR,
        told="told by hand, as POST /emergency does it; the token lies still",
        scenario=_one(),
        by_hand=True,
    ),
)


def emergencies(teller: Teller, folder: Path, seed: int) -> None:
    teller.chapter("Every emergency")
    teller.say(
        "Each on a desk of its own. Scripted tokens and spells of the simulated market fire them, but for the last, "
        "which is told by hand."
    )
    for one in EMERGENCIES:
        _played(teller, folder, seed, one)


def _played(teller: Teller, folder: Path, seed: int, one: Emergency) -> None:
    market = MarketSettings(scenario=one.scenario)
    with scene(folder, seed=seed, settings=SURE | one.settings, market=market) as played:
        if one.by_hand:
            while not (open_now := played.desk.get_status().positions):
                played.desk.let_pass(1.0)
            mint = open_now[0].mint
            raised = RaiseEmergency(trigger=one.trigger, mint=mint, detail="asked for by hand", by="demo")
            played.desk.tell(f"position.{mint}", raised)
        played.desk.execute_micro_operation(within_s=MOST_S)
    books, records = played.audit().books, played.records()
    fired = of(records, EmergencyFired)
    teller.item(f"{one.trigger}: {one.told}", mark="!")
    for record in fired:
        teller.item(_told(record, books, records))


def _told(fired: EmergencyFired, books: Books, records: list[AnyRecord]) -> str:
    closed = next(op for op in books.closed if op.id == fired.operation_id)
    sold = [fill for fill in closed.exits if fill.reason is fired.trigger]
    took = (
        f"sold {sold[-1].at_s - fired.at_s:.1f} s later for {sol(sum(f.proceeds_lamports for f in sold))}"
        if sold
        else "unsold"
    )
    flagged = any(record.mint == fired.mint for record in of(records, TokenFlagged))
    breaker = (
        f"breaker open {(books.breaker_until_s - fired.at_s) / 60:.0f} min"
        if books.breaker_until_s
        else "breaker closed"
    )
    return (
        f"{fired.at_s - closed.opened_at_s:.1f} s after our buy: {fired.trigger} ({fired.detail}), slippage "
        f"{fired.slippage_bps / 100:g} %; {took}, proceeds to {closed.proceeds_role}; "
        f"{'flagged for ever' if flagged else 'not flagged'}; {breaker}"
    )
