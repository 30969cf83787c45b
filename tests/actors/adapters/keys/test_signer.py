"""Known answers: BIP-39's own vectors, SLIP-10's own vectors, and what `solana-keygen` and phone wallets derive."""

import copy
import hashlib
import hmac
import pickle
import traceback

import base58
import msgspec
import pytest
from mnemonic import Mnemonic
from solders.hash import Hash
from solders.keypair import Keypair
from solders.pubkey import Pubkey
from solders.transaction import VersionedTransaction

from actors.adapters.keys import sealed
from actors.adapters.keys.secret import Secret
from actors.adapters.keys.signer import Signer
from core.chain.build.funds import transfer
from core.chain.build.signing import compile_message, sign
from core.errors import Refused
from core.rules.generations import derivation_path
from core.types import Role

ZEROS = "abandon " * 23 + "art"
HARDENED = 0x80000000


def slip10(seed: bytes, path: str) -> bytes:
    """SLIP-10 for ed25519, from its text alone."""
    node = hmac.new(b"ed25519 seed", seed, hashlib.sha512).digest()
    for level in path.split("/")[1:]:
        index = int(level.rstrip("'")) + HARDENED
        node = hmac.new(node[32:], b"\0" + node[:32] + index.to_bytes(4, "big"), hashlib.sha512).digest()
    return node[:32]


@pytest.mark.parametrize(
    ("path", "private"),
    [
        ("m", "2b4be7f19ee27bbf30c667b642d5f4aa69fd169872f8fc3059c08ebae2eb19e7"),
        ("m/0'", "68e0fe46dfb67e368c75379acec591dad19df3cde26e63b93a8e704f1dade7a3"),
        ("m/0'/1'", "b1d0bad404bf35da785a64ca1ac54b2617211d2777696fbffaf208f746ae84f2"),
        ("m/0'/1'/2'", "92a5b23c0b8a99e37d07df3fb9966917f5d06e02ddbd909c7e184371463e9fc9"),
    ],
)
def test_slip_10s_own_vectors(path: str, private: str) -> None:
    seed = bytes.fromhex("000102030405060708090a0b0c0d0e0f")
    assert slip10(seed, path).hex() == private


@pytest.mark.parametrize(
    ("entropy", "words", "seed"),
    [
        (
            "00" * 32,
            ZEROS,
            (
                "bda85446c68413707090a52022edd26a1c9462295029f2e60cd7c4f2bbd3097170af7a4d73245cafa9c3cca8d561a7c3de6f5d4a10be"
                "8ed2a5e608d68f92fcc8"
            ),
        ),
        (
            "ff" * 32,
            "zoo " * 23 + "vote",
            (
                "dd48c104698c30cfe2b6142103248622fb7bb0ff692eebb00089b32d22484e1613912f0a5b694407be899ffd31ed3992c456cdf60f5d"
                "4564b8ba3f05a69890ad"
            ),
        ),
    ],
)
def test_bip_39s_own_vectors(entropy: str, words: str, seed: str) -> None:
    """The published vectors take the passphrase TREZOR; ours is empty, as every Solana wallet's."""
    assert sealed.LANGUAGE.to_mnemonic(bytes.fromhex(entropy)) == words
    assert Mnemonic.to_seed(words, "TREZOR").hex() == seed
    assert sealed.checked_words(Secret(words)).reveal() == words


def test_the_first_account_is_that_of_solana_keygen_and_phone_wallets() -> None:
    seed = Mnemonic.to_seed("abandon " * 11 + "about")
    assert str(Keypair.from_seed_and_derivation_path(seed, derivation_path(0, Role.LIGHTNING)).pubkey()) == (
        "HAgk14JpMQLgt6rVgv7cBQFJWFto5Dqxi472uT3DKpqk"
    )
    assert derivation_path(0, Role.LIGHTNING) == "m/44'/501'/0'/0'"


def test_every_wallet_is_the_slip_10_key_of_its_path() -> None:
    signer, seed = Signer(Secret(ZEROS)), Mnemonic.to_seed(ZEROS)
    for generation in (0, 1, 2, 77):
        for number, role in enumerate(Role):
            private = slip10(seed, f"m/44'/501'/{8 * generation + number}'/0'")
            assert signer.address(generation, role) == str(Keypair.from_seed(private).pubkey())


def test_all_addresses_differ() -> None:
    signer = Signer(Secret(ZEROS))
    every = [address for generation in range(40) for address in signer.addresses(generation).values()]
    assert len(set(every)) == 200


def test_what_it_signs_verifies_and_equals_the_librarys_own_signature() -> None:
    signer = Signer(Secret(ZEROS))
    address = signer.address(3, Role.REENTRY)
    signature = signer.wallet_at(address).sign_message(b"a message")
    assert signature.verify(Pubkey.from_string(address), b"a message")
    private = slip10(Mnemonic.to_seed(ZEROS), derivation_path(3, Role.REENTRY))
    assert signature == Keypair.from_seed(private).sign_message(b"a message")


def test_a_transaction_is_signed_by_it_as_by_the_librarys_key() -> None:
    signer = Signer(Secret(ZEROS))
    source, payer = signer.wallet(0, Role.REENTRY), signer.wallet(0, Role.EMERGENCY_GAS)
    instruction = transfer(source.pubkey(), signer.wallet(1, Role.REENTRY).pubkey(), 5)
    message = compile_message(payer.pubkey(), [instruction], Hash.default())
    pairs = [one._pair for one in (payer, source)]
    assert sign(message, [source, payer], 7) == sign(message, pairs, 7)
    assert bytes(VersionedTransaction(message, pairs)) == sign(message, [source, payer], 7).raw


def test_it_signs_for_nobody_else() -> None:
    with pytest.raises(Refused, match="none of our wallets"):
        Signer(Secret(ZEROS)).wallet_at("11111111111111111111111111111111")


def forms(signer: Signer, words: str) -> list[str]:
    """Everything that must be seen nowhere: words, seed and the keys in the forms that people and programs write."""
    found = [words, *(" ".join(words.split()[at : at + 3]) for at in range(0, 24, 3))]
    pairs = [bytes(key._pair) for key in signer._keys.values()]
    for raw in (signer._seed, *pairs, *(pair[:32] for pair in pairs)):
        found += [raw.hex(), base58.b58encode(raw).decode(), repr(list(raw)), repr(raw)]
    return found


def traced(signer: Signer, address: str) -> str:
    """A traceback with the variables of every frame, from as deep in as Python goes."""
    try:
        signer.wallet_at(address).sign_message("no bytes")  # type: ignore[arg-type]
    except TypeError as error:
        return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    return ""


def test_nothing_shows_what_it_holds() -> None:
    words = sealed.new_words()
    signer = Signer(words)
    address = signer.address(0, Role.LIGHTNING)
    secrets = forms(signer, words.reveal())

    class Holder(msgspec.Struct):
        signer: Signer
        words: Secret

    held = Holder(signer, words)
    trace = traced(signer, address)
    shown = [
        repr(signer),
        str(signer),
        f"{signer} {words} {words!r:>20}",
        repr(held),
        repr(signer.wallet(0, Role.LIGHTNING)),
        repr(vars(Holder)),
        msgspec.json.encode(held, enc_hook=repr).decode(),
        repr(msgspec.to_builtins(held, enc_hook=repr)),
        trace,
    ]
    assert "signer = Signer(***)" in trace
    assert f"self = WalletKey({address}, ***)" in trace
    assert "Signer(***)" in shown[0]
    for text in shown:
        assert not [one for one in secrets if one in text]


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickle.dumps, msgspec.json.encode, msgspec.to_builtins])
def test_nothing_copies_what_it_holds(copied: object) -> None:
    assert callable(copied)
    for secret in (Signer(Secret(ZEROS)), Signer(Secret(ZEROS)).wallet(0, Role.LIGHTNING), Secret(ZEROS)):
        with pytest.raises(TypeError):
            copied(secret)
