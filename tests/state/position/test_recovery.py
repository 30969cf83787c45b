from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from core.chain.rent import TOKEN_ACCOUNT_LAMPORTS
from core.ledger.audit import ChainState, audit
from core.ledger.postings import net_of
from core.messages import FactsSeen, GetFacts, RaiseEmergency, TokenFacts
from core.records import Entry, OperationClosed, OrderSettled, RotationFinished, RotationStarted
from core.state import position
from core.types import ExitReason, Purpose, Role
from tests.state.position.desk import MINT, NAME, OPERATION_ID, Desk


def stuck(*, reentry_spend: int = 0) -> Desk:
    """An operation whose panic found no way out: closed, its tokens left."""
    desk = Desk(reentry_spend=reentry_spend)
    desk.trade(1.0)
    desk.tell(RaiseEmergency(trigger=ExitReason.RISK_LIMIT))
    desk.advance(30.0)
    while desk.now.books.operations:
        desk.settle_all("failed")
        desk.advance(desk.held_s + 1.0)
    return desk


def facts(desk: Desk, *, sells: bool | None = True) -> FactsSeen:
    return FactsSeen(facts=TokenFacts(mint=MINT, at_s=desk.now.at_s, slot=1, supply=10**15, round_trip_ok=sells))


def asked(desk: Desk) -> Sequence[GetFacts]:
    return [message for to, message in desk.told if to == "accounts" and isinstance(message, GetFacts)]


def test_the_remainder_is_booked_at_0_and_the_operation_closed_at_its_net_with_the_rent_lost():
    desk = stuck()
    closed = desk.written(OperationClosed)[0]
    trades = [record for record in desk.written(OrderSettled) if not record.order_id.startswith("proceeds")]

    assert closed.unsellable_tokens == sum(desk.now.books.remainders[OPERATION_ID].holdings.values()) > 0
    assert closed.net_lamports == sum(net_of(record.postings) for record in trades) - TOKEN_ACCOUNT_LAMPORTS
    assert desk.now.books.accounts["rent_lost"] == TOKEN_ACCOUNT_LAMPORTS
    assert desk.now.books.accounts["rent"] == 0
    assert sum(desk.now.books.rents.values()) == 0


def test_its_room_is_free_the_token_flagged_and_a_person_told():
    desk = stuck()

    assert desk.now.books.open_entries() == 0
    assert desk.now.books.flagged == {MINT: ExitReason.RISK_LIMIT}
    assert desk.alerts()[-1] == "panic_exit_done"
    assert "treasurer" in [to for to, _ in desk.told]


def test_where_the_quote_is_below_its_cost_nothing_is_paid_for_a_sale():
    desk = Desk(spend=1_000)
    desk.trade(1.0)
    desk.tell(RaiseEmergency(trigger=ExitReason.RISK_LIMIT))
    desk.advance(1.0)

    assert desk.idle()
    assert desk.written(OperationClosed)[0].unsellable_tokens > 0


def test_one_wallet_that_cannot_sell_does_not_keep_the_other_from_it():
    desk = Desk(reentry_spend=10_000_000)
    desk.trade(1.0)
    desk.tell(RaiseEmergency(trigger=ExitReason.RISK_LIMIT))
    desk.advance(30.0)
    while desk.now.books.operations:
        for order in (*desk.placed, *desk.going):
            desk.settle(order, "failed" if order.role is Role.LIGHTNING else "")
        desk.advance(desk.held_s + 1.0)

    assert set(desk.now.books.remainders[OPERATION_ID].holdings) == {Role.LIGHTNING}
    assert desk.written(OperationClosed)[0].proceeds_lamports > 0


def test_it_is_tried_again_by_free_simulation_only_and_at_most_once_a_minute():
    desk = stuck()
    before = len(asked(desk))
    for _ in range(100):
        desk.trade(1.0)
        desk.advance(desk.held_s + 1.0)

    assert desk.idle()
    assert len(asked(desk)) - before == 2
    assert asked(desk)[-1].reply_to == NAME


def test_it_is_sold_when_the_simulation_says_that_it_can_be():
    desk = stuck()
    desk.trade(1.0)
    desk.tell(facts(desk))
    order = desk.only()
    assert order.purpose is Purpose.RECOVERY
    net, held = desk.now.books.closed[0].net_lamports, desk.now.books.wallet_lamports()

    assert desk.settle(order) == "filled"
    books = desk.now.books
    assert desk.finished
    assert not books.remainders
    gained = books.wallet_lamports() - held
    assert -books.accounts["recovered"] == gained - TOKEN_ACCOUNT_LAMPORTS > 0
    assert books.accounts["rent_lost"] == 0
    assert books.closed[0].net_lamports == net
    assert sum(books.accounts.values()) == 0


def test_a_trap_a_silent_port_and_old_facts_sell_nothing():
    desk = stuck()
    desk.trade(1.0)
    desk.tell(facts(desk, sells=False))
    desk.tell(facts(desk, sells=None))
    old = facts(desk)
    desk.advance(desk.held_s + 2.1)
    desk.tell(old)

    assert desk.idle()


def test_without_a_price_that_the_feed_showed_nothing_is_asked():
    desk = stuck()
    desk.restart()
    before = len(asked(desk))
    desk.advance(desk.held_s + 300.0)

    assert len(asked(desk)) == before
    desk.trade(1.0)
    assert len(asked(desk)) == before + 1


def test_a_sale_that_fails_costs_its_fee_in_recovered_and_is_tried_again_later():
    desk = stuck()
    desk.trade(1.0)
    desk.tell(facts(desk))
    first = desk.only()
    desk.settle(first, "failed")
    assert desk.now.books.accounts["recovered"] > 0
    assert desk.idle()
    desk.advance(desk.held_s + 61.0)
    desk.tell(facts(desk))

    assert desk.only().id != first.id


def test_a_restart_while_a_late_sale_is_on_its_way_places_no_second_one():
    desk = stuck()
    desk.trade(1.0)
    desk.tell(facts(desk))
    desk.begin_placed()
    desk.restart()
    desk.trade(1.0)
    desk.tell(facts(desk))

    assert desk.settle(desk.only()) == "filled"
    assert desk.finished


def test_keys_of_a_retired_generation_stay_usable_and_the_proceeds_go_to_the_present_wallet():
    desk = stuck()
    desk.write(RotationStarted(at_s=desk.now.at_s, to_generation=1, by="rule"))
    desk.write(RotationFinished(at_s=desk.now.at_s, generation=1))
    desk.trade(1.0)
    desk.tell(facts(desk))
    order = desk.only()

    assert (order.generation, order.from_generation) == (1, 0)
    assert desk.settle(order) == "filled"
    assert desk.finished


def test_messages_of_the_closed_operation_change_nothing():
    desk = stuck()
    state = desk.state
    desk.tell(RaiseEmergency(trigger=ExitReason.OPERATOR))

    assert desk.state == state
    assert desk.idle()


@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(st.floats(0.5, 90.0), st.sampled_from([0.4, 1.0, 2.0]), st.sampled_from([True, False, None])),
        max_size=12,
    ),
    st.sampled_from(["", "failed", "expired"]),
)
def test_whatever_the_market_and_the_chain_do_the_net_stays_and_the_books_balance(
    steps: list[tuple[float, float, bool | None]], outcome: str
):
    desk = stuck(reentry_spend=10_000_000)
    net, today = desk.now.books.closed[0].net_lamports, desk.now.books.realised_today_lamports
    for wait_s, price, sells in steps:
        if desk.finished:
            break
        desk.advance(desk.held_s + wait_s)
        desk.trade(price)
        if sells is not None:
            desk.tell(facts(desk, sells=sells))
        desk.settle_all(outcome)
    books = desk.now.books
    assert (books.closed[0].net_lamports, books.realised_today_lamports) == (net, today)
    assert sum(books.accounts.values()) == 0
    assert books.accounts["rent_lost"] == TOKEN_ACCOUNT_LAMPORTS * sum(
        len(one.holdings) for one in books.remainders.values()
    )
    assert desk.finished is not bool(books.remainders)


def test_a_start_begins_it_again_after_the_open_operations():
    desk = stuck()

    assert [one.operation_id for one in position.openings(desk.now.books)] == [OPERATION_ID]
    desk.restart()
    assert not desk.finished
    assert set(desk.timers) == {"recover"}


def test_book_and_chain_agree_while_its_rent_lies_in_an_account_that_the_books_gave_up():
    desk = stuck()
    books = desk.now.books
    wallets = {f"wallet:{role}": books.balance(role) for role in Role}
    holdings = {MINT: dict(books.remainders[OPERATION_ID].holdings)}
    entries = [Entry(seq, 1, record) for seq, record in enumerate(desk.records, start=1)]
    chain = ChainState(accounts=wallets | {"rent": TOKEN_ACCOUNT_LAMPORTS}, holdings=holdings)

    assert audit(entries, chain).findings == ()
    lost = ChainState(accounts=wallets | {"rent": 0}, holdings=holdings)
    assert [finding.where for finding in audit(entries, lost).findings] == ["rent"]
