"""The embedded market on the chain: real transactions, the same prices, and scripted coins that do what they must."""

import pytest
from solders.instruction import Instruction
from solders.keypair import Keypair
from solders.transaction import VersionedTransaction

from core.chain.accounts import decode_account
from core.chain.build import curve as curve_orders
from core.chain.build import orders
from core.chain.build import pool as pool_orders
from core.chain.build.addresses import TOKEN_2022_ID, token_account
from core.chain.build.curve import curve_accounts
from core.chain.build.funds import open_token_account
from core.chain.build.pool import pool_accounts
from core.chain.programs import PUMP, PUMPSWAP
from core.chain.pump import CompletePumpAmmMigrationEvent, CreateEvent, TradeEvent
from core.chain.pumpswap import BuyEvent, CreatePoolEvent, SellEvent
from core.chain.tokens import Extension, decode_mint, decode_token_account
from core.market.simulator.scenarios import CALM, Scenario
from core.market.simulator.scripts import Completed, CreatorSells, Plant, PriceTo, SalesRefused, Since, Trap
from core.market.simulator.settings import MarketSettings
from core.types import LAMPORTS_PER_SOL
from localnet import genesis
from localnet.market.coins import Coin, curve_state
from localnet.market.driver import Driver
from localnet.records import Landed
from tests.localnet.stage import RECIPIENTS, Stage, code, events

NO_MEMO = 36
"""Error of the token program for a transfer without the memo that its receiver wants."""


class Play:
    """A stage with a market on it, and everything that landed."""

    def __init__(self, scenario: Scenario, seed: int = 5) -> None:
        self.stage = Stage()
        self.driver = Driver.begin(self.stage.chain, MarketSettings(scenario=scenario), seed)
        self.landed: list[Landed] = []
        self.stage.chain.heard.append(self.landed.append)

    def go(self, seconds: float) -> None:
        for _ in range(int(seconds / 0.4)):
            self.stage.now_s += 0.4
            self.stage.chain.advance()

    def told(self, kind: type) -> list[object]:
        """Events of this kind in everything that succeeded."""
        return [event for one in self.landed if one.err is None for event in events(one) if isinstance(event, kind)]

    @property
    def coin(self) -> Coin:
        """The only coin."""
        (found,) = self.driver.coins.values()
        return found

    @property
    def sim_mint(self) -> str:
        return next(iter(self.driver.coins))

    def send(self, instructions: list[Instruction], user: Keypair) -> Landed:
        """As a client sends it: it lands in the next slot, after the market's own."""
        transaction = self.stage.signed(instructions, user)
        self.stage.chain.submit(transaction, bytes(transaction))
        self.go(0.4)
        landed = self.stage.chain.history.get(str(transaction.signatures[0]))
        assert landed is not None
        return landed

    def buy(self, user: Keypair, sol: float) -> Landed:
        lamports = int(sol * LAMPORTS_PER_SOL)
        if self.coin.pool is not None:
            pool = pool_accounts(self.coin.pool, user.pubkey(), RECIPIENTS)
            trade = pool_orders.buy_exact_quote_in(pool, lamports, 1)
            return self.send(orders.pool_buy(self.coin.pool, pool, trade, lamports), user)
        opened = open_token_account(user.pubkey(), user.pubkey(), self.coin.mint, TOKEN_2022_ID)
        accounts = curve_accounts(self.coin.facts, user.pubkey(), RECIPIENTS)
        return self.send([opened, curve_orders.buy_exact_quote_in_v2(accounts, lamports, 1)], user)

    def sell_all(self, user: Keypair) -> Landed:
        tokens = self.stage.tokens(user.pubkey(), self.coin.mint)
        if self.coin.pool is not None:
            pool = pool_accounts(self.coin.pool, user.pubkey(), RECIPIENTS)
            trade = pool_orders.sell(pool, tokens, 1)
            return self.send(orders.pool_sell(self.coin.pool, pool, trade, tokens, close=True), user)
        accounts = curve_accounts(self.coin.facts, user.pubkey(), RECIPIENTS)
        return self.send([curve_orders.sell_v2(accounts, tokens, 1)], user)


def scripted(*steps: object, **plant: object) -> Play:
    """One coin with a script, and nothing else."""
    values = {"buyers": 6, "over_s": 4.0, "buy_sol": 0.5, "own_buy_sol": 0.5, "steps": steps} | plant
    return Play(Scenario(launches=0.0, tokens=(Plant(**values),)))  # type: ignore[arg-type]  # by name


def test_a_living_market_lands_on_the_chain_at_the_simulations_prices():
    play = Play(CALM)

    play.go(60.0)

    tally = play.driver.tally
    assert tally.launched > 10
    assert tally.traded > 150
    assert tally.failed > 10
    assert len(play.told(CreateEvent)) == tally.launched
    assert len(play.told(TradeEvent)) >= tally.traded
    for one in play.landed[:40]:
        assert all(VersionedTransaction.from_bytes(one.raw).verify_with_results())
    checked = 0
    for sim_mint, coin in play.driver.coins.items():
        now, reserves = curve_state(play.stage.chain.bank, coin), play.driver.simulator.reserves(sim_mint)
        if now is not None and reserves is not None and now.is_tradable:
            assert (now.virtual_quote_reserves, now.virtual_token_reserves) == (reserves.quote, reserves.base)
            checked += 1
    assert checked > 5


def test_a_deployers_transfers_to_its_snipers_are_real_ones():
    play = Play(Scenario(transfers_shown=1.0, deployer_snipes=50.0))

    play.go(20.0)

    paid = [one for one in play.landed if not {PUMP, PUMPSWAP} & set(one.keys)]
    assert paid
    assert all(one.err is None and set(one.keys[:2]) <= play.driver.agents.addresses for one in paid)


def test_a_graduating_coin_becomes_a_pool_and_trades_on():
    up, down = PriceTo(after_s=14.0, to=25.0), PriceTo(after_s=20.0, to=8.0)
    play = scripted(Completed(after_s=6.0, migrates_s=2.0), up, down)

    play.go(30.0)

    (moved,) = play.told(CompletePumpAmmMigrationEvent)
    assert isinstance(moved, CompletePumpAmmMigrationEvent)
    assert len(play.told(CreatePoolEvent)) == 1
    assert moved.mint == str(play.coin.mint)
    assert moved.mint_amount == 206_900_000_000_000
    assert play.told(BuyEvent)
    assert play.told(SellEvent)
    user = play.stage.rich("user")
    assert play.buy(user, 0.1).err is None
    assert play.sell_all(user).err is None


def test_clients_trades_move_the_simulation_and_start_its_scripts():
    play = scripted(CreatorSells(after_s=2.0, since=Since.OUR_BUY))
    play.go(8.0)
    user = play.stage.rich("user")
    before = len(play.told(TradeEvent))

    assert play.buy(user, 0.5).err is None
    play.go(0.8)
    sim = play.driver.simulator
    assert sim.balance(play.sim_mint, str(user.pubkey())) == play.stage.tokens(user.pubkey(), play.coin.mint)
    play.go(4.0)

    assert any(
        isinstance(event, TradeEvent) and not event.is_buy and event.user == str(play.coin.facts.creator)
        for event in play.told(TradeEvent)[before:]
    )
    assert play.sell_all(user).err is None
    play.go(0.8)
    assert sim.balance(play.sim_mint, str(user.pubkey())) == 0


@pytest.mark.parametrize(
    ("trap", "extension"),
    [
        ("transfer_hook", Extension.TRANSFER_HOOK),
        ("permanent_delegate", Extension.PERMANENT_DELEGATE),
        ("pausable", Extension.PAUSABLE),
        ("transfer_fee", Extension.TRANSFER_FEE_CONFIG),
        ("default_frozen", Extension.DEFAULT_ACCOUNT_STATE),
        ("freeze_authority", None),
    ],
)
def test_a_honeypot_shows_its_trap_and_keeps_outsiders_from_selling(trap: str, extension: Extension | None):
    play = scripted(Trap(after_s=6.0, trap=trap, shuts_s=4.0), CreatorSells(after_s=16.0))  # type: ignore[arg-type]
    user = play.stage.rich("user")
    play.go(5.2)
    assert play.buy(user, 0.5).err is None

    play.go(6.0)

    account = play.stage.chain.bank.account(play.coin.mint)
    assert account is not None
    mint = decode_mint(bytes(account.data))
    assert mint.freeze_authority is not None
    assert extension is None or extension in mint.kinds
    assert play.buy(user, 0.1).err is None
    assert code(play.sell_all(user)) == NO_MEMO
    before = len(play.told(TradeEvent))
    play.go(8.0)
    assert any(isinstance(event, TradeEvent) and not event.is_buy for event in play.told(TradeEvent)[before:])


def test_a_blacklist_freezes_what_outsiders_hold_and_lets_go_again():
    play = scripted(SalesRefused(after_s=6.0, for_s=4.0))
    user = play.stage.rich("user")
    play.go(4.0)
    assert play.buy(user, 0.5).err is None

    play.go(3.2)
    assert play.sell_all(user).err is not None
    account = play.stage.chain.bank.account(token_account(user.pubkey(), play.coin.mint, TOKEN_2022_ID))
    assert account is not None
    assert decode_token_account(bytes(account.data)).is_frozen
    play.go(4.0)

    assert play.sell_all(user).err is None


def test_the_market_goes_on_through_a_pretended_upgrade_that_stops_clients():
    play = scripted(PriceTo(after_s=8.0, to=1.5), PriceTo(after_s=12.0, to=1.0))
    user = play.stage.rich("user")
    play.go(5.2)
    assert play.buy(user, 0.5).err is None

    play.stage.chain.turn(upgraded=1)
    assert play.buy(user, 0.5).err == {"InstructionError": [3, {"Custom": 3005}]}
    before = len(play.told(TradeEvent))
    play.go(8.0)

    assert len(play.told(TradeEvent)) > before
    assert play.sell_all(user).err is None


def test_the_same_seed_gives_the_same_chain():
    def run() -> list[tuple[str, object]]:
        play = Play(CALM, seed=9)
        play.go(8.0)
        return [(one.signature, one.err) for one in play.landed]

    first = run()
    assert first == run()
    assert first


def test_settings_of_the_programs_still_decode_after_an_upgrade():
    stage = Stage()
    stage.chain.turn(upgraded=3)
    for address in (genesis.PUMP_GLOBAL, genesis.PUMPSWAP_CONFIG):
        account = stage.chain.bank.account(genesis.key(address))
        assert account is not None
        assert decode_account(bytes(account.data)).extra
