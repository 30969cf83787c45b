"""One token from its creation until it is bought, refused for good, or too old; then its price a while longer.

What is bought is escorted through its golden window, where more of it may be bought.

Every trade updates what was seen; most go no further: as long as a bound that is cheap to check (age, liquidity,
holders, creator) keeps the token out, nothing is judged again until that changes. All criteria are judged at most once
a second, and at once when a candidate stops being one. Changes that a second undoes are not recorded.

Memory: while judged, some kilobytes and up to `owners_kept` nets; after its last verdict a watcher keeps a name and a
price for the 55 minutes in which the price is still followed.
"""

from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from core.effects import After, Cancel, Effect, Effects, Finish, Now, Tell, Write
from core.messages import (
    AccountsChanged,
    AnyMarketData,
    CandidateGone,
    CandidateReady,
    DataEnded,
    EnterMint,
    EntryAnswered,
    FactsSeen,
    GetFacts,
    Graduated,
    InsiderFunded,
    Launched,
    PoolOpened,
    RequestReentry,
    Tick,
    Traded,
    Undelivered,
)
from core.records import CandidateJudged
from core.rules import entry
from core.rules.entry import Judgement
from core.rules.verdict import PASS, Outcome, Verdict
from core.state import aftermath, bounds, escort, holders, opinion, token
from core.state.aftermath import Aftermath
from core.state.escort import Escort
from core.state.opinion import Weighed
from core.state.token import Token

JUDGE, END = "judge", "end"
NOTHING: Effects = ()


class State(Struct, kw_only=True):
    """Mutable. `token` while it is judged, `after` once it was refused for good."""

    mint: str
    symbol: str
    token: Token | None
    price: float
    """At the last record, lamports per base unit."""
    after: Aftermath | None = None
    escort: Escort | None = None
    """Once it was bought."""
    broken: int = 0
    """Bounds that kept it out at the last judgement."""
    judge_at_s: float = 0.0
    """Not before this is everything judged again."""
    tick_at_s: float = 0.0
    """When the judging timer is due; 0 = it is not set."""
    ready: bool = False
    """The miner has it as a candidate."""
    passed: Judgement | None = None
    """The last judgement that it was a candidate by."""
    asked_at_s: float = 0.0
    stake_lamports: int = 0
    """What facts were asked for last."""
    recorded: tuple[Outcome, tuple[str, ...]] | None = None


WatcherMessage = AnyMarketData | FactsSeen | Tick | EntryAnswered | EnterMint | RequestReentry | Undelivered


def begin(launched: Launched, now: Now) -> tuple[State, Effects]:
    """The first verdict. A launch that is taken up late says so by `skipped`: then its counts are unknown."""
    seen = token.begin(launched)
    state = State(mint=launched.mint, symbol=launched.symbol, token=seen, price=launched.reserves.price)
    judgement = entry.judge(now.settings, token.sight(seen, now))
    state.broken = bounds.broken(seen, now)
    first = _record(state, judgement, now, "first")
    if judgement.final:
        return state, (first, *_refuse(state, judgement, now))
    left_s = launched.at_s + now.settings.entry.column.age_max_s - now.at_s
    # A second more: at the bound itself the token is not yet too old.
    return state, (first, After(END, max(left_s, 0.0) + 1.0, Tick(key=END)))


def step(state: State, message: WatcherMessage, now: Now) -> tuple[State, Effects]:
    seen = state.token
    if seen is None:
        if state.escort is not None:
            return state, escort.step(state.escort, message, now)
        return state, _follow(state.after, message, now) if state.after is not None else NOTHING
    match message:  # hottest first
        case Traded():
            settings = now.settings
            token.traded(seen, message, settings.entry.owners_kept, settings.emergency.peak_window_s)
            return state, _look(state, seen, now)
        case FactsSeen():
            token.learned(seen, message.facts)
            return state, _judge(state, seen, now, fresh=True)
        case Tick():
            return state, _tick(state, seen, message, now)
        case Graduated():
            token.graduated(seen, message)
            return state, _look(state, seen, now)
        case PoolOpened():
            token.pool_opened(seen, message, span_s=now.settings.emergency.peak_window_s)
            return state, _look(state, seen, now)
        case DataEnded():
            return state, (*_last(state, opinion.judged(seen, now).judgement, now), Finish())
        case EntryAnswered():
            return state, _bought(state, seen, now) if message.admitted else NOTHING
        case EnterMint():
            return state, (_answer(message, *opinion.judged(seen, now).judgement.verdicts),)
        case InsiderFunded():
            token.insider_funded(seen, message)
            return state, NOTHING
        case Launched() | AccountsChanged() | RequestReentry() | Undelivered():
            return state, NOTHING  # facts are asked anew every second while they matter
        case _:
            assert_never(message)


def _look(state: State, seen: Token, now: Now) -> Effects:
    """After the market moved: judge everything where that may change the outcome, otherwise nothing."""
    bits = bounds.broken(seen, now)
    due = now.at_s >= state.judge_at_s
    if bits:
        if bits & bounds.FINAL or seen.untradable_for_ever or state.ready or (due and bits != state.broken):
            return _judge(state, seen, now)
        return NOTHING
    if due:
        return _renew(state, seen, now)
    if state.ready and bounds.collapses(seen, now):
        return _judge(state, seen, now)
    return _tick_later(state, now)


def _renew(state: State, seen: Token, now: Now) -> Effects:
    """Once a second while nothing cheap keeps it out. A candidate waits for new facts and is judged when they come."""
    if state.ready and seen.facts is not None and seen.facts.at_s >= state.asked_at_s > 0.0:
        state.judge_at_s = now.at_s + now.settings.entry.judge_every_s
        return (_ask(state, now), *_tick_later(state, now))
    return _judge(state, seen, now, ask=True)


def _tick_later(state: State, now: Now) -> Effects:
    if state.tick_at_s:
        return NOTHING
    state.tick_at_s = max(state.judge_at_s, now.at_s)
    return (After(JUDGE, state.tick_at_s - now.at_s, Tick(key=JUDGE)),)


def _tick(state: State, seen: Token, message: Tick, now: Now) -> Effects:
    if message.key == JUDGE:
        # What happened until the timer was due was queued before it: so far everything is seen.
        seen.seen_at_s = max(seen.seen_at_s, state.tick_at_s)
        state.tick_at_s = 0.0
        return _renew(state, seen, now) if not bounds.broken(seen, now) else _judge(state, seen, now)
    effects = _judge(state, seen, now)
    return effects if state.token is None else (*effects, After(END, 1.0, Tick(key=END)))


def _judge(state: State, seen: Token, now: Now, *, fresh: bool = False, ask: bool = False) -> Effects:
    """Every criterion, and what follows. `fresh`: facts have just come; `ask`: it is time to ask for new ones."""
    settings = now.settings
    column = settings.entry.column
    weighed = opinion.judged(seen, now)
    judgement, sight = weighed.judgement, weighed.sight
    state.broken = bounds.broken(seen, now)
    if not fresh:
        state.judge_at_s = now.at_s + settings.entry.judge_every_s
    if judgement.final:
        return _refuse(state, judgement, now)
    effects: list[Effect] = [*weighed.told]
    if (judgement.outcome, judgement.failing) != state.recorded:
        effects.append(_record(state, judgement, now, "change"))
    if judgement.outcome is PASS:
        if fresh or not column.needs_facts:
            state.ready, state.passed = True, judgement
            effects.append(Tell("miner", _candidate(state, seen, weighed, now)))
    elif state.ready:
        state.ready = False
        effects.append(Tell("miner", CandidateGone(mint=state.mint)))
    if judgement.market_passes:
        if ask and column.needs_facts:
            state.stake_lamports = sight.stake_lamports
            effects.append(_ask(state, now))
        effects += _tick_later(state, now)
    return tuple(effects)


def _ask(state: State, now: Now) -> Tell:
    state.asked_at_s = now.at_s
    question = GetFacts(
        mint=state.mint,
        stake_lamports=state.stake_lamports,
        reply_to=f"watcher.{state.mint}",
        deadline_s=now.at_s + now.settings.honeypot.facts_max_age_s,
    )
    return Tell("accounts", question)


def _candidate(state: State, seen: Token, weighed: Weighed, now: Now) -> CandidateReady:
    """As old as the older of what it stands on: the market seen, or the facts."""
    at_s = seen.seen_at_s if seen.facts is None else min(seen.seen_at_s, seen.facts.at_s)
    return CandidateReady(
        mint=state.mint,
        at_s=min(at_s, now.at_s),
        slot=seen.slot,
        symbol=state.symbol,
        creator=seen.launched.creator,
        quality=weighed.judgement.quality,
        risk=weighed.judgement.risk,
        age_s=weighed.sight.age_s,
        volume_lamports=seen.volume_lamports,
        reserves=seen.reserves,
        token_2022=seen.launched.token_2022,
        cashback=seen.launched.cashback,
        verdicts=weighed.judgement.verdicts,
        insiders=tuple(sorted(seen.insiders)),
        holders=holders.count(seen.holders),
        score=weighed.score,
    )


def _record(state: State, judgement: Judgement, now: Now, stage: str) -> Write:
    state.recorded = (judgement.outcome, judgement.failing)
    if state.token is not None:
        state.price = state.token.reserves.price
    record = CandidateJudged(
        at_s=now.at_s,
        mint=state.mint,
        symbol=state.symbol,
        stage=stage,
        outcome=judgement.outcome,
        verdicts=judgement.verdicts,
        quality=judgement.quality,
        risk=judgement.risk,
        price=state.price,
    )
    return Write(record)


def _last(state: State, judgement: Judgement, now: Now) -> Effects:
    """The last verdict; what was kept to judge by is let go."""
    effects: list[Effect] = [_record(state, judgement, now, "last"), Cancel(END), Cancel(JUDGE)]
    if state.ready:
        effects.append(Tell("miner", CandidateGone(mint=state.mint)))
    state.token, state.passed, state.recorded, state.ready = None, None, None, False
    return tuple(effects)


def _bought(state: State, seen: Token, now: Now) -> Effects:
    """Admitted by the gate: the last verdict; what was seen of the token is kept for its escort."""
    judgement = state.passed if state.passed is not None else opinion.judged(seen, now).judgement
    taken = replace(judgement, verdicts=(*judgement.verdicts, Verdict.passed("entry", "taken")))
    state.ready = False  # the miner has forgotten it already
    last = _last(state, taken, now)
    state.escort, following = escort.begin(seen, now)
    return (*last, *following)


def _refuse(state: State, judgement: Judgement, now: Now) -> Effects:
    """Refused for good: what the price does from here is recorded."""
    effects = _last(state, judgement, now)
    state.after, following = aftermath.begin(state.mint, state.price, now)
    return (*effects, *following)


def _follow(after: Aftermath, message: WatcherMessage, now: Now) -> Effects:
    match message:
        case Traded() | PoolOpened():
            after.price = message.reserves.price
        case Tick(key=aftermath.FOLLOW):
            return aftermath.due(after, now)
        case DataEnded():
            return (Finish(),)
        case EntryAnswered(admitted=True):
            return (Finish(),)  # taken in the very second of its refusal: nothing refused is left to follow
        case EnterMint():
            return (_answer(message, Verdict.failed("watcher", "refused for good", final=True)),)
        case _:
            pass  # late facts and timers of the time before
    return NOTHING


def _answer(wish: EnterMint, *verdicts: Verdict) -> Tell:
    return Tell(wish.reply_to, EntryAnswered(mint=wish.mint, admitted=False, verdicts=verdicts))
