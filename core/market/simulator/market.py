"""The market that agents act in: state, randomness, schedule and broadcast in one place."""

from heapq import heappush
from math import exp
from random import Random

from core.market.simulator.broadcast import Broadcast
from core.market.simulator.names import Names
from core.market.simulator.settings import LogNormal, MarketSettings
from core.market.simulator.state import Action, MarketState, Token


class Market:
    """One running market. Agents are functions over it; only they and `simulator` change it."""

    __slots__ = ("at_s", "broadcast", "by_mint", "names", "random", "settings", "slot_s", "state")

    def __init__(
        self, settings: MarketSettings, state: MarketState, names: Names, random: Random, broadcast: Broadcast
    ) -> None:
        self.settings = settings
        self.state = state
        self.names = names
        self.random = random
        self.broadcast = broadcast
        self.at_s = 0.0
        self.slot_s = settings.clock.slot_s
        self.by_mint = {token.mint: token.number for token in state.tokens.values()}

    def schedule(self, delay_s: float, action: Action, token: Token, wallet: str = "", tokens: int = 0) -> None:
        """`action` happens to `token` in `delay_s`, at least a slot from now."""
        state = self.state
        state.sequence += 1
        slot = state.slot + max(int(delay_s / self.slot_s), 1)
        token.pending += 1
        heappush(state.schedule, (slot, state.sequence, action, token.number, wallet, tokens))

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def draw(self, law: LogNormal) -> float:
        return law.median * exp(law.sigma * self.random.gauss(0.0, 1.0))

    def new_wallet(self, family: str) -> str:
        """A wallet that nobody has seen before."""
        self.state.wallets_made += 1
        return self.names.wallet(family, self.state.wallets_made)
