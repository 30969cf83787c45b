"""The described paths are the served ones, and what they answer is what is described."""

import json
import re

import jsonschema_rs
import pytest
from flask import Flask

from monitor.app import control_app, monitor_app
from monitor.desk import Desk
from tests.monitor.house import HELD, OPERATE, FakePanel

PATHS = (
    "/health",
    "/status",
    "/commandments",
    "/alerts",
    "/emergency",
    "/actors",
    "/actors/journal",
    "/actors/dump",
    "/positions",
    f"/positions/{HELD}",
    f"/positions/{HELD}/chart",
    "/operations",
    "/operations/op1",
    "/operations/op2",
    "/candidates",
    "/ledger",
    "/equity",
    "/wallets",
)


def served(app: Flask) -> set[tuple[str, str]]:
    """(method, path) as OpenAPI writes them."""
    return {
        (method.lower(), re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static"
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


@pytest.mark.parametrize("make", [monitor_app, control_app])
def test_every_path_is_described_and_none_besides(make):
    app = make(Desk(FakePanel()))
    document = app.test_client().get("/openapi.json", headers=OPERATE).get_json()

    described = {(method, path) for path, item in document["paths"].items() for method in item}

    assert document["openapi"] == "3.1.0"
    assert described == served(app)
    names = [one["operationId"] for item in document["paths"].values() for one in item.values()]
    assert len(names) == len(set(names))


def test_every_schema_is_a_schema_and_every_reference_leads_somewhere(monitor):
    document = monitor.get("/openapi.json").get_json()
    text = json.dumps(document)

    for name in re.findall(r"#/components/schemas/(\w+)", text):
        assert name in document["components"]["schemas"]
    for schema in document["components"]["schemas"].values():
        assert jsonschema_rs.meta.is_valid({**schema, "$schema": "https://json-schema.org/draft/2020-12/schema"})


@pytest.mark.parametrize("path", PATHS)
def test_an_answer_is_as_described(monitor, path):
    document = monitor.get("/openapi.json").get_json()
    answer = monitor.get(path)
    template = path.replace(HELD, "{mint}").replace("/actors/journal", "/actors/{name}")
    template = re.sub(r"/op\d", "/{operation_id}", template)
    content = document["paths"][template]["get"]["responses"]["200"]["content"]["application/json"]
    validator = jsonschema_rs.validator_for({**content["schema"], "components": document["components"]})

    assert answer.status_code == 200
    assert [error.message for error in validator.iter_errors(answer.get_json())] == []
