"""Methods about the chain as a whole: slots, blockhashes, fees, health."""

from base64 import b64decode
from typing import Any

from solders.hash import Hash
from solders.message import from_bytes_versioned

from localnet.chain import Chain
from localnet.execution import SIGNATURE_LAMPORTS, priority_fee
from localnet.rpc.answers import API_VERSION, Method, argument, at, config_of, seen
from localnet.rpc.errors import UNHEALTHY, RpcError
from localnet.rpc.values import commitment

GENESIS_HASH = str(Hash.hash(b"micro-lightning localnet"))
HEALTHY_SLOTS = 128
"""A node further behind calls itself unhealthy."""


def get_latest_blockhash(chain: Chain, params: list[Any]) -> Any:
    config = config_of(params, 0)
    slot = seen(chain, config)
    blockhash, height = chain.blockhash_seen(commitment(config))
    return at(slot, {"blockhash": blockhash, "lastValidBlockHeight": height})


def is_blockhash_valid(chain: Chain, params: list[Any]) -> Any:
    slot = seen(chain, config_of(params, 1))
    return at(slot, chain.is_recent(argument(params, 0, "a blockhash")))


def get_slot(chain: Chain, params: list[Any]) -> Any:
    return seen(chain, config_of(params, 0))


def get_block_height(chain: Chain, params: list[Any]) -> Any:
    return chain.height(seen(chain, config_of(params, 0)))


def get_block_time(chain: Chain, params: list[Any]) -> Any:
    slot = argument(params, 0, "a slot")
    if slot > chain.slot:
        raise RpcError(-32004, f"Block not available for slot {slot}")
    return int(chain.at_s - (chain.slot - slot) * chain.pace.slot_s)


def get_epoch_info(chain: Chain, params: list[Any]) -> Any:
    slot = seen(chain, config_of(params, 0))
    epoch, index = divmod(slot, 432_000)
    return {
        "absoluteSlot": slot,
        "blockHeight": chain.height(slot),
        "epoch": epoch,
        "slotIndex": index,
        "slotsInEpoch": 432_000,
        "transactionCount": len(chain.history),
    }


def get_recent_prioritization_fees(chain: Chain, params: list[Any]) -> Any:
    last = chain.slot_seen()
    return [{"slot": slot, "prioritizationFee": fee} for slot, fee in chain.fees if slot <= last]


def get_fee_for_message(chain: Chain, params: list[Any]) -> Any:
    slot = seen(chain, config_of(params, 1))
    try:
        message = from_bytes_versioned(b64decode(argument(params, 0, "a message")))
    except ValueError as error:
        raise RpcError(-32602, f"invalid message: {error}") from None
    if not chain.is_recent(str(message.recent_blockhash)):
        return at(slot, None)
    return at(slot, SIGNATURE_LAMPORTS * message.header.num_required_signatures + priority_fee(message)[1])


def get_health(chain: Chain, params: list[Any]) -> Any:
    behind = chain.faults.switches.lag_slots
    if behind > HEALTHY_SLOTS:
        raise RpcError(UNHEALTHY, f"Node is behind by {behind} slots", {"numSlotsBehind": behind})
    return "ok"


def get_version(chain: Chain, params: list[Any]) -> Any:
    return {"feature-set": 3_640_012_085, "solana-core": API_VERSION}


def get_genesis_hash(chain: Chain, params: list[Any]) -> Any:
    return GENESIS_HASH


def get_first_available_block(chain: Chain, params: list[Any]) -> Any:
    return chain.pace.first_slot


METHODS: dict[str, Method] = {
    "getLatestBlockhash": get_latest_blockhash,
    "isBlockhashValid": is_blockhash_valid,
    "getSlot": get_slot,
    "getBlockHeight": get_block_height,
    "getBlockTime": get_block_time,
    "getEpochInfo": get_epoch_info,
    "getRecentPrioritizationFees": get_recent_prioritization_fees,
    "getFeeForMessage": get_fee_for_message,
    "getHealth": get_health,
    "getVersion": get_version,
    "getGenesisHash": get_genesis_hash,
    "getFirstAvailableBlock": get_first_available_block,
    "minimumLedgerSlot": get_first_available_block,
}
