from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.chain.rent import (
    TOKEN_2022_ACCOUNT_LAMPORTS,
    TOKEN_ACCOUNT_LAMPORTS,
    VOLUME_ACCUMULATOR_LAMPORTS,
    WALLET_LAMPORTS,
)
from core.ledger.postings import balance_of, of_settlement
from core.market.curve import START, after_buy, buy_cost
from core.market.fees import as_cashback, rates_of
from core.market.paper import transaction as paper
from core.market.paper.chain import PaperChain, TokenAccount, accounts_of, digest, holdings_of, receive
from core.market.paper.transaction import execute, shortfall
from core.market.pool import Pool
from core.market.quotes import buy_exact_in, sell
from core.market.reserves import reserves_of
from core.messages import Order, Reserves, Settlement
from core.types import Purpose, Role, Venue
from tests.market.paper.orders import SOL, buy, funded, sale, transfer
from tests.market.states import pools as some_pools

CURVE = reserves_of(after_buy(START, 10**14, buy_cost(START, 10**14)))
POOL = reserves_of(Pool(206_900_000_000_000, 85 * SOL))


def run(
    chain: PaperChain, order: Order, signature: str = "s", reserves: Reserves | None = CURVE, failure: str = ""
) -> tuple[PaperChain, Settlement]:
    return execute(chain, order, signature, slot=9, at_s=3.6, reserves=reserves, failure=failure)


def bought(**fields: object) -> tuple[PaperChain, int]:
    chain, settlement = run(funded(), buy(**fields), "bought")
    assert settlement.error == ""
    return chain, settlement.tokens


def test_a_first_buy_pays_the_quote_its_landing_and_two_rents():
    chain, settlement = run(funded(), buy(token_2022=True))

    quote = buy_exact_in(after_buy(START, 10**14, buy_cost(START, 10**14)), SOL // 20, rates_of(START))
    assert quote is not None
    rent = TOKEN_2022_ACCOUNT_LAMPORTS + VOLUME_ACCUMULATOR_LAMPORTS
    assert settlement.tokens == quote.tokens
    assert settlement.quote_lamports == -quote.quote_lamports
    assert settlement.rent_lamports == rent
    assert settlement.changes == {"lightning": -(quote.total_lamports + 25_000 + rent)}
    assert settlement.reserves == reserves_of(quote.after)
    assert holdings_of(chain) == {"coin": {Role.LIGHTNING: quote.tokens}}


def test_a_late_sale_by_a_retired_wallets_key_pays_into_the_present_one():
    chain, tokens = bought()
    chain = receive(chain, Role.LIGHTNING, 1, SOL)
    chain = replace(chain, wallets=chain.wallets | {"lightning.0": 0})
    late = sale(purpose=Purpose.RECOVERY, tokens=tokens, limit=1, close_account=True, generation=1, from_generation=0)

    after, settlement = run(chain, late, "late")

    assert settlement.error == ""
    assert settlement.fees["base"] == 10_000  # the payer and the retired wallet sign
    assert settlement.rent_lamports == -TOKEN_ACCOUNT_LAMPORTS
    assert (after.wallets["lightning.0"], holdings_of(after)) == (0, {})
    assert after.wallets["lightning.1"] - SOL == settlement.changes["lightning"] > 0
    assert balance_of(of_settlement(late, settlement)) == 0


def test_a_second_buy_of_the_same_wallet_pays_no_rent_again():
    chain, _ = bought()

    _, settlement = run(chain, buy(id="b2"))

    assert settlement.rent_lamports == 0


def test_each_program_has_its_own_accumulator():
    chain, _ = bought()

    _, settlement = run(chain, buy(venue=Venue.POOL), reserves=POOL)

    assert settlement.rent_lamports == VOLUME_ACCUMULATOR_LAMPORTS


def test_wrapping_for_a_pool_leaves_no_rent_behind_but_needs_it_for_a_moment():
    order = buy(venue=Venue.POOL)
    lasting = SOL // 20 + 25_000 + TOKEN_ACCOUNT_LAMPORTS + VOLUME_ACCUMULATOR_LAMPORTS

    _, enough = run(funded(lightning=lasting + TOKEN_ACCOUNT_LAMPORTS), order, reserves=POOL)
    _, short = run(funded(lightning=lasting + TOKEN_ACCOUNT_LAMPORTS - 2), order, reserves=POOL)

    assert enough.error == ""
    assert enough.rent_lamports == TOKEN_ACCOUNT_LAMPORTS + VOLUME_ACCUMULATOR_LAMPORTS
    assert short.error == paper.FUNDS


def test_selling_everything_and_closing_brings_the_rent_of_the_account_back():
    chain, tokens = bought()

    chain, settlement = run(chain, sale(tokens=tokens, close_account=True))

    assert settlement.error == ""
    assert settlement.rent_lamports == -TOKEN_ACCOUNT_LAMPORTS
    assert chain.token_accounts == {}
    assert accounts_of(chain)["rent"] == VOLUME_ACCUMULATOR_LAMPORTS


def test_a_close_with_tokens_left_undoes_the_whole_sale():
    chain, tokens = bought()

    after, settlement = run(chain, sale(tokens=tokens - 1, close_account=True))

    assert settlement.error == paper.NOT_EMPTY
    assert settlement.changes == {"lightning": -25_000}
    assert after.token_accounts == chain.token_accounts


def test_an_exit_that_another_wallet_pays_for_has_two_signatures():
    chain, tokens = bought()

    _, settlement = run(chain, sale(tokens=tokens, payer=Role.EMERGENCY_GAS, tip_lamports=7))

    assert settlement.fees["base"] == 10_000
    assert settlement.changes["emergency_gas"] == -(10_000 + 20_000 + 7)
    assert settlement.changes["lightning"] > 0


def test_a_breached_limit_fails_and_still_pays_base_and_priority_but_no_tip():
    quote = buy_exact_in(after_buy(START, 10**14, buy_cost(START, 10**14)), SOL // 20, rates_of(START))
    assert quote is not None

    _, holds = run(funded(), buy(limit=quote.tokens))
    chain, breached = run(funded(), buy(limit=quote.tokens + 1, tip_lamports=1_000))

    assert holds.error == ""
    assert breached.error == paper.SLIPPAGE
    assert breached.fees == {"base": 5_000, "priority": 20_000}
    assert breached.changes == {"lightning": -25_000}
    assert (breached.tokens, breached.quote_lamports, breached.rent_lamports, breached.reserves) == (0, 0, 0, None)
    assert accounts_of(chain)["wallet:lightning"] == SOL - 25_000


def test_the_limit_of_a_sale_is_what_arrives_after_fees():
    chain, tokens = bought()
    quote = sell(after_buy(START, 10**14, buy_cost(START, 10**14)), tokens, rates_of(START))
    assert quote is not None

    assert run(chain, sale(tokens=tokens, limit=quote.total_lamports))[1].error == ""
    assert run(chain, sale(tokens=tokens, limit=quote.total_lamports + 1))[1].error == paper.SLIPPAGE


def test_more_tokens_than_the_wallet_holds_are_not_sold():
    chain, tokens = bought()

    assert run(chain, sale(tokens=tokens + 1))[1].error == paper.TOKENS


def test_a_trade_where_the_token_no_longer_trades_fails():
    assert run(funded(), buy(), reserves=POOL)[1].error == paper.VENUE
    assert run(funded(), buy(), reserves=None)[1].error == paper.VENUE


def test_a_drawn_failure_costs_what_any_failure_costs():
    _, settlement = run(funded(), buy(), failure=paper.DRAWN)

    assert (settlement.error, settlement.changes) == (paper.DRAWN, {"lightning": -25_000})


def test_a_payer_that_cannot_pay_the_fee_pays_nothing():
    chain = funded(lightning=WALLET_LAMPORTS + 24_999)

    after, settlement = run(chain, buy())

    assert settlement.error == paper.FEE
    assert settlement.changes == {}
    assert accounts_of(after) == accounts_of(chain)


def test_a_wallet_keeps_its_rent_exemption_or_nothing():
    chain = funded(lightning=SOL, psychology=WALLET_LAMPORTS)

    assert run(chain, transfer(lamports=SOL - 25_000))[1].error == ""
    assert run(chain, transfer(lamports=SOL - 25_001))[1].error == paper.RENT
    assert run(funded(lightning=SOL), transfer(lamports=WALLET_LAMPORTS - 1))[1].error == paper.RENT


def test_a_sweep_empties_the_wallet_to_the_lamport_whoever_pays():
    own, _ = run(funded(), transfer(sweep=True))
    other, settlement = run(funded(), transfer(sweep=True, payer=Role.EMERGENCY_GAS))

    assert accounts_of(own)["wallet:psychology"] == SOL - 25_000
    assert accounts_of(other)["wallet:psychology"] == SOL
    assert settlement.changes == {"emergency_gas": -30_000, "lightning": -SOL, "psychology": SOL}


def test_a_rotation_closes_what_the_wallet_leaves_and_carries_all_to_the_next_generation():
    chain, tokens = bought()
    chain, _ = run(chain, sale(tokens=tokens), "sold")
    before = accounts_of(chain)
    order = transfer(purpose=Purpose.ROTATION, to_role=Role.LIGHTNING, sweep=True, payer=Role.EMERGENCY_GAS)

    after, settlement = run(chain, order, "rotated")

    rent = TOKEN_ACCOUNT_LAMPORTS + VOLUME_ACCUMULATOR_LAMPORTS
    assert settlement.rent_lamports == -rent
    assert settlement.changes == {"emergency_gas": -30_000, "lightning": rent}
    assert after.wallets["lightning.0"] == 0
    assert after.wallets["lightning.1"] == before["wallet:lightning"] + rent
    assert accounts_of(after)["rent"] == 0


def test_a_rotation_leaves_accounts_that_hold_tokens_alone():
    chain, tokens = bought()

    after, _ = run(chain, transfer(purpose=Purpose.ROTATION, to_role=Role.LIGHTNING, sweep=True), "rotated")

    assert after.token_accounts == {"lightning.0/coin": TokenAccount(tokens, TOKEN_ACCOUNT_LAMPORTS)}


def test_the_same_signature_never_executes_twice():
    chain, first = run(funded(), buy())

    again, second = run(chain, buy(), reserves=POOL)

    assert again is chain
    assert second is first


def test_outcomes_are_remembered_up_to_a_bound():
    chain = replace(funded(), settled={str(n): Settlement(signature=str(n), slot=1, at_s=1.0) for n in range(4_096)})

    chain, _ = run(chain, buy(), "newest")

    assert len(chain.settled) == paper.SETTLED_KEPT
    assert "newest" in chain.settled
    assert "0" not in chain.settled


def test_the_digest_forgets_the_order_in_which_parts_were_made():
    one = receive(receive(PaperChain(), Role.LIGHTNING, 0, 5), Role.REENTRY, 0, 6)
    other = receive(receive(PaperChain(), Role.REENTRY, 0, 6), Role.LIGHTNING, 0, 5)

    assert digest(one) == digest(other)
    assert digest(one) != digest(receive(one, Role.REENTRY, 0, 1))


def test_what_cannot_be_paid_is_known_before_the_market_is_asked():
    chain = funded(lightning=SOL // 20)

    assert shortfall(chain, buy()) == paper.FUNDS
    assert shortfall(chain, sale(tokens=1)) == paper.TOKENS
    assert shortfall(chain, buy(payer=Role.REENTRY)) == paper.FEE
    assert shortfall(funded(), buy()) == ""


ROLES = st.sampled_from(list(Role))
ORDERS = st.one_of(
    st.builds(
        buy,
        role=ROLES,
        payer=ROLES,
        lamports=st.integers(0, SOL),
        venue=st.sampled_from(Venue),
        limit=st.sampled_from([0, 10**18]),
        token_2022=st.booleans(),
        tip_lamports=st.integers(0, 9_999),
        generation=st.integers(0, 1),
    ),
    st.builds(
        sale,
        role=ROLES,
        payer=ROLES,
        tokens=st.integers(0, 10**12),
        venue=st.sampled_from(Venue),
        close_account=st.booleans(),
    ),
    st.builds(
        transfer,
        role=ROLES,
        to_role=ROLES,
        payer=ROLES,
        purpose=st.sampled_from([Purpose.TAX, Purpose.ROTATION]),
        lamports=st.integers(0, SOL),
        sweep=st.booleans(),
        generation=st.integers(0, 1),
    ),
)


@given(orders=st.lists(ORDERS, max_size=12), pool=some_pools, venue=st.sampled_from(Venue))
def test_every_settlement_balances_and_only_the_market_surprises(orders: list[Order], pool: Pool, venue: Venue):
    chain = funded(lightning=SOL, reentry=SOL // 2, emergency_gas=5_000_000, tactical_exit=WALLET_LAMPORTS)
    expected = accounts_of(chain)
    tokens = 0
    for number, order in enumerate(orders):
        reserves = CURVE if venue is Venue.CURVE else reserves_of(pool)
        sure = shortfall(chain, order) == ""
        chain, settlement = run(chain, order, str(number), reserves=reserves)
        postings = of_settlement(order, settlement)
        assert balance_of(postings) == 0
        for posting in postings:
            if posting.account in expected:
                expected[posting.account] += posting.lamports
        tokens += settlement.tokens
        if sure:
            assert settlement.error in {"", paper.SLIPPAGE, paper.VENUE, paper.UNTRADABLE}
        if settlement.error:
            assert settlement.fees.keys() <= {"base", "priority"}
    assert accounts_of(chain) == expected
    assert all(lamports >= 0 for lamports in chain.wallets.values())
    assert sum(sum(by_role.values()) for by_role in holdings_of(chain).values()) == tokens


def test_the_first_buy_of_a_cashback_coin_pays_rent_that_never_comes_back():
    rates = as_cashback(rates_of(START))
    chain, first = execute(funded(), buy(), "1", slot=1, at_s=0.4, reserves=CURVE, rates=rates)
    chain, second = execute(chain, buy(), "2", slot=1, at_s=0.4, reserves=CURVE, rates=rates)

    assert first.error == second.error == ""
    assert first.fees["rent"] == TOKEN_ACCOUNT_LAMPORTS
    assert "rent" not in second.fees
    assert first.rent_lamports == TOKEN_ACCOUNT_LAMPORTS + VOLUME_ACCUMULATOR_LAMPORTS
    assert balance_of(of_settlement(buy(), first)) == 0
    assert accounts_of(chain)["rent"] == first.rent_lamports
    assert chain.unclosable == {"lightning.0.curve": TOKEN_ACCOUNT_LAMPORTS}
