"""The seed words under a passphrase: Argon2id makes the key, XSalsa20-Poly1305 (libsodium) encrypts and authenticates.

The text is JSON in exactly one form: what does not read back to the same bytes is damaged. It carries its parameters,
so that a file of today opens whatever the cost is tomorrow, and a checksum, so that damage is not taken for a wrong
passphrase. Every function that computes with Argon2 takes up to seconds and belongs off the hub (`vault`).
"""

import hashlib
from typing import Literal
from unicodedata import normalize

import msgspec
from mnemonic import Mnemonic
from msgspec import Struct
from nacl.exceptions import CryptoError
from nacl.exceptions import RuntimeError as NoMemory
from nacl.pwhash import argon2id
from nacl.secret import SecretBox
from nacl.utils import random

from actors.adapters.keys.secret import Secret
from core.errors import Refused
from core.rules.keystore import Cost, argon2_limits

VERSION = 1
WORDS = 24
ENTROPY_BYTES = 32
LEAST_PASSPHRASE = 8
"""Characters of a new passphrase. A short one is guessed whatever the cost."""
MOST_OPERATIONS = 64
MOST_MEMORY_BYTES = 4 << 30
"""Above these a file is damaged or hostile, and must not eat the machine."""
LANGUAGE = Mnemonic("english")


class Sealed(Struct, frozen=True, forbid_unknown_fields=True):
    """The file, field by field in its order. Hexadecimal where it holds bytes."""

    format: Literal["micro-lightning-keystore"]
    version: int
    kdf: Literal["argon2id"]
    operations: int
    memory_bytes: int
    salt: str
    cipher: Literal["xsalsa20-poly1305"]
    box: str
    """Nonce, tag and ciphertext; its length tells nothing."""
    checksum: str = ""
    """SHA-256 of the text with this field empty."""

    @property
    def is_cheap(self) -> bool:
        """Made for tests: whoever has the file guesses passphrases by the million."""
        return (self.operations, self.memory_bytes) < argon2_limits("moderate")


def new_words() -> Secret:
    """24 new words from 256 bits of the system's randomness."""
    return Secret(LANGUAGE.to_mnemonic(random(ENTROPY_BYTES)))


def checked_words(text: Secret) -> Secret:
    """The words as BIP-39 writes them. Refused when they are not 24 of its list or their checksum is wrong."""
    count, strange = _strangers(text)
    if count != WORDS:
        raise Refused(f"{WORDS} words are needed, {count} were given")
    if strange:
        raise Refused(f"word {strange} is not on the BIP-39 list; look at its spelling")
    if not LANGUAGE.check(" ".join(text.reveal().lower().split())):
        raise Refused("the checksum of the words is wrong: one of them is another word, or two are swapped")
    return Secret(" ".join(text.reveal().lower().split()))


def sealed(words: Secret, passphrase: Secret, cost: Cost) -> bytes:
    """The file's content. Refused for a passphrase that is too short. Computes Argon2."""
    if len(passphrase.reveal()) < LEAST_PASSPHRASE:
        raise Refused(f"the passphrase has fewer than {LEAST_PASSPHRASE} characters; choose a longer one")
    operations, memory_bytes = argon2_limits(cost)
    salt = random(argon2id.SALTBYTES)
    box = _encrypted(words, passphrase, salt, operations, memory_bytes)
    if not isinstance(box, bytes):
        raise Refused(box)
    return _text(
        Sealed(
            format="micro-lightning-keystore",
            version=VERSION,
            kdf="argon2id",
            operations=operations,
            memory_bytes=memory_bytes,
            salt=salt.hex(),
            cipher="xsalsa20-poly1305",
            box=box.hex(),
        )
    )


def parsed(content: bytes, name: str) -> Sealed:
    """What a file says, without a passphrase. Refused where it is no keystore, of a newer version, or damaged."""
    try:
        found = msgspec.json.decode(content, type=Sealed)
    except (msgspec.MsgspecError, UnicodeError):
        raise Refused(f"{name} is no keystore, or damaged; {_MEND}") from None
    if found.version != VERSION:
        raise Refused(f"{name} has keystore version {found.version}, this program reads {VERSION}")
    if _text(found) != content:
        raise Refused(f"{name} is damaged: its checksum is wrong; {_MEND}")
    is_sane = 1 <= found.operations <= MOST_OPERATIONS and found.memory_bytes >= argon2id.MEMLIMIT_MIN
    if not is_sane or found.memory_bytes > MOST_MEMORY_BYTES or not _is_whole(found):
        raise Refused(f"{name} is damaged: its parameters cannot be; {_MEND}")
    return found


def opened(content: bytes, passphrase: Secret, name: str) -> Secret:
    """The words. Refused with one line for a wrong passphrase and another one for damage. Computes Argon2."""
    found = parsed(content, name)
    words = _decrypted(found, passphrase, f"wrong passphrase for {name}")
    if not isinstance(words, Secret):
        raise Refused(words)
    return words


_MEND = "restore it from a backup, or from its words with `wallets init --from-words`"
_NO_MEMORY = "there is no memory for the key derivation ({} MiB); set MICRO_KEYSTORE_COST=moderate or free some"


# The three below keep what must not be seen in frames that are gone before anything is raised: a traceback that shows
# the variables of its frames shows none of it.


def _strangers(text: Secret) -> tuple[int, int]:
    """How many words, and the number of the first that is on no list (0: none)."""
    words = text.reveal().lower().split()
    return len(words), next((number for number, word in enumerate(words, 1) if word not in LANGUAGE.wordlist), 0)


def _encrypted(words: Secret, passphrase: Secret, salt: bytes, operations: int, memory_bytes: int) -> bytes | str:
    """The box, or why there is none."""
    try:
        key = argon2id.kdf(SecretBox.KEY_SIZE, _bytes(passphrase), salt, operations, memory_bytes)
    except (NoMemory, MemoryError):
        return _NO_MEMORY.format(memory_bytes >> 20)
    return bytes(SecretBox(key).encrypt(bytes(LANGUAGE.to_entropy(words.reveal()))))


def _decrypted(found: Sealed, passphrase: Secret, wrong: str) -> Secret | str:
    """The words, or why there are none: `wrong` where the key does not fit."""
    try:
        salt = bytes.fromhex(found.salt)
        key = argon2id.kdf(SecretBox.KEY_SIZE, _bytes(passphrase), salt, found.operations, found.memory_bytes)
        return Secret(LANGUAGE.to_mnemonic(SecretBox(key).decrypt(bytes.fromhex(found.box))))
    except (NoMemory, MemoryError):
        return _NO_MEMORY.format(found.memory_bytes >> 20)
    except CryptoError:
        return wrong


def _bytes(passphrase: Secret) -> bytes:
    """The same bytes for the same text, however a keyboard composes its letters."""
    return normalize("NFC", passphrase.reveal()).encode("utf-8", "surrogateescape")


def _is_whole(found: Sealed) -> bool:
    box_bytes = SecretBox.NONCE_SIZE + SecretBox.MACBYTES + ENTROPY_BYTES
    return len(found.salt) == 2 * argon2id.SALTBYTES and len(found.box) == 2 * box_bytes


def _text(found: Sealed) -> bytes:
    """The one form of a keystore."""
    bare = msgspec.structs.replace(found, checksum="")
    checksum = hashlib.sha256(msgspec.json.encode(bare)).hexdigest()
    return msgspec.json.format(msgspec.json.encode(msgspec.structs.replace(bare, checksum=checksum)), indent=1) + b"\n"
