"""How often planted climaxes are found, how far off in time, and how often one is found where none is.

Run with `make bench`. Pieces composed by `tests.planted`, 30 seeds of each shape, none of which the weights were chosen
on (those were seeds 0 to 15), analysed by the model that comes with the program; beside it how climaxes were found at
first (`four_cues`), and what becomes of it without each cue. Another first seed and number of seeds may be given as
arguments. It takes about ten minutes.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from models.analysis import Analysis, Climax
from models.audio.log_mel import log_mel
from models.evaluation.intervals import DRAWS, Score, honest_at_the_ends, score_of
from models.hub import DEFAULT_MODEL, LoadedModel, load_model
from models.inference.analyse import analyse
from models.inference.climaxes import find_climaxes
from models.inference.cues import CUES
from models.jobs import AnalysisRequest, CancelToken
from tests.benchmarks import four_cues
from tests.planted import CLIMACTIC, RATE_HZ, UNCLIMACTIC, Piece, compose

FIRST_SEED, SEEDS = 100, 30
#: A climax is found where the strongest one has its peak within so many seconds, and its region holds the planted peak.
NEAR_S = 2.0


@dataclass(frozen=True)
class Told:
    """A piece and what was found in it: now, at first, and without each cue."""

    piece: Piece
    now: tuple[Climax, ...]
    at_first: tuple[Climax, ...]
    without: dict[str, tuple[Climax, ...]]


def is_hit(piece: Piece, found: Sequence[Climax]) -> bool:
    """Whether the strongest climax is the planted one."""
    if not found or piece.peak_s is None:
        return False
    best = found[0]
    return abs(best.peak_s - piece.peak_s) <= NEAR_S and best.start_s <= piece.peak_s <= best.end_s


def overlap(piece: Piece, found: Sequence[Climax]) -> float:
    """Share of the planted region and the strongest one together that both hold; 0 without any."""
    if not found:
        return 0.0
    best = found[0]
    both = min(best.end_s, piece.end_s) - max(best.start_s, piece.start_s)
    return max(0.0, both) / (max(best.end_s, piece.end_s) - min(best.start_s, piece.start_s))


def bootstrap(values: Sequence[float], statistic: Callable[[np.ndarray], float]) -> Score:
    """Give a statistic with its 95% interval, by a bootstrap over pieces."""
    array = np.asarray(values, float)
    rng = np.random.default_rng(0)
    return score_of(statistic(array), np.array([statistic(rng.choice(array, array.size)) for _ in range(DRAWS)]))


def _mean(x: np.ndarray) -> float:
    return float(x.mean())


def _share(values: Sequence[float]) -> str:
    score = honest_at_the_ends(bootstrap(values, _mean), len(values))
    return f"{score.value:.0%} ({score.low:.0%} to {score.high:.0%})"


def _seconds(values: Sequence[float], quantile: float) -> str:
    score = bootstrap(values, lambda x: float(np.quantile(x, quantile)))
    return f"{score.value:.1f} ({score.low:.1f} to {score.high:.1f})"


def _without(analysis: Analysis, name: str) -> tuple[Climax, ...]:
    """What is found when a cue is taken away and the others take its share."""
    assert analysis.cues_over_time is not None
    column = analysis.cue_names.index(name)
    rest = np.delete(np.asarray(analysis.cues_over_time, np.float64), column, axis=1).sum(axis=1)
    contour = rest / (1 - CUES[column].weight)
    return find_climaxes(contour - np.median(contour), analysis.times_s, analysis.step_s)


def _tell(model: LoadedModel, piece: Piece, path: Path) -> Told:
    soundfile.write(path, piece.y, RATE_HZ)
    *_, analysis = analyse(AnalysisRequest(0, path), model, CancelToken())
    assert isinstance(analysis, Analysis)
    at_first = four_cues.find(log_mel(piece.y), analysis.arousal_over_time, analysis.times_s, analysis.step_s)
    without = {cue.name: _without(analysis, cue.name) for cue in CUES}
    return Told(piece, analysis.climaxes, at_first, without)


def _print_found(told: list[Told], what: Callable[[Told], tuple[Climax, ...]]) -> None:
    print("| shape | hits | median error, s | 90% of errors within, s | overlap of regions |")
    print("|---|---|---|---|---|")
    for shape in (*CLIMACTIC, "all"):
        some = [one for one in told if one.piece.peak_s is not None and shape in (one.piece.shape, "all")]
        errors = [abs(what(one)[0].peak_s - float(one.piece.peak_s or 0)) for one in some if what(one)]
        hits = _share([is_hit(one.piece, what(one)) for one in some])
        regions = bootstrap([overlap(one.piece, what(one)) for one in some], _mean)
        times = f"{_seconds(errors, 0.5)} | {_seconds(errors, 0.9)}" if errors else "- | -"
        print(f"| {shape} | {hits} | {times} | {regions.value:.2f} ({regions.low:.2f} to {regions.high:.2f}) |")


def _print_alarms(told: list[Told]) -> None:
    print("\n| shape without a climax | false alarms | at first |\n|---|---|---|")
    for shape in (*UNCLIMACTIC, "all"):
        some = [one for one in told if one.piece.peak_s is None and shape in (one.piece.shape, "all")]
        print(f"| {shape} | {_share([bool(o.now) for o in some])} | {_share([bool(o.at_first) for o in some])} |")


def main(first_seed: int, seeds: int) -> None:
    """Print the tables."""
    model = load_model(DEFAULT_MODEL, "cpu")
    with tempfile.TemporaryDirectory() as folder:
        told = [
            _tell(model, compose(shape, seed), Path(folder) / "piece.wav")
            for shape in (*CLIMACTIC, *UNCLIMACTIC)
            for seed in range(first_seed, first_seed + seeds)
        ]
    print(f"seeds {first_seed} to {first_seed + seeds - 1}, {len(told)} pieces, {model.card.id}; 95% intervals\n")
    print("Six cues:\n")
    _print_found(told, lambda one: one.now)
    print("\nFour cues, as it was at first:\n")
    _print_found(told, lambda one: one.at_first)
    _print_alarms(told)
    climactic = [one for one in told if one.piece.peak_s is not None]
    calm = [one for one in told if one.piece.peak_s is None]
    print("\n| without | hits | false alarms |\n|---|---|---|")
    for cue in CUES:
        hits = _share([is_hit(one.piece, one.without[cue.name]) for one in climactic])
        print(f"| {cue.name} | {hits} | {_share([bool(one.without[cue.name]) for one in calm])} |")
    denied = [one for one in told if one.piece.decoy_s is not None and one.now]
    outranked = [abs(one.now[0].peak_s - float(one.piece.decoy_s or 0)) <= 2 * NEAR_S for one in denied]
    print(f"\na build-up that breaks off outranks the true climax: {_share(outranked)}")
    ratio = np.mean([is_hit(o.piece, o.now) for o in climactic]) / np.mean(
        [is_hit(o.piece, o.at_first) for o in climactic]
    )
    print(f"hits, six cues over four: {ratio:.2f}")


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:]]
    main(*(numbers or (FIRST_SEED, SEEDS)))
