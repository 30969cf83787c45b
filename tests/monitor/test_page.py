"""The page at `/`: whole without JavaScript, and a stranger's text is only text in it."""

from html.parser import HTMLParser

import pytest
from typing_extensions import override

from core.rules.verdict import Verdict
from core.snapshots import ActorState
from monitor.page import clock, dollars, duration, percent, share, short, signed_sol, sol
from tests.monitor.house import HELD, NOW_S, READ, REFUSED, FakePanel, judged, see

VOID = {"meta", "link", "br", "hr", "img", "input"}


class Tags(HTMLParser):
    """Checks that every element is closed, and keeps what was seen."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    @override
    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, tag

    @override
    def handle_data(self, data: str) -> None:
        self.text += data


def parsed(text: str) -> Tags:
    tags = Tags()
    tags.feed(text)
    tags.close()
    assert tags.open == []
    return tags


@pytest.mark.parametrize("path", ["/", "/status"])
def test_the_page_is_whole_and_its_only_script_is_a_file_of_ours(monitor, path):
    answer = monitor.get(path, headers={"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"})

    assert answer.status_code == 200
    assert answer.content_type == "text/html; charset=utf-8"
    tags = parsed(answer.text)
    assert not [tag for tag, _ in tags.seen if tag in {"iframe", "style"}]
    scripts = [attributes for tag, attributes in tags.seen if tag == "script"]
    assert scripts == [{"type": "module", "src": "/static/dashboard.js"}]
    assert not [name for _, attributes in tags.seen for name in attributes if name.startswith("on") or name == "style"]
    refresh = [attributes["content"] for tag, attributes in tags.seen if attributes.get("http-equiv") == "refresh"]
    assert refresh == ["5"]
    assert ("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}) in tags.seen


def test_the_page_shows_every_part(monitor):
    text = parsed(monitor.get("/").text).text

    for part in ("The five commandments", "Open position", "Wallets", "Operations", "Candidates", "Alerts", "Equity"):
        assert part in text
    for value in ("op1", "take profit", "creator sell", "tactical exit", "honeypot", "commandments", "0.136328"):
        assert value in text


def test_a_refusal_shows_what_decided_first_and_how_many_more(panel, monitor):
    fails = [Verdict.failed(name, f"{name} is bad") for name in ("age", "liquidity", "holders", "cost")]
    panel.add(judged(REFUSED, "X", NOW_S, "last", *fails, Verdict.failed("honeypot", "a trap", final=True)))

    text = " ".join(parsed(monitor.get("/").text).text.split())

    assert "honeypot a trap; age age is bad; liquidity liquidity is bad and 2 more" in text


def test_a_strangers_markup_escape_and_bidi_are_only_text(monitor):
    raw = monitor.get("/").text

    assert raw.count("<script") == 1
    assert "&lt;script&gt;" in raw
    assert "\x1b" not in raw
    assert "\u202e" not in raw
    assert "\\u202e" in raw


def test_the_page_names_what_fails(panel, monitor):
    see(panel, "executor", state=ActorState.RESTARTING, late=True)

    text = parsed(monitor.get("/").text).text

    assert "executor is restarting" in text
    assert "failing" in text


def test_without_books_the_page_still_shows_actors_and_says_why(panel, monitor):
    panel.closed = True

    answer = monitor.get("/")

    assert answer.status_code == 503
    text = parsed(answer.text).text
    assert "the journal has not begun" in text
    assert "wallet.tactical_exit" in text


def test_an_empty_house_has_a_page_too(panel, monitor):
    panel.records = panel.records[:2]
    panel.add()
    panel.directory.actors.pop("notifier")

    text = parsed(monitor.get("/").text).text

    assert "None yet." in text
    assert "The notifier is down." in text


def test_watchers_are_counted_not_listed(monitor):
    text = parsed(monitor.get("/").text).text

    assert "1 watchers" in text
    assert f"watcher.{REFUSED}" not in text
    assert "position.3333…333B" in text
    assert HELD in monitor.get("/").text


def test_links_lead_to_paths_that_answer(monitor):
    everything = [attributes["href"] or "" for tag, attributes in parsed(monitor.get("/").text).seen if tag == "a"]
    links = [link for link in everything if link.startswith("/")]
    assert set(everything) - set(links) == {"#main", "https://www.tradingview.com/"}

    assert len(links) > 20
    for link in links:
        with monitor.get(link) as answer:
            assert answer.status_code == 200, link


def test_the_control_port_has_no_page(panel, control):
    assert isinstance(panel, FakePanel)
    assert control.get("/", headers=READ).status_code == 404
    assert control.get("/static/page.css", headers=READ).status_code == 404


def test_figures_are_written_for_a_person():
    assert [sol(136_328_194), sol(None), signed_sol(-1_000)] == ["0.136328", "unknown", "−0.000001"]
    assert [dollars(1_234.5), dollars(None)] == ["$1,234.50", "unknown"]
    assert [share(0.1234), share(None), percent(-887), percent(None)] == ["12.3 %", "–", "−8.9 %", "–"]
    assert [duration(5), duration(65), duration(3_725), duration(-1), duration(None)] == [
        "5 s",
        "1 min 5 s",
        "1 h 2 min",
        "0 s",
        "–",
    ]
    assert [clock("2026-01-01T00:01:32.500Z"), clock(None)] == ["00:01:32", "–"]
    assert [short("abc"), short("2" * 44), short(None)] == ["abc", "2222…2222", "–"]
