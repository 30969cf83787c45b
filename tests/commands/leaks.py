"""Everything secret of a keystore, a passphrase and tokens, in each form in which it could show, and where it does."""

import base64
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import base58

from actors.adapters.keys.secret import Secret
from actors.adapters.keys.signer import Signer
from core.types import Role

Forms = Mapping[str, tuple[bytes, ...]]
WORDS_IN_A_ROW = 3
"""So many seed words in their order are no accident of prose."""


def forms(words: str, *others: str, generations: int = 2) -> dict[str, tuple[bytes, ...]]:
    """By what it is. `others`: passphrases, tokens, keys of addresses."""
    signer = Signer(Secret(words))
    listed = words.split()
    rows = (listed[at : at + WORDS_IN_A_ROW] for at in range(len(listed) - WORDS_IN_A_ROW + 1))
    found = {"seed words": tuple(between.join(row).encode() for row in rows for between in (" ", "\n", '", "', "', '"))}
    found["seed"] = written(signer._seed)
    for generation in range(generations):
        for role in Role:
            pair = bytes(signer.wallet(generation, role)._pair)
            found[f"key of {role} {generation}"] = (*written(pair), *written(pair[:32]))
    for number, other in enumerate(others):
        found[f"secret {number}"] = tuple(one for one in written(other.encode()) if len(one) >= 8)
    return found


def written(raw: bytes) -> tuple[bytes, ...]:
    """As itself, and as people and programs write bytes."""
    encoded = base64.b64encode(raw).rstrip(b"=")
    url_safe = base64.urlsafe_b64encode(raw).rstrip(b"=")
    listed = (repr(list(raw)).encode(), repr(list(raw)).replace(" ", "").encode())
    return (raw, raw.hex().encode(), raw.hex().upper().encode(), base58.b58encode(raw), encoded, url_safe, *listed)


def leaks(forms: Forms, texts: Iterable[tuple[str, bytes]]) -> list[str]:
    """Where which secret shows; empty: nowhere."""
    return [
        f"{what} in {name}"
        for name, text in texts
        for what, shapes in forms.items()
        if any(one in text for one in shapes)
    ]


def files(folder: Path, *, but: Iterable[str] = ()) -> Iterator[tuple[str, bytes]]:
    """Every file below, except these names."""
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place) / name
            if name not in but and path.is_file():
                yield str(path.relative_to(folder)), path.read_bytes()
