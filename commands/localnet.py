"""A local Solana node with the pump and PumpSwap programs, for trying the live path: JSON-RPC, WebSocket, a price.

JSON-RPC listens on the port, WebSocket on the one above it, SOL's price on GET /price; loopback only. Everything stands
at its real address. What can go wrong is a switch (--switch NAME=VALUE, or JSON-RPC localnet_switches while it
runs); localnet/README.md lists switches and methods. Ends with SIGTERM or Ctrl-C.
"""

import argparse
from pathlib import Path

import gevent
import msgspec
from gevent.signal import signal
from msgspec.structs import replace

from actors.adapters.scenario_file import scenario_of
from core.errors import Refused
from core.market.simulator.settings import MarketSettings
from localnet.chain import Pace
from localnet.faults import Switches
from localnet.node import Node

PORT = 8899
"""Where Solana's own test validator listens."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=PORT, metavar="P", help=f"JSON-RPC on P, WebSocket on P+1 ({PORT})")
    parser.add_argument("--slot-ms", type=int, default=400, metavar="MS", help="length of a slot (400)")
    parser.add_argument("--finalized-slots", type=int, default=32, metavar="N", help="slots until finality (32)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of everything that is drawn (1)")
    parser.add_argument("--sol-usd", type=float, default=80.0, metavar="USD", help="price of SOL (80)")
    parser.add_argument(
        "--market",
        nargs="?",
        const="calm",
        metavar="SCENARIO",
        help="the embedded market trades on it: a scenario's name or file (calm)",
    )
    parser.add_argument("--state", metavar="FILE", help="go on from this file, and save there at the end")
    parser.add_argument("--switch", action="append", default=[], metavar="NAME=VALUE", help="a switch; may be repeated")


def run(options: argparse.Namespace) -> int:
    if options.slot_ms <= 0 or options.sol_usd <= 0 or options.finalized_slots <= 0:
        raise Refused("--slot-ms, --sol-usd and --finalized-slots must be above 0")
    scenario = None if options.market is None else scenario_of(options.market)
    node = Node(
        pace=Pace(slot_s=options.slot_ms / 1_000, finalized_slots=options.finalized_slots),
        switches=switches_of(options.switch) if options.switch else None,
        seed=options.seed,
        usd_per_sol=options.sol_usd,
        port=options.port,
        state=Path(options.state) if options.state else None,
    )
    if scenario is not None:
        market = MarketSettings(scenario=scenario)
        price = replace(market.sol_price, start_usd=options.sol_usd)
        node.open_market(replace(market, sol_price=price), options.seed)
    signal(15, lambda *_: gevent.spawn(node.stop))
    node.start()
    print(f"localnet: JSON-RPC {node.url}, WebSocket {node.socket_url}, price {node.url}/price", flush=True)
    try:
        node.wait()
    except KeyboardInterrupt:
        node.stop()
    return 0


def switches_of(texts: list[str]) -> Switches:
    """Switches from NAME=VALUE texts. Refused with the name that is wrong."""
    given: dict[str, object] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or name not in Switches.__struct_fields__:
            names = ", ".join(Switches.__struct_fields__)
            raise Refused(f"--switch takes NAME=VALUE, not {text!r}; names: {names}")
        given[name] = value
    try:
        return msgspec.convert(given, Switches, strict=False)
    except msgspec.ValidationError as error:
        raise Refused(f"--switch: {error}") from None
