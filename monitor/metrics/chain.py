"""Metrics of a live chain: calls to its nodes, how far they are behind, whether the programs still take our trades.

Absent where no chain is asked: a recording and the embedded market have no nodes.
"""

from collections.abc import Iterator, Mapping

from prometheus_client.core import Metric

from core.ports import Panel
from core.rules.verdict import Outcome
from monitor.metrics.families import gauge, gauges, table

NODES = "keeper.slots"
"""The actor that shows the nodes."""


def of_chain(panel: Panel) -> Iterator[Metric]:
    canary = panel.market.canary
    if canary is not None:
        text = "1 at what the program canary last came to: pass, fail or unknown"
        yield gauges("program_canary", text, "outcome", {str(one): canary.outcome is one for one in Outcome})
    keeper = panel.directory.snapshot(NODES)
    nodes = getattr(getattr(keeper, "view", None), "value", None)
    calls = getattr(nodes, "calls", None)
    if isinstance(calls, Mapping):
        rows: dict[tuple[str, ...], float] = {
            (method, outcome): count for method, by_outcome in calls.items() for outcome, count in by_outcome.items()
        }
        yield table("rpc_calls", "Calls to nodes, by method and outcome", ("method", "outcome"), rows)
    endpoints = list(getattr(nodes, "endpoints", None) or ())
    behind = [one.slots_behind for one in endpoints if one.slots_behind is not None]
    if behind:
        yield gauge("slot_lag", "Slots that the best node is behind the newest known slot", min(behind))
    if endpoints:
        text = "Nodes left alone for a while because they failed or asked for patience"
        yield gauge("rpc_circuits_open", text, sum(one.is_open for one in endpoints))
