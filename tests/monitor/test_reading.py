"""What the paths answer. The house's tokens are named by a stranger: markup, an escape sequence, a bidi override."""

import re

import pytest

from core.records import BreakerSet, EntriesPaused
from core.snapshots import ActorState
from core.types import Role
from tests.monitor.house import (
    HELD,
    NASTY,
    NOW_S,
    READ,
    REFUSED,
    START_S,
    UNKNOWN,
    WON,
    FeedShown,
    JournalShown,
    decided,
    judged,
    see,
)

LISTS = ("/commandments", "/alerts", "/actors", "/positions", "/operations", "/candidates", "/ledger", "/wallets")
PATHS = (*LISTS, "/health", "/status", "/metrics", "/emergency", "/actors/journal", "/actors/dump")
ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z")


@pytest.mark.parametrize("path", PATHS)
def test_every_path_answers_on_both_ports(monitor, control, path):
    assert monitor.get(path).status_code == 200
    assert control.get(path, headers=READ).status_code == 200


@pytest.mark.parametrize("path", LISTS)
def test_a_list_has_items_and_next(monitor, path):
    shown = monitor.get(path).get_json()

    assert set(shown) == {"items", "next"}
    assert isinstance(shown["items"], list)
    assert shown["items"]


def moments(shown: object):
    """Every value under a name that ends in `_at`, `at`, `since` or `until`."""
    if isinstance(shown, dict):
        for name, value in shown.items():
            if name in {"at", "since", "until"} or name.endswith(("_at", "_until")):
                yield name, value
            yield from moments(value)
    elif isinstance(shown, list):
        for value in shown:
            yield from moments(value)


@pytest.mark.parametrize("path", [path for path in PATHS if path != "/metrics"])
def test_every_moment_is_iso_utc_or_null(monitor, path):
    for name, value in moments(monitor.get(path).get_json()):
        assert value is None or ISO.fullmatch(value), name


@pytest.mark.parametrize("path", PATHS)
def test_a_strangers_text_carries_no_control_or_bidi_character(monitor, path):
    text = monitor.get(path).text

    assert "\x1b" not in text
    assert "\u202e" not in text


def test_health_is_200_when_all_is_well(monitor):
    answer = monitor.get("/health")

    assert answer.get_json() == {"status": "ok", "reasons": [], "mode": "paper", "uptime_s": 61.5}


@pytest.mark.parametrize(
    ("name", "changes", "reason"),
    [
        ("miner", {"state": ActorState.RESTARTING}, "miner is restarting"),
        ("miner", {"state": ActorState.DEAD}, "miner is dead"),
        ("executor", {"late": True}, "executor is late: it does not answer"),
        ("feed", {"view": FeedShown(undecodable={}, events_by_kind={}, age_s=31.0)}, "the feed is silent for 31 s"),
        (
            "feed",
            {"view": FeedShown(undecodable={}, events_by_kind={}, age_s=None)},
            "the feed has not brought anything yet",
        ),
        ("journal", {"view": JournalShown(failure="disk full")}, "the journal does not write: disk full"),
        (
            "journal",
            {"view": JournalShown(oldest_wait_s=11.0)},
            "the journal does not write: something has waited for 11 s",
        ),
    ],
)
def test_health_is_503_with_the_reason(panel, monitor, name, changes, reason):
    see(panel, name, **changes)

    answer = monitor.get("/health")

    assert answer.status_code == 503
    assert answer.get_json()["reasons"] == [reason]


def test_health_names_a_permanent_actor_that_was_never_started(panel, monitor):
    del panel.directory.actors["treasurer"]

    assert monitor.get("/health").get_json()["reasons"] == ["treasurer was never started"]


def test_a_watcher_that_restarts_and_a_recording_that_ended_are_no_illness(panel, monitor):
    see(panel, f"watcher.{REFUSED}", state=ActorState.RESTARTING)
    see(panel, "feed", view=FeedShown(undecodable={}, events_by_kind={}, age_s=500.0, ended=True))

    assert monitor.get("/health").status_code == 200


def test_health_answers_while_there_are_no_books(panel, monitor):
    panel.closed = True

    assert monitor.get("/health").status_code == 200


@pytest.mark.parametrize("path", ["/status", "/positions", "/operations", "/wallets", "/commandments", "/emergency"])
def test_what_needs_the_books_is_503_while_there_are_none(panel, monitor, path):
    panel.closed = True

    answer = monitor.get(path, headers={"Accept": "application/json"})

    assert answer.status_code == 503
    assert answer.get_json()["detail"] == "the books are not open: the journal has not begun"
    assert answer.headers["Retry-After"] == "1"


def test_status_tells_money_positions_today_and_performance(monitor):
    shown = monitor.get("/status").get_json()

    assert shown["mode"] == "paper"
    assert shown["at"] == "2026-01-01T00:33:20Z"
    assert sum(wallet["balance_lamports"] for wallet in shown["wallets"]) == 133_333_333 + 3_720_000 - 10_169_280
    assert shown["equity_lamports"] == 133_333_333 + 3_720_000 - 8_130_000 + shown["positions"][0]["sale_lamports"]
    assert shown["equity_usd"] == round(shown["equity_lamports"] * 150 / 1e9, 2)
    assert shown["today"]["operations"] == shown["today"]["wins"] == 1
    assert shown["today"]["realised_lamports"] == 3_720_000
    assert shown["performance"]["figures"]["win_rate"] == 1.0
    met = {target["name"]: target["met"] for target in shown["performance"]["targets"]}
    assert met["win_rate"] is True
    assert met["mean_net_usd"] is False
    assert shown["entries"]["open"] is False
    assert [one["criterion"] for one in shown["entries"]["against"]] == ["room"]


def test_status_says_paused_and_breaker(panel, monitor):
    panel.add(
        EntriesPaused(at_s=NOW_S, by="me", why=NASTY), BreakerSet(at_s=NOW_S, until_s=NOW_S + 60, why="two", by="me")
    )

    shown = monitor.get("/status").get_json()

    assert shown["entries"]["paused"] is True
    assert shown["breaker"] == {"open": True, "until": "2026-01-01T00:34:20Z", "why": "two"}


def test_a_position_shows_its_window_next_exits_and_worth(monitor):
    (shown,) = monitor.get("/positions").get_json()["items"]

    assert (shown["id"], shown["mint"], shown["window"], shown["urgency"]) == ("op2", HELD, "decay", "low")
    assert shown["opened_at"] == "2026-01-01T00:16:02Z"
    assert shown["expires_at"] == "2026-01-01T01:11:02Z"
    assert shown["next_exits"][0]["at"] == "2026-01-01T00:36:02Z"
    assert sum(step["tokens"] for step in shown["next_exits"]) == shown["tokens"] == 150_000_000_000
    assert shown["panic"] == "creator_sell"
    assert shown["sale_lamports"] < shown["cost_lamports"]
    assert shown["gain_bps"] < 0


def test_one_position_has_its_own_path_and_an_unknown_mint_none(monitor):
    assert monitor.get(f"/positions/{HELD}").get_json()["id"] == "op2"
    assert monitor.get(f"/positions/{WON}").status_code == 404


def test_an_operation_is_listed_with_its_exits_and_reasons(monitor):
    opened, closed = monitor.get("/operations").get_json()["items"]

    assert opened["id"] == "op2"
    assert opened["closed_at"] is None
    assert closed["id"] == "op1"
    assert closed["mint"] == WON
    assert closed["opened_at"] == "2026-01-01T00:01:32Z"
    assert closed["closed_at"] == "2026-01-01T00:11:40Z"
    assert closed["net_lamports"] == 3_720_000
    assert closed["tax_lamports"] == 372_000
    assert [fill["reason"] for fill in closed["exits"]] == ["take_profit"]
    assert monitor.get("/operations/op1").get_json() == closed
    assert monitor.get("/operations/op9").status_code == 404


def test_lists_filter_and_page(monitor):
    def ids(path: str):
        return [item["id"] for item in monitor.get(path).get_json()["items"]]

    assert ids("/operations?state=closed") == ["op1"]
    assert ids(f"/operations?mint={HELD}") == ["op2"]
    first = monitor.get("/operations?limit=1").get_json()
    assert [item["id"] for item in first["items"]] == ["op2"]
    second = monitor.get(f"/operations?limit=1&cursor={first['next']}").get_json()
    assert [item["id"] for item in second["items"]] == ["op1"]
    assert second["next"] is None


def test_the_ledger_pages_without_gap_or_repeat(panel, monitor):
    seen: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        page = monitor.get(f"/ledger?limit=5{f'&cursor={cursor}' if cursor else ''}").get_json()
        seen += [item["seq"] for item in page["items"]]
        cursor = page["next"]

    assert seen == list(range(len(panel.records), 0, -1))


def test_an_entry_shows_how_it_was_written_beside_its_records_own_fields(monitor):
    (started,) = monitor.get("/ledger?kind=run_started").get_json()["items"]

    assert (started["schema"], started["version"]) == (1, "test")


def test_the_ledger_filters_by_kind_and_mint(monitor):
    shown = monitor.get(f"/ledger?kind=candidate_judged&mint={REFUSED}").get_json()["items"]

    assert [item["stage"] for item in shown] == ["last", "first"]
    assert {item["kind"] for item in shown} == {"candidate_judged"}


def test_a_journal_that_cannot_be_read_is_503_and_not_500(panel, monitor):
    panel.unreadable = True

    assert monitor.get("/ledger").status_code == 503
    assert monitor.get("/candidates").status_code == 200


def test_candidates_say_why_each_was_taken_or_refused_and_what_came_later(monitor):
    held, refused, won = monitor.get("/candidates").get_json()["items"]

    assert (held["mint"], held["fate"], won["fate"]) == (HELD, "taken", "taken")
    assert refused["fate"] == "refused"
    assert refused["decided_by"] == "honeypot"
    assert refused["against"] == ["honeypot"]
    assert refused["later"] == [{"after_s": 300, "price_lamports": 1e-05, "change_share": -0.8}]
    assert won["gate"]["admitted"] is True


def test_candidates_filter_by_fate_criterion_and_mint_and_page(monitor):
    def mints(query: str):
        return [item["mint"] for item in monitor.get(f"/candidates?{query}").get_json()["items"]]

    assert mints("fate=refused") == mints("criterion=honeypot") == mints(f"mint={REFUSED}") == [REFUSED]
    first = monitor.get("/candidates?limit=2").get_json()
    assert [item["mint"] for item in first["items"]] == [HELD, REFUSED]
    assert mints(f"cursor={first['next']}") == [WON]


def test_candidates_follow_the_journal(panel, monitor):
    monitor.get("/candidates")
    panel.add(judged(UNKNOWN, "NEW", NOW_S, "first"), decided(UNKNOWN, NOW_S, admitted=False))

    newest = monitor.get("/candidates?limit=1").get_json()["items"][0]

    assert newest["mint"] == UNKNOWN
    assert newest["fate"] == "watched"
    assert newest["gate"]["against"][0]["criterion"] == "room"


def test_the_five_commandments_are_answered_in_order(monitor):
    items = monitor.get("/commandments").get_json()["items"]

    assert [item["number"] for item in items] == [1, 2, 3, 4, 5]
    assert all(item["compliant"] is True and item["violations"] == 0 for item in items)
    assert {"name", "rule", "state", "since", "next_change_at", "entries_open", "refused"} <= set(items[0])


def test_the_wallets_sum_up_and_say_what_they_may_spend(monitor):
    items = monitor.get("/wallets").get_json()["items"]

    assert [item["role"] for item in items] == [role.value for role in Role]
    assert items[0]["operations_used"] == 2
    assert items[0]["operations_allowed"] == 3
    assert items[0]["rent_locked_lamports"] == 2_039_280
    assert all(0 <= item["spendable_lamports"] <= item["balance_lamports"] for item in items)


def test_alerts_are_newest_first_and_filtered(monitor):
    items = monitor.get("/alerts").get_json()["items"]

    assert [item["severity"] for item in items] == ["critical", "warning", "info"]
    assert [item["id"] for item in monitor.get("/alerts?severity=warning").get_json()["items"]] == [2]
    assert monitor.get("/alerts?acknowledged=true").get_json()["items"] == []
    assert [item["id"] for item in monitor.get("/alerts?cursor=3&limit=1").get_json()["items"]] == [2]


def test_alerts_are_503_while_the_notifier_is_down(panel, monitor):
    see(panel, "notifier", view=None, state=ActorState.RESTARTING)

    assert monitor.get("/alerts").status_code == 503


def test_the_emergency_page_names_all_eight_triggers_and_the_last_firings(monitor):
    shown = monitor.get("/emergency").get_json()

    assert [one["trigger"] for one in shown["triggers"]] == [
        "creator_sell",
        "liquidity_drop",
        "time_exceeded",
        "massive_dump",
        "honeypot",
        "network_congestion",
        "risk_limit",
        "operator",
    ]
    slippage = {one["trigger"]: one["slippage_bps"] for one in shown["triggers"]}
    assert slippage["creator_sell"] == 5_000
    assert slippage["honeypot"] == 7_000
    assert slippage["operator"] == 6_000
    assert [one["trigger"] for one in shown["last"]] == ["creator_sell"]
    assert [one["id"] for one in shown["panicking"]] == ["op2"]
    assert shown["breaker"]["open"] is False


def test_actors_stand_in_tree_order(monitor):
    items = monitor.get("/actors").get_json()["items"]

    depth = {item["name"]: item["depth"] for item in items}
    order = [item["name"] for item in items]
    assert (depth["root"], depth["trading"], depth["journal"]) == (0, 1, 2)
    for item in items:
        assert not item["parent"] or order.index(item["parent"]) < order.index(item["name"])


def test_a_hung_actor_shows_as_late_with_200(panel, monitor):
    see(panel, "executor", late=True)

    assert monitor.get("/actors/executor?live=1").get_json()["late"] is True
    assert monitor.get("/actors?live=1").status_code == 200
    assert panel.directory.live_asked


def test_actors_filter_by_class_and_state_and_an_unknown_name_is_404(panel, monitor):
    see(panel, "miner", state=ActorState.DEAD)

    assert len(monitor.get("/actors?class=wallet").get_json()["items"]) == 5
    assert [item["name"] for item in monitor.get("/actors?state=dead").get_json()["items"]] == ["miner"]
    assert monitor.get("/actors/nobody").status_code == 404


def test_an_actor_that_shows_nothing_or_something_odd_is_answered_all_the_same(panel, monitor):
    see(panel, "commandments", view="cannot be shown: KeyError('x')")
    see(panel, "wallet.lightning", view=None, state=ActorState.DEAD)

    assert monitor.get("/commandments").get_json()["items"][0]["compliant"] is True
    assert monitor.get("/wallets").get_json()["items"][0]["balance_lamports"] > 0
    assert monitor.get("/status").status_code == 200


def test_the_times_of_the_house_are_market_time(monitor):
    assert monitor.get("/status").get_json()["positions"][0]["held_s"] == NOW_S - (START_S + 962)
