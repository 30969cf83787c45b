"""What WebSocket clients have subscribed to, and what each slot has to tell them.

A subscription hears of a slot once that slot has reached the subscription's commitment, as far as the node shows it.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any

from msgspec import Struct
from solders.pubkey import Pubkey

from core.chain.programs import SYSTEM
from localnet.chain import Chain
from localnet.records import Landed
from localnet.rpc.answers import argument, config_of
from localnet.rpc.errors import RpcError
from localnet.rpc.values import account_json, commitment, pubkey

Tell = Callable[[dict[str, Any]], None]
LEVELS = ("processed", "confirmed", "finalized")
_KINDS = {"logs", "account", "signature", "slot", "program", "root"}
_KEPT_SLOTS = 512
GONE = {"lamports": 0, "data": ["", "base64"], "owner": SYSTEM, "executable": False, "rentEpoch": 0, "space": 0}
"""How a closed account is told."""


class Subscription(Struct):
    number: int
    kind: str
    level: str
    tell: Tell
    subject: str = ""
    """A signature, or an address; empty for all."""
    address: Pubkey | None = None
    config: Mapping[str, Any] = {}


class Subscriptions:
    """All subscriptions of all sockets."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._numbers = count(1)
        self._all: dict[int, Subscription] = {}
        self._landed: dict[int, list[Landed]] = {}
        self._told = {level: chain.slot_seen(level) for level in LEVELS}
        chain.heard.append(self._hear)
        chain.ticked.append(self._tick)

    def __len__(self) -> int:
        return len(self._all)

    def add(self, method: str, params: list[Any], tell: Tell) -> int:
        """The number of a new subscription. RpcError for a kind or parameters that no node knows."""
        kind = method.removesuffix("Subscribe")
        if kind not in _KINDS:
            raise RpcError(-32601, "Method not found")
        if kind in ("slot", "root"):
            made = Subscription(next(self._numbers), kind, "processed", tell)
        elif kind == "logs":
            config = config_of(params, 1)
            made = Subscription(next(self._numbers), kind, commitment(config), tell, _mentioned(params))
        else:
            subject, config = argument(params, 0, "a subject"), config_of(params, 1)
            address = None if kind == "signature" else pubkey(subject)
            made = Subscription(next(self._numbers), kind, commitment(config), tell, subject, address, config)
        self._all[made.number] = made
        return made.number

    def begin(self, number: int) -> None:
        """Tell at once what is already so: of a signature that landed before."""
        made = self._all.get(number)
        if made is None or made.kind != "signature":
            return
        landed = self._chain.history.get(made.subject)
        if landed is not None and self._chain.sees(landed) and landed.slot <= self._chain.slot_seen(made.level):
            self._tell_signature(made, landed)

    def remove(self, number: int) -> bool:
        return self._all.pop(number, None) is not None

    def stream(self, landed: Landed) -> None:
        """Tell logs at `processed` at once, as a node does that tells while it plays a slot."""
        keys = frozenset(landed.keys)
        for made in list(self._all.values()):
            if made.kind == "logs" and made.level == "processed":
                self._tell_logs(made, landed, keys)

    def _hear(self, landed: Landed) -> None:
        self._landed.setdefault(landed.slot, []).append(landed)

    def _tick(self) -> None:
        chain = self._chain
        for level in LEVELS:
            seen = chain.slot_seen(level)
            for slot in range(self._told[level] + 1, seen + 1):
                self._tell_slot(level, slot)
            self._told[level] = max(seen, self._told[level])
        for slot in [slot for slot in self._landed if slot < chain.slot - _KEPT_SLOTS]:
            del self._landed[slot]

    def _tell_slot(self, level: str, slot: int) -> None:
        landed = [one for one in self._landed.get(slot, ()) if self._chain.sees(one)]
        mentioned = [frozenset(one.keys) for one in landed]
        written = self._chain.bank.written_in(slot)
        for made in list(self._all.values()):
            if made.level != level:
                continue
            if made.kind == "logs":
                for one, keys in zip(landed, mentioned, strict=True):
                    self._tell_logs(made, one, keys)
            elif made.kind == "signature":
                for one in landed:
                    if one.signature == made.subject:
                        self._tell_signature(made, one)
            elif made.kind == "account" and made.address in written:
                account = self._chain.bank.account_at(made.address, slot)
                self._tell(made, _with_context(slot, self._account(account, made)))
            elif made.kind == "program":
                for value in self._program_accounts(made, written, slot):
                    self._tell(made, _with_context(slot, value))
            elif made.kind in ("slot", "root"):
                root = slot - self._chain.pace.finalized_slots
                self._tell(made, root if made.kind == "root" else {"parent": slot - 1, "root": root, "slot": slot})

    def _tell_logs(self, made: Subscription, landed: Landed, keys: frozenset[str]) -> None:
        if not made.subject or made.subject in keys:
            value = {"signature": landed.signature, "err": landed.err, "logs": landed.logs}
            self._tell(made, _with_context(landed.slot, value))

    def _account(self, account: Any, made: Subscription) -> dict[str, Any]:
        gone = {
            "lamports": 0,
            "data": ["", "base64"],
            "owner": "1" * 32,
            "executable": False,
            "rentEpoch": 0,
            "space": 0,
        }
        return account_json(self._chain.bank, account, made.config) or gone

    def _program_accounts(
        self, made: Subscription, written: Mapping[Pubkey, Any], slot: int
    ) -> Iterator[dict[str, Any]]:
        for address in written:
            account = self._chain.bank.account_at(address, slot)
            if account is not None and account.owner == made.address:
                yield {"pubkey": str(address), "account": self._account(account, made)}

    def _tell_signature(self, made: Subscription, landed: Landed) -> None:
        self._tell(made, _with_context(landed.slot, {"err": landed.err}))
        self._all.pop(made.number, None)

    def _tell(self, made: Subscription, result: Any) -> None:
        params = {"result": result, "subscription": made.number}
        made.tell({"jsonrpc": "2.0", "method": f"{made.kind}Notification", "params": params})


def _with_context(slot: int, value: Any) -> dict[str, Any]:
    return {"context": {"slot": slot}, "value": value}


def _mentioned(params: list[Any]) -> str:
    """The address that transactions must name; empty for all of them."""
    wanted = argument(params, 0, "a filter")
    if wanted in ("all", "allWithVotes"):
        return ""
    if not isinstance(wanted, dict) or len(wanted.get("mentions") or ()) != 1:
        raise RpcError(-32602, "Invalid Request: Only 1 address supported")
    return str(pubkey(wanted["mentions"][0]))
