from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from core.state.holders import begin, count, missed, traded, unexplained_units

TRADES = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(-5, 5)), max_size=60)


def after(trades, bound=100):
    holders = begin(gapless=True)
    for owner, units in trades:
        traded(holders, owner, units, bound=bound)
    return holders


def test_who_bought_and_kept_something_is_a_holder_and_who_sold_all_is_none():
    assert count(after([("a", 5), ("b", 3)])) == 2
    assert count(after([("a", 5), ("b", 3), ("a", -5)])) == 1


def test_who_sells_more_than_its_trades_brought_got_the_rest_by_transfer_and_is_no_holder():
    assert count(after([("a", 5), ("a", -8), ("a", 2)])) == 0
    assert count(after([("a", 5), ("a", -8), ("a", 4)])) == 1


def test_after_a_gap_the_count_is_unknown_for_good():
    holders = after([("a", 5)])
    missed(holders)
    traded(holders, "b", 5, bound=100)

    assert count(holders) is None
    assert count(begin(gapless=False)) is None
    assert unexplained_units(holders, [("a", 5)]) is None


def test_100000_distinct_traders_leave_no_memory_and_no_count():
    holders = begin(gapless=True)
    most = 0
    for i in range(100_000):
        traded(holders, f"owner{i}", 1, bound=2_000)
        most = max(most, len(holders.nets or ()))

    assert most == 2_000
    assert holders.nets is None
    assert count(holders) is None


def test_what_the_largest_accounts_hold_beyond_their_trades_is_unexplained():
    holders = after([("a", 10), ("b", 4), ("b", -6)])

    assert unexplained_units(holders, [("a", 10), ("b", 1), ("stranger", 5)]) == 6
    assert unexplained_units(holders, [("a", 7)]) == 0


@given(TRADES)
def test_the_count_equals_that_of_a_plain_counter_of_nets(trades):
    nets: Counter[str] = Counter()
    for owner, units in trades:
        nets[owner] += units

    holders = after(trades)

    assert count(holders) == sum(net > 0 for net in nets.values())
    assert holders.nets == {hash(owner): net for owner, net in nets.items() if net}
