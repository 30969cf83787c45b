from hypothesis import given
from hypothesis import strategies as st

from core.rules.generations import derivation_path, used_generations
from core.types import Role


def test_the_scan_ends_after_three_empty_generations():
    asked = list[int]()

    def is_used(generation: int) -> bool:
        asked.append(generation)
        return generation in {0, 1}

    assert used_generations(is_used) == (0, 1)
    assert asked == [0, 1, 2, 3, 4]


def test_two_empty_generations_hide_nothing():
    assert used_generations({0, 3, 6}.__contains__) == (0, 3, 6)


def test_a_mnemonic_that_was_never_used_has_none():
    assert used_generations(lambda _: False) == ()


@given(st.sets(st.integers(0, 40)))
def test_it_finds_all_before_the_first_gap_of_three(used: set[int]):
    gap = next(start for start in range(60) if not used & {start, start + 1, start + 2})
    assert used_generations(used.__contains__) == tuple(sorted(one for one in used if one < gap))


def test_each_wallet_has_an_index_of_its_own_and_generations_leave_room_for_three_more_roles() -> None:
    paths = [derivation_path(generation, role) for generation in range(3) for role in Role]
    assert paths[:2] == ["m/44'/501'/0'/0'", "m/44'/501'/1'/0'"]
    assert paths[5] == "m/44'/501'/8'/0'"
    assert paths[-1] == "m/44'/501'/20'/0'"
    assert len(set(paths)) == 15
