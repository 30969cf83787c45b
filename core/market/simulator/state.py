"""What the simulated market remembers: tokens, scheduled actions, counters. A snapshot is exactly this."""

from enum import IntEnum

from msgspec import Struct

from core.market.curve import START, SUPPLY_UNITS
from core.market.simulator.orders import SimOrder


class Stage(IntEnum):
    """Where a token trades. COMPLETE is the time between the full curve and its pool: nowhere."""

    CURVE = 0
    COMPLETE = 1
    POOL = 2


class Kind(IntEnum):
    """Whose hand a launch shows; the truth, which only calibration reads."""

    ORDINARY = 0
    DEPLOYER_SNIPED = 1
    GROUP = 2
    HONEYPOT = 3
    BUNDLE = 4


class Action(IntEnum):
    """What a scheduled entry does to its token."""

    BUYER = 1
    EXIT = 2
    CREATOR_DUMP = 3
    GROUP_FIRST_SALE = 4
    GROUP_GRADUATE = 5
    GROUP_WASH = 6
    GROUP_DUMP = 7
    GROUP_FADE = 8
    MIGRATE = 9
    FORGET = 10
    MAYHEM = 11
    PLANTED_BUY = 12
    SCRIPT = 13


# Bare numbers for what every trade compares: looking up a member of an enumeration costs as much as five comparisons.
ON_CURVE, COMPLETE, IN_POOL = int(Stage.CURVE), int(Stage.COMPLETE), int(Stage.POOL)
HONEYPOT = int(Kind.HONEYPOT)
BUYER, EXIT = int(Action.BUYER), int(Action.EXIT)

Entry = tuple[int, int, int, int, str, int]
"""(slot, sequence, action, token number, wallet, token units): sequence is the order within a slot."""


class Token(Struct, kw_only=True):
    """One token. Reserves in lamports and token units; `holders` without curve and pool."""

    number: int
    mint: str
    kind: int
    creator: str
    launched_slot: int
    token_2022: bool
    cashback: bool
    virtual_quote: int = START.virtual_quote
    virtual_base: int = START.virtual_base
    real_quote: int = START.real_quote
    real_base: int = START.real_base
    stage: int = Stage.CURVE
    pool: str = ""
    pool_quote: int = 0
    pool_base: int = 0
    supply: int = SUPPLY_UNITS
    holders: dict[str, int] = {}
    insiders: list[str] = []
    outsiders: list[str] = []
    """Wallets that hold through submitted orders: a token they hold is never forgotten."""
    trap: str = ""
    """What makes a honeypot: a harmful extension, or `freeze_authority`."""
    trap_slot: int = 0
    """Slot from which outsiders cannot sell."""
    attention: float = 0.0
    """Buyers of the whole attention profile at today's level; `survival` of it is still to come."""
    survival: float = 1.0
    half_s: float = 1.0
    buy_scale: float = 1.0
    next_doubling: float = 2.0
    """Price, in start prices, at which attention grows next."""
    collapsed_slot: int = -1
    pending: int = 0
    """Scheduled entries."""
    mayhem: bool = False
    quote_mint: str = ""
    """Empty for SOL. Agents think in lamports all the same; what is broadcast is in this mint's base units."""
    quote_units_per_sol: int = 0
    """Of `quote_mint`, at the launch's price of SOL."""
    plant: int = -1
    """Which of the scenario's scripted tokens it is; -1: none."""
    is_ours: bool = False
    """Somebody bought it by a submitted order."""
    refused_until_slot: int = 0
    """Until then submitted sales fail, though the accounts show nothing."""
    migrate_slots: int = 0
    """From the full curve to the pool; 0: as the settings draw it."""


class MarketState(Struct, kw_only=True):
    """Everything but the settings and the caches."""

    slot: int
    seed: int
    next_launch_s: float = 0.0
    sequence: int = 0
    transactions: int = 0
    """Of others, failed ones included; numbers their signatures."""
    landed: int = 0
    failed: int = 0
    """Of the slot being played."""
    tokens_made: int = 0
    wallets_made: int = 0
    schedule: list[Entry] = []
    """What is still to come, in order; only filled in a snapshot (`Market.due` holds it)."""
    tokens: dict[int, Token] = {}
    orders: list[SimOrder] = []
    sol_usd: float = 0.0
    sol_pool_usd: float = 0.0
    sol_http_usd: float = 0.0
    fee_level: float = 0.0
    planted: int = 0
    """Scripted tokens launched so far."""
    unheard_pools: list[int] = []
    """Tokens that migrated while nobody could hear of it."""
    random: tuple[int, tuple[int, ...], float | None] | None = None
    """State of the generator; only filled in a snapshot."""
