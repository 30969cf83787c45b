import json
from base64 import b64encode
from collections.abc import Iterator

import gevent
import pytest
from msgspec.structs import replace

from actors.adapters.chain.held import HeldAccounts
from actors.adapters.chain.tidings import Tidings
from actors.adapters.chain.watch import Watch
from actors.adapters.chain.watch_frames import AccountTold, Answered, read
from actors.adapters.live_socket import Gone
from core.chain.accounts import encode_account
from core.chain.build.addresses import bonding_curve, canonical_pool
from core.chain.programs import PUMP, TOKEN_2022
from core.chain.tokens import encode_mint
from core.errors import Refused
from core.messages import FeedBatch
from core.rules.live_feed import LiveRule
from core.state.market_now import MarketNow
from tests.actors.adapters.chain.scripted import CURVE, mint
from tests.actors.adapters.node import Node
from tests.chain.build.coins import MINT, key

RULE = LiveRule(ping_s=0.2, connect_s=2.0)
CURVE_AT, POOL_AT = str(bonding_curve(MINT)), str(canonical_pool(MINT))
SIGNATURE = "5" * 87


class Story:
    """A watch with its node, and everything that it told."""

    def __init__(self) -> None:
        self.node = Node()
        self.mints = [str(MINT)]
        self.tidings = Tidings()
        self.held = HeldAccounts(self.tidings, lambda: self.mints)
        self.told: list[tuple[str, str, AccountTold | None]] = []
        self.watch = Watch(self.node.url, RULE, wanted=self.held.wanted, changed=self.note)
        self.running = gevent.spawn(self.run)

    def note(self, address: str, mint: str, told: AccountTold | None) -> None:
        self.told.append((address, mint, told))
        self.held.changed(address, mint, told)

    def run(self) -> None:
        """As its owner runs it."""
        while True:
            try:
                self.watch.refresh(0.0, MarketNow())
            except Gone:
                gevent.sleep(0.01)
            gevent.sleep(0.01)

    def subjects(self) -> set[str]:
        return {subject for peer in self.node.peers for subject in peer.subscriptions}

    def until(self, *subjects: str) -> None:
        self.node.wait(lambda: self.subjects() == set(subjects))
        self.node.wait(lambda: self.watch.view().subjects == len(subjects))

    def account(self, address: str, data: bytes, slot: int = 5, owner: str = PUMP) -> None:
        coded = [b64encode(data).decode(), "base64"]
        value = {"lamports": 1, "owner": owner, "data": coded, "executable": False, "rentEpoch": 0, "space": len(data)}
        self.node._notify(address, "accountNotification", {"context": {"slot": slot}, "value": value})

    def changed(self) -> bool:
        """Whether a change was told since the last look."""
        return bool(self.tidings.into(FeedBatch(slot=1, at_s=1.0)).market)

    def stop(self) -> None:
        self.running.kill()
        self.node.stop()


@pytest.fixture
def story() -> Iterator[Story]:
    story = Story()
    story.until(str(MINT), CURVE_AT, POOL_AT)
    yield story
    story.stop()


def test_mint_curve_and_pool_of_what_is_held_are_watched(story: Story):
    asked = {request["params"][0]: request["params"][1] for request in story.node.requests}
    assert set(asked) == {str(MINT), CURVE_AT, POOL_AT}
    assert asked[CURVE_AT] == {"encoding": "base64", "commitment": "processed"}


def test_trades_change_what_is_known_and_nothing_else(story: Story):
    story.account(CURVE_AT, encode_account(CURVE))
    story.node.wait(lambda: CURVE_AT in story.held.known)
    assert story.changed()
    moved = encode_account(replace(CURVE, virtual_quote_reserves=7, real_quote_reserves=5))
    story.account(CURVE_AT, moved, slot=6)
    story.node.wait(lambda: story.held.known[CURVE_AT].slot == 6)

    assert not story.changed()
    assert story.held.known[CURVE_AT].data == moved


@pytest.mark.parametrize("what", ["creator", "layout", "mint"])
def test_a_change_of_anything_else_is_told(story: Story, what: str):
    story.account(CURVE_AT, encode_account(CURVE))
    story.account(str(MINT), encode_mint(mint()), owner=TOKEN_2022)
    story.node.wait(lambda: {CURVE_AT, str(MINT)} <= story.held.known.keys())
    assert story.changed()
    if what == "creator":
        story.account(CURVE_AT, encode_account(replace(CURVE, creator=str(key("another")))), slot=6)
    elif what == "layout":
        story.account(CURVE_AT, b"newkind!" + bytes(100), slot=6)
    else:
        story.account(str(MINT), encode_mint(mint(freeze=str(key("freeze")))), slot=6, owner=TOKEN_2022)

    story.node.wait(story.changed)
    assert story.held.known


def test_an_older_state_changes_nothing(story: Story):
    story.account(CURVE_AT, encode_account(CURVE), slot=9)
    story.node.wait(lambda: CURVE_AT in story.held.known)
    story.account(CURVE_AT, encode_account(replace(CURVE, complete=True)), slot=8)
    story.node.wait(lambda: len(story.told) == 2)

    assert story.held.known[CURVE_AT].slot == 9


def test_after_a_break_all_is_subscribed_to_again_and_may_have_changed(story: Story):
    story.account(CURVE_AT, encode_account(CURVE))
    story.node.wait(lambda: bool(story.told))
    story.changed()
    story.node.drop()
    story.node.wait(lambda: story.node.connections == 2)
    story.until(str(MINT), CURVE_AT, POOL_AT)

    assert story.changed()
    assert {address for address, _, told in story.told if told is None} == {str(MINT), CURVE_AT, POOL_AT}
    assert story.watch.view().reconnects == 1


def test_what_is_held_no_more_is_let_go_and_what_is_new_is_watched(story: Story):
    other = key("other")
    story.mints = [str(other)]
    gone = {str(MINT), CURVE_AT, POOL_AT}
    wanted = {str(other), str(bonding_curve(other)), str(canonical_pool(other))}
    story.node.wait(lambda: wanted <= story.subjects())
    unsubscribed = [one for one in story.node.requests if one["method"] == "accountUnsubscribe"]
    assert len(unsubscribed) == 3
    story.until(*wanted)
    assert not story.held.known.keys() & gone


def test_a_signature_is_told_when_it_is_confirmed(story: Story):
    result = story.watch.follow(SIGNATURE)
    story.node.wait(lambda: SIGNATURE in story.subjects())
    failed = {"InstructionError": [1, {"Custom": 6002}]}
    story.node.wait(lambda: story.watch.view().subjects == 4)
    story.node._notify(SIGNATURE, "signatureNotification", {"context": {"slot": 9}, "value": {"err": failed}})

    told = result.get(timeout=10)
    assert told is not None
    assert (told.slot, told.err) == (9, '{"InstructionError": [1, {"Custom": 6002}]}')
    assert story.watch.follow(SIGNATURE) is result
    story.watch.forget(SIGNATURE)
    assert story.watch.follow(SIGNATURE) is not result


def test_a_signature_is_subscribed_to_at_once_and_a_broken_socket_harms_nobody(story: Story):
    story.watch.follow(SIGNATURE)
    asked = [request["method"] for request in story.node.requests]
    story.node.wait(lambda: "signatureSubscribe" in [request["method"] for request in story.node.requests])
    assert "signatureSubscribe" not in asked
    story.node.drop()
    gone = story.watch.follow("4" * 87)  # whether the session knows by now or not
    story.until(str(MINT), CURVE_AT, POOL_AT, SIGNATURE, "4" * 87)

    assert not gone.ready()


def test_a_node_that_goes_silent_is_left(story: Story):
    story.node.answers_pings = False
    # The node has a second connection a moment before the session counts it.
    story.node.wait(lambda: story.watch.view().reconnects >= 1)
    assert story.node.connections >= 2


def test_nothing_to_watch_needs_no_connection():
    node = Node()
    watch = Watch(node.url, RULE, wanted=dict, changed=lambda *_: None)
    watch.refresh(0.0, MarketNow())

    assert node.connections == 0
    node.stop()


def notification(kind: str, value: object) -> bytes:
    result = {"context": {"slot": 1}, "value": value}
    return json.dumps({"method": f"{kind}Notification", "params": {"subscription": 1, "result": result}}).encode()


NO_BASE64 = {"lamports": 1, "owner": "x", "data": ["?", "base64"]}


@pytest.mark.parametrize(
    "frame",
    [
        *(b"", b"oops", b"[]", b"{}", b"[" * 9_999, b"\xff"),
        *(notification("account", value) for value in (5, NO_BASE64)),
        notification("slot", 5),
    ],
)
def test_frames_that_mean_nothing_are_none(frame: bytes):
    assert read(frame) is None


def test_answers_to_requests_tell_the_subscription_or_a_refusal():
    for body, wanted in (({"result": 7}, 7), ({"result": True}, None), ({"error": {"code": 1}}, None)):
        assert read(json.dumps({"id": 3} | body).encode()) == Answered(3, wanted)


def test_an_unencrypted_node_beyond_this_machine_is_refused():
    with pytest.raises(Refused, match="SOLANA_WS_URL"):
        Watch("ws://far.example/", RULE, wanted=dict, changed=lambda *_: None)
