"""A real browser as the tests see it; the page itself runs in `tests.browser.driver`."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.commands.process import PROJECT

CHROMIUM = Path("/usr/bin/chromium")
"""Debian's; Playwright would fetch one of its own otherwise."""
DESK, PHONE = (1440, 1150), (390, 844)


class Browser:
    """Every method waits until what it asks for is so, or fails with what was there instead."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.browser.driver"],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, command: str, *arguments: object) -> Any:
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps([command, arguments]) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        assert line, f"the browser ended with {process.poll()} at {command} {arguments}"
        answer = json.loads(line)
        assert "error" not in answer, f"{command} {arguments}: {answer.get('error')}"
        return answer["answer"]

    def open(self, url: str, size: tuple[int, int] = DESK, *, scheme: str = "dark", scripts: bool = True) -> "Browser":
        """A page without any memory of the one before."""
        self.ask("open", *size, scheme, scripts)
        self.ask("goto", url)
        return self

    def see(self, selector: str, text: str = "") -> None:
        self.ask("see", selector, text)

    def gone(self, selector: str) -> None:
        self.ask("gone", selector)

    def attribute(self, selector: str, name: str, pattern: str) -> None:
        self.ask("attribute", selector, name, pattern)

    def count(self, selector: str) -> int:
        return int(self.ask("count", selector))

    def text(self, selector: str) -> str:
        return str(self.ask("text", selector))

    def evaluate(self, expression: str) -> Any:
        return self.ask("evaluate", expression)

    def click(self, selector: str) -> None:
        self.ask("click", selector)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.ask("press", key)

    def type(self, text: str) -> None:
        self.ask("type", text)

    def shot(self, path: Path, *, full: bool = False) -> None:
        self.ask("shot", str(path), full)

    @property
    def heard(self) -> list[str]:
        """Errors and warnings of the console since the page was opened."""
        return list(self.ask("heard"))

    def close(self) -> None:
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        process.wait(timeout=30.0)
        process.stdout.close()
