"""The market of a seed stays the same to the byte: journals, calibration and reports rest on it.

A digest here may change only when the market itself is meant to change (another law, draw, setting, or event), never
for speed; whoever changes it makes the calibration table of docs/market.md and the results of docs/results.md anew.
The draws go through the C library's `exp` and `pow`: a machine whose library rounds them differently may fail here alone.
"""

from hashlib import sha256

import msgspec
import pytest
from msgspec.structs import replace

from core.market.simulator.orders import SimOrder
from core.market.simulator.scenarios import FEE_WAVES, MAYHEM, RUG_WAVE, USDC, Scenario, mix
from core.market.simulator.scripts import Completed, CreatorSells, LiquidityPulled, Plant, PriceTo, SalesRefused, Trap
from core.market.simulator.settings import MarketSettings
from core.market.simulator.simulator import Simulator
from core.market.simulator.spells import FeedOutage, FeeWave, ProgramUpgrade, SolCrash
from core.types import Side
from tests.market.simulator.markets import CALM, crowded

OUR_WALLET = "4Nd1mBQtrMJVYVfKf2PJy9NZUZdTAsp7D4xWLs4gDB4T"
OWN = Scenario(
    spells=(
        FeedOutage(at_s=20.0, for_s=12.0),
        ProgramUpgrade(at_s=70.0, for_s=6.0),
        FeeWave(at_s=100.0, for_s=20.0),
        SolCrash(at_s=120.0, for_s=60.0),
    ),
    tokens=(
        Plant(attention=300.0, steps=(PriceTo(after_s=40.0, to=4.0, over_s=20.0), CreatorSells(after_s=90.0))),
        Plant(at_s=3.0, steps=(Completed(after_s=60.0), LiquidityPulled(after_s=90.0))),
        Plant(at_s=5.0, cashback=True, steps=(Trap(after_s=50.0, shuts_s=10.0), SalesRefused(after_s=20.0, for_s=9.0))),
        Plant(at_s=6.0, mayhem=True, own_buy_sol=20.0, buyers=40, buy_sol=3.0),
    ),
)
EVERYTHING = replace(crowded(), scenario=mix((MAYHEM, USDC, RUG_WAVE, FEE_WAVES, OWN)))
"""Every kind of launch, spell and script, in a market that is busy enough to meet all of them in minutes."""


def fingerprint(settings: MarketSettings, seed: int, slots: int, *, decoded: bool) -> str:
    """SHA-256 over every slot, with orders of ours that land among the trades, and over the memory at the end."""
    simulator, digest = Simulator(settings, seed, decoded=decoded), sha256()
    for number in range(slots):
        mints = list(simulator._market.by_mint)
        if mints and number % 25 == 0:
            order(simulator, mints[number % len(mints)], number)
        digest.update(msgspec.msgpack.encode(simulator.step()))
    digest.update(simulator.snapshot())
    return digest.hexdigest()


def order(simulator: Simulator, mint: str, number: int) -> None:
    held = simulator.balance(mint, OUR_WALLET)
    simulator.submit(
        SimOrder(
            signature=simulator._names.signature(10**12 + number),
            wallet=OUR_WALLET,
            mint=mint,
            side=Side.SELL if held else Side.BUY,
            amount=held or 300_000_000,
            limit=0,
            land_slot=simulator.slot + 1,
        )
    )


@pytest.mark.parametrize(
    ("settings", "seed", "slots", "decoded", "expected"),
    [
        pytest.param(CALM, 7, 3000, False, "e7ba42730eb88d3c5082a803e60063db", marks=pytest.mark.slow),
        pytest.param(CALM, 7, 3000, True, "46283d9a9a0dba244e07b44260ef2909", marks=pytest.mark.slow),
        pytest.param(CALM, 101, 3000, False, "8362e8a64a9b52ff0b1f2416a617f071", marks=pytest.mark.slow),
        pytest.param(CALM, 101, 3000, True, "bed53c42cdcd8b4a34e94fa21c3cd13a", marks=pytest.mark.slow),
        (CALM, 7, 500, False, "06614bd922c4a75639f25fbf7902efca"),
        (CALM, 7, 500, True, "1715ace601b93cdd9097ba36f5887137"),
        (CALM, 101, 500, False, "f83b5e263566718620f5fdc8cdef07b0"),
        (CALM, 101, 500, True, "ba91220c8f2d72547abe1da25f8a52f7"),
        (EVERYTHING, 7, 500, False, "c9406c328d6b3eab8d9a94e83da0a695"),
        (EVERYTHING, 7, 500, True, "0a0d8c82ea4cd0e9688156481a7703d1"),
        pytest.param(EVERYTHING, 101, 2000, False, "7efe89c34b1c9ca70f3b9ff426454d38", marks=pytest.mark.slow),
        pytest.param(EVERYTHING, 101, 2000, True, "fe0fe438de512d460e9e7d085293a55e", marks=pytest.mark.slow),
    ],
)
def test_the_market_of_a_seed_is_the_one_it_always_was(settings, seed, slots, *, decoded, expected):
    assert fingerprint(settings, seed, slots, decoded=decoded)[:32] == expected
