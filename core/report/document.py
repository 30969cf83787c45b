"""The whole report of a simulation as data: what the text, the JSON and the page show."""

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from core.market.calibration import Row
from core.report.episode import Episode
from core.report.figures import Figures, figures
from core.report.targets import Target, targets

MARKS_KEPT = 400
"""Equity marks of one episode that the report carries: more than a plot shows."""
MARKET = "market"
"""Name of the embedded market as a feed."""
SIMULATED = "SIMULATED MARKET, PAPER FILLS: no real money, no real chain."
RECORDED = "RECORDED TRADES, PAPER FILLS: no real money; others did not react to ours."


class Sample(Struct, frozen=True, kw_only=True):
    """Figures and targets over the episodes of one kind of seed."""

    name: str
    figures: Figures
    targets: tuple[Target, ...]


class Calibration(Struct, frozen=True, kw_only=True):
    """One row of the simulated market beside what was published; `met` None where the run was too small to say."""

    figure: str
    published: str
    simulated: float | None
    low: float
    high: float
    met: bool | None


class Document(Struct, frozen=True, kw_only=True):
    label: str
    feed: str
    seed: int
    wanted: int
    """Operations asked for on training seeds."""
    wanted_held_out: int
    trials: int
    """Sets of settings that were tried before these: 1 = nothing was optimised."""
    changed_settings: tuple[str, ...]
    interrupted: bool
    samples: tuple[Sample, ...]
    """In-sample first; each only where it has operations or episodes."""
    episodes: tuple[Episode, ...]
    calibration: tuple[Calibration, ...]


def document(
    episodes: Sequence[Episode],
    *,
    feed: str,
    seed: int,
    wanted: int,
    wanted_held_out: int,
    trials: int = 1,
    changed_settings: Sequence[str] = (),
    interrupted: bool = False,
    calibration: Sequence[Row] = (),
) -> Document:
    """Everything worked out from these episodes."""
    groups = (
        ("in-sample (training seeds)", [one for one in episodes if not one.held_out]),
        ("out-of-sample (held-out seeds)", [one for one in episodes if one.held_out]),
    )
    samples = tuple(_sample(name, group, seed, trials) for name, group in groups if group)
    return Document(
        label=SIMULATED if feed == MARKET else RECORDED,
        feed=feed,
        seed=seed,
        wanted=wanted,
        wanted_held_out=wanted_held_out,
        trials=trials,
        changed_settings=tuple(changed_settings),
        interrupted=interrupted,
        samples=samples,
        episodes=tuple(_thinned(episode) for episode in episodes),
        calibration=tuple(
            Calibration(
                figure=row.figure,
                published=row.published,
                simulated=row.simulated,
                low=row.low,
                high=row.high,
                met=row.met,
            )
            for row in calibration
        ),
    )


def _sample(name: str, episodes: Sequence[Episode], seed: int, trials: int) -> Sample:
    worked_out = figures(episodes, seed=seed, trials=trials)
    return Sample(name=name, figures=worked_out, targets=targets(worked_out))


def _thinned(episode: Episode) -> Episode:
    """Without what the figures have already taken from it, and with as many marks as a plot shows."""
    marks = episode.marks
    step = len(marks) // MARKS_KEPT + 1
    # The last mark always stays: it is what the episode came to.
    kept = (*marks[:-1:step], marks[-1]) if marks else ()
    return replace(episode, marks=kept, landings_s=())
