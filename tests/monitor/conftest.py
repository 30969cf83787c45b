import pytest
from flask.testing import FlaskClient

from tests.monitor import house
from tests.monitor.house import FakePanel


@pytest.fixture
def panel() -> FakePanel:
    return FakePanel()


@pytest.fixture
def monitor(panel: FakePanel) -> FlaskClient:
    return house.monitor(panel)


@pytest.fixture
def control(panel: FakePanel) -> FlaskClient:
    return house.control(panel)
