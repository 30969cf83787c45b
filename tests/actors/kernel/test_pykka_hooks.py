"""The kernel replaces private parts of Pykka. These tests fail when a new version of it moves them."""

import inspect
from importlib.metadata import version

import pykka
import pytest
from pykka import _actor, _envelope, messages

from actors.base import Actor
from actors.mailbox import CONTROL, Letter, Mailbox, kind_of
from actors.reply import Reply
from tests.actors.kernel.stage import Do, See, branch, puppet, running


def test_pykka_is_the_version_that_was_studied():
    assert version("pykka") == "4.5.0"


@pytest.mark.parametrize("hook", ["_create_actor_inbox", "_create_future", "_start_actor_loop"])
def test_every_hook_that_is_replaced_exists(hook):
    assert callable(getattr(pykka.ThreadingActor, hook))
    assert getattr(Actor, hook) is not getattr(pykka.ThreadingActor, hook)


def test_start_makes_registers_and_then_starts_the_loop():
    source = inspect.getsource(pykka.Actor.start)

    assert (
        source.index("cls(*args, **kwargs)")
        < source.index("ActorRegistry.register")
        < source.index("_start_actor_loop")
    )


def test_an_inbox_needs_what_the_mailbox_has():
    wanted = {name for name, _ in inspect.getmembers(_actor.ActorInbox, inspect.isfunction) if not name.startswith("_")}

    assert wanted == {"put", "get", "empty"}
    assert all(hasattr(Mailbox, name) for name in wanted)


def test_an_envelope_is_a_message_and_who_waits_for_the_answer():
    assert set(_envelope.Envelope.__slots__) == {"message", "reply_to"}
    assert set(Letter.__slots__) == {"kind"}


def test_pykkas_own_stop_goes_ahead_as_control():
    assert kind_of(messages._ActorStop) == CONTROL


def test_refs_tell_and_ask_through_the_same_mailbox_and_are_counted():
    with running(branch("root", puppet("a"))) as (system, _):
        ref = system.directory.whereis("a")
        ref.tell(Do(what="noted"))

        assert isinstance(ref.ask(See(), block=False), Reply)
        assert ref.ask(See(), timeout=5) == 2
        assert system.directory.counts()["a"].sent == 3


def test_the_registry_holds_living_actors_only():
    before = set(pykka.ActorRegistry.get_all())
    with running(branch("root", puppet("a"))):
        assert len(set(pykka.ActorRegistry.get_all()) - before) == 2

    assert set(pykka.ActorRegistry.get_all()) == before


def test_a_reply_is_a_pykka_future():
    reply = Reply()
    with pytest.raises(pykka.Timeout):
        reply.get(timeout=0)
    reply.set(3)

    assert reply.get() == 3
    assert list(Reply.join(reply, reply).get()) == [3, 3]
    assert reply.map(lambda n: n + 1).get() == 4
