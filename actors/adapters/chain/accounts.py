"""The port `Accounts` on a live chain: what a token's accounts say now, and whether it can be bought and sold.

Four calls, two after the other: the token and its largest accounts; then their owners and the simulated round trip.
Nothing is remembered from one question to the next. A fact that cannot be had is None.
"""

from collections.abc import Callable
from typing import TypeVar

import gevent
from solders.pubkey import Pubkey

from actors.adapters.chain.programs import ProgramSettings
from actors.adapters.chain.tokens import TokenState, read_token
from actors.adapters.rpc.answers import Largest
from actors.adapters.rpc.node import Node
from actors.adapters.rpc.requests import PROCESSED
from core.chain import simulated
from core.chain.build import round_trip
from core.chain.build.facts import Recipients
from core.chain.build.round_trip import RoundTrip
from core.chain.codec.kinds import Undecodable
from core.chain.decode import Decoder
from core.chain.simulated import Trip
from core.chain.tokens import decode_token_account
from core.chain.traps import traps
from core.errors import MicroError, Refused
from core.market.quotes import buy_exact_in
from core.messages import TokenFacts
from core.types import Venue

T = TypeVar("T")

UNITS_KEPT = 1_024


Payer = Callable[[], Pubkey | None]
"""Who buys and sells in simulations: nobody signs, so it need not be ours, only hold enough. None: nobody is known."""


class ChainAccounts:
    """A `core.ports.Accounts`; blocks its greenlet for two round trips. `counts` holds by reason what could not be had,
    `units` by mint the compute units of the newest round trip, buy and sale together.
    """

    def __init__(
        self, node: Node, programs: ProgramSettings, payer: Payer, seen: Callable[[TokenState], None] | None = None
    ) -> None:
        self.counts: dict[str, int] = {}
        self.units: dict[str, int] = {}
        self._node, self._programs, self._payer = node, programs, payer
        self._decoder = Decoder()
        self._seen = seen
        """Told of every token as it was read: what is bought next can be built from it without another call."""

    def facts(self, mint: str, stake_lamports: int) -> TokenFacts | None:
        """`at_s` is 0: whoever asked knows what time it was. None: the chain could not be read at all."""
        largest = gevent.spawn(self._tried, "largest", lambda: self._node.largest_accounts(mint, PROCESSED))
        state = self._tried("token", lambda: read_token(self._node, mint))
        if state is None or state.mint is None:
            largest.kill()
            return None
        if self._seen is not None:
            self._seen(state)
        trip = gevent.spawn(self._tried, "round trip", lambda: self.round_trip(state, stake_lamports))
        holders = self._tried("owners", lambda: self._holders(state, largest.get()))
        told = trip.get() or Trip(ok=None)
        return TokenFacts(
            mint=mint,
            at_s=0.0,
            slot=state.slot,
            supply=state.mint.supply,
            mint_authority=state.mint.mint_authority is not None,
            freeze_authority=state.mint.freeze_authority is not None,
            extensions=traps(state.mint),
            top_holders=holders,
            round_trip_ok=told.ok,
            round_trip_in_lamports=told.in_lamports,
            round_trip_out_lamports=told.out_lamports,
            round_trip_cost_lamports=told.cost_lamports,
        )

    def round_trip(self, state: TokenState, lamports: int, payer: Pubkey | None = None) -> Trip:
        """A simulated buy for `lamports`, fees included, and the sale of what it brings. Raises MicroError.

        `payer` None: whoever pays for simulations.
        """
        built = self._built(state, lamports, payer)
        told = self._node.simulate(built.raw)
        events = self._decoder.decode_logs(told.logs, None)
        trip = simulated.read(told.err, events, sells_from=built.sells_from, logs=told.logs)
        if trip.ok:
            _keep(self.units, str(state.address), told.units, UNITS_KEPT)
        elif trip.ok is None:
            self._count("round trip: not told")
        return trip

    def _built(self, state: TokenState, lamports: int, payer: Pubkey | None) -> RoundTrip:
        venue, market, rates = state.venue, state.market(), state.rates()
        if venue is None or market is None or rates is None:
            raise Refused(f"{state.address} does not trade for SOL now")
        quote = buy_exact_in(market, lamports, rates)
        if quote is None:
            raise Refused(f"{lamports} lamports buy nothing of {state.address}")
        payer = payer if payer is not None else self._payer()
        if payer is None:
            raise Refused("nobody is known who could pay for a simulation")
        if venue is Venue.CURVE:
            facts = state.curve_facts()
            paid = self._recipients(venue, is_mayhem=facts.is_mayhem)
            return round_trip.on_curve(facts, payer, paid, tokens=quote.tokens, quoted_lamports=quote.total_lamports)
        pool = state.pool_facts()
        paid = self._recipients(venue, is_mayhem=pool.is_mayhem)
        return round_trip.on_pool(pool, payer, paid, tokens=quote.tokens, quoted_lamports=quote.total_lamports)

    def _recipients(self, venue: Venue, *, is_mayhem: bool) -> Recipients:
        found = self._programs.recipients(venue, is_mayhem=is_mayhem)
        if found is None:
            raise Refused("the program's settings are not read yet")
        return found

    def _holders(self, state: TokenState, largest: Largest | None) -> tuple[tuple[str, int], ...] | None:
        """(owner, tokens) of the largest accounts, largest first, without curve and pool."""
        if largest is None:
            return None
        owners = self._owners([address for address, _ in largest.accounts])
        ours = {str(state.curve_address), str(state.pool_address)}
        held: dict[str, int] = {}
        for address, amount in largest.accounts:
            # An account that closed since then has no owner to tell; it stands for itself.
            owner = owners.get(address, address)
            if owner not in ours and amount > 0:
                held[owner] = held.get(owner, 0) + amount
        return tuple(sorted(held.items(), key=lambda one: (-one[1], one[0])))

    def _owners(self, addresses: list[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for account in self._node.accounts(addresses).accounts if addresses else ():
            if account is not None:
                try:
                    found[account.address] = decode_token_account(account.data).owner
                except (Undecodable, ValueError):
                    self._count("owners: layout")
        return found

    def _tried(self, what: str, ask: Callable[[], T]) -> T | None:
        try:
            return ask()
        except MicroError as error:
            self._count(f"{what}: {type(error).__name__}")
            return None

    def _count(self, reason: str) -> None:
        self.counts[reason] = self.counts.get(reason, 0) + 1


def _keep(kept: dict[str, T], name: str, value: T, most: int) -> None:
    """Remember, and forget the oldest eighth when there are too many."""
    if name not in kept and len(kept) >= most:
        for oldest in list(kept)[: most // 8]:
            del kept[oldest]
    kept[name] = value
