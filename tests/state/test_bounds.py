from hypothesis import given
from hypothesis import strategies as st

from core.rules import entry
from core.rules.verdict import Outcome
from core.state import bounds, token
from core.state.bounds import CREATOR, FINAL, HOLDERS, LIQUIDITY, OLD, VENUE, YOUNG
from core.state.window import WindowMax
from tests.state.tokens import SOL, Script, move_on, world

NAMES = {"age": YOUNG | OLD, "liquidity": LIQUIDITY, "holders": HOLDERS, "creator": CREATOR, "venue": VENUE}


def seen_after(buyers=0, lamports=0, *, age_s=0.0, creator_again=False, gap=False, **launch):
    script, now = Script(), world()
    seen = token.begin(script.launch(**launch))
    script.wait(age_s)
    trades = script.crowd(buyers, lamports)
    if creator_again:
        trades.append(script.buy("creator", SOL // 100))
    if gap:
        trades.append(script.buy("after gap", SOL // 100, skipped=1))
    for trade in trades:
        token.traded(seen, trade, owners_kept=2_000, span_s=60.0)
    move_on(now, script)
    return seen, now


def test_a_newborn_token_is_kept_out_by_age_liquidity_and_holders():
    assert bounds.broken(*seen_after()) == YOUNG | LIQUIDITY | HOLDERS


def test_nothing_keeps_out_a_token_within_all_bounds():
    assert bounds.broken(*seen_after(60, 7 * SOL // 10, age_s=60.0)) == 0


def test_too_old_and_a_busy_creator_are_final():
    assert bounds.broken(*seen_after(60, 7 * SOL // 10, age_s=901.0)) & FINAL == OLD
    assert bounds.broken(*seen_after(60, 7 * SOL // 10, age_s=61.0, creator_again=True)) & FINAL == CREATOR


def test_an_unknown_price_of_sol_keeps_everything_out():
    seen, now = seen_after(60, 7 * SOL // 10, age_s=60.0)
    now.market.sol_usd = None

    assert bounds.broken(seen, now) == LIQUIDITY


def test_a_collapse_is_what_the_emergency_rule_says():
    seen, now = seen_after(60, 7 * SOL // 10, age_s=60.0)
    assert not bounds.collapses(seen, now)

    seen.prices = WindowMax(seen.reserves.price, [(now.at_s, seen.reserves.price / 0.59)])
    assert bounds.collapses(seen, now)


KINDS = st.fixed_dictionaries(
    {
        "buyers": st.sampled_from([0, 49, 50, 60]),
        "lamports": st.integers(1, 12).map(lambda tenths: tenths * SOL // 10),
        "age_s": st.sampled_from([0.0, 59.9, 60.0, 900.0, 900.1]),
        "creator_again": st.booleans(),
        "gap": st.booleans(),
        "mayhem": st.booleans(),
    }
)


@given(KINDS)
def test_the_cheap_bounds_say_the_same_as_the_criteria(kind):
    seen, now = seen_after(**kind)
    bits = bounds.broken(seen, now)
    judgement = entry.judge(now.settings, token.sight(seen, now))

    for verdict in judgement.verdicts:
        if verdict.criterion == "creator":
            assert bool(bits & CREATOR) is (verdict.outcome is Outcome.FAIL)
        elif verdict.criterion in NAMES:
            assert bool(bits & NAMES[verdict.criterion]) is (not verdict.ok)
    assert judgement.final is bool(bits & FINAL or seen.untradable_for_ever)
