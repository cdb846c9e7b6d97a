"""An explanation of a model's answer to one recording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

Target = Literal["Q1", "Q2", "Q3", "Q4", "valence", "arousal"]
TARGETS: tuple[Target, ...] = get_args(Target)
Method = Literal["occlusion", "integrated-gradients", "saliency", "contribution", "attention"]
METHODS: tuple[Method, ...] = get_args(Method)
#: Methods whose values have no sign.
UNSIGNED: tuple[Method, ...] = ("saliency", "attention")
#: Of the two that measure best the one that reaches all that a model reads (`make bench`, docs/explanations.md).
DEFAULT_METHOD: Method = "occlusion"

#: Into so many ranges of frequencies occlusion parts a recording: for a coarse answer, then for the fine one.
COARSE_RANGES, FINE_RANGES = 4, 8


@dataclass(frozen=True)
class Explanation:
    """Which moments and which sounds carry a model's answer.

    Attributes
    ----------
    target : str
        "Q1".."Q4", "valence" or "arousal".
    method : str
        One of `METHODS`.
    model_id, model_version : str
        Whose answer it is.
    number : float
        What is explained: a quadrant's logit less the mean of all four, or valence or arousal of the whole, [-1, 1].
    times_s : np.ndarray [shape=(t,)]
        Centre of each half second.
    over_time : np.ndarray [shape=(t,)]
        What each of them carries. Above 0 it speaks for the target (or raises valence or arousal), below 0 against it;
        saliency and attention have no sign.
    frequencies_hz : np.ndarray [shape=(f,)]
        Centre of each row of the map; empty where the method knows no frequencies.
    map : np.ndarray [shape=(f, t)]
        What each cell carries; `over_time` is its sum over frequencies.
    is_final : bool
        False for a coarse one, which a finer one follows.
    note : str
        What a reader should know of how it was made.
    start_s, end_s : float or None
        The stretch that was explained, in seconds; None where it is the whole recording.
    """

    target: Target
    method: Method
    model_id: str
    model_version: str
    number: float
    times_s: NDArray[np.float32]
    over_time: NDArray[np.float32]
    frequencies_hz: NDArray[np.float32]
    map: NDArray[np.float32]
    is_final: bool = True
    note: str = ""
    start_s: float | None = None
    end_s: float | None = None

    @property
    def is_signed(self) -> bool:
        """Whether values below 0 speak against the target."""
        return self.method not in UNSIGNED

    def range_of(self, row: int) -> tuple[float, float]:
        """Return the lowest and highest frequency, in Hz, of what was weighed together with a row of the map.

        Occlusion fills several rows at once, and knows no more than which of these ranges it was. The lowest range
        begins at 0, the highest ends at infinity.
        """
        rows = len(self.frequencies_hz)
        together = 1
        if self.method == "occlusion":
            together = max(1, rows // (FINE_RANGES if self.is_final else COARSE_RANGES))
        first = row // together * together
        end = min(first + together, rows)
        between_hz = 0.5 * (self.frequencies_hz[:-1] + self.frequencies_hz[1:])
        return float(between_hz[first - 1]) if first else 0.0, float(between_hz[end - 1]) if end < rows else np.inf
