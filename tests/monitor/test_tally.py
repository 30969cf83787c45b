from core.records import CandidateFollowed
from core.rules.verdict import Verdict
from monitor import tally as tally_module
from monitor.tally import Tally, deciding
from tests.monitor.house import NOW_S, REFUSED, UNKNOWN, FakePanel, decided, entries, judged

PASS, FAIL = Verdict.passed("age"), Verdict.failed("liquidity", "$1")


def test_each_entry_is_counted_once_however_often_one_looks(panel: FakePanel):
    tally = Tally(panel)

    tally.catch_up()
    tally.catch_up()

    assert tally.orders == {"filled": 3}
    assert sum(tally.verdicts.values()) == 5


def test_new_entries_are_taken_up_page_by_page(panel: FakePanel, monkeypatch):
    monkeypatch.setattr(tally_module, "PAGE", 2)
    tally = Tally(panel)

    tally.catch_up()
    panel.add(*(judged(f"mint{number}", "X", NOW_S, "first", FAIL) for number in range(5)))
    tally.catch_up()

    assert tally.verdicts["first", "fail", "liquidity"] == 5


def test_of_a_long_journal_only_the_newest_entries_are_read(panel: FakePanel, monkeypatch):
    monkeypatch.setattr(tally_module, "LAST_ENTRIES", 1)
    tally = Tally(panel)

    tally.catch_up()

    assert not tally.candidates
    assert tally.emergencies == {"creator_sell": 1}


def test_what_cannot_be_read_now_is_taken_up_later(panel: FakePanel):
    tally, late = Tally(panel), list[bool]()

    for panel.unreadable in (True, False):
        tally.catch_up()
        late.append(tally.late)

    assert late == [True, False]
    assert len(tally.candidates) == 3


def test_the_oldest_tokens_are_forgotten_first(panel: FakePanel, monkeypatch):
    monkeypatch.setattr(tally_module, "TOKENS", 2)
    tally = Tally(panel)
    for entry in entries(tuple(judged(mint, "X", NOW_S, "first", FAIL) for mint in ("a", "b", "a", "c"))):
        tally.take(entry)

    assert list(tally.candidates) == ["a", "c"]


def test_what_follows_an_unknown_token_is_ignored(panel: FakePanel):
    tally = Tally(panel)

    for entry in entries(
        (
            CandidateFollowed(at_s=NOW_S, mint=UNKNOWN, after_s=300, price=1.0, change=0.0),
            decided(UNKNOWN, NOW_S, admitted=False),
        )
    ):
        tally.take(entry)

    assert not tally.candidates
    assert tally.decisions["refused", "room"] == 1


def test_a_refused_token_that_is_entered_later_was_taken(panel: FakePanel):
    tally = Tally(panel)
    tally.catch_up()
    assert tally.candidates[REFUSED].fate == "refused"

    panel.add(decided(REFUSED, NOW_S, admitted=True, operation="op9"))
    tally.catch_up()

    assert tally.candidates[REFUSED].fate == "taken"


def test_the_deciding_criterion_is_final_before_fail_before_unknown():
    final, unknown = Verdict.failed("honeypot", final=True), Verdict.unknown("holders")

    assert deciding((PASS, unknown, FAIL, final)) == "honeypot"
    assert deciding((PASS, unknown, FAIL)) == "liquidity"
    assert deciding((PASS, unknown)) == "holders"
    assert deciding((PASS,)) == deciding(()) == "none"
