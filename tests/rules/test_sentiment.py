import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.rules.sentiment import Mention, SentimentRule, Social, has_panic_word, noted, said, turned

RULE = SentimentRule()
NOW_S = 10_000.0
TEN_MINUTES_S = 600.0


def mentions(count: int, *, score: float | None = 0.0, panic: bool = False, at_s: float = NOW_S) -> list[Mention]:
    return [Mention(at_s, score, panic) for _ in range(count)]


def test_15_mentions_below_minus_0_7_in_10_minutes_sell_all():
    assert turned(RULE, mentions(15, score=-0.71), now_s=NOW_S)
    assert not turned(RULE, mentions(14, score=-0.71), now_s=NOW_S)
    assert not turned(RULE, mentions(15, score=-0.7), now_s=NOW_S)


def test_5_mentions_with_a_panic_word_sell_all_whatever_their_score():
    assert turned(RULE, mentions(5, score=0.9, panic=True), now_s=NOW_S)
    assert turned(RULE, mentions(5, score=None, panic=True), now_s=NOW_S)
    assert not turned(RULE, mentions(4, score=-0.5, panic=True), now_s=NOW_S)


def test_what_is_older_than_10_minutes_does_not_count():
    old, young = NOW_S - TEN_MINUTES_S - 0.1, NOW_S - TEN_MINUTES_S
    assert not turned(RULE, mentions(15, score=-1.0, at_s=old), now_s=NOW_S)
    assert turned(RULE, mentions(15, score=-1.0, at_s=young), now_s=NOW_S)


@pytest.mark.parametrize(
    "text",
    [
        "RUG!!!",
        "he rugged us",
        "total scam",
        "they dump it",
        "dumping now",
        "HoneyPot",
        "exit while you can",
        "sell sell",
        "it crashed",
        "to oszustwo",
        "przekręt jak nic",
        "PRZEKRET",
        "sprzedawaj",
        "uciekajcie",
        "wyjdźcie z tego",
        "krach",
        "pułapka",
        "zrzucają wszystko",
    ],
)
def test_panic_words_in_english_and_polish_in_their_forms(text: str):
    assert has_panic_word(text)


@pytest.mark.parametrize("text", ["to the moon", "rugby tonight", "drug store", "unsold", "kupuję więcej", ""])
def test_other_words_are_no_panic(text: str):
    assert not has_panic_word(text)


def test_accents_written_as_two_characters_are_the_same_word():
    assert has_panic_word("przekre\u0328t")


ANY = st.builds(
    Mention,
    st.floats(NOW_S - 2 * TEN_MINUTES_S, NOW_S),
    st.one_of(st.none(), st.sampled_from([-1.0, -0.7, -0.71, 0.0, 1.0])),
    st.booleans(),
)


@given(st.lists(ANY, max_size=60))
def test_it_fires_exactly_at_either_count(some: list[Mention]):
    recent = [one for one in some if one.at_s >= NOW_S - TEN_MINUTES_S]
    negative = len([one for one in recent if one.score is not None and one.score < -0.7])
    panic = len([one for one in recent if one.panic])
    assert bool(turned(RULE, some, now_s=NOW_S)) is (negative >= 15 or panic >= 5)


@given(st.lists(ANY, max_size=60))
def test_remembered_one_by_one_they_count_as_all_at_once(some: list[Mention]):
    some = sorted(some, key=lambda one: one.at_s)
    kept: tuple[Mention, ...] = ()
    for one in some:
        kept = noted(RULE, kept, one, now_s=one.at_s)
    assert turned(RULE, kept, now_s=NOW_S) == turned(RULE, some, now_s=NOW_S)
    assert len(kept) <= RULE.kept


@pytest.mark.parametrize(
    ("some", "expected"),
    [
        ([], Social(mentions=0, sentiment=None, score=0.0)),
        (mentions(60, score=None), Social(mentions=60, sentiment=None, score=0.0)),
        (mentions(25, score=1.0), Social(mentions=25, sentiment=1.0, score=0.5)),
        (mentions(50, score=1.0), Social(mentions=50, sentiment=1.0, score=1.0)),
        (mentions(200, score=-1.0), Social(mentions=200, sentiment=-1.0, score=0.0)),
        (mentions(50, score=0.0), Social(mentions=50, sentiment=0.0, score=0.5)),
        (mentions(15, score=0.5) + mentions(10, score=None), Social(mentions=25, sentiment=0.5, score=0.375)),
        (mentions(50, score=1.0, at_s=NOW_S - TEN_MINUTES_S - 1.0), Social(mentions=0, sentiment=None, score=0.0)),
        (mentions(50, score=1.0, at_s=NOW_S - TEN_MINUTES_S), Social(mentions=50, sentiment=1.0, score=1.0)),
    ],
)
def test_what_is_said_is_how_many_spoke_in_ten_minutes_their_mean_and_both_as_one_score(some, expected):
    assert said(RULE, some, now_s=NOW_S) == expected


@given(st.lists(st.floats(-1.0, 1.0), max_size=100))
def test_the_social_score_lies_between_0_and_1_and_more_of_the_same_never_lowers_it(scores: list[float]):
    some = [Mention(NOW_S, score, panic=False) for score in scores]
    once, twice = said(RULE, some, now_s=NOW_S), said(RULE, some * 2, now_s=NOW_S)
    assert 0.0 <= once.score <= 1.0
    assert twice.score >= once.score - 1e-12
