"""Compares quotes, account lists and instruction bytes with those of the official SDKs, for random states.

    python -m tests.oracle.compare [--states 5000] [--seed 1] [--optional]

Prints what was compared and how often; ends with 1 at any difference, with 2 when the SDKs cannot be run here
(with 0 if that is allowed: --optional).
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from time import perf_counter

from tests.oracle.node import Absent, answers, install
from tests.oracle.ours import Comparison, compare
from tests.oracle.states import states

BATCH = 500
SHOWN = 10


def comparisons(seed: int, count: int) -> Iterator[Comparison]:
    """One for each state, in order; node is started once for every batch."""
    drawn = states(seed, count)
    for at in range(0, count, BATCH):
        batch = drawn[at : at + BATCH]
        for state, answer in zip(batch, answers(batch), strict=True):
            assert state["id"] == answer["id"]
            yield compare(state, answer)


def main() -> int:
    parser = argparse.ArgumentParser(description="compare with the official SDKs")
    parser.add_argument("--states", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--optional", action="store_true", help="without node say so and end well")
    arguments = parser.parse_args()
    try:
        install()
    except Absent as reason:
        sys.stderr.write(f"not compared: {reason}\n")
        return 0 if arguments.optional else 2
    began_s = perf_counter()
    counts: Counter[str] = Counter()
    differences: list[str] = []
    done = 0
    for comparison in comparisons(arguments.seed, arguments.states):
        counts.update(comparison.counts)
        differences += comparison.differences
        done += 1
    lines = [f"{count:7} {name}" for name, count in sorted(counts.items())]
    lines.append(
        f"{done} states, {counts.total()} comparisons, {len(differences)} differences, {perf_counter() - began_s:.0f} s"
    )
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stderr.write("".join(difference + "\n" for difference in differences[:SHOWN]))
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
