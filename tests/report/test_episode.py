"""What an episode keeps of its records."""

import pytest

from core.ledger.books import Books
from core.market.curve import START, Curve
from core.market.fees import rates_of
from core.market.quotes import buy_exact_in, sell
from core.market.reserves import reserves_of
from core.messages import Order, Settlement
from core.records import CandidateJudged, OrderIntended, OrderSettled
from core.report.episode import Notes, drift_lamports, impact_lamports, result
from core.rules.verdict import Outcome, Verdict
from core.types import Purpose, Role, Side

STAKE = 50_000_000


def judged(mint: str, stage: str, *verdicts: Verdict) -> CandidateJudged:
    outcome = Outcome.PASS if all(verdict.ok for verdict in verdicts) else Outcome.FAIL
    return CandidateJudged(
        at_s=0.0,
        mint=mint,
        symbol="",
        stage=stage,
        outcome=outcome,
        verdicts=verdicts,
        quality=0.0,
        risk=0.0,
        price=1.0,
    )


def buy() -> Order:
    return Order(
        id="entry.op1.1", purpose=Purpose.ENTRY, role=Role.LIGHTNING, payer=Role.LIGHTNING, side=Side.BUY, quoted=1_000
    )


def test_a_token_is_refused_by_its_last_verdict_alone():
    notes = Notes()
    notes.see(judged("a", "first", Verdict.failed("age"), Verdict.failed("holders")))
    notes.see(judged("a", "change", Verdict.passed("age")))
    notes.see(judged("a", "last", Verdict.failed("age")))
    notes.see(judged("b", "first", Verdict.failed("liquidity")))

    episode = result(notes, Books(), number=1, seed=1, held_out=False, end="done")

    assert (episode.tokens, episode.passed, episode.refusals) == (2, 1, {"age": 1, "liquidity": 1})


def test_what_is_kept_of_a_token_ends_with_its_last_verdict():
    notes = Notes()
    for number in range(100):
        notes.see(judged(str(number), "first", Verdict.passed("age")))
        notes.see(judged(str(number), "last", Verdict.failed("age")))

    assert not notes.last
    assert not notes.passing


def test_an_order_that_never_landed_is_counted_and_forgotten():
    notes = Notes()
    notes.see(OrderIntended(at_s=0.0, order=buy()))
    notes.see(
        OrderSettled(at_s=60.0, order_id="entry.op1.1", outcome="expired", error="", settlement=None, postings=())
    )

    assert notes.orders == {"expired": 1}
    assert not notes.sent
    assert not notes.landings_s


def test_impact_is_what_a_fill_cost_against_the_spot_price_before_it():
    before = START
    quote = buy_exact_in(before, STAKE, rates_of(before))
    assert quote is not None
    assert isinstance(quote.after, Curve)
    fair = quote.tokens * before.virtual_quote / before.virtual_base
    fill = Settlement(
        signature="s",
        slot=1,
        at_s=0.0,
        tokens=quote.tokens,
        quote_lamports=-quote.quote_lamports,
        reserves=reserves_of(quote.after),
    )
    back = sell(quote.after, quote.tokens, rates_of(quote.after))
    assert back is not None
    sold = Settlement(
        signature="s",
        slot=2,
        at_s=0.0,
        tokens=-quote.tokens,
        quote_lamports=back.quote_lamports,
        reserves=reserves_of(back.after),
    )

    assert impact_lamports(Side.BUY, fill) == pytest.approx(quote.quote_lamports - fair, abs=1)
    dear = quote.tokens * quote.after.virtual_quote / quote.after.virtual_base
    assert impact_lamports(Side.SELL, sold) == pytest.approx(dear - back.quote_lamports, abs=1)


def test_drift_is_what_the_move_until_landing_cost():
    fill = Settlement(signature="s", slot=1, at_s=0.0, tokens=900, quote_lamports=-9_000)

    assert drift_lamports(buy(), fill) == 1_000
