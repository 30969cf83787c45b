"""Alertmanager's webhook: alerts of ours, with the token only, even without the journal."""

import pytest

from core.messages import RaiseAlert
from core.records import OperatorActed
from tests.monitor.house import NASTY, NOW_S, OPERATE, READ, records_of
from tests.monitor.web.test_access import expect_problem


def body(status: str = "firing", **labels: str) -> dict[str, object]:
    """As Alertmanager 0.25 sends it."""
    alert = {
        "status": status,
        "labels": {"alertname": "FeedSilent", "severity": "critical", **labels},
        "annotations": {"summary": "no block for 40 s", "action": "look at /health"},
        "startsAt": "2026-01-01T00:00:00Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus:9090/graph",
        "fingerprint": "0123456789abcdef",
    }
    return {"version": "4", "groupKey": "{}", "status": status, "receiver": "monitor", "alerts": [alert]}


def raised(panel) -> list[RaiseAlert]:
    return [message for name, message in panel.directory.told if name == "notifier"]


def test_an_alert_that_fires_is_raised_with_its_severity_and_journaled(panel, monitor):
    answer = monitor.post("/alerts", json=body(), headers=OPERATE)

    assert (answer.status_code, answer.get_json()) == (202, {"accepted": True, "alerts": 1, "journaled": True})
    expected = RaiseAlert(key="FeedSilent", severity="critical", text="no block for 40 s", at_s=NOW_S)
    assert raised(panel) == [expected]
    acts = [record for record in records_of(panel) if isinstance(record, OperatorActed)]
    assert [(act.what, act.why) for act in acts] == [("take 1 alerts of Alertmanager", "FeedSilent firing")]


def test_a_resolved_one_is_information(panel, monitor):
    assert monitor.post("/alerts", json=body("resolved"), headers=OPERATE).status_code == 202
    assert [(one.severity, one.text) for one in raised(panel)] == [("info", "resolved: no block for 40 s")]


def test_an_unknown_severity_is_a_warning_and_a_strangers_text_is_written_out(panel, monitor):
    assert monitor.post("/alerts", json=body(severity="page", alertname=NASTY), headers=OPERATE).status_code == 202
    assert [one.severity for one in raised(panel)] == ["warning"]
    assert "\x1b" not in raised(panel)[0].key


def test_it_is_taken_while_the_journal_is_down(panel, monitor):
    panel.directory.gone.add("journal")

    assert monitor.post("/alerts", json=body(), headers=OPERATE).get_json()["journaled"] is False
    assert len(raised(panel)) == 1


@pytest.mark.parametrize(("headers", "status"), [({}, 401), (READ, 403)])
def test_nothing_is_raised_without_the_operate_token(panel, monitor, headers, status):
    expect_problem(monitor.post("/alerts", json=body(), headers=headers), status)
    assert panel.directory.told == []


@pytest.mark.parametrize("wrong", [{}, {"alerts": [{"status": "odd", "labels": {}}]}, {"alerts": [{}] * 101}])
def test_what_is_no_webhook_is_400(panel, monitor, wrong):
    expect_problem(monitor.post("/alerts", json=wrong, headers=OPERATE), 400)
    assert panel.directory.told == []


def test_too_many_at_once_are_400(panel, monitor):
    wrong = {"alerts": [{"status": "firing", "labels": {}}] * 101}
    assert "at most 100" in expect_problem(monitor.post("/alerts", json=wrong, headers=OPERATE), 400)
    assert panel.directory.told == []
