"""Rules, routes and the dashboard: in order by the tools that will read them, and about metrics that exist."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # it brings no types, and a package more only for this is too much
from msgspec.structs import replace
from prometheus_client.parser import text_string_to_metric_families

from core.notify import outbox
from core.notify.outbox import NotificationsView, Outbox
from core.rules.canary import Canary
from core.settings import Settings
from monitor.remote.app import remote_monitor_app
from monitor.remote.link import Link
from tests.config.tools import CONFIG, checked, copied
from tests.monitor.house import TOKENS, FakePanel, actor
from tests.monitor.house import monitor as monitor_of
from tests.monitor.metrics.test_chain import asking, health

RULE_FILES = sorted((CONFIG / "prometheus" / "rules").glob("*.yml"))
TEST_FILES = sorted((CONFIG / "prometheus" / "tests").glob("*.yml"))
NAME = re.compile(r"\bmicro_lightning_\w+|\bprocess_\w+")
LISTED = 20
"""interfaces.md lists more than so many; an empty folder must not pass."""


def rules() -> list[dict[str, Any]]:
    return [
        rule for file in RULE_FILES for group in yaml.safe_load(file.read_text())["groups"] for rule in group["rules"]
    ]


def exposed(panel: FakePanel) -> set[str]:
    """Names of all samples that a live executor and a monitor apart from it can show."""
    panel.market.canary = Canary()
    panel.measured = replace(panel.measured, backup_every_s=86_400.0, backup_age_s=1.0)
    reached = NotificationsView(channels=(outbox.view(Outbox(), name="1 tgram://***", severity="info"),))
    panel.directory.actors["notifications"] = actor("notifications", "outside", reached)
    text = monitor_of(asking(panel, health(1))).get("/metrics").text
    link = Link(Settings(), "http://127.0.0.1:1", lambda: TOKENS)
    text += remote_monitor_app(link).test_client().get("/metrics").text
    return {sample.name for family in text_string_to_metric_families(text) for sample in family.samples}


def test_the_tools_find_configuration_and_rules_in_order(tmp_path: Path):
    secrets = {"api_token_read": "r", "api_token": "o", "second_receiver_url": "http://127.0.0.1:9/"}
    config = copied(tmp_path, **secrets)

    said = checked("promtool", "check", "config", config / "prometheus" / "prometheus.yml")

    assert f"{len(RULE_FILES)} rule files found" in said
    for file in (config / "alertmanager" / "alertmanager.yml", config / "compose" / "alertmanager.yml"):
        assert "2 receivers" in checked("amtool", "check-config", file)


@pytest.mark.parametrize("file", TEST_FILES, ids=[file.stem for file in TEST_FILES])
def test_every_rule_fires_where_it_must_and_not_where_it_need_not(file: Path):
    assert "SUCCESS" in checked("promtool", "test", "rules", file)


def test_each_rule_has_cases_says_what_to_do_and_how_bad_it_is():
    cases = [case["name"] for file in TEST_FILES for case in yaml.safe_load(file.read_text())["tests"]]

    assert len(rules()) > LISTED
    for rule in rules():
        assert any(name.startswith(f"{rule['alert']} fires") for name in cases), rule["alert"]
        quiet = f"{rule['alert']} does not fire" in cases
        assert quiet or rule["alert"] == "DeadMansSwitch", rule["alert"]
        assert rule["annotations"]["summary"]
        assert rule["annotations"]["action"].endswith(".")
        assert rule["labels"]["severity"] in {"critical", "warning", "info", "none"}


def test_rules_and_dashboard_ask_only_for_metrics_that_exist(panel: FakePanel):
    names = exposed(panel)
    dashboard = json.loads((CONFIG / "grafana" / "dashboards" / "micro-lightning.json").read_text())
    asked = [rule["expr"] for rule in rules()]
    asked += [target["expr"] for shown in dashboard["panels"] for target in shown["targets"]]

    wanted = {name for expression in asked for name in NAME.findall(expression)}

    assert len(wanted) > LISTED
    assert wanted <= names, wanted - names


def test_the_tool_finds_the_exposition_in_order(panel: FakePanel):
    panel.market.canary = Canary()
    text = monitor_of(asking(panel, health(1))).get("/metrics").data

    assert checked("promtool", "check", "metrics", text=text) == ""


def test_in_containers_alerts_take_the_same_routes_to_the_monitor_s_name_there():
    local = (CONFIG / "alertmanager" / "alertmanager.yml").read_text()
    compose = (CONFIG / "compose" / "alertmanager.yml").read_text()

    assert compose == local.replace("http://127.0.0.1:8081/", "http://monitor:8081/")
    for name in ("executor", "monitor", "alertmanager"):
        targets = yaml.safe_load((CONFIG / "compose" / "targets" / f"{name}.yml").read_text())
        assert targets[0]["targets"][0].startswith(f"{name}:")
        local_targets = yaml.safe_load((CONFIG / "prometheus" / "targets" / f"{name}.yml").read_text())
        assert local_targets[0]["targets"][0].startswith("127.0.0.1:")
