"""The embedded simulated market: one seeded world that advances slot by slot and answers for its accounts.

The same settings, seed and submitted orders give the same bytes. It never reads a clock: its time is block time.
"""

from random import Random
from typing import Self

from msgspec import DecodeError, Struct, msgpack

from core.errors import Refused
from core.market.fees import FeeRates
from core.market.simulator import facts, groups, launches, mayhem, plants, weather
from core.market.simulator.broadcast import DecodedBroadcast, reserves_of
from core.market.simulator.crowd import buyer_arrives, holder_leaves
from core.market.simulator.execution import execute
from core.market.simulator.facts import TOP_HOLDERS, RoundTrip
from core.market.simulator.market import Market
from core.market.simulator.names import Names
from core.market.simulator.orders import SimFill, SimOrder
from core.market.simulator.settings import MarketSettings
from core.market.simulator.state import BUYER, COMPLETE, EXIT, Action, Kind, MarketState, Token
from core.market.simulator.trading import buy, migrate, rates_for, sell
from core.market.simulator.wire_broadcast import WireBroadcast
from core.messages import AnyMarketData, Funded, RawTransaction, Reserves, SolPriceSeen, TokenFacts


class Slot(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What happened in one slot. Either `transactions` (wire format) or `events` (the same, decoded) is filled."""

    slot: int
    at_s: float
    """Block time in epoch seconds."""
    transactions: tuple[RawTransaction, ...]
    events: tuple[AnyMarketData, ...]
    fills: tuple[SimFill, ...]
    landed: int
    """Transactions that succeeded, ours included."""
    failed: int
    """Transactions that failed, ours included."""
    priority_fee_lamports: int
    """What others paid for one transaction in this slot."""
    sol_price: SolPriceSeen
    funded: tuple[Funded, ...] = ()
    """Transfers behind this slot's launches, where the scenario shows them."""


class _Snapshot(Struct, frozen=True):
    settings: MarketSettings
    state: MarketState


class Simulator:
    """The market. `decoded`: its slots carry messages instead of the chain's wire format, with the same content."""

    def __init__(self, settings: MarketSettings, seed: int, *, decoded: bool = False) -> None:
        self.settings = settings
        self._names = Names(seed)
        self._decoded = decoded
        state = MarketState(slot=settings.clock.start_slot, seed=seed, next_launch_s=settings.clock.start_s)
        self._begin(state, Random(seed))

    def _begin(self, state: MarketState, random: Random) -> None:
        form = DecodedBroadcast if self._decoded else WireBroadcast
        self._market = Market(self.settings, state, self._names, random, form(state, self._names))
        self._market.begin(self._block_time_s(state.slot))

    @property
    def slot(self) -> int:
        """The last slot that was played."""
        return self._market.state.slot

    @property
    def at_s(self) -> float:
        """Its block time."""
        return self._market.at_s

    @property
    def is_silent(self) -> bool:
        """Nobody hears of the slot that was played last: the feed is out."""
        return self._market.is_hidden and not self._market.is_upgraded

    @property
    def is_unreadable(self) -> bool:
        """Its events do not decode: the programs changed."""
        return self._market.is_upgraded

    @property
    def tokens(self) -> int:
        """Tokens that the market remembers."""
        return len(self._market.state.tokens)

    def step(self) -> Slot:
        """Play the next slot: launches, what agents scheduled, then our orders that land in it."""
        market, state = self._market, self._market.state
        state.slot += 1
        state.landed = state.failed = 0
        market.begin(self._block_time_s(state.slot))
        market.broadcast.begin(state.slot, market.at_s)
        if state.unheard_pools and not market.is_hidden:
            self._tell_pools()
        weather.move_sol_price(market)
        fee = weather.priority_fee_lamports(market)
        self._launch_due()
        for _, _, action, number, wallet, tokens in market.due.pop(state.slot, ()):
            token = state.tokens[number]
            token.pending -= 1
            if action == BUYER:
                buyer_arrives(market, token)
            elif action == EXIT:
                holder_leaves(market, token, wallet, tokens)
            else:
                self._act(action, token, wallet, tokens)
            if token.pending == 0:
                self._leave_alone(action, token)
        fills = self._land_orders()
        transactions, events = market.broadcast.take(readable=not market.is_upgraded)
        funded, market.funded = tuple(market.funded), []
        return Slot(
            slot=state.slot,
            at_s=market.at_s,
            transactions=transactions,
            events=events,
            fills=fills,
            landed=state.landed,
            failed=state.failed,
            priority_fee_lamports=fee,
            sol_price=SolPriceSeen(at_s=market.at_s, pool_usd=state.sol_pool_usd, http_usd=state.sol_http_usd),
            funded=funded,
        )

    def submit(self, order: SimOrder) -> None:
        """Let `order` land in its slot. Refused when that slot is over, or the amounts make no sense."""
        if order.land_slot <= self.slot:
            raise Refused(f"slot {order.land_slot} is over: the market is at {self.slot}")
        if order.amount <= 0 or order.limit < 0:
            raise Refused(f"order of {order.amount} with limit {order.limit}: both must be positive")
        self._market.state.orders.append(order)

    def facts(self, mint: str, stake_lamports: int) -> TokenFacts | None:
        """What the chain would tell about `mint` now (port `Accounts`); None for a token that is not remembered."""
        token = self._token(mint)
        return None if token is None else facts.facts(self._market, token, stake_lamports)

    def holders(self, mint: str, top: int = TOP_HOLDERS) -> tuple[tuple[str, int, float], ...]:
        """(owner, token units, share of the supply), largest first, curve and pool left out."""
        token = self._token(mint)
        if token is None:
            return ()
        return tuple((owner, held, held / token.supply) for owner, held in facts.holders(token, top))

    def balance(self, mint: str, wallet: str) -> int:
        """Token units that `wallet` holds."""
        token = self._token(mint)
        return 0 if token is None else token.holders.get(wallet, 0)

    def reserves(self, mint: str) -> Reserves | None:
        """The reserves of its curve or pool; None for a token that is not remembered."""
        token = self._token(mint)
        return None if token is None else reserves_of(token)

    def rates(self, mint: str) -> FeeRates | None:
        """What a trade pays where the token trades now; None where it is not remembered or trades nowhere."""
        token = self._token(mint)
        return None if token is None or token.stage == COMPLETE else rates_for(token)

    def pools(self) -> dict[str, str]:
        """Pool address -> mint of every graduated token that is remembered and quoted in SOL."""
        tokens = self._market.state.tokens.values()
        return {token.pool: token.mint for token in tokens if token.pool and not token.quote_mint}

    def simulate_round_trip(self, mint: str, lamports: int) -> RoundTrip | None:
        """Buy then sell on a copy, by an outsider; None for a token that is not remembered."""
        token = self._token(mint)
        return None if token is None else facts.round_trip(self._market, token, lamports)

    def kind(self, mint: str) -> Kind | None:
        """The truth about a launch, for calibration; no trader may ask."""
        token = self._token(mint)
        return None if token is None else Kind(token.kind)

    def insiders(self, mint: str) -> frozenset[str]:
        """The truth about who acts for the creator or group, for calibration; no trader may ask."""
        token = self._token(mint)
        return frozenset() if token is None else frozenset(token.insiders)

    def is_shut(self, mint: str) -> bool:
        """The truth about a honeypot, for a chain that must behave like this market: outsiders cannot sell it now."""
        token = self._token(mint)
        return token is not None and token.kind == Kind.HONEYPOT and self.slot >= token.trap_slot

    def is_refusing(self, mint: str) -> bool:
        """As `is_shut`, of a blacklist that nothing shows: submitted sales of it fail now."""
        token = self._token(mint)
        return token is not None and self.slot < token.refused_until_slot

    def trap(self, mint: str) -> str:
        """What in its accounts makes it a honeypot; empty for an honest token."""
        token = self._token(mint)
        return "" if token is None else token.trap

    def snapshot(self) -> bytes:
        """Everything needed to go on exactly from here."""
        version, words, _ = self._market.random.getstate()
        state = self._market.state
        state.random = (version, words, self._market.spare)
        state.schedule = self._market.scheduled()
        try:
            return msgpack.encode(_Snapshot(self.settings, state))
        finally:
            state.random = None
            state.schedule = []

    @classmethod
    def restore(cls, data: bytes, *, decoded: bool = False) -> Self:
        """The market of a snapshot. Refused when the bytes are none."""
        try:
            snapshot = msgpack.decode(data, type=_Snapshot)
        except DecodeError as error:
            raise Refused(f"not a snapshot of the simulated market: {error}") from error
        state = snapshot.state
        if state.random is None:
            raise Refused("a snapshot of the simulated market without its generator")
        random = Random(0)
        random.setstate(state.random)
        spare, state.random = state.random[2], None
        simulator = cls(snapshot.settings, state.seed, decoded=decoded)
        simulator._begin(state, random)
        simulator._market.spare = spare
        return simulator

    def _token(self, mint: str) -> Token | None:
        return self._market.state.tokens.get(self._market.by_mint.get(mint, 0))

    def _block_time_s(self, slot: int) -> float:
        clock = self.settings.clock
        return clock.start_s + (slot - clock.start_slot) * clock.slot_s

    def _launch_due(self) -> None:
        settings, state = self.settings, self._market.state
        if settings.scenario.tokens:
            plants.launch_due(self._market)
        rate = settings.launch.launches_per_s * settings.scenario.launches
        if not rate:
            return
        until_s = settings.launches_until_s
        while state.next_launch_s <= self._market.at_s and not (until_s and state.next_launch_s >= until_s):
            launches.launch(self._market)
            state.next_launch_s += self._market.random.expovariate(rate)

    def _act(self, action: int, token: Token, wallet: str, tokens: int) -> None:
        market = self._market
        if action == Action.CREATOR_DUMP:
            sell(market, token, token.creator, token.holders.get(token.creator, 0))
        elif action == Action.MIGRATE:
            migrate(market, token)
        elif action == Action.MAYHEM:
            mayhem.trade(market, token)
        elif action == Action.PLANTED_BUY:
            buy(market, token, wallet, tokens)
        elif action == Action.SCRIPT:
            plants.act(market, token, tokens, wallet)
        elif action != Action.FORGET:
            _GROUP_ACTIONS[Action(action)](market, token)

    def _tell_pools(self) -> None:
        """Migrations that nobody could hear of are told now: whoever fills a gap finds the pools as they are."""
        state = self._market.state
        for number in state.unheard_pools:
            if number in state.tokens:
                self._market.broadcast.migrated(state.tokens[number])
        state.unheard_pools = []

    def _leave_alone(self, last_action: int, token: Token) -> None:
        """Nothing is scheduled for the token any more: forget it after a while, unless our orders hold it."""
        if last_action == Action.FORGET and not token.outsiders:
            del self._market.state.tokens[token.number]
            del self._market.by_mint[token.mint]
        else:
            self._market.schedule(self.settings.memory.forget_after_s, Action.FORGET, token)

    def _land_orders(self) -> tuple[SimFill, ...]:
        state = self._market.state
        if not state.orders:
            return ()
        due = [order for order in state.orders if order.land_slot <= state.slot]
        state.orders = [order for order in state.orders if order.land_slot > state.slot]
        return tuple(execute(self._market, order) for order in due)


_GROUP_ACTIONS = {
    Action.GROUP_FIRST_SALE: groups.first_sale,
    Action.GROUP_GRADUATE: groups.graduate,
    Action.GROUP_WASH: groups.wash,
    Action.GROUP_DUMP: groups.dump,
    Action.GROUP_FADE: groups.fade,
}
