"""Panels over time: what each is called, what it needs, what its colours stand for, and how it is drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from models.analysis import QUADRANT_NAMES, QUADRANTS
from models.figures.curves import column_means, in_view, thinned
from models.figures.heat import HEATS, draw_heat, draw_map, heat_of
from models.figures.palette import (
    AROUSAL_COLOUR,
    CUE_COLOURS,
    LINE_COLOUR,
    LOUDNESS_COLOUR,
    QUADRANT_COLOURS,
    QUADRANT_SHORT,
    SOFT_COLOUR,
    TEXT_COLOUR,
    VALENCE_COLOUR,
)
from models.figures.recording import View
from models.figures.sheet import Key

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["HEATS", "LANES", "Lane"]

#: Arousal is dashed wherever it stands beside valence: colour alone tells nothing in grey.
AROUSAL_LINE = (0, (4, 1.2))
_CUE_LINES: tuple[Any, ...] = ("-", (0, (5, 1)), (0, (1, 1)), (0, (5, 1, 1, 1)), (0, (2, 1)), (0, (8, 2)))
#: The first are named before the others, where there is room for a few only.
_TICKS_HZ = (100, 10_000, 1000, 3000, 500)
_QUIET_DB, _LOUD_DB = -60.0, 0.0
#: With more steps in view, white lines between the quadrants would hide them.
_MOST_EDGED = 400
#: Share of the height from which on a quadrant is named within its area.
_NAMED_FROM = 0.3


@dataclass(frozen=True)
class Scale:
    """The colours of a heat map and the words at their ends."""

    low: str
    high: str
    cmap: Any


@dataclass(frozen=True)
class Lane:
    """One panel.

    Attributes
    ----------
    name : str
        In settings and on the command line.
    title : callable
        View to what stands above it, with its unit and range.
    weight : float
        Of its height.
    draw : callable
        Into axes whose limits of time are set.
    keys : callable
        View to what its colours and lines stand for.
    scale : callable
        View to the scale of its heat, or None.
    missing : callable
        View to why it cannot be drawn, in words; empty where it can.
    shaded : bool
        Whether the regions of climaxes are shaded: not where shade would be taken for a value.
    words : bool
        Whether it is made of words, which no line may cross.
    """

    name: str
    title: Callable[[View], str]
    weight: float
    draw: Callable[[Axes, View], None]
    keys: Callable[[View], Sequence[Key]] = lambda _view: ()
    scale: Callable[[View], Scale | None] = lambda _view: None
    missing: Callable[[View], str] = lambda _view: ""
    shaded: bool = False
    words: bool = False


def _draw_waveform(axes: Axes, view: View) -> None:
    overview = view.recording.overview
    draw_heat(axes, view)
    shape = overview.waveform
    first, last = in_view(view, len(shape), overview.waveform_bin_s)
    group = max(1, (last - first) // view.columns)
    part = shape[first : first + max(1, (last - first) // group) * group].reshape(-1, group, 2)
    low, high = part[:, :, 0].min(axis=1), part[:, :, 1].max(axis=1)
    times = (first + (np.arange(len(low)) + 0.5) * group) * overview.waveform_bin_s
    axes.fill_between(times, low, high, color=TEXT_COLOUR, linewidth=0)
    axes.set(ylim=(-1, 1), yticks=(-1, 0, 1))


def _waveform_scale(view: View) -> Scale | None:
    heat = heat_of(view)
    return None if heat is None else Scale(heat.low, heat.high, heat.cmap)


def _waveform_title(view: View) -> str:
    heat = heat_of(view)
    return "Signal, \u22121 to 1" + ("" if heat is None else f", over {heat.name}")


def _draw_spectrogram(axes: Axes, view: View) -> None:
    import matplotlib as mpl

    overview = view.recording.overview
    bin_s = overview.spectrogram_bin_s
    first, last = in_view(view, overview.spectrogram.shape[1], bin_s)
    low, high = overview.spectrogram_range_db
    columns = column_means(overview.spectrogram[:, first:last], view.columns)
    # As in the light window: silence has the tone of the page; in greys where heat lies over it.
    over = view.heat == "explanation" and view.recording.explanation is not None
    axes.imshow(
        low + columns / 255 * (high - low),
        origin="lower", aspect="auto", vmin=low, vmax=high, interpolation="nearest",
        cmap=mpl.colormaps["Greys" if over else "magma_r"],
        extent=(first * bin_s, last * bin_s, -0.5, len(overview.band_hz) - 0.5),
    )  # fmt: skip
    if over:
        draw_map(axes, view)
    axes.set_ylim(-0.5, len(overview.band_hz) - 0.5)
    axes.set_xlim(view.start_s, view.end_s)
    _frequency_ticks(axes, view)


def _frequency_ticks(axes: Axes, view: View) -> None:
    """Name as many frequencies as there is height for."""
    from models.figures.preset import MM_PER_INCH
    from models.figures.sheet import line_mm

    band_hz = view.recording.overview.band_hz
    figure = axes.get_figure()
    assert figure is not None
    high_mm = axes.get_position().height * figure.bbox.height / figure.dpi * MM_PER_INCH
    band_mm = high_mm / len(band_hz)
    kept: list[tuple[int, float]] = []
    for hz in _TICKS_HZ:
        at = float(np.interp(hz, band_hz, np.arange(len(band_hz))))
        apart = min((abs(at - other) for _, other in kept), default=np.inf) * band_mm
        if band_hz[0] <= hz <= band_hz[-1] and apart >= 0.8 * line_mm(view.preset.small_pt):
            kept.append((hz, at))
    axes.set_yticks([at for _, at in kept], [f"{hz // 1000}k" if hz >= 1000 else f"{hz}" for hz, _ in kept])


def _spectrogram_title(view: View) -> str:
    heat = heat_of(view) if view.heat == "explanation" else None
    over = f", under {heat.name}" if heat is not None and heat.has_map else ""
    return "Spectrogram, mel bands in Hz" + over


def _spectrogram_scale(view: View) -> Scale:
    low, high = view.recording.overview.spectrogram_range_db
    over = view.heat == "explanation" and view.recording.explanation is not None
    return Scale(f"\u2212{-low:.0f}", f"+{high:.0f} dB", "Greys" if over else "magma_r")


def _draw_quadrants(axes: Axes, view: View) -> None:
    analysis = view.recording.analysis
    order = QUADRANTS[::-1]  # from the bottom, so that Q1 is on top as in the window
    times, over_time = thinned(view, analysis.times_s, analysis.quadrants_over_time)
    shares = np.stack([over_time[:, QUADRANTS.index(name)] for name in order])
    axes.stackplot(
        times, shares, colors=[QUADRANT_COLOURS[name] for name in order],
        edgecolor="white", linewidth=0.3 * view.preset.line_pt if len(times) < _MOST_EDGED else 0.0,
    )  # fmt: skip
    seen = (times >= view.start_s) & (times <= view.end_s)
    above = np.cumsum(shares, axis=0)
    for row, name in enumerate(order):
        # Named within its area where that is widest, so that it is told without colour too.
        thick = np.where(seen, shares[row], 0.0)
        margin = 0.03 * (view.end_s - view.start_s)
        thick[(times < view.start_s + margin) | (times > view.end_s - margin)] = 0.0
        at = int(np.argmax(np.convolve(thick, np.ones(9) / 9, mode="same"))) if thick.size else 0
        if thick.size and thick[at] > _NAMED_FROM:
            axes.text(
                times[at], above[row, at] - shares[row, at] / 2, name,
                ha="center", va="center", color="white", weight="bold", fontsize=view.preset.small_pt, clip_on=True,
            )  # fmt: skip
    axes.set(ylim=(0, 1), yticks=(0, 0.5, 1))


def _quadrant_keys(view: View) -> list[Key]:
    names = QUADRANT_SHORT if view.preset.narrow else QUADRANT_NAMES
    return [Key(f"{name} {names[name]}", QUADRANT_COLOURS[name], "patch") for name in QUADRANTS]


def _draw_valence_arousal(axes: Axes, view: View) -> None:
    analysis = view.recording.analysis
    times = analysis.times_s - view.lag_s
    axes.axhline(0, color=LINE_COLOUR, linewidth=0.6 * view.preset.line_pt)
    for band, colour in (
        (analysis.valence_band_over_time, VALENCE_COLOUR),
        (analysis.arousal_band_over_time, AROUSAL_COLOUR),
    ):
        if band is not None:
            at, ends = thinned(view, times, band)
            axes.fill_between(at, ends[:, 0], ends[:, 1], color=colour, alpha=0.2, linewidth=0)
    axes.plot(*thinned(view, times, analysis.valence_over_time), color=VALENCE_COLOUR)
    axes.plot(*thinned(view, times, analysis.arousal_over_time), color=AROUSAL_COLOUR, linestyle=AROUSAL_LINE)
    axes.set(ylim=(-1, 1), yticks=(-1, 0, 1))


def _valence_arousal_keys(view: View) -> list[Key]:
    keys = [Key("valence", VALENCE_COLOUR), Key("arousal", AROUSAL_COLOUR, line=AROUSAL_LINE)]
    analysis = view.recording.analysis
    if analysis.valence_band_over_time is not None:
        keys.append(Key(f"band of {analysis.band_coverage:.0%} of ratings", "#DCCBDD", "patch"))
    return keys


def _valence_arousal_title(view: View) -> str:
    return "Valence and arousal, \u22121 to 1" + (f", drawn {view.lag_s:g} s earlier" if view.lag_s else "")


def _draw_loudness(axes: Axes, view: View) -> None:
    overview = view.recording.overview
    first, last = in_view(view, len(overview.loudness_db), overview.loudness_bin_s)
    group = max(1, (last - first) // view.columns)
    level = column_means(overview.loudness_db[None, first:last], view.columns)[0]
    times = (first + (np.arange(len(level)) + 0.5) * group) * overview.loudness_bin_s
    axes.fill_between(times, _QUIET_DB, level, color=LOUDNESS_COLOUR, alpha=0.35, linewidth=0)
    axes.plot(times, level, color=LOUDNESS_COLOUR, linewidth=0.6 * view.preset.line_pt)
    axes.set(ylim=(_QUIET_DB, _LOUD_DB), yticks=(-60, -30, 0))


def cue_keys(view: View) -> list[Key]:
    """Return what the lines of the cues stand for."""
    names = view.recording.analysis.cue_names
    return [
        Key(name.replace("_", " "), CUE_COLOURS.get(name, CUE_COLOURS[""]), line=_CUE_LINES[i % len(_CUE_LINES)])
        for i, name in enumerate(names)
    ]


def draw_intensity(axes: Axes, view: View) -> None:
    """Draw the contour, with what each cue gives to it, and the climaxes' peaks upon it."""
    analysis = view.recording.analysis
    contour = analysis.intensity_over_time
    assert contour is not None
    thin = 0.6 * view.preset.line_pt
    axes.axhline(0, color=LINE_COLOUR, linewidth=thin)
    seen = (analysis.times_s >= view.start_s) & (analysis.times_s <= view.end_s)
    drawn = [contour[seen]]
    if analysis.cues_over_time is not None:
        for column, key in enumerate(cue_keys(view)):
            curve = analysis.cues_over_time[:, column]
            drawn_curve = thinned(view, analysis.times_s, curve)
            axes.plot(*drawn_curve, color=key.colour, linestyle=key.line, linewidth=thin)
            drawn.append(curve[seen])
    axes.plot(*thinned(view, analysis.times_s, contour), color=TEXT_COLOUR)
    for _number, shown in view.climaxes:
        at = float(np.interp(shown.climax.peak_s, analysis.times_s, contour))
        axes.plot([shown.climax.peak_s], [at], "v", color=TEXT_COLOUR, markersize=0.55 * view.preset.text_pt)
    values = np.concatenate(drawn) if drawn else np.zeros(1)
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)
    room = max(0.25, 0.08 * (high - low))
    axes.set_ylim(min(low, 0.0) - room, max(high, 0.0) + room)


def _intensity_keys(view: View) -> list[Key]:
    return [Key("intensity", TEXT_COLOUR), *cue_keys(view)]


def _draw_sections(axes: Axes, view: View) -> None:
    structure = view.recording.structure
    assert structure is not None
    letters = sorted({section.letter for section in structure.sections})
    for section in structure.sections:
        start_s, end_s = max(section.start_s, view.start_s), min(section.end_s, view.end_s)
        if end_s <= start_s:
            continue
        shade = letters.index(section.letter) % 4
        axes.axvspan(
            start_s, end_s, facecolor=("#E9E7E1", "#CBCFD6", "#F6F4EF", "#B4BAC4")[shade],
            edgecolor=SOFT_COLOUR, linewidth=0.4 * view.preset.line_pt,
        )  # fmt: skip
        axes.text(
            (start_s + end_s) / 2, 0.5, section.letter, ha="center", va="center", weight="bold",
            fontsize=view.preset.small_pt, clip_on=True,
        )  # fmt: skip
    axes.set(ylim=(0, 1), yticks=())


def _draw_marks(axes: Axes, view: View) -> None:
    """Draw names of climaxes over their regions, and marks as lines with their names; rows part what would collide."""
    from models.figures.sheet import width_mm

    size = view.preset.small_pt
    inner_mm = axes.get_position().width * view.preset.width_mm
    per_s = inner_mm / (view.end_s - view.start_s)
    rows_end: list[float] = [0.0, 0.0, 0.0]
    entries = [(s.climax.start_s, s.climax.end_s, s.label or f"climax {n}") for n, s in view.climaxes]
    entries += [(m.time_s, m.time_s, m.label) for m in view.recording.marks]
    for start_s, end_s, label in sorted(entries):
        if end_s < view.start_s or start_s > view.end_s:
            continue
        left = (max(start_s, view.start_s) - view.start_s) * per_s
        words = width_mm(label, size) + 1.5
        row = next((i for i, end in enumerate(rows_end) if end <= left), int(np.argmin(rows_end)))
        rows_end[row] = left + max(words, (end_s - start_s) * per_s)
        top = 1 - row / 3
        if end_s > start_s:
            axes.axvspan(start_s, end_s, ymin=top - 0.31, ymax=top - 0.02, color=TEXT_COLOUR, alpha=0.12, linewidth=0)
        else:
            axes.plot([start_s, start_s], [0, top - 0.02], color=SOFT_COLOUR, linewidth=0.7 * view.preset.line_pt)
        at_right = left + words > inner_mm
        axes.annotate(
            label, (max(start_s, view.start_s), top - 0.17), xytext=(-2 if at_right else 2, 0),
            textcoords="offset points", ha="right" if at_right else "left", va="center", fontsize=size,
            parse_math=False, annotation_clip=False,
        )  # fmt: skip
    axes.set(ylim=(0, 1), yticks=())


def _no_intensity(view: View) -> str:
    if view.recording.analysis.intensity_over_time is None:
        return "the analysis is of an earlier version and has no intensity: analyse the recording again"
    return ""


def _no_sections(view: View) -> str:
    return "" if view.recording.structure is not None else "the sections of this recording are not known yet"


def _no_marks(view: View) -> str:
    return "" if view.recording.marks or view.recording.shown_climaxes else "there are neither marks nor climaxes"


#: All panels, in the order in which they stand under each other.
LANES: dict[str, Lane] = {
    lane.name: lane
    for lane in (
        Lane("waveform", _waveform_title, 1.0, _draw_waveform, scale=_waveform_scale),
        Lane("spectrogram", _spectrogram_title, 1.35, _draw_spectrogram, scale=_spectrogram_scale),
        Lane("quadrants", lambda _view: "Quadrants, probability 0 to 1", 1.2, _draw_quadrants, _quadrant_keys),
        Lane(
            "valence_arousal", _valence_arousal_title, 1.5, _draw_valence_arousal, _valence_arousal_keys, shaded=True
        ),
        Lane("loudness", lambda _view: "Loudness, dBFS", 0.8, _draw_loudness, shaded=True),
        Lane(
            "intensity", lambda _view: "Intensity, 0 is the typical moment", 1.2, draw_intensity, _intensity_keys,
            missing=_no_intensity, shaded=True,
        ),
        Lane("sections", lambda _view: "Sections", 0.3, _draw_sections, missing=_no_sections, words=True),
        Lane("marks", lambda _view: "Climaxes and marks by name", 0.6, _draw_marks, missing=_no_marks, words=True),
    )
}  # fmt: skip
