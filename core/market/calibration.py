"""The simulated market beside the published figures: what `simulate --calibration` prints.

A cohort is launched for a while and followed for a day, on the decoded broadcast. Each row has a band in which the
simulated figure must lie; where the source gives no range, the band is this project's own tolerance.
"""

from collections.abc import Iterable, Sequence
from math import inf
from statistics import fmean, median

from msgspec import Struct
from msgspec.structs import replace

from core.market.census import Census, TokenRow
from core.market.paper.landing import PaperRule, landing_of
from core.market.simulator.settings import MarketSettings
from core.market.simulator.simulator import Simulator
from core.market.simulator.state import Kind
from core.messages import Launched
from core.types import LAMPORTS_PER_SOL

DAY_S = 86_400.0
RAN = 2.0
"""A token ran when its price reached twice the start of the curve."""
FIRST_SIGHT_S = 1.0
"""Whoever sees the creation slot only sees the price up to here."""
DEAD_LIQUIDITY_USD = 1_000.0
"""Solidus Labs: a token that does not keep this liquidity ended as pump-and-dump or rug."""
DEAD_PRICE = 0.1
"""A pool cannot fall under some 17 SOL, so a graduate has ended when this share of its peak price is left."""
FAST_S = 60.0
"""The recorded tokens graduated within seconds."""
LANDINGS = 10_000
GROUP_LAMPORTS = 60 * LAMPORTS_PER_SOL


class Row(Struct, frozen=True, kw_only=True):
    """One figure. `met` is None where the run was too small to say."""

    figure: str
    published: str
    simulated: float | None
    low: float
    high: float

    @property
    def met(self) -> bool | None:
        return None if self.simulated is None else self.low <= self.simulated <= self.high


class Run(Struct, frozen=True, kw_only=True):
    """What a cohort left behind."""

    census: Census
    launch_s: float
    kinds: dict[str, Kind]
    insiders: dict[str, frozenset[str]]
    landed: int
    failed: int
    sol_usd_least: float
    sol_usd_most: float
    sol_usd: float


def observe(settings: MarketSettings, seed: int, *, launch_s: float = 3_600.0, follow_s: float = DAY_S) -> Run:
    """Launch for `launch_s`, follow all tokens until `follow_s` after the start."""
    settings = replace(settings, launches_until_s=settings.clock.start_s + launch_s)
    simulator = Simulator(settings, seed, decoded=True)
    census = Census()
    landed = failed = 0
    prices = []
    kinds: dict[str, Kind] = {}
    insiders: dict[str, frozenset[str]] = {}
    for _ in range(int(follow_s / settings.clock.slot_s)):
        slot = simulator.step()
        if slot.events:
            census.see(slot.events)
            for event in slot.events:
                if isinstance(event, Launched):
                    kinds[event.mint] = simulator.kind(event.mint) or Kind.ORDINARY
                    insiders[event.mint] = simulator.insiders(event.mint)
        landed += slot.landed
        failed += slot.failed
        prices.append(slot.sol_price.pool_usd or 0.0)
    return Run(
        census=census,
        launch_s=launch_s,
        kinds=kinds,
        insiders=insiders,
        landed=landed,
        failed=failed,
        sol_usd_least=min(prices),
        sol_usd_most=max(prices),
        sol_usd=prices[-1],
    )


def calibration(
    settings: MarketSettings,
    seed: int,
    *,
    launch_s: float = 3_600.0,
    insider_launch_s: float = 1_200.0,
    paper: PaperRule = PaperRule(),
) -> tuple[Row, ...]:
    """Every row of market.md's table; landing is the paper venue's, on a network that is not congested.

    Rows about groups and deployer snipes are conditional on a rare kind of launch, so they come from a second cohort
    that has many of them; their share of all launches is a row of the first.
    """
    run = observe(settings, seed, launch_s=launch_s)
    insiders = observe(insiders_only(settings), seed, launch_s=insider_launch_s, follow_s=insider_launch_s + 3_600.0)
    return (
        *_activity(run),
        *_launches(run),
        *_insiders(insiders),
        *_endings(run),
        *_sizes(insiders),
        *_weather(run),
        *_landings(paper, seed, settings.clock.slot_s),
    )


def insiders_only(settings: MarketSettings) -> MarketSettings:
    """Three launches in ten are group pumps, as many are sniped by the deployer; everything else as it is."""
    return replace(
        settings,
        group=replace(settings.group, share=0.3),
        sniper=replace(settings.sniper, deployer_share=0.3),
    )


def _activity(run: Run) -> list[Row]:
    rows = list(run.census.tokens.values())
    trades = [row.curve_trades for row in rows]
    lives_s = [max(row.last_trade_s - row.launched_s, 0.0) for row in rows]
    ran = [row for row in rows if row.peak >= RAN]
    busiest = sum(sorted(trades)[-max(len(trades) // 100, 1) :])
    return [
        _row("launches per second", "0.25-0.5", len(rows) / run.launch_s, 0.25, 0.5),
        _row("curve trades per launch, mean", "101", _mean(trades), 81, 121),
        _row("share of curve trades on the busiest 1 % of launches", "heavy-tailed", busiest / sum(trades), 0.1, 0.5),
        _row(
            "graduation, share of launches", "0.006-0.019", _share(row.graduated_s < inf for row in rows), 0.006, 0.019
        ),
        _row(
            "last trade on launch day, share (launch hours evenly over the day)",
            "0.687",
            _mean([max(1.0 - life_s / DAY_S, 0.0) for life_s in lives_s]),
            0.637,
            0.737,
        ),
        # An hour has some 200 tokens that ran: these two bands are two standard errors wide on each side.
        _row(
            "peak at first sight, of tokens that ran",
            "0.21",
            _share(r.peak_s <= FIRST_SIGHT_S for r in ran),
            0.14,
            0.28,
        ),
        _row("peak within 120 s, of tokens that ran", "0.50", _share(r.peak_s <= 120.0 for r in ran), 0.43, 0.57),
    ]


def _launches(run: Run) -> list[Row]:
    tokens = run.census.tokens
    sniped = [mint for mint, kind in run.kinds.items() if kind is Kind.DEPLOYER_SNIPED]
    return [
        _row(
            "bought in the creation slot by others, share of launches",
            "> 0.50",
            _share(row.first_slot_lamports > 0 for row in tokens.values()),
            0.50,
            0.70,
        ),
        # Wide for a reason: an hour has only some 25 of them.
        _row("deployer-funded snipes, share of launches", "0.0175", len(sniped) / len(tokens), 0.0075, 0.0275),
    ]


def _insiders(run: Run) -> list[Row]:
    tokens = run.census.tokens
    sniped = [mint for mint, kind in run.kinds.items() if kind is Kind.DEPLOYER_SNIPED]
    grouped = [mint for mint, kind in run.kinds.items() if kind is Kind.GROUP]
    winners = [tokens[mint] for mint in grouped if tokens[mint].graduated_s < inf]
    first_out = [
        min((s for s, wallet, _ in tokens[mint].sold if wallet in run.insiders[mint]), default=DAY_S)
        for mint in grouped
    ]
    return [
        _row(
            "deployer-funded snipes, share of their tokens sold within 5 min",
            "0.85",
            _mean([_sold_early(tokens[mint], run.insiders[mint]) for mint in sniped]),
            0.75,
            0.95,
        ),
        _row(
            "group-sniped winners with >= 60 SOL in the creation slot",
            "0.83",
            _share(row.first_slot_lamports >= GROUP_LAMPORTS for row in winners),
            0.73,
            0.93,
        ),
        _row("first tokens out of a group, median s", "17.5", median(first_out) if first_out else None, 12.0, 23.0),
        _row(
            "manufactured pumps that fell 99 % in one block",
            "0.90",
            _share(row.worst_slot_fall >= 0.985 for row in winners),
            0.8,
            1.0,
        ),
    ]


def _endings(run: Run) -> list[Row]:
    tokens = run.census.tokens
    dead_lamports = DEAD_LIQUIDITY_USD / run.sol_usd * LAMPORTS_PER_SOL
    traps = frozenset(mint for mint, kind in run.kinds.items() if kind is Kind.HONEYPOT)
    ended = (row.liquidity_lamports < dead_lamports or row.price < DEAD_PRICE * row.peak for row in tokens.values())
    return [
        _row("end as pump-and-dump or rug, share of launches", "0.98", _share(ended), 0.97, 1.0),
        _row(
            "wallets that lose money",
            "> 0.60",
            _share(lamports < 0 for lamports in run.census.profits(traps).values()),
            0.60,
            0.85,
        ),
    ]


def _sizes(run: Run) -> list[Row]:
    fast = [row for row in run.census.tokens.values() if row.graduated_s <= FAST_S]
    buys = sorted(size for row in fast for size in row.early_buys)
    sells = sorted(size for row in fast for size in row.early_sells)
    published = {
        "buy": (buys, ((10, 0.0025), (50, 0.20), (90, 2.0))),
        "sell": (sells, ((10, 0.0006), (50, 0.17), (90, 3.1))),
    }
    # Half to double: the 18 recorded tokens differ from each other by more.
    return [
        _row(
            f"{side} size on fast graduates' pools, {percent} %, SOL",
            str(figure),
            _quantile(sizes, percent) / LAMPORTS_PER_SOL if sizes else None,
            figure / 2,
            figure * 2,
        )
        for side, (sizes, figures) in published.items()
        for percent, figure in figures
    ]


def _weather(run: Run) -> list[Row]:
    failed = run.failed / max(run.failed + run.landed, 1)
    return [
        _row("failed transactions, share", "0.08-0.50", failed, 0.08, 0.50),
        _row("SOL/USD, least", "64", run.sol_usd_least, 63.0, 288.0),
        _row("SOL/USD, most", "287", run.sol_usd_most, 63.0, 288.0),
    ]


def _landings(paper: PaperRule, seed: int, slot_s: float) -> list[Row]:
    """First sends of ours that some leader took up: when they land, and which fail though they landed."""
    draws = [landing_of(paper, seed, f"calibration.{number}", 0) for number in range(LANDINGS)]
    landed = [draw for draw in draws if not draw.missed]
    return [
        _row(
            "our transactions that land within 1.4 s",
            "0.90",
            _share(draw.delay_slots * slot_s <= 1.4 for draw in landed),
            0.85,
            0.95,
        ),
        _row("our transactions that land and fail", "0.15", _share(draw.failed for draw in landed), 0.13, 0.17),
    ]


def _sold_early(row: TokenRow, insiders: frozenset[str]) -> float:
    """Of what insiders other than the creator sold, the part sold within five minutes; 0 where they sold nothing."""
    sales = [(since_s, tokens) for since_s, wallet, tokens in row.sold if wallet in insiders and wallet != row.creator]
    total = sum(tokens for _, tokens in sales)
    return sum(tokens for since_s, tokens in sales if since_s <= 300.0) / total if total else 0.0


def _row(figure: str, published: str, simulated: float | None, low: float, high: float) -> Row:
    return Row(figure=figure, published=published, simulated=simulated, low=low, high=high)


def _mean(values: Sequence[float]) -> float | None:
    return fmean(values) if values else None


def _share(flags: Iterable[bool]) -> float | None:
    return _mean([float(flag) for flag in flags])


def _quantile(ordered: Sequence[int], percent: int) -> int:
    return ordered[(len(ordered) - 1) * percent // 100]
