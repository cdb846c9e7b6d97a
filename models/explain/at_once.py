"""What an analysis already says of why: the methods that need no second hearing."""

from __future__ import annotations

import numpy as np

from models.analysis import QUADRANTS, Analysis
from models.explain.explanation import Explanation, Method, Target

#: Methods whose answer lies in every analysis.
AT_ONCE: tuple[Method, ...] = ("contribution", "attention")


def at_once(
    analysis: Analysis, target: Target, method: Method, start_s: float | None = None, end_s: float | None = None
) -> Explanation | None:
    """Read an explanation from an analysis.

    Parameters
    ----------
    analysis : Analysis
        What the model said.
    target : str
        One of `TARGETS`.
    method : str
        "contribution": what each step adds to the quadrant's logit less the mean of all four (equation 5 of the first
        paper is linear, so they sum to it but for the bias). "attention": the weight of each step (equation 4).
    start_s, end_s : float, optional
        The stretch, in seconds; the whole without them.

    Returns
    -------
    Explanation or None
        Its times are the analysis' own steps, and it has no frequencies. None for other methods, for contributions to
        valence or arousal, which there are not, and for a stretch without a step.
    """
    if method not in AT_ONCE or (method == "contribution" and target not in QUADRANTS):
        return None
    times_s = np.asarray(analysis.times_s, np.float32)
    inside = np.ones(len(times_s), np.bool_)
    if start_s is not None and end_s is not None:
        half = analysis.step_s / 2
        inside = (times_s + half > start_s) & (times_s - half < end_s)
    if not inside.any():
        return None
    if target in QUADRANTS:
        column = QUADRANTS.index(target)
        along = analysis.contributions[:, column] - analysis.contributions.mean(axis=1)
        logits = analysis.contributions.sum(axis=0) + analysis.bias
        number = float(logits[column] - logits.mean())
    else:
        along, number = analysis.attention, analysis.valence if target == "valence" else analysis.arousal
    if method == "attention":
        along = analysis.attention
    return Explanation(
        target=target,
        method=method,
        model_id=analysis.model_id,
        model_version=analysis.model_version,
        number=number,
        times_s=times_s[inside],
        over_time=np.asarray(along, np.float32)[inside],
        frequencies_hz=np.empty(0, np.float32),
        map=np.empty((0, int(inside.sum())), np.float32),
        start_s=start_s,
        end_s=end_s,
    )
