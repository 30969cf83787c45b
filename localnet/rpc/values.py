"""How accounts, amounts and parameters look on the wire."""

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from base58 import b58encode
from solders.account import Account
from solders.pubkey import Pubkey

from core.chain.build.addresses import TOKEN_ID
from core.chain.codec.kinds import Undecodable
from core.chain.tokens import Mint, TokenAccount, decode_mint, decode_token_account
from localnet.bank import TOKEN_PROGRAMS, Bank
from localnet.rpc.errors import RpcError, invalid, too_early

RENT_EPOCH = 2**64 - 1
COMMITMENTS = {"processed", "confirmed", "finalized"}
_OLD_NAMES = {"recent": "processed", "single": "confirmed", "singleGossip": "confirmed", "root": "finalized"}
_STATES = ("uninitialized", "initialized", "frozen")


def commitment(config: Mapping[str, Any]) -> str:
    """The commitment asked for; finalized where none is."""
    name = config.get("commitment") or "finalized"
    name = _OLD_NAMES.get(name, name)
    if name not in COMMITMENTS:
        raise invalid(f"unknown commitment {name!r}")
    return str(name)


def check_context(config: Mapping[str, Any], slot: int) -> None:
    least = config.get("minContextSlot")
    if least is not None and slot < least:
        raise too_early(slot)


def pubkey(text: Any) -> Pubkey:
    if not isinstance(text, str):
        raise RpcError(-32602, f"invalid type: expected a string, not {text!r}")
    try:
        return Pubkey.from_string(text)
    except ValueError:
        raise RpcError(-32602, "Invalid param: Invalid") from None


def ui_amount(amount: int, decimals: int) -> dict[str, Any]:
    text = str(amount).rjust(decimals + 1, "0")
    whole = text if decimals == 0 else f"{text[:-decimals]}.{text[-decimals:]}".rstrip("0").rstrip(".")
    return {
        "amount": str(amount),
        "decimals": decimals,
        "uiAmount": amount / 10**decimals,
        "uiAmountString": whole,
    }


def account_json(bank: Bank, account: Account | None, config: Mapping[str, Any]) -> dict[str, Any] | None:
    """An account in the encoding asked for: base64 unless said, `jsonParsed` for what token programs own."""
    if account is None:
        return None
    data = bytes(account.data)
    encoding = config.get("encoding") or "base64"
    return {
        "lamports": account.lamports,
        "data": _data(bank, account, data, encoding, config.get("dataSlice")),
        "owner": str(account.owner),
        "executable": account.executable,
        "rentEpoch": RENT_EPOCH,
        "space": len(data),
    }


def _data(bank: Bank, account: Account, data: bytes, encoding: str, cut: Mapping[str, int] | None) -> Any:
    if encoding == "jsonParsed":
        parsed = _parsed(bank, account, data)
        if parsed is not None:
            return parsed
        encoding = "base64"
    if cut is not None:
        data = data[cut["offset"] : cut["offset"] + cut["length"]]
    if encoding in ("base58", "binary"):
        if len(data) > 128:
            raise RpcError(
                -32600, "Encoded binary (base 58) data should be less than 128 bytes, please use Base64 encoding."
            )
        text = b58encode(data).decode()
        return text if encoding == "binary" else [text, "base58"]
    if encoding != "base64":
        raise invalid(f"unknown encoding {encoding!r}")
    return [b64encode(data).decode(), "base64"]


def _parsed(bank: Bank, account: Account, data: bytes) -> dict[str, Any] | None:
    if account.owner not in TOKEN_PROGRAMS:
        return None
    parsed: dict[str, Any]
    try:
        parsed = {"type": "account", "info": _token_account(bank, decode_token_account(data))}
    except Undecodable:
        try:
            parsed = {"type": "mint", "info": _mint(decode_mint(data))}
        except Undecodable:
            return None
    program = "spl-token" if account.owner == TOKEN_ID else "spl-token-2022"
    return {"program": program, "space": len(data), "parsed": parsed}


def _token_account(bank: Bank, account: TokenAccount) -> dict[str, Any]:
    base = account.base
    decimals = bank.decimals(Pubkey.from_string(base.mint))
    info: dict[str, Any] = {
        "mint": base.mint,
        "owner": base.owner,
        "isNative": base.native_reserve is not None,
        "state": _STATES[base.state],
        "tokenAmount": ui_amount(base.amount, decimals),
    }
    if base.native_reserve is not None:
        info["rentExemptReserve"] = ui_amount(base.native_reserve, 9)
    if base.delegate is not None:
        info |= {"delegate": base.delegate, "delegatedAmount": ui_amount(base.delegated_amount, decimals)}
    if base.close_authority is not None:
        info["closeAuthority"] = base.close_authority
    return info


def _mint(mint: Mint) -> dict[str, Any]:
    return {
        "mintAuthority": mint.mint_authority,
        "supply": str(mint.supply),
        "decimals": mint.decimals,
        "isInitialized": True,
        "freezeAuthority": mint.freeze_authority,
    }
