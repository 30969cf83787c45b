"""A strategy is loaded by name; whatever is wrong with it is one line, and exit code 2 with nothing changed."""

import sys
from pathlib import Path
from textwrap import dedent, indent

import pytest

from commands import strategies
from commands.strategies import load
from core.errors import Refused
from core.strategy import MicroLightning
from tests.commands.process import ran

HEAD = "from core.strategy import Candidate, Holding, Leave, Opinion\n"
WEIGH = "def weigh(self, candidate):\n    return Opinion(score=candidate.quality)\n"
LEAVE = "def leave(self, holding):\n    return None\n"


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Writes a strategy `Mine`, and gives its name for --strategy."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    count = len(list(sys.modules))

    def written(*, head: str = "", name: str = 'name = "Mine"', weigh: str = WEIGH, leave: str = LEAVE, more: str = ""):
        module = f"strategy_of_test_{count}_{len(list(tmp_path.iterdir()))}"
        body = "\n".join(indent(dedent(part), "    ") for part in (name, weigh, leave, more))
        (tmp_path / f"{module}.py").write_text(f"{HEAD}{head}\n\nclass Mine:\n{body}\n")
        return f"{module}:Mine"

    return written


def refusal(spec: str) -> str:
    with pytest.raises(Refused) as caught:
        load(spec)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_a_strategy_of_ones_own_is_loaded_from_where_one_stands(write):
    assert load(write()).name == "Mine"


def test_the_houses_own_and_the_example_are_strategies():
    assert isinstance(load("core.strategy:MicroLightning"), MicroLightning)
    assert load("strategies.cautious:Cautious").name == "Cautious"


@pytest.mark.parametrize("spec", ["", "module", "module:", ":Class", "mod ule:Class", "a..b:C", "os; x:C"])
def test_a_name_that_is_none(spec: str):
    assert "package.module:Class" in refusal(spec)


def test_a_module_that_is_not_there():
    assert "no module nowhere" in refusal("nowhere.mine:Mine")


def test_a_class_that_is_not_there(write):
    assert "has no class Yours" in refusal(write().replace(":Mine", ":Yours"))


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("import time", "imports time"),
        ("import os.path", "imports os.path"),
        ("from random import random", "imports random"),
        ("from core.state import wallet", "imports wallet of core.state"),
        ("from actors.house import tree", "imports tree of actors.house"),
        ("from msgspec.structs import force_setattr", "imports force_setattr"),
        ("from math import *", "imports *"),
        ("from . import other", "relatively"),
        ("COUNT = 0\ndef count():\n    global COUNT\n    COUNT += 1", "keeps state"),
        ("FILE = open('x')", "uses open"),
        ("X = ().__class__.__bases__", "uses __"),
        ("X = __builtins__", "uses __builtins__"),
        ("def f(:", "is no Python"),
    ],
)
def test_source_that_is_no_pure_judgement_is_refused_before_it_runs(write, head: str, said: str):
    assert said in refusal(write(head=f"{head}\n" if "def f(:" in head else f"{head}\nraise SystemExit(9)\n"))


def test_what_its_own_package_imports_is_read_too(write, tmp_path: Path):
    (tmp_path / "mine_of_test").mkdir()
    (tmp_path / "mine_of_test" / "__init__.py").write_text("")
    (tmp_path / "mine_of_test" / "clock.py").write_text("import time\n")
    source = (tmp_path / f"{write().partition(':')[0]}.py").read_text()
    (tmp_path / "mine_of_test" / "good.py").write_text("from mine_of_test.clock import time\n" + source)

    assert "mine_of_test.clock line 1 imports time" in refusal("mine_of_test.good:Mine")


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"head": "raise ValueError('no')"}, "cannot be imported: ValueError: no"),
        ({"more": "def __init__(self, figure):\n    pass"}, "without arguments"),
        ({"name": "name = ''"}, "name"),
        ({"name": "name = 7"}, "name"),
        ({"weigh": ""}, "no method weigh"),
        ({"leave": "leave = 3"}, "no method leave"),
        ({"weigh": "def weigh(self):\n    return None"}, "weigh must take exactly one argument"),
        ({"leave": "def leave(self, a, b):\n    return None"}, "leave must take exactly one argument"),
        ({"weigh": "def weigh(self, candidate):\n    return candidate.quality"}, "float is no Opinion"),
        ({"weigh": "def weigh(self, candidate):\n    return candidate.stars"}, "AttributeError"),
        ({"leave": "def leave(self, holding):\n    return Leave(sold=2.0, reason='')"}, "share"),
        ({"leave": "def leave(self, holding):\n    while True:\n        pass"}, "cut off"),
        (
            {
                "more": "def __init__(self):\n    self.asked = 0",
                "leave": "def leave(self, holding):\n    self.asked += 1\n    return None",
            },
            "keeps no state",
        ),
        (
            {
                "more": "def __init__(self):\n    self.asked = []",
                "weigh": "def weigh(self, c):\n    self.asked.append(1)\n    return Opinion(score=len(self.asked))",
            },
            "different answers",
        ),
        (
            {"weigh": "def weigh(self, c):\n    return Opinion(score=sum(range(8_000_000)) * 0.0)"},
            "takes more than 50 ms",
        ),
    ],
)
def test_a_strategy_that_does_not_answer_as_it_should(write, monkeypatch, parts: dict[str, str], said: str):
    if said != "cut off":
        # On a machine that does much else what is merely slow would hang.
        monkeypatch.setattr(strategies, "HANG_S", 60.0)
    assert said in refusal(write(**parts))


@pytest.mark.parametrize("command", [["paper"], ["replay", "nothing.jsonl"], ["simulate"]])
def test_a_faulty_strategy_ends_the_start_in_one_line(tmp_path: Path, command: list[str]):
    done = ran(tmp_path, *command, "--state", "state", "--strategy", "strategies.cautious:Careless")

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (
        "micro-lightning: strategy strategies.cautious:Careless: strategies.cautious has no class Careless\n"
    )
    assert list(tmp_path.iterdir()) == []
