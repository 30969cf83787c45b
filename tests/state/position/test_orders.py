from hypothesis import given
from hypothesis import strategies as st

from core.chain.rent import TOKEN_ACCOUNT_LAMPORTS, WALLET_LAMPORTS
from core.ledger.books import Books
from core.messages import Order, RaiseEmergency
from core.rules.network_fee import fee_lamports
from core.state.position.orders import close_refused, paid, sale_lamports
from core.types import ExitReason, Purpose, Role, Venue
from tests.state.position.desk import Desk, curve, fees_on, pool

FEE = 25_000
ENOUGH = WALLET_LAMPORTS + FEE


def order(purpose: Purpose, role: Role = Role.LIGHTNING, venue: Venue = Venue.CURVE) -> Order:
    return Order(id="x", purpose=purpose, role=role, payer=role, priority_lamports=20_000, venue=venue)


def books(**lamports: int) -> Books:
    return Books(accounts={f"wallet:{role}": amount for role, amount in lamports.items()})


def payers(purpose: Purpose, role: Role, broke: list[Role]) -> list[Role]:
    """Who pays when these wallets become empty one after the other."""
    accounts, found = {str(role): 10 * ENOUGH for role in Role}, list[Role]()
    for empty in (None, *broke):
        if empty is not None:
            accounts[str(empty)] = 0
        found.append(paid(order(purpose, role), books(**accounts)).payer)
    return found


def test_an_exit_is_paid_by_its_wallet_then_emergency_gas_tactical_exit_and_reentry():
    expected = [Role.LIGHTNING, Role.EMERGENCY_GAS, Role.TACTICAL_EXIT, Role.REENTRY]

    assert payers(Purpose.EXIT, Role.LIGHTNING, expected[:3]) == expected


def test_a_panic_is_paid_by_emergency_gas_then_its_wallet_tactical_exit_and_reentry():
    expected = [Role.EMERGENCY_GAS, Role.LIGHTNING, Role.TACTICAL_EXIT, Role.REENTRY]

    assert payers(Purpose.PANIC, Role.LIGHTNING, expected[:3]) == expected


def test_psychology_pays_nothing_even_when_all_others_are_empty():
    assert paid(order(Purpose.PANIC), books(psychology=10**9, tactical_exit=5)).payer is Role.TACTICAL_EXIT


def test_another_payer_signs_too():
    exact = paid(order(Purpose.PANIC), books(lightning=0, emergency_gas=ENOUGH + 4_999, tactical_exit=ENOUGH + 5_000))

    assert exact.payer is Role.TACTICAL_EXIT


def test_a_sale_on_a_pool_needs_the_rent_of_wrapped_sol_for_a_moment():
    on_pool = order(Purpose.EXIT, venue=Venue.POOL)

    assert paid(on_pool, books(lightning=ENOUGH, emergency_gas=10**8)).payer is Role.EMERGENCY_GAS
    assert paid(on_pool, books(lightning=ENOUGH + TOKEN_ACCOUNT_LAMPORTS, emergency_gas=10**8)).payer is Role.LIGHTNING


def test_the_holder_reserves_the_fee_that_it_pays():
    own = paid(order(Purpose.EXIT), books(lightning=10**8))
    others = paid(order(Purpose.PANIC), books(emergency_gas=10**8))

    assert own.reserved_lamports == fee_lamports(own) == FEE
    assert others.reserved_lamports == 0


def test_ids_are_numbered_through_the_operation_over_restarts_and_purposes():
    desk = Desk()
    desk.trade(1.19)
    desk.settle(desk.only(), "failed")
    desk.begin_placed()
    desk.restart()
    desk.tell(RaiseEmergency(trigger=ExitReason.OPERATOR))

    ids = [order.id for order in (*desk.going, *desk.placed)]
    assert (desk.now.books.settled_ids[-1], *ids) == (
        "exit.op1.lightning.1",
        "exit.op1.lightning.2",
        "panic.op1.lightning.3",
    )


def test_a_close_refused_for_dust_is_told_from_other_errors():
    assert close_refused("the token account is not empty")
    assert close_refused("InstructionError: [4, NonNativeHasBalance]")
    assert not close_refused("slippage: the limit does not hold")


@given(st.integers(1, 10**14), st.floats(0.35, 2.0))
def test_the_sale_value_is_the_formula_of_the_curve_less_its_fees(tokens, price):
    reserves = curve(price)
    quote = tokens * reserves.quote // (reserves.base + tokens)
    net = quote - sum(fees_on(quote).values())
    sellable = net > 0 and quote <= reserves.real_quote

    assert sale_lamports(reserves, tokens) == (net if sellable else 0)


def test_a_pool_pays_out_of_its_own_money():
    assert 0 < sale_lamports(pool(), 10**12) < sale_lamports(pool(1.1), 10**12)
