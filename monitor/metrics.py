"""Prometheus metrics, read from books, snapshots and the tally when somebody asks; nothing is counted per event.

Made on the hub's thread only, without a lock, and kept for a second. Label values are bounded: roles, reasons,
criteria, classes of names; never a mint. What is not measured has no metric.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from time import monotonic

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import CollectorRegistry

from core.errors import MicroError
from core.ledger.books import Books, ClosedOperation
from core.ports import Panel
from core.state.notifier import SEVERITIES
from core.types import EMERGENCIES, ExitReason, Role
from monitor.tally import Tally
from monitor.views import health, wallets
from monitor.views.sight import Sight, alerts_of

PREFIX = "micro_lightning_"
CACHED_S = 1.0
COMMANDMENTS = 5
OTHER_COSTS = ("failed_entries", "treasury", "rotation", "rent_lost")
OUTCOMES = ("filled", "failed", "expired", "refused")
REASONS_MOST = 50
"""Undecodable reasons shown by name; the programs bound them, this bounds a surprise."""


class Exposition:
    """The rendered text, by format, for up to a second."""

    def __init__(self, panel: Panel, tally: Tally, clock: Callable[[], float] = monotonic) -> None:
        self._source = _Source(panel, tally)
        self._clock = clock
        self._kept: dict[str, tuple[float, bytes]] = {}

    def render(self, accept: str) -> tuple[bytes, str]:
        """The text and its content type, in the format that `accept` asks for."""
        encode, content_type = choose_encoder(accept)
        at_s, text = self._kept.get(content_type, (float("-inf"), b""))
        if self._clock() - at_s >= CACHED_S:
            text = encode(self._source)
            self._kept[content_type] = (self._clock(), text)
        return text, content_type


class _Source:
    """Where the encoder collects from."""

    def __init__(self, panel: Panel, tally: Tally) -> None:
        self._panel, self._tally, self._past = panel, tally, _Past()
        # A registry of its own: it would register itself for the whole process otherwise.
        self._process = ProcessCollector(registry=CollectorRegistry())

    def collect(self) -> Iterator[Metric]:
        yield from self._process.collect()
        yield from _system(self._panel)
        try:
            sight = Sight(self._panel)
        except MicroError:
            return  # no books yet: the rest is not known, and zeros would lie
        self._tally.catch_up()
        yield from _money(sight)
        yield from _rules(sight)
        yield from self._past.collect(sight.books)
        yield from _counted(self._tally)


def _system(panel: Panel) -> Iterator[Metric]:
    """What is known without books."""
    actors = panel.directory.snapshots()
    text = "1 when every permanent actor is alive, the feed is fresh and the journal writes"
    yield _gauge("healthy", text, not health.reasons(panel))
    yield _gauge("uptime_seconds", "Real time since the process started", panel.uptime_s())
    feed = actors.get("feed")
    age_s = health.feed_age_s(feed)
    if age_s is not None:
        yield _gauge("feed_age_seconds", "Real time since the feed's last batch", age_s)
    depths: Counter[str] = Counter()
    late: Counter[str] = Counter()
    for actor in actors.values():
        depths[_class(actor.name)] += actor.mailbox_depth
        late[_class(actor.name)] += actor.late
    yield _gauges("mailbox_depth", "Messages that wait, by class of names", "class", depths)
    yield _gauges("actors_late", "Actors that do not answer, by class of names", "class", late)
    traffic = panel.directory.counts()
    for name, text, field in (
        ("actor_restarts", "Restarts of actors, by class of names", "restarts"),
        ("dead_letters", "Messages that nobody was there to handle, by class of the name told", "dead"),
        ("messages_handled", "Messages handled, by class of names", "handled"),
        ("messages_refused", "Messages refused because a mailbox was full, by class of names", "refused"),
        ("messages_conflated", "Market messages merged into a newer one, by class of names", "conflated"),
    ):
        yield _counters(name, text, "class", {one: getattr(counts, field) for one, counts in traffic.items()})
    yield from _feed(getattr(feed, "view", None))
    alerts = alerts_of(panel)
    if alerts is not None:
        raised = {severity: alerts.raised.get(severity, 0) for severity in SEVERITIES}
        yield _counters("alerts", "Alerts raised, by severity", "severity", raised)


def _feed(view: object) -> Iterator[Metric]:
    """Counters of the decoder, where the feed shows them."""
    for name, text in (
        ("batches", "Batches that the feed brought"),
        ("events", "Market messages decoded"),
        ("launches", "Tokens seen to begin"),
    ):
        value = getattr(view, name, None)
        if isinstance(value, int):
            yield CounterMetricFamily(f"{PREFIX}feed_{name}", text, value=value)
    kinds = getattr(view, "events_by_kind", None)
    if isinstance(kinds, Mapping):
        family = CounterMetricFamily(
            f"{PREFIX}events", "Events decoded, by program and kind", labels=("program", "kind")
        )
        for key, count in kinds.items():
            program, _, kind = str(key).partition(".")
            family.add_metric((program, kind), count)
        yield family
    reasons = getattr(view, "undecodable", None)
    if isinstance(reasons, Mapping):
        shown = dict(list(reasons.items())[:REASONS_MOST])
        rest = sum(reasons.values()) - sum(shown.values())
        shown |= {"other": rest} if rest else {}
        yield _counters("undecodable", "What could not be decoded, by reason", "reason", shown)


def _money(sight: Sight) -> Iterator[Metric]:
    books, gate = sight.books, sight.gate
    if gate.equity_lamports is not None:
        yield _gauge("equity_lamports", "All we own, open positions at sale price", gate.equity_lamports)
    yield _gauge(
        "equity_peak_lamports", "Highest equity since the start or the last resume", books.equity_peak_lamports
    )
    yield _gauge("capital_lamports", "Start capital", books.capital_lamports())
    balances = {role.value: books.balance(role) for role in Role}
    yield _gauges("wallet_balance_lamports", "Balance of each wallet", "role", balances)
    yield _gauge("psychology_fund_lamports", "What emotional accounting has put away", books.balance(Role.PSYCHOLOGY))
    yield _gauge("rent_locked_lamports", "Refundable rent", books.accounts.get("rent", 0))
    yield _gauge("fleet_health_ratio", "How well the wallets are provided for, 0 to 1", wallets.fleet(sight))
    if gate.drawdown_lamports is not None and books.equity_peak_lamports:
        share = gate.drawdown_lamports / books.equity_peak_lamports
        yield _gauge("drawdown_ratio", "Fall of equity from its peak, as a share of the peak", share)
    if gate.day_result_lamports is not None:
        loss = max(-gate.day_result_lamports, 0)
        yield _gauge("daily_loss_lamports", "Loss of the day so far, realised and open; 0 in profit", loss)
    yield _gauge("daily_loss_limit_lamports", "Loss of a day that stops entries", gate.day_limit_lamports)
    if sight.sol_usd is not None:
        yield _gauge("sol_usd", "Newest reading of SOL in USD", sight.sol_usd)


def _rules(sight: Sight) -> Iterator[Metric]:
    books, at_s = sight.books, sight.at_s
    yield _gauge("open_positions", "Open operations", len(books.operations))
    yield _gauge("orders_unsettled", "Orders without an outcome yet", len(books.orders))
    yield _gauge("entries_paused", "1 while the operator has paused entries", books.paused)
    yield _gauge("breaker_open", "1 while the circuit breaker refuses entries", sight.gate.breaker_until_s > at_s)
    cooldown_s = max(books.militia.paused_until_s - at_s, 0.0)
    yield _gauge("militia_cooldown_seconds", "Market time until the pause after losses ends", cooldown_s)
    yield _gauge("wallet_generation", "Present generation of wallets", books.generation)
    compliant = {str(one.number): one.compliant for one in sight.gate.commandments}
    yield _gauges("commandment_compliant", "1 while the commandment is kept", "commandment", compliant)
    violations = {str(number): books.violations.get(number, 0) for number in range(1, COMMANDMENTS + 1)}
    yield _counters("violations", "Violations, by commandment", "commandment", violations)


class _Past:
    """What the books keep of closed operations: complete, whatever this process has seen. Counted anew at a close."""

    def __init__(self) -> None:
        self._closed: tuple[ClosedOperation, ...] | None = None
        self._wins = self._losses = self._taxed = 0
        self._exits: Counter[str] = Counter()

    def collect(self, books: Books) -> Iterator[Metric]:
        if self._closed is not books.closed:
            self._count(books.closed)
        outcomes = {"win": self._wins, "loss": self._losses}
        yield _counters("operations", "Closed operations, by outcome", "outcome", outcomes)
        exits = self._exits + Counter(fill.reason.value for op in books.operations.values() for fill in op.exits)
        yield _counters(
            "exits", "Sales, by reason", "reason", {reason.value: exits[reason.value] for reason in ExitReason}
        )
        yield CounterMetricFamily(f"{PREFIX}rotations", "Reincarnations of the wallets", value=books.generation)
        yield CounterMetricFamily(f"{PREFIX}tax_lamports", "Put away from profits", value=self._taxed)
        accounts = sorted(books.accounts.items())
        fees = {name.removeprefix("fee:"): spent for name, spent in accounts if name.startswith("fee:")}
        others = {name: spent for name, spent in accounts if name in OTHER_COSTS}
        text = "Fees by kind; failed entries, own transfers, rotations and lost rent by name"
        yield _counters("fees_lamports", text, "kind", fees | others)

    def _count(self, closed: tuple[ClosedOperation, ...]) -> None:
        nets = [operation.net_lamports for operation in closed if not operation.outside_statistics]
        self._wins = sum(net > 0 for net in nets)
        self._losses = len(nets) - self._wins
        self._taxed = sum(operation.tax_lamports for operation in closed)
        self._exits = Counter(fill.reason.value for operation in closed for fill in operation.exits)
        self._closed = closed


def _counted(tally: Tally) -> Iterator[Metric]:
    """What only the journal says; counts since the entry at which the tally began."""
    yield _counters("orders", "Settled orders, by outcome", "outcome", {one: tally.orders[one] for one in OUTCOMES})
    fired = {trigger.value: tally.emergencies[trigger.value] for trigger in ExitReason if trigger in EMERGENCIES}
    yield _counters("emergencies", "Emergencies fired, by trigger", "trigger", fired)
    yield _tabled(
        "candidates",
        "Journaled verdicts on tokens, by stage, verdict and the criterion that decided",
        ("stage", "verdict", "criterion"),
        tally.verdicts,
    )
    yield _tabled(
        "entries",
        "The gate's answers, by verdict and the criterion that decided",
        ("verdict", "criterion"),
        tally.decisions,
    )
    yield CounterMetricFamily(f"{PREFIX}operator_acts", "Changes made by a person", value=tally.operator_acts)
    yield _gauge("tally_late", "1 when the journal could not be read for these counts", tally.late)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(PREFIX + name, text, value=value)


def _gauges(name: str, text: str, label: str, values: Mapping[str, float]) -> Metric:
    return _filled(GaugeMetricFamily(PREFIX + name, text, labels=(label,)), values.items())


def _counters(name: str, text: str, label: str, values: Mapping[str, float]) -> Metric:
    return _filled(CounterMetricFamily(PREFIX + name, text, labels=(label,)), values.items())


def _tabled(name: str, text: str, labels: Sequence[str], values: Mapping[tuple[str, ...], int]) -> Metric:
    family = CounterMetricFamily(PREFIX + name, text, labels=labels)
    for row, count in sorted(values.items()):
        family.add_metric(row, count)
    return family


def _filled(
    family: GaugeMetricFamily | CounterMetricFamily, values: Iterable[tuple[str, float]]
) -> GaugeMetricFamily | CounterMetricFamily:
    for label, value in values:
        family.add_metric((str(label),), value)
    return family


def _class(name: str) -> str:
    """The class of a name, up to the first dot: bounded."""
    return name.partition(".")[0]
