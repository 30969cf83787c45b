"""The miner: once a second the best candidate is put before the gate, while there is room and no other wish is open.

A candidate that the gate refused for its own sake stands behind the others from then on. A refusal that would meet any
other candidate too (militia, breaker, rotation) changes no rank: the best one is asked for again a second later.
"""

from typing import assert_never

from msgspec import Struct

from core.effects import After, Effect, Effects, Now, Offer, Tell, Write
from core.messages import (
    CandidateGone,
    CandidateReady,
    EnterMint,
    EntryAnswered,
    RequestEntry,
    Tick,
    Undelivered,
)
from core.records import EntryDecided
from core.rules import mining
from core.rules.entry import CRITERIA
from core.rules.verdict import Outcome, Verdict, all_pass

ABOUT_THE_TOKEN = (CRITERIA - {"sol_price"}) | {"conditions", "fresh", "quote"}
"""Verdicts that another candidate may not get; a refusal by any other concerns all of them."""
RANK = "rank"
MINER = "miner"
NOTHING: Effects = ()


class Asked(Struct, frozen=True, kw_only=True):
    """A wish that the gate has not answered."""

    mint: str
    at_s: float
    reply_to: str = ""


class Wish(Struct, frozen=True, kw_only=True):
    """A person's wish for a mint that is no candidate: its watcher is asked why not."""

    enter: EnterMint
    at_s: float


class State(Struct, kw_only=True):
    """Mutable. Nothing of it needs to survive a restart: watchers tell their candidates every second."""

    candidates: dict[str, CandidateReady] = {}
    refusals: dict[str, int] = {}
    """How often the gate refused each candidate for its own sake."""
    admitted: dict[str, float] = {}
    """When entries were admitted that the books do not show yet: they take room."""
    asked: Asked | None = None
    wish: Wish | None = None


class Ranked(Struct, frozen=True, kw_only=True):
    """A candidate in its place. `judged_at_s` is market time; too old, it is passed over."""

    mint: str
    symbol: str
    quality: float
    risk: float
    score: float
    refusals: int
    """By the gate, for its own sake."""
    judged_at_s: float


class MinerView(Struct, frozen=True, kw_only=True):
    """What is shown of the miner: candidates, best first, and the mint that the gate is being asked about."""

    ranking: tuple[Ranked, ...]
    asked: str


MinerMessage = CandidateReady | CandidateGone | EntryAnswered | EnterMint | Tick | Undelivered


def begin(now: Now) -> tuple[State, Effects]:
    return State(), (_next_tick(now),)


def step(state: State, message: MinerMessage, now: Now) -> tuple[State, Effects]:
    match message:
        case CandidateReady():
            _keep(state, message, now)
            return state, NOTHING
        case Tick():
            return state, (*_give_up(state, now), *_rank(state, now), _next_tick(now))
        case CandidateGone():
            _forget(state, message.mint)
            return state, NOTHING
        case EntryAnswered():
            return state, _answered(state, message, now)
        case EnterMint():
            return state, _by_hand(state, message, now)
        case Undelivered():
            # The gate is down: it fails closed, and the next tick asks again.
            if state.asked is not None and isinstance(message.command, RequestEntry):
                state.asked = None
            return state, NOTHING
        case _:
            assert_never(message)


def view(state: State) -> MinerView:
    """The ranking as it stands."""
    ranked = sorted(state.candidates.values(), key=lambda one: _rank_key(state, one))
    return MinerView(
        ranking=tuple(
            Ranked(
                mint=one.mint,
                symbol=one.symbol,
                quality=one.quality,
                risk=one.risk,
                score=one.quality - one.risk if one.score is None else one.score,
                refusals=state.refusals.get(one.mint, 0),
                judged_at_s=one.at_s,
            )
            for one in ranked
        ),
        asked=state.asked.mint if state.asked is not None else "",
    )


def _next_tick(now: Now) -> After:
    return After(RANK, now.settings.mining.tick_s, Tick(key=RANK))


def _keep(state: State, candidate: CandidateReady, now: Now) -> None:
    """Keep the newest sight of each candidate; where they are too many, the worst goes."""
    state.candidates[candidate.mint] = candidate
    if len(state.candidates) > now.settings.mining.candidates_kept:
        _forget(state, max(state.candidates.values(), key=lambda one: _rank_key(state, one)).mint)


def _forget(state: State, mint: str) -> None:
    state.candidates.pop(mint, None)
    state.refusals.pop(mint, None)


def _rank_key(state: State, candidate: CandidateReady) -> tuple[int, float, str]:
    """Sorts the best first: fewest refusals, then the strategy's score, then mint."""
    if candidate.score is None:
        rank = mining.rank_key(quality=candidate.quality, risk=candidate.risk, mint=candidate.mint)
    else:
        rank = mining.rank_key(quality=candidate.score, risk=0.0, mint=candidate.mint)
    return (state.refusals.get(candidate.mint, 0), *rank)


def _best(state: State, now: Now) -> CandidateReady | None:
    oldest_s = now.at_s - now.settings.mining.candidate_max_age_s
    fresh = [candidate for candidate in state.candidates.values() if candidate.at_s >= oldest_s]
    return min(fresh, key=lambda candidate: _rank_key(state, candidate), default=None)


def _room(state: State, now: Now) -> int:
    """Entries that may still be opened, counting those admitted that the books do not show yet."""
    books, wait_s = now.books, now.settings.mining.answer_wait_s
    shown = {o.order.mint for o in books.orders.values()} | {op.mint for op in books.operations.values()}
    state.admitted = {
        mint: at_s for mint, at_s in state.admitted.items() if mint not in shown and now.at_s < at_s + wait_s
    }
    return now.settings.mining.room - books.open_entries() - len(state.admitted)


def _rank(state: State, now: Now) -> Effects:
    if state.asked is not None or _room(state, now) <= 0:
        return NOTHING
    best = _best(state, now)
    return NOTHING if best is None else (_request(state, best, now),)


def _request(state: State, candidate: CandidateReady, now: Now, wish: EnterMint | None = None) -> Tell:
    state.asked = Asked(mint=candidate.mint, at_s=now.at_s, reply_to=wish.reply_to if wish else "")
    deadline_s = now.at_s + now.settings.mining.candidate_max_age_s
    by = wish.by if wish else MINER
    return Tell("commandments", RequestEntry(candidate=candidate, by=by, deadline_s=deadline_s))


def _give_up(state: State, now: Now) -> Effects:
    """Wishes whose answer is overdue: the gate's is asked for again, a watcher that says nothing does not exist."""
    mining_rule = now.settings.mining
    if state.asked is not None and now.at_s >= state.asked.at_s + mining_rule.answer_wait_s:
        state.asked = None
    wish = state.wish
    if wish is None or now.at_s < wish.at_s + mining_rule.tick_s:
        return NOTHING
    state.wish = None
    return _refuse_by_hand(wish.enter, (Verdict.unknown("watcher", "nobody watches this token"),), now)


def _answered(state: State, message: EntryAnswered, now: Now) -> Effects:
    """The gate's answer to a request, or a watcher's to a person's wish."""
    wish = state.wish
    if wish is not None and wish.enter.mint == message.mint and not message.admitted:
        state.wish = None
        return _refuse_by_hand(wish.enter, message.verdicts, now)
    asked = state.asked if state.asked is not None and state.asked.mint == message.mint else None
    if asked is not None:
        state.asked = None
    effects: list[Effect] = [Tell(asked.reply_to, message)] if asked is not None and asked.reply_to else []
    if message.admitted:
        state.admitted[message.mint] = now.at_s
        _forget(state, message.mint)
        effects.append(Offer(f"watcher.{message.mint}", message))
    else:
        _refused(state, message)
    return tuple(effects)


def _refused(state: State, message: EntryAnswered) -> None:
    against = [verdict.criterion for verdict in message.verdicts if verdict.outcome is not Outcome.PASS]
    if message.mint in state.candidates and ABOUT_THE_TOKEN.issuperset(against):
        state.refusals[message.mint] = state.refusals.get(message.mint, 0) + 1


def _by_hand(state: State, enter: EnterMint, now: Now) -> Effects:
    """A person's wish: the same conditions, at once; a refusal says why."""
    if state.asked is not None or state.wish is not None:
        return _refuse_by_hand(enter, (Verdict.failed("miner", "another wish is being answered"),), now)
    if _room(state, now) <= 0:
        return _refuse_by_hand(enter, (Verdict.failed("room", "no room for another position"),), now)
    candidate = state.candidates.get(enter.mint) if enter.mint else _best(state, now)
    if candidate is not None and candidate.at_s >= now.at_s - now.settings.mining.candidate_max_age_s:
        return (_request(state, candidate, now, enter),)
    if not enter.mint:
        return _refuse_by_hand(enter, (Verdict.failed("miner", "no token passes now"),), now)
    state.wish = Wish(enter=enter, at_s=now.at_s)
    return (Offer(f"watcher.{enter.mint}", EnterMint(mint=enter.mint, by=enter.by, reply_to=MINER)),)


def _refuse_by_hand(enter: EnterMint, verdicts: tuple[Verdict, ...], now: Now) -> Effects:
    """Tell and journal why. What passes without being a candidate is between two looks of its watcher."""
    if all_pass(verdicts):
        verdicts = (*verdicts, Verdict.unknown("miner", "its facts are being read: ask again in a second"))
    decided = EntryDecided(
        at_s=now.at_s,
        mint=enter.mint,
        symbol="",
        by=enter.by,
        admitted=False,
        order_id="",
        stake_lamports=0,
        verdicts=verdicts,
    )
    answer = EntryAnswered(mint=enter.mint, admitted=False, verdicts=verdicts)
    told: Effects = (Tell(enter.reply_to, answer),) if enter.reply_to else NOTHING
    return (Write(decided), *told)
