"""What a model's card says of how good it is, as figures and in words; a card may lack any of it, or hold anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: Kind of a network that is a layer over another model (see `models.networks.personal`).
PERSONAL = "personal"
#: Below this correlation with the raters' answer an emotion is called weakly predicted, and so it is where chance
#: alone could have given the correlation.
WEAK_R = 0.3
_MINUS = "\u2212"

_NAMES = {
    "macro_f1": "macro-F1",
    "arousal_accuracy": "arousal, high or low: accuracy",
    "valence_accuracy": "valence, pleasant or not: accuracy",
    "brier": "Brier score",
    "calibration_excess": "calibration error above a perfect model's",
    "risk_coverage_area": "area under risk over coverage",
    "copying_a_siblings_label": "copying a sibling's label",
    "gems": "music-specific emotions (GEMS), correlation",
    "mae": "mean absolute error",
    "mape": "mean absolute percentage error",
    "rmse": "root mean square error",
    "pearson": "correlation",
    "ccc": "concordance (CCC)",
    "of": "of all clips",
    "parts": "its parts alone",
    "valence_arousal": "valence and arousal",
    "within_piece": "within a piece",
    "whole": "whole pieces",
    "step_s": "step in seconds",
}
_CALIBRATION = ("calibration", "temperature", "brier", "likelihood", "coverage", "reliability")
#: Told in places of their own.
_ELSEWHERE = ("protocol", "interval", "sources")
_DEPTH = 6
#: What is larger is no figure.
_MOST = 1e18


def base_id(raw: Mapping[str, Any]) -> str:
    """Id of the model that a personal one stands on, by its card's `raw`; empty for all other models."""
    network = raw.get("network")
    if not isinstance(network, dict) or network.get("kind") != PERSONAL:
        return ""
    return str(network.get("base", "unknown"))


@dataclass(frozen=True)
class Score:
    """A figure with its 95% interval, where there is one."""

    value: float
    low: float | None = None
    high: float | None = None

    @property
    def is_weak(self) -> bool:
        """Whether, as a correlation, it is too low to lean on."""
        return self.value < WEAK_R or (self.low is not None and self.low <= 0.0)

    def text(self, decimals: int = 2, interval: str = "{value} ({low} to {high})") -> str:
        """The figure, then its interval: "0.69 (0.65 to 0.72)"; `interval` is the pattern, for other languages."""
        if self.low is None or self.high is None:
            return _plain(self.value, decimals)
        value, low, high = (_plain(number, decimals) for number in (self.value, self.low, self.high))
        return interval.format(value=value, low=low, high=high)


def _plain(value: float, decimals: int) -> str:
    return f"{_MINUS if round(value, decimals) < 0 else ''}{abs(value):.{decimals}f}"


@dataclass(frozen=True)
class Figure:
    """One figure of a card.

    Attributes
    ----------
    path : tuple of str
        Its keys in the card, below what it was measured on.
    score : Score or None
        None where it is no score: a count, or words.
    words : str
        The count with separators, or the words; empty where there is a score.
    """

    path: tuple[str, ...]
    score: Score | None = None
    words: str = ""

    @property
    def is_calibration(self) -> bool:
        """Whether it says how far probabilities can be trusted, rather than how often the answer is right."""
        return any(word in key for word in _CALIBRATION for key in self.path)

    def text(self, decimals: int = 2, interval: str = "{value} ({low} to {high})") -> str:
        """The figure with its interval, or the words."""
        return self.words if self.score is None else self.score.text(decimals, interval)


@dataclass(frozen=True)
class Measurement:
    """What was measured of a model on one data set, or of one of its answers.

    Attributes
    ----------
    key : str
        In the card: a data set ("4qaed") or an answer ("valence_arousal", "gems"); empty for figures of the whole run.
    is_source : bool
        Whether it is a data set.
    protocol : str
        How, where the card says so of this measurement alone; see `protocol` for what holds of all.
    figures : tuple of Figure
        All of them, but for those of single folds.
    confusion : tuple of tuple of int
        Counts, rows what raters said, columns what the model said, Q1..Q4; empty where there is none.
    """

    key: str
    is_source: bool
    protocol: str
    figures: tuple[Figure, ...]
    confusion: tuple[tuple[int, ...], ...] = ()


def key_name(key: str) -> str:
    """Return what the field calls a key of the card: "macro-F1", "R\u00b2", "joyful activation"."""
    return _NAMES.get(key, key.replace("_", " ").replace("macro f1", "macro-F1").replace("r2", "R\u00b2"))


def to_score(raw: Any, name: str = "value") -> Score | None:
    """Return a figure of a card, with or without an interval; None where it is none."""
    if isinstance(raw, Mapping):
        value, low, high = (_number(raw.get(key)) for key in (name, "low", "high"))
        if value is not None:
            both = low is not None and high is not None
            return Score(value, low if both else None, high if both else None)
    elif (value := _number(raw)) is not None:
        return Score(value)
    return None


def _number(value: Any) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) < _MOST:
        return None
    return float(value)


def scores_of(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return all that was measured of a model, from its card."""
    scores = raw.get("scores")
    return scores if isinstance(scores, Mapping) else {}


def protocol(raw: Mapping[str, Any]) -> str:
    """Return how a model was measured; empty where the card does not say."""
    return str(scores_of(raw).get("protocol") or "")


def interval(raw: Mapping[str, Any]) -> str:
    """Return what the intervals are; empty where the card does not say."""
    return str(scores_of(raw).get("interval") or "")


def sources(raw: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the scores by the data they were measured on."""
    found = scores_of(raw).get("sources")
    pairs = found.items() if isinstance(found, Mapping) else ()
    return {str(name): scores for name, scores in pairs if isinstance(scores, Mapping)}


def gems_quality(raw: Mapping[str, Any]) -> dict[str, Score]:
    """Return, for each music-specific emotion, the correlation of predicted with rated shares."""
    found = scores_of(raw).get("gems")
    pairs = [(str(name), to_score(value, "r")) for name, value in found.items()] if isinstance(found, Mapping) else []
    return {name: score for name, score in pairs if score is not None}


def measurements(raw: Mapping[str, Any]) -> list[Measurement]:
    """Return all that a card says was measured, by data set first, then by answer, then of the whole run."""
    found = [_measurement(name, scores, is_source=True) for name, scores in sources(raw).items()]
    scores, single = scores_of(raw), []
    for key, value in scores.items():
        if key in _ELSEWHERE:
            continue
        if isinstance(value, Mapping) and to_score(value) is None:
            found.append(_measurement(str(key), value, is_source=False))
        else:
            single += list(_figures({str(key): value}))
    found.append(Measurement("", False, "", tuple(single)))
    return [one for one in found if one.figures or one.confusion]


def _measurement(key: str, raw: Mapping[str, Any], *, is_source: bool) -> Measurement:
    how = str(raw.get("protocol") or "")
    rest = {name: value for name, value in raw.items() if name != "protocol"}
    return Measurement(key, is_source, how, tuple(_figures(rest)), _confusion(raw.get("confusion_rows_truth")))


def _figures(raw: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[Figure]:
    """Every figure of a part of the card; those of a fold or of a matrix are left out."""
    for key, value in raw.items():
        name = (*path, str(key))
        score = to_score(value) or (to_score(value, "r") if isinstance(value, Mapping) else None)
        if score is not None:
            whole = isinstance(value, int)
            yield Figure(name, None if whole else score, f"{value:,}" if whole else "")
        elif isinstance(value, Mapping) and len(path) < _DEPTH:
            yield from _figures(value, name)
        elif isinstance(value, list) and value and all(_number(item) is not None for item in value):
            if "fold" not in str(key):
                yield Figure(name, None, ", ".join(f"{item:.3g}" for item in value))
        elif isinstance(value, str):
            yield Figure(name, None, value)


def _confusion(raw: Any) -> tuple[tuple[int, ...], ...]:
    square = isinstance(raw, list) and len(raw) == 4 and all(isinstance(row, list) and len(row) == 4 for row in raw)
    if not square or not all(isinstance(count, int) for row in raw for count in row):
        return ()
    return tuple(tuple(row) for row in raw)


def entries(raw: Mapping[str, Any], name: str) -> list[str]:
    """Return a list of the card ("data", "limits", "notes") in words; a single entry is a list of one."""
    value = raw.get(name)
    listed = value if isinstance(value, list) else [value] if value else []
    return [_entry(item) for item in listed]


def _entry(raw: Any) -> str:
    if isinstance(raw, Mapping):
        return "; ".join(str(raw[key]) for key in ("name", "what", "source", "terms") if raw.get(key))
    return str(raw)


def weights_bytes(folder: Path) -> int:
    """Return how much room the weights in a model folder take; 0 where they cannot be looked at."""
    try:
        return sum(file.stat().st_size for file in folder.glob("*.safetensors"))
    except OSError:
        return 0
