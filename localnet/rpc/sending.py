"""Methods that take transactions: to land, to be tried, and the faucet's."""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

from base58 import b58decode
from solders.hash import Hash
from solders.keypair import Keypair
from solders.message import MessageV0
from solders.pubkey import Pubkey
from solders.system_program import TransferParams, transfer
from solders.transaction import VersionedTransaction
from solders.transaction_metadata import FailedTransactionMetadata

from localnet.chain import Chain
from localnet.execution import inner_instructions, resolve
from localnet.genesis import faucet
from localnet.rpc.answers import Method, argument, at, config_of
from localnet.rpc.errors import PREFLIGHT, SIGNATURE, RpcError
from localnet.rpc.ledger import shown
from localnet.rpc.values import account_json, check_context, commitment, pubkey

MOST_BYTES = 1_232
_TYPE = "solana_transaction::versioned::VersionedTransaction"


def decoded(text: Any, config: Mapping[str, Any]) -> tuple[VersionedTransaction, bytes]:
    """RpcError for what is no transaction, with the words of a real node."""
    encoding = config.get("encoding") or "base58"
    if encoding not in ("base58", "base64"):
        raise RpcError(-32602, f"unsupported encoding: {encoding}. Supported encodings: base58, base64")
    try:
        raw = b64decode(text, validate=True) if encoding == "base64" else b58decode(text)
    except (ValueError, TypeError) as error:
        raise RpcError(-32602, f"invalid {encoding} encoding: {error}") from None
    if len(raw) > MOST_BYTES:
        raise RpcError(-32602, f"decoded {_TYPE} too large: {len(raw)} bytes (max: {MOST_BYTES} bytes)")
    try:
        transaction = VersionedTransaction.from_bytes(raw)
    except Exception as error:  # noqa: BLE001 - the parser's exceptions have no common base of their own
        raise RpcError(-32602, f"failed to deserialize {_TYPE}: {error}") from None
    message = transaction.message
    places = [place for one in message.instructions for place in (one.program_id_index, *bytes(one.accounts))]
    lookups = message.address_table_lookups if isinstance(message, MessageV0) else []
    loaded = sum(len(lookup.writable_indexes) + len(lookup.readonly_indexes) for lookup in lookups)
    if len(transaction.signatures) != message.header.num_required_signatures or any(
        place >= len(message.account_keys) + loaded for place in places
    ):
        raise RpcError(-32602, "invalid transaction: Transaction failed to sanitize accounts offsets correctly")
    return transaction, raw


def send_transaction(chain: Chain, params: list[Any]) -> Any:
    config = config_of(params, 1)
    transaction, raw = decoded(argument(params, 0, "a transaction"), config)
    check_context(config, chain.slot_seen("processed"))
    if not config.get("skipPreflight"):
        if not all(transaction.verify_with_results()):
            raise RpcError(SIGNATURE, "Transaction signature verification failure")
        tried = simulated(chain, transaction, {}, checks_hash=True)
        if tried["err"] is not None:
            raise RpcError(PREFLIGHT, f"Transaction simulation failed: {_words(tried['err'])}", tried)
    chain.submit(transaction, raw)
    return str(transaction.signatures[0])


def _words(err: Any) -> str:
    if err == "BlockhashNotFound":
        return "Blockhash not found"
    if isinstance(err, dict) and "InstructionError" in err:
        place, what = err["InstructionError"]
        if isinstance(what, dict) and "Custom" in what:
            return f"Error processing Instruction {place}: custom program error: 0x{what['Custom']:x}"
        return f"Error processing Instruction {place}: {what}"
    return str(err)


def simulate_transaction(chain: Chain, params: list[Any]) -> Any:
    config = config_of(params, 1)
    transaction, _ = decoded(argument(params, 0, "a transaction"), config)
    slot = chain.slot_seen(commitment(config))
    check_context(config, slot)
    replaces = bool(config.get("replaceRecentBlockhash"))
    if chain.faults.switches.simulations_fail:
        raise RpcError(-32603, "Internal error: the simulation was switched off")
    if config.get("sigVerify"):
        if replaces:
            raise RpcError(-32602, "sigVerify may not be used with replaceRecentBlockhash")
        if not all(transaction.verify_with_results()):
            raise RpcError(SIGNATURE, "Transaction signature verification failure")
    return at(slot, simulated(chain, transaction, config, checks_hash=not replaces))


def simulated(
    chain: Chain, transaction: VersionedTransaction, config: Mapping[str, Any], *, checks_hash: bool
) -> dict[str, Any]:
    """The outcome of the transaction on the present state, which it does not change."""
    answer: dict[str, Any] = {
        "accounts": None,
        "err": None,
        "innerInstructions": None,
        "loadedAccountsDataSize": 0,
        "logs": [],
        "replacementBlockhash": None,
        "returnData": None,
        "unitsConsumed": 0,
    }
    if not checks_hash:
        blockhash, height = chain.blockhash_seen("processed")
        answer["replacementBlockhash"] = {"blockhash": blockhash, "lastValidBlockHeight": height}
    elif not chain.accepts(transaction):
        return answer | {"err": "BlockhashNotFound"}
    elif str(transaction.signatures[0]) in chain.history:
        return answer | {"err": "AlreadyProcessed"}
    try:
        resolve(chain.bank, transaction.message)
    except LookupError:
        return answer | {"err": "AddressLookupTableNotFound"}
    result = chain.bank.svm.simulate_transaction(transaction)
    if isinstance(result, FailedTransactionMetadata):
        answer["err"] = json.loads(result.to_json())["err"]
    meta = result.meta()
    returned = meta.return_data()
    answer |= {"logs": meta.logs(), "unitsConsumed": meta.compute_units_consumed()}
    if bytes(returned.data):
        text = b64encode(bytes(returned.data)).decode()
        answer["returnData"] = {"programId": str(returned.program_id), "data": [text, "base64"]}
    if config.get("innerInstructions"):
        answer["innerInstructions"] = shown(inner_instructions(meta))
    wanted = config.get("accounts")
    if wanted:
        answer["accounts"] = _accounts(chain, result, wanted)
    return answer


def _accounts(chain: Chain, result: Any, wanted: Mapping[str, Any]) -> list[Any]:
    """Accounts after the simulation: as it left them, or as they are where it touched nothing."""
    after = {} if isinstance(result, FailedTransactionMetadata) else dict(result.post_accounts())
    rows = []
    for address in wanted["addresses"]:
        found = pubkey(address)
        account = after.get(found) or chain.bank.account(found)
        rows.append(account_json(chain.bank, account if account and account.lamports else None, wanted))
    return rows


def request_airdrop(chain: Chain, params: list[Any]) -> Any:
    """A transfer of the faucet, in the next slot."""
    to, lamports = pubkey(argument(params, 0, "a key")), argument(params, 1, "lamports")
    transaction = airdrop(chain, faucet(), to, lamports)
    chain.queue(transaction)
    return str(transaction.signatures[0])


def airdrop(chain: Chain, faucet_key: Keypair, to: Pubkey, lamports: int) -> VersionedTransaction:
    paid = transfer(TransferParams(from_pubkey=faucet_key.pubkey(), to_pubkey=to, lamports=lamports))
    blockhash = Hash.from_string(chain.blockhash_seen("processed")[0])
    message = MessageV0.try_compile(faucet_key.pubkey(), [paid], [], blockhash)
    return VersionedTransaction(message, [faucet_key])


METHODS: dict[str, Method] = {
    "sendTransaction": send_transaction,
    "simulateTransaction": simulate_transaction,
    "requestAirdrop": request_airdrop,
}
