"""The supervision tree, and each actor as it shows itself."""

from collections.abc import Mapping

from core.snapshots import ActorSnapshot
from monitor.views.operations import Shown
from monitor.views.plain import plain

BRIEF = 10
"""Items of each collection in a list of all actors; one actor alone shows more."""


def in_tree_order(actors: Mapping[str, ActorSnapshot]) -> list[tuple[int, ActorSnapshot]]:
    """(depth, actor), parents before their children. One whose parent is unknown stands at the root."""
    below: dict[str, list[ActorSnapshot]] = {}
    for actor in actors.values():
        below.setdefault(actor.parent if actor.parent in actors else "", []).append(actor)
    ordered: list[tuple[int, ActorSnapshot]] = []
    waiting = [(0, actor) for actor in reversed(below.get("", []))]
    while waiting:
        depth, actor = one = waiting.pop()
        ordered.append(one)
        waiting += [(depth + 1, child) for child in reversed(below.get(actor.name, []))]
    return ordered


def shown(depth: int, actor: ActorSnapshot, *, items: int = BRIEF) -> Shown:
    return {**brief(depth, actor), "view": plain(actor.view, items=items)}


def brief(depth: int, actor: ActorSnapshot) -> Shown:
    """Without what the actor shows of its own."""
    return {
        "name": plain(actor.name),
        "class_name": actor.class_name,
        "parent": plain(actor.parent),
        "depth": depth,
        "state": actor.state.value,
        "late": actor.late,
        "incarnation": actor.incarnation,
        "restarts": actor.restarts,
        "mailbox_depth": actor.mailbox_depth,
        "handled": actor.handled,
        "last_message_age_s": plain(actor.last_message_age_s),
    }
