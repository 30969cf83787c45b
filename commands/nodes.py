"""The configured nodes, as commands that need the chain for a moment reach them."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import gevent

from actors.adapters.environment import addresses
from actors.adapters.keys.signer import Signer
from actors.adapters.rpc.client import RpcClient
from actors.adapters.rpc.errors import OverBudget
from actors.adapters.rpc.node import Node
from actors.adapters.rpc.requests import CONFIRMED
from core.ports import Traces
from core.rules.generations import used_generations
from core.settings import Settings

T = TypeVar("T")


def node_urls(settings_file: str | None) -> tuple[str, ...]:
    """SOLANA_RPC_URL; empty where none is configured. They may hold keys."""
    return addresses("SOLANA_RPC_URL", file=Path(settings_file) if settings_file else None)


def client_of(settings: Settings, urls: Sequence[str]) -> RpcClient:
    """Raises Refused for an address that is none."""
    return RpcClient(urls, settings.rpc, settings.rpc_budget, plain_hosts=settings.runtime.plain_hosts)


class ChainTraces:
    """Implements `core.ports.Traces` over RPC. Patient: where calls are rationed it waits for its turn."""

    def __init__(self, node: Node) -> None:
        self._node = node

    def any_used(self, addresses: Sequence[str]) -> bool:
        node = self._node
        if any(account is not None for account in _patiently(lambda: node.accounts(addresses, CONFIRMED)).accounts):
            return True
        for address in addresses:
            if _patiently(lambda one=address: node.signatures(one, limit=1)):  # type: ignore[misc]  # bound now
                return True
            if _patiently(lambda one=address: node.token_accounts(one)).holdings:  # type: ignore[misc]
                return True
        return False


def _patiently(ask: Callable[[], T]) -> T:
    while True:
        try:
            return ask()
        except OverBudget as ration:
            gevent.sleep(ration.wait_s)


def newest_generation(traces: Traces, signer: Signer) -> int:
    """The newest generation of these keys with a trace on the chain; 0 where there is none. Raises Retryable."""

    def is_used(generation: int) -> bool:
        return traces.any_used(tuple(signer.addresses(generation).values()))

    return max(used_generations(is_used), default=0)


def scan(settings: Settings, settings_file: str | None) -> Callable[[Signer], int] | None:
    """Looks for the newest generation on the configured nodes; None where none is configured."""
    urls = node_urls(settings_file)
    if not urls:
        return None

    def newest(signer: Signer) -> int:
        client = client_of(settings, urls)
        try:
            return newest_generation(ChainTraces(Node(client)), signer)
        finally:
            client.close()

    return newest
