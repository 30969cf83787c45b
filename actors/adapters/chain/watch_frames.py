"""Frames of the second WebSocket: subscriptions to single accounts and signatures. Bytes in, structs out."""

from base64 import b64decode
from binascii import Error as BadBase64

import msgspec
from msgspec import Raw, Struct


class AccountTold(Struct, frozen=True):
    """An account as it is since `slot`."""

    subscription: int
    slot: int
    lamports: int
    owner: str
    data: bytes


class SignatureTold(Struct, frozen=True):
    """A transaction reached the commitment asked for. `err` is the chain's error as JSON; None: it succeeded."""

    subscription: int
    slot: int
    err: str | None


class Answered(Struct, frozen=True):
    """The answer to a request; `subscription` None: refused, or the answer to an unsubscription."""

    request: int
    subscription: int | None


class _Context(Struct):
    slot: int


class _Result(Struct):
    context: _Context
    value: Raw


class _Params(Struct):
    result: _Result
    subscription: int


class _Frame(Struct):
    method: str | None = None
    params: _Params | None = None
    id: int | None = None
    result: int | bool | None = None


class _Account(Struct):
    lamports: int
    owner: str
    data: tuple[str, str]


class _Outcome(Struct):
    err: Raw = Raw(b"null")


_FRAME = msgspec.json.Decoder(_Frame)
_ACCOUNT = msgspec.json.Decoder(_Account)
_OUTCOME = msgspec.json.Decoder(_Outcome)

Told = AccountTold | SignatureTold | Answered


def read(message: bytes) -> Told | None:
    """None for what is none of these, or does not read."""
    try:
        frame = _FRAME.decode(message)
        if frame.params is None:
            if frame.id is None:
                return None
            number = frame.result
            return Answered(frame.id, number if isinstance(number, int) and not isinstance(number, bool) else None)
        slot, value = frame.params.result.context.slot, frame.params.result.value
        if frame.method == "accountNotification":
            account = _ACCOUNT.decode(value)
            data = b64decode(account.data[0], validate=True)
            return AccountTold(frame.params.subscription, slot, account.lamports, account.owner, data)
        if frame.method == "signatureNotification":
            err = bytes(_OUTCOME.decode(value).err).decode()
            return SignatureTold(frame.params.subscription, slot, None if err == "null" else err)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, BadBase64, ValueError):
        return None
    return None


def subscribe(request: int, kind: str, subject: str) -> bytes:
    """`kind` is account or signature. Accounts as processed: for the last known state, sooner is better."""
    how = {"encoding": "base64", "commitment": "processed"} if kind == "account" else {"commitment": "confirmed"}
    return _request(request, f"{kind}Subscribe", [subject, how])


def unsubscribe(request: int, kind: str, subscription: int) -> bytes:
    return _request(request, f"{kind}Unsubscribe", [subscription])


def _request(request: int, method: str, params: list[object]) -> bytes:
    return msgspec.json.encode({"jsonrpc": "2.0", "id": request, "method": method, "params": params})
