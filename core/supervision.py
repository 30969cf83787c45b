"""Restart arithmetic: what a supervisor does after one of its children ended. Pure: the caller brings time and dice.

Defaults are those of docs/architecture.md. Times are seconds of any clock that never runs backwards.
"""

from collections.abc import Mapping
from enum import StrEnum
from random import Random

from msgspec import Struct

WORKER_SHUTDOWN_S = 1.0
SUPERVISOR_SHUTDOWN_S = 5.0


class Strategy(StrEnum):
    """Who is restarted together with the child that crashed."""

    ONE_FOR_ONE = "one_for_one"
    ONE_FOR_ALL = "one_for_all"
    REST_FOR_ONE = "rest_for_one"


class Restart(StrEnum):
    """Which ends a child comes back from: every one, only a crash, none."""

    PERMANENT = "permanent"
    TRANSIENT = "transient"
    TEMPORARY = "temporary"


class Backoff(Struct, frozen=True, kw_only=True):
    """The wait before the nth restart in a row: min(first × factorⁿ⁻¹, most) × a jitter between two bounds."""

    first_s: float = 0.01
    factor: float = 2.0
    most_s: float = 1.0
    jitter_from: float = 0.5
    jitter_to: float = 1.5


class RestartRule(Struct, frozen=True, kw_only=True):
    """A supervisor gives up at the crash that would need more than `intensity` restarts within `period_s`."""

    strategy: Strategy = Strategy.ONE_FOR_ONE
    intensity: int = 5
    period_s: float = 10.0
    backoff: Backoff = Backoff()


class Failures(Struct, frozen=True, array_like=True):
    """How often in a row a child crashed, and when last. A quiet `period_s` ends the row."""

    in_a_row: int
    last_s: float


class Supervision(Struct, frozen=True, kw_only=True):
    """What a supervisor remembers of its children's crashes."""

    restarts_at_s: tuple[float, ...] = ()
    """Within the last `period_s`, oldest first."""
    failures: dict[str, Failures] = {}


class Decision(Struct, frozen=True, kw_only=True):
    """What to do now: stop these in this order, forget these, start these in this order after the delay, or give up."""

    stop: tuple[str, ...] = ()
    forget: tuple[str, ...] = ()
    start: tuple[str, ...] = ()
    delay_s: float = 0.0
    give_up: bool = False


def after_exit(
    rule: RestartRule,
    supervision: Supervision,
    children: Mapping[str, Restart],
    child: str,
    *,
    crashed: bool,
    now_s: float,
    rng: Random,
) -> tuple[Supervision, Decision]:
    """The decision after `child` ended. `children` are all that should be running, in start order, `child` among them.

    A crash while starting is an exit like any other. Ends that are not restarted never count for the intensity, and one
    crash counts once however many siblings restart with it.
    """
    restart = children[child]
    if restart is Restart.TEMPORARY or (restart is Restart.TRANSIENT and not crashed):
        return supervision, Decision(forget=(child,))
    window = tuple(at_s for at_s in supervision.restarts_at_s if now_s - at_s <= rule.period_s)
    if len(window) >= rule.intensity:
        return supervision, Decision(give_up=True)
    failures = {name: failed for name, failed in supervision.failures.items() if now_s - failed.last_s <= rule.period_s}
    in_a_row = failures[child].in_a_row + 1 if child in failures else 1
    failures[child] = Failures(in_a_row, now_s)
    group = restart_group(rule.strategy, children, child)
    # A temporary sibling is stopped with its group, but nothing promises to bring it back.
    returning = tuple(name for name in group if children[name] is not Restart.TEMPORARY)
    return Supervision(restarts_at_s=(*window, now_s), failures=failures), Decision(
        stop=tuple(name for name in reversed(group) if name != child),
        forget=tuple(name for name in group if children[name] is Restart.TEMPORARY),
        start=returning,
        delay_s=restart_delay_s(rule.backoff, in_a_row, rng),
    )


def restart_group(strategy: Strategy, children: Mapping[str, Restart], child: str) -> tuple[str, ...]:
    """Who restarts when `child` crashed, in start order."""
    if strategy is Strategy.ONE_FOR_ONE:
        return (child,)
    order = tuple(children)
    return order if strategy is Strategy.ONE_FOR_ALL else order[order.index(child) :]


def restart_delay_s(backoff: Backoff, in_a_row: int, rng: Random) -> float:
    """The wait before the restart after the crash number `in_a_row` (1 = the first after a quiet time)."""
    # Capped exponent: a float overflows long before a child gives up crashing.
    grown_s = backoff.first_s * backoff.factor ** min(in_a_row - 1, 64)
    return min(grown_s, backoff.most_s) * rng.uniform(backoff.jitter_from, backoff.jitter_to)
