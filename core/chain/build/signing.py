"""From instructions to signed bytes: version 0 messages and their signatures.

The first signature is the transaction's name and is known here, before anything is sent.
"""

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct
from solders.address_lookup_table_account import AddressLookupTableAccount
from solders.hash import Hash
from solders.instruction import Instruction
from solders.message import MessageV0
from solders.pubkey import Pubkey
from solders.signature import Signature

from core.errors import Refused

TRANSACTION_BYTES = 1_232
"""The most that the network carries: an IPv6 packet less its headers (chain constant)."""
SIGNATURE_BYTES = 64


class Signer(Protocol):
    """Who can sign, without showing its key. A `solders` Keypair is one."""

    def pubkey(self) -> Pubkey: ...

    def sign_message(self, message: bytes) -> Signature: ...


class SignedTransaction(Struct, frozen=True):
    """Bytes ready to send. `signature` is base58.

    After `last_valid_block_height` it can land no more; None with a durable nonce, which must advance first.
    """

    raw: bytes
    signature: str
    last_valid_block_height: int | None


def compile_message(
    payer: Pubkey,
    instructions: Sequence[Instruction],
    blockhash: Hash,
    tables: Sequence[AddressLookupTableAccount] = (),
) -> MessageV0:
    """One version 0 message that `payer` pays for. Refused when it is larger than the network carries."""
    message = MessageV0.try_compile(payer, instructions, tables, blockhash)
    size = transaction_bytes(message)
    if size > TRANSACTION_BYTES:
        raise Refused(
            f"the transaction has {size} bytes and may have {TRANSACTION_BYTES}: "
            "send fewer instructions at once or name accounts through a lookup table"
        )
    return message


def transaction_bytes(message: MessageV0) -> int:
    """Length of the transaction with all its signatures."""
    return 1 + message.header.num_required_signatures * SIGNATURE_BYTES + 1 + len(bytes(message))


def sign(message: MessageV0, signers: Sequence[Signer], last_valid_block_height: int | None) -> SignedTransaction:
    """Sign with exactly the signers that the message names, in any order. Refused when one lacks or is too many."""
    required = message.account_keys[: message.header.num_required_signatures]
    return _signed(message_bytes(message), _in_order(required, signers), last_valid_block_height)


def message_bytes(message: MessageV0) -> bytes:
    """What is signed: the version's byte and the message."""
    return b"\x80" + bytes(message)


def _in_order(required: Sequence[Pubkey], signers: Sequence[Signer]) -> list[Signer]:
    by_key = {signer.pubkey(): signer for signer in signers}
    missing = [str(key) for key in required if key not in by_key]
    if missing:
        raise Refused(f"the transaction must also be signed by {', '.join(missing)}")
    if len(by_key) > len(required):
        extra = [str(key) for key in by_key if key not in required]
        raise Refused(f"the transaction names no signature of {', '.join(extra)}")
    return [by_key[key] for key in required]


def _signed(message: bytes, signers: Sequence[Signer], last_valid_block_height: int | None) -> SignedTransaction:
    signatures = [signer.sign_message(message) for signer in signers]
    raw = bytes([len(signatures)]) + b"".join(map(bytes, signatures)) + message
    return SignedTransaction(raw, str(signatures[0]), last_valid_block_height)
