"""Proof that a transaction is not on the chain, and never will be: an endpoint that has forgotten must not be believed.

Absence counts only when read at finalized, at a slot not older than the last that we know of, with the full history
searched, and on two endpoints where two are configured (architecture.md, order life cycle).
"""

from msgspec import Raw

from actors.adapters.rpc import requests, shapes
from actors.adapters.rpc.answers import Absent, Landed
from actors.adapters.rpc.client import RpcClient
from actors.adapters.rpc.endpoint import Endpoint
from actors.adapters.rpc.errors import NodeBehind, NoEndpoint, RpcError
from actors.adapters.rpc.requests import FINALIZED
from actors.adapters.rpc.wire import Contextual

WITNESSES = 2


def read_finalized(
    client: RpcClient, signature: str, *, min_slot: int = 0, for_exit: bool = False
) -> Landed | Absent | None:
    """What became of a transaction, for good. None: seen, but not final yet; ask again.

    Raises RpcError when too few endpoints answer: then nothing is known. One endpoint that has it is enough; for its
    absence every witness must have finalized `min_slot` and know nothing of the signature.
    """
    wanted = min(WITNESSES, len(client.endpoints))
    absent: list[tuple[int, int]] = []
    last: RpcError | None = None
    for endpoint in client.best(len(client.endpoints)):
        try:
            found = _at(client, endpoint, signature, min_slot=min_slot, for_exit=for_exit)
        except RpcError as error:
            last = error
            continue
        if not isinstance(found, tuple):
            return found
        absent.append(found)
        if len(absent) == wanted:
            return Absent(signature, min(slot for slot, _ in absent), min(height for _, height in absent), wanted)
    raise last if last is not None else NoEndpoint("no endpoint was asked")


def _at(
    client: RpcClient, endpoint: Endpoint, signature: str, *, min_slot: int, for_exit: bool
) -> Landed | tuple[int, int] | None:
    """What one endpoint knows; (finalized slot, block height) when it is absent there."""
    slot = client.ask_at(endpoint, requests.slot(FINALIZED, min_slot), int, for_exit=for_exit)
    if slot < min_slot:
        raise NodeBehind(slot, min_slot)
    height = client.ask_at(endpoint, requests.block_height(FINALIZED, min_slot), int, for_exit=for_exit)
    raw = client.ask_at(endpoint, requests.transaction(signature, FINALIZED), Raw, for_exit=for_exit)
    landed = shapes.landed(signature, raw)
    if landed is not None:
        return landed
    kind = Contextual[list[shapes.StatusShape | None]]
    read = client.ask_at(endpoint, requests.statuses([signature], history=True), kind, for_exit=for_exit)
    if read.context.slot < max(slot, min_slot):
        # Behind a load balancer another node answered than the one that had finalized the slot.
        raise NodeBehind(read.context.slot, max(slot, min_slot))
    return (slot, height) if not any(read.value) else None
