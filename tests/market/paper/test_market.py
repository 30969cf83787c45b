from random import Random

import pytest

from core.chain.rent import WALLET_LAMPORTS
from core.errors import Fatal
from core.ledger.postings import balance_of, of_settlement
from core.market.paper.chain import holdings_of
from core.market.paper.landing import PaperRule
from core.market.paper.market import PaperMarket
from core.market.paper.transaction import FEE, TOKENS, UNTRADABLE, VENUE
from core.market.paper.venue import PaperVenue
from core.market.simulator.settings import MarketSettings
from core.market.simulator.simulator import Simulator
from core.messages import FeedBatch, Launched, Order, Settlement, Traded
from core.types import Role, Side, Venue
from tests.market.paper.orders import SOL, buy, funded, sale, transfer

SURE = PaperRule(failed_share=0.0, missed_share=0.0, landing_shares=(1.0,))


def market(rule: PaperRule = SURE, seed: int = 3, **lamports: int) -> PaperMarket:
    lamports = lamports or {"lightning": 5 * SOL, "emergency_gas": SOL}
    return PaperMarket(Simulator(MarketSettings(), seed, decoded=True), PaperVenue(rule, seed, funded(**lamports)))


def until_launch(world: PaperMarket) -> str:
    while True:
        for message in world.next().market:
            if isinstance(message, Launched):
                return message.mint


def land(world: PaperMarket, order: Order, signature: str = "s") -> tuple[Settlement, FeedBatch]:
    world.venue.submit(order, signature, world.simulator.slot + 150)
    batch = world.next()
    (settlement,) = batch.landings
    return settlement, batch


def test_our_trade_is_in_the_market_for_everybody_to_see():
    world = market()
    mint = until_launch(world)

    settlement, batch = land(world, buy(mint=mint))

    assert settlement.error == ""
    ours = [m for m in batch.market if isinstance(m, Traded) and m.signature == "s"]
    assert [(m.tokens, m.quote_lamports, m.reserves) for m in ours] == [
        (settlement.tokens, -settlement.quote_lamports, settlement.reserves)
    ]
    assert batch.market[-1] == ours[0]  # it lands after the trades of others in its slot
    assert world.simulator.reserves(mint) == settlement.reserves


def test_what_the_wallet_cannot_pay_never_moves_the_market():
    world = market(lightning=WALLET_LAMPORTS + SOL // 20)
    mint = until_launch(world)
    before = world.simulator.reserves(mint)

    settlement, batch = land(world, buy(mint=mint))

    assert settlement.error != ""
    assert settlement.changes == {"lightning": -25_000}
    assert world.simulator.reserves(mint) == before or any(
        isinstance(m, Traded) and m.mint == mint and m.signature != "s" for m in batch.market
    )
    assert holdings_of(world.venue.chain) == {}


@pytest.mark.parametrize(
    ("order", "error"),
    [
        (buy(mint="nothing-of-that-name"), VENUE),
        (buy(lamports=0), UNTRADABLE),
        (sale(tokens=5), TOKENS),
        (buy(payer=Role.REENTRY), FEE),
        (buy(venue=Venue.POOL), VENUE),
    ],
)
def test_each_failure_has_its_reason(order: Order, error: str):
    world = market()
    mint = until_launch(world)
    if order.mint == "coin":
        values = {name: getattr(order, name) for name in order.__struct_fields__}
        order = Order(**(values | {"mint": mint}))

    assert land(world, order)[0].error == error


def test_two_trades_of_ours_never_land_in_one_slot_but_transfers_do():
    world = market()
    mint = until_launch(world)
    for number in range(3):
        world.venue.submit(buy(id=str(number), mint=mint), f"b{number}", world.simulator.slot + 150)
        world.venue.submit(transfer(id=str(number)), f"t{number}", world.simulator.slot + 150)

    landed = [[one.signature for one in world.next().landings] for _ in range(3)]

    assert landed == [["t0", "t1", "t2", "b0"], ["b1"], ["b2"]]


def test_the_market_and_the_chain_agree_over_thousands_of_slots_of_random_orders():
    world, random = market(PaperRule()), Random(11)
    mints, count, errors = list[str](), 0, set[str]()
    orders: dict[str, Order] = {}
    for slot in range(3_000):
        batch = world.next()
        mints += [m.mint for m in batch.market if isinstance(m, Launched)]
        for settlement in batch.landings:
            count += 1
            errors.add(settlement.error)
            assert balance_of(of_settlement(orders[settlement.signature], settlement)) == 0
        held = holdings_of(world.venue.chain)
        if slot % 5 == 0 and mints:
            order = buy(id=str(slot), mint=random.choice(mints[-20:]), lamports=random.randrange(1, SOL // 10))
            if held and random.random() < 0.6:
                mint = random.choice(sorted(held))
                reserves = world.simulator.reserves(mint)
                where = reserves.venue if reserves is not None else Venue.CURVE
                tokens = held[mint][Role.LIGHTNING] // random.choice([1, 1, 2])
                order = sale(id=str(slot), mint=mint, tokens=max(tokens, 1), venue=where)
            orders[f"s{slot}"] = order
            world.venue.submit(order, f"s{slot}", world.simulator.slot + 150)
    for mint, by_role in holdings_of(world.venue.chain).items():
        assert world.simulator.balance(mint, world.venue.address(buy())) == sum(by_role.values())
    assert count > 500
    assert "" in errors
    assert len(errors) > 1


def test_a_disagreement_would_stop_the_process(monkeypatch: pytest.MonkeyPatch):
    world = market()
    mint = until_launch(world)
    monkeypatch.setattr("core.market.paper.market.shortfall", lambda *_, **__: "")
    monkeypatch.setattr(world.venue, "chain", funded(lightning=WALLET_LAMPORTS + SOL // 20))

    with pytest.raises(Fatal, match="the market moved"):
        land(world, buy(mint=mint, side=Side.BUY))
