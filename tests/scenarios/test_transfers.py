"""Wallets that a deployer funded, where the feed shows the transfers: known before they sell, and not otherwise."""

from core.market.simulator.scenarios import Scenario, mixed
from core.market.simulator.state import Kind
from core.messages import FeedBatch
from tests.scenarios.stage import Stage

EVERY_LAUNCH = Scenario(deployer_snipes=100.0)


def played(scenario: Scenario) -> tuple[Stage, list[FeedBatch]]:
    """Some launches, nearly all of them sniped by wallets of their deployers."""
    stage, batches = Stage(scenario), list[FeedBatch]()
    stage.each.append(batches.append)
    return stage.run(20.0), batches


def known(stage: Stage) -> dict[str, frozenset[str]]:
    """What each watcher knows of its creator's wallets, by mint."""
    names = [name for name in stage.runner.names() if name.startswith("watcher.")]
    states = {name.partition(".")[2]: stage.runner.state_of(name) for name in names}
    return {mint: frozenset(state.token.insiders) for mint, state in states.items()}


def test_the_feed_shows_a_slot_after_the_launch_whom_the_deployer_funded():
    stage, batches = played(Scenario(deployer_snipes=100.0, transfers_shown=1.0))

    transfers = [transfer for batch in batches for transfer in batch.funded]
    assert transfers
    assert all(batch.slot == transfer.slot + 1 for batch in batches for transfer in batch.funded)
    insiders = {mint: stage.simulator.insiders(mint) for mint in known(stage)}
    sniped = {mint for mint in insiders if stage.simulator.kind(mint) is Kind.DEPLOYER_SNIPED}
    told = {mint: wallets for mint, wallets in known(stage).items() if wallets}
    assert sniped
    assert set(told) == sniped
    assert all(len(told[mint]) == 3 and told[mint] <= insiders[mint] for mint in sniped)


def test_by_default_nobody_is_told():
    stage, batches = played(EVERY_LAUNCH)

    assert any(stage.simulator.insiders(mint) for mint in known(stage))
    assert not any(batch.funded for batch in batches)
    assert not any(known(stage).values())


def test_it_is_a_weather_that_mixes():
    assert mixed("hot", "transfers").transfers_shown == 1.0
    assert mixed("hot").transfers_shown == 0.0
