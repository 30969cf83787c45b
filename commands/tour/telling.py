"""Plain text for a terminal of 80 columns, at a pace at which it can be read."""

import textwrap
import time
from collections.abc import Sequence

from core.rules.verdict import Verdict

WIDTH = 78


class Teller:
    """Numbers the chapters; `pause_s` of real time lies before each."""

    def __init__(self, pause_s: float = 0.0) -> None:
        self._pause_s = pause_s
        self._chapters = 0

    def chapter(self, title: str) -> None:
        if self._chapters:
            time.sleep(self._pause_s)
        self._chapters += 1
        print(f"\n{self._chapters}. {title}\n{'-' * min(len(title) + 3, WIDTH)}", flush=True)

    def say(self, text: str) -> None:
        print(textwrap.fill(text, WIDTH), flush=True)

    def item(self, text: str, mark: str = "-") -> None:
        print(textwrap.fill(text, WIDTH, initial_indent=f"  {mark} ", subsequent_indent="    "), flush=True)

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Columns as wide as they must be; the first stands left, the others right."""
        lines = [head, *rows]
        widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
        for line in lines:
            first, *rest = (cell.rjust(width) for cell, width in zip(line, widths, strict=True))
            print(f"  {line[0].ljust(len(first))}  {'  '.join(rest)}".rstrip(), flush=True)

    def verdicts(self, verdicts: Sequence[Verdict]) -> None:
        for one in verdicts:
            self.item(
                f"{one.criterion}: {one.reason or one.outcome}", mark={"pass": "+", "fail": "x"}.get(one.outcome, "?")
            )


def sol(lamports: float) -> str:
    return f"{lamports / 1e9:.6f} SOL"


def signed(lamports: float) -> str:
    return f"{lamports / 1e9:+.6f} SOL"


def share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"
