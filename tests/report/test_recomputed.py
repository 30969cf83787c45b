"""The report's figures worked out again from the journal alone, by nothing of the project: SQL, JSON, sums."""

import json
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path
from statistics import fmean, median
from typing import Any

import pytest

Record = dict[str, Any]
Made = tuple[Record, list[list[Record]]]
ROOT = Path(__file__).parents[2]
TRADES = {"entry", "reentry", "exit", "panic"}
ARGUMENTS = ["--operations", "3", "--held-out", "0", "--seed", "3", "--no-calibration"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A report, and the records of each of its episodes."""
    folder = tmp_path_factory.mktemp("simulated")
    files = ["--json", str(folder / "r.json"), "--html", str(folder / "r.html"), "--state", str(folder / "state")]
    subprocess.run(
        [sys.executable, "run.py", "simulate", *ARGUMENTS, *files], cwd=ROOT, check=True, capture_output=True
    )
    journals = [sqlite3.connect(path) for path in sorted(folder.glob("state/episode-*/journal.db"))]
    bodies = [db.execute("SELECT body FROM entry ORDER BY seq").fetchall() for db in journals]
    return json.loads((folder / "r.json").read_bytes()), [[json.loads(row[0]) for row in rows] for rows in bodies]


def of_kind(records: list[Record], kind: str) -> list[Record]:
    return [record for record in records if record["kind"] == kind]


def test_every_figure_of_the_report_follows_from_the_journal_to_the_lamport(made: Made):
    report, episodes = made
    f = report["samples"][0]["figures"]
    nets: list[int] = []
    holds: list[float] = []
    costs, exits, outcomes, accounts = (Counter[str]() for _ in range(4))
    turnover, change, deepest = 0, 0, 0.0
    for records in episodes:
        orders = {record["order"]["id"]: record["order"] for record in of_kind(records, "order_intended")}
        settled = of_kind(records, "order_settled")
        closed = {record["operation_id"]: record for record in of_kind(records, "operation_closed")}
        outcomes.update(record["outcome"] for record in settled)
        opening = of_kind(records, "capital_opened")[0]
        capital = -dict(opening["postings"])["external"]
        for record in [opening, *settled, *closed.values()]:
            for account, lamports in record.get("postings", []):
                accounts[account] += lamports
        net: Counter[str] = Counter()
        for record in settled:
            order = orders[record["order_id"]]
            if order["purpose"] in TRADES and order["operation_id"] in closed:
                for account, lamports in record["postings"]:
                    net[order["operation_id"]] += lamports if account[:7] == "wallet:" or account == "rent" else 0
                    costs[account[4:]] += lamports if account[:4] == "fee:" else 0
                if record["outcome"] == "filled":
                    fees = sum(record["settlement"]["fees"].get(kind, 0) for kind in ("protocol", "creator", "lp"))
                    turnover += abs(record["settlement"]["quote_lamports"] - fees)
                    exits[order.get("reason") or ""] += 1
        nets += [net[name] for name in closed]
        holds += [record["at_s"] - record["opened_at_s"] for record in closed.values()]
        assert {name: record["net_lamports"] for name, record in closed.items()} == dict(net)
        peak = capital
        for record in of_kind(records, "equity_marked"):
            peak = max(peak, record["equity_lamports"])
            deepest = max(deepest, 1 - record["equity_lamports"] / peak)
        change -= capital
    change += sum(lamports for account, lamports in accounts.items() if account[:7] == "wallet:" or account == "rent")
    wins, losses = [net for net in nets if net > 0], [net for net in nets if net <= 0]

    assert (
        (f["operations"], f["wins"], f["losses"])
        == (len(nets), len(wins), len(losses))
        == (3, len(wins), 3 - len(wins))
    )
    assert (f["net_lamports"], f["turnover_lamports"], f["equity_change_lamports"]) == (sum(nets), turnover, change)
    assert (f["mean_lamports"], f["median_lamports"]) == pytest.approx((fmean(nets), median(nets)))
    assert f["win_rate"] == len(wins) / len(nets)
    assert f["profit_factor"] == (pytest.approx(sum(wins) / -sum(losses)) if losses else None)
    assert (f["hold_mean_s"], f["hold_max_s"]) == pytest.approx((fmean(holds), max(holds)))
    assert f["drawdown"] == pytest.approx(deepest)
    booked = {cost["kind"]: cost["lamports"] for cost in f["costs"] if not cost["is_estimate"]}
    outside = {name: accounts[name] for name in ("rent_lost", "failed_entries", "treasury", "rotation")}
    assert {name: paid for name, paid in booked.items() if paid} == {n: p for n, p in (costs | outside).items() if p}
    assert {one["reason"]: one["sells"] for one in f["exits"] if one["sells"]} == {n: c for n, c in exits.items() if n}
    assert (f["orders"], f["missed_landings"]) == (dict(outcomes), outcomes["expired"])
    outside_nets = accounts["failed_entries"] + accounts["treasury"] + accounts["rotation"]
    assert f["equity_change_lamports"] == f["net_lamports"] - outside_nets


def test_every_record_of_the_journal_balances(made: Made):
    postings = [record["postings"] for records in made[1] for record in records if "postings" in record]

    assert postings
    assert all(sum(lamports for _, lamports in lines) == 0 for lines in postings)
