"""Public keys as base58 text, which is how the rest of the system names tokens, wallets and pools.

Both directions are remembered up to a bound: a busy token's key returns thousands of times, and a look-up costs a
quarter of an encoding. A full memory is emptied at once, which costs less than keeping an order.
"""

from solders.pubkey import Pubkey

KEY_BYTES = 32
REMEMBERED = 65_536
"""Keys per direction, about 15 MB when full."""


class _Texts(dict[bytes, str]):
    def __missing__(self, raw: bytes) -> str:
        # The library panics on another length, and a panic is no Exception.
        if len(raw) != KEY_BYTES:
            raise ValueError(f"a key has {KEY_BYTES} bytes, not {len(raw)}")
        if len(self) >= REMEMBERED:
            self.clear()
        text = self[raw] = str(Pubkey.from_bytes(raw))
        return text


class _Bytes(dict[str, bytes]):
    def __missing__(self, text: str) -> bytes:
        if len(self) >= REMEMBERED:
            self.clear()
        raw = self[text] = bytes(Pubkey.from_string(text))
        return raw


key_text = _Texts().__getitem__
"""32 bytes -> base58 text. ValueError for another length."""

key_bytes = _Bytes().__getitem__
"""Base58 text -> 32 bytes. ValueError for text that is no key."""
