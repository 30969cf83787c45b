"""A market in which every token is named by an attacker: page, JSON, streams, logs and terminal show harmless text.

The names go the whole way: encoded as the program emits them, decoded, journaled, bought, sold and shown.
"""

import argparse
import logging
import urllib.request
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from commands import audit
from commands.drive import drive
from commands.house import House
from commands.panel import HousePanel
from core.market.simulator import wire_events
from monitor.desk import Desk
from monitor.topics import Topics
from monitor.web.events import told
from tests.chaos.houses import drive_until_held, house_of

HTML = "<img src=x onerror=alert(1)><script>alert(1)</script>"
ANSI = "\x1b[2J\x1b]0;owned\x07\x1b[31mred\x9b1m"
BIDI = "\u202egnp.exe\u2066\u2069\u200b\ufeff"
LONG = "A" * 10_000
WORDS = (HTML, ANSI + "x", BIDI + "x", LONG)
PATHS = (
    "/",
    "/status",
    "/candidates?limit=500",
    "/positions",
    "/operations",
    "/ledger?limit=500",
    "/alerts",
    "/actors?limit=500",
    "/actors/dump?live=1",
    "/metrics",
    "/emergency",
)
INVISIBLE = [*map(chr, (*range(9), *range(11, 32), 0x7F, 0x9B, 0x200B, 0x202E, 0x2066, 0x2069, 0xFEFF))]


def words(number: int) -> tuple[str, str, str]:
    """Name, symbol and address of a token."""
    word = WORDS[number % len(WORDS)]
    return word, word, f"https://example.invalid/{word}"


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setattr(wire_events, "token_words", words)
    one = house_of(tmp_path / "state", served=True)
    drive_until_held(one)
    drive(one, 250)
    yield one
    if one.system.directory.names():
        one.stop()


def harmless(text: str) -> None:
    assert not [character for character in INVISIBLE if character in text]
    assert "A" * 100 not in text


def test_a_stranger_who_names_a_token_changes_nothing_but_its_name(
    house: House, tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
):
    caplog.set_level(logging.DEBUG)
    drive(house, 5)
    symbols = {operation.symbol for operation in house.services.books().operations.values()}
    assert symbols
    for path in PATHS:
        asked = urllib.request.Request(
            f"http://127.0.0.1:{house.settings.runtime.monitor_port}{path}", headers={"Accept": "text/html, */*"}
        )
        with urllib.request.urlopen(asked, timeout=30.0) as answer:  # noqa: S310 - as above
            text = answer.read().decode()
        harmless(text)
        if answer.headers["Content-Type"].startswith("text/html"):
            assert text.count("<script") == 1
            assert text.count("<img") == 1
            assert "&lt;img src=x one" in text

    stream = b"".join(
        islice(told(Topics(Desk(HousePanel(house, lambda: house.settings))).newest, {"candidates", "charts"}), 2)
    ).decode()
    harmless(stream)
    assert stream.count("\n\n") == 3
    assert '"<img src=x one' in stream or "\\u003cimg" in stream

    house.stop()
    audit.run(argparse.Namespace(state=str(tmp_path / "state"), set=[], settings_file=None))
    harmless(capsys.readouterr().out)
    harmless(caplog.text)
