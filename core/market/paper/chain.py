"""The state of the paper chain: balances, token accounts and rents of our wallets, in lamports and token units.

wallets          <role>.<generation>
cold             <address>
accumulators     <role>.<generation>.<venue>, unclosable accounts alike
token accounts   <role>.<generation>/<mint>
"""

from hashlib import sha256

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from core.errors import Refused
from core.messages import Settlement
from core.types import Role


class TokenAccount(Struct, frozen=True, array_like=True):
    tokens: int
    rent_lamports: int


class PaperChain(Struct, frozen=True, kw_only=True):
    """Everything of ours on the paper chain. The dicts are never changed in place."""

    wallets: dict[str, int] = {}
    token_accounts: dict[str, TokenAccount] = {}
    accumulators: dict[str, int] = {}
    unclosable: dict[str, int] = {}
    """Rent of accounts that nothing closes: those of accumulators that keep the cashback of cashback coins."""
    received: int = 0
    """Lamports that came from outside: what all balances and fees must add up to, with what is cold."""
    cold: dict[str, int] = {}
    """Lamports that went to addresses of the operator's, which are none of our wallets."""
    settled: dict[str, Settlement] = {}


def wallet_of(role: Role, generation: int) -> str:
    return f"{role}.{generation}"


def receive(chain: PaperChain, role: Role, generation: int, lamports: int) -> PaperChain:
    """The chain after lamports came from outside: capital at the start, or what others send us."""
    if lamports <= 0:
        raise Refused(f"cannot receive {lamports} lamports: send at least one")
    wallet = wallet_of(role, generation)
    wallets = chain.wallets | {wallet: chain.wallets.get(wallet, 0) + lamports}
    return replace(chain, wallets=wallets, received=chain.received + lamports)


def accounts_of(chain: PaperChain) -> dict[str, int]:
    """Lamports by the books' account names, for `audit`: `wallet:<role>` over all generations, and `rent`."""
    accounts = {f"wallet:{role}": 0 for role in Role}
    for wallet, lamports in chain.wallets.items():
        accounts[f"wallet:{wallet.split('.')[0]}"] += lamports
    locked = sum(account.rent_lamports for account in chain.token_accounts.values())
    return accounts | {"rent": locked + sum(chain.accumulators.values())}


def holdings_of(chain: PaperChain) -> dict[str, dict[Role, int]]:
    """Tokens that we hold, by mint and role over all generations; empty accounts left out."""
    holdings: dict[str, dict[Role, int]] = {}
    for key, account in chain.token_accounts.items():
        wallet, mint = key.split("/")
        if account.tokens:
            role = Role(wallet.split(".")[0])
            by_role = holdings.setdefault(mint, {})
            by_role[role] = by_role.get(role, 0) + account.tokens
    return holdings


def digest(chain: PaperChain) -> str:
    """SHA-256 of the state, equal for equal chains whatever the order in which their parts were made."""
    plain = msgspec.to_builtins(chain)
    if not chain.cold:
        del plain["cold"]  # chains of before there was such an address are read as they were written
    return sha256(msgspec.json.encode(plain, order="sorted")).hexdigest()
