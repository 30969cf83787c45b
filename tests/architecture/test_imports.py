import pytest

from tests.architecture.imports import breaches
from tests.architecture.sources import module_name, python_files

FORBIDDEN = [
    ("core.rules.entry", "import gevent"),
    ("core.rules.entry", "from gevent.queue import Queue"),
    ("core.rules.entry", "import pykka"),
    ("core.rules.entry", "import flask"),
    ("core.rules.entry", "import socket"),
    ("core.rules.entry", "import ssl"),
    ("core.ledger.fold", "import sqlite3"),
    ("core.ledger.fold", "import requests"),
    ("core.ledger.fold", "from urllib.request import urlopen"),
    ("core.ledger.fold", "import http.client"),
    ("core.ledger.fold", "from threading import Lock"),
    ("core.ledger.fold", "import subprocess"),
    ("core.ledger.fold", "import os.path"),
    ("core.ledger.fold", "from pathlib import Path"),
    ("core.ledger.fold", "import io"),
    ("core.ledger.fold", "import secrets"),
    ("core.settings", "def load(path):\n    return open(path).read()"),
    ("core.settings", "def load():\n    import os\n    return os.environ"),
    ("core.types", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import pykka"),
    ("core.rules.time", "import time\nnow = time.time()"),
    ("core.rules.time", "from time import monotonic"),
    ("core.rules.time", "from datetime import datetime\nnow = datetime.now()"),
    ("core.rules.time", "import datetime\nnow = datetime.datetime.utcnow()"),
    ("core.rules.time", "import datetime\nday = datetime.date.today()"),
    ("core.rules.time", "from datetime import UTC, datetime\nclock = datetime.now"),
    ("core.market.simulator", "import random\nx = random.random()"),
    ("core.market.simulator", "import random as dice\nx = dice.randint(1, 6)"),
    ("core.market.simulator", "import random\nrandom.seed(1)"),
    ("core.market.simulator", "import random\nrng = random.Random()"),
    ("core.market.simulator", "import random\nrng = random.Random(None)"),
    ("core.market.simulator", "import random\nrng = random.SystemRandom()"),
    ("core.market.simulator", "from random import choice"),
    ("core.market.simulator", "from random import Random\nrng = Random()"),
    ("core.market.simulator", "from random import Random as Dice\nrng = Dice(x=None)"),
    ("core.ledger.ids", "import uuid\nx = uuid.uuid4()"),
    ("core.ledger.ids", "from uuid import uuid4"),
    ("core.report.text", "print('hello')"),
    ("core.rules.entry", "import actors"),
    ("core.rules.entry", "from actors.base import Actor"),
    ("core.rules.entry", "from monitor import app"),
    ("core.rules.entry", "from localnet.node import Node"),
    ("core.rules.entry", "import run"),
    ("core.rules.entry", "from tests.conftest import PROJECT"),
    ("core.rules.entry", "from ...actors import base"),
    ("monitor.app", "from actors.directory import Directory"),
    ("monitor.app", "import localnet"),
    ("monitor.app", "import run"),
    ("monitor.app", "import pykka"),
    ("monitor.app", "from gevent.pywsgi import WSGIServer"),
    ("actors.wallet", "from actors.position import PositionActor"),
    ("actors.wallet", "from actors import position"),
    ("actors.wallet", "import actors.position"),
    ("actors.wallet", "from . import position"),
    ("actors.wallet", "from .position import PositionActor"),
    ("actors.wallet", "from monitor.app import app"),
    ("actors.wallet", "from localnet import node"),
    ("actors.wallet", "import run"),
    ("actors.base", "from actors.wallet import WalletActor"),
    ("actors.adapters.rpc", "from actors.executor import Executor"),
    ("actors.adapters.rpc", "from ..executor import Executor"),
    ("actors.adapters.rpc", "from localnet import node"),
    ("localnet.node", "from actors.base import Actor"),
    ("localnet.node", "import monitor"),
]

ALLOWED = [
    (
        "core.rules.entry",
        "from core.rules.verdict import Verdict\nfrom ..types import Lamports\nfrom msgspec import Struct",
    ),
    ("core.market.simulator", "import random\ndef market(seed):\n    return random.Random(seed).random()"),
    (
        "core.market.simulator",
        "from random import Random\ndef walk(rng: Random):\n    return rng.random() + Random(7).random()",
    ),
    (
        "core.report.text",
        "from datetime import UTC, datetime\ndef text(at_s):\n    return datetime.fromtimestamp(at_s, UTC)",
    ),
    ("core.ledger.ids", "import uuid\ndef stable(name):\n    return uuid.uuid5(uuid.NAMESPACE_URL, name)"),
    ("core.state.position", "def read(state):\n    return state.now"),
    ("monitor.app", "import flask\nimport time\nfrom core.ports import Directory\nfrom monitor.metrics import text"),
    (
        "actors.wallet",
        "import gevent\nfrom actors.base import Actor\nfrom actors.adapters.rpc import Rpc\nfrom core import messages",
    ),
    ("actors.tree", "from actors.wallet import WalletActor"),
    (
        "actors.adapters.rpc",
        "from actors.clock import Clock\nfrom actors.adapters.http import Pool\nfrom .http import Pool",
    ),
    ("localnet.node", "import gevent\nfrom core.chain import programs\nfrom localnet.methods import METHODS"),
    ("run", "from actors.tree import tree\nfrom monitor.app import app\nfrom localnet.node import Node"),
    ("tests.core.test_x", "from localnet.node import Node\nimport time"),
]


@pytest.mark.parametrize(("module", "source"), FORBIDDEN)
def test_a_forbidden_import_or_impurity_is_found(module: str, source: str):
    assert breaches(module, source)


@pytest.mark.parametrize(("module", "source"), ALLOWED)
def test_what_the_architecture_allows_is_left_alone(module: str, source: str):
    assert breaches(module, source) == []


def test_a_package_resolves_its_relative_imports_from_itself():
    assert breaches("core.rules", "from .entry import verdict", is_package=True) == []
    assert breaches("actors.adapters", "from ..wallet import WalletActor", is_package=True)


def test_a_breach_names_module_line_and_rule():
    assert breaches("core.a", "x = 1\nimport pykka") == ["core.a:2 core must not import pykka"]


def test_no_module_of_the_project_breaks_the_import_rules():
    files = list(python_files())
    assert any(module_name(path).startswith("core") for path, _ in files)
    found = [
        breach
        for path, source in files
        for breach in breaches(module_name(path), source, is_package=path.name == "__init__.py")
    ]
    assert found == []
