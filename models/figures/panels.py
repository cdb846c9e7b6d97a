"""One recording as stacked panels on one time axis: what the window shows, for print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from models.figures.frame import make_frame
from models.figures.heat import heat_words
from models.figures.lanes import LANES, Lane
from models.figures.palette import SOFT_COLOUR, TEXT_COLOUR
from models.figures.preset import MM_PER_POINT, TWO_COLUMNS, Preset
from models.figures.recording import Recording, View, view_of
from models.figures.saving import Drawn, save_figure
from models.figures.sheet import Sheet, foot_mm, key_rows, line_mm, scale_mm, width_mm, wrap
from models.figures.style import drawing
from models.figures.timescale import clock, set_time_axis, time_words
from models.figures.words import (
    ESTIMATES,
    band_words,
    climax_words,
    flag_words,
    joined,
    model_words,
    region_words,
    scale_words,
    whole_words,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Panels are not pressed flatter than this share of the height they want.
_LEAST_STRETCH = 0.3
#: What is drawn where nothing else is asked for.
USUAL = ("waveform", "spectrogram", "quadrants", "valence_arousal", "loudness", "intensity")


@dataclass(frozen=True)
class _Row:
    """A panel with what stands above it: its title, and its keys beside that or below."""

    lane: Lane
    letter: str
    title: str
    key_lines: int
    head_mm: float
    height_mm: float


def drawable(recording: Recording, view: View, names: Sequence[str]) -> list[str]:
    """Return which of these panels can be drawn, in their order; one that does not exist is an error.

    Raises
    ------
    ValueError
        If there is no panel of a name, or nothing is left.
    """
    unknown = [name for name in names if name not in LANES]
    if unknown:
        raise ValueError(f"there is no panel {unknown[0]!r}; there are {', '.join(LANES)}")
    kept = [name for name in LANES if name in names and not LANES[name].missing(view)]
    if not kept:
        raise ValueError("none of the panels that were chosen can be drawn of this recording")
    return kept


def draw_panels(
    recording: Recording, preset: Preset = TWO_COLUMNS, panels: Sequence[str] = USUAL, *, lag_s: float = 0.0,
    region: tuple[float, float] | None = None, heat: str = "attention", title: bool = True,
) -> Drawn:  # fmt: skip
    """Draw panels under each other, each with its unit and range.

    Model, version and day, the origin of the curves and the lag stand below. Around valence and arousal stands their
    band, where the model states one, and above all a warning where this is not music it knows.

    Parameters
    ----------
    recording : Recording
    preset : Preset
    panels : sequence of str
        Names of `models.figures.lanes.LANES`; what the recording does not have is left out.
    lag_s : float
        [0, 5]: valence and arousal are drawn so much earlier.
    region : tuple of float, optional
        Start and end in seconds; without it the whole.
    heat : str
        What lies under the waveform, and over the spectrogram: one of `models.figures.heat.HEATS`.
    title : bool
        Whether title and verdict stand above: journals set them in the legend.

    Raises
    ------
    ValueError
        If nothing can be drawn: an empty region, a lag out of range, no such panel, too many panels for a slide.
    """
    view = view_of(recording, preset, region, lag_s, heat)
    names = drawable(recording, view, panels)
    analysis = recording.analysis
    rated = "valence_arousal" in names
    with drawing(preset.text_pt, preset.line_pt):
        foot = joined(
            (
                model_words(recording),
                scale_words(analysis, lag_s) if rated else "",
                band_words(analysis) if rated else "",
                heat_words(view) if view.heat == "explanation" and heated(names) else "",
                climax_words(view, shaded=any(LANES[name].shaded for name in names)),
                ESTIMATES,
            )
        )
        verdict = joined((f"{whole_words(analysis)}.", region_words(view)))
        frame = make_frame(preset, recording.name if title else "", verdict, flag_words(analysis), foot)
        rows = layout(view, names, frame.inner_mm)
        body = frame.body_mm(stack_mm(view, rows))
        sheet = frame.sheet(body)
        draw_stack(sheet, view, rows, frame.margin_mm, frame.head_mm, frame.inner_mm, body)
    size = (sheet.width_mm, sheet.height_mm)
    return Drawn(sheet.figure, size, recording.name, panels_caption(view, names))


def heated(names: Sequence[str]) -> bool:
    """Whether heat lies in one of these panels."""
    return "waveform" in names or "spectrogram" in names


def layout(view: View, names: Sequence[str], inner_mm: float) -> list[_Row]:
    """Return the panels with what stands above each; within `drawing`."""
    preset = view.preset
    rows = []
    for index, name in enumerate(names):
        lane = LANES[name]
        keys = lane.keys(view)
        letter = "abcdefghijkl"[index] if len(names) > 1 else ""
        room = inner_mm - width_mm(f"{letter}  ", preset.text_pt, "bold")
        title = wrap(lane.title(view), room, preset.text_pt, 1)[0]
        used = width_mm(f"{letter}  {title}", preset.text_pt, "bold")
        scale = lane.scale(view)
        if scale is not None:
            key_lines = 0 if used + 2 + scale_mm(scale.low, scale.high, preset) <= inner_mm else 1
        else:
            beside = len(key_rows(keys, inner_mm - used - 2, preset.small_pt)) <= 1
            key_lines = 0 if beside else len(key_rows(keys, inner_mm, preset.small_pt))
        head = line_mm(preset.text_pt) + key_lines * line_mm(preset.small_pt) + 0.12 * preset.text_pt
        rows.append(_Row(lane, letter, title, key_lines, head, lane.weight * preset.panel_mm))
    return rows


def _gap_mm(preset: Preset) -> float:
    return 0.55 * preset.text_pt * MM_PER_POINT


def _number_mm(view: View) -> float:
    """Room for the climaxes' numbers above the first panel."""
    return line_mm(view.preset.small_pt) if view.climaxes else 0.0


def _axis_mm(preset: Preset) -> float:
    """Room for the ticks and the name of the time axis."""
    return line_mm(preset.small_pt) * 2 + 0.35 * preset.text_pt * MM_PER_POINT


def stack_mm(view: View, rows: Sequence[_Row]) -> float:
    """Height that the panels want, with the time axis."""
    gaps = (len(rows) - 1) * _gap_mm(view.preset)
    return sum(row.head_mm + row.height_mm for row in rows) + gaps + _number_mm(view) + _axis_mm(view.preset)


def draw_stack(
    sheet: Sheet, view: View, rows: Sequence[_Row], left: float, top: float, width: float, height: float
) -> None:
    """Draw panels into a box of the sheet; they share what height their words leave."""
    preset = view.preset
    fixed = stack_mm(view, rows) - sum(row.height_mm for row in rows)
    stretch = (height - fixed) / sum(row.height_mm for row in rows)
    if stretch < _LEAST_STRETCH:
        raise ValueError("there is no room for so many panels on a slide: choose fewer")
    ticks_mm = width_mm("\u221230", preset.small_pt) + 0.75 * preset.text_pt * MM_PER_POINT
    right_mm = 0.5 * width_mm("00:00", preset.small_pt)
    inner = width - ticks_mm - right_mm
    most = max(3, int(inner / (3.2 * preset.small_pt * MM_PER_POINT)))
    at = top
    for index, row in enumerate(rows):
        at += _head(sheet, view, row, left, at, width - right_mm)
        if index == 0 and view.climaxes:
            _numbers(sheet, view, left + ticks_mm, at, inner)
            at += _number_mm(view)
        tall = row.height_mm * stretch
        axes = sheet.axes(left + ticks_mm, at, inner, tall)
        set_time_axis(axes, view.start_s, view.end_s, most, labels=index == len(rows) - 1)
        row.lane.draw(axes, view)
        if not row.lane.words:
            _climaxes(axes, view, shaded=row.lane.shaded)
        axes.set_xlim(view.start_s, view.end_s)
        if index == len(rows) - 1:
            axes.set_xlabel(time_words(view.start_s, view.end_s), fontsize=preset.small_pt, labelpad=1.0,
                            color=SOFT_COLOUR)  # fmt: skip
        at += tall + _gap_mm(preset)


def _head(sheet: Sheet, view: View, row: _Row, left: float, top: float, width: float) -> float:
    """Write a panel's letter and title, its keys and its scale; return their height."""
    preset = view.preset
    offset = 0.0
    if row.letter:
        sheet.lines([row.letter], left, top, preset.text_pt, weight="bold")
        offset = width_mm(f"{row.letter}  ", preset.text_pt, "bold")
    sheet.lines([row.title], left + offset, top, preset.text_pt)
    keys = row.lane.keys(view)
    # Smaller letters on the same line stand on its foot.
    below = top + (line_mm(preset.text_pt) if row.key_lines else foot_mm(preset.text_pt) - foot_mm(preset.small_pt))
    if keys and row.key_lines:
        sheet.keys(keys, left + offset, below, width - offset)
    elif keys:
        sheet.keys(keys, left, below, width, at_right=True)
    scale = row.lane.scale(view)
    if scale is not None:
        right = left + (offset + scale_mm(scale.low, scale.high, preset) if row.key_lines else width)
        sheet.scale(right, below, scale.low, scale.high, scale.cmap)
    return row.head_mm


def _numbers(sheet: Sheet, view: View, left: float, top: float, width: float) -> None:
    """Write the climaxes' numbers above their peaks; close neighbours move aside."""
    size = view.preset.small_pt
    free = left
    for number, shown in sorted(view.climaxes, key=lambda pair: pair[1].climax.peak_s):
        wide = width_mm(str(number), size, "bold")
        peak = left + (shown.climax.peak_s - view.start_s) / (view.end_s - view.start_s) * width
        start = max(free, peak - wide / 2)
        sheet.lines([str(number)], start, top, size, TEXT_COLOUR, "bold")
        free = start + wide + 0.35 * size * MM_PER_POINT


def _climaxes(axes: Axes, view: View, *, shaded: bool) -> None:
    thin = 0.55 * view.preset.line_pt
    for _number, shown in view.climaxes:
        axes.axvline(shown.climax.peak_s, color=TEXT_COLOUR, linewidth=thin, linestyle=(0, (1, 2)))
        if shaded:
            axes.axvspan(shown.climax.start_s, shown.climax.end_s, color=TEXT_COLOUR, alpha=0.06, linewidth=0)


def panels_caption(view: View, names: Sequence[str]) -> str:
    """Return the legend for a journal, panel by panel."""
    recording, analysis = view.recording, view.recording.analysis
    parts = [f"{recording.name} ({clock(analysis.duration_s)}). {whole_words(analysis)}."]
    parts += [region_words(view)]
    for index, name in enumerate(names):
        lane = LANES[name]
        title = lane.title(view)
        words = f"({'abcdefghijkl'[index]}) {title}" if len(names) > 1 else title
        scale, keys = lane.scale(view), lane.keys(view)
        if scale is not None:
            words += f", tints from {scale.low} to {scale.high.rstrip('.')}"
        if keys:
            words += f": {', '.join(key.label for key in keys)}"
        parts.append(f"{words}.")
    if "valence_arousal" in names:
        parts += [scale_words(analysis, view.lag_s), band_words(analysis)]
    parts += [
        heat_words(view) if heated(names) else "",
        climax_words(view, shaded=any(LANES[name].shaded for name in names)),
    ]
    own = [f"{n} \u201c{shown.label}\u201d" for n, shown in view.climaxes if shown.label]
    parts += [f"Named by hand: {', '.join(own)}." if own else ""]
    flag = flag_words(analysis)
    parts += [f"{flag.rstrip('.')}." if flag else "", model_words(recording), ESTIMATES]
    return joined(parts)


def write_figure(folder: Path, file: Path, recording: Recording, *, program: str = "Affekt") -> list[Path]:
    """Write the panels of one recording as PNG and PDF; files of one name in two folders do not overwrite each other.

    Raises
    ------
    JobError
        "no_space" when a file cannot be written.
    """
    stem = f"{file.stem}-{recording.analysis.sha256[:8]}"
    return save_figure(draw_panels(recording), folder, stem, program=program)
