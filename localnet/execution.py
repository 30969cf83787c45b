"""A transaction is run: what it was given, what came of it, and what it cost.

Not every transaction lands. One that cannot pay its fee, is not signed, or names an old blockhash vanishes as it does
on the chain: nobody can ever see it.
"""

import json
import struct
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from msgspec import Struct
from solders.account import Account
from solders.message import Message, MessageV0, VersionedMessage
from solders.pubkey import Pubkey
from solders.transaction import VersionedTransaction
from solders.transaction_metadata import FailedTransactionMetadata, TransactionMetadata

from core.chain.build.addresses import PUMP_ID, PUMPSWAP_ID, SYSTEM_ID
from core.chain.programs import COMPUTE_BUDGET, instruction_discriminator
from localnet.bank import Bank, is_token_account
from localnet.records import Landed, TokenBalance

SIGNATURE_LAMPORTS = 5_000
_ADVANCE_NONCE = b"\4\0\0\0"
_TABLE_HEAD = 56
_BUDGET = Pubkey.from_string(COMPUTE_BUDGET)
FAILED_UNITS = 20_000
"""What a transaction that is made to fail says it used."""
_DEFAULT_UNITS, _MOST_UNITS = 200_000, 1_400_000

SLIPPAGE = {
    (PUMP_ID, instruction_discriminator("buy")): 6002,
    (PUMP_ID, instruction_discriminator("buy_v2")): 6002,
    (PUMP_ID, instruction_discriminator("buy_exact_sol_in")): 6042,
    (PUMP_ID, instruction_discriminator("buy_exact_quote_in_v2")): 6042,
    (PUMP_ID, instruction_discriminator("sell")): 6003,
    (PUMP_ID, instruction_discriminator("sell_v2")): 6003,
    (PUMPSWAP_ID, instruction_discriminator("buy")): 6004,
    (PUMPSWAP_ID, instruction_discriminator("buy_exact_quote_in")): 6040,
    (PUMPSWAP_ID, instruction_discriminator("sell")): 6004,
}
"""The commonest failure of each trade, for those that are made to fail."""


class Resolved(Struct, frozen=True):
    """A message's keys, those loaded from lookup tables last, and which of them it may write."""

    keys: tuple[Pubkey, ...]
    writable: tuple[bool, ...]
    loaded_writable: tuple[Pubkey, ...]
    loaded_readonly: tuple[Pubkey, ...]


def resolve(bank: Bank, message: VersionedMessage) -> Resolved:
    """LookupError when a lookup table is missing or too short."""
    keys = tuple(message.account_keys)
    writes: list[Pubkey] = []
    reads: list[Pubkey] = []
    for lookup in message.address_table_lookups if isinstance(message, MessageV0) else ():
        table = bank.account(lookup.account_key)
        if table is None:
            raise LookupError(f"lookup table {lookup.account_key} is missing")
        data = bytes(table.data)
        for found, indexes in ((writes, lookup.writable_indexes), (reads, lookup.readonly_indexes)):
            for index in indexes:
                at = _TABLE_HEAD + 32 * index
                if at + 32 > len(data):
                    raise LookupError(f"lookup table {lookup.account_key} has no entry {index}")
                found.append(Pubkey.from_bytes(data[at : at + 32]))
    head, count = message.header, len(keys)
    signers = head.num_required_signatures
    writable = [
        place < signers - head.num_readonly_signed_accounts
        or signers <= place < count - head.num_readonly_unsigned_accounts
        for place in range(count)
    ]
    return Resolved(
        (*keys, *writes, *reads),
        (*writable, *(True for _ in writes), *(False for _ in reads)),
        tuple(writes),
        tuple(reads),
    )


def nonce_account(message: VersionedMessage) -> Pubkey | None:
    """The nonce account whose value stands where the blockhash would, None where there is none."""
    first = message.instructions[0] if message.instructions else None
    if first is None or first.program_id_index >= len(message.account_keys) or not first.accounts:
        return None
    is_advance = message.account_keys[first.program_id_index] == SYSTEM_ID and bytes(first.data[:4]) == _ADVANCE_NONCE
    place = first.accounts[0]
    return message.account_keys[place] if is_advance and place < len(message.account_keys) else None


def priority_fee(message: VersionedMessage) -> tuple[int, int]:
    """(micro-lamports a unit, lamports in all) that the compute budget instructions offer."""
    price, limit, others = 0, None, 0
    for instruction in message.instructions:
        if message.account_keys[instruction.program_id_index] != _BUDGET:
            others += 1
            continue
        data = bytes(instruction.data)
        if data[:1] == b"\2" and len(data) >= 5:
            limit = struct.unpack_from("<I", data, 1)[0]
        elif data[:1] == b"\3" and len(data) >= 9:
            price = struct.unpack_from("<Q", data, 1)[0]
    units = min(others * _DEFAULT_UNITS if limit is None else limit, _MOST_UNITS)
    return price, -(-price * units // 1_000_000)


def token_balances(bank: Bank, accounts: Sequence[Account | None]) -> tuple[TokenBalance, ...]:
    found = []
    for index, account in enumerate(accounts):
        if account is None or not is_token_account(account):
            continue
        data = bytes(account.data[:72])
        mint = Pubkey.from_bytes(data[:32])
        amount = int.from_bytes(data[64:72], "little")
        owner = str(Pubkey.from_bytes(data[32:64]))
        found.append(TokenBalance(index, str(mint), owner, str(account.owner), amount, bank.decimals(mint)))
    return tuple(found)


class Case(NamedTuple):
    """A transaction at its place in the slot."""

    transaction: VersionedTransaction
    raw: bytes
    position: int
    at_s: float


class Outcome(NamedTuple):
    """What running it came to; `err` is JSON."""

    err: Any
    logs: Sequence[str]
    units: int
    fee_lamports: int
    inner: list[dict[str, Any]]


def execute(bank: Bank, case: Case) -> Landed | None:
    """Run it now; None when it does not land."""
    message = case.transaction.message
    try:
        resolved = resolve(bank, message)
    except LookupError:
        return None
    before = [bank.account(key) for key in resolved.keys]
    result = bank.svm.send_transaction(case.transaction)
    if isinstance(result, FailedTransactionMetadata):
        err = json.loads(result.to_json())["err"]
        if isinstance(err, str):
            return None  # refused before it ran: it paid nothing and left no trace
        meta = result.meta()
        _advance_nonce(bank, message)
        outcome = Outcome(err, meta.logs(), meta.compute_units_consumed(), meta.fee(), [])
    else:
        inner = inner_instructions(result)
        outcome = Outcome(None, result.logs(), result.compute_units_consumed(), result.fee(), inner)
    return _landed(bank, case, resolved, before, outcome)


def fail(bank: Bank, case: Case) -> Landed | None:
    """Let it land and fail as a breached limit does, whatever it would have done. None when it cannot pay its fee."""
    message = case.transaction.message
    try:
        resolved = resolve(bank, message)
    except LookupError:
        return None
    before = [bank.account(key) for key in resolved.keys]
    fee = SIGNATURE_LAMPORTS * message.header.num_required_signatures + priority_fee(message)[1]
    payer = before[0]
    if payer is None or payer.lamports < fee:
        return None
    left = Account(payer.lamports - fee, payer.data, payer.owner, payer.executable, payer.rent_epoch)
    bank.put(resolved.keys[0], left)
    _advance_nonce(bank, message)
    place, code = _failing(message)
    program = message.account_keys[message.instructions[place].program_id_index]
    logs = [line for done in message.instructions[:place] for line in _ran(message.account_keys[done.program_id_index])]
    logs += [f"Program {program} invoke [1]", f"Program {program} failed: custom program error: 0x{code:x}"]
    outcome = Outcome({"InstructionError": [place, {"Custom": code}]}, logs, FAILED_UNITS, fee, [])
    return _landed(bank, case, resolved, before, outcome)


def _landed(bank: Bank, case: Case, resolved: Resolved, before: Sequence[Account | None], outcome: Outcome) -> Landed:
    after = [bank.account(key) for key in resolved.keys]
    changes = zip(resolved.keys, before, resolved.writable, strict=True)
    bank.wrote((key, account) for key, account, writable in changes if writable)
    return Landed(
        signature=str(case.transaction.signatures[0]),
        slot=bank.slot,
        position=case.position,
        block_time_s=int(case.at_s),
        raw=case.raw,
        keys=tuple(map(str, resolved.keys)),
        loaded_writable=tuple(map(str, resolved.loaded_writable)),
        loaded_readonly=tuple(map(str, resolved.loaded_readonly)),
        err=outcome.err,
        logs=tuple(outcome.logs),
        units=outcome.units,
        fee_lamports=outcome.fee_lamports,
        pre_lamports=tuple(account.lamports if account else 0 for account in before),
        post_lamports=tuple(account.lamports if account else 0 for account in after),
        pre_tokens=token_balances(bank, before),
        post_tokens=token_balances(bank, after),
        inner=outcome.inner,
        is_versioned=not isinstance(case.transaction.message, Message),
    )


def inner_instructions(meta: TransactionMetadata) -> list[dict[str, Any]]:
    """Calls of programs by programs, as `getTransaction` shows them but for their data, which stay bytes: text costs
    the square of their length, and few are ever asked for."""
    groups = []
    for index, calls in enumerate(meta.inner_instructions()):
        if not calls:
            continue
        rows = []
        for call in calls:
            instruction = call.instruction()
            rows.append(
                {
                    "programIdIndex": instruction.program_id_index,
                    "accounts": list(instruction.accounts),
                    "data": bytes(instruction.data),
                    "stackHeight": call.stack_height(),
                }
            )
        groups.append({"index": index, "instructions": rows})
    return groups


def _advance_nonce(bank: Bank, message: VersionedMessage) -> None:
    """A durable nonce moves on though the transaction failed, or the same bytes could be charged again."""
    address = nonce_account(message)
    account = None if address is None else bank.account(address)
    if address is None or account is None or bytes(account.data[40:72]) != bytes(message.recent_blockhash):
        return
    data = bytearray(account.data)
    data[40:72] = sha256(b"DURABLE_NONCE" + bytes(bank.blockhash)).digest()
    bank.put(address, Account(account.lamports, bytes(data), account.owner, account.executable, account.rent_epoch))


def _failing(message: VersionedMessage) -> tuple[int, int]:
    """(place of the instruction that fails, its error number): the trade's breached limit, else the last one's 1."""
    for place, instruction in enumerate(message.instructions):
        program = message.account_keys[instruction.program_id_index]
        code = SLIPPAGE.get((program, bytes(instruction.data[:8])))
        if code is not None:
            return place, code
    return len(message.instructions) - 1, 1


def _ran(program: Pubkey) -> tuple[str, str]:
    return f"Program {program} invoke [1]", f"Program {program} success"
