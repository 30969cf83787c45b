"""Addresses and signatures of the simulated market: the same for the same seed, shaped like the chain's own.

They are base58 text of 32 or 64 bytes, but nobody holds a key to them.
"""

from hashlib import blake2b

from solders.pubkey import Pubkey

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_PAIRS = tuple(a + b for a in _ALPHABET for b in _ALPHABET)
_PAIR = len(_PAIRS)
_REMEMBERED = 131_072
"""Wallet texts kept in a family; about 15 MB when full, then emptied at once."""


class _Family(dict[int, str]):
    """Number -> address of the wallets of one family."""

    def __init__(self, salt: bytes, family: str) -> None:
        super().__init__()
        # Copying a hash that has taken in its key is cheaper than beginning one.
        self._hash = blake2b(f"{family} ".encode(), digest_size=32, key=salt)

    def __missing__(self, number: int) -> str:
        if len(self) >= _REMEMBERED:
            self.clear()
        text = self[number] = self.made(number)
        return text

    def made(self, number: int) -> str:
        """The address, without remembering it."""
        digest = self._hash.copy()
        digest.update(b"%d" % number)
        return str(Pubkey.from_bytes(digest.digest()))


class Names:
    """Names for one seed. Wallets are numbered within families (crowd, bot, sniper, creator, insider)."""

    def __init__(self, seed: int) -> None:
        self._salt = blake2b(f"micro-lightning market {seed}".encode(), digest_size=16).digest()
        self._families: dict[str, _Family] = {}
        # 87 digits of base 58 whose first is at least the third: always 64 bytes, as a signature must be.
        self._signature_prefix = "5" + self._digits("signature", 0, 76)
        self._high, self._high_text = -1, ""

    def wallet(self, family: str, number: int) -> str:
        """The address of wallet `number` of `family`."""
        return self.family(family)[number]

    def new_wallet(self, family: str, number: int) -> str:
        """As `wallet`, where nobody will ask for this one again."""
        return self.family(family).made(number)

    def family(self, family: str) -> _Family:
        """Number -> address of each wallet of `family`, for those who ask for every trade."""
        wallets = self._families.get(family)
        if wallets is None:
            wallets = self._families[family] = _Family(self._salt, family)
        return wallets

    def mint(self, number: int) -> str:
        """A mint that ends in `pump`, as the program's own do. 43 digits, the first at least the fifth: 32 bytes."""
        return "G" + self._digits("mint", number, 38) + "pump"

    def signature(self, number: int) -> str:
        """The signature of transaction `number`, below 58^10. Cheap: one is needed for every trade."""
        high, first = divmod(number, _PAIR)
        if high != self._high:
            self._high, self._high_text = high, self._signature_prefix + self._eight_digits(high)
        return self._high_text + _PAIRS[first]

    def _eight_digits(self, number: int) -> str:
        number, fourth = divmod(number, _PAIR)
        number, third = divmod(number, _PAIR)
        first, second = divmod(number, _PAIR)
        return _PAIRS[first] + _PAIRS[second] + _PAIRS[third] + _PAIRS[fourth]

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
