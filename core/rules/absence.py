"""When is it certain that a transaction is in no block and can get into none? (architecture.md, order life cycle)

A node that lags, forgets or has no history says "not found" of transactions that are there. So absence counts only
when read at `finalized`, at a slot not older than the last journaled one and past the blockhash's life, with the full
history searched, our balances unchanged, and on two endpoints where two are configured.
"""

from msgspec import Struct

from core.rules.verdict import Verdict

WITNESSES = 2
"""Endpoints that must agree, where as many are configured."""


class Reading(Struct, frozen=True, kw_only=True):
    """What the endpoints say together, read at `finalized` with the full history: none of them knows the signature."""

    endpoints: int
    slot: int
    """The oldest of their finalized slots."""
    block_height: int
    """The lowest at those slots: what a blockhash's life is counted by."""
    balances_changed: bool
    """The tokens or lamports that it would have moved are not what the books say."""
    nonce_advanced: bool | None = None
    """Of a transaction with a durable nonce, which no block height ends; None: it has none."""


def verdict(one: Reading, *, configured: int, last_valid_block_height: int, journaled_slot: int) -> Verdict:
    """Pass: it is absent for ever. Unknown: not proven, so it stays unresolved.

    `journaled_slot`: the newest slot that the journal speaks of. `configured`: endpoints there are to ask.
    """
    doubt = _doubt(one, min(configured, WITNESSES), last_valid_block_height, journaled_slot)
    if doubt:
        return Verdict.unknown("absent", doubt)
    return Verdict.passed("absent", f"at slot {one.slot} by {one.endpoints} endpoints")


def _doubt(one: Reading, needed: int, last_valid_block_height: int, journaled_slot: int) -> str:
    """Why this reading proves nothing; empty when it does."""
    if one.endpoints < max(needed, 1):
        return f"{one.endpoints} of {needed} endpoints have answered"
    if one.slot < journaled_slot:
        return f"slot {one.slot} is behind the journal's {journaled_slot}"
    if one.nonce_advanced is False:
        return "its nonce has not advanced"
    if one.nonce_advanced is None and one.block_height <= last_valid_block_height:
        return f"block height {one.block_height} is not past {last_valid_block_height}"
    return "our balances changed" if one.balances_changed else ""
