"""Scripted tokens at work: their launch, their holders' trades, and the steps of their scripts."""

from collections.abc import Iterable
from math import sqrt
from typing import assert_never

from core.market.simulator import crowd, mayhem
from core.market.simulator.market import Market
from core.market.simulator.quoting import quote_in_usdc
from core.market.simulator.scripts import (
    Completed,
    CreatorSells,
    LiquidityPulled,
    Plant,
    PriceTo,
    SalesRefused,
    Since,
    Trap,
)
from core.market.simulator.settings import LogNormal
from core.market.simulator.state import Action, Kind, Stage, Token
from core.market.simulator.trading import START_PRICE, buy, price, sell
from core.types import LAMPORTS_PER_SOL

FAMILY = "planted"
PART_S = 4.0
"""A price that moves over a time moves this often."""
MOVERS = 8
"""Holders who share one purchase between them: nobody becomes too large."""
FINISHERS = 12
"""Wallets that share the rest of a curve between them."""


def in_order(market: Market) -> tuple[tuple[int, Plant], ...]:
    """(place in the scenario, plant), by launch."""
    return tuple(sorted(enumerate(market.settings.scenario.tokens), key=lambda placed: (placed[1].at_s, placed[0])))


def launch_due(market: Market) -> None:
    """Launch the scripted tokens whose time has come."""
    state, since_s = market.state, market.at_s - market.settings.clock.start_s
    while state.planted < len(market.settings.scenario.tokens):
        place, plant = in_order(market)[state.planted]
        if plant.at_s > since_s:
            return
        state.planted += 1
        _launch(market, place, plant)


def bought(market: Market, token: Token) -> None:
    """A submitted order bought it: steps that wait for the first such purchase begin."""
    if token.plant < 0 or token.is_ours:
        return
    token.is_ours = True
    _schedule(market, token, Since.OUR_BUY)


def act(market: Market, token: Token, number: int, left: str) -> None:
    """Do step `number` of the token's script. `left`: parts of a price's way that are still to go."""
    step = market.settings.scenario.tokens[token.plant].steps[number]
    match step:
        case PriceTo():
            _walk(market, token, step, number, int(left) if left else _parts(step))
        case CreatorSells():
            sell(market, token, token.creator, int(token.holders.get(token.creator, 0) * step.share))
        case LiquidityPulled():
            _drain(market, token, step.share)
        case Trap():
            _trap(market, token, step)
        case SalesRefused():
            token.refused_until_slot = market.state.slot + int(step.for_s / market.slot_s)
        case Completed():
            token.migrate_slots = max(int(step.migrates_s / market.slot_s), 1)
            _complete(market, token)
        case _:
            assert_never(step)


def _launch(market: Market, place: int, plant: Plant) -> None:
    state = market.state
    state.tokens_made += 1
    creator = market.new_wallet("creator")
    token = Token(
        number=state.tokens_made,
        mint=market.names.mint(state.tokens_made),
        kind=Kind.ORDINARY,
        creator=creator,
        launched_slot=state.slot,
        token_2022=plant.token_2022,
        cashback=plant.cashback,
        insiders=[creator],
        plant=place,
    )
    if plant.mayhem:
        mayhem.begin(market, token)
    elif plant.usdc:
        quote_in_usdc(token, state.sol_usd)
    state.tokens[token.number] = token
    market.by_mint[token.mint] = token.number
    market.broadcast.launched(token)
    buy(market, token, creator, int(plant.own_buy_sol * LAMPORTS_PER_SOL), joined=True)
    net = int(plant.buy_sol * LAMPORTS_PER_SOL)
    for number in range(plant.buyers):
        delay_s = plant.over_s * (number + 1) / plant.buyers
        market.schedule(delay_s, Action.PLANTED_BUY, token, market.new_wallet(FAMILY), net)
    if plant.attention:
        crowd.arouse(market, token, LogNormal(plant.attention, 0.0), least_scale=1.0)
    _schedule(market, token, Since.LAUNCH)


def _schedule(market: Market, token: Token, since: Since) -> None:
    for number, step in enumerate(market.settings.scenario.tokens[token.plant].steps):
        if step.since is since:
            market.schedule(step.after_s, Action.SCRIPT, token, "", number)


def _parts(step: PriceTo) -> int:
    return max(int(step.over_s / PART_S), 1)


def _walk(market: Market, token: Token, step: PriceTo, number: int, left: int) -> None:
    """One part of the way, each by the same factor, from wherever the price is now."""
    now = price(token)
    _move_to(market, token, now * (step.to / now) ** (1.0 / left))
    if left > 1:
        market.schedule(PART_S, Action.SCRIPT, token, str(left - 1), number)


def _drain(market: Market, token: Token, share: float) -> None:
    real, quote, _ = _reserves(token)
    _move_to(market, token, price(token) * ((quote - share * real) / quote) ** 2)


def _move_to(market: Market, token: Token, target: float) -> None:
    """Bring the price to `target`: holders buy together, or sell pro rata, all in this slot."""
    if token.stage == Stage.COMPLETE:
        return
    _, quote, base = _reserves(token)
    wanted_quote = sqrt(quote * base * target * START_PRICE)
    if wanted_quote > quote:
        _buy_together(market, token, int(wanted_quote) - quote)
    else:
        _sell_together(market, token, int(quote * base / wanted_quote) - base)


def _reserves(token: Token) -> tuple[int, int, int]:
    """(what sellers can take out, pricing quote, pricing base) in lamports and token units."""
    if token.stage == Stage.POOL:
        return token.pool_quote, token.pool_quote, token.pool_base
    return token.real_quote, token.virtual_quote, token.virtual_base


def _crowd(token: Token) -> list[str]:
    return [wallet for wallet in token.holders if wallet not in token.insiders and wallet not in token.outsiders]


def _buy_together(market: Market, token: Token, net: int) -> None:
    holders = _crowd(token)
    movers: Iterable[str]
    if len(holders) > MOVERS:
        movers = market.random.sample(holders, MOVERS)
    else:
        movers = [market.new_wallet(FAMILY) for _ in range(MOVERS)]
    for wallet in movers:
        buy(market, token, wallet, net // MOVERS)


def _sell_together(market: Market, token: Token, tokens: int) -> None:
    holders = _crowd(token)
    total = sum(token.holders[wallet] for wallet in holders)
    share = min(tokens / total, 1.0) if total else 0.0
    for wallet in holders:
        sell(market, token, wallet, int(token.holders[wallet] * share))


def _trap(market: Market, token: Token, step: Trap) -> None:
    token.trap = step.trap
    if step.shuts_s is not None:
        token.kind = Kind.HONEYPOT
        token.trap_slot = market.state.slot + int(step.shuts_s / market.slot_s)


def _complete(market: Market, token: Token) -> None:
    """Wallets that nobody has seen buy what is left, each a part of the rest; the last takes all of it."""
    for left in range(FINISHERS, 0, -1):
        if token.stage != Stage.CURVE:
            return
        rest = token.real_base * token.virtual_quote // (token.virtual_base - token.real_base) + LAMPORTS_PER_SOL
        buy(market, token, market.new_wallet(FAMILY), rest // FINISHERS if left > 1 else rest)
