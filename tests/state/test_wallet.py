"""One wallet: what it grants, what it keeps, what it shows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.effects import Now, Tell
from core.ledger import postings
from core.ledger.books import Books
from core.ledger.fold import apply
from core.messages import Order, Release, ReservationAnswered, Reserve
from core.records import CapitalOpened, OrderIntended, OrderSettled, RotationStarted
from core.settings import Settings
from core.state import wallet
from core.types import Purpose, Role, Side, Venue

LIGHTNING = 50_000_000
EXEMPT = 890_880
FEE = 5_000


def fresh() -> Now:
    parts = {
        Role.LIGHTNING: LIGHTNING,
        Role.EMERGENCY_GAS: 43_750_000,
        Role.REENTRY: 56_250_000,
        Role.PSYCHOLOGY: 50_000_000,
        Role.TACTICAL_EXIT: 50_000_000,
    }
    opened = CapitalOpened(
        at_s=100.0, mode="paper", seed=1, capital_usd=20.0, sol_usd=80.0, postings=postings.of_capital(parts)
    )
    return Now(100.0, apply(Books(), opened), Settings())


def buy(reserved: int, order_id: str = "entry.op1.1", role: Role = Role.LIGHTNING) -> Order:
    return Order(
        id=order_id,
        purpose=Purpose.ENTRY,
        role=role,
        payer=role,
        side=Side.BUY,
        venue=Venue.CURVE,
        mint="M",
        lamports=reserved - FEE,
        reserved_lamports=reserved,
    )


def transfer(lamports: int, *, role: Role = Role.LIGHTNING, payer: Role | None = None) -> Order:
    own = payer in (None, role)
    return Order(
        id="restoration.op1.reentry.1",
        purpose=Purpose.RESTORATION,
        role=role,
        payer=role if payer is None else payer,
        to_role=Role.REENTRY,
        lamports=lamports,
        reserved_lamports=lamports + (FEE if own else 0),
    )


def sweep(lamports: int, *, role: Role = Role.LIGHTNING, payer: Role = Role.EMERGENCY_GAS) -> Order:
    return Order(
        id="rotation.1.lightning.1",
        purpose=Purpose.ROTATION,
        role=role,
        payer=payer,
        to_role=role,
        lamports=lamports,
        reserved_lamports=lamports + (FEE if payer is role else 0),
        sweep=True,
    )


def asked(now: Now, *orders: Order, role: Role = Role.LIGHTNING) -> list[bool]:
    """Whether each of these, asked one after the other, was granted."""
    state, _ = wallet.begin(role, now)
    granted = []
    for order in orders:
        state, (effect,) = wallet.step(state, Reserve(order=order), now)
        assert isinstance(effect, Tell)
        assert effect.to == "executor"
        assert isinstance(effect.message, ReservationAnswered)
        assert effect.message.granted is not bool(effect.message.reason)
        granted.append(effect.message.granted)
    return granted


def test_a_buy_must_leave_the_wallet_its_rent_exemption():
    assert asked(fresh(), buy(LIGHTNING - EXEMPT)) == [True]
    assert asked(fresh(), buy(LIGHTNING - EXEMPT + 1)) == [False]


def test_a_transfer_must_leave_rent_exemption_and_one_fee():
    most = LIGHTNING - EXEMPT - 2 * FEE

    assert asked(fresh(), transfer(most)) == [True]
    assert asked(fresh(), transfer(most + 1)) == [False]


def test_a_fee_that_another_wallet_pays_must_leave_that_one_its_rent_exemption():
    now = fresh()
    now.books = replace(now.books, accounts=now.books.accounts | {"wallet:emergency_gas": EXEMPT + 2 * FEE})
    paid = transfer(1_000_000, payer=Role.EMERGENCY_GAS)

    assert asked(now, paid) == [True]
    now.books = replace(now.books, accounts=now.books.accounts | {"wallet:emergency_gas": EXEMPT + 2 * FEE - 1})
    assert asked(now, paid) == [False]


def test_only_a_sweep_empties_a_wallet_and_only_to_exactly_nothing():
    assert asked(fresh(), sweep(LIGHTNING)) == [True]
    assert asked(fresh(), sweep(LIGHTNING - 1)) == [False]
    assert asked(fresh(), sweep(LIGHTNING - FEE, payer=Role.LIGHTNING)) == [True]
    assert asked(fresh(), sweep(LIGHTNING, payer=Role.LIGHTNING)) == [False]


def test_no_sweep_while_something_else_is_reserved():
    assert asked(fresh(), buy(1_000_000), sweep(LIGHTNING)) == [True, False]


def test_psychology_pays_nothing():
    now = fresh()

    assert asked(now, transfer(1_000_000, role=Role.PSYCHOLOGY), role=Role.PSYCHOLOGY) == [False]
    assert asked(now, transfer(1_000_000, payer=Role.PSYCHOLOGY)) == [False]
    assert asked(now, sweep(50_000_000, role=Role.PSYCHOLOGY), role=Role.PSYCHOLOGY) == [True]


def test_an_order_that_reserves_less_than_it_takes_is_refused():
    assert asked(fresh(), replace(buy(1_000_000), lamports=1_000_000)) == [False]


def test_an_order_of_another_generation_or_role_is_refused():
    assert asked(fresh(), replace(buy(1_000_000), generation=1)) == [False]
    assert asked(fresh(), buy(1_000_000, role=Role.REENTRY)) == [False]


def test_nothing_is_bought_during_a_rotation():
    now = fresh()
    now.books = apply(now.books, RotationStarted(at_s=100.0, to_generation=1, by="rule"))

    assert asked(now, buy(1_000_000)) == [False]
    assert asked(now, sweep(LIGHTNING)) == [True]


def test_two_orders_share_what_is_there():
    half = LIGHTNING // 2

    assert asked(fresh(), buy(half, "a"), buy(half, "b"), buy(half - EXEMPT, "c")) == [True, False, True]


def test_the_same_order_asked_again_is_granted_once():
    order = buy(LIGHTNING - EXEMPT)

    assert asked(fresh(), order, order) == [True, True]


def test_the_journaled_intent_takes_the_place_of_the_grant():
    now = fresh()
    order = buy(10_000_000)
    state, _ = wallet.step(wallet.begin(Role.LIGHTNING, now)[0], Reserve(order=order), now)
    assert wallet.view(state, now).reserved_lamports == 10_000_000

    now.books = apply(now.books, OrderIntended(at_s=100.0, order=order))
    assert wallet.view(state, now).reserved_lamports == 10_000_000
    assert wallet.view(wallet.begin(Role.LIGHTNING, now)[0], now).reserved_lamports == 10_000_000

    refused = OrderSettled(at_s=100.0, order_id=order.id, outcome="refused", error="", settlement=None, postings=())
    now.books = apply(now.books, refused)
    assert wallet.view(state, now).reserved_lamports == 0


def test_a_release_ends_the_grant():
    now = fresh()
    state, _ = wallet.step(wallet.begin(Role.LIGHTNING, now)[0], Reserve(order=buy(10_000_000)), now)
    state, effects = wallet.step(state, Release(order_id="entry.op1.1"), now)

    assert effects == ()
    assert wallet.view(state, now).reserved_lamports == 0


def test_a_grant_whose_order_never_came_ends_by_itself():
    now = fresh()
    state, _ = wallet.step(wallet.begin(Role.LIGHTNING, now)[0], Reserve(order=buy(10_000_000)), now)
    now.at_s += wallet.GRANT_LIFE_S

    assert wallet.view(state, now).reserved_lamports == 0


def test_the_view_of_a_fresh_wallet():
    now = fresh()
    now.at_s += 60
    view = wallet.view(wallet.begin(Role.LIGHTNING, now)[0], now)

    assert view == wallet.WalletView(
        role=Role.LIGHTNING,
        generation=0,
        balance_lamports=LIGHTNING,
        spendable_lamports=LIGHTNING - EXEMPT,
        reserved_lamports=0,
        operations_used=0,
        operations_allowed=3,
        rent_locked_lamports=0,
        age_s=60.0,
        health=1.0,
    )
    assert wallet.fleet_health(now) == pytest.approx(1.0)


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(6_000, 30_000_000)), max_size=12))
def test_grants_together_never_touch_the_rent_exemption(asks):
    now = fresh()
    state, _ = wallet.begin(Role.LIGHTNING, now)
    granted: dict[str, int] = {}
    for order_id, lamports in asks:
        state, (effect,) = wallet.step(state, Reserve(order=buy(lamports, order_id)), now)
        assert isinstance(effect, Tell)
        assert isinstance(effect.message, ReservationAnswered)
        fits = LIGHTNING - sum(v for k, v in granted.items() if k != order_id) - lamports >= EXEMPT
        assert effect.message.granted is fits
        if fits:
            granted[order_id] = lamports
    assert wallet.reserved_lamports(state, now) == sum(granted.values())
    assert LIGHTNING - sum(granted.values()) >= EXEMPT
