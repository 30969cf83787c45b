"""A buy and the sale of all that it brings in one transaction, to be simulated: does what is bought come back as money?

Nobody signs it and nobody sends it. The buy is exact-out, because the sale must name its tokens before the buy is made;
limits let any price through, for the price is not what is asked.
"""

from collections.abc import Sequence

from msgspec import Struct
from solders.hash import Hash
from solders.instruction import Instruction
from solders.pubkey import Pubkey

from core.chain.build import curve, pool
from core.chain.build.addresses import WSOL
from core.chain.build.curve import curve_accounts
from core.chain.build.facts import CurveFacts, PoolFacts, Recipients
from core.chain.build.funds import compute_budget, open_token_account, unwrap, wrap
from core.chain.build.pool import pool_accounts
from core.chain.build.signing import SIGNATURE_BYTES, compile_message, message_bytes
from core.errors import Refused

UNITS = 600_000
"""Compute units allowed; a buy and a sale of today's programs use some 250,000."""
MOST_PAID = 2
"""The buy may cost so many times its quote: the market may have moved, and the simulation tells what it cost."""


class RoundTrip(Struct, frozen=True):
    """`sells_from`: an error of an instruction before this number is the buy's, one from it on the sale's."""

    raw: bytes
    sells_from: int


def on_curve(
    facts: CurveFacts, user: Pubkey, recipients: Recipients, *, tokens: int, quoted_lamports: int
) -> RoundTrip:
    """Buy `tokens` units on the curve, quoted at `quoted_lamports` with fees, and sell them. SOL-quoted coins only."""
    if not facts.is_sol_quoted:
        raise Refused(f"{facts.mint} is not quoted in SOL")
    accounts = curve_accounts(facts, user, recipients)
    before = [
        *compute_budget(UNITS, 0),
        open_token_account(user, user, facts.mint, facts.token_program),
        curve.buy_v2(accounts, tokens, MOST_PAID * quoted_lamports),
    ]
    return _of(user, before, [curve.sell_v2(accounts, tokens, 0)])


def on_pool(facts: PoolFacts, user: Pubkey, recipients: Recipients, *, tokens: int, quoted_lamports: int) -> RoundTrip:
    """The same in a pool whose quote is wrapped SOL."""
    if facts.quote_mint != WSOL:
        raise Refused(f"{facts.address} is not quoted in SOL")
    accounts = pool_accounts(facts, user, recipients)
    extension = [pool.extend_account(facts.address, user)] if facts.needs_extension else []
    before = [
        *compute_budget(UNITS, 0),
        *extension,
        *wrap(user, MOST_PAID * quoted_lamports),
        open_token_account(user, user, facts.base_mint, facts.base_token_program),
        pool.buy(accounts, tokens, MOST_PAID * quoted_lamports),
    ]
    return _of(user, before, [pool.sell(accounts, tokens, 0), unwrap(user)])


def _of(user: Pubkey, before: Sequence[Instruction], after: Sequence[Instruction]) -> RoundTrip:
    message = compile_message(user, [*before, *after], Hash.default())
    signatures = message.header.num_required_signatures
    return RoundTrip(bytes([signatures]) + bytes(signatures * SIGNATURE_BYTES) + message_bytes(message), len(before))
