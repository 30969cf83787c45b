import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.commands.here import Here
from tests.commands.process import Product


@pytest.fixture
def here(capsys: "pytest.CaptureFixture[str]", monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Here:
    """Runs commands in this process, in this test's folder, with nobody's settings."""
    for name in [name for name in os.environ if name.startswith(("MICRO_", "SOLANA_"))]:
        monkeypatch.delenv(name)
    return Here(capsys, monkeypatch, tmp_path)


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Callable[..., Product]]:
    """Makes products in this test's folder; whatever still runs at its end is killed."""
    made: list[Product] = []

    def make(seed: int = 7, settings: tuple[str, ...] = ()) -> Product:
        made.append(Product(tmp_path, seed=seed, settings=settings))
        return made[-1]

    yield make
    for one in made:
        one.close()
