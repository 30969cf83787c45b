"""MICRO_TIME_SCALE: which durations it divides. The table is rules.md's own figures, written once more by hand."""

import msgspec
import pytest

from core.errors import Refused
from core.settings import LONG_DURATIONS, Settings, from_texts, names, scaled

MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0
GIVEN_IN_MINUTES_HOURS_OR_DAYS = {
    "life.max_s": 55 * MINUTE,
    "life.min_interval_s": 0.0,
    "reincarnation.min_between_s": 30 * MINUTE,
    "militia.pause_s": 30 * MINUTE,
    "breaker.open_s": 30 * MINUTE,
    "breaker.panics_within_s": 60 * MINUTE,
    "entry.follow_s": (5 * MINUTE, 15 * MINUTE, 55 * MINUTE),
    "entry.strict.age_min_s": MINUTE,
    "entry.strict.age_max_s": 10 * MINUTE,
    "entry.default.age_min_s": MINUTE,
    "entry.default.age_max_s": 15 * MINUTE,
    "entry.relaxed.age_min_s": MINUTE,
    "entry.relaxed.age_max_s": 20 * MINUTE,
    "entry.recorded.age_min_s": MINUTE,
    "entry.recorded.age_max_s": 15 * MINUTE,
    "risk.newborn_age_s": 5 * MINUTE,
    "risk.young_age_s": 10 * MINUTE,
    "risk.settled_age_s": 15 * MINUTE,
    "mining.newborn_age_s": 5 * MINUTE,
    "mining.young_age_s": 10 * MINUTE,
    "mining.reentry_gap_s": 5 * MINUTE,
    "mining.memory_s": DAY,
    "time.golden_until_s": 15 * MINUTE,
    "time.decay_until_s": 45 * MINUTE,
    "time.late_until_s": 50 * MINUTE,
    "time.decay_at_s": (20 * MINUTE, 25 * MINUTE, 30 * MINUTE, 35 * MINUTE),
    "sentiment.within_s": 10 * MINUTE,
    "emergency.congestion_median_s": HOUR,
    "emergency.congestion_history_s": 10 * MINUTE,
    "canary.every_s": 10 * MINUTE,
}
BARS = {"volatility.bar_s": 15.0, "volatility.candle_s": MINUTE}


def value(settings: Settings, path: str) -> object:
    found: object = settings
    for name in path.split("."):
        found = getattr(found, name)
    return found


def durations(settings: Settings) -> dict[str, object]:
    """Every field of seconds, wherever it stands."""
    found = dict[str, object]()

    def walk(struct: msgspec.Struct, path: str) -> None:
        for field in msgspec.structs.fields(struct):
            inner = getattr(struct, field.name)
            if isinstance(inner, msgspec.Struct):
                walk(inner, f"{path}{field.name}.")
            elif field.name.endswith("_s"):
                found[f"{path}{field.name}"] = inner

    walk(settings, "")
    return found


@pytest.mark.parametrize(("path", "seconds"), [*GIVEN_IN_MINUTES_HOURS_OR_DAYS.items(), *BARS.items()])
def test_what_is_given_in_minutes_hours_or_days_and_the_bars_are_divided(path: str, seconds: object):
    settings = from_texts({"MICRO_TIME_SCALE": "60"})
    assert value(settings, path) == seconds
    expected = tuple(one / 60 for one in seconds) if isinstance(seconds, tuple) else seconds / 60  # type: ignore[operator]
    assert value(scaled(settings), path) == expected


def test_nothing_else_is_divided():
    settings = from_texts({"MICRO_TIME_SCALE": "60"})
    before, after = durations(settings), durations(scaled(settings))
    divided = {path for path in before if before[path] != after[path]}
    assert divided == {path for path in GIVEN_IN_MINUTES_HOURS_OR_DAYS if path != "life.min_interval_s"} | set(BARS)
    assert value(scaled(settings), "emergency.limit_s") == 30.0
    assert value(scaled(settings), "life.grace_s") == 30.0
    assert value(scaled(settings), "sol_price.max_age_s") == 60.0


def test_the_table_names_fields_that_exist():
    known = durations(Settings())
    assert {f"{path}.{field}" for path, fields in LONG_DURATIONS.items() for field in fields} <= set(known)


def test_a_figure_that_was_set_is_divided_too():
    settings = from_texts({"MICRO_TIME_SCALE": "10", "MICRO_LIFE_MAX_S": "600", "MICRO_LIFE_MIN_INTERVAL_S": "120"})
    assert scaled(settings).life.max_s == 60.0
    assert scaled(settings).life.min_interval_s == 12.0


def test_by_default_nothing_is_scaled():
    assert scaled(Settings()) is not None
    assert scaled(Settings()) == Settings()


def test_a_scale_of_nothing_is_refused():
    with pytest.raises(Refused, match="MICRO_TIME_SCALE"):
        from_texts({"MICRO_TIME_SCALE": "0"})


def test_every_figure_has_a_name_in_the_environment():
    assert names()["MICRO_MILITIA_PAUSE_S"] == ("militia", "pause_s")
    assert names()["MICRO_TIME_SCALE"] == ("runtime", "time_scale")
    assert all(name.startswith("MICRO_") for name in names())
