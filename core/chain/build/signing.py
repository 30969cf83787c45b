"""From instructions to signed bytes: version 0 messages, signatures, and templates whose amounts change.

The first signature is the transaction's name and is known here, before anything is sent.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec import Struct
from solders.address_lookup_table_account import AddressLookupTableAccount
from solders.hash import Hash
from solders.instruction import Instruction
from solders.message import MessageV0
from solders.pubkey import Pubkey
from solders.signature import Signature

from core.chain.codec.keys import KEY_BYTES
from core.errors import Refused

TRANSACTION_BYTES = 1_232
"""The most that the network carries: an IPv6 packet less its headers (chain constant)."""
SIGNATURE_BYTES = 64
_VERSION_AND_HEADER_BYTES = 4


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


class Template:
    """A transaction that is compiled once and sent many times with another blockhash, amounts and fees.

    Only the data of instructions changes, never its length or the accounts.
    """

    def __init__(
        self,
        payer: Pubkey,
        instructions: Sequence[Instruction],
        tables: Sequence[AddressLookupTableAccount] = (),
    ) -> None:
        """Refused when the transaction is larger than the network carries."""
        message = compile_message(payer, instructions, Hash.default(), tables)
        self._required = message.account_keys[: message.header.num_required_signatures]
        self._blockhash_at = _VERSION_AND_HEADER_BYTES + 1 + len(message.account_keys) * KEY_BYTES
        self._message = message_bytes(message)
        self._places = _data_places(message, self._blockhash_at + KEY_BYTES)

    @property
    def payer(self) -> Pubkey:
        return self._required[0]

    def sign(
        self,
        blockhash: Hash,
        data: Mapping[int, bytes],
        signers: Sequence[Signer],
        last_valid_block_height: int | None,
    ) -> SignedTransaction:
        """The transaction with this blockhash, and with the data of some instructions, by their index, replaced.

        Refused when data has another length or beginning than before (it is another instruction's then), or the signers
        are not those that the message names.
        """
        message = bytearray(self._message)
        message[self._blockhash_at : self._blockhash_at + KEY_BYTES] = bytes(blockhash)
        for index, new in data.items():
            start, end = self._places[index]
            if len(new) != end - start or new[0] != message[start]:
                raise Refused(f"data of {len(new)} bytes is not that of instruction {index}, of {end - start} bytes")
            message[start:end] = new
        return _signed(bytes(message), _in_order(self._required, signers), last_valid_block_height)


def _data_places(message: MessageV0, at: int) -> list[tuple[int, int]]:
    """Where the data of each instruction stands in the signed bytes; `at` is where their count begins."""
    places = []
    at += 1
    for instruction in message.instructions:
        at += 1 + 1 + len(instruction.accounts)
        length = len(instruction.data)
        # A compact length has seven bits in its first byte.
        at += 1 if length < 0x80 else 2
        places.append((at, at + length))
        at += length
    return places


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
