"""Operations live against a local node, while everything goes wrong: `python -m tests.chaos.live --operations 200`.

Transactions are lost, fail and come late, sockets are cut, the process is killed with SIGKILL again and again. Each
episode has its own keystore and $20 on the same node; when a halt ends it, the next begins. At its end everything is
settled, the journal audited against the chain, and every operation looked at. Exit code 0: nothing is wrong.
"""

import argparse
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from tests.chaos.episode import DRIVEN, Episode, Findings, Ways

NODE_S = 60.0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--operations", type=int, default=200, help="closed operations, over all episodes")
    parser.add_argument("--minutes", type=float, default=0.0, help="stop after this long; 0: when they are done")
    parser.add_argument("--lanes", type=int, default=1, help="episodes side by side")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--loss", type=float, default=10.0, help="per cent of submissions that reach no leader")
    parser.add_argument("--failure", type=float, default=10.0, help="per cent of transactions that fail on the chain")
    parser.add_argument("--delay-slots", type=int, default=2, help="up to so many slots on top of the next one")
    parser.add_argument("--drop-sockets", type=float, default=60.0, metavar="S", help="every socket is cut so often")
    parser.add_argument("--kill", type=float, default=30.0, metavar="S", help="SIGKILL so often; 0: never")
    parser.add_argument("--folder", type=Path, help="state directories and logs stay here")
    return parser.parse_args()


def main() -> int:
    options = arguments()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="chaos-live-"))
    folder.mkdir(parents=True, exist_ok=True)
    node, port = _node(options, folder)
    found = Findings()
    try:
        lanes = [
            threading.Thread(target=_lane, args=(options, folder, port, lane, found)) for lane in range(options.lanes)
        ]
        for lane in lanes:
            lane.start()
        for lane in lanes:
            lane.join()
    finally:
        node.terminate()
        node.wait(timeout=NODE_S)
    for line in found.report():
        sys.stdout.write(line + "\n")
    return 1 if found.wrong else 0


def _lane(options: argparse.Namespace, folder: Path, port: int, lane: int, found: Findings) -> None:
    """Episode after episode until all lanes together have closed enough operations."""
    until_s = time.monotonic() + options.minutes * 60.0 if options.minutes else float("inf")
    number = 0
    ways = Ways(port=port, kill_s=options.kill, operations=options.operations, until_s=until_s)
    while not found.is_enough(options.operations) and time.monotonic() < until_s:
        episode = Episode(folder / f"lane{lane}-episode{number}", ways, seed=1_000 * options.seed + 10 * lane + number)
        try:
            episode.run(found)
        except (AssertionError, subprocess.SubprocessError, OSError) as fault:
            found.note_wrong(f"{episode.folder.name}: {type(fault).__name__}: {fault}")
            return
        finally:
            episode.end()
        number += 1


def _node(options: argparse.Namespace, folder: Path) -> tuple["subprocess.Popen[str]", int]:
    switches = {
        "loss_pct": options.loss,
        "failure_pct": options.failure,
        "delay_slots_most": options.delay_slots,
        "drop_sockets_s": options.drop_sockets,
    }
    given = [text for name, value in switches.items() for text in ("--switch", f"{name}={value}")]
    log = (folder / "node.log").open("w")
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.chaos.node", "--seed", str(options.seed), *given],
        cwd=DRIVEN,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
    )
    assert process.stdout is not None
    return process, int(process.stdout.readline())


if __name__ == "__main__":
    sys.exit(main())
