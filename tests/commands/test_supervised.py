"""Under a plain supervisor, as `restart: unless-stopped` is one: given up, started again, recovered, drained."""

import subprocess
import sys
import time
from pathlib import Path

from tests.chaos.evidence import faults, journal_of, landings_of
from tests.commands.process import PROJECT, Product, environment
from tests.commands.test_giving_up import FAULTY

GRACE_S = 120.0
"""`stop_grace_period` of the Compose file."""


def test_what_gave_up_is_started_again_recovers_and_drains_within_the_grace_period(tmp_path: Path):
    product = Product(tmp_path)
    ports = [text for one in product.settings for text in ("--set", one)]
    arguments = ["paper", "--state", str(product.state), "--speed", "60", *ports]
    codes: list[int] = []

    first = subprocess.run(
        [sys.executable, "-c", FAULTY, str(PROJECT), *arguments],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        timeout=GRACE_S,
        check=False,
    )
    codes.append(first.returncode)
    before = len(journal_of(product.state, tmp_path / "before").records)
    while codes[-1] != 0:
        product.start().ready()
        status, health = product.get("/status")
        product.terminate()
        began_s = time.monotonic()
        codes.append(product.ended(GRACE_S))
        assert time.monotonic() - began_s < GRACE_S
        assert (status, health["mode"]) == (200, "paper")

    assert codes == [1, 0]
    assert "Stopped. Operations:" in product.output
    after = journal_of(product.state, tmp_path / "after")
    assert len(after.records) > before > 0
    assert list(faults(after, landings_of(product.state))) == []
