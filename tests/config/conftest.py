import pytest

from tests.monitor.house import FakePanel


@pytest.fixture
def panel() -> FakePanel:
    return FakePanel()
