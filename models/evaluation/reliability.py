"""Whether probabilities mean what they say: calibration error, Brier score, likelihood, risk and coverage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.evaluation.intervals import GroupDraws, Numbers, Score, ratio, score_of

BINS = 10
#: Sets of labels that are drawn from the probabilities to see what error chance alone gives.
SIMULATIONS = 2000
#: The same within each draw of groups, where the mean over the draws steadies it.
_SIMULATIONS_PER_DRAW = 200
#: Probabilities below are taken for this in the likelihood: one certain mistake must not make it infinite.
_LEAST_PROBABILITY = 1e-12

Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Bin:
    """One bar of a reliability diagram: the answers whose confidence lies in [low, high)."""

    low: float
    high: float
    clips: int
    confidence: float
    accuracy: float


@dataclass(frozen=True)
class CoveragePoint:
    """Answering only where the confidence is at least `confidence`: share answered, and share of those wrong."""

    confidence: float
    coverage: float
    risk: float


@dataclass(frozen=True)
class Reliability:
    """Calibration of quadrant probabilities.

    Attributes
    ----------
    scores : dict of str to Score
        `expected_calibration_error` [0, 1] over ten equal bins of confidence; `calibration_excess`: how far that lies
        above `calibrated_error`; `brier` [0, 2]: mean squared distance between the probabilities and the truth;
        `negative_log_likelihood` in nats; `risk_coverage_area` [0, 1]: the mean share of wrong answers over all
        coverages, smaller when the model knows where it errs.
    calibrated_error : float
        What a perfectly calibrated model with the same confidences would show by chance: the mean error over labels
        drawn from the probabilities. Never 0: the fewer clips, the larger.
    calibrated_error_range : tuple of float
        Within which 95% of those errors lie.
    bins : tuple of Bin
        The reliability diagram; bins without a clip are left out.
    coverage : tuple of CoveragePoint
        The risk-coverage curve, about every 5% of coverage.
    """

    scores: dict[str, Score]
    calibrated_error: float
    calibrated_error_range: tuple[float, float]
    bins: tuple[Bin, ...]
    coverage: tuple[CoveragePoint, ...]


def _confidence(probabilities: NDArray[np.floating], truth: Labels) -> tuple[Numbers, NDArray[np.bool_]]:
    """Confidence [shape=(n,)] of each answer, and whether it is right."""
    confidence = np.asarray(probabilities, np.float64).max(axis=1)
    return confidence, probabilities.argmax(axis=1) == truth


def _bin_of(confidence: Numbers, bins: int) -> NDArray[np.int64]:
    return np.minimum((confidence * bins).astype(np.int64), bins - 1)


def _one_hot(bin_of: NDArray[np.int64], bins: int) -> Numbers:
    return np.eye(bins)[bin_of]


def expected_calibration_error(probabilities: NDArray[np.floating], truth: Labels, bins: int = BINS) -> float:
    """Mean gap between confidence and accuracy over equal-width bins of confidence, weighted by their size."""
    confidence, right = _confidence(probabilities, truth)
    gaps = (right - confidence) @ _one_hot(_bin_of(confidence, bins), bins)
    return float(np.abs(gaps).sum() / len(truth))


def brier(probabilities: NDArray[np.floating], truth: Labels) -> Numbers:
    """Squared distance between the probabilities and the truth, of each item [shape=(n,)], in [0, 2]."""
    exact = np.asarray(probabilities, np.float64)
    out: Numbers = np.square(exact - np.eye(exact.shape[1])[truth]).sum(axis=1)
    return out


def negative_log_probability(probabilities: NDArray[np.floating], truth: Labels) -> Numbers:
    """Of the true class, of each item [shape=(n,)], in nats."""
    chosen = np.asarray(probabilities, np.float64)[np.arange(len(truth)), truth]
    out: Numbers = -np.log(np.maximum(chosen, _LEAST_PROBABILITY))
    return out


def simulated_errors(confidence: Numbers, *, draws: int, seed: int, bins: int = BINS) -> Numbers:
    """Calibration error [shape=(draws,)] of a perfectly calibrated model with these confidences.

    Its answer is right with the probability that it states, so whether it is right is drawn from the confidence.
    """
    random = np.random.default_rng(seed)
    which = _one_hot(_bin_of(confidence, bins), bins)
    errors = np.empty(draws)
    for i in range(draws):
        right = random.random(len(confidence)) < confidence
        errors[i] = np.abs((right - confidence) @ which).sum() / len(confidence)
    return errors


class _Excess:
    """Calibration error, and its excess over that of a calibrated model, for items that count several times.

    A resampled error is larger than the error itself, by chance alone. The simulated labels are resampled with the
    same weights, so that this cancels in the excess.
    """

    def __init__(self, confidence: Numbers, right: NDArray[np.bool_], seed: int, bins: int = BINS) -> None:
        bin_of = _bin_of(confidence, bins)
        dice = np.random.default_rng(seed).random((_SIMULATIONS_PER_DRAW, len(confidence)))
        simulated = (dice < confidence) - confidence
        self._members = [np.flatnonzero(bin_of == b) for b in np.unique(bin_of)]
        self._measured = right - confidence
        self._simulated = [simulated[:, members] for members in self._members]

    def __call__(self, weights: Numbers) -> tuple[Numbers, Numbers]:
        """Error and excess [shape=(draws,)] for weights [shape=(draws, n)]."""
        total = weights.sum(axis=1)
        error, chance = np.zeros(len(weights)), np.zeros(len(weights))
        for members, simulated in zip(self._members, self._simulated, strict=True):
            mine = weights[:, members]
            error += np.abs(mine @ self._measured[members])
            chance += np.abs(mine @ simulated.T).mean(axis=1)
        return error / total, (error - chance) / total


class RiskCoverage:
    """The risk-coverage curve: clips are answered in order of falling confidence.

    Clips of one confidence are answered together, so that their order in the folder plays no part.
    """

    def __init__(self, confidence: Numbers, right: NDArray[np.bool_]) -> None:
        levels, level_of = np.unique(-confidence, return_inverse=True)
        self.confidence: Numbers = -levels
        order = np.argsort(level_of, kind="stable")
        self._order = order
        self._starts = np.searchsorted(level_of[order], np.arange(len(levels)))
        self._wrong = (~right[order]).astype(np.float64)

    def curve(self, weights: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        """Share of all clips at each confidence, coverage and risk [shape=(..., levels)], for weights [shape=(..., n)].

        Risk is 0 where nothing is answered yet.
        """
        ordered = weights[..., self._order]
        here = np.add.reduceat(ordered, self._starts, axis=-1)
        wrong = np.add.reduceat(ordered * self._wrong, self._starts, axis=-1).cumsum(axis=-1)
        answered = here.cumsum(axis=-1)
        total = answered[..., -1:]
        return here / total, answered / total, ratio(wrong, answered, 0.0)

    def area(self, weights: Numbers) -> Numbers:
        """Mean risk over all coverages [shape=(...)], each clip answered counting once."""
        share, _, risk = self.curve(weights)
        out: Numbers = (share * risk).sum(axis=-1)
        return out


def _diagram(confidence: Numbers, right: NDArray[np.bool_], bins: int = BINS) -> tuple[Bin, ...]:
    bin_of = _bin_of(confidence, bins)
    return tuple(
        Bin(
            low=b / bins,
            high=(b + 1) / bins,
            clips=int(inside.sum()),
            confidence=float(confidence[inside].mean()),
            accuracy=float(right[inside].mean()),
        )
        for b in range(bins)
        if (inside := bin_of == b).any()
    )


def _points(curve: RiskCoverage, n: int, steps: int = 20) -> tuple[CoveragePoint, ...]:
    """Of the curve, the first level that answers each further 5% of the clips."""
    _, coverage, risk = curve.curve(np.ones(n))
    wanted = np.arange(1, steps + 1) / steps
    at = np.unique(np.minimum(np.searchsorted(coverage, wanted - 1e-9), len(coverage) - 1))
    return tuple(CoveragePoint(float(curve.confidence[i]), float(coverage[i]), float(risk[i])) for i in at)


def measure_reliability(
    probabilities: NDArray[np.floating],
    truth: Labels,
    groups: Sequence[str],
    *,
    draws: int = 2000,
    seed: int = 0,
) -> Reliability:
    """Calibration of probabilities [shape=(n, 4)] against the true quadrants [shape=(n,)], with intervals over groups.

    The interval of the calibration error itself leans upwards, because resampling adds chance. That of the excess does
    not for a calibrated model; where the excess is real, chance hides some of it, and its interval leans downwards.
    """
    confidence, right = _confidence(probabilities, truth)
    resampled = GroupDraws(groups, draws=draws, seed=seed)
    distances = np.column_stack(
        (np.ones(len(truth)), brier(probabilities, truth), negative_log_probability(probabilities, truth))
    )
    scores = resampled.scores(
        lambda sums: {
            "brier": sums[..., 1] / sums[..., 0],
            "negative_log_likelihood": sums[..., 2] / sums[..., 0],
        },
        distances,
    )
    excess, curve = _Excess(confidence, right, seed), RiskCoverage(confidence, right)
    drawn: list[tuple[Numbers, Numbers, Numbers]] = [
        (*excess(weights), curve.area(weights)) for weights in resampled.weights()
    ]
    errors, excesses, areas = (np.concatenate(parts) for parts in zip(*drawn, strict=True))
    simulated = simulated_errors(confidence, draws=SIMULATIONS, seed=seed)
    error, chance = expected_calibration_error(probabilities, truth), float(simulated.mean())
    low, high = np.quantile(simulated, [0.025, 0.975])
    return Reliability(
        scores={
            "expected_calibration_error": score_of(error, errors),
            "calibration_excess": score_of(error - chance, excesses),
            **scores,
            "risk_coverage_area": score_of(float(curve.area(np.ones(len(truth)))), areas),
        },
        calibrated_error=chance,
        calibrated_error_range=(float(low), float(high)),
        bins=_diagram(confidence, right),
        coverage=_points(curve, len(truth)),
    )
