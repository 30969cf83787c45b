from collections.abc import Sequence

import pytest

from actors.adapters.chain.canary import CanaryKeeper
from core.chain.programs import PUMP, SYSTEM
from core.messages import RaiseAlert
from core.rules.canary import CanaryRule, entry_verdict
from core.rules.verdict import Outcome
from core.state.market_now import MarketNow
from tests.actors.adapters.chain.scripted import CURVE_ADDRESS, PAYER, ScriptedChain
from tests.actors.adapters.rpc.server import Failure
from tests.chain.build.coins import MINT, key

RULE = CanaryRule()
POOR = str(key("poor"))


class Trial:
    def __init__(self, chain: ScriptedChain, mints: Sequence[str] = (str(MINT),)) -> None:
        chain.put(POOR, SYSTEM, b"", lamports=1)
        self.chain, self.market, self.mints = chain, MarketNow(), tuple(mints)
        self.keeper = CanaryKeeper(
            chain.node,
            chain.port,
            chain.programs,
            RULE,
            wallets=lambda: [POOR, str(PAYER.pubkey())],
            recent=lambda: self.mints,
        )

    def at(self, now_s: float) -> tuple[Outcome, Sequence[RaiseAlert]]:
        alerts = self.keeper.refresh(now_s, self.market)
        assert self.market.canary is not None
        return self.market.canary.outcome, alerts


@pytest.fixture
def trial(chain: ScriptedChain) -> Trial:
    chain.programs.refresh()
    chain.will_trade(100_000, 1_250, 97_000, 1_200)
    return Trial(chain)


def test_the_smallest_round_trip_of_the_richest_wallet_goes_through(trial: Trial):
    assert trial.at(0.0) == (Outcome.PASS, ())
    assert trial.chain.sent[0].message.account_keys[0] == PAYER.pubkey()


def test_it_is_tried_every_ten_minutes_and_not_more_often(trial: Trial):
    for now_s, tried in ((0.0, 1), (5.0, 1), (599.0, 1), (600.0, 2), (605.0, 2)):
        trial.at(now_s)
        assert len(trial.chain.sent) == tried


def test_an_error_of_the_program_halts_entries_and_raises_one_alert(trial: Trial):
    trial.at(0.0)
    trial.chain.will_fail(3, "Program log: AnchorError caused by account: fee_config. Error Code: ConstraintSeeds")
    outcome, alerts = trial.at(600.0)

    assert outcome is Outcome.FAIL
    assert [(alert.key, alert.severity) for alert in alerts] == [("canary", "critical")]
    assert "ConstraintSeeds" in alerts[0].text
    assert trial.market.canary is not None
    assert entry_verdict(RULE, trial.market.canary, now_s=601.0).outcome is Outcome.FAIL
    assert trial.at(660.0) == (Outcome.FAIL, ())


def test_when_the_trouble_is_over_entries_go_on_within_a_minute(trial: Trial):
    trial.chain.will_fail(3)
    assert trial.at(0.0)[0] is Outcome.FAIL
    trial.chain.will_trade(100_000, 1_250, 97_000, 1_200)

    outcome, alerts = trial.at(60.0)
    assert outcome is Outcome.PASS
    assert [alert.severity for alert in alerts] == ["info"]


def test_a_layout_that_nobody_knows_is_a_failure(trial: Trial):
    trial.chain.put(str(CURVE_ADDRESS), PUMP, b"newkind!" + bytes(200))
    outcome, _ = trial.at(0.0)

    assert outcome is Outcome.FAIL
    assert trial.market.canary is not None
    assert trial.market.canary.reason == "unknown layout: curve"


def test_one_odd_coin_fails_nothing(trial: Trial):
    trial.mints = (str(key("gone")), str(MINT))
    assert trial.at(0.0)[0] is Outcome.PASS


@pytest.mark.parametrize("lack", ["funds", "words", "node", "coins", "settings"])
def test_what_says_nothing_of_the_program_is_unknown_and_tried_again_at_once(trial: Trial, lack: str):
    chain = trial.chain
    if lack == "funds":
        chain.put(str(PAYER.pubkey()), SYSTEM, b"", lamports=1_000_000)
    elif lack == "words":
        chain.will_fail(2, "Transfer: insufficient lamports 5, need 9", code={"Custom": 1})
    elif lack == "node":
        chain.replies["simulateTransaction"] = Failure(-32603)
    elif lack == "coins":
        trial.mints = ()
    else:
        chain.programs.curve = None

    assert trial.at(0.0) == (Outcome.UNKNOWN, ())
    assert trial.market.canary is not None
    assert entry_verdict(RULE, trial.market.canary, now_s=0.0).outcome is Outcome.UNKNOWN
    tried = len(chain.requests)
    trial.at(5.0)
    assert lack == "settings" or len(chain.requests) > tried
