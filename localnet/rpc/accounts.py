"""Methods that read accounts of any kind."""

from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from base58 import b58decode

from localnet.chain import Chain
from localnet.genesis import rent_lamports
from localnet.rpc.answers import Method, argument, at, config_of, seen
from localnet.rpc.errors import RpcError, invalid
from localnet.rpc.values import account_json, pubkey

MOST_KEYS = 100


def get_balance(chain: Chain, params: list[Any]) -> Any:
    slot = seen(chain, config_of(params, 1))
    account = chain.bank.account_at(pubkey(argument(params, 0, "a key")), slot)
    return at(slot, 0 if account is None else account.lamports)


def get_account_info(chain: Chain, params: list[Any]) -> Any:
    config = config_of(params, 1)
    slot = seen(chain, config)
    account = chain.bank.account_at(pubkey(argument(params, 0, "a key")), slot)
    return at(slot, account_json(chain.bank, account, config))


def get_multiple_accounts(chain: Chain, params: list[Any]) -> Any:
    keys, config = argument(params, 0, "a list of keys"), config_of(params, 1)
    if len(keys) > MOST_KEYS:
        raise RpcError(-32602, f"Too many inputs provided; max {MOST_KEYS}")
    slot = seen(chain, config)
    found = [chain.bank.account_at(pubkey(key), slot) for key in keys]
    return at(slot, [account_json(chain.bank, account, config) for account in found])


def get_program_accounts(chain: Chain, params: list[Any]) -> Any:
    config = config_of(params, 1)
    slot = seen(chain, config)
    program = pubkey(argument(params, 0, "a program"))
    rows = [
        {"pubkey": str(address), "account": account_json(chain.bank, account, config)}
        for address, account in chain.bank.program_accounts(program, slot)
        if all(_fits(bytes(account.data), wanted) for wanted in config.get("filters") or ())
    ]
    return at(slot, rows) if config.get("withContext") else rows


def _fits(data: bytes, wanted: Mapping[str, Any]) -> bool:
    if "dataSize" in wanted:
        return len(data) == int(wanted["dataSize"])
    if "memcmp" not in wanted:
        raise invalid(f"unknown filter {wanted!r}")
    compared = wanted["memcmp"]
    text, offset = compared["bytes"], int(compared.get("offset", 0))
    if isinstance(text, list):
        part = bytes(text)
    elif compared.get("encoding") == "base64":
        part = b64decode(text)
    else:
        part = b58decode(text)
    return data[offset : offset + len(part)] == part


def get_minimum_balance(chain: Chain, params: list[Any]) -> Any:
    return rent_lamports(argument(params, 0, "a number of bytes"))


METHODS: dict[str, Method] = {
    "getBalance": get_balance,
    "getAccountInfo": get_account_info,
    "getMultipleAccounts": get_multiple_accounts,
    "getProgramAccounts": get_program_accounts,
    "getMinimumBalanceForRentExemption": get_minimum_balance,
}
