"""Drives Chromium for a test: one command a line on standard input, one answer a line on standard output, both JSON.

A process of its own, because Playwright brings an event loop that does not go with gevent's patching.
"""

import json
import re
import sys
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.eyes import CHROMIUM

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
PATIENCE_MS = 30_000.0
LOUD = frozenset({"error", "warning"})


class Driver:
    """One page at a time."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.page: Page | None = None
        self.heard: list[str] = []
        self.commands: dict[str, Callable[..., Any]] = {
            "open": self.open,
            "goto": lambda url: self.here.goto(url) and None,
            "see": self.see,
            "gone": lambda selector: expect(self.here.locator(selector).first).to_be_hidden(timeout=PATIENCE_MS),
            "attribute": self.attribute,
            "count": lambda selector: self.here.locator(selector).count(),
            "text": lambda selector: self.here.locator(selector).first.inner_text(),
            "evaluate": self.evaluate,
            "click": lambda selector: self.here.locator(selector).first.click(timeout=PATIENCE_MS),
            "press": self.press,
            "type": self.type,
            "shot": lambda path, full: self.here.screenshot(path=path, full_page=full) and None,
            "heard": lambda: self.heard,
        }

    @property
    def here(self) -> Page:
        assert self.page is not None, "no page is open"
        return self.page

    def open(self, width: int, height: int, scheme: Any, scripts: bool) -> None:
        if self.page is not None:
            self.page.context.close()
        context = self.browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, java_script_enabled=scripts
        )
        self.page, self.heard = context.new_page(), []
        self.page.on("console", lambda message: self.hear(message.type, message.text))
        self.page.on("pageerror", lambda error: self.hear("error", str(error)))
        self.page.on("dialog", lambda dialog: self.hear("error", f"a dialog of the browser: {dialog.message}"))

    def hear(self, kind: str, text: str) -> None:
        if kind in LOUD:
            self.heard.append(f"{kind}: {text}")

    def evaluate(self, expression: str) -> Any:
        return self.here.evaluate(expression)

    def press(self, key: str) -> None:
        self.here.keyboard.press(key)

    def type(self, text: str) -> None:
        self.here.keyboard.type(text)

    def see(self, selector: str, text: str) -> None:
        """Wait until it is there with this text."""
        found = self.here.locator(selector).first
        expect(found).to_be_visible(timeout=PATIENCE_MS)
        if text:
            expect(found).to_contain_text(text, timeout=PATIENCE_MS)

    def attribute(self, selector: str, name: str, pattern: str) -> None:
        """Wait until the attribute is like this."""
        expect(self.here.locator(selector).first).to_have_attribute(name, re.compile(pattern), timeout=PATIENCE_MS)


def main() -> None:
    with sync_playwright() as playwright:
        driver = Driver(playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS))
        for line in sys.stdin:
            command, arguments = json.loads(line)
            try:
                answer = {"answer": driver.commands[command](*arguments)}
            except Exception as error:  # noqa: BLE001 - whatever it is, the test on the other side fails with it
                answer = {"error": f"{type(error).__name__}: {error}"}
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
