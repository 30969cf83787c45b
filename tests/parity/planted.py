"""A market in which much happens to us in little time: some background, and one tradable token after the other."""

from collections.abc import Callable
from random import Random

from core.market.simulator.scenarios import Scenario
from core.market.simulator.scripts import (
    AnyStep,
    Completed,
    CreatorSells,
    LiquidityPulled,
    Plant,
    PriceTo,
    SalesRefused,
    Since,
    Trap,
)
from core.market.simulator.spells import FeedOutage, FeeWave

EVERY_S = 80.0
TOKENS = 20
OURS = Since.OUR_BUY


def planted(seed: int) -> Scenario:
    """Its tokens rise, sag, graduate, are rugged, are traps or shut us out, as the seed draws."""
    rng = Random(seed)
    tokens = tuple(
        Plant(
            at_s=5.0 + EVERY_S * number,
            attention=rng.choice((0.0, 0.5)),
            cashback=rng.random() < 0.2,
            token_2022=rng.random() < 0.7,
            steps=rng.choice(LIVES)(rng),
        )
        for number in range(TOKENS)
    )
    spells = (
        FeeWave(at_s=700.0 + rng.uniform(0, 200), for_s=120.0),
        FeedOutage(at_s=300.0 + rng.uniform(0, 300), for_s=rng.choice((20.0, 45.0, 90.0))),
    )
    return Scenario(launches=0.1, tokens=tokens, spells=spells[: 1 + seed % 2])


def _walk(rng: Random) -> tuple[AnyStep, ...]:
    return tuple(
        PriceTo(after_s=40.0 + 50.0 * n, since=OURS, to=rng.uniform(5.2, 9.0), over_s=rng.choice((0.0, 30.0)))
        for n in range(6)
    )


def _rug(rng: Random) -> tuple[AnyStep, ...]:
    return (CreatorSells(after_s=rng.uniform(5, 90), since=OURS, share=rng.choice((0.3, 1.0))),)


def _drained(rng: Random) -> tuple[AnyStep, ...]:
    return (LiquidityPulled(after_s=rng.uniform(5, 90), since=OURS, share=rng.uniform(0.35, 0.9)),)


def _trap(rng: Random) -> tuple[AnyStep, ...]:
    shuts_s = rng.choice((0.0, 60.0))
    return (
        Trap(after_s=rng.uniform(5, 60), since=OURS, trap=rng.choice(("transfer_hook", "pausable")), shuts_s=shuts_s),
    )


def _graduate(rng: Random) -> tuple[AnyStep, ...]:
    slump = PriceTo(after_s=90.0, since=OURS, to=rng.uniform(7.0, 15.0))
    return Completed(after_s=rng.choice((55.0, 80.0)), migrates_s=rng.choice((2.0, 40.0))), slump, *_walk(rng)[3:]


def _shut_out(rng: Random) -> tuple[AnyStep, ...]:
    return SalesRefused(after_s=20.0, since=OURS, for_s=rng.choice((20.0, 90.0))), *_rug(rng)


LIVES: tuple[Callable[[Random], tuple[AnyStep, ...]], ...] = (_walk, _walk, _rug, _drained, _trap, _graduate, _shut_out)
