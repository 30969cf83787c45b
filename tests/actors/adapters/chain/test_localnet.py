"""The client, the facts, the canary and the proofs against a node that runs real transactions."""

from collections.abc import Iterator

import gevent
import pytest
from msgspec.structs import replace

from actors.adapters.chain.accounts import ChainAccounts
from actors.adapters.chain.canary import CanaryKeeper
from actors.adapters.chain.gaps import History
from actors.adapters.chain.keepers import BlockhashKeeper
from actors.adapters.chain.programs import ProgramSettings
from actors.adapters.rpc.answers import Absent, Landed
from actors.adapters.rpc.client import RpcClient
from actors.adapters.rpc.errors import NodeBehind, RateLimited
from actors.adapters.rpc.finality import read_finalized
from actors.adapters.rpc.lanes import Lanes
from actors.adapters.rpc.node import Node
from actors.adapters.sol_price import HttpSource, PoolSource
from core.chain.build import curve as curve_orders
from core.chain.build.funds import transfer
from core.chain.decode import Decoder
from core.chain.programs import PUMP, TOKEN_2022
from core.chain.pump import TradeEvent
from core.market.curve import SUPPLY_UNITS
from core.rules.canary import CanaryRule
from core.rules.rpc import RpcRule
from core.rules.rpc_budget import RpcBudgetRule
from core.rules.sol_price import SolSourceRule
from core.rules.verdict import Outcome
from core.state.market_now import MarketNow
from core.types import LAMPORTS_PER_SOL
from localnet.chain import Pace
from localnet.node import Node as LocalNode
from tests.localnet.stage import Coin, Stage, person

RULE = RpcRule(timeout_s=5.0)
PLENTY = RpcBudgetRule(calls=100_000)
STAKE = LAMPORTS_PER_SOL // 20


class World:
    """A node that plays slots when told to, a coin on it that three people hold, and the client's side of it."""

    def __init__(self) -> None:
        self.local = LocalNode(pace=Pace(finalized_slots=4))
        self.local.start(ticking=False)
        self.stage = Stage()
        self.stage.chain = self.local.chain
        self.creator = self.stage.rich("creator")
        self.coin = self.stage.coin(self.creator)
        for name, sol in (("one", 3.0), ("two", 2.0), ("three", 1.0)):
            self.buy(name, sol)
        self.client = RpcClient([self.local.url], RULE, PLENTY)
        self.node = Node(self.client)
        self.programs = ProgramSettings(self.node, 7, every_s=60.0)
        self.payer = self.stage.rich("payer", 1.0)
        self.accounts = ChainAccounts(self.node, self.programs, self.payer.pubkey)

    @property
    def mint(self) -> str:
        return str(self.coin.mint)

    def buy(self, name: str, sol: float, coin: Coin | None = None) -> None:
        coin = coin if coin is not None else self.coin
        user = self.stage.rich(name)
        trade = curve_orders.buy_exact_quote_in_v2(coin.accounts(user), round(sol * LAMPORTS_PER_SOL), 1)
        self.stage.done([coin.open(user), trade], user)

    def turn(self, **switches: object) -> None:
        self.local.chain.set_switches(replace(self.local.chain.faults.switches, **switches))

    def slots(self, number: int) -> None:
        for _ in range(number):
            self.local.advance()

    def close(self) -> None:
        self.client.close()
        self.local.stop()


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    yield world
    world.close()


def test_every_fact_of_an_honest_coin_is_had_and_the_round_trip_succeeds(world: World):
    world.programs.refresh()
    facts = world.accounts.facts(world.mint, STAKE)

    assert facts is not None
    assert (facts.mint_authority, facts.freeze_authority, facts.extensions) == (False, False, ())
    assert facts.supply == SUPPLY_UNITS
    assert facts.top_holders is not None
    assert [owner for owner, _ in facts.top_holders] == [str(person(name).pubkey()) for name in ("one", "two", "three")]
    assert facts.round_trip_ok is True
    # Whole units: the exact-out buy of what the stake would bring costs a few lamports less.
    assert STAKE - 100 <= facts.round_trip_in_lamports <= STAKE
    lost = facts.round_trip_in_lamports - facts.round_trip_out_lamports
    assert lost == pytest.approx(facts.round_trip_cost_lamports, abs=1_000)
    assert facts.round_trip_cost_lamports == pytest.approx(2 * 0.0125 * STAKE, rel=0.02)


def test_a_graduated_coin_is_tried_in_its_pool(world: World):
    world.coin.graduate(world.stage.rich("whale"))
    world.programs.refresh()
    facts = world.accounts.facts(world.mint, STAKE)

    assert facts is not None
    assert facts.round_trip_ok is True
    assert facts.round_trip_out_lamports > 0.9 * STAKE


def test_a_sale_that_the_program_refuses_is_a_trap_and_a_refused_buy_is_not(world: World):
    world.programs.refresh()
    for upgraded, ok in ((2, False), (1, None)):
        world.turn(upgraded=upgraded)
        facts = world.accounts.facts(world.mint, STAKE)
        assert facts is not None
        assert facts.round_trip_ok is ok


def test_a_payer_without_funds_says_nothing_of_the_coin(world: World):
    world.programs.refresh()
    poor = world.stage.rich("poor", 0.001)
    facts = ChainAccounts(world.node, world.programs, poor.pubkey).facts(world.mint, STAKE)

    assert facts is not None
    assert facts.round_trip_ok is None


def test_the_canary_sees_an_upgrade_and_its_end(world: World):
    world.programs.refresh()
    market, rule = MarketNow(), CanaryRule()
    keeper = CanaryKeeper(
        world.node,
        world.accounts,
        world.programs,
        rule,
        wallets=lambda: [str(person("one").pubkey()), str(world.payer.pubkey())],
        recent=lambda: [world.mint],
    )
    seen: list[Outcome] = []
    for at_s, upgraded in ((0.0, 0), (600.0, 2), (700.0, 0)):
        world.turn(upgraded=upgraded)
        keeper.refresh(at_s, market)
        assert market.canary is not None
        seen.append(market.canary.outcome)

    assert seen == [Outcome.PASS, Outcome.FAIL, Outcome.PASS]


def test_a_transaction_is_sent_confirmed_and_read_back(world: World):
    keeper = BlockhashKeeper(world.node, RULE)
    keeper.refresh(0.0, MarketNow())
    newest = keeper.current()
    assert newest is not None
    one, two = world.stage.rich("sender"), person("receiver").pubkey()
    raw = bytes(world.stage.signed([transfer(one.pubkey(), two, LAMPORTS_PER_SOL)], one))
    signature = str(world.stage.signed([transfer(one.pubkey(), two, LAMPORTS_PER_SOL)], one).signatures[0])
    answers = Lanes(world.client, RULE, PLENTY).send(raw)
    assert [answer.error for answer in answers] == [""]
    assert world.node.statuses([signature]) == (None,)
    world.slots(2)

    (status,) = world.node.statuses([signature])
    assert status is not None
    assert (status.err, status.commitment) == (None, "confirmed")
    assert read_finalized(world.client, signature) is None
    world.slots(4)
    landed = read_finalized(world.client, signature)
    assert isinstance(landed, Landed)
    assert (landed.payer, landed.err) == (str(one.pubkey()), None)
    assert landed.lamports_change(str(two)) == LAMPORTS_PER_SOL
    assert landed.lamports_change(str(one.pubkey())) == -LAMPORTS_PER_SOL - landed.fee_lamports


def test_a_trade_is_read_back_as_what_it_did_to_its_trader(world: World):
    trader = str(person("one").pubkey())
    (found,) = world.node.signatures(trader, limit=1)
    landed = world.node.transaction(found.signature, "confirmed")
    assert landed is not None
    (trade,) = (e for e in Decoder().decode_logs(landed.logs, landed.err) if isinstance(e, TradeEvent))

    assert landed.token_change(trader, world.mint) == trade.token_amount
    read = world.node.token_accounts(trader)
    assert [(one.program, one.token.mint, one.token.amount) for one in read.holdings] == [
        (TOKEN_2022, world.mint, trade.token_amount)
    ]


def test_a_node_that_is_behind_proves_no_absence_and_one_that_is_not_does(world: World):
    signature = str(world.stage.signed([], world.payer).signatures[0])
    world.slots(6)
    now = world.local.chain.slot
    absent = read_finalized(world.client, signature, min_slot=now - 4)
    assert isinstance(absent, Absent)
    assert absent.slot == now - 4
    assert absent.block_height == world.local.chain.height(now - 4)

    world.turn(lag_slots=100)
    with pytest.raises(NodeBehind):
        read_finalized(world.client, signature, min_slot=now - 4)


def test_a_429_is_typed_and_its_patience_read(world: World):
    world.turn(refuse_pct=100.0, retry_after_s=3)
    with pytest.raises(RateLimited) as error:
        world.node.slot()
    assert error.value.retry_after_s == 3.0


def test_sol_has_one_price_from_both_sources(world: World):
    pool = PoolSource(lambda keys: [None if one is None else one.data for one in world.node.accounts(keys).accounts])
    http = HttpSource(SolSourceRule(url=f"{world.local.url}/price"))

    assert pool() == pytest.approx(80.0)
    assert http() == pytest.approx(80.0)


def test_a_gap_is_filled_with_what_the_program_did_meanwhile(world: World):
    since = world.local.chain.slot
    world.buy("late", 1.0)
    world.buy("later", 2.0)
    world.slots(2)
    filled = History(world.node, most=50, held=list).fill(since, world.local.chain.slot)

    assert filled.complete
    trades = [
        event
        for one in filled.transactions
        for event in Decoder().decode_logs(one.logs, one.err)
        if isinstance(event, TradeEvent)
    ]
    assert [trade.user for trade in trades] == [str(person(name).pubkey()) for name in ("late", "later")]
    assert {PUMP in " ".join(one.logs) for one in filled.transactions} == {True}


def test_facts_of_many_coins_at_once_do_not_wait_for_each_other(world: World):
    world.programs.refresh()
    world.turn(answer_delay_s=0.2)
    with gevent.Timeout(10):
        asked = [gevent.spawn(world.accounts.facts, world.mint, STAKE) for _ in range(6)]
        gevent.joinall(asked)
    assert all(one.value is not None and one.value.round_trip_ok for one in asked)
