"""What a live chain shows: calls, lag, circuits, canary; and nothing of it where no chain is asked."""

import msgspec
from msgspec.structs import replace

from actors.adapters.chain.keepers import NodesView
from actors.adapters.rpc.endpoint import Health
from actors.keeper import KeeperView
from core.rules.canary import Canary
from core.rules.verdict import Outcome
from monitor.metrics.chain import NODES
from tests.monitor.house import FakePanel
from tests.monitor.metrics.test_exposition import samples


def health(behind: int | None, *, is_open: bool = False) -> Health:
    return Health(
        address="https://node.example", is_open=is_open, success=1.0, latency_s=0.02, slot=7, slots_behind=behind,
        calls=3, last_error="",
    )  # fmt: skip


def asking(panel: FakePanel, *endpoints: Health) -> FakePanel:
    nodes = NodesView(
        endpoints=endpoints, newest_slot=9, calls={"getSlot": {"ok": 5, "timeout": 1}, "sendTransaction": {"ok": 2}}
    )
    view = KeeperView(readings=1, failures=0, age_s=0.5, last_error="", value=nodes)
    actors = panel.directory.actors
    actors[NODES] = replace(next(iter(actors.values())), name=NODES, view=view)
    assert msgspec.json.encode(view)
    return panel


def test_calls_lag_and_circuits_are_shown(panel):
    shown = samples(asking(panel, health(40, is_open=True), health(2), health(None)))

    assert shown["rpc_calls_total", (("method", "getSlot"), ("outcome", "timeout"))] == 1.0
    assert shown["rpc_calls_total", (("method", "sendTransaction"), ("outcome", "ok"))] == 2.0
    assert shown["slot_lag", ()] == 2.0
    assert shown["rpc_circuits_open", ()] == 1.0


def test_the_canary_is_shown_by_outcome(panel):
    panel.market.canary = Canary(0.0, Outcome.FAIL, "an upgrade")
    shown = samples(panel)

    by_outcome = {labels[0][1]: value for (name, labels), value in shown.items() if name == "program_canary"}
    assert by_outcome == {"pass": 0.0, "fail": 1.0, "unknown": 0.0}


def test_without_a_chain_nothing_of_it_is_claimed(panel):
    names = {name for name, _ in samples(panel)}
    assert names.isdisjoint({"rpc_calls_total", "slot_lag", "rpc_circuits_open", "program_canary"})
