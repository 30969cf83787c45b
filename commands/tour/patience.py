"""The time protocol, on a token that lies still: nothing but time sells it."""

from pathlib import Path

from msgspec.structs import replace

from commands.tour.scene import SURE, scene
from commands.tour.telling import Teller, share
from core.ledger.books import ExitFill
from core.market.simulator.scenarios import LABORATORY
from core.market.simulator.scripts import Plant
from core.market.simulator.settings import MarketSettings

STILL = MarketSettings(scenario=replace(LABORATORY, tokens=(Plant(at_s=5.0),)))
MOST_S = 3_600.0


def time_protocol(teller: Teller, folder: Path, seed: int) -> None:
    teller.chapter("The time protocol")
    teller.say("A scripted token of the simulated market that lies still after our buy, so that only time sells it:")
    rows = list[tuple[str, str, str, str, str]]()
    with scene(folder, seed=seed, settings=SURE, market=STILL) as played:
        desk, start_s = played.desk, played.desk.get_status().market_at_s
        shown = ""
        while (status := desk.get_status()).operations == 0 and status.market_at_s < start_s + MOST_S:
            for one in status.positions:
                held = share(one.tokens / one.bought_tokens)
                if f"{one.window}{one.urgency}{held}" != shown:
                    shown = f"{one.window}{one.urgency}{held}"
                    step = one.next_steps[0] if one.next_steps else None
                    due = f"{share(step.tokens / one.bought_tokens)} at {step.at_s / 60:.0f} min" if step else "-"
                    rows.append((f"{one.held_minutes:.1f} min", one.window, one.urgency, held, due))
            desk.let_pass(1.0)
    teller.table(("held for", "window", "urgency", "still held", "next sale"), rows)
    closed = played.audit().books.closed
    for op in closed:
        teller.say(f"Flat after {(op.closed_at_s - op.opened_at_s) / 60:.1f} min of 55; sales by {_reasons(op.exits)}.")


def _reasons(exits: tuple[ExitFill, ...]) -> str:
    return ", ".join(dict.fromkeys(fill.reason.value for fill in exits))
