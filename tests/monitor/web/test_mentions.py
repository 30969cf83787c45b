"""Signed mentions reach the actor that passes them on; unsigned, stale or repeated ones reach nobody."""

import json
from time import time

import pytest

from core.messages import SocialSeen
from core.records import OperatorActed
from monitor.web.mentions import HEADER, TEXT_BYTES, signature
from tests.monitor.house import HELD, NASTY, NOW_S, OPERATE, READ, TOKENS, UNKNOWN, records_of
from tests.monitor.web.test_access import expect_problem


def post(control, mentions: object, *, secret: str = TOKENS.mentions, at_s: float | None = None, headers=OPERATE):
    raw = json.dumps({"mentions": mentions, "source": "test"}).encode()
    signed_at = str(int(time() if at_s is None else at_s))
    signed = {HEADER: f"t={signed_at},v1={signature(secret, signed_at, raw)}", "Content-Type": "application/json"}
    return control.post("/sentiment", data=raw, headers={**signed, **headers})


def seen(panel) -> list[tuple[str, SocialSeen]]:
    return [(name, message) for name, message in panel.directory.told if isinstance(message, SocialSeen)]


def test_each_mention_reaches_sentiment_and_those_of_held_tokens_are_counted(panel, control):
    mention = {"mint": HELD, "text": "rug!", "score": -0.9}

    answer = post(control, [mention, {"mint": UNKNOWN, "text": "moon"}])

    assert (answer.status_code, answer.get_json()) == (202, {"accepted": True, "mentions": 2, "of_held_tokens": 1})
    assert seen(panel) == [
        ("sentiment", SocialSeen(mint=HELD, at_s=NOW_S, text="rug!", score=-0.9)),
        ("sentiment", SocialSeen(mint=UNKNOWN, at_s=NOW_S, text="moon")),
    ]
    acts = [record for record in records_of(panel) if isinstance(record, OperatorActed)]
    assert [(act.what, act.why) for act in acts] == [("take 2 mentions", "test")]


def test_its_text_is_made_harmless_and_short(panel, control):
    assert post(control, [{"mint": HELD, "text": NASTY + "x" * 900}]).status_code == 202

    text = seen(panel)[0][1].text
    assert len(text.encode()) <= TEXT_BYTES
    assert not {"\x1b", "\u202e"} & set(text)


@pytest.mark.parametrize("given", [{"secret": "guessed"}, {"secret": ""}, {"at_s": 1_000.0}, {"at_s": 9e9}])
def test_what_is_not_signed_now_with_the_secret_reaches_nobody(panel, control, given):
    expect_problem(post(control, [{"mint": HELD, "text": "dump"}], **given), 403)
    assert panel.directory.told == []


@pytest.mark.parametrize("header", ["", "t=,v1=", "v1=x", "t=²,v1=00", "t=1,v1=" + "0" * 64])
def test_a_malformed_signature_is_refused(panel, control, header):
    body = {"mentions": [{"mint": HELD, "text": "dump"}]}
    expect_problem(control.post("/sentiment", json=body, headers={**OPERATE, HEADER: header}), 403)
    assert panel.directory.told == []


def test_a_signature_counts_once(panel, control):
    now_s = time()
    assert post(control, [{"mint": HELD, "text": "dump"}], at_s=now_s).status_code == 202
    assert "already" in expect_problem(post(control, [{"mint": HELD, "text": "dump"}], at_s=now_s), 403)
    assert len(seen(panel)) == 1


@pytest.mark.parametrize(("headers", "status"), [({}, 401), (READ, 403)])
def test_a_signature_alone_is_not_enough(panel, control, headers, status):
    expect_problem(post(control, [{"mint": HELD, "text": "dump"}], headers=headers), status)
    assert panel.directory.told == []


@pytest.mark.parametrize(
    "mentions", [[], [{"mint": "x", "text": ""}], [{"mint": HELD, "text": "", "score": 2}], [{"text": ""}], "all"]
)
def test_what_is_no_list_of_mentions_is_400(panel, control, mentions):
    expect_problem(post(control, mentions), 400)
    assert panel.directory.told == []


def test_when_nobody_takes_them_the_source_is_told(panel, control):
    panel.directory.gone.add("sentiment")
    expect_problem(post(control, [{"mint": HELD, "text": "dump"}]), 503)
