"""What is said of tokens is kept for a while and within bounds, and told to the position that it is about."""

from core.effects import Tell
from core.ledger.books import Books, Operation
from core.messages import SocialSeen
from core.rules.sentiment import SentimentRule, Social
from core.state import talk as module
from core.state.hearsay import heard
from core.state.talk import Talk
from tests.state.tokens import MINT, START_S, world

RULE = SentimentRule()


def mention(mint: str = MINT, *, at_s: float = START_S, score: float | None = 0.5, text: str = "moon") -> SocialSeen:
    return SocialSeen(mint=mint, at_s=at_s, text=text, score=score)


def test_each_token_has_its_own_mentions_and_they_grow_old():
    talk = Talk(RULE)
    for score in (0.0, 1.0):
        talk.take(mention(score=score), START_S)
    talk.take(mention("other", score=-1.0), START_S)

    assert talk.of(MINT, START_S).mentions == 2
    assert talk.of(MINT, START_S).sentiment == 0.5
    assert talk.of("other", START_S).sentiment == -1.0
    assert talk.of(MINT, START_S + RULE.within_s + 1.0) == Social(mentions=0)


def test_of_too_many_tokens_the_one_that_was_silent_for_longest_is_forgotten(monkeypatch):
    monkeypatch.setattr(module, "TOKENS", 3)
    talk = Talk(RULE)
    for mint in ("a", "b", "c", "a", "d"):
        talk.take(mention(mint), START_S)

    assert [talk.of(mint, START_S).mentions for mint in "abcd"] == [2, 0, 1, 1]
    assert len(talk) == 3


def test_of_one_token_no_more_mentions_are_kept_than_the_rule_says():
    talk = Talk(SentimentRule(kept=5))
    for _ in range(100):
        talk.take(mention(), START_S)

    assert talk.of(MINT, START_S).mentions == 5


def test_without_a_source_nothing_is_kept_and_a_position_hears_of_it_all_the_same():
    now, seen = world(), mention()
    assert heard(seen, now) == ()

    now.books = Books(operations={"op1": Operation(id="op1", mint=MINT, symbol="", opened_at_s=0.0, entry_price=1.0)})
    assert heard(seen, now) == (Tell(f"position.{MINT}", seen),)
    assert heard(mention("other"), now) == ()


def test_with_a_source_it_is_kept_too():
    now = world()
    now.market.social = Talk(RULE)

    heard(mention(), now)

    assert now.market.social.of(MINT, now.at_s).mentions == 1
