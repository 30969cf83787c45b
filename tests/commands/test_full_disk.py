"""The disk is full while a market runs: the process says so, ends with one, and the next start goes on."""

import json
import resource
import subprocess
from collections.abc import Callable

from tests.chaos.evidence import faults, journal_of, landings_of
from tests.commands.process import STOP_S, Product, command, environment, ran

BYTES = 200_000
"""No file may grow beyond this: reached after some minutes of market."""
LOG_LINES = 2_000


def _full() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (BYTES, BYTES))


def test_a_full_disk_ends_the_process_with_one_and_the_next_start_goes_on(product: Callable[..., Product]):
    paper = product(4, ("MICRO_ENTRY_PROFILE=relaxed",))
    sets = [text for setting in paper.settings for text in ("--set", setting)]
    done = subprocess.run(
        command("paper", "--state", str(paper.state), "--speed", "60", *sets),
        cwd=paper.folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=STOP_S,
        check=False,
        preexec_fn=_full,  # the child alone must meet the limit
    )

    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == "Stop with Ctrl-C"
    last = done.stderr.splitlines()[-1]
    assert last.startswith("micro-lightning: the root gave up: ")
    assert "the journal cannot write" in last
    assert len(done.stderr.splitlines()) < LOG_LINES
    assert json.loads((paper.state / "dump.json").read_text())["actors"]

    before = journal_of(paper.state, paper.folder / "copy").rows
    paper.start(speed=60).ready()
    assert paper.get("/health")[0] == 200
    paper.terminate()
    assert paper.ended() == 0
    after = journal_of(paper.state, paper.folder / "copy")
    assert after.rows[: len(before)] == before
    assert len(after.rows) > len(before)
    assert list(faults(after, landings_of(paper.state))) == []
    audit = ran(paper.folder, "audit", "--state", str(paper.state))
    assert (audit.returncode, audit.stderr) == (0, "")
