"""Candidates: why each token was taken or refused, and what the refused did later."""

from core.records import CandidateFollowed, EntryDecided
from core.rules.verdict import Outcome, Verdict
from monitor.tally import Candidate, Tally, deciding
from monitor.views.operations import Shown
from monitor.views.plain import iso, plain

FATES = ("taken", "refused", "watched")


def newest_first(tally: Tally, *, fate: str | None, criterion: str | None, mint: str) -> list[Candidate]:
    """Those that match, the one that was judged last first."""
    tally.catch_up()
    return [
        one
        for one in reversed(tally.candidates.values())
        if (fate is None or one.fate == fate)
        and (criterion is None or criterion in against(one.last.verdicts))
        and (not mint or one.mint == mint)
    ]


def shown(candidate: Candidate) -> Shown:
    last = candidate.last
    return {
        "mint": candidate.mint,
        "symbol": plain(candidate.symbol),
        "fate": candidate.fate,
        "first_seen_at": iso(candidate.first.at_s),
        "judged_at": iso(last.at_s),
        "stage": last.stage,
        "outcome": last.outcome.value,
        "decided_by": deciding(last.verdicts),
        "against": list(against(last.verdicts)),
        "quality": plain(last.quality),
        "risk": plain(last.risk),
        "price_lamports": plain(last.price),
        "verdicts": [verdict(one) for one in last.verdicts],
        "gate": _gate(candidate.decided),
        "later": [_later(one) for one in candidate.followed],
    }


def verdict(one: Verdict) -> Shown:
    return {
        "criterion": plain(one.criterion),
        "outcome": one.outcome.value,
        "reason": plain(one.reason),
        "final": one.final,
        "until": iso(one.until_s),
    }


def against(verdicts: tuple[Verdict, ...]) -> tuple[str, ...]:
    """The criteria that did not pass."""
    return tuple(one.criterion for one in verdicts if one.outcome is not Outcome.PASS)


def _gate(decided: EntryDecided | None) -> Shown | None:
    """The gate's last answer, None when it was never asked."""
    if decided is None:
        return None
    return {
        "at": iso(decided.at_s),
        "admitted": decided.admitted,
        "by": plain(decided.by),
        "stake_lamports": decided.stake_lamports,
        "against": [verdict(one) for one in decided.verdicts if not one.ok],
    }


def _later(followed: CandidateFollowed) -> Shown:
    return {
        "after_s": followed.after_s,
        "price_lamports": plain(followed.price),
        "change_share": plain(followed.change),
    }
