"""A chain ends and goes on from its file as if nothing had happened."""

from pathlib import Path

import pytest

from core.chain.build import curve as curve_orders
from core.errors import Refused
from core.market.simulator.scenarios import CALM
from core.market.simulator.settings import MarketSettings
from core.types import LAMPORTS_PER_SOL
from localnet import state_file
from localnet.chain import Chain, Pace
from localnet.faults import Faults, Switches
from localnet.market.driver import Driver
from localnet.market.saved import restored, saved
from tests.localnet.stage import START_S, Stage


def loaded(path: Path, stage: Stage) -> Chain:
    found = state_file.load(path)
    assert found is not None
    chain = Chain(Pace(), Faults(Switches(), 1), lambda: stage.now_s, 80.0)
    state_file.restore(found, chain)
    return chain


def test_accounts_history_blockhashes_and_what_is_on_its_way_go_on(tmp_path: Path):
    stage, path = Stage(), tmp_path / "chain"
    user = stage.rich("user")
    coin = stage.coin(stage.rich("creator"))
    bought = stage.done(
        [coin.open(user), curve_orders.buy_exact_quote_in_v2(coin.accounts(user), LAMPORTS_PER_SOL, 1)], user
    )
    tokens = stage.tokens(user.pubkey(), coin.mint)
    sale = stage.signed([curve_orders.sell_v2(coin.accounts(user), tokens, 1)], user)
    stage.chain.turn(delay_slots_least=3, delay_slots_most=3)
    stage.chain.submit(sale, bytes(sale))
    hashes = list(stage.chain.blockhashes())

    state_file.save(path, stage.chain, None)
    chain = loaded(path, stage)

    assert chain.slot == stage.chain.slot
    assert list(chain.blockhashes()) == hashes
    assert chain.history.get(bought.signature) == bought
    assert chain.faults.switches.delay_slots_most == 3
    finalized = chain.slot_seen("finalized")
    assert chain.bank.account_at(user.pubkey(), finalized) is not None
    assert [key for key, _ in chain.bank.token_accounts_of_owner(user.pubkey(), chain.slot)]
    for _ in range(5):
        chain.advance()
    landed = chain.history.get(str(sale.signatures[0]))
    assert landed is not None
    assert landed.err is None
    chain.submit(sale, bytes(sale))
    chain.advance()
    assert len(list(chain.history.of(str(user.pubkey())))) == 2


def test_a_market_goes_on(tmp_path: Path):
    stage, path = Stage(), tmp_path / "chain"
    driver = Driver.begin(stage.chain, MarketSettings(scenario=CALM), 5)
    for _ in range(40):
        stage.chain.advance()
    state_file.save(path, stage.chain, saved(driver))
    found = state_file.load(path)
    assert found is not None
    assert found.market is not None
    chain = loaded(path, stage)
    again = restored(found.market, chain)

    for _ in range(40):
        stage.chain.advance()
        chain.advance()

    assert [one.signature for one in chain.history.all()] == [one.signature for one in stage.chain.history.all()]
    assert again.tally == driver.tally
    assert again.tally.traded > 20


def test_what_is_no_saved_chain_is_refused_and_named(tmp_path: Path):
    path = tmp_path / "chain"
    assert state_file.load(path) is None
    path.write_bytes(b"something else")

    with pytest.raises(Refused, match="name another --state"):
        state_file.load(path)


def test_a_chain_of_another_beginning_is_refused(tmp_path: Path):
    stage, path = Stage(), tmp_path / "chain"
    state_file.save(path, stage.chain, None)
    found = state_file.load(path)
    assert found is not None
    other = Chain(Pace(first_slot=7), Faults(Switches(), 1), lambda: START_S, 80.0)

    with pytest.raises(Refused, match="began at slot 450000000"):
        state_file.restore(found, other)
