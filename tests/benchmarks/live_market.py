"""A local node with a busy market, as a process of its own: `python -m tests.benchmarks.live_market`.

Two crowds are on it. The coins of the first (`tests.chaos.crowd`) are real: launched, traded and graduated in the
virtual machine, so that they can be bought. A machine of two cores cannot run 500 such trades a second beside what is
measured, so the rest of the market is told and not run: log lines of the embedded market in the chain's own format, in
real `logsNotification`s of the same sockets, as they happen within a slot. Nobody can buy those; all else is the same
to a client. Prints its port; ends with SIGTERM.
"""

from gevent import monkey

monkey.patch_all()

import argparse
import signal
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

import gevent

from actors.adapters.state_directory import StateDirectory
from commands import sources
from core.chain.programs import LAUNCHLAB, PUMP, PUMPSWAP
from core.messages import RawTransaction
from core.settings import from_texts
from localnet.records import Landed
from tests.chaos.crowd import Crowd
from tests.chaos.node import Crowded

PROGRAMS = (PUMP, PUMPSWAP, LAUNCHLAB)
SLOT_S = 0.4


class Told:
    """The part of the market that is told: `speed` slots of it in each slot of the node."""

    def __init__(self, node: Crowded, folder: Path, *, seed: int, speed: float) -> None:
        self.node, self.slot_s = node, SLOT_S / speed
        self.feed = sources.embedded(from_texts({"MICRO_SEED": str(seed)}), StateDirectory(folder)).feed

    def run(self) -> None:
        """For ever. A machine that was busy does not make up for what it missed."""
        due_s = monotonic()
        while True:
            batch = self.feed.next()
            for raw in batch.transactions if batch is not None else ():
                self.node.sockets.subscriptions.stream(self._landed(raw))
            due_s = max(due_s + self.slot_s, monotonic())
            gevent.sleep(max(due_s - monotonic(), 0.0))

    def _landed(self, raw: RawTransaction) -> Landed:
        named = tuple(one for one in PROGRAMS if any(line.startswith(f"Program {one} invoke") for line in raw.logs))
        chain = self.node.chain
        return Landed(
            signature=raw.signature,
            slot=chain.slot,
            position=0,
            block_time_s=int(chain.at_s),
            raw=b"",
            keys=named or PROGRAMS[:1],
            err=raw.err,
            logs=raw.logs,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--speed", type=float, default=11.0, help="of the told part")
    parser.add_argument("--coin-every-slots", type=int, default=8, help="a real coin is launched so often")
    options = parser.parse_args()
    node = Crowded(seed=options.seed)
    node.crowd = Crowd(node.chain, options.seed, every_slots=options.coin_every_slots)
    gevent.signal_handler(signal.SIGTERM, node.stop)
    with TemporaryDirectory() as folder:
        told = Told(node, Path(folder), seed=options.seed, speed=options.speed)
        node.start()
        gevent.spawn(told.run)
        print(node.port, flush=True)  # for whoever started it
        node.wait()


if __name__ == "__main__":
    main()
