import pytest
from solders.hash import Hash
from solders.litesvm import LiteSVM
from solders.transaction import VersionedTransaction
from solders.transaction_metadata import FailedTransactionMetadata

from core.chain.build import nonce
from core.chain.build.funds import transfer
from core.chain.build.signing import compile_message, sign
from core.chain.codec.kinds import Undecodable
from core.chain.rent import NONCE_ACCOUNT_LAMPORTS
from core.types import LAMPORTS_PER_SOL
from tests.chain.build.coins import USER, key, wallet
from tests.chain.build.local import balance, chain, land, send

USER_KEY = USER.pubkey()
ACCOUNT = wallet("nonce")
# A nonce can be advanced or closed only under another blockhash than it was made under.
LATER = Hash.hash(b"a later block")


def value(svm: LiteSVM) -> Hash:
    held = svm.get_account(ACCOUNT.pubkey())
    assert held is not None
    read = nonce.decode_nonce(held.data)
    assert read.authority == USER_KEY
    return read.value


def test_a_nonce_makes_a_transaction_land_once_and_only_once():
    svm = chain()
    send(svm, nonce.create(USER_KEY, ACCOUNT.pubkey(), USER_KEY), USER, ACCOUNT)
    first = value(svm)
    paid = [nonce.advance(ACCOUNT.pubkey(), USER_KEY), transfer(USER_KEY, key("cold"), LAMPORTS_PER_SOL // 10)]
    signed = sign(compile_message(USER_KEY, paid, first), [USER], None)

    land(svm, signed)
    again = svm.send_transaction(VersionedTransaction.from_bytes(signed.raw))

    assert signed.last_valid_block_height is None
    assert value(svm) != first
    assert isinstance(again, FailedTransactionMetadata)
    assert balance(svm, key("cold")) == LAMPORTS_PER_SOL // 10


def test_a_closed_nonce_gives_its_rent_back():
    svm = chain()
    send(svm, nonce.create(USER_KEY, ACCOUNT.pubkey(), USER_KEY), USER, ACCOUNT)
    closing = compile_message(USER_KEY, [nonce.close(ACCOUNT.pubkey(), USER_KEY, key("cold"))], LATER)
    land(svm, sign(closing, [USER], 1))

    assert balance(svm, ACCOUNT.pubkey()) == 0
    assert balance(svm, key("cold")) == NONCE_ACCOUNT_LAMPORTS


@pytest.mark.parametrize(("data", "reason"), [(b"", "length"), (bytes(79), "length"), (bytes(80), "uninitialized")])
def test_what_is_no_nonce_is_told_by_its_reason(data: bytes, reason: str):
    with pytest.raises(Undecodable, match=reason):
        nonce.decode_nonce(data)
