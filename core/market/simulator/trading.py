"""Trades of the agents on real curve and pool mathematics, and what a price does to attention.

Bare integers on the token instead of `Curve` and `Pool` values: these functions run for every trade. Their results
equal `core.market.quotes`; a test compares them.
"""

from bisect import bisect_right

from core.chain.programs import WSOL_MINT
from core.market import curve as curves
from core.market import pool as pools
from core.market.curve import START, SUPPLY_UNITS
from core.market.fees import CURVE_RATES, POOL_SCHEDULE, FeeRates, as_cashback, fee_on
from core.market.pool import MIGRATED_BASE_UNITS, MIGRATION_FEE_LAMPORTS
from core.market.simulator.addresses import pool_address
from core.market.simulator.market import Market
from core.market.simulator.state import COMPLETE, EXIT, HONEYPOT, IN_POOL, ON_CURVE, Action, Token
from core.market.simulator.swap import Swap
from core.types import Side

_BUY, _SELL = Side.BUY, Side.SELL
START_PRICE = START.virtual_quote / START.virtual_base
_THRESHOLDS = [tier.market_cap_from_lamports for tier in POOL_SCHEDULE.tiers]
_POOL_RATES = [tier.rates for tier in POOL_SCHEDULE.tiers]
_POOL_CASHBACK_RATES = [as_cashback(rates) for rates in _POOL_RATES]
_CURVE_CASHBACK_RATES = as_cashback(CURVE_RATES)


def rates_for(token: Token) -> FeeRates:
    """The rates of the token where it trades now."""
    if token.stage == ON_CURVE:
        return _CURVE_CASHBACK_RATES if token.cashback else CURVE_RATES
    tier = bisect_right(_THRESHOLDS, token.pool_quote * SUPPLY_UNITS // token.pool_base) - 1
    return (_POOL_CASHBACK_RATES if token.cashback else _POOL_RATES)[tier]


def price(token: Token) -> float:
    """Spot price in start prices."""
    if token.stage == IN_POOL:
        return token.pool_quote / token.pool_base / START_PRICE
    return token.virtual_quote / token.virtual_base / START_PRICE


def buy(market: Market, token: Token, wallet: str, net: int, *, joined: bool = False) -> int:
    """Buy exact-in for `net` lamports after fees; token units received, 0 where nothing could be bought."""
    if token.stage == ON_CURVE:
        tokens = _buy_on_curve(market, token, wallet, net, joined)
    elif token.stage == IN_POOL:
        tokens = _buy_in_pool(market, token, wallet, net)
    else:
        return 0
    if tokens:
        _fail_others(market, token, _BUY)
    return tokens


def _buy_on_curve(market: Market, token: Token, wallet: str, net: int, joined: bool) -> int:
    quote, base, left = token.virtual_quote, token.virtual_base, token.real_base
    tokens = curves.tokens_for(quote, base, net)
    if tokens <= 0:
        return 0
    if tokens >= left:
        tokens = left
        net = min(net, curves.cost_of(quote, base, tokens))
    # As `move_curve`, with what is at hand.
    token.virtual_quote = quote + net
    token.virtual_base = base - tokens
    token.real_quote += net
    token.real_base = left - tokens
    holders = token.holders
    holders[wallet] = holders.get(wallet, 0) + tokens
    rates = _CURVE_CASHBACK_RATES if token.cashback else CURVE_RATES
    market.broadcast.traded(token, Swap(_BUY, wallet, net, tokens, rates), joined)
    after_rise(market, token, wallet)
    return tokens


def move_curve(token: Token, tokens: int, quote: int) -> None:
    """`tokens` left the curve for `quote` lamports; both negative for a sale."""
    token.virtual_quote += quote
    token.real_quote += quote
    token.virtual_base -= tokens
    token.real_base -= tokens


def after_rise(market: Market, token: Token, wallet: str) -> None:
    """What follows a buy: completion of the curve, or more attention at a doubling of the price."""
    if token.real_base == 0 and token.stage == ON_CURVE:
        settings = market.settings.graduation
        token.stage = COMPLETE
        market.broadcast.completed(token, wallet)
        wait = token.migrate_slots or market.random.randint(settings.migrate_slots_least, settings.migrate_slots_most)
        market.schedule(wait * market.slot_s, Action.MIGRATE, token)
    now = price(token)
    while now >= token.next_doubling:
        attention = market.settings.attention
        token.next_doubling *= 2.0
        token.attention = min(token.attention * attention.doubling_gain, attention.most_buyers)


def _buy_in_pool(market: Market, token: Token, wallet: str, net: int) -> int:
    tokens = pools.tokens_for(token.pool_quote, token.pool_base, net)
    if tokens <= 0:
        return 0
    rates = rates_for(token)
    lp_fee = fee_on(net, rates.lp_bps)
    token.pool_quote += net + lp_fee
    token.pool_base -= tokens
    token.holders[wallet] = token.holders.get(wallet, 0) + tokens
    market.broadcast.traded(token, Swap(_BUY, wallet, net, tokens, rates, lp_fee))
    after_rise(market, token, wallet)
    return tokens


def sell(market: Market, token: Token, wallet: str, tokens: int) -> int:
    """Sell up to `tokens` of what `wallet` holds; lamports before fees, 0 where nothing could be sold."""
    held = token.holders.get(wallet, 0)
    tokens = min(tokens, held)
    if tokens <= 0 or token.stage == COMPLETE:
        return 0
    if token.kind == HONEYPOT and is_trapped(market, token, wallet):
        market.broadcast.failed(token, _SELL)
        token.attention *= market.settings.attention.trapped_keeps
        return 0
    on_curve = token.stage == ON_CURVE
    if on_curve:
        reserves, base = token.virtual_quote, token.virtual_base
        quote = curves.proceeds_of(reserves, base, tokens)
    else:
        reserves, base = token.pool_quote, token.pool_base
        quote = pools.proceeds_of(reserves, base, tokens)
    if quote < 1_000:
        # Dust whose fees would eat it, or nearly: nobody pays a transaction for that.
        return 0
    rates = rates_for(token)
    before = reserves / base / START_PRICE
    base += tokens
    if on_curve:
        if quote > token.real_quote:
            # Only of a mayhem coin, whose agent took more out than its tokens were worth on the curve.
            market.broadcast.failed(token, _SELL)
            return 0
        lp_fee = 0
        # As `move_curve`, with what is at hand.
        reserves -= quote
        token.virtual_quote, token.virtual_base = reserves, base
        token.real_quote -= quote
        token.real_base += tokens
    else:
        lp_fee = fee_on(quote, rates.lp_bps)
        reserves -= quote - lp_fee
        token.pool_quote, token.pool_base = reserves, base
    if tokens == held:
        del token.holders[wallet]
    else:
        token.holders[wallet] = held - tokens
    market.broadcast.traded(token, Swap(_SELL, wallet, quote, tokens, rates, lp_fee))
    _fail_others(market, token, _SELL)
    if reserves / base / START_PRICE < before * (1.0 - market.settings.attention.collapse_fall):
        collapse(market, token)
    return quote


def is_trapped(market: Market, token: Token, wallet: str) -> bool:
    """Whether a honeypot keeps this wallet from selling now."""
    return token.kind == HONEYPOT and market.state.slot >= token.trap_slot and wallet not in token.insiders


def collapse(market: Market, token: Token) -> None:
    """The price fell hard: most of the buyers to come stay away, some holders run within seconds."""
    state, crowd = market.state, market.settings.crowd
    if state.slot - token.collapsed_slot < crowd.panic_slots and token.collapsed_slot >= 0:
        return
    token.collapsed_slot = state.slot
    token.attention *= market.settings.attention.collapse_keeps
    random = market.random.random
    for wallet, tokens in token.holders.items():
        if random() < crowd.panic_share and wallet not in token.insiders and wallet not in token.outsiders:
            market.schedule(random() * crowd.panic_slots * market.slot_s, EXIT, token, wallet, tokens)


def migrate(market: Market, token: Token) -> None:
    """The completed curve becomes the canonical pool; everybody looks at it again."""
    token.stage = IN_POOL
    token.pool_quote = token.real_quote - MIGRATION_FEE_LAMPORTS
    token.pool_base = MIGRATED_BASE_UNITS
    token.pool = pool_address(token.mint, token.quote_mint or WSOL_MINT)
    token.attention *= market.settings.graduation.attention_gain
    market.broadcast.migrated(token)
    if market.is_hidden:
        market.state.unheard_pools.append(token.number)


def _fail_others(market: Market, token: Token, side: Side) -> None:
    """Failed transactions of others come with the landed ones, so that they are the set share of all."""
    while market.uniform() < market.failed_share:
        market.broadcast.failed(token, side)
