"""With a source of mentions configured, entries are judged by what is said: through the served product, signed."""

import json
import time
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from monitor.web.mentions import HEADER, signature
from tests.commands.process import Product

SOON_S = 60.0
"""At sixty times real time a coin is finally judged after some 15 s."""


@pytest.fixture
def product(tmp_path: Path):
    made = Product(tmp_path, settings=["MICRO_SENTIMENT_SOURCE=true", "MICRO_SENTIMENT_WITHIN_S=100000"])
    yield made
    made.close()


def post(product: Product, mint: str, count: int) -> tuple[int, Any]:
    one = {"mint": mint, "text": "to the moon", "score": 0.9}
    body = json.dumps({"mentions": [one] * count, "source": "test"}).encode()
    now = str(int(time.time()))
    secret = (product.state / "mention-secret").read_text().strip()
    headers = {
        "Content-Type": "application/json",
        "Authorization": f"Bearer {product.token()}",
        HEADER: f"t={now},v1={signature(secret, now, body)}",
    }
    connection = HTTPConnection("127.0.0.1", product.control_port, timeout=20.0)
    try:
        connection.request("POST", "/sentiment", body=body, headers=headers)
        answer = connection.getresponse()
        return answer.status, json.load(answer)
    finally:
        connection.close()


def verdict(product: Product, mint: str, criterion: str) -> dict[str, Any]:
    (candidate,) = product.get(f"/candidates?mint={mint}")[1]["items"]
    found: dict[str, Any] = {one["criterion"]: one for one in candidate["verdicts"]}[criterion]
    return found


def until(seen: Any) -> Any:
    deadline_s = time.monotonic() + SOON_S
    while not (found := seen()):
        assert time.monotonic() < deadline_s
        time.sleep(0.2)
    return found


def test_a_token_that_nobody_speaks_of_is_refused_for_that_and_one_that_many_praise_is_not(product: Product):
    product.start().ready()
    mint = until(lambda: [one["mint"] for one in product.get("/candidates")[1]["items"]])[0]
    first = verdict(product, mint, "mentions")

    status, answer = post(product, mint, 40)
    sentiment = until(lambda: product.get("/actors/sentiment")[1]["view"]["mentions"] == 40)

    assert first["outcome"] == "fail"
    assert first["reason"] == "0, under 30"
    assert (status, answer["mentions"]) == (202, 40)
    assert sentiment
    assert until(lambda: verdict(product, mint, "mentions")["outcome"] == "pass")
    mood = verdict(product, mint, "sentiment")
    assert (mood["outcome"], mood["reason"]) == ("pass", "0.9")
