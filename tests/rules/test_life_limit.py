from core.rules.life_limit import LifeRule, entry_verdict, expires_s, violation_s

RULE = LifeRule()


def admitted(*opened_at_s: float, closed: float | None = None, now_s: float, rule: LifeRule = RULE) -> bool:
    return entry_verdict(rule, opened_at_s=opened_at_s, last_closed_at_s=closed, now_s=now_s).ok


def test_an_operation_must_be_flat_55_minutes_after_its_first_fill():
    assert expires_s(RULE, 1_000.0) == 1_000.0 + 55 * 60


def test_it_is_a_violation_30_seconds_later():
    assert violation_s(RULE, 1_000.0) == 1_000.0 + 55 * 60 + 30


def test_no_entry_while_an_operation_is_past_its_limit():
    assert admitted(1_000.0, now_s=4_299.9)
    assert not admitted(1_000.0, now_s=4_300.0)
    assert not admitted(4_000.0, 1_000.0, now_s=4_300.0)


def test_by_default_the_next_entry_may_follow_at_once():
    assert admitted(closed=500.0, now_s=500.0)
    assert admitted(now_s=0.0)


def test_a_minimum_interval_keeps_entries_out_until_it_has_passed():
    patient = LifeRule(min_interval_s=120.0)

    verdict = entry_verdict(patient, opened_at_s=(), last_closed_at_s=500.0, now_s=619.0)

    assert not verdict.ok
    assert verdict.until_s == 620.0
    assert admitted(closed=500.0, now_s=620.0, rule=patient)
