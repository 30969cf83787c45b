"""Methods that no real node has: they turn switches and play with time and prices. Names begin `localnet_`."""

from typing import Any

import msgspec
from msgspec.structs import asdict

from localnet.chain import Chain
from localnet.faults import Switches
from localnet.rpc.answers import Method, argument
from localnet.rpc.errors import RpcError

PREFIX = "localnet_"
MOST_SLOTS = 10_000


def switches(chain: Chain, params: list[Any]) -> Any:
    """`[{"loss_pct": 10}]` turns some; without parameters nothing changes. Answers with all of them."""
    given = params[0] if params else {}
    try:
        turned = msgspec.convert({**asdict(chain.faults.switches), **given}, Switches)
    except (msgspec.ValidationError, TypeError) as error:
        raise RpcError(-32602, f"no such switch: {error}") from None
    chain.set_switches(turned)
    return asdict(turned)


def advance(chain: Chain, params: list[Any]) -> Any:
    """`[150]` plays so many slots at once. Answers with the slot."""
    count = argument(params, 0, "a number of slots")
    if not 0 < count <= MOST_SLOTS:
        raise RpcError(-32602, f"between 1 and {MOST_SLOTS} slots")
    for _ in range(count):
        chain.advance()
    return chain.slot


def sol_price(chain: Chain, params: list[Any]) -> Any:
    """`[75.5]` sets the price of the SOL/USDC pool and of `GET /price`; without parameters nothing changes."""
    if params:
        if params[0] <= 0:
            raise RpcError(-32602, "a price above 0")
        chain.set_sol_price(float(params[0]))
    return chain.usd_per_sol


def forget(chain: Chain, params: list[Any]) -> Any:
    """`[signature, true]`: the node denies this transaction as long as `forget_pct` is above 0."""
    landed = chain.history.get(argument(params, 0, "a signature"))
    if landed is None:
        return False
    landed.is_forgotten = bool(params[1]) if len(params) > 1 else True
    return True


METHODS: dict[str, Method] = {
    "localnet_switches": switches,
    "localnet_advance": advance,
    "localnet_solPrice": sol_price,
    "localnet_forget": forget,
}
