"""The worm: how a recording moves through the plane of valence and arousal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from models.figures.frame import make_frame
from models.figures.palette import SOFT_COLOUR, TEXT_COLOUR
from models.figures.plane import draw_frame, trajectory, window_around
from models.figures.preset import MM_PER_POINT, ONE_COLUMN, Preset
from models.figures.recording import Recording, View, view_of
from models.figures.saving import Drawn
from models.figures.sheet import Key, Sheet, key_rows, line_mm, width_mm
from models.figures.style import drawing
from models.figures.timescale import clock, time_ticks
from models.figures.words import (
    ESTIMATES,
    by_hand_words,
    flag_words,
    joined,
    model_words,
    region_words,
    scale_words,
    whole_words,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TIME_MAP = "viridis"
_MOST_TICKS = 7
#: The plane of a figure that has all the width is not higher than this (mm).
_LARGEST_MM = 105.0


def draw_worm(
    recording: Recording, preset: Preset = ONE_COLUMN, *, lag_s: float = 0.0,
    region: tuple[float, float] | None = None, title: bool = True,
) -> Drawn:  # fmt: skip
    """Draw the trajectory, coloured by time with ticks along it, its start and end, and the climaxes by number.

    Parameters
    ----------
    recording, preset, lag_s, region, title
        As in `models.figures.panels.draw_panels`.

    Raises
    ------
    ValueError
        If the region is empty or the lag out of range.
    """
    view = view_of(recording, preset, region, lag_s)
    with drawing(preset.text_pt, preset.line_pt):
        about = worm_words(view)
        foot = joined((model_words(recording), scale_words(recording.analysis, lag_s), about, ESTIMATES))
        verdict = joined((f"{whole_words(recording.analysis)}.", region_words(view)))
        frame = make_frame(preset, recording.name if title else "", verdict, flag_words(recording.analysis), foot)
        keys = worm_keys(view)
        rows = len(key_rows(keys, frame.inner_mm, preset.small_pt))
        ends = rows * line_mm(preset.small_pt) + below_mm(preset)
        side = min(frame.inner_mm - worm_left_mm(preset) - worm_right_mm(preset), _LARGEST_MM)
        body = frame.body_mm(side + ends)
        side = min(side, body - ends) if preset.height_mm else side
        sheet = frame.sheet(body)
        room = frame.inner_mm - side - worm_left_mm(preset) - worm_right_mm(preset)
        left = frame.margin_mm + room / 2
        top = sheet.keys(keys, left + worm_left_mm(preset), frame.head_mm, frame.inner_mm)
        place_worm(sheet, view, left, top + 0.8, side)
    flag = flag_words(recording.analysis)
    caption = joined(
        (
            f"{recording.name} ({clock(recording.analysis.duration_s)}) in the plane of valence and arousal.",
            f"{whole_words(recording.analysis)}.", region_words(view), about, scale_words(recording.analysis, lag_s),
            f"{flag.rstrip('.')}." if flag else "", model_words(recording), ESTIMATES,
        )
    )  # fmt: skip
    return Drawn(sheet.figure, (sheet.width_mm, sheet.height_mm), recording.name, caption)


def worm_words(view: View) -> str:
    """Return what line, marks and numbers are."""
    _times, _points, mean_s = trajectory(view)
    step = view.recording.analysis.step_s
    means = f" (each point the mean of {mean_s:.1f} s)" if mean_s > 1.5 * step else ""
    parts = [f"The line is coloured by time{means}; circle: start, square: end"]
    parts += ["numbers: peaks of climaxes, the strongest is 1"] if view.climaxes else []
    parts += ["cross: the whole recording, with its band"] if view.recording.analysis.valence_band else []
    return joined(("; ".join(parts) + ".", by_hand_words(view)))


def worm_keys(view: View) -> list[Key]:
    """Return what the marks stand for."""
    keys = [Key("start", SOFT_COLOUR, "marker", marker="o"), Key("end", TEXT_COLOUR, "marker", marker="s")]
    if view.climaxes:
        keys.append(Key("peak of a climax", TEXT_COLOUR, "marker", marker="v"))
    band = view.recording.analysis.valence_band
    keys.append(Key("the whole" + (" with its band" if band else ""), TEXT_COLOUR, "marker", marker="P"))
    return keys


def worm_left_mm(preset: Preset) -> float:
    """Room for the ticks and the name of the upright axis."""
    return width_mm("\u22120.5", preset.small_pt) + 1.35 * line_mm(preset.small_pt)


def worm_right_mm(preset: Preset) -> float:
    """Room for the half of the last tick's word."""
    return 0.6 * width_mm("00:00", preset.small_pt)


def below_mm(preset: Preset) -> float:
    """Room below the plane: ticks, the name of the axis, the colours of time with their ticks."""
    return 4.3 * line_mm(preset.small_pt) + 1.5


def place_worm(sheet: Sheet, view: View, left: float, top: float, side: float) -> None:
    """Draw plane, worm and the colours of time into a box of the sheet that is `side` high, its axes below."""
    preset = view.preset
    axes = sheet.axes(left + worm_left_mm(preset), top, side, side)
    points = points_of(view)
    draw_frame(axes, preset, window_around(points), points)
    draw_path(axes, view)
    _time_scale(sheet, view, left + worm_left_mm(preset), top + side + 2.25 * line_mm(preset.small_pt) + 0.6, side)


def points_of(view: View) -> NDArray[np.float64]:
    """Return all that must lie in the window: the way, and the verdict on the whole with its band [shape=(n, 2)]."""
    _times, points, _mean_s = trajectory(view)
    analysis = view.recording.analysis
    valence, arousal = analysis.valence_band, analysis.arousal_band
    corners = [(analysis.valence, analysis.arousal)]
    if valence is not None and arousal is not None:
        corners += [(valence[0], arousal[0]), (valence[1], arousal[1])]
    return np.concatenate((points, np.array(corners)))


def draw_path(axes: Axes, view: View) -> None:
    """Draw the worm into a plane."""
    from matplotlib.collections import LineCollection

    preset = view.preset
    _whole(axes, view)
    times, points, _mean_s = trajectory(view)
    if len(times) > 1:
        segments = np.stack((points[:-1], points[1:]), axis=1)
        worm = LineCollection(
            list(segments), cmap=TIME_MAP, linewidths=1.5 * preset.line_pt, capstyle="round", zorder=3
        )
        worm.set_array((times[:-1] + times[1:]) / 2)
        worm.set_clim(view.start_s, view.end_s)
        axes.add_collection(worm)
    size = 0.62 * preset.text_pt
    for t, _words in time_ticks(view.start_s, view.end_s, _MOST_TICKS)[1:]:
        at = _at(times, points, t)
        axes.plot(*at, "o", color="white", markeredgecolor=SOFT_COLOUR, markersize=0.55 * size,
                  markeredgewidth=0.4 * preset.line_pt, zorder=4)  # fmt: skip
    ends: list[tuple[int, str, str]] = [(0, "o", "white"), (-1, "s", TEXT_COLOUR)]
    for index, marker, face in ends:
        axes.plot(*points[index], marker, color=face, markeredgecolor=TEXT_COLOUR, markersize=size,
                  markeredgewidth=0.7 * preset.line_pt, zorder=5)  # fmt: skip
    middle = points.mean(axis=0)
    for number, shown in view.climaxes:
        peak = np.array(_at(times, points, shown.climax.peak_s))
        axes.plot(*peak, "v", color=TEXT_COLOUR, markersize=0.8 * size, zorder=6)
        away = peak - middle
        away = away / (np.hypot(*away) or 1.0) * 1.05 * preset.small_pt
        axes.annotate(
            str(number), (float(peak[0]), float(peak[1])), xytext=(float(away[0]), float(away[1])),
            textcoords="offset points", ha="center", va="center", weight="bold", fontsize=preset.small_pt, zorder=7,
        )  # fmt: skip


def _at(times: Any, points: Any, t: float) -> tuple[float, float]:
    return float(np.interp(t, times, points[:, 0])), float(np.interp(t, times, points[:, 1]))


def _whole(axes: Axes, view: View) -> None:
    from matplotlib.patches import Rectangle

    analysis, preset = view.recording.analysis, view.preset
    if analysis.valence_band is not None and analysis.arousal_band is not None:
        (left, right), (low, high) = analysis.valence_band, analysis.arousal_band
        axes.add_patch(
            Rectangle(
                (left, low), right - left, high - low, facecolor="#00000008", edgecolor=SOFT_COLOUR,
                linewidth=0.5 * preset.line_pt, linestyle=(0, (3, 2)),
            )
        )  # fmt: skip
    axes.plot(
        analysis.valence, analysis.arousal, "P", color=TEXT_COLOUR, markersize=0.62 * preset.text_pt,
        markeredgecolor="white", markeredgewidth=0.4 * preset.line_pt, zorder=4,
    )  # fmt: skip


def _time_scale(sheet: Sheet, view: View, left: float, top: float, width: float) -> None:
    """Draw the colours of time as a bar with the ticks that lie along the worm."""
    preset = view.preset
    bar = sheet.axes(left, top, width, 0.75 * preset.small_pt * MM_PER_POINT)
    bar.imshow(
        np.linspace(0, 1, 256)[None], extent=(view.start_s, view.end_s, 0, 1), aspect="auto", cmap=TIME_MAP,
        interpolation="nearest",
    )  # fmt: skip
    ticks = time_ticks(view.start_s, view.end_s, _MOST_TICKS)
    bar.set(yticks=())
    bar.set_xticks([t for t, _ in ticks], [words for _, words in ticks])
    bar.set_xlim(view.start_s, view.end_s)
    bar.spines[:].set_visible(False)
