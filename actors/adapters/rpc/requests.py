"""The calls that are made to nodes, as bytes. Made by `solders`, so that they are spelled as the nodes spell them.

Addresses and signatures are base58; one that is none raises Refused before anything is sent.
"""

from collections.abc import Sequence

from solders.account_decoder import UiAccountEncoding
from solders.commitment_config import CommitmentLevel
from solders.pubkey import Pubkey
from solders.rpc import config, requests
from solders.signature import Signature
from solders.transaction import VersionedTransaction
from solders.transaction_status import UiTransactionEncoding

from actors.adapters.rpc.wire import Request
from core.errors import Refused

PROCESSED, CONFIRMED, FINALIZED = "processed", "confirmed", "finalized"
_LEVELS = {
    PROCESSED: CommitmentLevel.Processed,
    CONFIRMED: CommitmentLevel.Confirmed,
    FINALIZED: CommitmentLevel.Finalized,
}
_BASE64 = UiAccountEncoding.Base64


def slot(commitment: str, min_slot: int = 0) -> Request:
    return _request("getSlot", requests.GetSlot(_context(commitment, min_slot)), commitment)


def block_height(commitment: str, min_slot: int = 0) -> Request:
    return _request("getBlockHeight", requests.GetBlockHeight(_context(commitment, min_slot)), commitment)


def block_time(slot: int) -> Request:
    return _request("getBlockTime", requests.GetBlockTime(slot), CONFIRMED)


def latest_blockhash(commitment: str, min_slot: int = 0) -> Request:
    return _request("getLatestBlockhash", requests.GetLatestBlockhash(_context(commitment, min_slot)), commitment)


def accounts(addresses: Sequence[str], commitment: str, min_slot: int = 0) -> Request:
    body = requests.GetMultipleAccounts([key(one) for one in addresses], _account(commitment, min_slot))
    return _request("getMultipleAccounts", body, commitment)


def token_accounts(owner: str, program: str, commitment: str, min_slot: int = 0) -> Request:
    wanted = config.RpcTokenAccountsFilterProgramId(key(program))
    body = requests.GetTokenAccountsByOwner(key(owner), wanted, _account(commitment, min_slot))
    return _request("getTokenAccountsByOwner", body, commitment)


def largest_accounts(mint: str, commitment: str) -> Request:
    body = requests.GetTokenLargestAccounts(key(mint), _LEVELS[commitment])
    return _request("getTokenLargestAccounts", body, commitment)


def statuses(signatures: Sequence[str], *, history: bool) -> Request:
    body = requests.GetSignatureStatuses(
        [signature(one) for one in signatures], config.RpcSignatureStatusConfig(history)
    )
    return _request("getSignatureStatuses", body, PROCESSED)


def transaction(text: str, commitment: str) -> Request:
    wanted = config.RpcTransactionConfig(UiTransactionEncoding.Json, _LEVELS[commitment], 0)
    return _request("getTransaction", requests.GetTransaction(signature(text), wanted), commitment)


def signatures_for(address: str, *, until: str, before: str, limit: int, commitment: str, min_slot: int = 0) -> Request:
    wanted = config.RpcSignaturesForAddressConfig(
        before=signature(before) if before else None,
        until=signature(until) if until else None,
        limit=limit,
        commitment=_LEVELS[commitment],
        min_context_slot=min_slot or None,
    )
    return _request("getSignaturesForAddress", requests.GetSignaturesForAddress(key(address), wanted), commitment)


def simulate(
    raw: bytes, addresses: Sequence[str], *, replace_blockhash: bool, commitment: str, min_slot: int
) -> Request:
    """Signatures are not checked: what is simulated need not be signed."""
    shown = config.RpcSimulateTransactionAccountsConfig([key(one) for one in addresses], _BASE64)
    wanted = config.RpcSimulateTransactionConfig(
        sig_verify=False,
        replace_recent_blockhash=replace_blockhash,
        commitment=_LEVELS[commitment],
        accounts=shown if addresses else None,
        min_context_slot=min_slot or None,
    )
    body = requests.SimulateVersionedTransaction(_unpacked(raw), wanted)
    return _request("simulateTransaction", body, commitment)


def send(raw: bytes, *, skip_preflight: bool, min_slot: int = 0) -> Request:
    # No re-sending by the node: we do that ourselves, for as long as we want it.
    wanted = config.RpcSendTransactionConfig(
        skip_preflight=skip_preflight,
        preflight_commitment=None if skip_preflight else CommitmentLevel.Processed,
        max_retries=0,
        min_context_slot=min_slot or None,
    )
    return _request("sendTransaction", requests.SendRawTransaction(raw, wanted), PROCESSED)


def priority_fees(addresses: Sequence[str]) -> Request:
    return _request(
        "getRecentPrioritizationFees",
        requests.GetRecentPrioritizationFees([key(one) for one in addresses]),
        PROCESSED,
    )


def minimum_rent(size: int) -> Request:
    return _request("getMinimumBalanceForRentExemption", requests.GetMinimumBalanceForRentExemption(size), CONFIRMED)


def key(text: str) -> Pubkey:
    try:
        return Pubkey.from_string(text)
    except ValueError:
        raise Refused(f"{text[:64]!r} is no address") from None


def signature(text: str) -> Signature:
    try:
        return Signature.from_string(text)
    except ValueError:
        raise Refused(f"{text[:96]!r} is no signature") from None


def _unpacked(raw: bytes) -> VersionedTransaction:
    try:
        return VersionedTransaction.from_bytes(raw)
    except ValueError:
        raise Refused("these bytes are no transaction") from None


def _context(commitment: str, min_slot: int) -> config.RpcContextConfig:
    return config.RpcContextConfig(_LEVELS[commitment], min_slot or None)


def _account(commitment: str, min_slot: int) -> config.RpcAccountInfoConfig:
    return config.RpcAccountInfoConfig(_BASE64, None, _LEVELS[commitment], min_slot or None)


def _request(method: str, body: requests.Body, commitment: str) -> Request:
    return Request(method, body.to_json().encode(), commitment != FINALIZED)
