"""Generation after generation trades and retires, in the real virtual machine: only the present one has rent locked.

The short form of `python -m tests.localnet.rotation`: the treasury's own orders, slots by hand, the same questions to
the node.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from core.chain.build.addresses import PUMPSWAP_ID, volume_accumulator
from core.chain.build.orders import CASHBACK_RENT_LAMPORTS
from core.chain.rent import TOKEN_2022_ACCOUNT_LAMPORTS, VOLUME_ACCUMULATOR_LAMPORTS
from core.messages import Order
from core.records import RotationFinished, RotationStarted
from core.types import Purpose, Role
from tests.actors.adapters.onchain.street import SOL, Street, buy, sale
from tests.actors.adapters.rpc.server import PLENTY
from tests.localnet.rents import Rents, read_rents

PROJECT = Path(__file__).resolve().parents[2]
SWEPT = (Role.LIGHTNING, Role.REENTRY, Role.PSYCHOLOGY, Role.TACTICAL_EXIT, Role.EMERGENCY_GAS)


@pytest.fixture
def opened() -> Iterator[Callable[..., Street]]:
    made: list[Street] = []

    def open_street(*, is_cashback: bool = False) -> Street:
        made.append(Street(budget=PLENTY, is_cashback=is_cashback))
        return made[-1]

    yield open_street
    for street in made:
        street.close()


def operation(street: Street, number: int, generation: int, *, graduates: bool = False) -> None:
    """An entry, a re-entry by another wallet, and the sales of both that close their token accounts."""
    which: dict[str, Any] = {"operation_id": f"op{number}", "generation": generation}
    street.refresh()
    entry = street.done(buy(street, id=f"entry.op{number}.1", **which))
    again = buy(street, SOL // 40, id=f"reentry.op{number}.1", role=Role.REENTRY, payer=Role.REENTRY, **which)
    more = street.done(replace(again, purpose=Purpose.REENTRY))
    if graduates:
        street.graduates()
        street.tokens.doubt(street.mint)
    for role, tokens in ((Role.LIGHTNING, entry.tokens), (Role.REENTRY, more.tokens)):
        sold = sale(street, tokens, id=f"exit.op{number}.{role}.1", role=role, payer=Role.EMERGENCY_GAS, **which)
        assert street.done(sold).error == ""


def rotation(street: Street, generation: int) -> None:
    """Every wallet passes everything on, emergency_gas last, which pays for the others."""
    street.write(RotationStarted(at_s=4.0, to_generation=generation + 1, by="test"))
    for role in SWEPT:
        order = Order(
            id=f"rotation.{generation + 1}.{role}.1",
            purpose=Purpose.ROTATION,
            role=role,
            payer=Role.EMERGENCY_GAS,
            to_role=role,
            sweep=True,
            lamports=street.books.balance(role),
            close_account=True,
            generation=generation,
        )
        assert street.done(order).error == ""
    street.write(RotationFinished(at_s=4.0, generation=generation + 1))


def accumulator(street: Street, role: Role) -> str:
    return str(volume_accumulator(street.wallets.pubkey(role, 0), PUMPSWAP_ID))


def rents(street: Street, generation: int) -> Rents:
    def ask(method: str, *params: Any) -> Any:
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
        return street.node.dispatch.answer(request)["result"]

    street.pass_slots(6)
    wallets = [list(map(str, (street.wallets.pubkey(role, one) for role in Role))) for one in range(generation + 1)]
    return read_rents(ask, wallets, generation)


def test_three_generations_leave_nothing_behind(opened: Callable[..., Street]):
    street = opened()
    for generation in range(3):
        operation(street, generation + 1, generation)
        before = rents(street, generation)
        assert {one.generation for one in before.ours} == {generation}
        assert before.of(generation) == street.books.accounts["rent"] == 2 * VOLUME_ACCUMULATOR_LAMPORTS
        rotation(street, generation)

    found = rents(street, 3)

    assert (found.ours, found.unclosable, found.others) == ([], [], [])
    assert found.wallets[:3] == [0, 0, 0]
    assert found.opened == 3 * 4
    assert found.wallets[3] == street.books.wallet_lamports()
    assert street.books.accounts["rent"] == 0
    assert street.compared().ok


def test_what_a_graduated_cashback_coin_leaves_is_no_rent_of_ours_but_a_cost(opened: Callable[..., Street]):
    """Nothing closes the token accounts of the accumulators; entries into such coins reckon with one (`rules.cost`)."""
    street = opened(is_cashback=True)
    operation(street, 1, 0, graduates=True)
    rotation(street, 0)

    found = rents(street, 1)

    assert (found.ours, found.wallets[0]) == ([], 0)
    holders = {one.holder for one in found.unclosable}
    assert holders == {accumulator(street, role) for role in (Role.LIGHTNING, Role.REENTRY)}
    # What is over the rent is the cashback itself, which is income only when it is claimed.
    assert all(one.lamports > CASHBACK_RENT_LAMPORTS for one in found.unclosable)
    assert found.others == []
    assert street.books.accounts["rent"] == 0
    assert street.compared().ok


def test_a_token_account_that_stays_is_seen(opened: Callable[..., Street]):
    street = opened()
    bought = street.done(buy(street))
    street.refresh()
    street.done(sale(street, bought.tokens, close_account=False))

    kinds = {one.kind: one.lamports for one in rents(street, 0).ours}

    assert kinds == {
        "lightning's token account": TOKEN_2022_ACCOUNT_LAMPORTS,
        "lightning's accumulator of the curve": VOLUME_ACCUMULATOR_LAMPORTS,
    }


@pytest.mark.slow
def test_the_same_of_the_live_house_over_six_operations(tmp_path: Path):
    command = [sys.executable, "-m", "tests.localnet.rotation", "--operations", "6", "--folder", str(tmp_path)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=1_200, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 rotations" in done.stdout
    assert done.stdout.endswith("Nothing is wrong.\n")
