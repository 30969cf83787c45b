"""A local node with a crowd on it, as a process: `python -m tests.chaos.node --port P`. Ends with SIGTERM."""

from gevent import monkey

monkey.patch_all()

import argparse  # noqa: E402  # gevent first, as the product does
import signal  # noqa: E402

import gevent  # noqa: E402
from typing_extensions import override  # noqa: E402

from commands.localnet import switches_of  # noqa: E402
from localnet.node import Node  # noqa: E402
from tests.chaos.crowd import Crowd  # noqa: E402


class Crowded(Node):
    """Its crowd acts before each slot."""

    crowd: Crowd | None = None

    @override
    def advance(self) -> None:
        if self.crowd is not None:
            self.crowd()
        super().advance()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--coin-every-slots", type=int, default=30)
    parser.add_argument("--cashback-every", type=int, default=0, help="one coin of so many is a cashback coin")
    parser.add_argument("--switch", action="append", default=[])
    options = parser.parse_args()
    node = Crowded(switches=switches_of(options.switch), seed=options.seed, port=options.port)
    node.crowd = Crowd(
        node.chain, options.seed, every_slots=options.coin_every_slots, cashback_every=options.cashback_every
    )
    gevent.signal_handler(signal.SIGTERM, node.stop)
    node.start()
    print(node.port, flush=True)  # noqa: T201  # for whoever started it
    node.wait()


if __name__ == "__main__":
    main()
