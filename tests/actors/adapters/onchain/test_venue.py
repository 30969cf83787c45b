"""Real transactions of ours in the real virtual machine: what they did is what the books say, to the lamport."""

from collections.abc import Iterator

import gevent
import pytest

from core.chain.rent import TOKEN_2022_ACCOUNT_LAMPORTS, TOKEN_ACCOUNT_LAMPORTS, VOLUME_ACCUMULATOR_LAMPORTS
from core.errors import Refused
from core.messages import Order, TransactionSettled
from core.state.position.orders import close_refused
from core.types import Purpose, Role, Venue
from localnet.faults import Switches
from tests.actors.adapters.onchain.street import FUNDS, SOL, Street, buy, sale
from tests.benchmarks.socket_probes import Asked


@pytest.fixture
def street() -> Iterator[Street]:
    made = Street()
    yield made
    made.close()


def test_a_buy_is_booked_from_what_it_did_and_the_books_equal_the_chain(street: Street):
    order = buy(street)

    settlement = street.done(order)

    assert settlement.error == ""
    assert settlement.tokens == street.tokens_of(Role.LIGHTNING) > 0
    assert settlement.rent_lamports == TOKEN_2022_ACCOUNT_LAMPORTS + VOLUME_ACCUMULATOR_LAMPORTS
    assert (settlement.fees["base"], settlement.fees["priority"]) == (5_000, 20_000)
    spent = -settlement.quote_lamports + sum(settlement.fees[kind] for kind in ("protocol", "creator"))
    assert order.lamports - 2 <= spent <= order.lamports
    assert street.told == [TransactionSettled(settlement=settlement)]
    assert street.books.operations["op1"].tokens == settlement.tokens
    found = street.compared()
    assert found.ok, found.findings


def test_a_sale_of_everything_brings_the_token_accounts_rent_back(street: Street):
    bought = street.done(buy(street))
    street.refresh()

    settlement = street.done(sale(street, bought.tokens, payer=Role.EMERGENCY_GAS))

    assert settlement.error == ""
    assert settlement.tokens == -bought.tokens
    assert settlement.rent_lamports == -TOKEN_2022_ACCOUNT_LAMPORTS
    assert settlement.changes["emergency_gas"] == -settlement.fees["base"] - settlement.fees["priority"] == -30_000
    assert street.books.operations["op1"].tokens == 0
    found = street.compared()
    assert found.ok, found.findings


def test_a_buy_whose_limit_is_missed_fails_costs_its_fee_and_buys_nothing(street: Street):
    settlement = street.done(buy(street, limit=10**18))

    assert settlement.error
    assert (settlement.tokens, settlement.quote_lamports, settlement.rent_lamports) == (0, 0, 0)
    assert settlement.changes == {"lightning": -25_000}
    assert street.books.operations == {}
    assert street.books.accounts["failed_entries"] == 25_000
    assert street.compared().ok


def test_of_two_sales_that_overlap_the_second_fails_and_both_are_booked(street: Street):
    bought = street.done(buy(street))
    street.refresh()
    first, second = sale(street, bought.tokens, 1), sale(street, bought.tokens, 2, limit=2)
    signed = [street.signed(order) for order in (first, second)]
    for order, one in zip((first, second), signed, strict=True):
        street.send(order, one)

    settlements = [street.settled(order, one) for order, one in zip((first, second), signed, strict=True)]

    assert [bool(one.error) for one in settlements] == [False, True]
    assert street.books.operations["op1"].tokens == 0
    assert street.compared().ok


def test_the_same_bytes_sent_again_buy_once(street: Street):
    order = buy(street)
    one = street.signed(order)
    for _ in range(3):
        street.send(order, one)

    settlement = street.settled(order, one)
    street.send(order, one)
    street.pass_slots(3)

    assert street.tokens_of(Role.LIGHTNING) == settlement.tokens


def test_a_transfer_moves_lamports_between_our_wallets(street: Street):
    order = tax(1_234_567)

    settlement = street.done(order)

    assert settlement.changes == {"lightning": -1_239_567, "psychology": 1_234_567}
    assert street.books.accounts["treasury"] == 5_000
    assert street.compared().ok


def test_a_retiring_wallet_closes_its_accumulator_and_passes_everything_on(street: Street):
    bought = street.done(buy(street))
    street.refresh()
    street.done(sale(street, bought.tokens))
    order = Order(
        id="rotation.1.lightning.1",
        purpose=Purpose.ROTATION,
        role=Role.LIGHTNING,
        payer=Role.EMERGENCY_GAS,
        to_role=Role.LIGHTNING,
        sweep=True,
        lamports=street.books.balance(Role.LIGHTNING),
        close_account=True,
    )

    settlement = street.done(order)

    assert settlement.error == ""
    assert settlement.rent_lamports == -VOLUME_ACCUMULATOR_LAMPORTS
    assert street.books.rents.get(Role.LIGHTNING, 0) == 0
    assert street.node.chain.bank.account(street.wallets.pubkey(Role.LIGHTNING, 0)) is None
    assert street.compared().books.balance(Role.LIGHTNING) == street.books.balance(Role.LIGHTNING)


def test_nothing_is_bought_that_was_not_read_lately(street: Street):
    street.tokens.doubt(street.mint)

    with pytest.raises(Refused, match="not read lately"):
        street.venue.sign(buy(street), street.market.slot)


def test_a_signature_that_never_landed_is_absent_only_once_its_blockhash_is_dead_at_finalized(street: Street):
    order = buy(street)
    one = street.signed(order)
    submit = street.submit_of(order, one)
    assert not street.venue.is_absent(submit, street.market.slot)
    street.pass_slots(151)
    street.tracker.look()
    assert not street.venue.is_absent(submit, street.market.slot), "not final yet"

    street.pass_slots(80)
    for watched in street.tracker._watched.values():  # as if the time for another proof had come
        watched.proved_s = 0.0
    street.tracker.look()

    assert street.venue.is_absent(submit, street.market.slot)


def test_what_a_node_forgets_is_never_taken_for_absent(street: Street):
    order = buy(street)
    one = street.signed(order)
    street.send(order, one)
    street.pass_slots(1)
    street.node.chain.history.get(one.signature).is_forgotten = True  # type: ignore[union-attr]  # it landed
    street.node.chain.set_switches(Switches(forget_pct=0.0001))
    street.pass_slots(300)
    street.tracker.look()

    assert street.tokens_of(Role.LIGHTNING) > 0
    assert street.venue.status(one.signature) is None
    assert not street.venue.is_absent(street.submit_of(order, one), street.market.slot)

    street.node.chain.set_switches(Switches())
    for watched in street.tracker._watched.values():
        watched.searched_s = 0.0
    assert street.settled(order, one).tokens == street.tokens_of(Role.LIGHTNING)


def test_a_gift_and_an_airdrop_change_nothing_but_their_own_lines(street: Street):
    street.gives(street.people[2], street.wallets.pubkey(Role.REENTRY, 0), 777)

    found = street.compared()

    assert found.ok
    assert found.books.balance(Role.REENTRY) == FUNDS + 777
    assert found.books.flat_equity_lamports() == 5 * FUNDS


def test_a_transaction_by_our_keys_that_nobody_journaled_stops_entries_and_is_booked(street: Street):
    order = buy(street, lamports=SOL // 50)
    one = street.venue.sign(order, street.market.slot)
    street.send(order, one)

    found = street.compared()

    assert found.books.paused
    assert found.books.operations["op1"].adopted
    assert found.books.operations["op1"].tokens == street.tokens_of(Role.LIGHTNING)
    assert len(found.findings) == 1


def test_a_graduated_coin_is_sold_on_its_pool_whatever_the_order_says(street: Street):
    bought = street.done(buy(street))
    street.graduates()
    street.tokens.doubt(street.mint)

    settlement = street.done(sale(street, bought.tokens))

    assert settlement.error == ""
    assert settlement.tokens == -bought.tokens
    assert settlement.reserves is not None
    assert settlement.reserves.venue is Venue.POOL
    assert settlement.fees["lp"] > 0
    assert settlement.rent_lamports == -TOKEN_2022_ACCOUNT_LAMPORTS, "the wrapped SOL's account came and went"
    found = street.compared()
    assert found.ok, found.findings


def test_dust_in_our_account_fails_the_sale_that_closes_it_and_not_the_one_that_does_not(street: Street):
    bought = street.done(buy(street))
    street.refresh()
    street.dusts(Role.LIGHTNING, 1)

    closing = street.done(sale(street, bought.tokens, 1))
    selling = street.done(sale(street, bought.tokens, 2, close_account=False))

    assert close_refused(closing.error), closing.error
    assert selling.error == ""
    assert street.tokens_of(Role.LIGHTNING) == 1
    found = street.compared()
    assert found.ok, found.findings
    assert found.books.foreign == {street.mint: {Role.LIGHTNING: 1}}


def test_a_node_that_lies_by_100_slots_loses_and_doubles_nothing(street: Street):
    order = buy(street)
    one = street.signed(order)
    street.node.chain.set_switches(Switches(lag_slots=100))
    street.send(order, one)
    street.pass_slots(90)
    street.tracker.look()
    assert street.tokens_of(Role.LIGHTNING) > 0
    assert street.venue.status(one.signature) is None
    assert not street.venue.is_absent(street.submit_of(order, one), street.market.slot)

    settlement = street.settled(order, one, slots=40)

    assert settlement.tokens == street.tokens_of(Role.LIGHTNING)
    assert list(street.books.operations) == ["op1"]
    street.node.chain.set_switches(Switches())
    assert street.compared().ok


def test_a_cashback_coin_that_graduated_is_sold_and_the_rent_that_stays_there_is_a_cost():
    street = Street(is_cashback=True)
    bought = street.done(buy(street))
    street.graduates()
    street.tokens.doubt(street.mint)

    settlement = street.done(sale(street, bought.tokens))

    assert settlement.error == ""
    assert settlement.fees["rent"] == TOKEN_ACCOUNT_LAMPORTS
    assert settlement.rent_lamports == VOLUME_ACCUMULATOR_LAMPORTS - TOKEN_2022_ACCOUNT_LAMPORTS
    found = street.compared()
    assert found.ok, found.findings
    street.refresh()
    with pytest.raises(Refused, match="cashback coin on its pool"):
        street.venue.sign(buy(street, venue=Venue.POOL), street.market.slot)
    street.close()


def test_a_landing_that_was_heard_of_is_read_at_once(street: Street, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("actors.adapters.onchain.tracking.LOOK_EVERY_S", 3_600.0)  # by itself it never looks
    followed, unfollowed = list[str](), list[str]()
    tracker = street.tracker
    running = gevent.spawn(tracker.run)
    tracker.followed, tracker.unfollowed = followed.append, unfollowed.append
    order = buy(street)
    one = street.signed(order)
    street.send(order, one)
    street.pass_slots(2)
    tracker.wake()
    street.until(lambda: tracker.status(one.signature) is not None)
    running.kill()

    assert followed == [one.signature]
    assert unfollowed[0] == one.signature


def test_two_orders_that_ask_for_the_same_are_two_transactions(street: Street):
    first, second = buy(street, limit=10**18), buy(street, limit=10**18, id="entry.op2.1", operation_id="op2")

    signed = [(order, street.signed(order)) for order in (first, second)]
    for order, one in signed:
        street.send(order, one)

    settlements = [street.settled(order, one) for order, one in signed]

    assert all(one.error for one in settlements)
    assert len({one.signature for one in settlements}) == len(settlements)
    assert street.books.accounts["failed_entries"] == 50_000
    assert street.compared().ok


@pytest.fixture
def asked() -> Iterator[Asked]:
    made = Asked()
    yield made
    made.stop()


def test_between_an_order_and_its_bytes_no_node_is_asked_anything(street: Street, asked: Asked):
    """Entries, exits on either venue, and moves between wallets: what they need was read before."""
    bought = street.done(buy(street))
    street.refresh()
    half = bought.tokens // 2
    again = buy(street, id="entry.op2.1", operation_id="op2")
    for order in (again, sale(street, half, close_account=False), tax(1_000_000)):
        assert methods_until_sent(street, order, asked) == ["sendTransaction"]

    street.graduates()
    street.refresh()
    on_pool = sale(street, half, 2, venue=Venue.POOL, close_account=False)
    assert methods_until_sent(street, on_pool, asked) == ["sendTransaction"]


def tax(lamports: int) -> Order:
    """Moves lamports from one of our wallets to another."""
    return Order(
        id="tax.op1.1",
        purpose=Purpose.TAX,
        role=Role.LIGHTNING,
        payer=Role.LIGHTNING,
        operation_id="op1",
        to_role=Role.PSYCHOLOGY,
        lamports=lamports,
    )


def methods_until_sent(street: Street, order: Order, asked: Asked) -> list[str]:
    """What nodes were asked from the signing of this order until its bytes were with them."""
    asked.calls.clear()
    signed = street.venue.sign(order, street.market.slot)
    assert not street.venue.is_absent(street.submit_of(order, signed), street.market.slot)
    street.venue.submit(order, signed.signature, signed.last_valid_slot, signed.raw)
    street.until(lambda: not street.venue._sending)
    return [method for (_, method), count in asked.calls.items() for _ in range(count)]
