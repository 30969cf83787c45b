"""The file that a backup is: one line that says how it is encrypted, then the box. Encrypted as the keystore is.

Inside the box: a compressed tar of the files, the manifest first, which names each with its length and SHA-256.
Sealing and opening compute Argon2 and belong off the hub.
"""

import hashlib
import io
import tarfile
from typing import Literal
from unicodedata import normalize

import msgspec
from msgspec import Struct
from nacl.exceptions import CryptoError
from nacl.exceptions import RuntimeError as NoMemory
from nacl.pwhash import argon2id
from nacl.secret import SecretBox
from nacl.utils import random
from zstandard import ZstdCompressor, ZstdDecompressor

from actors.adapters.keys.sealed import LEAST_PASSPHRASE, MOST_MEMORY_BYTES, MOST_OPERATIONS
from actors.adapters.keys.secret import Secret
from core.errors import Refused
from core.rules.keystore import Cost, argon2_limits

VERSION = 1
MANIFEST = "manifest.json"
MOST_HEADER = 4_096


class Item(Struct, frozen=True):
    name: str
    length: int
    sha256: str


class Manifest(Struct, frozen=True, kw_only=True):
    """What a backup holds, and of what."""

    made_at: str
    """ISO-8601 UTC."""
    program: str
    schema: int
    """Of the journal's records."""
    last_seq: int
    """Of the journal's last entry."""
    items: tuple[Item, ...]


class Header(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first line."""

    format: Literal["micro-lightning-backup"]
    version: int
    kdf: Literal["argon2id"]
    operations: int
    memory_bytes: int
    salt: str
    cipher: Literal["xsalsa20-poly1305"]
    sha256: str
    """Of the box: damage is not taken for a wrong passphrase."""


def item(name: str, content: bytes) -> Item:
    return Item(name, len(content), hashlib.sha256(content).hexdigest())


def sealed(manifest: Manifest, files: dict[str, bytes], passphrase: Secret, cost: Cost) -> bytes:
    """The file's content. Refused for a short passphrase, or without memory for the key."""
    if len(passphrase.reveal()) < LEAST_PASSPHRASE:
        raise Refused(f"the passphrase has fewer than {LEAST_PASSPHRASE} characters; choose a longer one")
    operations, memory_bytes = argon2_limits(cost)
    salt = random(argon2id.SALTBYTES)
    plain = ZstdCompressor(level=6).compress(_tar({MANIFEST: msgspec.json.encode(manifest), **files}))
    box = bytes(_box(passphrase, salt, operations, memory_bytes).encrypt(plain))
    header = Header(
        format="micro-lightning-backup",
        version=VERSION,
        kdf="argon2id",
        operations=operations,
        memory_bytes=memory_bytes,
        salt=salt.hex(),
        cipher="xsalsa20-poly1305",
        sha256=hashlib.sha256(box).hexdigest(),
    )
    return msgspec.json.encode(header) + b"\n" + box


def opened(content: bytes, passphrase: Secret, name: str) -> tuple[Manifest, dict[str, bytes]]:
    """Manifest and files, each as its checksum says. Refused for no backup, damage, a newer version, a wrong
    passphrase: one line each."""
    header, box = _parsed(content, name)
    try:
        plain = _box(passphrase, bytes.fromhex(header.salt), header.operations, header.memory_bytes).decrypt(box)
    except CryptoError:
        raise Refused(f"wrong passphrase for {name}") from None
    files = _untarred(ZstdDecompressor().decompress(plain))
    manifest = msgspec.json.decode(files.pop(MANIFEST), type=Manifest)
    if {one.name: one for one in manifest.items} != {name: item(name, held) for name, held in files.items()}:
        raise Refused(f"{name} does not hold what its manifest says; take another backup")
    return manifest, files


def _parsed(content: bytes, name: str) -> tuple[Header, bytes]:
    line, _, box = content.partition(b"\n")
    try:
        header = msgspec.json.decode(line[:MOST_HEADER], type=Header)
        bytes.fromhex(header.salt)
    except (msgspec.MsgspecError, ValueError):
        raise Refused(f"{name} is no backup of Micro-Lightning, or damaged at its beginning") from None
    if header.version != VERSION:
        raise Refused(f"{name} has backup version {header.version}, this program reads {VERSION}")
    sane = 1 <= header.operations <= MOST_OPERATIONS and header.memory_bytes >= argon2id.MEMLIMIT_MIN
    if not sane or header.memory_bytes > MOST_MEMORY_BYTES or len(header.salt) != 2 * argon2id.SALTBYTES:
        raise Refused(f"{name} is damaged: its parameters cannot be; take another backup")
    if hashlib.sha256(box).hexdigest() != header.sha256:
        raise Refused(f"{name} is damaged: its checksum is wrong; take another backup")
    return header, box


def _box(passphrase: Secret, salt: bytes, operations: int, memory_bytes: int) -> SecretBox:
    secret = normalize("NFC", passphrase.reveal()).encode("utf-8", "surrogateescape")
    try:
        return SecretBox(argon2id.kdf(SecretBox.KEY_SIZE, secret, salt, operations, memory_bytes))
    except (NoMemory, MemoryError):
        need = f"{memory_bytes >> 20} MiB"
        raise Refused(f"there is no memory for the key derivation ({need}); free some and try again") from None


def _tar(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o600
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def _untarred(content: bytes) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        for member in tar:
            file = tar.extractfile(member)
            if file is not None:
                found[member.name] = file.read()
    return found
