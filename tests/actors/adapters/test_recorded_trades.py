import json
from collections import Counter
from itertools import pairwise
from pathlib import Path
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.adapters.recorded_trades import (
    AFTER_END_S,
    SLOT_S,
    RecordedTrades,
    Swap,
    kept_swaps,
    read_tokens,
    reserves_at,
)
from core.errors import Refused
from core.messages import DataEnded, FeedBatch, Graduated, Launched, PoolOpened, Traded
from core.types import Side, Venue

POOL_PRICE = 84.99 / 206_900_000


def swap(ts: float = 1_000.0, *, price: float = 1e-6, sol: float = 1.0, src: str = "PUMP_AMM", **more: object) -> dict:  # type: ignore[type-arg]
    row = {"ts": ts, "side": "buy", "sol": sol, "tokens": sol / price, "price": 0.5, "trader": "t", "src": src}
    return row | {"sig": None, "progs": []} | more


def token(mint: str = "coin", created: float = 1_000.0, swaps: list[dict] | None = None, **more: object) -> dict:  # type: ignore[type-arg]
    line = {"mint": mint, "pool": f"pool of {mint}", "created": created, "supply": 1e9, "n_swaps": 1, "snipers": []}
    return line | {"swaps": [swap(created + 1)] if swaps is None else swaps} | more


def file(folder: Path, *lines: object) -> Path:
    path = folder / "trades.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines))
    return path


def played(path: Path) -> list[FeedBatch]:
    feed, batches = RecordedTrades(path), list[FeedBatch]()
    while (batch := feed.next()) is not None:
        batches.append(batch)
    return batches


def prices(rows: list[dict]) -> list[float]:  # type: ignore[type-arg]
    swaps = [Swap(row["ts"], row["side"], row["sol"], row["tokens"], row["trader"], row["src"]) for row in rows]
    kept = kept_swaps(swaps)
    return [one.sol / one.tokens for one in kept]


def test_rows_of_other_programs_and_dust_are_dropped():
    rows = [swap(src="JUPITER"), swap(sol=0.0499), swap(sol=0.05), swap(tokens=0.0)]

    assert len(prices(rows)) == 1


def test_a_price_beyond_a_factor_two_of_the_median_of_nine_is_dropped():
    rows = [swap(price=1e-6)] * 9

    assert len(prices([*rows, swap(price=1.99e-6)])) == 10
    assert len(prices([*rows, swap(price=2.01e-6)])) == 9
    assert len(prices([*rows, swap(price=0.51e-6)])) == 10
    assert len(prices([*rows, swap(price=0.49e-6)])) == 9


@given(st.lists(st.floats(1e-9, 1e-3), max_size=40))
def test_every_kept_price_is_within_a_factor_two_of_the_median_of_the_nine_kept_before(raw: list[float]):
    kept = prices([swap(price=price) for price in raw])

    for place, price in enumerate(kept):
        before = kept[max(place - 9, 0) : place]
        assert len(before) < 9 or 0.5 <= price / median(before) <= 2.0
    assert len(kept) >= min(len(raw), 9)


@given(st.integers(10**7, 10**12), st.integers(10**6, 10**15))
def test_reserves_have_the_price_and_the_product_of_the_canonical_pool(lamports: int, units: int):
    reserves = reserves_at(lamports, units)

    assert reserves.quote * reserves.base == pytest.approx(84_990_000_000 * 206_900_000_000_000, rel=1e-3)
    if reserves.quote > 10**4 and reserves.base > 10**4:
        assert reserves.price == pytest.approx(lamports / units, rel=1e-3)


def test_a_token_is_launched_graduated_pooled_traded_and_ends(tmp_path: Path):
    swaps = [swap(1_005.0, price=8e-7, sol=2.0, trader="a", sig="x"), swap(1_007.0, price=9e-7, side="sell")]

    batches = played(file(tmp_path, token(swaps=swaps)))

    messages = [message for batch in batches for message in batch.market]
    assert [type(message) for message in messages] == [Launched, Graduated, PoolOpened, Traded, Traded, DataEnded]
    _, _, opening, first, second, end = messages
    assert isinstance(opening, PoolOpened)
    assert isinstance(first, Traded)
    assert isinstance(second, Traded)
    assert opening.reserves.price == pytest.approx(POOL_PRICE * 1_000, rel=1e-6)
    assert (first.quote_lamports, first.tokens) == (2 * 10**9, 2_500_000 * 10**6)
    assert (first.trader, first.signature) == ("a", "x")
    assert (second.side, first.reserves.venue) == (Side.SELL, Venue.POOL)
    assert first.at_s == pytest.approx(1_005.0, abs=SLOT_S)
    assert end.at_s == second.at_s


def test_every_slot_of_a_living_token_has_a_batch_and_time_goes_on_after_its_end(tmp_path: Path):
    batches = played(file(tmp_path, token(swaps=[swap(1_010.0)])))

    slots = [batch.slot for batch in batches]
    assert slots == list(range(1, len(slots) + 1))
    assert batches[-1].at_s == pytest.approx(1_010.0 + AFTER_END_S, abs=2 * SLOT_S)


def test_gaps_between_tokens_are_jumped_over(tmp_path: Path):
    batches = played(file(tmp_path, token("late", 90_000.0), token("early", 1_000.0)))

    launches = [m.mint for batch in batches for m in batch.market if isinstance(m, Launched)]
    jumps = [b.slot - a.slot for a, b in pairwise(batches) if b.slot - a.slot > 1]
    assert launches == ["early", "late"]
    assert len(jumps) == 1
    assert len(batches) < 500
    assert not any(batch.gap for batch in batches)


def test_tokens_that_overlap_are_played_together_in_order_of_time(tmp_path: Path):
    lines = [token("a", 1_000.0, [swap(1_004.0)]), token("b", 1_002.0, [swap(1_003.0), swap(1_005.0)])]

    messages = [m for batch in played(file(tmp_path, *lines)) for m in batch.market]

    assert [m.mint for m in messages if isinstance(m, Traded)] == ["b", "a", "b"]
    assert all(a.slot <= b.slot for a, b in pairwise(messages))


def test_sol_has_the_price_of_the_last_hour_that_was_over(tmp_path: Path):
    hours = {"hourly_close": [[0, 70.0], [3_600, 80.0], [7_200, 90.0]]}
    (tmp_path / "sol_usd_hourly_x.json").write_text(json.dumps(hours))

    first = played(file(tmp_path, token(created=7_300.0)))[0].sol_price
    unended = played(file(tmp_path, token(created=1_000.0)))[0].sol_price

    assert first is not None
    assert unended is not None
    assert (first.pool_usd, first.http_usd, first.at_s) == (80.0, 80.0, 7_300.0)
    assert unended.pool_usd == 70.0


def test_without_hourly_prices_sol_has_the_given_one(tmp_path: Path):
    feed = RecordedTrades(file(tmp_path, token()), sol_usd=123.0)

    batch = feed.next()

    assert batch is not None
    assert batch.sol_price is not None
    assert batch.sol_price.pool_usd == 123.0


BROKEN = [
    ('{"mint": ', "line 2"),
    ('["no object"]', "line 2"),
    ({"mint": "x"}, "missing required field"),
    (token("x", swaps=[{"ts": 1}]), "missing required field"),
    (token("x", swaps=[swap(side="hold")]), "line 2"),
    (token("x", swaps=[swap(sol=-1.0)]), "negative"),
    (token("coin"), "twice"),
    (token(""), "empty"),
    ('{"mint": "x", "pool": "p", "created": 1e999, "supply": 1, "swaps": []}', "line 2"),
]


@pytest.mark.parametrize(("line", "reason"), BROKEN)
def test_a_bad_line_is_refused_with_its_number_in_one_line(tmp_path: Path, line: object, reason: str):
    with pytest.raises(Refused) as refusal:
        read_tokens(file(tmp_path, token(), line))

    assert reason in str(refusal.value)
    assert "line 2" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_file_that_is_not_there_or_empty_or_not_text_is_refused(tmp_path: Path):
    empty, binary = tmp_path / "empty", tmp_path / "binary"
    empty.write_text("\n\n")
    binary.write_bytes(b"\xff\xfe\x00")

    for path in (tmp_path / "absent", tmp_path, empty, binary):
        with pytest.raises(Refused, match=path.name):
            read_tokens(path)


def test_bad_hourly_prices_are_refused(tmp_path: Path):
    (tmp_path / "sol_usd_hourly.json").write_text('{"hourly_close": [[0, -1]]}')

    with pytest.raises(Refused, match="positive"):
        RecordedTrades(file(tmp_path, token()))


def test_the_recorded_tokens_keep_prices_whose_median_step_is_a_few_percent(shared_data: Path):
    tokens = read_tokens(shared_data / "trades" / "first_300s_pump_tokens.jsonl")
    steps = []
    for one in tokens:
        kept = [swap.sol / swap.tokens for swap in kept_swaps(one.swaps)]
        steps.append(median(abs(b / a - 1) for a, b in pairwise(kept)))

    assert len(tokens) == 8
    assert all(0.02 < step < 0.14 for step in steps)


def test_the_whole_recording_plays_with_one_jump_between_tokens(shared_data: Path):
    batches = played(shared_data / "trades" / "first_300s_pump_tokens.jsonl")

    kinds = Counter(type(message) for batch in batches for message in batch.market)
    jumps = sum(b.slot - a.slot > 1 for a, b in pairwise(batches))
    assert {kinds[kind] for kind in (Launched, Graduated, PoolOpened, DataEnded)} == {8}
    assert kinds[Traded] > 2_500
    assert jumps == 7
    assert batches[0].sol_price is not None
    assert 60 < (batches[0].sol_price.pool_usd or 0) < 90
