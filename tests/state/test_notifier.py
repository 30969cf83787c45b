from hypothesis import given
from hypothesis import strategies as st

from core.effects import Now
from core.ledger.books import Books
from core.messages import AcknowledgeAlert, EntryAnswered, RaiseAlert
from core.rules.verdict import Verdict
from core.settings import Settings
from core.state import notifier
from core.state.notifier import AGAIN_S, ENTRY_ANSWERED, KEPT, State

NOW = Now(500.0, Books(), Settings())


def raised(*alerts: RaiseAlert, state: State | None = None) -> State:
    state = state if state is not None else notifier.begin(NOW)[0]
    for alert in alerts:
        state, effects = notifier.step(state, alert, NOW)
        assert effects == ()
    return state


def alert(key: str = "feed_silent", at_s: float = 0.0, mint: str = "", severity: str = "warning") -> RaiseAlert:
    return RaiseAlert(key=key, severity=severity, text=f"{key} at {at_s}", at_s=at_s, mint=mint)


def test_alerts_are_shown_newest_first_and_not_acknowledged():
    view = notifier.view(raised(alert("a"), alert("b")))

    assert [one.key for one in view.alerts] == ["b", "a"]
    assert view.unacknowledged == 2


def test_the_same_alert_within_a_minute_is_counted_not_repeated():
    (one,) = raised(alert(at_s=0.0), alert(at_s=60.0), alert(at_s=120.0)).alerts

    assert (one.count, one.at_s, one.last_at_s, one.text) == (3, 0.0, 120.0, "feed_silent at 0.0")


def test_after_a_minute_about_another_token_or_worse_it_is_a_new_alert():
    assert len(raised(alert(), alert(at_s=60.1)).alerts) == 2
    assert len(raised(alert(mint="a"), alert(mint="b")).alerts) == 2
    assert len(raised(alert(), alert(severity="critical")).alerts) == 2


def test_an_acknowledged_alert_says_who_and_when_and_the_next_one_knocks_again():
    state, _ = notifier.step(raised(alert()), AcknowledgeAlert(alert_id=1, by="me"), NOW)

    assert (state.alerts[0].acknowledged_by, state.alerts[0].acknowledged_at_s) == ("me", 500.0)
    assert [one.id for one in raised(alert(at_s=1.0), state=state).alerts] == [1, 2]


def test_the_first_acknowledgement_stands_and_an_unknown_one_changes_nothing():
    state, _ = notifier.step(raised(alert()), AcknowledgeAlert(alert_id=1, by="me"), NOW)

    assert notifier.step(state, AcknowledgeAlert(alert_id=1, by="you"), NOW)[0].alerts[0].acknowledged_by == "me"
    assert notifier.step(state, AcknowledgeAlert(alert_id=9, by="you"), NOW)[0] == state


def test_an_unknown_severity_is_a_warning_and_a_long_text_is_cut():
    (one,) = raised(RaiseAlert(key="x", severity="loud", text="y" * 2_000, at_s=0.0)).alerts

    assert one.severity == "warning"
    assert len(one.text) == 500


def test_the_answer_to_an_entry_by_hand_says_why():
    refused = EntryAnswered(mint="m", admitted=False, verdicts=(Verdict.failed("room", "full"), Verdict.passed("age")))
    admitted = EntryAnswered(mint="m", admitted=True, verdicts=())

    state, _ = notifier.step(State(), refused, NOW)
    state, _ = notifier.step(state, admitted, NOW)

    assert [(one.key, one.severity, one.text) for one in state.alerts] == [
        (ENTRY_ANSWERED, "warning", "entry refused: room: full"),
        (ENTRY_ANSWERED, "info", "entry admitted"),
    ]


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 1_000), st.sampled_from(notifier.SEVERITIES)), max_size=40)
)
def test_no_alert_is_lost_by_folding(raises):
    state = raised(*(alert(key, at_s, severity=severity) for key, at_s, severity in raises))

    assert sum(one.count for one in state.alerts) == sum(state.raised.values()) == len(raises)
    assert [one.id for one in state.alerts] == list(range(1, len(state.alerts) + 1))


def test_the_oldest_are_forgotten_and_ids_go_on():
    state = raised(*(alert(f"key{number}") for number in range(KEPT + 3)))

    assert len(state.alerts) == KEPT
    assert (state.alerts[0].id, state.alerts[-1].id) == (4, KEPT + 3)
    assert state.raised == {"warning": KEPT + 3}
    assert AGAIN_S == 60.0
