"""The market that agents act in: state, randomness, schedule and broadcast in one place."""

from collections import defaultdict
from collections.abc import Iterable
from itertools import chain
from math import cos, exp, log, pi, prod, sin, sqrt
from random import Random

from core.market.simulator.broadcast import Broadcast
from core.market.simulator.names import Names
from core.market.simulator.settings import LogNormal, MarketSettings
from core.market.simulator.spells import AnySpell, FeedOutage, FeeWave, ProgramUpgrade
from core.market.simulator.state import Entry, MarketState, Token
from core.messages import Funded

TWO_PI = 2.0 * pi


def failed_share(settings: MarketSettings, spells: Iterable[AnySpell]) -> float:
    """Share of others' transactions that fail."""
    waves = prod(spell.failures for spell in spells if isinstance(spell, FeeWave))
    return min(settings.network.failed_share * settings.scenario.failures * waves, 0.9)


class Market:
    """One running market. Agents are functions over it; only they and `simulator` change it."""

    __slots__ = (
        "at_s",
        "bots",
        "broadcast",
        "by_mint",
        "due",
        "failed_share",
        "funded",
        "is_hidden",
        "is_upgraded",
        "names",
        "people",
        "random",
        "settings",
        "slot_s",
        "spare",
        "spells",
        "state",
        "uniform",
    )

    def __init__(
        self, settings: MarketSettings, state: MarketState, names: Names, random: Random, broadcast: Broadcast
    ) -> None:
        self.settings = settings
        self.state = state
        self.names = names
        self.bots, self.people = names.family("bot"), names.family("crowd")
        self.random = random
        self.uniform = random.random
        self.spare: float | None = None
        """The second of two normal draws, which come in pairs: part of a snapshot."""
        self.broadcast = broadcast
        self.funded: list[Funded] = []
        """Transfers of this slot that the feed will show."""
        self.at_s = 0.0
        self.spells: tuple[AnySpell, ...] = ()
        """Those that hold in this slot; with them: what others' transactions fail, whether nobody hears of anything,
        and whether that is because the programs changed."""
        self.failed_share = failed_share(settings, ())
        self.is_hidden = self.is_upgraded = False
        self.slot_s = settings.clock.slot_s
        self.due: defaultdict[int, list[Entry]] = defaultdict(list)
        """Slot -> what is scheduled for it, in order: nothing is ever scheduled for a slot that is being played, so
        appending keeps the order and no heap is needed."""
        for entry in sorted(state.schedule):
            self.due[entry[0]].append(entry)
        state.schedule = []
        self.by_mint = {token.mint: token.number for token in state.tokens.values()}

    def begin(self, at_s: float) -> None:
        """A new slot: what the scenario's spells make of it."""
        self.at_s = at_s
        scenario = self.settings.scenario
        if scenario.spells:
            self.spells = spells = scenario.spells_on(at_s - self.settings.clock.start_s)
            self.failed_share = failed_share(self.settings, spells)
            self.is_upgraded = any(isinstance(spell, ProgramUpgrade) for spell in spells)
            self.is_hidden = self.is_upgraded or any(isinstance(spell, FeedOutage) for spell in spells)

    def schedule(self, delay_s: float, action: int, token: Token, wallet: str = "", tokens: int = 0) -> None:
        """`action` happens to `token` in `delay_s`, at least a slot from now."""
        state = self.state
        state.sequence = sequence = state.sequence + 1
        now = state.slot
        slot = now + int(delay_s / self.slot_s)
        if slot <= now:
            slot = now + 1
        token.pending += 1
        self.due[slot].append((slot, sequence, action, token.number, wallet, tokens))

    def scheduled(self) -> list[Entry]:
        """Everything that is still to come, in order."""
        return sorted(chain.from_iterable(self.due.values()))

    def chance(self, share: float) -> bool:
        return self.uniform() < share

    def draw(self, law: LogNormal) -> float:
        spare = self.spare
        if spare is None:
            spare = self.normal()
        else:
            self.spare = None
        return law.median * exp(law.sigma * spare)

    def normal(self) -> float:
        """A standard normal draw, to the bit `random.gauss` at half of its time."""
        spare = self.spare
        if spare is not None:
            self.spare = None
            return spare
        angle = self.uniform() * TWO_PI
        radius = sqrt(-2.0 * log(1.0 - self.uniform()))
        self.spare = sin(angle) * radius
        return cos(angle) * radius

    def new_wallet(self, family: str) -> str:
        """A wallet that nobody has seen before."""
        self.state.wallets_made += 1
        return self.names.new_wallet(family, self.state.wallets_made)
