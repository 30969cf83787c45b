"""What the nodes are asked: do they answer, are they at the same slot, is it the time that we take it to be?"""

from collections.abc import Sequence
from time import time

from actors.adapters.endpoint import checked, shown
from actors.adapters.live_socket import Gone, LiveSocket
from actors.adapters.rpc import requests
from actors.adapters.rpc.client import RpcClient
from actors.adapters.rpc.endpoint import Endpoint
from actors.adapters.rpc.errors import NodeFailed
from actors.adapters.rpc.node import Node
from actors.adapters.rpc.requests import CONFIRMED
from commands.nodes import client_of
from core.chain.programs import PUMP, PUMPSWAP
from core.errors import Refused, Retryable
from core.rules.verdict import Verdict
from core.settings import Settings

NAMES = ("nodes", "clock", "programs")
SLOTS_BACK = 3
"""A slot without a block has no time: so many are tried, fewer than open an endpoint's circuit."""


def nodes(settings: Settings, urls: Sequence[str]) -> tuple[Verdict, ...]:
    """One verdict for each of `NAMES`."""
    if not urls:
        return tuple(Verdict.unknown(name, "SOLANA_RPC_URL is not set; live needs it") for name in NAMES)
    try:
        client = client_of(settings, urls)
    except Refused as refusal:
        return tuple(Verdict.failed(name, str(refusal)) for name in NAMES)
    try:
        return _reachable(settings, client), _clock(settings, Node(client)), _programs(Node(client))
    finally:
        client.close()


def socket(settings: Settings, url: str) -> Verdict:
    """Whether the WebSocket opens. What it brings only time shows: a feed that is silent is told then."""
    if not url:
        return Verdict.unknown("socket", "SOLANA_WS_URL is not set; live needs it")
    try:
        checked(url, "SOLANA_WS_URL", {"wss", "ws"}, settings.runtime.plain_hosts)
        LiveSocket(url, connect_s=settings.live.connect_s).close()
    except Refused as refusal:
        return Verdict.failed("socket", str(refusal))
    except Gone as gone:
        return Verdict.failed("socket", f"{shown(url)} does not open ({gone}); is SOLANA_WS_URL right, and paid for?")
    return Verdict.passed("socket", f"{shown(url)} opens")


def _reachable(settings: Settings, client: RpcClient) -> Verdict:
    """Every endpoint, and how far each is behind the first of them."""
    slots, faults = dict[Endpoint, int](), list[str]()
    for endpoint in client.endpoints:
        try:
            slots[endpoint] = client.ask_at(endpoint, requests.slot(CONFIRMED), int)
        except (Retryable, Refused) as error:
            faults.append(f"{endpoint.address}: {error}")
    newest = max(slots.values(), default=0)
    for endpoint, slot in slots.items():
        if newest - slot > settings.rpc.behind_slots:
            faults.append(f"{endpoint.address} is {newest - slot} slots behind")
    if faults:
        return Verdict.failed("nodes", f"{'; '.join(faults)}; mend or leave it out of SOLANA_RPC_URL")
    lag = max(newest - slot for slot in slots.values())
    latency_s = max(endpoint.latency_s for endpoint in slots)
    return Verdict.passed(
        "nodes", f"{len(slots)} answer within {latency_s * 1000:.0f} ms, {lag} slots apart, at slot {newest}"
    )


def _clock(settings: Settings, node: Node) -> Verdict:
    """This machine's clock against the newest block's time."""
    try:
        newest = node.slot(CONFIRMED)
        block_s = next(
            (at_s for back in range(SLOTS_BACK) if (at_s := _block_time_s(node, max(newest - back, 0))) is not None),
            None,
        )
    except (Retryable, Refused) as error:
        return Verdict.failed("clock", f"the node tells no block time: {error}")
    if block_s is None:
        return Verdict.unknown("clock", "the node knows the time of none of its newest blocks")
    skew_s = time() - block_s
    text = f"{abs(skew_s):.0f} s {'ahead of' if skew_s >= 0 else 'behind'} the newest block's time"
    if abs(skew_s) > settings.doctor.clock_skew_most_s:
        return Verdict.failed("clock", f"{text}; keep this machine's clock by NTP, or is the node stuck?")
    return Verdict.passed("clock", text)


def _block_time_s(node: Node, slot: int) -> int | None:
    try:
        return node.block_time_s(slot)
    except NodeFailed:
        return None  # a slot that was skipped, or whose block is not there yet


def _programs(node: Node) -> Verdict:
    """Whether the chain has the programs that we trade with: a test network does not."""
    try:
        found = node.accounts((PUMP, PUMPSWAP), CONFIRMED).accounts
    except (Retryable, Refused) as error:
        return Verdict.failed("programs", f"the node does not tell: {error}")
    missing = [name for name, account in zip(("pump", "PumpSwap"), found, strict=True) if account is None]
    if missing:
        return Verdict.failed(
            "programs", f"{' and '.join(missing)} not found on this chain; is SOLANA_RPC_URL mainnet?"
        )
    return Verdict.passed("programs", "pump and PumpSwap are there")
