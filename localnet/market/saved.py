"""What the market on a chain must remember to go on."""

from msgspec import Struct

from core.market.simulator.simulator import Simulator
from localnet.chain import Chain
from localnet.genesis import key
from localnet.market.coins import new_coin, opened_pool
from localnet.market.driver import Driver, Tally


class SavedCoin(Struct, frozen=True, array_like=True):
    sim_mint: str
    creator: str
    is_mayhem: bool
    is_cashback: bool
    held: dict[str, int]
    trap: str
    is_shut: bool
    is_refusing: bool


class SavedMarket(Struct, frozen=True, kw_only=True):
    simulator: bytes
    seed: int
    number: int
    agents: list[int]
    outsiders: list[str]
    tally: Tally
    coins: list[SavedCoin]


def saved(driver: Driver) -> SavedMarket:
    coins = [
        SavedCoin(
            sim_mint,
            str(coin.facts.creator),
            coin.facts.is_mayhem,
            coin.facts.is_cashback,
            coin.held,
            coin.trap,
            coin.is_shut,
            coin.is_refusing,
        )
        for sim_mint, coin in driver.coins.items()
    ]
    return SavedMarket(
        simulator=driver.simulator.snapshot(),
        seed=driver.seed,
        number=driver.number,
        agents=driver.agents.numbers,
        outsiders=sorted(driver.echo.outsiders),
        tally=driver.tally,
        coins=coins,
    )


def restored(market: SavedMarket, chain: Chain) -> Driver:
    """The market on a chain whose accounts are restored already. Refused when its simulation cannot be read."""
    driver = Driver(chain, Simulator.restore(market.simulator, decoded=True), market.seed)
    driver.number = market.number
    driver.tally = market.tally
    driver.echo.outsiders.update(market.outsiders)
    for number in market.agents:
        driver.agents.numbered(number)
    for one in market.coins:
        coin = new_coin(
            market.seed, one.sim_mint, key(one.creator), is_mayhem=one.is_mayhem, is_cashback=one.is_cashback
        )
        coin.held, coin.trap = dict(one.held), one.trap
        coin.is_shut, coin.is_refusing = one.is_shut, one.is_refusing
        coin.pool = opened_pool(chain.bank, coin)
        driver.coins[one.sim_mint] = coin
    return driver
