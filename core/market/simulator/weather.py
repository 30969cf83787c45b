"""What surrounds the trades: the level of priority fees, and SOL/USD by two sources."""

from math import exp, prod, sqrt

from core.market.simulator.market import Market
from core.market.simulator.spells import FeeWave, SolCrash


def priority_fee_lamports(market: Market) -> int:
    """Draw the slot's priority fee: a log-AR(1) around its median."""
    network, state = market.settings.network, market.state
    memory = network.priority_memory
    shock = market.normal() * (network.priority_sigma * sqrt(1.0 - memory * memory))
    state.fee_level = memory * state.fee_level + shock
    waves = prod(spell.fees for spell in market.spells if isinstance(spell, FeeWave)) if market.spells else 1.0
    level = network.priority_fee_lamports * market.settings.scenario.priority_fee * waves
    return int(level * exp(state.fee_level))


def move_sol_price(market: Market) -> None:
    """A step of the SOL/USD path, reflected at its bounds, and what the two sources say of it."""
    settings, state = market.settings.sol_price, market.state
    if state.sol_usd and state.slot % settings.step_slots:
        return
    step_s = settings.step_slots * market.slot_s
    crashes = [spell for spell in market.spells if isinstance(spell, SolCrash)]
    if not state.sol_usd:
        state.sol_usd = market.settings.opening_usd
    else:
        sigma = settings.hourly_volatility * sqrt(step_s / 3_600.0)
        moved = state.sol_usd * exp(market.normal() * sigma)
        for crash in crashes:
            # It does not rebound from the bound as the wandering does.
            moved = max(moved * (1.0 - crash.fall) ** (step_s / crash.for_s), settings.least_usd)
        moved = settings.least_usd**2 / moved if moved < settings.least_usd else moved
        state.sol_usd = settings.most_usd**2 / moved if moved > settings.most_usd else moved
    error = settings.source_error
    state.sol_pool_usd = state.sol_usd * exp(market.normal() * error)
    http_usd = state.sol_usd * exp(market.normal() * error)
    since_s = market.at_s - market.settings.clock.start_s
    if all(not crash.http_every_s or since_s % crash.http_every_s < step_s for crash in crashes):
        state.sol_http_usd = http_usd
