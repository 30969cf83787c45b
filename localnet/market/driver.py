"""The embedded market on the chain: what its agents do in a slot becomes real transactions in the next one.

The simulation leads and the chain decides: agents spend what the simulation says and sell the same share of what they
hold, on the chain's own reserves. What clients trade is told to the simulation as orders, so that its crowd reacts.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby

from msgspec import Struct
from solders.hash import Hash
from solders.instruction import Instruction
from solders.message import MessageV0
from solders.transaction import VersionedTransaction

from core.chain.build.funds import compute_budget, transfer
from core.chain.build.signing import message_bytes
from core.chain.programs import MAYHEM_AGENT
from core.market.fees import fees_on
from core.market.simulator.settings import MarketSettings
from core.market.simulator.simulator import Simulator, Slot
from core.market.simulator.state import Kind
from core.messages import AnyMarketData, Graduated, Launched, PoolOpened, Traded
from core.types import Side
from localnet import launching
from localnet.chain import Chain
from localnet.faults import Switches
from localnet.market import coins, traps
from localnet.market.agents import Agent, Agents
from localnet.market.coins import Coin
from localnet.market.echo import Echo
from localnet.market.table import TABLE, table
from localnet.records import Landed

UNITS = {"create": 400_000, "trade": 200_000, "migrate": 600_000}
MOST_COINS = 4_000
"""Coins that the market goes on with; the one launched first is given up beyond that."""
FAILED_A_SLOT = 2
"""Transactions made to fail in one slot, at most, of those that the simulation lets fail: enough to be met."""
PRICE_SLOTS = 25
"""The SOL/USDC pool moves so often: every ten seconds."""


class Tally(Struct):
    """What came of it, for tests and the curious."""

    launched: int = 0
    traded: int = 0
    migrated: int = 0
    failed: int = 0
    skipped: int = 0
    """Quoted in another coin, by the mayhem agent, or of a coin given up."""


class Driver:
    """One simulated market on one chain."""

    def __init__(self, chain: Chain, simulator: Simulator, seed: int) -> None:
        self.chain = chain
        self.simulator = simulator
        self.tally = Tally()
        self.agents = Agents(chain.bank, seed)
        self.coins: dict[str, Coin] = {}
        """By the simulation's mint."""
        self.echo = Echo(chain, simulator, self.agents, self.coins)
        self.seed = seed
        self.number = 0
        self._table = table()
        self._last: tuple[Coin, str] | None = None
        self._spelled = Switches()
        chain.bank.found(*TABLE)
        chain.opened.append(self.play)
        chain.heard.append(self.echo.hear)

    @classmethod
    def begin(cls, chain: Chain, settings: MarketSettings, seed: int) -> "Driver":
        """A new market. Its SOL price becomes the chain's."""
        driver = cls(chain, Simulator(settings, seed, decoded=True), seed)
        chain.set_sol_price(settings.opening_usd)
        return driver

    def play(self) -> None:
        """One slot of the simulation, as transactions of this slot."""
        self.echo.submit()
        slot = self.simulator.step()
        self._weather(slot)
        for gift in slot.funded:
            source, to = self.agents.of(gift.source), self.agents.of(gift.wallet)
            self._land(None, [transfer(source.address, to.address, gift.lamports)], UNITS["trade"], source)
        for _, group in groupby(slot.events, key=lambda event: getattr(event, "signature", "")):
            self._perform(list(group))
        self._fail(min(slot.failed, FAILED_A_SLOT))
        for sim_mint, coin in self.coins.items():
            if coin.trap or self.simulator.trap(sim_mint) or coin.is_refusing or self.simulator.is_refusing(sim_mint):
                self._spring(sim_mint, coin)

    def _weather(self, slot: Slot) -> None:
        chain = self.chain
        chain.others_fee = slot.priority_fee_lamports * 1_000_000 // UNITS["trade"]
        if slot.slot % PRICE_SLOTS == 0 and slot.sol_price.pool_usd:
            chain.set_sol_price(slot.sol_price.pool_usd)
        silent, upgraded = self.simulator.is_silent, 15 if self.simulator.is_unreadable else 0
        if (self._spelled.mute_sockets, self._spelled.upgraded) != (silent, upgraded):
            self._spelled = Switches(mute_sockets=silent, upgraded=upgraded)
            chain.turn(mute_sockets=silent, upgraded=upgraded)

    def _perform(self, events: Sequence[AnyMarketData]) -> None:
        """The events of one transaction of the simulation."""
        completes = any(isinstance(event, Graduated) for event in events)
        for event in events:
            match event:
                case Launched():
                    self._launch(event, [other for other in events if isinstance(other, Traded)])
                    return
                case Traded():
                    self._trade(event, completes=completes)
                case PoolOpened():
                    self._migrate(event)
                case _:
                    continue

    def _launch(self, event: Launched, bought: Sequence[Traded]) -> None:
        if event.quote_mint:
            self.tally.skipped += 1
            return
        creator = self.agents.of(event.creator)
        coin = coins.new_coin(
            self.seed, event.mint, creator.address, is_mayhem=event.mayhem, is_cashback=event.cashback
        )
        words = (event.name, event.symbol, f"https://metadata.invalid/{event.mint}")
        made = launching.create_v2(
            coin.mint,
            creator.address,
            creator.address,
            words,
            is_mayhem=event.mayhem,
            is_cashback=event.cashback,
        )
        instructions = [made]
        for trade in bought:
            # Of the older generation: with the creation's own accounts there is no room for the newer one's.
            instructions += coins.buys(coin, creator.address, self._spend(trade), 0, upgraded=self._upgraded)
            self._holds(coin, trade)
        self.coins[event.mint] = coin
        while len(self.coins) > MOST_COINS:
            del self.coins[next(iter(self.coins))]
        landed = self._land(coin, instructions, UNITS["create"], creator, Agent(coin.key, coin.mint))
        self.tally.launched += landed is not None and landed.err is None
        if self.simulator.kind(event.mint) == Kind.HONEYPOT:
            traps.show(self.chain.bank, coin, self.simulator.trap(event.mint))

    def _trade(self, event: Traded, *, completes: bool) -> None:
        coin = self.coins.get(event.mint)
        if coin is None or event.trader == MAYHEM_AGENT:
            self.tally.skipped += 1  # that agent trades off the curve, which no program here does
            return
        if event.trader in self.echo.outsiders:
            return
        agent = self.agents.of(event.trader)
        user = agent.address
        self.number += 1
        if event.side is Side.BUY:
            lamports = coins.rest_lamports(self.chain.bank, coin) if completes else self._spend(event)
            self._holds(coin, event)
            if not lamports:
                return
            trade = coins.buys(coin, user, lamports, self.number, upgraded=self._upgraded)
        else:
            tokens = self._share(coin, event, agent)
            if not tokens:
                return
            trade = coins.sells(coin, user, tokens, self.number, upgraded=self._upgraded)
        landed = self._land(coin, trade, UNITS["trade"], agent)
        self.tally.traded += landed is not None and landed.err is None
        self._last = coin, event.trader

    def _spend(self, event: Traded) -> int:
        """What the trade cost in all, by the simulation's rates."""
        rates = self.simulator.rates(event.mint)
        return event.quote_lamports + (0 if rates is None else fees_on(event.quote_lamports, rates).total_lamports)

    def _holds(self, coin: Coin, event: Traded) -> None:
        agent = str(self.agents.of(event.trader).address)
        coin.held[agent] = coin.held.get(agent, 0) + event.tokens

    def _share(self, coin: Coin, event: Traded, agent: Agent) -> int:
        """The same share of the agent's tokens here as was sold of those in the simulation."""
        name = str(agent.address)
        held = coin.held.get(name, 0)
        here = coins.balance(self.chain.bank, coin, agent.address)
        coin.held[name] = max(held - event.tokens, 0)
        return here if event.tokens >= held else here * event.tokens // held

    def _migrate(self, event: PoolOpened) -> None:
        coin = self.coins.get(event.mint)
        if coin is None or coin.pool is not None:
            return
        finisher = self.agents.of(f"finisher {event.mint}")
        rest = coins.rest_lamports(self.chain.bank, coin)
        if rest:
            # Our clients sold meanwhile, or bought less than the simulation thought: somebody takes what is left.
            bought = coins.buys(coin, finisher.address, rest, 1, upgraded=self._upgraded)
            self._land(coin, bought, UNITS["trade"], finisher)
        landed = self._land(coin, coins.migrates(coin, finisher.address), UNITS["migrate"], finisher)
        coin.pool = coins.opened_pool(self.chain.bank, coin)
        self.tally.migrated += landed is not None and landed.err is None

    def _fail(self, count: int) -> None:
        if self._last is None:
            return
        coin, trader = self._last
        agent = self.agents.of(trader)
        for _ in range(count):
            self.number += 1
            trade = coins.too_dear(coin, agent.address, self.number, upgraded=self._upgraded)
            landed = self._land(coin, trade, UNITS["trade"] + self.number % 1_000, agent)
            self.tally.failed += landed is not None and landed.err is not None

    def _spring(self, sim_mint: str, coin: Coin) -> None:
        """Bring the chain's accounts to what the simulation says of a trap or a blacklist."""
        bank, trap = self.chain.bank, self.simulator.trap(sim_mint)
        if trap and not coin.trap:
            traps.show(bank, coin, trap)
        shut = self.simulator.is_shut(sim_mint)
        if shut or coin.is_shut:
            coin.is_shut = shut
            traps.set_shut(bank, coin, shut=shut)
        refuses = self.simulator.is_refusing(sim_mint)
        if refuses or coin.is_refusing:
            coin.is_refusing = refuses
            traps.blacklist(bank, coin, self.agents.addresses, frozen=refuses)

    @property
    def _upgraded(self) -> int:
        return self.chain.faults.switches.upgraded

    def _land(
        self, coin: Coin | None, instructions: Iterable[Instruction], units: int, *signers: Agent
    ) -> Landed | None:
        price = self.chain.others_fee
        whole = [*compute_budget(units, price), *instructions]
        blockhash = Hash.from_string(self.chain.blockhash_seen("processed")[0])
        message = MessageV0.try_compile(signers[0].address, whole, [self._table], blockhash)
        transaction = signed(message, signers)
        if coin is None:
            return self.chain.run(transaction)
        with traps.for_insiders(self.chain.bank, coin):
            return self.chain.run(transaction)


def signed(message: MessageV0, signers: Sequence[Agent]) -> VersionedTransaction:
    """Signed by hand: the library's own way works every address out once more."""
    data = message_bytes(message)
    return VersionedTransaction.populate(message, [one.key.sign_message(data) for one in signers])
