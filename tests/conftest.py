"""What every test shares.

The whole test process runs patched, as the product does: a test of an actor then meets the locks, sockets and sleeps
it will meet in `run.py`. Patching comes before any other import; pytest itself loads little that matters earlier
(`setup.cfg` keeps out the plugin that would load ssl), and hypothesis is imported by tests, after this file.
"""

from gevent import monkey

monkey.patch_all()

import os
from pathlib import Path

import pytest
from hypothesis import settings

PROJECT = Path(__file__).resolve().parent.parent

# Repeatable by default: the same examples each time, and no deadline, because a shared machine is no stop-watch.
# HYPOTHESIS_PROFILE=explore looks for new examples.
settings.register_profile("repeatable", derandomize=True, deadline=None, database=None, max_examples=100)
settings.register_profile("explore", deadline=None, database=None, max_examples=1_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


@pytest.fixture(scope="session")
def project() -> Path:
    """The root of the checkout."""
    return PROJECT


@pytest.fixture(scope="session")
def shared_data(project: Path) -> Path:
    """The folder of recorded chain data beside the checkout; a test that needs it is skipped where it is absent."""
    folder = project.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("shared data absent")
    return folder
