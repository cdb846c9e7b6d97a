"""Scores of held-out answers for a model's card, with the protocol beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.data.labelled import LabelledClip
from models.evaluation.calibration import fit_temperature, negative_log_likelihood
from models.evaluation.metrics import confusion, macro_f1, quadrant_scores
from models.evaluation.reliability import measure_reliability
from models.numerics import softmax
from models.training.splits import sibling_copy

Labels = NDArray[np.int64]
Logits = NDArray[np.float64]


def macro_f1_by_source(
    clips: Sequence[LabelledClip], labels: Labels, logits: NDArray[np.floating], chosen: NDArray[np.bool_]
) -> dict[str, float]:
    """Macro-F1 of the chosen clips, per source."""
    answers = logits.argmax(axis=1)
    return {
        source: macro_f1(labels[mine], answers[mine])
        for source in sorted({clip.source for clip in clips})
        if (mine := chosen & np.array([clip.source == source for clip in clips])).any()
    }


def calibrated_by_fold(logits: Logits, labels: Labels, fold_of: Labels) -> NDArray[np.float64]:
    """Probabilities [shape=(n, 4)] of held-out logits, by a temperature fitted on the other folds; 1 where none are."""
    out = np.empty_like(logits)
    for fold in range(int(fold_of.max()) + 1):
        held = fold_of == fold
        temperature = fit_temperature(logits[~held], labels[~held]) if not held.all() else 1.0
        out[held] = softmax(logits[held] / temperature)
    return out


def score_folds(
    clips: Sequence[LabelledClip], labels: Labels, logits: NDArray[np.floating], fold_of: Labels, length: str
) -> dict[str, Any]:
    """Scores of cross-validation, for the card.

    The temperature that calibrates is fitted on all held-out logits; the calibration figures are of a temperature
    fitted on the other folds only.

    Parameters
    ----------
    clips : sequence of LabelledClip
        All; each is judged once.
    labels : np.ndarray [shape=(n,)]
        Quadrants, 0..3.
    logits : np.ndarray [shape=(n, 4)]
        Of the networks that did not meet the clip's group.
    fold_of : np.ndarray [shape=(n,)]
        0 .. folds - 1.
    length : str
        How it was decided how long to train, for the protocol.
    """
    exact = logits.astype(np.float64)
    folds = int(fold_of.max()) + 1
    calibrated = calibrated_by_fold(exact, labels, fold_of)
    out: dict[str, Any] = {
        "protocol": f"{folds} folds grouped by artist or song; every clip judged once, whole, by a network that met no "
        f"clip of its group; {length}; nothing was chosen by what a held-out fold said within the run",
        **_score(clips, labels, exact, calibrated, fit_temperature(exact, labels)),
    }
    for source, figures in out["sources"].items():
        mine = np.array([clip.source == source for clip in clips])
        by_fold = [_truth_and_answers(labels, exact, mine & (fold_of == fold)) for fold in range(folds)]
        figures["macro_f1_by_fold"] = [round(macro_f1(truth, answer), 4) for truth, answer in by_fold]
    return out


def score_split(
    clips: Sequence[LabelledClip],
    labels: Labels,
    logits: NDArray[np.floating],
    validation: tuple[Labels, NDArray[np.floating]] | None,
    length: str,
    shared: Sequence[str],
) -> dict[str, Any]:
    """Scores of the test part of a data set's own split, for the card.

    Parameters
    ----------
    clips : sequence of LabelledClip
        Of the test part.
    labels, logits : np.ndarray
        Theirs.
    validation : tuple, optional
        Labels and logits of the validation part, which the temperature is fitted on; without one it is 1.
    length : str
        How it was decided how long to train, for the protocol.
    shared : sequence of str
        Groups that lie in two parts of the split.
    """
    exact = logits.astype(np.float64)
    temperature = 1.0
    if validation is not None:
        temperature = fit_temperature(validation[1].astype(np.float64), validation[0])
    if shared:
        met = f"{len(shared)} groups (songs, artists) lie in two parts of the split, so the scores are too good"
    else:
        met = "no song or artist lies in two parts"
    return {
        "protocol": f"the data set's own split: trained on its train part, every clip of its test part judged once, "
        f"whole; {met}; {length}",
        **_score(clips, labels, exact, softmax(exact / temperature), temperature),
    }


def copying_a_siblings_label(clips: Sequence[LabelledClip]) -> dict[str, dict[str, Any]]:
    """`sibling_copy` of each source whose groups have several clips, for the card."""
    out = {}
    for source in sorted({clip.source for clip in clips}):
        copied = sibling_copy([clip for clip in clips if clip.source == source])
        if copied.clips:
            out[source] = {k: round(v, 4) if isinstance(v, float) else v for k, v in asdict(copied).items()}
    return out


def _truth_and_answers(labels: Labels, logits: Logits, chosen: NDArray[np.bool_]) -> tuple[Labels, Labels]:
    """Truth and answers of the chosen clips."""
    return labels[chosen], logits[chosen].argmax(axis=1)


def _score(
    clips: Sequence[LabelledClip], labels: Labels, exact: Logits, calibrated: Logits, temperature: float
) -> dict[str, Any]:
    out: dict[str, Any] = {
        "interval": "95%, bootstrap over groups, 2,000 draws",
        "temperature": temperature,
        "negative_log_likelihood_before_and_after": [
            round(negative_log_likelihood(exact, labels, 1.0), 4),
            round(float(-np.log(calibrated[np.arange(len(labels)), labels]).mean()), 4),
        ],
        "sources": {},
    }
    for source in sorted({clip.source for clip in clips}):
        mine = np.array([clip.source == source for clip in clips])
        groups = [clip.group for clip in clips if clip.source == source]
        truth, answers = _truth_and_answers(labels, exact, mine)
        figures: dict[str, Any] = {
            name: figure.as_dict() for name, figure in quadrant_scores(truth, answers, groups).items()
        }
        calibration = measure_reliability(calibrated[mine], truth, groups).scores
        figures["expected_calibration_error"] = round(calibration["expected_calibration_error"].value, 4)
        for name in ("calibration_excess", "brier", "risk_coverage_area"):
            figures[name] = calibration[name].as_dict()
        figures["confusion_rows_truth"] = confusion(truth, answers).tolist()
        figures["clips"], figures["groups"] = int(mine.sum()), len(set(groups))
        out["sources"][source] = figures
    return out
