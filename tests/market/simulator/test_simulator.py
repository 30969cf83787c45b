import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from core.errors import Refused
from core.market.simulator.orders import SimOrder
from core.market.simulator.settings import MemorySettings
from core.market.simulator.simulator import Simulator, Slot
from core.messages import Launched, Traded
from core.types import Side
from tests.market.simulator.markets import CALM, ME, crowded, first_mint, play

BUSY = crowded()


def as_bytes(slots: list[Slot]) -> bytes:
    return msgspec.msgpack.encode(slots)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others():
    one = as_bytes(play(Simulator(BUSY, 5), 200))
    assert as_bytes(play(Simulator(BUSY, 5), 200)) == one
    assert as_bytes(play(Simulator(BUSY, 6), 200)) != one


def test_time_advances_by_a_slot_from_its_start():
    slots = play(Simulator(CALM, 1), 3)
    assert [slot.slot for slot in slots] == [390_000_001, 390_000_002, 390_000_003]
    assert slots[0].at_s == pytest.approx(1_767_225_600.4)
    assert slots[2].at_s - slots[1].at_s == pytest.approx(0.4)


def with_order(simulator: Simulator, mint: str, signature: str, side: Side, amount: int) -> None:
    simulator.submit(
        SimOrder(
            signature=signature,
            wallet=ME,
            mint=mint,
            side=side,
            amount=amount,
            limit=0,
            land_slot=simulator.slot + 2,
        )
    )


@settings(max_examples=8)
@given(seed=st.integers(0, 2**32), before=st.integers(1, 120), after=st.integers(1, 120), spend=st.integers(0, 10**9))
@pytest.mark.parametrize("decoded", [False, True])
def test_a_snapshot_goes_on_exactly_as_the_run_it_was_taken_from(decoded, *, seed, before, after, spend):
    whole = Simulator(BUSY, seed, decoded=decoded)
    first = play(whole, before)
    if spend:
        mint = next(iter(whole._market.by_mint), "unknown")
        with_order(whole, mint, "one", Side.BUY, spend)
    data = whole.snapshot()

    restored = Simulator.restore(data, decoded=decoded)
    assert restored.snapshot() == data
    assert as_bytes(play(restored, after)) == as_bytes(play(whole, after))
    assert restored.slot == first[0].slot + before + after - 1


def test_orders_are_part_of_what_makes_the_run():
    def run(orders: bool) -> list[Slot]:
        simulator = Simulator(BUSY, 3, decoded=True)
        slots = play(simulator, 30)
        if orders:
            with_order(simulator, first_mint(slots), "one", Side.BUY, 10**9)
        return slots + play(simulator, 30)

    assert as_bytes(run(True)) == as_bytes(run(True))
    assert as_bytes(run(True)) != as_bytes(run(False))


@pytest.mark.parametrize("data", [b"", b"\x93\x01\x02\x03", b"not a snapshot"])
def test_bytes_that_are_no_snapshot_are_refused(data):
    with pytest.raises(Refused):
        Simulator.restore(data)


def test_an_order_for_a_past_slot_or_without_amount_is_refused():
    simulator = Simulator(CALM, 1)
    order = SimOrder(signature="s", wallet=ME, mint="m", side=Side.BUY, amount=1, limit=0, land_slot=simulator.slot)
    with pytest.raises(Refused):
        simulator.submit(order)
    with pytest.raises(Refused):
        simulator.submit(replace(order, land_slot=simulator.slot + 1, amount=0))


def test_every_trade_moves_the_reserves_that_the_next_one_meets():
    last: dict[str, tuple[int, int]] = {}
    moves = 0
    for slot in play(Simulator(BUSY, 9, decoded=True), 600):
        for event in slot.events:
            if isinstance(event, Launched):
                last[event.mint] = (event.reserves.quote, event.reserves.base)
            elif isinstance(event, Traded) and event.reserves.venue == "curve":
                quote, base = last[event.mint]
                sign = 1 if event.side is Side.BUY else -1
                expected = (quote + sign * event.quote_lamports, base - sign * event.tokens)
                assert (event.reserves.quote, event.reserves.base) == expected
                last[event.mint] = expected
                moves += 1
    assert moves > 1_000


def test_nobody_sells_what_he_did_not_buy_and_reserves_stay_positive():
    bags: dict[tuple[str, str], int] = {}
    simulator = Simulator(BUSY, 4, decoded=True)
    for slot in play(simulator, 1_500):
        for event in slot.events:
            if isinstance(event, Traded):
                key = (event.mint, event.trader)
                bags[key] = bags.get(key, 0) + (event.tokens if event.side is Side.BUY else -event.tokens)
                assert bags[key] >= 0
                assert event.tokens > 0
                assert event.quote_lamports > 0
                assert min(event.reserves.real_quote, event.reserves.real_base) >= 0
    for token in simulator._market.state.tokens.values():
        ours = {wallet: held for (mint, wallet), held in bags.items() if mint == token.mint and held}
        assert token.holders == ours


def test_a_token_without_a_future_is_forgotten_after_a_while():
    settings_ = replace(
        crowded(),
        memory=MemorySettings(longest_life_s=60.0, forget_after_s=20.0),
        launches_until_s=CALM.clock.start_s + 20.0,
        crowd=replace(CALM.crowd, human_hold_s=replace(CALM.crowd.bot_hold_s, median=5.0)),
    )
    simulator = Simulator(settings_, 2, decoded=True)
    play(simulator, 60)
    launched = simulator.tokens
    play(simulator, 5_000)
    assert launched > 10
    assert simulator.tokens < launched / 4


def test_a_token_that_we_hold_is_never_forgotten():
    settings_ = replace(
        CALM,
        memory=MemorySettings(longest_life_s=1.0, forget_after_s=2.0),
        launches_until_s=CALM.clock.start_s + 1.0,
    )
    simulator = Simulator(settings_, 2, decoded=True)
    mint = first_mint(play(simulator, 2))
    with_order(simulator, mint, "one", Side.BUY, 10**8)
    play(simulator, 20_000)
    held = simulator.balance(mint, ME)
    assert held > 0
    assert simulator.reserves(mint) is not None

    with_order(simulator, mint, "two", Side.SELL, held)
    play(simulator, 20)
    assert simulator.reserves(mint) is None
