"""Methods that read token accounts and mints."""

from typing import Any

from solders.account import Account
from solders.pubkey import Pubkey

from localnet.bank import is_mint, is_token_account
from localnet.chain import Chain
from localnet.rpc.answers import Method, argument, at, config_of, seen
from localnet.rpc.errors import RpcError
from localnet.rpc.values import account_json, pubkey, ui_amount

LARGEST = 20


def amount_of(account: Account) -> int:
    return int.from_bytes(bytes(account.data[64:72]), "little")


def _mint_of(account: Account) -> Pubkey:
    return Pubkey.from_bytes(bytes(account.data[:32]))


def get_token_accounts_by_owner(chain: Chain, params: list[Any]) -> Any:
    owner, wanted = pubkey(argument(params, 0, "an owner")), argument(params, 1, "a mint or a program")
    config = config_of(params, 2)
    slot = seen(chain, config)
    rows = chain.bank.token_accounts_of_owner(owner, slot)
    if "mint" in wanted:
        mint = pubkey(wanted["mint"])
        if not is_mint(chain.bank.account_at(mint, slot)):
            raise RpcError(-32602, "Invalid param: could not find mint")
        rows = [row for row in rows if _mint_of(row[1]) == mint]
    elif "programId" in wanted:
        program = pubkey(wanted["programId"])
        rows = [row for row in rows if row[1].owner == program]
    else:
        raise RpcError(-32602, "Invalid params: neither mint nor programId")
    found = [{"pubkey": str(key), "account": account_json(chain.bank, account, config)} for key, account in rows]
    return at(slot, found)


def get_token_account_balance(chain: Chain, params: list[Any]) -> Any:
    slot = seen(chain, config_of(params, 1))
    account = chain.bank.account_at(pubkey(argument(params, 0, "a token account")), slot)
    if account is None:
        raise RpcError(-32602, "Invalid param: could not find account")
    if not is_token_account(account):
        raise RpcError(-32602, "Invalid param: not a Token account")
    return at(slot, ui_amount(amount_of(account), chain.bank.decimals(_mint_of(account))))


def get_token_largest_accounts(chain: Chain, params: list[Any]) -> Any:
    mint, slot = pubkey(argument(params, 0, "a mint")), seen(chain, config_of(params, 1))
    if not is_mint(chain.bank.account_at(mint, slot)):
        raise RpcError(-32602, "Invalid param: not a Token mint")
    decimals = chain.bank.decimals(mint)
    rows = sorted(chain.bank.token_accounts_of_mint(mint, slot), key=lambda row: (-amount_of(row[1]), bytes(row[0])))[
        :LARGEST
    ]
    return at(slot, [{"address": str(key)} | ui_amount(amount_of(account), decimals) for key, account in rows])


def get_token_supply(chain: Chain, params: list[Any]) -> Any:
    mint, slot = pubkey(argument(params, 0, "a mint")), seen(chain, config_of(params, 1))
    account = chain.bank.account_at(mint, slot)
    if account is None or not is_mint(account):
        raise RpcError(-32602, "Invalid param: not a Token mint")
    supply = int.from_bytes(bytes(account.data[36:44]), "little")
    return at(slot, ui_amount(supply, account.data[44]))


METHODS: dict[str, Method] = {
    "getTokenAccountsByOwner": get_token_accounts_by_owner,
    "getTokenAccountBalance": get_token_account_balance,
    "getTokenLargestAccounts": get_token_largest_accounts,
    "getTokenSupply": get_token_supply,
}
