"""Tokens that outsiders cannot sell, as far as the real token program can be made to refuse a sale.

The mint shows what the simulation says of it: a freeze authority, or an extension of Token-2022. When such a trap
shuts, the token account that the curve or the pool sells from takes tokens only with a memo, which no sale brings:
outsiders can buy and not sell, the market's own agents can do both. A blacklist, which nothing shows, freezes what
outsiders hold instead.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from solders.account import Account
from solders.pubkey import Pubkey

from core.chain.tokens import (
    Entry,
    Extension,
    Mint,
    TokenAccount,
    decode_mint,
    decode_token_account,
    encode_mint,
    encode_token_account,
)
from localnet.bank import Bank
from localnet.genesis import rent_lamports
from localnet.market.coins import Coin

STATE_AT = 108
USABLE, FROZEN = 1, 2
_TRAPS = {
    "transfer_hook": (Extension.TRANSFER_HOOK, 64),
    "permanent_delegate": (Extension.PERMANENT_DELEGATE, 32),
    "default_frozen": (Extension.DEFAULT_ACCOUNT_STATE, 1),
    "pausable": (Extension.PAUSABLE, 33),
    "transfer_fee": (Extension.TRANSFER_FEE_CONFIG, 108),
}
"""Trap -> extension and the length of its data."""


def show(bank: Bank, coin: Coin, trap: str) -> None:
    """Write the trap into the mint: a freeze authority, and the extension in a form that does nothing by itself."""
    account = bank.account(coin.mint)
    if account is None:
        return
    mint = decode_mint(bytes(account.data))
    authority = str(coin.facts.creator)
    base = type(mint.base)(
        mint.base.mint_authority, mint.base.supply, mint.base.decimals, mint.base.is_initialized, authority
    )
    entries = mint.extensions
    if trap in _TRAPS:
        kind, length = _TRAPS[trap]
        entries = (*entries, Entry(kind, _data(trap, coin.facts.creator, length)))
    data = encode_mint(Mint(base, entries))
    lamports = max(account.lamports, rent_lamports(len(data)))
    bank.put(coin.mint, Account(lamports, data, account.owner, account.executable, account.rent_epoch))
    coin.trap = trap


def _data(trap: str, authority: Pubkey, length: int) -> bytes:
    if trap == "default_frozen":
        return bytes([USABLE])
    # The authority that could use it later comes first in each of them; all else is zero: no hook, no fee, no pause.
    return bytes(authority).ljust(length, b"\0")


def set_frozen(bank: Bank, address: Pubkey, *, frozen: bool) -> None:
    """Freeze or thaw a token account."""
    account = bank.account(address)
    state = FROZEN if frozen else USABLE
    if account is None or account.data[STATE_AT] == state:
        return
    data = bytearray(account.data)
    data[STATE_AT] = state
    bank.put(address, Account(account.lamports, bytes(data), account.owner, account.executable, account.rent_epoch))


def set_shut(bank: Bank, coin: Coin, *, shut: bool) -> None:
    """Let the coin's own token account refuse what is sold to it, or take it again."""
    account = bank.account(coin.vault)
    if account is None:
        return
    held = decode_token_account(bytes(account.data))
    wanted = Entry(Extension.MEMO_TRANSFER, bytes([shut]))
    if wanted in held.extensions:
        return
    entries = tuple(entry for entry in held.extensions if entry.kind != Extension.MEMO_TRANSFER)
    data = encode_token_account(TokenAccount(held.base, (*entries, wanted)))
    lamports = max(account.lamports, rent_lamports(len(data)))
    bank.put(coin.vault, Account(lamports, data, account.owner, account.executable, account.rent_epoch))


@contextmanager
def for_insiders(bank: Bank, coin: Coin) -> Iterator[None]:
    """The market's own agents trade through a shut trap."""
    if coin.is_shut:
        set_shut(bank, coin, shut=False)
    try:
        yield
    finally:
        if coin.is_shut:
            set_shut(bank, coin, shut=True)


def blacklist(bank: Bank, coin: Coin, insiders: set[str], *, frozen: bool) -> None:
    """Freeze or thaw what outsiders hold of the coin."""
    for address, account in bank.token_accounts_of_mint(coin.mint, bank.slot):
        owner = Pubkey.from_bytes(bytes(account.data[32:64]))
        if address != coin.vault and str(owner) not in insiders:
            set_frozen(bank, address, frozen=frozen)
