"""Who may ask, and what a request that may not is told."""

import pytest

from core.ports import Tokens
from monitor.web.access import Bucket, Scope, hostname, is_loopback, scope_of
from tests.monitor import house
from tests.monitor.house import OPERATE, READ, TOKENS, FakePanel, bound_to, records_of

EVERYWHERE = "0.0.0.0"  # noqa: S104 - nothing listens in these tests
CHANGES = (
    ("control", "/start"),
    ("control", "/pause"),
    ("control", "/resume"),
    ("control", "/operations"),
    ("control", f"/positions/{house.HELD}/exit"),
    ("control", "/wallets/rotate"),
    ("control", "/settings"),
    ("monitor", "/emergency"),
    ("monitor", "/alerts/1/acknowledge"),
)


def expect_problem(answer, status: int) -> str:
    """A problem document of this status; its detail."""
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    shown = answer.get_json()
    assert set(shown) == {"type", "title", "status", "detail"}
    assert shown["status"] == status
    assert shown["detail"]
    return str(shown["detail"])


def of(name: str, panel: FakePanel):
    return house.monitor(panel) if name == "monitor" else house.control(panel)


@pytest.mark.parametrize(("app", "path"), CHANGES)
def test_a_change_without_a_token_with_a_wrong_one_or_a_reading_one_is_refused(panel, app, path):
    client = of(app, panel)

    missing = client.post(path, json={})
    expect_problem(missing, 401)
    assert missing.headers["WWW-Authenticate"] == 'Bearer realm="micro-lightning"'
    expect_problem(client.post(path, json={}, headers={"Authorization": "Bearer wrong"}), 401)
    expect_problem(client.post(path, json={}, headers=READ), 403)
    assert panel.directory.told == []
    assert records_of(panel) == []


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        "bearer a b c",
        "Basic !!!",
        "Bearer \xff\xfe",
        "Digest x",
        "Bearer token=",
        "x" * 5_000,
        # Browsers send Basic credentials by themselves: never good enough for a change.
        "Basic b3BlcmF0ZTpvcGVyYXRlLXRva2VuLW9mLXRoZS10ZXN0cw==",
    ],
)
def test_a_malformed_authorization_is_401(panel, authorization):
    client = house.control(panel)

    expect_problem(client.post("/pause", json={}, headers={"Authorization": authorization}), 401)


def test_control_reads_only_with_a_token_and_health_without(panel):
    client = house.control(panel)

    expect_problem(client.get("/status"), 401)
    expect_problem(client.get("/metrics"), 401)
    assert client.get("/health").status_code == 200
    assert client.get("/health/").status_code == 200
    assert client.get("/status", headers=READ).status_code == 200
    assert client.get("/status", headers=OPERATE).status_code == 200


def test_the_monitor_reads_freely_on_loopback_and_with_a_token_elsewhere():
    near, far = FakePanel(), FakePanel(bound_to(EVERYWHERE, "monitor"))

    assert house.monitor(near).get("/status").status_code == 200
    client = house.monitor(far)
    challenge = client.get("/status", headers={"Host": "monitor:8081"})
    expect_problem(challenge, 401)
    assert "Basic" in challenge.headers["WWW-Authenticate"]
    assert client.get("/health", headers={"Host": "monitor:8081"}).status_code == 200
    assert client.get("/status", headers=READ | {"Host": "monitor:8081"}).status_code == 200
    assert client.get("/status", headers={"Host": "monitor:8081"}, auth=("me", TOKENS.read)).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8081", "127.0.0.1.evil.example", "10.0.0.1", "a,b", "[::1"]
)
def test_a_host_that_is_not_ours_is_misdirected(panel, host):
    expect_problem(house.monitor(panel).get("/health", headers={"Host": host}), 421)


@pytest.mark.parametrize("host", ["localhost", "localhost:8081", "127.0.0.1:9", "[::1]:8081", "LOCALHOST"])
def test_loopback_names_are_ours_on_any_port(panel, host):
    assert house.monitor(panel).get("/health", headers={"Host": host}).status_code == 200


def test_a_name_from_the_settings_is_ours():
    client = house.monitor(FakePanel(bound_to("127.0.0.1", "monitor")))

    assert client.get("/health", headers={"Host": "monitor:8081"}).status_code == 200


@pytest.mark.parametrize("host", ["", ":80", "localhost:x", "[::1]x", "[::1]:", "a:1:2"])
def test_a_malformed_host_has_no_name_of_ours(host):
    assert hostname(host) in {"", "::1"}
    assert hostname("[::1]:80") == "::1"


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:9999", "file://", "localhost"])
def test_another_origin_is_refused_whatever_its_token(panel, origin):
    client = house.monitor(panel)

    expect_problem(client.post("/emergency", json={"action": "exit"}, headers=OPERATE | {"Origin": origin}), 403)
    expect_problem(client.get("/status", headers={"Origin": origin}), 403)
    assert panel.directory.told == []


def test_our_own_origin_is_not_refused(panel):
    own = OPERATE | {"Host": "127.0.0.1:8081", "Origin": "http://127.0.0.1:8081"}

    assert house.monitor(panel).post("/emergency", json={"action": "exit"}, headers=own).status_code == 202


def test_a_browser_that_says_cross_site_is_refused(panel):
    headers = OPERATE | {"Sec-Fetch-Site": "cross-site"}

    expect_problem(house.control(panel).post("/pause", json={}, headers=headers), 403)


@pytest.mark.parametrize("path", ["/nothing", "/status/more", "/actors/", "/static/../app.py", "/static/none.css"])
def test_an_unknown_path_is_404_or_its_neighbour(panel, path):
    answer = house.monitor(panel).get(path)

    if path == "/actors/":
        assert answer.status_code == 200
    else:
        expect_problem(answer, 404)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/status", "GET, HEAD"),
        ("DELETE", "/health", "GET, HEAD"),
        ("PUT", "/emergency", "GET, HEAD, POST"),
        ("OPTIONS", "/status", "GET, HEAD"),
        ("TRACE", "/", "GET, HEAD"),
    ],
)
def test_a_wrong_method_is_405_and_told_which_are_right(panel, method, path, allowed):
    answer = house.monitor(panel).open(path, method=method)

    assert expect_problem(answer, 405) == f"this path takes {allowed}"
    assert answer.headers["Allow"] == allowed


def test_a_change_asked_by_get_is_405(panel):
    expect_problem(house.control(panel).get("/pause", headers=OPERATE), 405)


def test_a_body_over_the_limit_is_413_with_or_without_a_token(panel):
    client = house.monitor(panel)

    for headers in ({}, OPERATE):
        answer = client.post("/emergency", data=b"x" * 70_000, content_type="application/json", headers=headers)
        expect_problem(answer, 413)


def test_changes_in_a_row_are_limited_and_exits_have_a_limit_of_their_own(panel):
    control, monitor = house.control(panel), house.monitor(panel)

    answers = [control.post("/pause", json={}, headers=OPERATE).status_code for _ in range(11)]
    limited = control.post("/pause", json={}, headers=OPERATE)

    assert answers[:10] == [202] * 10
    expect_problem(limited, 429)
    assert int(limited.headers["Retry-After"]) >= 1
    assert control.post(f"/positions/{house.HELD}/exit", json={}, headers=OPERATE).status_code == 202
    assert monitor.post("/emergency", json={"action": "exit"}, headers=OPERATE).status_code == 202


def test_refused_tokens_do_not_use_up_the_limit(panel):
    control = house.control(panel)

    for _ in range(30):
        control.post("/pause", json={}, headers={"Authorization": "Bearer wrong"})

    assert control.post("/pause", json={}, headers=OPERATE).status_code == 202


def test_a_bucket_fills_again_with_time():
    now = [0.0]
    bucket = Bucket(2, 10.0, lambda: now[0])

    assert [bucket.take(), bucket.take()] == [0.0, 0.0]
    assert bucket.take() == 10.0
    now[0] = 9.0
    assert bucket.take() == pytest.approx(1.0)
    now[0] = 10.0
    assert bucket.take() == 0.0
    now[0] = 1_000.0
    assert [bucket.take(), bucket.take()] == [0.0, 0.0]
    assert bucket.take() > 0


def test_each_token_has_its_scope_and_an_empty_one_opens_nothing():
    assert scope_of(TOKENS, TOKENS.operate) is Scope.OPERATE
    assert scope_of(TOKENS, TOKENS.read) is Scope.READ
    assert scope_of(TOKENS, TOKENS.read + "x") is None
    assert scope_of(TOKENS, "\ud800") is None
    assert scope_of(Tokens(read="", operate=""), "") is None


def test_tokens_are_never_shown():
    assert TOKENS.operate not in repr(TOKENS)
    assert TOKENS.read not in str(TOKENS)


@pytest.mark.parametrize(
    ("bind", "near"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("localhost", True),
        (EVERYWHERE, False),
        ("host", False),
    ],
)
def test_what_counts_as_loopback(bind, near):
    assert is_loopback(bind) is near


@pytest.mark.parametrize("path", ["/health", "/", "/nothing", "/metrics", "/static/page.css"])
def test_every_answer_carries_the_security_headers_and_no_banner(panel, path):
    with house.monitor(panel).get(path) as answer:
        headers = answer.headers

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "Server" not in headers
    assert "Set-Cookie" not in headers
    assert "Access-Control-Allow-Origin" not in headers


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=501",
        "limit=x",
        "limit=-1",
        "limit=1e3",
        "limit=99999999999999999999",
        "limit=²",
        "limit=1&limit=2",
        "unknown=1",
        "state=half",
        "mint=short",
        "mint=" + "0" * 44,
        "mint=" + "ż" * 40,
    ],
)
def test_a_bad_query_is_400_and_named(panel, query):
    expect_problem(house.monitor(panel).get(f"/operations?{query}"), 400)


@pytest.mark.parametrize("cursor", ["nowhere", "%00"])
def test_a_cursor_of_what_is_gone_is_404_for_one_may_end_between_two_pages(panel, cursor):
    assert "begin again" in expect_problem(house.monitor(panel).get(f"/operations?cursor={cursor}"), 404)


@pytest.mark.parametrize(
    "path", ["/ledger?cursor=x", "/ledger?kind=none", "/alerts?cursor=-1", "/actors?live=2", "/health?x=1"]
)
def test_bad_queries_of_other_paths_are_400(panel, path):
    expect_problem(house.monitor(panel).get(path), 400)


def test_an_error_of_ours_is_a_500_document_without_its_inside(panel, monkeypatch, caplog):
    client = house.monitor(panel)
    monkeypatch.setattr(panel, "dump", lambda: 1 / 0)

    detail = expect_problem(client.get("/actors/dump?live=1"), 500)

    assert "division" not in detail
    assert "ZeroDivisionError" in caplog.text
