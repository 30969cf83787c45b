"""A trader without judgement that keeps a paper world busy: buys the newest token, sells it again, moves lamports.

Run as a program it trades in the directory of its argument and prints a line per slot until it is killed.
"""

import sys
from pathlib import Path

from actors.adapters.paper_world import PaperWorld
from core.chain.decode import Decoder
from core.market.paper.chain import digest, holdings_of
from core.market.paper.landing import PaperRule
from core.market.simulator.settings import MarketSettings
from core.market.tape import Tape
from core.messages import FeedBatch, Launched, Order
from core.types import Purpose, Role, Side, Venue

SEED = 5
SPLIT = dict.fromkeys(Role, 2000000000)


def opened(directory: Path, not_before_s: float = 0.0) -> PaperWorld:
    world = PaperWorld.open(directory, MarketSettings(), PaperRule(), SEED, not_before_s=not_before_s)
    world.backend.open_capital(SPLIT)
    return world


class Trader:
    def __init__(self, world: PaperWorld) -> None:
        self.world, self.tape, self.decoder, self.newest, self.orders = world, Tape(), Decoder(), "", 0

    def step(self) -> FeedBatch:
        batch = self.world.next()
        for raw in batch.transactions:
            for event in self.tape.take(self.decoder.decode_logs(raw.logs, raw.err), slot=1, at_s=1.0, signature=""):
                if isinstance(event, Launched):
                    self.newest = event.mint
        if batch.slot % 7 == 0:
            self.submit(self._trade(batch.slot), batch.slot)
        if batch.slot % 11 == 0:
            transfer = {"purpose": Purpose.TAX, "to_role": Role.PSYCHOLOGY, "lamports": 1_000}
            self.submit(self._order(**transfer), batch.slot)
        return batch

    def submit(self, order: Order | None, slot: int) -> None:
        if order is not None:
            signed = self.world.backend.sign(order, slot)
            self.world.backend.submit(order, signed.signature, signed.last_valid_slot)

    def _trade(self, slot: int) -> Order | None:
        held = holdings_of(self.world.backend.venue.chain)
        if held and slot % 14 == 0:
            mint = min(held)
            reserves = self.world.market.simulator.reserves(mint)
            venue = Venue.CURVE if reserves is None else reserves.venue
            return self._order(mint=mint, side=Side.SELL, tokens=held[mint][Role.LIGHTNING], venue=venue)
        return self._order(mint=self.newest, side=Side.BUY, lamports=5_000_000) if self.newest else None

    def _order(self, **fields: object) -> Order:
        self.orders += 1
        order = {"id": f"{self.world.market.simulator.slot}.{self.orders}", "purpose": Purpose.ENTRY}
        values = order | {"role": Role.LIGHTNING, "payer": Role.LIGHTNING, "venue": Venue.CURVE} | fields
        return Order(**values)  # type: ignore[arg-type]


def picture(world: PaperWorld) -> str:
    """Everything that must be the same before and after a crash."""
    simulator, chain = world.market.simulator, world.backend.venue.chain
    held = sorted(holdings_of(chain))
    reserves = [(mint, simulator.reserves(mint), simulator.holders(mint)) for mint in held]
    return f"{digest_without_memory(world)} {simulator.tokens} {reserves}"


def digest_without_memory(world: PaperWorld) -> str:
    from msgspec.structs import replace

    return digest(replace(world.backend.venue.chain, settled={}))


if __name__ == "__main__":
    world = opened(Path(sys.argv[1]))
    trader = Trader(world)
    for _ in range(int(sys.argv[2])):
        trader.step()
        print(world.market.simulator.slot, picture(world), flush=True)  # noqa: T201 - the test reads it
    sys.stdin.read()
