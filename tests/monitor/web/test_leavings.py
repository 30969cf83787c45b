"""A request leaves itself to nobody: what the collector has to find it finds in the middle of an order."""

import gc

import pytest
from flask.ctx import RequestContext

from tests.monitor.house import OPERATE, READ


def contexts() -> int:
    return sum(isinstance(one, RequestContext) for one in gc.get_objects())


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/status", {}, 200),
        ("GET", "/status", {"Host": "evil.example"}, 421),
        ("GET", "/nowhere", {}, 404),
        ("GET", "/static/../journal.db", {}, 404),
        ("PUT", "/status", {}, 405),
        ("POST", "/emergency", {}, 401),
        ("POST", "/emergency", READ, 403),
        ("POST", "/emergency", {**OPERATE, "Origin": "https://evil.example"}, 403),
        ("POST", "/emergency", OPERATE, 400),
    ],
)
def test_a_request_leaves_nothing_of_itself_for_the_collector(monitor, method, path, headers, status):
    monitor.open(path, method=method, headers=headers).close()
    gc.collect()
    gc.disable()
    try:
        before = contexts()
        answer = monitor.open(path, method=method, headers=headers)
        assert answer.status_code == status
        answer.close()
        del answer
        assert contexts() == before
    finally:
        gc.enable()


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/status", 200), ("POST", "/emergency", 401)])
def test_a_request_for_a_plain_path_leaves_nothing_at_all(monitor, method, path, status):
    monitor.open(path, method=method).close()
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        answer = monitor.open(path, method=method)
        assert answer.status_code == status
        answer.close()
        del answer
        gc.collect()
        assert [one for one in gc.garbage if getattr(one, "__module__", "").startswith("werkzeug.routing")] == []
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
