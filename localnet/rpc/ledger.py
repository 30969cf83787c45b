"""Methods that read landed transactions."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any

from base58 import b58encode
from solders.message import MessageV0
from solders.transaction import VersionedTransaction

from localnet.chain import BLOCKHASH_SLOTS, Chain
from localnet.records import Landed, TokenBalance
from localnet.rpc.answers import Method, argument, at, config_of
from localnet.rpc.errors import VERSION, RpcError
from localnet.rpc.values import check_context, commitment, ui_amount

MOST_STATUSES = 256
MOST_SIGNATURES = 1_000


def get_signature_statuses(chain: Chain, params: list[Any]) -> Any:
    signatures, config = argument(params, 0, "a list of signatures"), config_of(params, 1)
    if len(signatures) > MOST_STATUSES:
        raise RpcError(-32602, f"Too many inputs provided; max {MOST_STATUSES}")
    slot = chain.slot_seen()
    found = []
    for signature in signatures:
        landed = chain.history.get(signature)
        # Without the whole history a node looks only at what it has at hand.
        is_at_hand = landed is not None and (
            config.get("searchTransactionHistory") or landed.slot > slot - BLOCKHASH_SLOTS
        )
        found.append(status(chain, landed) if landed is not None and is_at_hand and chain.sees(landed) else None)
    return at(slot, found)


def status(chain: Chain, landed: Landed) -> dict[str, Any]:
    level = chain.commitment_of(landed)
    return {
        "slot": landed.slot,
        "confirmations": None if level == "finalized" else chain.slot_seen() - landed.slot,
        "err": landed.err,
        "status": {"Ok": None} if landed.err is None else {"Err": landed.err},
        "confirmationStatus": level,
    }


def _is_shown(chain: Chain, landed: Landed | None, level: str) -> bool:
    return landed is not None and chain.sees(landed) and landed.slot <= chain.slot_seen(level)


def _level(config: Mapping[str, Any]) -> str:
    level = commitment(config)
    if level == "processed":
        raise RpcError(-32602, "Method does not support commitment below `confirmed`")
    return level


def get_signatures_for_address(chain: Chain, params: list[Any]) -> Any:
    address, config = argument(params, 0, "an address"), config_of(params, 1)
    level = _level(config)
    check_context(config, chain.slot_seen(level))
    before, until, limit = config.get("before"), config.get("until"), config.get("limit")
    limit = MOST_SIGNATURES if limit is None else limit
    if not 0 < limit <= MOST_SIGNATURES:
        raise RpcError(-32602, f"Invalid limit; max {MOST_SIGNATURES}")
    found: list[dict[str, Any]] = []
    waits = before is not None
    for landed in chain.history.of(address):
        if waits:
            waits = landed.signature != before
            continue
        if landed.signature == until or len(found) == limit:
            break
        if _is_shown(chain, landed, level):
            found.append(
                {
                    "signature": landed.signature,
                    "slot": landed.slot,
                    "err": landed.err,
                    "memo": None,
                    "blockTime": landed.block_time_s,
                    "confirmationStatus": chain.commitment_of(landed),
                }
            )
    return found


def get_transaction(chain: Chain, params: list[Any]) -> Any:
    signature = argument(params, 0, "a signature")
    given = params[1] if len(params) > 1 else None
    config = {"encoding": given} if isinstance(given, str) else config_of(params, 1)
    level = _level(config)
    landed = chain.history.get(signature)
    if landed is None or not _is_shown(chain, landed, level):
        return None
    if landed.is_versioned and config.get("maxSupportedTransactionVersion") is None:
        raise RpcError(
            VERSION,
            "Transaction version (0) is not supported by the requesting client. Please try the request again with the "
            'following configuration parameter: "maxSupportedTransactionVersion": 0',
        )
    encoding = config.get("encoding") or "json"
    return {
        "slot": landed.slot,
        "blockTime": landed.block_time_s,
        "version": 0 if landed.is_versioned else "legacy",
        "transaction": _transaction(landed, encoding),
        "meta": _meta(landed, is_parsed=encoding == "jsonParsed"),
    }


def _transaction(landed: Landed, encoding: str) -> Any:
    if encoding == "base64":
        return [b64encode(landed.raw).decode(), "base64"]
    if encoding == "base58":
        return [b58encode(landed.raw).decode(), "base58"]
    transaction = VersionedTransaction.from_bytes(landed.raw)
    message = transaction.message
    body: dict[str, Any] = {"recentBlockhash": str(message.recent_blockhash)}
    if encoding == "jsonParsed":
        body |= {"accountKeys": _parsed_keys(landed, message), "instructions": _parsed_instructions(landed, message)}
    elif encoding == "json":
        body |= _plain(message)
    else:
        raise RpcError(-32602, f"unknown encoding {encoding!r}")
    if isinstance(message, MessageV0):
        body["addressTableLookups"] = [
            {
                "accountKey": str(lookup.account_key),
                "writableIndexes": list(lookup.writable_indexes),
                "readonlyIndexes": list(lookup.readonly_indexes),
            }
            for lookup in message.address_table_lookups
        ]
    return {"signatures": [str(one) for one in transaction.signatures], "message": body}


def _plain(message: Any) -> dict[str, Any]:
    head = message.header
    return {
        "accountKeys": [str(key) for key in message.account_keys],
        "header": {
            "numRequiredSignatures": head.num_required_signatures,
            "numReadonlySignedAccounts": head.num_readonly_signed_accounts,
            "numReadonlyUnsignedAccounts": head.num_readonly_unsigned_accounts,
        },
        "instructions": [
            {
                "programIdIndex": one.program_id_index,
                "accounts": list(one.accounts),
                "data": b58encode(bytes(one.data)).decode(),
                "stackHeight": None,
            }
            for one in message.instructions
        ],
    }


def _parsed_keys(landed: Landed, message: Any) -> list[dict[str, Any]]:
    head, own = message.header, len(message.account_keys)
    signers = head.num_required_signatures
    rows = []
    for place, key in enumerate(landed.keys):
        writable = (
            place < own + len(landed.loaded_writable)
            if place >= own
            else place < signers - head.num_readonly_signed_accounts
            or signers <= place < own - head.num_readonly_unsigned_accounts
        )
        source = "transaction" if place < own else "lookupTable"
        rows.append({"pubkey": key, "signer": place < signers, "writable": writable, "source": source})
    return rows


def _parsed_instructions(landed: Landed, message: Any) -> list[dict[str, Any]]:
    """As a node shows instructions of programs that it cannot parse."""
    return [
        {
            "programId": landed.keys[one.program_id_index],
            "accounts": [landed.keys[place] for place in bytes(one.accounts)],
            "data": b58encode(bytes(one.data)).decode(),
            "stackHeight": None,
        }
        for one in message.instructions
    ]


def _meta(landed: Landed, *, is_parsed: bool) -> dict[str, Any]:
    inner = shown(landed.inner)
    if is_parsed:
        inner = [
            {"index": group["index"], "instructions": [_named(landed, row) for row in group["instructions"]]}
            for group in inner
        ]
    meta = {
        "err": landed.err,
        "status": {"Ok": None} if landed.err is None else {"Err": landed.err},
        "fee": landed.fee_lamports,
        "preBalances": list(landed.pre_lamports),
        "postBalances": list(landed.post_lamports),
        "innerInstructions": inner,
        "logMessages": list(landed.logs),
        "preTokenBalances": _tokens(landed.pre_tokens),
        "postTokenBalances": _tokens(landed.post_tokens),
        "rewards": [],
        "computeUnitsConsumed": landed.units,
    }
    if not is_parsed:
        loaded = {"writable": list(landed.loaded_writable), "readonly": list(landed.loaded_readonly)}
        meta["loadedAddresses"] = loaded
    return meta


def shown(groups: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Inner instructions with their data as text."""
    return [
        {
            "index": group["index"],
            "instructions": [row | {"data": b58encode(row["data"]).decode()} for row in group["instructions"]],
        }
        for group in groups
    ]


def _named(landed: Landed, row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "programId": landed.keys[row["programIdIndex"]],
        "accounts": [landed.keys[place] for place in row["accounts"]],
        "data": row["data"],
        "stackHeight": row["stackHeight"],
    }


def _tokens(balances: Sequence[TokenBalance]) -> list[dict[str, Any]]:
    return [
        {
            "accountIndex": one.index,
            "mint": one.mint,
            "owner": one.owner,
            "programId": one.program,
            "uiTokenAmount": ui_amount(one.amount, one.decimals),
        }
        for one in balances
    ]


METHODS: dict[str, Method] = {
    "getSignatureStatuses": get_signature_statuses,
    "getSignaturesForAddress": get_signatures_for_address,
    "getTransaction": get_transaction,
}
