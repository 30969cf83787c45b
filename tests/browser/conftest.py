from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.eyes import CHROMIUM, Browser
from tests.browser.stage import Stage


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("chromium absent")
    one = Browser()
    yield one
    one.close()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A house that holds a position, its market standing still until the test drives it."""
    one = Stage(tmp_path / "state")
    yield one
    one.close()
