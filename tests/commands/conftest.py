from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.commands.process import Product


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
