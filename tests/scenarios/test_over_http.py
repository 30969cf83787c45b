"""The whole desk over real HTTP: an operator's emergency, and the commandments as a browser and Prometheus see them."""

from http import HTTPStatus
from pathlib import Path

from core.market.simulator.scripts import Completed, Plant, PriceTo, Since
from core.records import EmergencyFired, EntryDecided, OperationClosed, OperatorActed, RotationStarted
from core.types import ExitReason
from tests.scenarios.stage import assert_panic_exit, script, scripted
from tests.scenarios.street import Street


def slump(at_s: float) -> Plant:
    """Falls by 30 % once we hold it: the stop loss sells."""
    return Plant(at_s=at_s, steps=(Completed(after_s=55.0), PriceTo(after_s=20.0, since=Since.OUR_BUY, to=11.2)))


def test_an_operators_emergency_by_http_is_a_complete_panic_exit(tmp_path: Path):
    with Street(tmp_path, script()) as street:
        street.until(lambda s: s.books.operations, most_s=900.0).run(5.0)
        (operation,) = street.books.operations.values()
        shown = street.get("/emergency")
        assert (shown["last"], shown["panicking"]) == ([], [])

        status, answer = street.post("/emergency", {"action": "exit", "mint": operation.mint, "why": "rehearsal"})
        assert (status, answer.get("accepted", answer)) == (HTTPStatus.ACCEPTED, True)
        street.until(lambda s: s.books.closed, most_s=60.0).run(2.0)

        closed = assert_panic_exit(street, ExitReason.OPERATOR)
        (fired,) = street.of(EmergencyFired)
        assert (fired.slippage_bps, fired.mint) == (6_000, operation.mint)
        (acted,) = street.of(OperatorActed)
        assert "rehearsal" in acted.why
        assert street.get("/emergency")["flagged_tokens"] == 1
        assert street.get("/ledger?kind=emergency_fired")["items"][0]["seq"] > 0
        assert {alert["key"] for alert in street.get("/alerts")["items"]} >= {"emergency_operator", "panic_exit_done"}
        assert street.metric("emergencies_total", trigger="operator") == 1
        assert closed.panic is ExitReason.OPERATOR


def test_three_losses_are_refused_by_two_commandments_at_every_door(tmp_path: Path):
    """After the third: militia pauses, and the wallets reincarnate."""
    still_bought = Plant(at_s=415.0, steps=(PriceTo(after_s=64.0, to=7.5, over_s=400.0),))
    with Street(tmp_path, scripted(slump(5.0), slump(205.0), slump(405.0), still_bought)) as street:
        street.until(lambda s: len(s.books.closed) == 3, most_s=1_200.0)
        street.until(lambda s: s.of(RotationStarted), most_s=30.0)
        open_by_number = {item["number"]: item["entries_open"] for item in street.get("/commandments")["items"]}
        assert open_by_number == {1: True, 2: False, 3: False, 4: True, 5: True}
        street.run(90.0)

        assert [record.net_lamports < 0 for record in street.of(OperationClosed)] == [True] * 3
        refused = [record for record in street.of(EntryDecided) if not record.admitted]
        assert any(v.criterion == "militia" and not v.ok for record in refused for v in record.verdicts)
        assert street.get("/commandments")["items"][2]["state"] == "paused"
        assert street.metric("militia_cooldown_seconds") > 0
        assert street.metric("rotations_total") == 1
        assert street.metric("entries_total", verdict="refused", criterion="militia") >= 1
