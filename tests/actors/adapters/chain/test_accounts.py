import pytest
from msgspec.structs import replace

from actors.adapters.chain.tokens import read_token
from core.chain.build.addresses import CURVE_GLOBAL, PUMP_ID, PUMPSWAP_ID
from core.chain.build.funds import COMPUTE_UNITS_MAX
from core.chain.build.round_trip import UNITS
from core.chain.programs import instruction_discriminator
from core.chain.tokens import Entry, Extension, encode_mint
from core.market.curve import SUPPLY_UNITS, Curve
from core.market.fees import CURVE_RATES
from core.market.pool import Pool
from core.market.quotes import buy_exact_in
from core.messages import Reserves
from core.rules.honeypot import HoneypotRule, judge
from core.rules.verdict import Outcome
from core.types import Venue
from tests.actors.adapters.chain.scripted import CURVE, CURVE_ADDRESS, PAYER, ScriptedChain, mint
from tests.actors.adapters.rpc.server import Failure
from tests.chain.build.coins import MINT, POOL_ADDRESS, key

STAKE = 40_000_000


def programs_of(chain: ScriptedChain) -> list[tuple[str, bytes]]:
    message = chain.sent[-1].message
    keys = message.account_keys
    return [(str(keys[one.program_id_index]), bytes(one.data)[:8]) for one in message.instructions]


def test_an_honest_coin_has_every_fact(chain: ScriptedChain):
    chain.programs.refresh()
    chain.hold("curve", SUPPLY_UNITS // 2, owner=str(CURVE_ADDRESS))
    chain.hold("big", 2_000)
    chain.hold("big", 1_000, owner=str(key("big")))
    chain.hold("small", 500)
    chain.will_trade(STAKE, 500_000, 39_000_000, 490_000)

    facts = chain.port.facts(str(MINT), STAKE)
    assert facts is not None
    assert (facts.mint_authority, facts.freeze_authority, facts.extensions) == (False, False, ())
    assert facts.supply == SUPPLY_UNITS
    assert facts.slot == 1_000
    assert facts.round_trip_ok is True
    assert (facts.round_trip_in_lamports, facts.round_trip_out_lamports) == (STAKE, 39_000_000)
    assert facts.round_trip_cost_lamports == 990_000
    assert chain.port.units == {str(MINT): 210_000}
    assert facts.holder_count is None  # a node tells twenty accounts, not all


def test_the_largest_are_told_by_owner_without_curve_and_pool(chain: ScriptedChain):
    chain.hold("curve", SUPPLY_UNITS // 2, owner=str(CURVE_ADDRESS))
    chain.hold("pool", 5, owner=str(POOL_ADDRESS))
    chain.hold("one", 2_000)
    chain.hold("two", 1_500, owner=str(key("whale")))
    chain.hold("three", 1_400, owner=str(key("whale")))
    gone = str(key("closed meanwhile"))
    chain.largest.append((gone, 7))

    facts = chain.port.facts(str(MINT), STAKE)
    assert facts is not None
    assert facts.top_holders == ((str(key("whale")), 2_900), (str(key("one")), 2_000), (gone, 7))


def test_powers_over_a_mint_are_told(chain: ScriptedChain):
    fee = Entry(Extension.TRANSFER_FEE_CONFIG, bytes(32 + 32 + 8 + 36))
    delegate = Entry(Extension.PERMANENT_DELEGATE, bytes(key("delegate")))
    trapped = mint(str(key("mint")), str(key("freeze")), (fee, delegate))
    chain.put(str(MINT), chain.accounts[str(MINT)][0], encode_mint(trapped))

    facts = chain.port.facts(str(MINT), STAKE)
    assert facts is not None
    assert (facts.mint_authority, facts.freeze_authority) == (True, True)
    assert facts.extensions == ("permanent_delegate",)


def test_an_extension_that_nobody_knows_is_unknown(chain: ScriptedChain):
    chain.put(str(MINT), chain.accounts[str(MINT)][0], encode_mint(mint(extensions=(Entry(99, b"?"),))))

    facts = chain.port.facts(str(MINT), STAKE)
    assert facts is not None
    assert facts.extensions is None


def test_the_simulation_buys_for_the_stake_and_sells_all_of_it(chain: ScriptedChain):
    chain.programs.refresh()
    chain.port.facts(str(MINT), STAKE)

    (sent,) = chain.sent
    assert sent.message.account_keys[0] == PAYER.pubkey()
    assert len(bytes(sent)) <= 1_232
    assert UNITS <= COMPUTE_UNITS_MAX
    assert programs_of(chain)[-2:] == [
        (str(PUMP_ID), instruction_discriminator("buy_v2")),
        (str(PUMP_ID), instruction_discriminator("sell_v2")),
    ]
    bought, sold = (bytes(one.data)[8:16] for one in sent.message.instructions[-2:])
    quote = buy_exact_in(
        Curve(CURVE.virtual_quote_reserves, CURVE.virtual_token_reserves, 0, CURVE.real_token_reserves),
        STAKE,
        CURVE_RATES,
    )
    assert quote is not None
    assert bought == sold == quote.tokens.to_bytes(8, "little")
    how = next(one for one in chain.requests if one["method"] == "simulateTransaction")["params"][1]
    assert (how["sigVerify"], how["replaceRecentBlockhash"]) == (False, True)


def test_a_graduated_coin_is_tried_in_its_pool(chain: ScriptedChain):
    chain.graduate()
    chain.programs.refresh()
    chain.port.facts(str(MINT), STAKE)

    trades = [head for program, head in programs_of(chain) if program == str(PUMPSWAP_ID)]
    assert trades == [instruction_discriminator("buy"), instruction_discriminator("sell")]
    assert len(bytes(chain.sent[0])) <= 1_232


def test_an_error_of_the_sale_is_a_trap_and_any_other_is_unknown(chain: ScriptedChain):
    chain.programs.refresh()
    sells_at = 4  # two of the budget, the token account, the buy
    for at, ok in ((sells_at, False), (sells_at - 1, None), (0, None)):
        chain.will_fail(at, "Program log: Error")
        facts = chain.port.facts(str(MINT), STAKE)
        assert facts is not None
        assert facts.round_trip_ok is ok
    chain.simulated["err"] = "AccountNotFound"
    facts = chain.port.facts(str(MINT), STAKE)
    assert facts is not None
    assert facts.round_trip_ok is None


def test_what_the_node_does_not_tell_is_none_and_the_rest_is_told(chain: ScriptedChain):
    chain.programs.refresh()
    chain.will_trade(STAKE, 500_000, 39_000_000, 490_000)
    chain.replies["getTokenLargestAccounts"] = Failure(-32602, "Too many accounts")

    facts = chain.port.facts(str(MINT), STAKE)
    assert facts is not None
    assert facts.top_holders is None
    assert facts.round_trip_ok is True
    assert chain.port.counts == {"largest: RpcRefused": 1}


@pytest.mark.parametrize("missing", ["mint", "node", "settings"])
def test_without_a_mint_or_a_node_there_are_no_facts_and_without_settings_no_round_trip(
    chain: ScriptedChain, missing: str
):
    if missing == "mint":
        del chain.accounts[str(MINT)]
    elif missing == "node":
        chain.stop()
    facts = chain.port.facts(str(MINT), STAKE)

    assert (facts is None) == (missing != "settings")
    assert facts is None or facts.round_trip_ok is None


def test_a_token_is_read_with_its_market(chain: ScriptedChain):
    on_curve = read_token(chain.node, str(MINT))
    assert on_curve.venue is Venue.CURVE
    assert isinstance(on_curve.market(), Curve)
    assert on_curve.rates() == CURVE_RATES
    chain.graduate()
    graduated = read_token(chain.node, str(MINT))
    assert graduated.venue is Venue.POOL
    assert isinstance(graduated.market(), Pool)
    assert graduated.pool_facts().is_canonical


def test_a_coin_that_is_quoted_in_something_else_trades_nowhere(chain: ScriptedChain):
    chain.put_account(CURVE_ADDRESS, replace(CURVE, quote_mint=str(key("usdc"))))
    assert read_token(chain.node, str(MINT)).venue is None


def test_what_is_there_but_does_not_read_is_strange(chain: ScriptedChain):
    program, lamports, data = chain.accounts[str(CURVE_ADDRESS)]
    chain.accounts[str(CURVE_ADDRESS)] = (program, lamports, b"newkind!" + data[8:])

    state = read_token(chain.node, str(MINT))
    assert (state.strange, state.venue) == (("curve",), None)


def test_settings_that_do_not_read_keep_the_last_known_and_say_so(chain: ScriptedChain):
    chain.programs.refresh()
    chain.accounts[str(CURVE_GLOBAL)] = (str(PUMP_ID), 1, b"newkind!" + bytes(500))
    with pytest.raises(Exception, match="do not read"):
        chain.programs.refresh()

    assert chain.programs.is_strange
    assert chain.programs.recipients(Venue.CURVE) is not None


def test_the_verdict_rests_on_these_facts(chain: ScriptedChain):
    chain.programs.refresh()
    for number in range(20):
        chain.hold(f"holder {number}", 1_000)
    chain.will_trade(STAKE, 500_000, 39_000_000, 490_000)
    facts = chain.port.facts(str(MINT), STAKE)
    assert facts is not None
    reserves = Reserves(Venue.CURVE, 31 * 10**9, SUPPLY_UNITS, 10**9, SUPPLY_UNITS // 2)

    verdict = judge(HoneypotRule(), facts, reserves=reserves, stake_lamports=STAKE, now_s=1.0)
    assert verdict.verdict.outcome is Outcome.PASS
    chain.will_trade(STAKE, 500_000, 20_000_000, 490_000)
    trap = chain.port.facts(str(MINT), STAKE)
    verdict = judge(HoneypotRule(), trap, reserves=reserves, stake_lamports=STAKE, now_s=1.0)
    assert verdict.verdict.outcome is Outcome.FAIL
