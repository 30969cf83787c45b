"""The market of a seed stays the same to the byte: journals, calibration and reports rest on it.

A digest here may change only when the market itself is meant to change (another law, draw, setting, or event), never
for speed; whoever changes it makes the calibration table of docs/market.md and the results of docs/results.md anew.
The draws go through the C library: where its `exp` or `pow` rounds a last digit differently, this test may fail alone.
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
    memory = msgspec.msgpack.decode(simulator.snapshot())
    # How what is scheduled lies in the memory may change; what and in which order may not.
    memory["state"]["schedule"].sort()
    if not memory["settings"]["scenario"]["transfers_shown"]:
        del memory["settings"]["scenario"]["transfers_shown"]  # younger than these digests, and off
    digest.update(msgspec.msgpack.encode(memory))
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
        pytest.param(CALM, 7, 3000, False, "bde24c1aca16cb2be926a6af7503be12", marks=pytest.mark.slow),
        pytest.param(CALM, 7, 3000, True, "2b1b6e89527866bb0117e106c52badd0", marks=pytest.mark.slow),
        pytest.param(CALM, 101, 3000, False, "39ddafb500043b52b0d764690c369260", marks=pytest.mark.slow),
        pytest.param(CALM, 101, 3000, True, "c7482ee93a48f5b5f8ec5c4c768aec92", marks=pytest.mark.slow),
        (CALM, 7, 500, False, "ba112d469475daf045237184b579296f"),
        (CALM, 7, 500, True, "2569744ff31d90f139006b3eb33459e3"),
        (CALM, 101, 500, False, "305dc17e123cb0230a898b9e69d8f36e"),
        (CALM, 101, 500, True, "51c097b84b0c3a2b1519a46f73931f06"),
        (EVERYTHING, 7, 500, False, "d7ff723ec9c8c49051422b044d529a08"),
        (EVERYTHING, 7, 500, True, "c9acb2a35b91563480671dc9b619ce09"),
        pytest.param(EVERYTHING, 101, 2000, False, "980b29b53802c4ba73bbec6cc5fccb0e", marks=pytest.mark.slow),
        pytest.param(EVERYTHING, 101, 2000, True, "568711c6a50e6594c555e570bb9df01a", marks=pytest.mark.slow),
    ],
)
def test_the_market_of_a_seed_is_the_one_it_always_was(settings, seed, slots, *, decoded, expected):
    assert fingerprint(settings, seed, slots, decoded=decoded)[:32] == expected
