"""Changes: in the journal first, then told; exits go on without the journal."""

import pytest

from core.effects import Now
from core.messages import (
    AcknowledgeAlert,
    EnterMint,
    EntryAnswered,
    ExitPosition,
    PauseEntries,
    RaiseEmergency,
    ResumeEntries,
    RotateWallets,
    SetBreaker,
)
from core.records import EntriesPaused, OperatorActed, OrderIntended, RiskLimitReached, RotationStarted
from core.rules.verdict import Verdict
from core.state import notifier
from core.state.notifier import AlertsView
from core.types import ExitReason, Purpose
from monitor.web import changes
from tests.monitor.house import HELD, NOW_S, OPERATE, REFUSED, UNKNOWN, WON, order, records_of, see
from tests.monitor.web.test_access import expect_problem

ME = "operate token from 127.0.0.1"


def post(client, path: str, body: object = None):
    return client.post(path, json={} if body is None else body, headers=OPERATE)


def told(panel, kind: type):
    return [(name, message) for name, message in panel.directory.told if isinstance(message, kind)]


def test_pause_is_journaled_with_who_and_why_and_then_told(panel, control):
    answer = post(control, "/pause", {"why": "lunch"})

    assert answer.status_code == 202
    assert records_of(panel) == [OperatorActed(at_s=NOW_S, who=ME, what="pause", why="lunch")]
    assert told(panel, PauseEntries) == [("commandments", PauseEntries(by=ME, why="lunch"))]


def test_resume_is_told_to_the_gate(panel, control):
    assert post(control, "/resume").status_code == 202
    assert told(panel, ResumeEntries) == [("commandments", ResumeEntries(by=ME))]


def test_start_ends_a_pause_and_does_nothing_while_running(panel, control):
    assert post(control, "/start").get_json()["entries"] == "running already"
    assert panel.directory.told == []
    panel.add(EntriesPaused(at_s=NOW_S, by="me", why=""))

    assert post(control, "/start").status_code == 202
    assert len(told(panel, ResumeEntries)) == 1
    assert [record.what for record in records_of(panel) if isinstance(record, OperatorActed)] == ["start"]


def test_start_does_not_lift_a_drawdown_halt(panel, control):
    halted = RiskLimitReached(at_s=NOW_S, limit="drawdown", lost_lamports=1, allowed_lamports=1)
    panel.add(halted, EntriesPaused(at_s=NOW_S, by="me", why=""))

    assert "POST /resume" in expect_problem(post(control, "/start"), 409)
    assert told(panel, ResumeEntries) == []


@pytest.mark.parametrize("path", ["/pause", "/resume", "/wallets/rotate", "/settings"])
def test_without_the_journal_nothing_is_changed(panel, control, path):
    panel.directory.gone.add("journal")

    answer = post(control, path)

    assert "nothing was changed" in expect_problem(answer, 503)
    assert panel.directory.told == []


def test_an_exit_goes_on_without_the_journal_and_says_so(panel, control, monitor):
    panel.directory.gone.add("journal")

    ordinary = post(control, f"/positions/{HELD}/exit")
    panic = post(monitor, "/emergency", {"action": "exit", "mint": HELD})

    assert (ordinary.status_code, ordinary.get_json()["journaled"]) == (202, False)
    assert (panic.status_code, panic.get_json()["journaled"]) == (202, False)
    assert [type(message) for _, message in panel.directory.told] == [ExitPosition, RaiseEmergency]


def test_a_gate_that_is_down_or_full_is_503(panel, control):
    panel.directory.gone.add("commandments")
    assert "commandments is not there" in expect_problem(post(control, "/pause"), 503)
    panel.directory.gone.clear()
    panel.directory.full.add("commandments")
    assert expect_problem(post(control, "/pause"), 503) == "commandments: 1000 commands wait already"


def test_an_exit_is_told_to_its_position(panel, control):
    assert post(control, f"/positions/{HELD}/exit", {"why": "bored"}).status_code == 202

    expected = ExitPosition(mint=HELD, reason=ExitReason.OPERATOR, by=ME)
    assert told(panel, ExitPosition) == [(f"position.{HELD}", expected)]


@pytest.mark.parametrize(("mint", "status"), [(UNKNOWN, 404), (WON, 404), ("nonsense", 400), ("%00", 400)])
def test_an_exit_of_what_is_not_held_is_refused(panel, control, mint, status):
    expect_problem(post(control, f"/positions/{mint}/exit"), status)
    assert panel.directory.told == []


def test_a_panic_exit_of_all_reaches_every_position(panel, monitor):
    answer = post(monitor, "/emergency", {"action": "exit", "why": "rug"})

    assert answer.get_json()["told"] == [HELD]
    expected = RaiseEmergency(trigger=ExitReason.OPERATOR, mint=HELD, detail="rug", by=ME)
    assert told(panel, RaiseEmergency) == [(f"position.{HELD}", expected)]
    assert records_of(panel) == [OperatorActed(at_s=NOW_S, who=ME, what="panic exit of all", why="rug")]


def test_a_panic_exit_of_one_names_it_and_of_a_stranger_is_404(monitor):
    assert post(monitor, "/emergency", {"action": "exit", "mint": HELD}).status_code == 202
    expect_problem(post(monitor, "/emergency", {"action": "exit", "mint": UNKNOWN}), 404)


def test_a_panic_exit_tells_of_buys_on_their_way(panel, monitor):
    panel.add(OrderIntended(at_s=NOW_S, order=order(Purpose.ENTRY, UNKNOWN, "op3")))

    assert post(monitor, "/emergency", {"action": "exit"}).get_json()["buys_in_flight"] == [UNKNOWN]


def test_a_panic_exit_that_reaches_nobody_is_503(panel, monitor):
    panel.directory.gone.add(f"position.{HELD}")

    assert HELD in expect_problem(post(monitor, "/emergency", {"action": "exit"}), 503)


def test_the_breaker_is_set_for_its_rule_or_the_seconds_asked_and_closed(panel, monitor):
    post(monitor, "/emergency", {"action": "breaker_on"})
    post(monitor, "/emergency", {"action": "breaker_on", "seconds": 90.5, "why": "news"})
    post(monitor, "/emergency", {"action": "breaker_off"})

    assert [message for _, message in told(panel, SetBreaker)] == [
        SetBreaker(seconds=1_800.0, by=ME, why="operator"),
        SetBreaker(seconds=90.5, by=ME, why="news"),
        SetBreaker(seconds=0.0, by=ME, why="operator"),
    ]


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        "exit",
        {"action": "panic"},
        {"action": "exit", "seconds": 3},
        {"action": "exit", "mint": "x"},
        {"action": "breaker_on", "seconds": 0},
        {"action": "breaker_on", "seconds": -1},
        {"action": "breaker_on", "seconds": 1e9},
        {"action": "breaker_on", "seconds": "60"},
        {"action": "breaker_on", "mint": HELD},
        {"action": "breaker_off", "seconds": 1},
        {"action": "exit", "extra": 1},
        {"action": "exit", "why": 5},
    ],
)
def test_a_wrong_emergency_is_400_and_changes_nothing(panel, monitor, body):
    expect_problem(monitor.post("/emergency", json=body, headers=OPERATE), 400)
    assert panel.directory.told == []
    assert records_of(panel) == []


@pytest.mark.parametrize(
    "raw", [b"{", b"\xff\xfe", b'{"why": NaN}', b"nul", b'{"why":"' + b"[" * 30_000, b"[" * 50_000]
)
def test_a_body_that_is_no_json_is_400(control, raw):
    expect_problem(control.post("/pause", data=raw, content_type="application/json", headers=OPERATE), 400)


def test_a_body_of_another_type_is_415_and_none_at_all_is_fine(control):
    expect_problem(control.post("/pause", data=b"why=x", headers=OPERATE), 415)
    assert control.post("/pause", headers=OPERATE).status_code == 202


def test_a_query_on_a_change_is_400(control):
    expect_problem(control.post("/pause?why=x", headers=OPERATE), 400)


def test_rotation_is_told_to_the_treasurer_once(panel, control):
    assert post(control, "/wallets/rotate").status_code == 202
    assert told(panel, RotateWallets) == [("treasurer", RotateWallets(by=ME))]
    panel.add(RotationStarted(at_s=NOW_S, to_generation=1, by="me"))
    expect_problem(post(control, "/wallets/rotate"), 409)


def test_settings_read_again_say_what_is_in_force_and_what_waits(control):
    assert post(control, "/settings").get_json() == {
        "accepted": True,
        "applied": ["MICRO_MILITIA_PAUSE_S"],
        "after_restart": ["MICRO_MONITOR_PORT"],
    }


def test_settings_that_are_wrong_are_refused_with_their_reason(panel, control):
    panel.reread_error = "unknown setting MICRO_MILITA_PAUSE_S; did you mean MICRO_MILITIA_PAUSE_S?"

    assert "did you mean" in expect_problem(post(control, "/settings"), 409)


def answer_entry(panel, *verdicts: Verdict):
    """The notifier is told the answer as soon as the miner is asked."""

    def on_tell(name: str, message: object) -> None:
        if isinstance(message, EnterMint):
            assert (name, message.reply_to) == ("miner", "notifier")
            answered = EntryAnswered(mint=message.mint, admitted=all(v.ok for v in verdicts), verdicts=verdicts)
            old = panel.directory.actors["notifier"].view
            assert isinstance(old, AlertsView)
            state = notifier.State(alerts=old.alerts[::-1], raised=old.raised)
            state, _ = notifier.step(state, answered, Now(NOW_S, panel.books(), panel.settings))
            see(panel, "notifier", view=notifier.view(state))

    panel.directory.on_tell = on_tell


def test_an_entry_by_hand_is_told_to_the_miner_and_its_admission_answered(panel, control):
    answer_entry(panel, Verdict.passed("militia"))

    answer = post(control, "/operations", {"mint": REFUSED})

    assert answer.status_code == 202
    assert answer.get_json()["admitted"] is True
    assert told(panel, EnterMint) == [("miner", EnterMint(mint=REFUSED, by=ME, reply_to="notifier"))]


def test_a_refused_entry_says_why(panel, control):
    answer_entry(panel, Verdict.failed("honeypot", "mint authority present"))

    assert expect_problem(post(control, "/operations"), 409) == ("entry refused: honeypot: mint authority present")
    assert "honeypot" in expect_problem(post(control, "/operations"), 409)


def test_an_entry_without_an_answer_says_where_it_will_be(control, monkeypatch):
    monkeypatch.setattr(changes, "ANSWER_S", 0.0)

    answer = post(control, "/operations")

    assert (answer.status_code, answer.get_json()["admitted"]) == (202, None)


@pytest.mark.parametrize(("mint", "status"), [(UNKNOWN, 404), (HELD, 409), ("nonsense", 400), ("' OR 1=1", 400)])
def test_an_entry_into_what_cannot_be_entered_is_refused(panel, control, mint, status):
    expect_problem(post(control, "/operations", {"mint": mint}), status)
    assert panel.directory.told == []


def test_an_alert_is_acknowledged_and_an_unknown_one_is_404(panel, monitor):
    assert post(monitor, "/alerts/2/acknowledge").status_code == 202
    assert told(panel, AcknowledgeAlert) == [("notifier", AcknowledgeAlert(alert_id=2, by=ME))]
    expect_problem(post(monitor, "/alerts/99/acknowledge"), 404)
    expect_problem(post(monitor, "/alerts/x/acknowledge"), 404)
