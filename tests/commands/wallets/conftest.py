import os
from pathlib import Path

import pytest

from tests.commands.wallets.here import Here


@pytest.fixture
def here(capsys: "pytest.CaptureFixture[str]", monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Here:
    for name in [name for name in os.environ if name.startswith("MICRO_")]:
        monkeypatch.delenv(name)
    return Here(capsys, monkeypatch, tmp_path)
