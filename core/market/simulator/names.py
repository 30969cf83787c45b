"""Addresses and signatures of the simulated market: the same for the same seed, shaped like the chain's own.

They are base58 text of 32 or 64 bytes, but nobody holds a key to them.
"""

from hashlib import blake2b

from solders.pubkey import Pubkey

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_PAIRS = tuple(a + b for a in _ALPHABET for b in _ALPHABET)
_PAIR = len(_PAIRS)
_REMEMBERED = 262_144
"""Wallet texts kept; about 30 MB when full, then emptied at once."""


class Names:
    """Names for one seed. Wallets are numbered within families (crowd, bot, sniper, creator, insider)."""

    def __init__(self, seed: int) -> None:
        self._salt = blake2b(f"micro-lightning market {seed}".encode(), digest_size=16).digest()
        self._wallets: dict[tuple[str, int], str] = {}
        # 87 digits of base 58 whose first is at least the third: always 64 bytes, as a signature must be.
        self._signature_prefix = "5" + self._digits("signature", 0, 76)

    def wallet(self, family: str, number: int) -> str:
        """The address of wallet `number` of `family`."""
        key = (family, number)
        text = self._wallets.get(key)
        if text is None:
            if len(self._wallets) >= _REMEMBERED:
                self._wallets.clear()
            text = self._wallets[key] = str(Pubkey.from_bytes(self._digest(family, number, 32)))
        return text

    def mint(self, number: int) -> str:
        """A mint that ends in `pump`, as the program's own do. 43 digits, the first at least the fifth: 32 bytes."""
        return "G" + self._digits("mint", number, 38) + "pump"

    def signature(self, number: int) -> str:
        """The signature of transaction `number`, below 58^10. Cheap: one is needed for every trade."""
        number, first = divmod(number, _PAIR)
        number, second = divmod(number, _PAIR)
        number, third = divmod(number, _PAIR)
        fifth, fourth = divmod(number, _PAIR)
        return f"{self._signature_prefix}{_PAIRS[fifth]}{_PAIRS[fourth]}{_PAIRS[third]}{_PAIRS[second]}{_PAIRS[first]}"

    def _digest(self, family: str, number: int, size: int) -> bytes:
        return blake2b(f"{family} {number}".encode(), digest_size=size, key=self._salt).digest()

    def _digits(self, family: str, number: int, count: int) -> str:
        digest = self._digest(family, number, 64) + self._digest(f"{family} more", number, 64)
        return "".join(_ALPHABET[byte % 58] for byte in digest[:count])


_FIRST = ("Tiny", "Mega", "Lucky", "Sad", "Turbo", "Cosmic", "Angry", "Golden", "Sleepy", "Based", "Quantum", "Grumpy")
_SECOND = ("Cat", "Dog", "Frog", "Goat", "Penguin", "Otter", "Robot", "Wizard", "Banana", "Moon", "Pigeon", "Shrimp")


def token_words(number: int) -> tuple[str, str, str]:
    """(name, symbol, URI) of token `number`."""
    first, second = _FIRST[number % 12], _SECOND[number // 12 % 12]
    return f"{first} {second} {number}", f"{first[0]}{second}".upper(), f"https://metadata.invalid/{number}"
