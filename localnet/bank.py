"""The accounts of the chain: the virtual machine, what changed in which slot, and who holds which token.

Account states of the last slots can be read back, so that `confirmed` and `finalized` answers are really older, and a
lagging node really lags.
"""

from collections import deque
from collections.abc import Iterable, Iterator

from solders.account import Account
from solders.clock import Clock
from solders.hash import Hash
from solders.litesvm import LiteSVM
from solders.pubkey import Pubkey

from core.chain.build.addresses import TOKEN_2022_ID, TOKEN_ID
from core.chain.tokens import ACCOUNT_BYTES, MINT_BYTES

REMEMBERED_SLOTS = 320
"""How far back accounts can be read: finality, and the worst lag of a node on top."""
TOKEN_PROGRAMS = frozenset({TOKEN_ID, TOKEN_2022_ID})


def is_token_account(account: Account | None) -> bool:
    """Told from a mint by its length: extended mints are padded to an account's, and marked."""
    if account is None or account.owner not in TOKEN_PROGRAMS:
        return False
    data = account.data
    return len(data) == ACCOUNT_BYTES or (len(data) > ACCOUNT_BYTES and data[ACCOUNT_BYTES] == 2)


def is_mint(account: Account | None) -> bool:
    if account is None or account.owner not in TOKEN_PROGRAMS:
        return False
    data = account.data
    return len(data) == MINT_BYTES or (len(data) > ACCOUNT_BYTES and data[ACCOUNT_BYTES] == 1)


class Bank:
    """All accounts, present and of the last slots."""

    def __init__(self) -> None:
        # The machine accepts only its newest blockhash: the window of 150 is kept by `Blockhashes`.
        # Signatures are checked where clients' transactions land.
        machine = LiteSVM().with_blockhash_check(False).with_sigverify(False).with_transaction_history(0)
        self.svm = machine.with_log_bytes_limit(None)
        self.known: set[Pubkey] = set()
        """Every account that was ever written: what a saved state holds."""
        self._slot = 0
        self._before: deque[tuple[int, dict[Pubkey, Account | None]]] = deque()
        self._by_mint: dict[Pubkey, set[Pubkey]] = {}
        self._by_owner: dict[Pubkey, set[Pubkey]] = {}
        self._by_program: dict[Pubkey, set[Pubkey]] = {}

    @property
    def slot(self) -> int:
        return self._slot

    def begin(self, slot: int, at_s: float) -> None:
        """A new slot: a new blockhash, clock, and page of the undo log."""
        self._slot = slot
        self.svm.expire_blockhash()
        self.svm.warp_to_slot(slot)
        self.svm.set_clock(Clock(slot, int(at_s), slot // 432_000, slot // 432_000 + 1, int(at_s)))
        self._before.append((slot, {}))
        while len(self._before) > REMEMBERED_SLOTS:
            self._before.popleft()

    @property
    def blockhash(self) -> Hash:
        return self.svm.latest_blockhash()

    def account(self, address: Pubkey) -> Account | None:
        """As it is now; None for one without lamports."""
        found = self.svm.get_account(address)
        return None if found is None or found.lamports == 0 else found

    def account_at(self, address: Pubkey, slot: int) -> Account | None:
        """As it was at the end of `slot`; older than what is remembered, as old as that."""
        if slot < self._slot:
            for at, before in self._pages_after(slot):
                if at > slot and address in before:
                    return before[address]
        return self.account(address)

    def _pages_after(self, slot: int) -> Iterator[tuple[int, dict[Pubkey, Account | None]]]:
        """Pages of later slots, oldest first."""
        count = min(len(self._before), self._slot - slot)
        for place in range(len(self._before) - count, len(self._before)):
            yield self._before[place]

    def written_in(self, slot: int) -> dict[Pubkey, Account | None]:
        """Accounts written in a slot of the last ones, with their state before it."""
        place = len(self._before) - 1 - (self._slot - slot)
        return self._before[place][1] if 0 <= place < len(self._before) else {}

    def put(self, address: Pubkey, account: Account) -> None:
        """Write an account past all rules: what a genesis and a tester's hand do."""
        before = self.account(address)
        self.svm.set_account(address, account)
        self.wrote([(address, before)])

    def found(self, address: Pubkey, account: Account) -> None:
        """Write an account that has been there for as long as anybody can look back."""
        self.svm.set_account(address, account)
        self.known.add(address)
        self._index(address, account)

    def wrote(self, changes: Iterable[tuple[Pubkey, Account | None]]) -> None:
        """Note accounts that were written in this slot, each with its state before."""
        page = self._before[-1][1] if self._before else {}
        for address, before in changes:
            page.setdefault(address, before)
            self.known.add(address)
            self._index(address, self.account(address))

    def _index(self, address: Pubkey, account: Account | None) -> None:
        if account is None:
            return
        self._by_program.setdefault(account.owner, set()).add(address)
        if is_token_account(account):
            data = bytes(account.data[:64])
            self._by_mint.setdefault(Pubkey.from_bytes(data[:32]), set()).add(address)
            self._by_owner.setdefault(Pubkey.from_bytes(data[32:64]), set()).add(address)

    def token_accounts_of_mint(self, mint: Pubkey, slot: int) -> list[tuple[Pubkey, Account]]:
        return self._tokens(self._by_mint.get(mint, set()), slot, 0, mint)

    def token_accounts_of_owner(self, owner: Pubkey, slot: int) -> list[tuple[Pubkey, Account]]:
        return self._tokens(self._by_owner.get(owner, set()), slot, 32, owner)

    def _tokens(self, addresses: set[Pubkey], slot: int, at: int, wanted: Pubkey) -> list[tuple[Pubkey, Account]]:
        """The index never loses a name, so what is found is checked: the account may be closed or another's now."""
        found = []
        for address in addresses:
            account = self.account_at(address, slot)
            if account is not None and is_token_account(account) and bytes(account.data[at : at + 32]) == bytes(wanted):
                found.append((address, account))
        return sorted(found, key=lambda row: bytes(row[0]))

    def program_accounts(self, program: Pubkey, slot: int) -> list[tuple[Pubkey, Account]]:
        found = []
        for address in self._by_program.get(program, set()):
            account = self.account_at(address, slot)
            if account is not None and account.owner == program:
                found.append((address, account))
        return sorted(found, key=lambda row: bytes(row[0]))

    def decimals(self, mint: Pubkey) -> int:
        account = self.account(mint)
        return account.data[44] if account is not None and is_mint(account) else 0
