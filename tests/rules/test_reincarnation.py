from core.rules.reincarnation import ReincarnationRule, due, earliest_s, entry_verdict

RULE = ReincarnationRule()


def test_a_wallet_set_serves_three_operations():
    assert entry_verdict(RULE, used=2, rotating=False).ok
    assert not entry_verdict(RULE, used=3, rotating=False).ok


def test_entries_wait_for_the_confirmed_rotation():
    assert not entry_verdict(RULE, used=0, rotating=True).ok


def test_the_first_rotation_waits_for_nothing_but_the_count():
    assert not due(RULE, used=2, rotated_at_s=0.0, now_s=10_000.0)
    assert due(RULE, used=3, rotated_at_s=0.0, now_s=0.0)


def test_rotations_are_at_least_half_an_hour_apart():
    assert earliest_s(RULE, rotated_at_s=10_000.0) == 11_800.0
    assert not due(RULE, used=3, rotated_at_s=10_000.0, now_s=11_799.9)
    assert due(RULE, used=3, rotated_at_s=10_000.0, now_s=11_800.0)
