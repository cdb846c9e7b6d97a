"""Recordings side by side: their trajectories on one axis and in one plane."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from models.analysis import Analysis
from models.export.words import valence_arousal_words
from models.figures.frame import make_frame
from models.figures.palette import LINE_COLOUR, RECORDING_COLOURS, SOFT_COLOUR, TEXT_COLOUR
from models.figures.plane import draw_frame, path_of, window_around
from models.figures.preset import MM_PER_POINT, TWO_COLUMNS, Preset
from models.figures.saving import Drawn
from models.figures.sheet import Key, Sheet, key_rows, line_mm, width_mm, wrap
from models.figures.style import drawing
from models.figures.timescale import clock, set_time_axis, time_words
from models.figures.words import ESTIMATES, flag_words, joined, lag_words, set_minus, verdict_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FEWEST, MOST = 2, 6
_LINES = ("-", (0, (5, 1.2)), (0, (1, 1)), (0, (5, 1, 1, 1)), (0, (3, 1)), (0, (8, 2)))
_CURVES = ("valence", "arousal")


@dataclass(frozen=True)
class Compared:
    """One of the recordings.

    Attributes
    ----------
    name : str
        For people.
    analysis : Analysis
    axis_s : np.ndarray [shape=(t,)]
        Where each step of the analysis lies on the axis that all share, in seconds; rising. Its own times where
        recordings are compared by time. NaN for steps that belong to nothing on the axis; those are left out.
    made : str
        Day of the analysis, "2026-11-20"; empty where it is not known.
    """

    name: str
    analysis: Analysis
    axis_s: NDArray[np.floating]
    made: str = ""


def draw_comparison(
    recordings: Sequence[Compared], preset: Preset = TWO_COLUMNS, *, axis: str = "", lag_s: float = 0.0,
    title: bool = True,
) -> Drawn:  # fmt: skip
    """Draw valence and arousal of two to six recordings over each other, and their ways through the plane.

    Parameters
    ----------
    recordings : sequence of Compared
    preset : Preset
    axis : str
        Whose time the shared axis is, where they are aligned by their music; empty where each goes by its own.
    lag_s : float
        [0, 5]: all are drawn so much earlier.
    title : bool
        Whether a title stands above.

    Raises
    ------
    ValueError
        If there are fewer than two or more than six.
    """
    if not FEWEST <= len(recordings) <= MOST:
        raise ValueError(f"{FEWEST} to {MOST} recordings are compared, not {len(recordings)}")
    names = " / ".join(each.name for each in recordings)
    with drawing(preset.text_pt, preset.line_pt):
        foot = joined((_models_words(recordings), _scale_words(recordings, lag_s), _axis_words(axis), ESTIMATES))
        flags = [f"{each.name}: {flag_words(each.analysis)}" for each in recordings if flag_words(each.analysis)]
        frame = make_frame(preset, names if title else "", "", " ".join(flags), foot)
        keys = [Key(f"{each.name} ({clock(each.analysis.duration_s)})", *_look(i)) for i, each in enumerate(recordings)]
        keys = [_shortened(key, frame.inner_mm, preset) for key in keys]
        head = len(key_rows(keys, frame.inner_mm, preset.small_pt)) * line_mm(preset.small_pt) + 1.5
        titles = line_mm(preset.text_pt) + 0.8
        axis_mm = 2.4 * line_mm(preset.small_pt)
        side_by_side = not preset.narrow
        curves = 2 * (titles + 1.7 * preset.panel_mm) + axis_mm
        plane = (0.36 * frame.inner_mm if side_by_side else min(frame.inner_mm - 12.0, 70.0)) + titles + axis_mm
        body = frame.body_mm(head + (max(curves, plane) if side_by_side else curves + plane + 1.5))
        sheet = frame.sheet(body)
        top = sheet.keys(keys, frame.margin_mm, frame.head_mm, frame.inner_mm) + 1.5
        left, inner = frame.margin_mm, frame.inner_mm
        span = _span(recordings, lag_s)
        high = body - head if side_by_side else curves
        room = 0.6 * inner if side_by_side else inner
        _draw_curves(sheet, recordings, span, lag_s, (left, top, room, high))
        where = (left + 0.62 * inner, top, 0.38 * inner, body - head) if side_by_side else (
            left, top + curves + 1.5, inner, body - head - curves - 1.5
        )  # fmt: skip
        _draw_plane(sheet, recordings, span, lag_s, where)
    caption = joined(
        (
            f"{names}: (a) valence and (b) arousal over time, (c) their ways through the plane of both.",
            *(
                f"{each.name}: {verdict_words(each.analysis)}; {set_minus(valence_arousal_words(each.analysis))}."
                for each in recordings
            ),
            _axis_words(axis), _scale_words(recordings, lag_s), *(f"{flag.rstrip('.')}." for flag in flags),
            _models_words(recordings), ESTIMATES,
        )
    )  # fmt: skip
    return Drawn(sheet.figure, (sheet.width_mm, sheet.height_mm), names, caption)


def _look(index: int) -> tuple[str, Literal["line"], Any]:
    return RECORDING_COLOURS[index], "line", _LINES[index]


def _shortened(key: Key, room_mm: float, preset: Preset) -> Key:
    """Shorten a name that would not fit a line of its own."""
    label = wrap(key.label, room_mm - 4 * preset.small_pt * MM_PER_POINT, preset.small_pt, 1)[0]
    return Key(label, key.colour, key.kind, key.line, key.marker)


def _span(recordings: Sequence[Compared], lag_s: float) -> tuple[float, float]:
    every = np.concatenate([each.axis_s for each in recordings])
    known = every[np.isfinite(every)]
    return max(0.0, float(known.min()) - lag_s), max(float(known.max()), 0.1)


def _models_words(recordings: Sequence[Compared]) -> str:
    found: dict[str, list[str]] = {}
    for each in recordings:
        day = f", analysed on {each.made}" if each.made else ""
        found.setdefault(f"{each.analysis.model_id} {each.analysis.model_version}{day}", []).append(each.name)
    if len(found) == 1:
        return f"Model {next(iter(found))}."
    return "Models: " + "; ".join(f"{', '.join(names)} by {model}" for model, names in found.items()) + "."


def _scale_words(recordings: Sequence[Compared], lag_s: float) -> str:
    sources = {each.analysis.valence_arousal_source for each in recordings}
    kind = {"derived": "derived from the quadrant probabilities", "regressor": "by the model's regressor"}
    said = kind[next(iter(sources))] if len(sources) == 1 else "by each model in its own way"
    return f"Valence and arousal in [\u22121, 1], {said}; {lag_words(lag_s)}."


def _axis_words(axis: str) -> str:
    if not axis:
        return "Each recording goes by its own time."
    return f"Aligned by their harmony (dynamic time warping on chroma); the axis is the time of {axis}."


def _draw_curves(
    sheet: Sheet, recordings: Sequence[Compared], span: tuple[float, float], lag_s: float,
    box: tuple[float, float, float, float],
) -> None:  # fmt: skip
    preset = sheet.preset
    left, top, width, height = box
    ticks = width_mm("\u22121", preset.small_pt) + 0.75 * preset.text_pt * MM_PER_POINT
    titles = line_mm(preset.text_pt) + 0.8
    tall = (height - 2 * titles - 2.4 * line_mm(preset.small_pt)) / 2
    inner = width - ticks - 2.0
    for row, name in enumerate(_CURVES):
        at = top + row * (titles + tall)
        _panel_title(sheet, "ab"[row], f"{name.capitalize()}, \u22121 to 1", left, at)
        axes = sheet.axes(left + ticks, at + titles, inner, tall - (1.2 if row == 0 else 0.0))
        axes.axhline(0, color=LINE_COLOUR, linewidth=0.6 * preset.line_pt)
        for index, each in enumerate(recordings):
            colour, _kind, line = _look(index)
            curve = getattr(each.analysis, f"{name}_over_time")
            axes.plot(each.axis_s - lag_s, curve, color=colour, linestyle=line)
        axes.set(ylim=(-1, 1), yticks=(-1, 0, 1))
        most = max(3, int(inner / (3.2 * preset.small_pt * MM_PER_POINT)))
        set_time_axis(axes, *span, most, labels=row == 1)
    axes.set_xlabel(time_words(*span), fontsize=preset.small_pt, labelpad=1.0, color=SOFT_COLOUR)


def _panel_title(sheet: Sheet, letter: str, words: str, left: float, top: float) -> None:
    size = sheet.preset.text_pt
    sheet.lines([letter], left, top, size, weight="bold")
    sheet.lines([words], left + width_mm(f"{letter}  ", size, "bold"), top, size)


def _draw_plane(
    sheet: Sheet, recordings: Sequence[Compared], span: tuple[float, float], lag_s: float,
    box: tuple[float, float, float, float],
) -> None:  # fmt: skip
    preset = sheet.preset
    left, top, width, height = box
    titles = line_mm(preset.text_pt) + 0.8
    room = width_mm("\u22120.5", preset.small_pt) + 1.35 * line_mm(preset.small_pt)
    side = min(
        width - room - 0.6 * width_mm("\u22120.5", preset.small_pt), height - titles - 2.4 * line_mm(preset.small_pt)
    )
    left += (width - room - side) / 2
    _panel_title(sheet, "c", "Their ways through the plane", left, top)
    axes = sheet.axes(left + room, top + titles, side, side)
    ways = [path_of(each.analysis, each.axis_s - lag_s, *span)[1] for each in recordings]
    points = np.concatenate([*ways, np.array([(each.analysis.valence, each.analysis.arousal) for each in recordings])])
    draw_frame(axes, preset, window_around(points), points)
    for index, each in enumerate(recordings):
        _draw_way(axes, each.analysis, ways[index], index, preset)


def _draw_way(axes: Axes, analysis: Analysis, points: NDArray[np.floating], index: int, preset: Preset) -> None:
    colour, _kind, line = _look(index)
    axes.plot(points[:, 0], points[:, 1], color=colour, linestyle=line, linewidth=0.8 * preset.line_pt)
    size = 0.6 * preset.text_pt
    axes.plot(*points[0], "o", color="white", markeredgecolor=colour, markersize=size, zorder=4)
    axes.plot(*points[-1], "s", color=colour, markersize=size, zorder=4)
    axes.plot(
        analysis.valence, analysis.arousal, "P", color=colour, markeredgecolor=TEXT_COLOUR, markersize=1.2 * size,
        markeredgewidth=0.4 * preset.line_pt, zorder=5,
    )  # fmt: skip
