"""From answers to an evaluation: everything that the labels of a folder allow to measure, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.analysis import QUADRANTS
from models.data.labelled import GEMS, LabelledClip
from models.evaluation.comprehensive import INDICATORS, Comprehensive, comprehensive_scores
from models.evaluation.intervals import DRAWS, GroupDraws, Score, ratio
from models.evaluation.listen import DIMENSIONS, Answer, Failure
from models.evaluation.metrics import confusion, quadrant_scores
from models.evaluation.regression import regression_figures, regression_scores, regression_sums
from models.evaluation.reliability import Reliability, measure_reliability
from models.evaluation.traces import TraceScores, band_scores, trace_scores
from models.provenance import Heard, content_hash, plain_name

SEED = 0
INTERVAL = f"95%, percentile bootstrap that draws whole groups, {DRAWS:,} draws, seed {SEED}"
#: With fewer groups a bootstrap's interval is too narrow, and the reader is told.
_FEW_GROUPS = 10


@dataclass(frozen=True)
class QuadrantResult:
    """Quadrants: counts [shape=(4, 4)], rows the labels; scores by name; how many clips and groups have a quadrant."""

    clips: int
    groups: int
    confusion: NDArray[np.int64]
    scores: dict[str, Score]
    reliability: Reliability


@dataclass(frozen=True)
class PlaneResult:
    """Valence or arousal of whole recordings: scores by name, and the share inside the model's bands if it has any."""

    clips: int
    groups: int
    scores: dict[str, Score]
    band: dict[str, Score]


@dataclass(frozen=True)
class GemsResult:
    """GEMS shares: Pearson and mean absolute error of each emotion, and the mean Pearson over those that vary."""

    clips: int
    groups: int
    mean_pearson: Score | None
    emotions: dict[str, dict[str, Score]]


@dataclass(frozen=True)
class Evaluation:
    """One model on one labelled folder.

    Attributes
    ----------
    folder : str
        Name of the labelled folder.
    split : str
        The split that was measured, "" for all clips.
    model_id, model_version : str
        The model.
    clips, groups : int
        That were analysed.
    protocol : str
        How it was measured, in sentences.
    warnings : tuple of str
        Why the figures may say less, or more, than they seem to.
    quadrants, plane, traces, gems
        What the labels allowed to measure: None, or without an entry, where there is no label (or no answer) for it.
    plane_source : str
        Where the model's valence and arousal come from.
    band_coverage : float
        What share of ratings the model's bands claim to hold.
    failures : tuple of Failure
        Recordings that were left out.
    """

    folder: str
    split: str
    model_id: str
    model_version: str
    clips: int
    groups: int
    protocol: str
    warnings: tuple[str, ...]
    quadrants: QuadrantResult | None
    plane: dict[str, PlaneResult]
    traces: dict[str, TraceScores]
    gems: GemsResult | None
    plane_source: str
    band_coverage: float
    failures: tuple[Failure, ...]


def met_in_training(heard: Heard, folder: str, answers: Sequence[Answer]) -> str:
    """Warn of recordings that the model was trained on, as far as content and names tell; "" where nothing does.

    Names are compared without case and signs, and a folder named `emopia-rendered` counts as EMOPIA.
    """
    card = "The scores in the card (affekt models) are of clips it had not met."
    known = sum(content_hash(answer.sha256) in heard.content for answer in answers)
    if known:
        return (
            f"{known} of these {len(answers)} recordings are among those that the model was trained on: data seen in "
            f"training is no test. {card}"
        )
    plain = plain_name(folder)
    name = next((name for name in heard.sources if len(plain_name(name)) > 2 and plain_name(name) in plain), "")
    if name and heard.content:
        return (
            f"The model was trained on other recordings of {name}: this is a test only if they share no artist, song "
            "or piece with these."
        )
    if name:
        return (
            f"The model's card says that it was trained on {name}, and these recordings seem to come from there: data "
            f"seen in training is no test. {card}"
        )
    return ""


def measure(
    folder: str,
    split: str,
    model: tuple[str, str],
    heard: Heard,
    answers: Sequence[Answer],
    failures: Sequence[Failure] = (),
    notes: Sequence[str] = (),
) -> Evaluation:
    """Measure a model's answers.

    Parameters
    ----------
    folder, split : str
        Name of the labelled folder and of the split, "" for all.
    model : tuple of str
        Its id and version.
    heard : Heard
        What it was trained on.
    answers : sequence of Answer
        One or more.
    failures : sequence of Failure
        Recordings without an answer.
    notes : sequence of str
        Further sentences for the protocol.

    Raises
    ------
    ValueError
        Without any answer.
    """
    if not answers:
        raise ValueError("there is no answer to measure")
    groups = [answer.clip.group for answer in answers]
    quadrants = _quadrants(answers)
    return Evaluation(
        folder=folder,
        split=split,
        model_id=model[0],
        model_version=model[1],
        clips=len(answers),
        groups=len(set(groups)),
        protocol=_protocol(split, answers, notes),
        warnings=tuple(_warnings(met_in_training(heard, folder, answers), answers, quadrants, failures)),
        quadrants=quadrants,
        plane={name: result for name in DIMENSIONS if (result := _plane(answers, name))},
        traces={name: scores for name in DIMENSIONS if (scores := _traces(answers, name))},
        gems=_gems(answers),
        plane_source=answers[0].source,
        band_coverage=answers[0].band_coverage,
        failures=tuple(failures),
    )


def _groups(answers: Sequence[Answer]) -> list[str]:
    return [answer.clip.group for answer in answers]


def _quadrants(answers: Sequence[Answer]) -> QuadrantResult | None:
    mine = [answer for answer in answers if answer.clip.quadrant is not None]
    if not mine:
        return None
    truth = np.array([answer.clip.quadrant for answer in mine], np.int64)
    probabilities = np.array([answer.probabilities for answer in mine])
    answered, groups = probabilities.argmax(axis=1), _groups(mine)
    return QuadrantResult(
        clips=len(mine),
        groups=len(set(groups)),
        confusion=confusion(truth, answered),
        scores=quadrant_scores(truth, answered, groups, seed=SEED),
        reliability=measure_reliability(probabilities, truth, groups, seed=SEED),
    )


def _label(clip: LabelledClip, dimension: str) -> float | None:
    return clip.valence if dimension == "valence" else clip.arousal


def _plane(answers: Sequence[Answer], dimension: str) -> PlaneResult | None:
    mine = [(answer, label) for answer in answers if (label := _label(answer.clip, dimension)) is not None]
    if not mine:
        return None
    truth = np.array([label for _, label in mine])
    groups = _groups([answer for answer, _ in mine])
    bands = [(np.array([label]), _band(answer, dimension)) for answer, label in mine]
    return PlaneResult(
        clips=len(mine),
        groups=len(set(groups)),
        scores=regression_scores(truth, np.array([answer.plane[dimension] for answer, _ in mine]), groups, seed=SEED),
        band=band_scores(bands, groups),
    )


def _band(answer: Answer, dimension: str) -> NDArray[np.float64] | None:
    return np.array([answer.bands[dimension]]) if dimension in answer.bands else None


def _traces(answers: Sequence[Answer], dimension: str) -> TraceScores | None:
    mine = [answer for answer in answers if dimension in answer.curves]
    return trace_scores([answer.curves[dimension] for answer in mine], _groups(mine), seed=SEED) if mine else None


def _gems(answers: Sequence[Answer]) -> GemsResult | None:
    mine = [answer for answer in answers if answer.clip.gems is not None and answer.gems is not None]
    if not mine:
        return None
    truth, said = np.array([answer.clip.gems for answer in mine]), np.array([answer.gems for answer in mine])
    groups = _groups(mine)
    sums = np.stack([regression_sums(truth[:, k], said[:, k]) for k in range(len(GEMS))], axis=1)

    def mean_pearson(total: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        each = regression_figures(total.reshape(*total.shape[:-1], *sums.shape[1:]))["pearson"]
        return {"pearson": ratio(np.nansum(each, axis=-1), np.isfinite(each).sum(axis=-1))}

    return GemsResult(
        clips=len(mine),
        groups=len(set(groups)),
        mean_pearson=GroupDraws(groups, seed=SEED).scores(mean_pearson, sums.reshape(len(mine), -1)).get("pearson"),
        emotions={
            name: {
                figure: score
                for figure, score in regression_scores(truth[:, k], said[:, k], groups, seed=SEED).items()
                if figure in ("pearson", "mae")
            }
            for k, name in enumerate(GEMS)
        },
    )


def _protocol(split: str, answers: Sequence[Answer], notes: Sequence[str]) -> str:
    which = f"the clips of the split “{split}”" if split else "all clips of the folder"
    groups = len(set(_groups(answers)))
    sentences = [
        f"Each recording analysed once, whole, as affekt analyse does it; {which}.",
        *notes,
        f"Recordings: {len(answers)}, groups: {groups}. Intervals: {INTERVAL}.",
    ]
    if any(answer.curves for answer in answers):
        sentences.append(
            "Curves are compared with traces at the traces' times, interpolated between steps; no lag is subtracted "
            "and the first seconds are not left out."
        )
    return " ".join(sentences)


def _warnings(
    met: str,
    answers: Sequence[Answer],
    quadrants: QuadrantResult | None,
    failures: Sequence[Failure],
) -> list[str]:
    out = [met] if met else []
    if failures:
        out.append(f"Recordings that could not be analysed and are left out: {len(failures)}.")
    groups = _groups(answers)
    if len(set(groups)) < _FEW_GROUPS:
        out.append(f"The intervals are too narrow to lean on, because there are few groups: {len(set(groups))}.")
    alone = sum(answer.clip.group.endswith(answer.clip.path.name) for answer in answers)
    if alone:
        out.append(
            f"Recordings that name no group, so that each counts as its own: {alone}. If some share an artist or a "
            "song, the intervals are too narrow."
        )
    if quadrants is not None:
        missing = [name for name, count in zip(QUADRANTS, quadrants.confusion.sum(axis=1), strict=True) if not count]
        if missing:
            used = quadrants.confusion.sum(axis=0) + quadrants.confusion.sum(axis=1) > 0
            there = ", ".join(name for name, one in zip(QUADRANTS, used, strict=True) if one)
            out.append(
                f"No recording is labelled {' or '.join(missing)}: macro figures are means over {there}, those that "
                "occur among labels or answers; balanced accuracy is over the labelled ones."
            )
    strange = sum(answer.is_familiar is False for answer in answers)
    if strange:
        out.append(f"Recordings that the model says are not of the kind it knows: {strange}.")
    return out


@dataclass(frozen=True)
class Comparison:
    """Several models (id and version) on one folder by the second paper's comprehensive score, for one dimension."""

    folder: str
    dimension: str
    models: tuple[tuple[str, str], ...]
    comprehensive: Comprehensive


def compare(evaluations: Sequence[Evaluation]) -> list[Comparison]:
    """Rank the models of each folder by R2, RMSE, MAE and MAPE over tracks (equations 2 to 8 of Qiu, Lin and Lin).

    The score exists only among two models or more; where they cannot be told apart there is none.
    """
    out = []
    for folder in dict.fromkeys(evaluation.folder for evaluation in evaluations):
        for dimension in DIMENSIONS:
            mine = [e for e in evaluations if e.folder == folder and dimension in e.plane]
            values = [
                [e.plane[dimension].scores[name].value for name in INDICATORS]
                for e in mine
                if set(INDICATORS) <= set(e.plane[dimension].scores)
            ]
            if len(values) < max(2, len(mine)):
                continue
            try:
                found = comprehensive_scores(np.array(values), list(INDICATORS.values()))
            except ValueError:
                continue
            out.append(Comparison(folder, dimension, tuple((e.model_id, e.model_version) for e in mine), found))
    return out
