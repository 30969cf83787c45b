"""The RPC budget of rules.md §8: of the calls that an endpoint allows in a while, the last 30 % are for exits.

Pure. Times are seconds of any clock that only goes forward; a limit on the network knows nothing of market time.
"""

from collections.abc import Sequence
from functools import lru_cache
from math import floor

from msgspec import Struct

from core.errors import Refused
from core.rules.share import part


class RpcBudgetRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    calls: int = 100
    """What an endpoint allows within `within_s`; public nodes say 100 in 10 s."""
    within_s: float = 10.0
    exit_share: float = 0.3

    def __post_init__(self) -> None:
        if self.calls < 1 or not self.within_s > 0 or not 0 <= self.exit_share < 1:
            raise Refused("the RPC budget needs at least one call, a time above 0 and an exit share from 0 to below 1")


@lru_cache(maxsize=64)
def allowed(rule: RpcBudgetRule, *, for_exit: bool) -> int:
    """How many calls within `within_s` may have been made after one of this kind."""
    kept = 0 if for_exit else rule.calls - floor(part(rule.calls, 1 - rule.exit_share))
    return rule.calls - kept


def left(rule: RpcBudgetRule, calls_at_s: Sequence[float], *, now_s: float, for_exit: bool) -> int:
    """How many calls may still be made now. `calls_at_s`: when the last ones were made."""
    used = sum(1 for at_s in calls_at_s if now_s - at_s < rule.within_s)
    return max(allowed(rule, for_exit=for_exit) - used, 0)


def noted(rule: RpcBudgetRule, calls_at_s: Sequence[float], *, now_s: float) -> tuple[float, ...]:
    """The calls with one made now, without those that count no more."""
    return (*(at_s for at_s in calls_at_s if now_s - at_s < rule.within_s), now_s)


def wait_s(rule: RpcBudgetRule, calls_at_s: Sequence[float], *, now_s: float, for_exit: bool) -> float:
    """How long until a call is allowed; 0 when it is now."""
    moment_s, recent = now_s, sorted(calls_at_s)
    for at_s in recent:
        if left(rule, recent, now_s=moment_s, for_exit=for_exit):
            break
        moment_s = max(moment_s, at_s + rule.within_s)
    return moment_s - now_s
