"""The time axis of figures: ticks where a clock has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.audio.files import clock as rounded_clock

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_STEPS_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)


def clock(seconds: float, *, tenths: bool = False) -> str:
    """Return seconds as m:ss, m:ss.d with `tenths`, h:mm:ss from an hour on."""
    if not tenths:
        return rounded_clock(seconds)
    whole, tenth = divmod(round(seconds * 10), 10)
    return f"{rounded_clock(whole)}.{tenth}"


def tick_step_s(span_s: float, most: int) -> float:
    """Return the least step of a clock that makes at most so many ticks."""
    return next((step for step in _STEPS_S if span_s / step <= most), float(_STEPS_S[-1]))


def time_ticks(start_s: float, end_s: float, most: int) -> list[tuple[float, str]]:
    """Return ticks with their words."""
    step = tick_step_s(end_s - start_s, most)
    at = np.arange(np.ceil(start_s / step - 1e-6), np.floor(end_s / step + 1e-6) + 1) * step
    return [(float(t), clock(float(t), tenths=step < 1)) for t in at]


def time_words(start_s: float, end_s: float) -> str:
    """Return what the axis of times is called."""
    return "time, h:min:s" if end_s >= 3600 else "time, min:s"


def set_time_axis(axes: Axes, start_s: float, end_s: float, most: int, *, labels: bool = True) -> None:
    """Give an axis the ticks of a clock."""
    ticks = time_ticks(start_s, end_s, most)
    axes.set_xlim(start_s, end_s)
    axes.set_xticks([t for t, _ in ticks], [words for _, words in ticks] if labels else [""] * len(ticks))
