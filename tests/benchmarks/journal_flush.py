"""What the disk takes for an order after commits that nobody waited for: `python -m tests.benchmarks.journal_flush`.

Every 20 ms a commit of three rows as at 500 events/s, each twentieth time an order's signature that must be on disk.
With and without asking the kernel to begin writing after each of the others; the disk's own fdatasync apart.
"""

from gevent import monkey

monkey.patch_all()

import argparse
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import gevent
from typing_extensions import override

from actors.adapters import journal_store, write_ahead
from actors.adapters.head_start import HeadStart
from tests.benchmarks.event_to_order import line
from tests.benchmarks.socket_probes import fdatasync_s

BETWEEN_S = 0.02
OTHERS = 20
ROW_BYTES, ORDER_BYTES = 600, 2_300


class Never(HeadStart):
    @override
    def give(self) -> bool:
        return False


def measure(folder: Path, orders: int, head_start: type[HeadStart]) -> list[float]:
    path = folder / "journal.db"
    journal_store.JournalStore(path).close()  # its tables
    log, statement, seq, took_s = write_ahead.WriteAhead(path), journal_store._INSERT, 0, list[float]()
    log._head_start = head_start(path.with_name(path.name + "-wal"))
    for number in range(1, orders * OTHERS + 1):
        gevent.sleep(BETWEEN_S)
        rows = [(seq + at, 1, "other", 0.0, "x" * ROW_BYTES, 0) for at in (1, 2, 3)]
        log.insert(statement, rows, durable=False)
        seq += 3
        if number % OTHERS == 0:
            seq += 1
            began_s = perf_counter()
            log.insert(statement, [(seq, 1, "order", 0.0, "x" * ORDER_BYTES, 0)], durable=True)
            took_s.append(perf_counter() - began_s)
            log.rest()
    log.close()
    return took_s


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=60)
    parser.add_argument("--state", type=Path, help="where it is written; a temporary folder by default")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.state) as made:
        folder = Path(made)
        print(f"{'milliseconds':44}{'count':>8}{'p50':>9}{'p95':>9}{'p99':>9}{'most':>9}")
        line("fdatasync of 4 KiB on the same disk", fdatasync_s(folder))
        for name, head_start in (("without a head start", Never), ("with one", HeadStart)) * 2:
            with tempfile.TemporaryDirectory(dir=folder) as journal:
                line(f"durable commit {name}", measure(Path(journal), options.orders, head_start))
    return 0


if __name__ == "__main__":
    sys.exit(main())
