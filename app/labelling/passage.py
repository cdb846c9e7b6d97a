"""The part of a recording that is played for a label: from its start, or where the model listens most."""

from __future__ import annotations

from typing import Literal

import numpy as np

from models.analysis import Analysis

Clip = Literal["telling", "start", "whole"]
CLIPS: tuple[Clip, ...] = ("telling", "start", "whole")
#: Length of a clip. Ratings of music settle after 10 to 20 s.
CLIP_S = 25.0


def passage(clip: Clip, duration_s: float, analysis: Analysis | None) -> tuple[float, float]:
    """Return start and end of what is played, in seconds.

    Parameters
    ----------
    clip : {"telling", "start", "whole"}
        "telling" is the passage of `CLIP_S` with the greatest sum of attention; the start where nothing is known.
    duration_s : float
        Of the recording.
    analysis : Analysis or None
        Its attention and its steps are read, never its answer.
    """
    if clip == "whole" or duration_s <= CLIP_S:
        return 0.0, duration_s
    if clip == "start" or analysis is None or not len(analysis.attention):
        return 0.0, CLIP_S
    steps = max(1, round(CLIP_S / analysis.step_s))
    attention = np.nan_to_num(np.asarray(analysis.attention, np.float64))
    if len(attention) <= steps or np.ptp(attention) == 0:
        return 0.0, CLIP_S
    gathered = np.concatenate([[0.0], np.cumsum(attention)])
    best = int(np.argmax(gathered[steps:] - gathered[:-steps]))
    start_s = float(analysis.times_s[best]) - analysis.step_s / 2
    start_s = min(max(0.0, start_s), duration_s - CLIP_S)
    return round(start_s, 3), round(start_s + CLIP_S, 3)
