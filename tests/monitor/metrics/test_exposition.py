"""The exposition: right in both formats, bounded labels, figures that equal the books."""

import gevent
import pytest
from gevent.event import Event
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as prometheus_text

from core.measures import DECIDED_KEPT, Measures, Timings
from core.records import BreakerSet, CommandmentViolated, OperationClosed
from core.types import ExitReason, Purpose, Role
from monitor.metrics.exposition import Exposition
from monitor.metrics.sources import REASONS_MOST
from monitor.tally import Tally
from tests.monitor.house import HELD, NOW_S, REFUSED, START_S, WON, FakePanel, FeedShown, judged, order, see, sold
from tests.monitor.house import monitor as monitor_of

OPEN = "application/openmetrics-text; version=1.0.0"


def samples(panel: FakePanel) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Every sample of a fresh exposition by its name without prefix, and its labels."""
    text = monitor_of(panel).get("/metrics").text
    return {
        (sample.name.removeprefix("micro_lightning_"), tuple(sorted(sample.labels.items()))): sample.value
        for family in prometheus_text(text)
        for sample in family.samples
    }


def value(panel: FakePanel, name: str, **labels: str) -> float:
    return samples(panel)[name, tuple(sorted(labels.items()))]


def test_prometheus_text_by_default_and_openmetrics_when_asked(monitor):
    plain, asked = monitor.get("/metrics"), monitor.get("/metrics", headers={"Accept": OPEN})

    assert plain.content_type.startswith("text/plain; version=")
    assert asked.content_type.startswith("application/openmetrics-text")
    assert asked.text.endswith("# EOF\n")
    names = {family.name for family in open_metrics(asked.text)}
    assert "micro_lightning_operations" in names
    assert {family.name for family in prometheus_text(plain.text)} == names


def test_every_name_has_the_prefix_and_a_help_text(monitor):
    for family in prometheus_text(monitor.get("/metrics").text):
        assert family.name.startswith(("micro_lightning_", "process_")), family.name
        assert family.documentation


def test_no_label_names_a_token(panel, monitor):
    text = monitor.get("/metrics").text

    for mint in (WON, HELD, REFUSED):
        assert mint not in text
    assert len(samples(panel)) < 300


def test_counters_equal_what_happened(panel):
    assert value(panel, "operations_total", outcome="win") == 1
    assert value(panel, "operations_total", outcome="loss") == 0
    assert value(panel, "exits_total", reason="take_profit") == 1
    assert value(panel, "exits_total", reason="decay") == 0
    assert value(panel, "emergencies_total", trigger="creator_sell") == 1
    assert value(panel, "orders_total", outcome="filled") == 3
    assert value(panel, "tax_lamports_total") == 372_000
    assert value(panel, "fees_lamports_total", kind="protocol") == 300_000
    assert value(panel, "rotations_total") == 0
    assert value(panel, "candidates_total", stage="last", verdict="fail", criterion="honeypot") == 1
    assert value(panel, "entries_total", verdict="admitted", criterion="none") == 2
    assert value(panel, "events_total", program="pump", kind="trade") == 190
    assert value(panel, "undecodable_total", reason="pump: cut") == 2
    assert value(panel, "actor_restarts_total", **{"class": "watcher"}) == 2
    assert value(panel, "dead_letters_total", **{"class": "journal"}) == 1
    assert value(panel, "alerts_total", severity="critical") == 1


def test_times_are_spread_over_their_buckets(panel):
    panel.add(
        OperationClosed(
            at_s=NOW_S + 5,
            operation_id="op2",
            mint=HELD,
            symbol="",
            opened_at_s=START_S + 962,
            net_lamports=-1,
            cost_lamports=0,
            proceeds_lamports=0,
            reason=ExitReason.CREATOR_SELL,
        )
    )

    assert value(panel, "hold_seconds_count") == 2
    assert value(panel, "hold_seconds_sum") == 608.0 + 1_043.0
    assert value(panel, "hold_seconds_bucket", le="600") == 0
    assert value(panel, "hold_seconds_bucket", le="900") == 1
    assert value(panel, "hold_seconds_bucket", le="+Inf") == 2
    assert value(panel, "panic_exit_seconds_sum") == 15.0
    assert value(panel, "panic_exit_seconds_bucket", le="15") == 1
    assert value(panel, "panic_exit_seconds_bucket", le="10") == 0
    assert value(panel, "submit_to_confirm_seconds_count") == 3


def test_what_the_system_measures_of_itself_is_shown_where_it_is_measured(panel):
    timings = Timings()
    timings.decided("entry.op9.1", 10.0)
    timings.submitted("entry.op9.1", 10.004)
    timings.submitted("entry.op9.1", 12.0)
    timings.commit.add(0.3)
    timings.decode.add(0.00002)
    panel.measured = Measures(
        timings=timings, disk_free_bytes=1_000, differences=2, backup_every_s=86_400.0, backup_age_s=12.5
    )

    assert value(panel, "decision_to_submit_seconds_bucket", le="0.005") == 1
    assert value(panel, "decision_to_submit_seconds_count") == 1
    assert value(panel, "journal_commit_seconds_bucket", le="0.25") == 0
    assert value(panel, "journal_commit_seconds_bucket", le="0.5") == 1
    assert value(panel, "decode_seconds_count") == 1
    assert value(panel, "disk_free_bytes") == 1_000
    assert (value(panel, "backup_every_seconds"), value(panel, "backup_age_seconds")) == (86_400.0, 12.5)
    assert value(panel, "books_differ") == 2


def test_what_is_not_measured_here_has_no_metric(panel):
    panel.measured = Measures(timings=Timings())

    assert not {name for name, _ in samples(panel)} & {
        *("disk_free_bytes", "books_differ"),
        *("backup_every_seconds", "backup_age_seconds"),
    }


def test_a_decision_that_never_reached_the_venue_is_forgotten():
    timings = Timings()
    for number in range(DECIDED_KEPT + 1):
        timings.decided(f"entry.op{number}.1", 0.0)

    timings.submitted("entry.op0.1", 1.0)
    timings.submitted("entry.op1.1", 1.0)

    assert timings.decision_to_submit.total == 1.0


def test_slippage_is_what_a_fill_brought_less_than_its_quote(panel):
    quoted = order(Purpose.EXIT, HELD, "op2", id="exit.op2.9", tokens=10, quoted=100_000, reason=ExitReason.DECAY)
    panel.add(*sold(quoted, NOW_S + 1, tokens=10, quote_lamports=235_000))

    assert value(panel, "slippage_ratio_count") == 1
    assert value(panel, "slippage_ratio_sum") == pytest.approx(0.1)


def test_gauges_equal_the_books(panel):
    books = panel.books()

    for role in Role:
        assert value(panel, "wallet_balance_lamports", role=role.value) == books.balance(role)
    assert value(panel, "psychology_fund_lamports") == books.balance(Role.PSYCHOLOGY)
    assert value(panel, "rent_locked_lamports") == 2_039_280
    assert value(panel, "open_positions") == 1
    assert value(panel, "equity_lamports") == monitor_of(panel).get("/status").get_json()["equity_lamports"]
    assert value(panel, "daily_loss_lamports") == 0
    assert value(panel, "feed_age_seconds") == 0.4
    assert value(panel, "mailbox_depth", **{"class": "wallet"}) == 10
    assert value(panel, "healthy") == 1
    assert value(panel, "sol_usd") == 150


def test_rules_show_when_they_bite(panel):
    panel.add(
        BreakerSet(at_s=NOW_S, until_s=NOW_S + 60, why="x", by="me"),
        CommandmentViolated(at_s=NOW_S, commandment=1, operation_id="op2", detail="late"),
    )
    see(panel, "executor", late=True)

    assert value(panel, "breaker_open") == 1
    assert value(panel, "violations_total", commandment="1") == 1
    assert value(panel, "violations_total", commandment="5") == 0
    assert value(panel, "healthy") == 0
    assert value(panel, "actors_late", **{"class": "executor"}) == 1


def test_every_trigger_and_reason_stands_there_from_the_start(panel):
    reasons = {dict(labels)["reason"] for name, labels in samples(panel) if name == "exits_total"}

    assert reasons == {reason.value for reason in ExitReason}
    assert value(panel, "emergencies_total", trigger="honeypot") == 0


def test_without_books_only_what_is_known_is_exposed(panel):
    panel.closed = True

    found = samples(panel)

    assert ("healthy", ()) in found
    assert ("equity_lamports", ()) not in found


def test_what_no_view_shows_has_no_metric(panel):
    see(panel, "feed", view=None)
    see(panel, "notifier", view=None)

    names = {name for name, _ in samples(panel)}

    assert not names & {"events_total", "undecodable_total", "alerts_total"}


def test_reasons_are_bounded_and_none_is_lost(panel):
    many = {f"pump: {number}": 1 for number in range(REASONS_MOST + 20)}
    see(panel, "feed", view=FeedShown(undecodable=many, events_by_kind={}))

    shown = {labels: count for (name, labels), count in samples(panel).items() if name == "undecodable_total"}

    assert len(shown) == REASONS_MOST + 1
    assert sum(shown.values()) == REASONS_MOST + 20


def test_a_journal_that_cannot_be_read_is_marked_and_the_rest_goes_on(panel):
    panel.unreadable = True

    assert value(panel, "tally_late") == 1
    assert value(panel, "operations_total", outcome="win") == 1


def test_timers_run_while_the_text_is_made(panel):
    fired = Event()
    gevent.spawn_later(0.0, fired.set)

    Exposition(panel, Tally(panel)).render("")

    assert fired.is_set()


def test_two_who_ask_at_once_get_one_text(panel):
    exposition = Exposition(panel, Tally(panel), clock=lambda: 0.0)

    texts = [gevent.spawn(exposition.render, "") for _ in range(2)]

    first, second = (text.get() for text in texts)
    assert first[0] is second[0]


def test_the_text_is_kept_for_a_second(panel):
    now = [0.0]
    exposition = Exposition(panel, Tally(panel), lambda: now[0])
    first, _ = exposition.render("")
    panel.add(judged(WON, "X", NOW_S, "change"))

    now[0] = 0.9
    assert exposition.render("")[0] == first
    now[0] = 1.0
    assert exposition.render("")[0] != first


@pytest.mark.parametrize("accept", ["", "*/*", "nonsense;;;q=,,", OPEN + ";escaping=x", "text/plain;version=9"])
def test_any_accept_header_is_answered(monitor, accept):
    assert monitor.get("/metrics", headers={"Accept": accept}).status_code == 200
