"""The plane of valence and arousal: its frame, and trajectories upon it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.analysis import Analysis
from models.figures.palette import LINE_COLOUR, QUADRANT_COLOURS, QUADRANT_SHORT, SOFT_COLOUR, TEXT_COLOUR
from models.figures.preset import Preset
from models.figures.recording import View

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: A worm is drawn through so many points at most: more are no line any more.
MOST_POINTS = 360
#: A window of the plane is at least so wide, and the whole is drawn where more than this is needed.
_LEAST_SIDE, _MOST_SIDE = 0.4, 1.4


@dataclass(frozen=True)
class Window:
    """The square of the plane that is drawn: `low` and `high` are its corners (valence, arousal)."""

    low: tuple[float, float] = (-1.0, -1.0)
    high: tuple[float, float] = (1.0, 1.0)

    @property
    def is_whole(self) -> bool:
        """Whether it is the whole plane."""
        return self.low == (-1.0, -1.0) and self.high == (1.0, 1.0)


def window_around(points: NDArray[np.floating]) -> Window:
    """Return the square around points [shape=(n, 2)], on tenths; the whole plane where they need most of it.

    Most music stays within a small part of the plane: on the whole of it a way would be a blot.
    """
    low, high = points.min(axis=0), points.max(axis=0)
    side = max(_LEAST_SIDE, 1.3 * float((high - low).max()))
    if side > _MOST_SIDE:
        return Window()
    side = float(np.ceil(side * 5 - 1e-9) / 5)
    corner = np.clip(np.round(((low + high) / 2 - side / 2) * 10) / 10, -1.0, 1.0 - side)
    left, bottom = (float(round(c, 1)) for c in corner)
    return Window((left, bottom), (round(left + side, 1), round(bottom + side, 1)))


def draw_frame(axes: Axes, preset: Preset, window: Window, points: NDArray[np.floating]) -> None:
    """Draw a window of the plane with its quadrants named, and a plan of the whole where it is a part.

    The plan lies in the corner that is farthest from the points [shape=(n, 2)].
    """
    (left, bottom), (right, top) = window.low, window.high
    axes.set(xlim=(left, right), ylim=(bottom, top), aspect="equal")
    step = 0.5 if right - left > _MOST_SIDE else 0.2
    for set_ticks, start, end in ((axes.set_xticks, left, right), (axes.set_yticks, bottom, top)):
        ticks = np.arange(np.ceil(start / step - 1e-6), np.floor(end / step + 1e-6) + 1) * step
        set_ticks(ticks, [f"{round(tick, 1) + 0.0:g}".replace("-", "\u2212") for tick in ticks])
    for line in (axes.axhline, axes.axvline):
        line(0, color=LINE_COLOUR, linewidth=0.6 * preset.line_pt, zorder=0)
    axes.spines[["top", "right"]].set_visible(True)
    corners = {(x, y): (right if x else left, top if y else bottom) for x in (0, 1) for y in (0, 1)}
    plan = None
    if not window.is_whole:
        far = {c: float(np.hypot(*(points - np.array(at)).T).min()) for c, at in corners.items()}
        plan = max(far, key=lambda c: far[c])
        _plan(axes, preset, window, plan)
    named = set()
    for corner, (v, a) in corners.items():
        quadrant = _quadrant(v, a)
        if quadrant in named or corner == plan:
            continue
        named.add(quadrant)
        axes.text(
            0.97 if corner[0] else 0.03, 0.965 if corner[1] else 0.035, f"{quadrant} {QUADRANT_SHORT[quadrant]}",
            transform=axes.transAxes, color=QUADRANT_COLOURS[quadrant], weight="bold", fontsize=preset.small_pt,
            ha="right" if corner[0] else "left", va="top" if corner[1] else "bottom",
        )  # fmt: skip
    axes.set_xlabel("valence, of \u22121 to 1", fontsize=preset.small_pt, labelpad=1.5, color=SOFT_COLOUR)
    axes.set_ylabel("arousal, of \u22121 to 1", fontsize=preset.small_pt, labelpad=0.0, color=SOFT_COLOUR)


def _quadrant(valence: float, arousal: float) -> str:
    if arousal > 0:
        return "Q1" if valence > 0 else "Q2"
    return "Q4" if valence > 0 else "Q3"


def _plan(axes: Axes, preset: Preset, window: Window, corner: tuple[int, int]) -> None:
    """Draw the whole plane small, with the window in it."""
    from matplotlib.patches import Rectangle

    side = 0.2
    plan = axes.inset_axes((0.97 - side if corner[0] else 0.03, 0.97 - side if corner[1] else 0.03, side, side))
    plan.set(xlim=(-1, 1), ylim=(-1, 1), xticks=(), yticks=())
    plan.patch.set_alpha(0.85)
    for line in (plan.axhline, plan.axvline):
        line(0, color=LINE_COLOUR, linewidth=0.4 * preset.line_pt)
    width, height = np.subtract(window.high, window.low)
    plan.add_patch(
        Rectangle(window.low, width, height, facecolor="#00000018", edgecolor=TEXT_COLOUR,
                  linewidth=0.5 * preset.line_pt)
    )  # fmt: skip


def trajectory(view: View) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Return times [shape=(n,)], points [shape=(n, 2)] and the seconds that each is the mean of.

    Times are those of the music: what is rated `view.lag_s` later belongs to them.
    """
    analysis = view.recording.analysis
    return path_of(analysis, analysis.times_s - view.lag_s, view.start_s, view.end_s)


def path_of(
    analysis: Analysis, times_s: NDArray[np.floating], start_s: float, end_s: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Return the trajectory at given times of its steps, cut to a stretch, as means of neighbours."""
    times = np.asarray(times_s, np.float64)
    points = np.stack((analysis.valence_over_time, analysis.arousal_over_time), axis=1).astype(np.float64)
    seen = (times >= start_s) & (times <= end_s)
    if not seen.any():
        seen[int(np.argmin(np.abs(times - (start_s + end_s) / 2)))] = True
    times, points = times[seen], points[seen]
    group = max(1, int(np.ceil(len(times) / MOST_POINTS)))
    starts = np.arange(0, len(times), group)
    counts = np.diff(np.append(starts, len(times)))
    times = np.add.reduceat(times, starts) / counts
    points = np.add.reduceat(points, starts, axis=0) / counts[:, None]
    return times, points, group * analysis.step_s
