"""Creators and the creation slot: a token appears, its creator buys, snipers of several kinds are already there."""

from typing import get_args

from core.market.simulator import groups, mayhem
from core.market.simulator.crowd import arouse
from core.market.simulator.market import Market
from core.market.simulator.quoting import quote_in_usdc
from core.market.simulator.scripts import TrapName
from core.market.simulator.state import Action, Kind, Token
from core.market.simulator.trading import buy
from core.messages import Funded
from core.types import LAMPORTS_PER_SOL

TRAPS: tuple[str, ...] = get_args(TrapName)


def launch(market: Market) -> None:
    """Create a token and play its creation slot."""
    token = _new_token(market)
    market.broadcast.launched(token)
    _own_buy(market, token)
    attention, least_scale = market.settings.attention.buyers, market.settings.crowd.least_buy_scale
    if token.kind == Kind.GROUP:
        groups.enter(market, token)
        # The recorded sizes are those of such tokens: they are not scaled down.
        attention, least_scale = market.settings.group.attention, 1.0
    else:
        if token.kind == Kind.BUNDLE:
            groups.enter_bundle(market, token)
            attention = market.settings.bundle.attention
        elif token.kind == Kind.DEPLOYER_SNIPED:
            _deployer_snipes(market, token)
        if market.chance(market.settings.launch.creator_dump_share * market.settings.scenario.creator_dumps):
            delay_s = market.draw(market.settings.launch.creator_dump_s) * market.settings.scenario.dump_delay
            market.schedule(delay_s, Action.CREATOR_DUMP, token)
    _snipers(market, token)
    arouse(market, token, attention, least_scale=least_scale)


def _new_token(market: Market) -> Token:
    state, settings = market.state, market.settings.launch
    state.tokens_made += 1
    serial = market.chance(settings.serial_share)
    creator = (
        market.names.wallet("serial", int(market.random.random() * settings.serial_creators))
        if serial
        else market.new_wallet("creator")
    )
    token = Token(
        number=state.tokens_made,
        mint=market.names.mint(state.tokens_made),
        kind=_kind(market),
        creator=creator,
        launched_slot=state.slot,
        token_2022=market.chance(settings.token_2022_share),
        cashback=market.chance(settings.cashback_share),
        insiders=[creator],
    )
    if token.kind == Kind.HONEYPOT:
        token.token_2022 = True
        token.trap = market.random.choice(TRAPS)
        late = market.chance(settings.late_honeypot_share)
        delay_s = market.draw(settings.late_honeypot_s) if late else 0.0
        token.trap_slot = state.slot + int(delay_s / market.slot_s)
    _choose_quote(market, token)
    state.tokens[token.number] = token
    market.by_mint[token.mint] = token.number
    return token


def _choose_quote(market: Market, token: Token) -> None:
    """Some are mayhem coins, some are quoted in USDC. Without such a scenario nothing is drawn for it."""
    scenario = market.settings.scenario
    if scenario.mayhem_share and market.chance(scenario.mayhem_share):
        mayhem.begin(market, token)
    elif scenario.usdc_share and market.chance(scenario.usdc_share):
        quote_in_usdc(token, market.state.sol_usd)


def _kind(market: Market) -> Kind:
    settings, scenario = market.settings, market.settings.scenario
    point = market.random.random()
    for kind, share in (
        (Kind.GROUP, settings.group.share * scenario.groups),
        (Kind.BUNDLE, settings.bundle.share * scenario.bundles),
        (Kind.DEPLOYER_SNIPED, settings.sniper.deployer_share * scenario.deployer_snipes),
        (Kind.HONEYPOT, settings.launch.honeypot_share * scenario.honeypots),
    ):
        if point < share:
            return kind
        point -= share
    return Kind.ORDINARY


def _own_buy(market: Market, token: Token) -> None:
    settings = market.settings.launch
    if market.chance(settings.own_buy_share):
        net = int(market.draw(settings.own_buy_sol) * LAMPORTS_PER_SOL)
        buy(market, token, token.creator, net, joined=True)


def _deployer_snipes(market: Market, token: Token) -> None:
    """Wallets that the deployer funded buy in the creation slot and sell within minutes."""
    settings, shown = market.settings.sniper, market.settings.scenario.transfers_shown
    # Without such a scenario nothing is drawn: the market of a seed stays as it was.
    is_shown = shown > 0.0 and market.chance(shown)
    for _ in range(settings.deployer_wallets):
        wallet = market.new_wallet("insider")
        token.insiders.append(wallet)
        net = int(market.draw(settings.deployer_sol) * LAMPORTS_PER_SOL / settings.deployer_wallets)
        if is_shown:
            market.funded.append(
                Funded(at_s=market.at_s, slot=market.state.slot, source=token.creator, wallet=wallet, lamports=net)
            )
        tokens = buy(market, token, wallet, net)
        if tokens:
            market.schedule(market.draw(settings.deployer_hold_s), Action.EXIT, token, wallet, tokens)


def _snipers(market: Market, token: Token) -> None:
    settings = market.settings.sniper
    more = market.chance(settings.sniped_share)
    while more:
        wallet = market.names.wallet("sniper", int(market.random.random() * settings.wallets))
        tokens = buy(market, token, wallet, int(market.draw(settings.buy_sol) * LAMPORTS_PER_SOL))
        if tokens:
            market.schedule(market.draw(settings.hold_s), Action.EXIT, token, wallet, tokens)
        more = market.chance(settings.more_share)
