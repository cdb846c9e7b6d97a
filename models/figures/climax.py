"""Climaxes seen close: approach, peak and abatement, what each cue gives, and how their approaches compare."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.analysis import Analysis
from models.figures.frame import make_frame
from models.figures.lanes import LANES
from models.figures.palette import CUE_COLOURS, LINE_COLOUR, RECORDING_COLOURS, SOFT_COLOUR, TEXT_COLOUR
from models.figures.panels import draw_stack, layout, stack_mm
from models.figures.preset import MM_PER_POINT, TWO_COLUMNS, Preset
from models.figures.recording import Recording, ShownClimax, View, view_of
from models.figures.saving import Drawn
from models.figures.sheet import Key, Sheet, key_rows, line_mm, width_mm
from models.figures.style import drawing
from models.figures.timescale import clock
from models.figures.words import (
    ESTIMATES,
    band_words,
    flag_words,
    is_set_by_hand,
    joined,
    model_words,
    scale_words,
    set_minus,
    verdict_words,
)
from models.figures.worm import below_mm, place_worm, worm_left_mm, worm_right_mm

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: What is drawn around a climax, where the recording has it.
CLOSE_PANELS = ("waveform", "valence_arousal", "loudness", "intensity")
#: A close-up shows this share of the climax's length on both sides of it, but at least so many seconds.
_AROUND, _LEAST_AROUND_S = 0.35, 3.0
#: A slide has room for so many panels.
_MOST_ON_SLIDE = 3
#: A plane is not drawn smaller than this (mm per point of the letters).
_LEAST_PLANE = 3.0
#: Approaches are drawn from so long before the peak to so long after it, unless all are shorter.
_BEFORE_S, _AFTER_S = 30.0, 15.0
_SHAPE_LINES = (
    "-",
    (0, (5, 1.2)),
    (0, (1, 1)),
    (0, (5, 1, 1, 1)),
    (0, (3, 1)),
    (0, (8, 2)),
    (0, (2, 2)),
    (0, (7, 1, 1, 1, 1, 1)),
)


def climax_title(recording: Recording, number: int, shown: ShownClimax) -> str:
    """Return "Climax 1, the storm, set by hand: 0:36.5 to 0:54.5, peak at 0:44.8, strength 0.48"."""
    climax = shown.climax
    name = f", {shown.label}" if shown.label else ""
    name += ", set by hand" if is_set_by_hand(recording, shown) else ""
    return (
        f"Climax {number}{name}: {clock(climax.start_s, tenths=True)} to {clock(climax.end_s, tenths=True)}, "
        f"peak at {clock(climax.peak_s, tenths=True)}, strength {climax.strength:.2f}"
    )


def region_around(shown: ShownClimax, duration_s: float) -> tuple[float, float]:
    """Return the stretch that a close-up shows."""
    climax = shown.climax
    around_s = max(_LEAST_AROUND_S, _AROUND * (climax.end_s - climax.start_s))
    return max(0.0, climax.start_s - around_s), min(duration_s, climax.end_s + around_s)


def draw_climax(
    recording: Recording, number: int = 1, preset: Preset = TWO_COLUMNS, *, lag_s: float = 0.0,
    panels: Sequence[str] = CLOSE_PANELS, heat: str = "contribution", title: bool = True,
) -> Drawn:  # fmt: skip
    """Draw one climax close: its approach, peak and abatement over the panels, and what each cue gives at its peak.

    Parameters
    ----------
    recording : Recording
    number : int
        1 is the strongest.
    preset, panels, lag_s, heat, title
        As in `models.figures.panels.draw_panels`.

    Raises
    ------
    ValueError
        If the recording has no such climax, or the lag is out of range.
    """
    every = recording.shown_climaxes
    if not 1 <= number <= len(every):
        raise ValueError(f"this recording has no climax {number}")
    shown = every[number - 1]
    view = view_of(recording, preset, region_around(shown, recording.overview.duration_s), lag_s, heat)
    names = [name for name in LANES if name in panels and not LANES[name].missing(view)] or ["waveform"]
    if preset.height_mm is not None and len(names) > _MOST_ON_SLIDE:
        names = [name for name in names if name != "loudness"]
    with drawing(preset.text_pt, preset.line_pt):
        rated = "valence_arousal" in names
        foot = joined(
            (
                model_words(recording), scale_words(recording.analysis, lag_s) if rated else "",
                band_words(recording.analysis) if rated else "", _cue_words(shown), ESTIMATES,
            )
        )  # fmt: skip
        head = joined((f"{climax_title(recording, number, shown)}.", shown.note))
        frame = make_frame(preset, recording.name if title else "", head, flag_words(recording.analysis), foot)
        has_cues = bool(shown.climax.cues)
        beside = has_cues and not preset.narrow
        cues_mm = (0.3 if beside else 1.0) * frame.inner_mm if has_cues else 0.0
        width = frame.inner_mm - cues_mm - 4.0 if beside else frame.inner_mm
        rows = layout(view, names, width)
        stack = stack_mm(view, rows)
        bars = _bars_mm(preset, len(shown.climax.cues)) if has_cues else 0.0
        body = frame.body_mm(max(stack, bars) if beside else stack + bars)
        sheet = frame.sheet(body)
        left, top = frame.margin_mm, frame.head_mm
        high = body if beside or not has_cues else body - bars
        first = len(sheet.figure.axes)
        draw_stack(sheet, view, rows, left, top, width, high)
        lanes = [axes for axes in sheet.figure.axes[first:] if axes.axison]
        _stages(sheet, lanes, shown, preset)
        if has_cues:
            where = (left + frame.inner_mm - cues_mm, top) if beside else (left, top + high)
            draw_cues(sheet, shown, *where, cues_mm, bars)
            if beside:
                _way(sheet, view, where[0], top + bars + 2.0, cues_mm, body - bars - 2.0)
    caption = joined(
        (
            f"{recording.name}. {climax_title(recording, number, shown)}.", shown.note,
            _stage_words(shown), _cue_words(shown),
            *(f"({'abcdefgh'[i]}) {LANES[name].title(view)}." for i, name in enumerate(names)),
            scale_words(recording.analysis, lag_s) if rated else "", model_words(recording), ESTIMATES,
        )
    )  # fmt: skip
    return Drawn(sheet.figure, (sheet.width_mm, sheet.height_mm), f"{recording.name}, climax {number}", caption)


def _stage_words(shown: ShownClimax) -> str:
    climax = shown.climax
    return f"Approach of {climax.peak_s - climax.start_s:.1f} s, abatement of {climax.end_s - climax.peak_s:.1f} s."


def _cue_words(shown: ShownClimax) -> str:
    if not shown.climax.cues:
        return ""
    return "Bars: what each cue gives to the intensity at the peak, in the unit of the intensity."


def _stages(sheet: Sheet, lanes: Sequence[Axes], shown: ShownClimax, preset: Preset) -> None:
    """Tint approach and abatement through the panels, and name them above."""
    climax = shown.climax
    for axes in lanes:
        axes.axvspan(climax.start_s, climax.peak_s, color=TEXT_COLOUR, alpha=0.07, linewidth=0)
        axes.axvspan(climax.peak_s, climax.end_s, color=TEXT_COLOUR, alpha=0.03, linewidth=0)
        for t in (climax.start_s, climax.end_s):
            axes.axvline(t, color=SOFT_COLOUR, linewidth=0.5 * preset.line_pt)
    box, (low, high) = lanes[0].get_position(), lanes[0].get_xlim()
    top = sheet.height_mm * (1 - box.y1) - line_mm(preset.small_pt)

    def mm(t: float) -> float:
        return float(sheet.width_mm * (box.x0 + box.width * (t - low) / (high - low)))

    for words, start_s, end_s in (
        ("approach", climax.start_s, climax.peak_s), ("abatement", climax.peak_s, climax.end_s),
    ):  # fmt: skip
        # The number of the climax stands between the two.
        if width_mm(words, preset.small_pt) + width_mm("000", preset.small_pt) < mm(end_s) - mm(start_s):
            sheet.lines([words], (mm(start_s) + mm(end_s)) / 2, top, preset.small_pt, SOFT_COLOUR, align="center")


def _way(sheet: Sheet, view: View, left: float, top: float, width: float, height: float) -> None:
    """Draw the way through the plane below the bars, where there is room for it."""
    preset = view.preset
    title = line_mm(preset.text_pt) + 1.0
    side = min(width - worm_left_mm(preset) - worm_right_mm(preset), height - title - below_mm(preset))
    if side >= _LEAST_PLANE * preset.text_pt:
        sheet.lines(["Its way through the plane"], left, top, preset.text_pt)
        place_worm(sheet, view, left, top + title, side)


def _bars_mm(preset: Preset, count: int) -> float:
    """Height of the bars of so many cues with title and axis."""
    return line_mm(preset.text_pt) + (1.15 * count + 2.6) * line_mm(preset.small_pt)


def draw_cues(sheet: Sheet, shown: ShownClimax, left: float, top: float, width: float, height: float) -> None:
    """Draw what each cue gives at the peak as bars, with their numbers."""
    preset, cues = sheet.preset, shown.climax.cues
    names = [name.replace("_", " ") for name in cues]
    values = np.array(list(cues.values()), np.float64)
    sheet.lines(["Cues at the peak"], left, top, preset.text_pt)
    room = max(width_mm(name, preset.small_pt) for name in names) + 2.0
    top += line_mm(preset.text_pt) + 0.5
    tall = 1.15 * len(names) * line_mm(preset.small_pt)
    number_mm = width_mm("\u22120.00", preset.small_pt) + 1.0
    axes = sheet.axes(left + room, top, width - room - number_mm, min(tall, height))
    at = np.arange(len(names))
    axes.barh(at, values, height=0.62, color=[CUE_COLOURS.get(name, CUE_COLOURS[""]) for name in cues])
    axes.axvline(0, color=SOFT_COLOUR, linewidth=0.5 * preset.line_pt)
    reach = max(0.2, float(np.abs(values).max()))
    axes.set(ylim=(len(names) - 0.5, -0.5), xlim=(min(0.0, 1.1 * float(values.min())), 1.1 * reach))
    axes.set_yticks(at, names)
    axes.tick_params(axis="y", length=0)
    for i, value in enumerate(values):
        axes.annotate(
            set_minus(f"{value:+.2f}"), (max(0.0, float(value)), i), xytext=(2, 0), textcoords="offset points",
            va="center", fontsize=preset.small_pt, color=SOFT_COLOUR, annotation_clip=False,
        )  # fmt: skip
    axes.spines[["left"]].set_visible(False)


def shape_of(analysis: Analysis) -> tuple[str, NDArray[np.floating]]:
    """Return what approaches are compared by: intensity, or arousal where an earlier version found no intensity."""
    if analysis.intensity_over_time is not None:
        return "intensity, 0 is the typical moment", analysis.intensity_over_time
    return "arousal, \u22121 to 1", analysis.arousal_over_time


def draw_shapes(recording: Recording, preset: Preset = TWO_COLUMNS, *, title: bool = True) -> Drawn:
    """Draw all climaxes over each other, their peaks at 0 s: how each is approached and left.

    Raises
    ------
    ValueError
        If the recording has no climax.
    """
    every = list(enumerate(recording.shown_climaxes, 1))
    if not every:
        raise ValueError("this recording has no climax whose approach could be drawn")
    analysis = recording.analysis
    name, curve = shape_of(analysis)
    longest = max(max(s.climax.peak_s - s.climax.start_s for _, s in every) * 1.6, 5.0)
    after = max(max(s.climax.end_s - s.climax.peak_s for _, s in every) * 1.6, 3.0)
    before_s, after_s = min(_BEFORE_S, longest), min(_AFTER_S, after)
    with drawing(preset.text_pt, preset.line_pt):
        about = (
            "Each line is the way to a climax and away from it; thick between its start and its end, "
            "numbers by strength, the strongest is 1."
        )
        foot = joined((model_words(recording), about, ESTIMATES))
        verdict = f"{verdict_words(analysis)}. {len(every)} climax{'es' if len(every) > 1 else ''}."
        frame = make_frame(preset, recording.name if title else "", verdict, flag_words(analysis), foot)
        keys = [_shape_key(recording, n, shown) for n, shown in every]
        rows = key_rows(keys, frame.inner_mm, preset.small_pt)
        fixed = line_mm(preset.text_pt) + len(rows) * line_mm(preset.small_pt) + 2.6 * line_mm(preset.small_pt)
        body = frame.body_mm(fixed + 3.0 * preset.panel_mm)
        sheet = frame.sheet(body)
        top = sheet.lines([f"{name[0].upper()}{name[1:]}"], frame.margin_mm, frame.head_mm, preset.text_pt)
        top = sheet.keys(keys, frame.margin_mm, top, frame.inner_mm) + 0.8
        ticks = width_mm("\u22120.5", preset.small_pt) + 0.75 * preset.text_pt * MM_PER_POINT
        axes = sheet.axes(frame.margin_mm + ticks, top, frame.inner_mm - ticks - 2.0,
                          frame.head_mm + body - top - 2.4 * line_mm(preset.small_pt))  # fmt: skip
        axes.axhline(0, color=LINE_COLOUR, linewidth=0.6 * preset.line_pt)
        axes.axvline(0, color=TEXT_COLOUR, linewidth=0.55 * preset.line_pt, linestyle=(0, (1, 2)))
        for number, shown in every:
            _draw_shape(axes, recording, curve, number, shown, (before_s, after_s), preset)
        axes.set_xlim(-before_s, after_s)
        axes.set_xlabel("seconds from the peak", fontsize=preset.small_pt, labelpad=1.0, color=SOFT_COLOUR)
    caption = joined(
        (
            f"{recording.name}: approaches of its climaxes, peaks at 0 s, by {name}.", about,
            *(f"{climax_title(recording, n, shown)}." for n, shown in every), model_words(recording), ESTIMATES,
        )
    )  # fmt: skip
    return Drawn(sheet.figure, (sheet.width_mm, sheet.height_mm), f"{recording.name}, approaches", caption)


def _shape_key(recording: Recording, number: int, shown: ShownClimax) -> Key:
    index = number - 1
    words = shown.label or f"at {clock(shown.climax.peak_s)}"
    words += ", set by hand" if is_set_by_hand(recording, shown) else ""
    colour = RECORDING_COLOURS[index % len(RECORDING_COLOURS)]
    return Key(f"{number} {words}", colour, line=_SHAPE_LINES[index % len(_SHAPE_LINES)])


def _draw_shape(
    axes: Axes, recording: Recording, curve: NDArray[np.floating], number: int, shown: ShownClimax,
    reach_s: tuple[float, float], preset: Preset,
) -> None:  # fmt: skip
    climax, key, analysis = shown.climax, _shape_key(recording, number, shown), recording.analysis
    relative = np.asarray(analysis.times_s, np.float64) - climax.peak_s
    seen = (relative >= -reach_s[0]) & (relative <= reach_s[1])
    within = seen & (analysis.times_s >= climax.start_s) & (analysis.times_s <= climax.end_s)
    axes.plot(relative[seen], curve[seen], color=key.colour, linestyle=key.line, linewidth=0.6 * preset.line_pt)
    axes.plot(relative[within], curve[within], color=key.colour, linestyle=key.line, linewidth=1.4 * preset.line_pt)
    height = float(np.interp(climax.peak_s, analysis.times_s, curve))
    axes.annotate(
        str(number), (0.0, height), xytext=(0, 3), textcoords="offset points", ha="center", va="bottom",
        weight="bold", fontsize=preset.small_pt, color=key.colour,
    )  # fmt: skip
