"""The dashboard in a real browser: what it shows, what it does, and that it says when it is old."""

import re
from pathlib import Path

import pytest

from actors.adapters.http_server import HttpServer
from monitor.app import monitor_app
from monitor.desk import Desk
from monitor.remote.app import remote_monitor_app
from monitor.remote.link import Life
from tests.browser.eyes import DESK, PHONE, Browser
from tests.browser.images import IMAGES, take
from tests.browser.stage import Stage
from tests.chaos.houses import books_of, kill
from tests.commands.process import Product
from tests.monitor.house import FakePanel
from tests.monitor.remote.test_link import Pair

LIVE = "html[data-live]"


def test_every_part_is_there_and_an_actor_that_is_killed_is_seen(browser: Browser, stage: Stage):
    browser.open(stage.url)
    browser.attribute("#chart", "data-candles", r"^\d{1,3}$")
    browser.see(f".held[data-mint='{stage.mint}']", "golden")
    browser.attribute("#chart", "data-windows", "^golden decay late buffer$")
    browser.attribute("#chart", "data-levels", r"^[456]$")
    browser.see("#chart canvas")
    assert int(browser.evaluate("document.querySelector('#chart').dataset.candles")) >= 8
    assert browser.count("#life rect") == 5
    browser.attribute("#curve", "data-points", r"^\d+$")
    assert browser.count("#wallets tr") == 5

    assert browser.count("#lights li") == 5
    browser.see("#lights li:nth-child(1)", "1 open")
    assert set(browser.evaluate("[...document.querySelectorAll('#lights li')].map(one => one.className)")) <= {
        "good",
        "warn",
        "bad",
    }

    rows = browser.evaluate("[...document.querySelectorAll('#candidates tr')].map(row => row.children[5].innerText)")
    assert len(rows) == 12
    assert all(rows)
    assert any(re.search("age|liquidity|holders", row) for row in rows)

    assert browser.count("#actors li[data-key='miner'] .restarts") == 0
    kill(stage.house, "miner")
    stage.house.system.directory.drain()
    browser.see("#actors li[data-key='miner'] .restarts", "1 restarts")
    browser.see("#actors li[data-key='miner'] .state", "alive")
    assert browser.heard == []


def test_the_panic_button_asks_for_the_token_and_empties_the_position_by_keyboard_alone(browser: Browser, stage: Stage):
    browser.open(stage.url)
    browser.see(f".held[data-mint='{stage.mint}']")
    for _ in range(40):
        browser.press("Tab")
        if browser.evaluate("document.activeElement.id") == "panic":
            break
    assert browser.evaluate("document.activeElement.id") == "panic"
    browser.press("Enter")
    browser.see("#confirm", "at once")
    assert browser.evaluate("document.activeElement.id") == "token"

    browser.type("guessed")
    browser.press("Enter")
    browser.see("#panic-answer", "Refused: this token is not known")
    assert books_of(stage.house).operations
    assert len(browser.heard) == 1  # the browser itself notes the refusal

    browser.press("Control+a")
    browser.type(stage.token())
    browser.press("Enter")
    browser.see("#panic-answer", "Told 1")
    assert stage.sold(200)
    browser.see("#panic-answer", "the position is closed")
    browser.press("Escape")
    browser.gone("#confirm")
    assert browser.evaluate("document.activeElement.id") == "panic"
    browser.see("#positions", "Nothing is held")
    browser.see("#operations tr", "operator")
    browser.see("#lights li:nth-child(1)", "nothing is open")
    assert browser.evaluate("document.cookie + JSON.stringify(localStorage)") == "{}"
    assert stage.token() not in browser.evaluate("document.documentElement.outerHTML")


def test_it_is_readable_on_a_phone_in_both_schemes_and_without_scripts(browser: Browser, stage: Stage, tmp_path: Path):
    backs = set()
    for scheme in ("dark", "light"):
        browser.open(stage.url, PHONE, scheme=scheme)
        browser.attribute("#chart", "data-candles", r"^\d+$")
        browser.see("#panic", "Panic exit")
        assert browser.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
        backs.add(browser.evaluate("getComputedStyle(document.body).backgroundColor"))
        assert browser.heard == []
    assert len(backs) == 2

    for path in ("", "status"):
        browser.open(stage.url + path, PHONE, scripts=False)
        text = browser.text("body")
        for part in ("Equity", "THE FIVE COMMANDMENTS", "OPEN POSITION", "WALLETS", "lightning", "SUPERVISION TREE"):
            assert part in text, part
        browser.gone("#panic")

    stage.go_on(1)
    take(browser, stage.url, tmp_path)
    for name in IMAGES:
        assert (tmp_path / name).stat().st_size > 20_000


def test_a_process_that_dies_leaves_a_page_that_says_so(browser: Browser, tmp_path: Path):
    product = Product(tmp_path).start(speed=1.0).ready()
    try:
        browser.open(f"http://127.0.0.1:{product.monitor_port}/", DESK)
        browser.see(LIVE)
        browser.see("#badges", "healthy")
        browser.gone("#stale")

        product.kill()

        browser.see("#stale", "The process may be dead")
        browser.attribute("body", "class", "stale")
        product.start(speed=1.0).ready()
        browser.gone("#stale")
        assert browser.evaluate("document.body.className") == ""
    finally:
        product.close()


def test_a_monitor_apart_shows_that_its_executor_died_and_keeps_the_last_picture(browser: Browser):
    pair = Pair()
    watching = HttpServer(remote_monitor_app(pair.link), bind="127.0.0.1", port=0, setting="MICRO_MONITOR_PORT")
    watching.start()
    try:
        pair.until(lambda: pair.link.life() is Life.OK)
        browser.open(f"http://127.0.0.1:{watching.port}/")
        browser.see(".held .symbol")
        browser.gone("#link")

        pair.server.stop()

        browser.see("#link", "The executor is dead")
        browser.see("#badges", "failing")
        browser.see(".held .symbol")
        browser.gone("#stale")
        assert browser.heard == []
    finally:
        watching.stop()
        pair.close()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_strangers_markup_and_bidi_are_only_text(browser: Browser, scripts: bool):
    server = HttpServer(monitor_app(Desk(FakePanel())), bind="127.0.0.1", port=0, setting="MICRO_MONITOR_PORT")
    server.start()
    try:
        browser.open(f"http://127.0.0.1:{server.port}/", scripts=scripts)
        browser.see(".held .symbol", "<script>x</script>")
        if scripts:
            browser.see(LIVE)
            browser.attribute("#chart", "data-candles", "^3$")
        text = browser.text("#main")
        assert not {"\x1b", "\u202e"} & set(text)
        assert "\\u202e" in text
        assert browser.count("main script") == 0
        assert browser.heard == []
    finally:
        server.stop()
