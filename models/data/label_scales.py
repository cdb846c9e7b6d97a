"""Which numbers stand for which valence and arousal: scales are declared or asked for, never guessed silently."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.errors import JobError

#: So many numbers of one rater that are all above 0 are no chance on a scale that goes below.
_ENOUGH = 20
#: A rater whose numbers mostly lie in [-1, 1] uses that scale; the others are mistakes.
_MOSTLY = 0.8


@dataclass(frozen=True)
class Scale:
    """A range of numbers that stands for [-1, 1].

    Attributes
    ----------
    low, high : float
        What stands for -1 and for 1.
    """

    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.low:g}..{self.high:g}"

    def to_plane(self, value: float) -> float:
        """Bring a number of this scale to [-1, 1]."""
        return value if self == PLANE else 2 * (value - self.low) / (self.high - self.low) - 1

    def from_plane(self, value: float) -> float:
        """Bring a number of [-1, 1] to this scale."""
        return value if self == PLANE else self.low + (value + 1) / 2 * (self.high - self.low)


PLANE = Scale(-1.0, 1.0)
#: PMEmo's.
UNIT = Scale(0.0, 1.0)
#: DEAM's, for whole songs.
NINE = Scale(1.0, 9.0)
#: What people use, the narrowest first.
USUAL = (
    PLANE,
    UNIT,
    Scale(1.0, 5.0),
    Scale(1.0, 7.0),
    NINE,
    Scale(0.0, 10.0),
    Scale(-5.0, 5.0),
    Scale(-10.0, 10.0),
    Scale(0.0, 100.0),
    Scale(-100.0, 100.0),
)


def read_scale(text: str) -> Scale:
    """Read "1..9" or "-1..1".

    Raises
    ------
    JobError
        "bad_data" when it is no range that rises.
    """
    found = re.fullmatch(r"\s*([-+]?[\d.]+?)\s*(?:\.\.|:|to)\s*([-+]?[\d.]+)\s*", text)
    try:
        scale = Scale(float(found[1]), float(found[2])) if found else None
    except ValueError:
        scale = None
    if scale is None or not scale.low < scale.high:
        raise JobError("bad_data", f"{text!r} is no scale: write its lowest and highest number, as 1..9 or -1..1.")
    return scale


@dataclass(frozen=True)
class ScaleQuestion:
    """Whose numbers stand on a scale that must be asked for.

    Attributes
    ----------
    suggested : dict of str to Scale
        By rater; the narrowest usual scale that holds the numbers, as a suggestion only.
    message : str
        The question, with what was found.
    """

    suggested: Mapping[str, Scale]
    message: str


def scales_of(
    numbers: Mapping[str, Sequence[float]], told: Mapping[str, Scale]
) -> tuple[dict[str, Scale], ScaleQuestion | None]:
    """Decide each rater's scale as far as it is told or plain, and ask for the others.

    Parameters
    ----------
    numbers : dict of str to sequence of float
        Valence and arousal as they stand, by rater, where nothing declares the scale.
    told : dict of str to Scale
        By rater; that of "" holds for all who are not named.

    Returns
    -------
    scales : dict of str to Scale
        Of the raters for whom it is known.
    question : ScaleQuestion or None
        About the others.
    """
    known: dict[str, Scale] = {}
    found = {rater: np.asarray(values, np.float64) for rater, values in numbers.items() if len(values)}
    for rater in numbers:
        scale = told.get(rater, told.get(""))
        if scale is not None:
            known[rater] = scale
    below = {rater for rater, values in found.items() if rater not in known and _is_plane(values)}
    known |= dict.fromkeys(below, PLANE)
    for rater, values in found.items():
        inside = values.min() >= 0 and values.max() <= 1
        # A few numbers above 0 beside others' that go below: music that is happy and lively, not another scale.
        if rater not in known and below and inside and len(values) < _ENOUGH:
            known[rater] = PLANE
    unclear = {rater: values for rater, values in found.items() if rater not in known}
    if not unclear:
        return known, None
    suggested = {rater: _suggested(values) for rater, values in unclear.items()}
    return known, ScaleQuestion(suggested, _message(found, unclear, suggested))


def _is_plane(values: NDArray[np.float64]) -> bool:
    inside = (values >= -1) & (values <= 1)
    return bool(np.any(values[inside] < 0) and inside.mean() >= _MOSTLY)


def _suggested(values: NDArray[np.float64]) -> Scale:
    """The narrowest usual scale that holds the numbers, after 0..1 where none lies below 0."""
    if values.min() >= 0 and values.max() <= 1:
        return UNIT
    low, high = np.quantile(values, [0.02, 0.98])
    return next((scale for scale in USUAL if scale.low <= low and high <= scale.high), Scale(float(low), float(high)))


def _message(
    found: Mapping[str, NDArray[np.float64]],
    unclear: Mapping[str, NDArray[np.float64]],
    suggested: Mapping[str, Scale],
) -> str:
    ranges = "; ".join(
        f"{rater or 'unnamed raters'}: {values.min():g} to {values.max():g}" for rater, values in found.items()
    )
    if len({str(scale) for scale in suggested.values()}) > 1 or len(unclear) < len(found):
        start = "The raters' valence and arousal are on different scales"
    else:
        start = "The scale of valence and arousal is not declared"
    which = ", ".join(f"{rater or 'unnamed raters'} perhaps {scale}" for rater, scale in suggested.items())
    return f"{start} ({ranges}). Say what the lowest and the highest number can be: {which}."
