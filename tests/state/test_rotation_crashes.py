"""A rotation with a crash before each of its effects in turn: it goes on where the chain is, nothing is done twice."""

from copy import deepcopy

import pytest
from typing_extensions import override

from core.messages import RotateWallets
from core.records import OrderSettled, RotationFinished, RotationStarted
from core.types import Purpose, Role
from tests.state.test_treasury_world import HURRIED, check, check_everything
from tests.state.world import MachineCrash, ProcessCrash, World

MOST_EFFECTS = 500


class Doomed(World):
    """Crashes once, before the effect with this number, counted from when it is `armed_at`."""

    countdown: int | None = None
    process = True
    keeps_all = False

    @override
    def _fate(self) -> None:
        if self.countdown is None:
            return
        self.countdown -= 1
        if self.countdown < 0:
            self.countdown = None
            raise ProcessCrash if self.process else MachineCrash

    @override
    def _restart_all(self) -> None:
        """Of what was not durable everything or nothing has reached the disk."""
        self.durable = len(self.records) if self.keeps_all else self.durable
        del self.records[self.durable :], self.history[self.durable + 1 :]
        super()._restart_all()


@pytest.fixture(scope="module")
def used() -> Doomed:
    """A desk after an operation: rents are locked, psychology holds a tax."""
    world = Doomed(HURRIED, seed=2)
    while not (world.books.closed and world.books.closed[-1].settled and world.books.closed[-1].net_lamports > 0):
        world.offer(f"M{len(world.records)}")
        world.slot(3)
    world.slot(150)
    assert world.books.rotation is None
    assert world.books.accounts["rent"] > 0
    return world


def rotated(world: Doomed, countdown: int | None) -> bool:
    """Rotate with a crash at this effect. Whether the rotation was long enough for it to come."""
    before, seen = world.books, len(world.records)
    world.countdown = countdown
    world.tell("treasurer", RotateWallets(by="test"))
    world.drain()
    for _ in range(400):
        world.slot()
        if world.books.generation > before.generation:
            break
        if world.countdown is None and world.books.rotation is None:
            world.tell("treasurer", RotateWallets(by="test"))  # the wish died with whom it was told to
    crashed, world.countdown = world.countdown is None, None
    world.slot(30)
    check(world)
    check_everything(world)
    books = world.books
    assert books.generation == before.generation + 1
    assert books.balance(Role.PSYCHOLOGY) == before.balance(Role.PSYCHOLOGY)
    assert books.accounts["rent"] == 0
    assert all(key.endswith(f".{books.generation}") for key, left in world.chain.chain.wallets.items() if left)
    since = world.records[seen:]
    assert sum(isinstance(record, RotationStarted) for record in since) == 1
    assert sum(isinstance(record, RotationFinished) for record in since) == 1
    swept = [r for r in since if isinstance(r, OrderSettled) and r.order_id.startswith(Purpose.ROTATION)]
    assert sorted(r.order_id.split(".")[2] for r in swept if r.outcome == "filled") == sorted(Role)
    cost = books.accounts.get("rotation", 0) - before.accounts.get("rotation", 0)
    assert before.wallet_lamports() + before.accounts["rent"] - books.wallet_lamports() == cost
    return crashed


KINDS = [(False, True), (True, False), (True, True)]
IDS = ["machine", "process", "process, on disk"]


@pytest.mark.parametrize(("process", "keeps_all"), KINDS, ids=IDS)
def test_a_crash_before_any_effect_of_a_rotation_changes_nothing_of_its_outcome(
    used: Doomed, process: bool, keeps_all: bool
):
    """Every fourth effect; the long suites take each."""
    check_each(used, process=process, keeps_all=keeps_all, stride=4)


@pytest.mark.slow
@pytest.mark.parametrize(("process", "keeps_all"), KINDS, ids=IDS)
def test_the_same_before_each_single_effect(used: Doomed, process: bool, keeps_all: bool):
    check_each(used, process=process, keeps_all=keeps_all, stride=1)


def check_each(used: Doomed, *, process: bool, keeps_all: bool, stride: int) -> None:
    # What never changes is shared by all copies.
    shared = {id(one): one for one in (*used.records, *used.history)}
    points = 0
    for countdown in range(0, MOST_EFFECTS, stride):
        world = deepcopy(used, dict(shared))
        world.process, world.keeps_all = process, keeps_all
        if not rotated(world, countdown):
            break
        points += 1

    # Start, five sweeps with intent, signature, send and settlement each, finish: each of them was interrupted.
    assert 100 < points * stride < MOST_EFFECTS
