"""OpenAPI 3.1 of both applications. A test walks the applications and finds every path here, and none besides."""

from collections.abc import Iterable

from core.snapshots import ActorState
from core.state.notifier import SEVERITIES
from monitor.openapi.changes import CHANGES, CONTROLS, MONITORS
from monitor.openapi.shapes import MINT, SCHEMAS, TEXT, Schema, one_of, page, ref
from monitor.topics import TOPICS
from monitor.views.candidates import FATES
from monitor.views.ledger import KINDS
from monitor.web.mentions import HEADER
from monitor.web.query import DIGITS, LIMIT, MOST

JSON, PROBLEM, HTML = "application/json", "application/problem+json", "text/html; charset=utf-8"
METRICS = (
    "text/plain; version=0.0.4; charset=utf-8",
    "text/plain; version=1.0.0; charset=utf-8",
    "application/openmetrics-text; version=1.0.0; charset=utf-8",
)
NUMBERED: Schema = {"type": "string", "pattern": f"^[0-9]{{1,{DIGITS}}}$"}
FLAG: Schema = one_of(("1", "true", "0", "false"))
ID: Schema = {"type": "integer", "minimum": 0, "maximum": 10**DIGITS - 1}
NAMED = {"mint": MINT, "name": TEXT, "operation_id": TEXT, "alert_id": ID}


def query(name: str, schema: Schema, text: str = "") -> Schema:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "schema": schema,
        "description": text or f"only this {name}",
    }


def paged(cursor: Schema, *filters: Schema) -> list[Schema]:
    limit: Schema = {"type": "integer", "minimum": 1, "maximum": MOST, "default": LIMIT}
    return [*filters, query("limit", limit, "items a page"), query("cursor", cursor, "`next` of the page before")]


OF_MINT = query("mint", MINT)
LIVE = query("live", FLAG, "ask the actors instead of reading what they last showed; takes half a second at most")

READINGS: dict[str, tuple[str, str, list[Schema], Schema]] = {
    "/health": (
        "health",
        "200 when every permanent actor is alive, the feed is fresh and the journal writes.",
        [],
        ref("Health"),
    ),
    "/status": ("status", "The whole at a glance.", [], ref("Status")),
    "/commandments": ("commandments", "The five commandments.", [], page("Commandment")),
    "/alerts": (
        "alerts",
        "Alerts, newest first.",
        paged(NUMBERED, query("severity", one_of(SEVERITIES)), query("key", TEXT), query("acknowledged", FLAG)),
        page("Alert"),
    ),
    "/emergency": ("emergencies", "Triggers with thresholds, last firings, breaker.", [], ref("Emergency")),
    "/actors": (
        "actors",
        "The supervision tree.",
        paged(TEXT, LIVE, query("state", one_of(ActorState)), query("class", TEXT)),
        page("Actor"),
    ),
    "/actors/{name}": ("actor", "One actor with all it shows.", [LIVE], ref("Actor")),
    "/actors/dump": ("dump", "The state of every actor.", [LIVE], ref("Dump")),
    "/positions": ("positions", "Open positions.", paged(TEXT, OF_MINT), page("Position")),
    "/positions/{mint}": ("position", "One open position.", [], ref("Position")),
    "/positions/{mint}/chart": ("chart", "One open position as a chart.", [], ref("Chart")),
    "/operations": (
        "operations",
        "Operations, open ones first, newest first.",
        paged(TEXT, OF_MINT, query("state", one_of(("open", "closed")))),
        page("Operation"),
    ),
    "/operations/{operation_id}": ("operation", "One operation.", [], ref("Operation")),
    "/candidates": (
        "candidates",
        "Why each token was taken or refused, and what the refused did later.",
        paged(
            NUMBERED,
            OF_MINT,
            query("fate", one_of(FATES)),
            query("criterion", TEXT, "only those that it stood against"),
        ),
        page("Candidate"),
    ),
    "/ledger": (
        "ledger",
        "The journal, newest first.",
        paged(NUMBERED, OF_MINT, query("kind", one_of(KINDS))),
        page("Entry"),
    ),
    "/equity": ("equity", "The equity curve.", [], ref("Equity")),
    "/wallets": ("wallets", "The five wallets.", [], page("Wallet")),
}
"""Path: (operation id, what it answers, query, answer)."""

LINKS: dict[str, dict[str, tuple[str, str, str]]] = {
    "/actors": {"one": ("actor", "name", "/items/0/name")},
    "/operations": {"one": ("operation", "operation_id", "/items/0/id")},
    "/positions": {"one": ("position", "mint", "/items/0/mint"), "chart": ("chart", "mint", "/items/0/mint")},
    "/alerts": {"acknowledge": ("acknowledge", "alert_id", "/items/0/id")},
}
"""Path of a list: what may be done with its first item, by which parameter."""
CONTROL_LINKS = {"/positions": {"leave": ("leave", "mint", "/items/0/mint")}}


def monitor(*, reading_is_open: bool) -> Schema:
    """Of port 8081. `reading_is_open`: on loopback nobody needs a token to look."""
    paths = {path: {"get": _reading(path, MONITORS)} for path in READINGS}
    paths["/"] = {"get": _text("page", "The dashboard.", (HTML,), unavailable=(HTML, PROBLEM))}
    text = "Looks; changes nothing but alerts and, in an emergency, positions and the breaker."
    described = _document("Micro-Lightning monitor", text, paths, MONITORS)
    if reading_is_open:
        for item in paths.values():
            if "get" in item:
                item["get"].setdefault("security", [{}, {"token": []}])
    return described


def control() -> Schema:
    """Of port 8080."""
    paths = {path: {"get": _reading(path, CONTROLS)} for path in READINGS}
    return _document("Micro-Lightning executor control", "Everything but /health needs a token.", paths, CONTROLS)


def _document(title: str, text: str, paths: dict[str, dict[str, Schema]], changes: Iterable[str]) -> Schema:
    paths["/metrics"] = {"get": _text("metrics", "Prometheus text, OpenMetrics when asked.", METRICS)}
    events = _text(
        "events", "Server-sent events: each topic now, then as it changes.", ("text/event-stream; charset=utf-8",)
    )
    events["parameters"] = [query("topics", TEXT, f"some of {', '.join(TOPICS)}, with commas; all without")]
    paths["/events"] = {"get": events}
    paths["/openapi.json"] = {"get": _json("openapi", "This document.", [], {"type": "object"})}
    for path in changes:
        paths.setdefault(path, {})["post"] = _change(path)
    bearer: Schema = {"type": "http", "scheme": "bearer", "description": "read or operate; changes need operate"}
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": "1", "description": text},
        "security": [{"token": []}],
        "paths": paths,
        "components": {"schemas": SCHEMAS, "securitySchemes": {"token": bearer}},
    }


def _reading(path: str, changes: Iterable[str]) -> Schema:
    name, text, parameters, schema = READINGS[path]
    described = _json(name, text, [*_in_path(path), *parameters], schema)
    links = LINKS.get(path, {}) | (CONTROL_LINKS.get(path, {}) if changes is CONTROLS else {})
    known = {CHANGES[change][0] for change in CHANGES if change not in changes}
    responses = described["responses"]
    assert isinstance(responses, dict)  # noqa: S101 - made so above
    responses["200"]["links"] = {
        link: {"operationId": target, "parameters": {parameter: f"$response.body#{pointer}"}}
        for link, (target, parameter, pointer) in links.items()
        if target not in known
    }
    if path == "/health":
        responses["503"] = {"description": "failing, with the reasons", "content": {JSON: {"schema": schema}}}
        described["security"] = list[Schema]()
    if path == "/status":
        responses["200"]["content"][HTML] = {"schema": TEXT}
        responses["503"]["content"][HTML] = {"schema": TEXT}
    return described


def _change(path: str) -> Schema:
    name, text, body, schema = CHANGES[path]
    described = _json(name, text, _in_path(path), schema, status="202")
    described["requestBody"] = {"required": "required" in body or "oneOf" in body, "content": {JSON: {"schema": body}}}
    responses = described["responses"]
    assert isinstance(responses, dict)  # noqa: S101 - made so above
    for status, why in (
        ("403", "the token may only read, or the request comes from another origin"),
        ("409", "not now: the detail says why"),
        ("413", "too large"),
        ("415", "not application/json"),
        ("429", "too many changes at once"),
    ):
        responses[status] = _problem(why)
    if name == "mentions":
        described["parameters"] = [{"name": HEADER, "in": "header", "required": True, "schema": TEXT}]
    return described


def _json(name: str, text: str, parameters: list[Schema], schema: Schema, *, status: str = "200") -> Schema:
    responses: Schema = {
        status: {"description": "as described", "content": {JSON: {"schema": schema}}},
        "400": _problem("the request asks for something that is not"),
        "401": _problem("a token is needed"),
        "403": _problem("the request comes from another origin"),
        "404": _problem("nothing is there"),
        "421": _problem("this host name is not served here"),
        "503": _problem("not now: try again"),
    }
    return {"operationId": name, "summary": text, "parameters": parameters, "responses": responses}


def _text(name: str, text: str, types: tuple[str, ...], unavailable: tuple[str, ...] = (PROBLEM,)) -> Schema:
    described = _json(name, text, [], TEXT)
    responses = described["responses"]
    assert isinstance(responses, dict)  # noqa: S101 - made so above
    responses["200"]["content"] = {kind: {"schema": TEXT} for kind in types}
    responses["503"]["content"] = {
        kind: {"schema": TEXT if kind != PROBLEM else ref("Problem")} for kind in unavailable
    }
    return described


def _problem(text: str) -> Schema:
    return {"description": text, "content": {PROBLEM: {"schema": ref("Problem")}}}


def _in_path(path: str) -> list[Schema]:
    names = [part.strip("{}") for part in path.split("/") if part.startswith("{")]
    return [{"name": name, "in": "path", "required": True, "schema": NAMED[name]} for name in names]
