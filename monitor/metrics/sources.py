"""Where each metric comes from: actors' snapshots, the books' money and rules, the tally of the journal."""

from collections.abc import Iterator, Mapping

from prometheus_client.core import Metric

from core.notify.chat import TelegramView
from core.notify.outbox import NotificationsView
from core.ports import Panel
from core.state.notifier import SEVERITIES
from core.types import EMERGENCIES, ExitReason, Role
from monitor.metrics.families import counter, counters, gauge, gauges, histogram, table
from monitor.tally import Tally
from monitor.views import health, wallets
from monitor.views.sight import Sight, alerts_of

COMMANDMENTS = 5
OUTCOMES = ("filled", "failed", "expired", "refused")
REASONS_MOST = 50
"""Undecodable reasons shown by name; the programs bound them, this bounds a surprise."""
TRAFFIC = (
    ("actor_restarts", "Restarts of actors, by class of names", "restarts"),
    ("dead_letters", "Messages that nobody was there to handle, by class of the name told", "dead"),
    ("messages_handled", "Messages handled, by class of names", "handled"),
    ("messages_refused", "Messages refused because a mailbox was full, by class of names", "refused"),
    ("messages_conflated", "Market messages merged into a newer one, by class of names", "conflated"),
)


def of_actors(panel: Panel) -> Iterator[Metric]:
    """What is known without books."""
    text = "1 when every permanent actor is alive, the feed is fresh and the journal writes"
    yield gauge("healthy", text, not health.reasons(panel))
    yield gauge("uptime_seconds", "Real time since the process started", panel.uptime_s())
    crowds = panel.directory.crowds()
    depths = {one: float(crowd.waiting) for one, crowd in crowds.items()}
    yield gauges("mailbox_depth", "Messages that wait, by class of names", "class", depths)
    late = {one: float(crowd.late) for one, crowd in crowds.items()}
    yield gauges("actors_late", "Actors that do not answer, by class of names", "class", late)
    traffic = panel.directory.counts()
    for name, text, field in TRAFFIC:
        yield counters(name, text, "class", {one: getattr(counts, field) for one, counts in traffic.items()})
    feed, journal = panel.directory.snapshot("feed"), panel.directory.snapshot("journal")
    age_s = health.feed_age_s(feed)
    if age_s is not None:
        yield gauge("feed_age_seconds", "Real time since the feed's last batch", age_s)
    yield from _feed(feed.view if feed is not None else None)
    yield from _journal(journal.view if journal is not None else None)
    alerts = alerts_of(panel)
    if alerts is not None:
        raised = {severity: alerts.raised.get(severity, 0) for severity in SEVERITIES}
        yield counters("alerts", "Alerts raised, by severity", "severity", raised)
    notifications = panel.directory.snapshot("notifications")
    view = notifications.view if notifications is not None else None
    if isinstance(view, NotificationsView):
        yield from _notifications(view)
    telegram = panel.directory.snapshot("telegram")
    talked = telegram.view if telegram is not None else None
    if isinstance(talked, TelegramView):
        outcomes = ("done", "refused", "strangers", "stale")
        counts = {one: float(getattr(talked, one)) for one in outcomes}
        yield counters("telegram_messages", "Commands by Telegram, by what became of them", "outcome", counts)
        yield counter("telegram_failures", "Calls of the Bot API that failed", talked.failures)


def _notifications(view: NotificationsView) -> Iterator[Metric]:
    """By outcome, over all addresses; what is wrong with each stands under /actors/notifications."""
    outcomes = ("sent", "failed", "repeated", "held_back", "lost")
    counts = {one: float(sum(getattr(channel, one) for channel in view.channels)) for one in outcomes}
    yield counters("notifications", "Messages to a person, by outcome; failed counts tries", "outcome", counts)
    waiting = sum(channel.waiting for channel in view.channels)
    yield gauge("notifications_waiting", "Messages to a person that wait to go out", waiting)


def _feed(view: object) -> Iterator[Metric]:
    """Counters of the decoder, where the feed shows them."""
    for name, text in (
        ("batches", "Batches that the feed brought"),
        ("events", "Market messages decoded"),
        ("launches", "Tokens seen to begin"),
    ):
        value = getattr(view, name, None)
        if isinstance(value, int):
            yield counter(f"feed_{name}", text, value)
    kinds = getattr(view, "events_by_kind", None)
    if isinstance(kinds, Mapping):
        rows: dict[tuple[str, ...], float] = {
            tuple(str(name).split(".", 1)): count for name, count in kinds.items() if "." in str(name)
        }
        yield table("events", "Events decoded, by program and kind", ("program", "kind"), rows)
    reasons = getattr(view, "undecodable", None)
    if isinstance(reasons, Mapping):
        shown = dict(list(reasons.items())[:REASONS_MOST])
        rest = sum(reasons.values()) - sum(shown.values())
        shown |= {"other": rest} if rest else {}
        yield counters("undecodable", "What could not be decoded, by reason", "reason", shown)


def _journal(view: object) -> Iterator[Metric]:
    """What waits for the disk, where the journal shows it."""
    waiting = getattr(view, "waiting", None)
    if isinstance(waiting, int):
        yield gauge("journal_waiting", "Durable appends not yet on disk", waiting)


def of_money(sight: Sight) -> Iterator[Metric]:
    books, gate = sight.books, sight.gate
    if gate.equity_lamports is not None:
        yield gauge("equity_lamports", "All we own, open positions at sale price", gate.equity_lamports)
    yield gauge("equity_peak_lamports", "Highest equity since start or resume", books.equity_peak_lamports)
    yield gauge("capital_lamports", "Start capital", books.capital_lamports())
    balances = {role.value: books.balance(role) for role in Role}
    yield gauges("wallet_balance_lamports", "Balance of each wallet", "role", balances)
    yield gauge("psychology_fund_lamports", "What emotional accounting has put away", books.balance(Role.PSYCHOLOGY))
    yield gauge("rent_locked_lamports", "Refundable rent", books.accounts.get("rent", 0))
    yield gauge("fleet_health_ratio", "How well the wallets are provided for, 0 to 1", wallets.fleet(sight))
    if gate.drawdown_lamports is not None and books.equity_peak_lamports:
        share = gate.drawdown_lamports / books.equity_peak_lamports
        yield gauge("drawdown_ratio", "Fall of equity from its peak, as a share of the peak", share)
    if gate.day_result_lamports is not None:
        loss = max(-gate.day_result_lamports, 0)
        yield gauge("daily_loss_lamports", "Loss of the day so far, realised and open; 0 in profit", loss)
    yield gauge("daily_loss_limit_lamports", "Loss of a day that stops entries", gate.day_limit_lamports)
    if sight.sol_usd is not None:
        yield gauge("sol_usd", "Newest reading of SOL in USD", sight.sol_usd)


def of_rules(sight: Sight) -> Iterator[Metric]:
    books, at_s = sight.books, sight.at_s
    yield gauge("open_positions", "Open operations", len(books.operations))
    yield gauge("orders_unsettled", "Orders without an outcome yet", len(books.orders))
    yield gauge("entries_paused", "1 while the operator has paused entries", books.paused)
    yield gauge("breaker_open", "1 while the circuit breaker refuses entries", sight.gate.breaker_until_s > at_s)
    cooldown_s = max(books.militia.paused_until_s - at_s, 0.0)
    yield gauge("militia_cooldown_seconds", "Market time until the pause after losses ends", cooldown_s)
    yield gauge("wallet_generation", "Present generation of wallets", books.generation)
    compliant = {str(one.number): float(one.compliant) for one in sight.gate.commandments}
    yield gauges("commandment_compliant", "1 while the commandment is kept", "commandment", compliant)
    violations = {str(number): books.violations.get(number, 0) for number in range(1, COMMANDMENTS + 1)}
    yield counters("violations", "Violations, by commandment", "commandment", violations)


def of_measures(panel: Panel) -> Iterator[Metric]:
    """What the system measures of itself; what it cannot measure here has no metric."""
    measures = panel.measures()
    timings = measures.timings
    text = "From the message that was decided on to the first sending of its order, real time"
    yield histogram("decision_to_submit_seconds", text, timings.decision_to_submit)
    yield histogram("journal_commit_seconds", "A durable append to the journal, real time", timings.commit)
    text = "One batch of transactions decoded and routed, real time"
    yield histogram("decode_seconds", text, timings.decode)
    for name, text, figure in (
        ("disk_free_bytes", "Free on the disk of the state directory", measures.disk_free_bytes),
        ("books_differ", "Findings of the last comparison of book and chain", measures.differences),
        ("backup_every_seconds", "Between two backups by the process itself, real time", measures.backup_every_s),
        ("backup_age_seconds", "Of the newest backup; of the process where there is none", measures.backup_age_s),
    ):
        if figure is not None:
            yield gauge(name, text, figure)


def of_tally(tally: Tally) -> Iterator[Metric]:
    """What only the journal says; counts since the entry at which the tally began."""
    yield counters("orders", "Settled orders, by outcome", "outcome", {one: tally.orders[one] for one in OUTCOMES})
    fired = {trigger.value: tally.emergencies[trigger.value] for trigger in ExitReason if trigger in EMERGENCIES}
    yield counters("emergencies", "Emergencies fired, by trigger", "trigger", fired)
    text = "Journaled verdicts on tokens, by stage, verdict and the criterion that decided"
    yield table("candidates", text, ("stage", "verdict", "criterion"), tally.verdicts)
    text = "The gate's answers, by verdict and the criterion that decided"
    yield table("entries", text, ("verdict", "criterion"), tally.decisions)
    yield histogram("submit_to_confirm_seconds", "From signing to the block, market time", tally.landing)
    text = "What a fill brought less than its quote, as a share of the quote; 0 where it brought more"
    yield histogram("slippage_ratio", text, tally.slippage)
    yield histogram("panic_exit_seconds", "From an emergency to its operation's close, market time", tally.panic)
    yield counter("operator_acts", "Changes made by a person", tally.operator_acts)
    yield gauge("tally_late", "1 when the journal could not be read for these counts", tally.late)
