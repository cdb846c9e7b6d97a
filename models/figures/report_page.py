"""One page per recording: what the model says, where its climaxes lie and why, and what the music is like."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.analysis import DescriptorCurves
from models.export.whole_file import write_whole
from models.export.words import gems_words
from models.figures.lanes import LANES
from models.figures.palette import LINE_COLOUR, SOFT_COLOUR, TEXT_COLOUR, WARNING_COLOUR
from models.figures.panels import draw_stack, layout, stack_mm
from models.figures.preset import PAGE
from models.figures.recording import Recording, ShownClimax, View, view_of
from models.figures.saving import Drawn, figure_bytes
from models.figures.sheet import Sheet, line_mm, wrap
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
    whole_words,
)
from models.figures.worm import below_mm, place_worm, worm_left_mm, worm_right_mm, worm_words

#: What the report draws, where the recording has it.
PANELS = ("waveform", "quadrants", "valence_arousal", "loudness", "intensity", "sections")
_MARGIN_MM = 14.0
_GAP_MM = 3.5
_PLANE_MM = 52.0
#: Rows of the table of climaxes; the rest is counted.
_MOST_CLIMAXES = 8
_FEW_CLIMAXES = 4
_MOST_REASONS, _MOST_MARKS = 4, 10
_NOTES = ("C", "C\u266f", "D", "E\u266d", "E", "F", "F\u266f", "G", "A\u266d", "A", "B\u266d", "B")
#: Below this correlation with every key's profile, no key is named.
_LEAST_KEY_FIT = 0.5
#: Descriptors of the whole, each with what it is called and how its median is written.
_DESCRIPTORS: tuple[tuple[str, str, str], ...] = (
    ("tempo", "tempo", "{:.0f}"),
    ("mode", "mode", "{:+.2f}"),
    ("key_clarity", "key clarity", "{:.2f}"),
    ("loudness", "loudness", "{:.1f}"),
    ("pulse_clarity", "pulse clarity", "{:.2f}"),
    ("brightness", "brightness", "{:+.2f}"),
    ("register", "register", "{:.0f}"),
    ("polyphony", "polyphony", "{:.1f}"),
    ("roughness", "roughness", "{:.2f}"),
    ("onset_rate", "onsets", "{:.1f}"),
)


@dataclass
class _Page:
    """Where the next thing stands."""

    sheet: Sheet
    recording: Recording
    view: View

    @property
    def width(self) -> float:
        return PAGE.width_mm - 2 * _MARGIN_MM


def draw_report_page(recording: Recording) -> Drawn:
    """Draw the report: exactly one page of A4, whatever the recording has.

    Notes and names that are too long are cut with an ellipsis; more than eight climaxes are counted.
    """
    view = view_of(recording, PAGE, None, 0.0)
    with drawing(PAGE.text_pt, PAGE.line_pt):
        sheet = Sheet((PAGE.width_mm, float(PAGE.height_mm or 0)), PAGE)
        page = _Page(sheet, recording, view)
        top = _head(page)
        foot = _foot(page)
        blocks = _blocks(page)
        lower = max(_PLANE_MM + below_mm(PAGE) + 2 * line_mm(PAGE.text_pt), _climaxes_mm(page)) + _GAP_MM
        below = max((_block_mm(lines) for _, lines in blocks), default=0.0)
        names = [name for name in PANELS if not LANES[name].missing(view)]
        rows = layout(view, names, page.width)
        room = foot - top - lower - below - 2 * _GAP_MM
        draw_stack(sheet, view, rows, _MARGIN_MM, top, page.width, min(room, 1.4 * stack_mm(view, rows)))
        top += min(room, 1.4 * stack_mm(view, rows)) + _GAP_MM
        _rule(page, top - _GAP_MM / 2)
        _worm(page, top)
        _climax_table(page, top, lower)
        top += lower
        _rule(page, top - _GAP_MM / 2)
        _columns(page, blocks, top)
    caption = joined((f"{recording.name}: report on one page.", f"{whole_words(recording.analysis)}.", ESTIMATES))
    return Drawn(sheet.figure, (sheet.width_mm, sheet.height_mm), recording.name, caption)


def write_report_page(file: Path, recording: Recording, *, program: str = "Affekt") -> None:
    """Write the report as PDF, whole or not at all.

    Raises
    ------
    JobError
        "no_space" when it cannot be written.
    """
    write_whole(file, figure_bytes(draw_report_page(recording), "pdf", program=program))


def _head(page: _Page) -> float:
    """Write title, facts, verdict and warning; return where they end."""
    recording, analysis, sheet = page.recording, page.recording.analysis, page.sheet
    top = sheet.words(recording.title, _MARGIN_MM, _MARGIN_MM - 2, page.width, PAGE.title_pt, weight="bold", most=2)
    if recording.artist:
        top = sheet.words(recording.artist, _MARGIN_MM, top, page.width, 1.3 * PAGE.text_pt, SOFT_COLOUR, most=1)
    facts = joined((f"{clock(analysis.duration_s)}, {analysis.sample_rate_hz / 1000:g} kHz.", model_words(recording)))
    top = sheet.words(facts, _MARGIN_MM, top + 0.4, page.width, PAGE.text_pt, SOFT_COLOUR, most=2)
    verdict = f"{whole_words(analysis)}."
    top = sheet.words(verdict, _MARGIN_MM, top + 0.8, page.width, 1.1 * PAGE.text_pt, weight="bold", most=2)
    if flag := flag_words(analysis):
        top = sheet.words(flag, _MARGIN_MM, top + 0.4, page.width, PAGE.text_pt, WARNING_COLOUR, most=3)
    notes = " ".join(analysis.notes)
    if notes:
        top = sheet.words(notes, _MARGIN_MM, top + 0.4, page.width, PAGE.text_pt, SOFT_COLOUR, most=2)
    _rule(page, top + 1.2)
    return top + 2.4


def _foot(page: _Page) -> float:
    """Write what the reader must know at the bottom; return where it begins."""
    analysis = page.recording.analysis
    words = joined(
        (
            ESTIMATES, "Decision support for qualified people; not a medical device.", scale_words(analysis, 0.0),
            band_words(analysis), "Numbered: climaxes, the strongest is 1; dotted: their peaks.", worm_words(page.view),
        )
    )  # fmt: skip
    lines = wrap(words, page.width, PAGE.small_pt, 5)
    top = float(PAGE.height_mm or 0) - _MARGIN_MM + 3 - len(lines) * line_mm(PAGE.small_pt)
    page.sheet.lines(lines, _MARGIN_MM, top, PAGE.small_pt, SOFT_COLOUR)
    return top


def _rule(page: _Page, at: float) -> None:
    from matplotlib.lines import Line2D

    y = 1 - at / float(PAGE.height_mm or 1)
    ends = (_MARGIN_MM / PAGE.width_mm, 1 - _MARGIN_MM / PAGE.width_mm)
    page.sheet.figure.add_artist(Line2D(ends, (y, y), color=LINE_COLOUR, linewidth=0.6 * PAGE.line_pt))


def _title(page: _Page, words: str, left: float, top: float) -> float:
    return page.sheet.lines([words], left, top, PAGE.text_pt, weight="bold") + 0.4


def _worm(page: _Page, top: float) -> None:
    top = _title(page, "Its way through the plane", _MARGIN_MM, top)
    place_worm(page.sheet, page.view, _MARGIN_MM, top + 0.6, _PLANE_MM)


def _table_left() -> float:
    return _MARGIN_MM + worm_left_mm(PAGE) + _PLANE_MM + worm_right_mm(PAGE) + 5.0


def _climaxes_mm(page: _Page) -> float:
    shown = min(len(page.recording.shown_climaxes), _MOST_CLIMAXES)
    return line_mm(PAGE.text_pt) + (2 * shown + 3) * line_mm(PAGE.small_pt) + shown * 0.5


def _note_lines(page: _Page) -> int:
    """How many lines the cues and the note of a climax may take: few climaxes leave room."""
    return 1 if len(page.recording.shown_climaxes) > _FEW_CLIMAXES else 4


def _climax_table(page: _Page, top: float, height: float) -> None:
    """Write each climax on two lines: number, times, strength and name; its strongest cues and the note."""
    left, size = _table_left(), PAGE.small_pt
    room = PAGE.width_mm - _MARGIN_MM - left
    end = top + height
    every = page.recording.shown_climaxes
    top = _title(page, "Climaxes (strength 0 to 1)", left, top)
    if not every:
        page.sheet.words("None stands out of this recording.", left, top, room, size, SOFT_COLOUR)
        return
    columns = [left + at for at in (4.5, 27.0, 43.0, 58.0)]
    for at, head in zip(columns, ("from\u2013to", "peak", "strength", "name"), strict=True):
        page.sheet.lines([head], at, top, size, SOFT_COLOUR)
    top += line_mm(size)
    for number, shown in enumerate(every[:_MOST_CLIMAXES], 1):
        if top + 2 * line_mm(size) > end:
            break
        top = _climax(page, number, shown, columns, left, room, top) + 0.5
    if len(every) > _MOST_CLIMAXES:
        page.sheet.lines([f"and {len(every) - _MOST_CLIMAXES} more"], columns[0], top, size, SOFT_COLOUR)


def _climax(
    page: _Page, number: int, shown: ShownClimax, columns: Sequence[float], left: float, room: float, top: float
) -> float:
    sheet, size, climax = page.sheet, PAGE.small_pt, shown.climax
    sheet.lines([str(number)], left, top, size, weight="bold")
    by_hand = "set by hand" if is_set_by_hand(page.recording, shown) else ""
    name = f"{by_hand}: {shown.label}" if by_hand and shown.label else by_hand or shown.label
    cells = (
        f"{clock(climax.start_s)}\u2013{clock(climax.end_s)}", clock(climax.peak_s), f"{climax.strength:.2f}",
    )  # fmt: skip
    for at, cell in zip(columns, cells, strict=False):
        sheet.lines([cell], at, top, size)
    sheet.words(name, columns[3], top, left + room - columns[3], size, weight="bold", most=1)
    top += line_mm(size)
    cues = sorted(climax.cues.items(), key=lambda cue: -abs(cue[1]))[:3]
    said = ", ".join(f"{cue.replace('_', ' ')} {value:+.2f}" for cue, value in cues)
    parts = joined((f"Cues: {set_minus(said)}." if said else "", " ".join(shown.note.split())))
    most = _note_lines(page)
    return sheet.words(parts, columns[0], top, left + room - columns[0], size, SOFT_COLOUR, most=most) if parts else top


def _blocks(page: _Page) -> list[tuple[str, list[str]]]:
    """Return the titles and lines of what stands side by side at the bottom; what is not known is not there."""
    writers: Sequence[tuple[str, Callable[[_Page], list[str]]]] = (
        ("The strongest climax, against the rest of the track", _reason_lines),
        ("The music as a whole (medians)", _descriptor_lines),
        ("GEMS: share of listeners who would choose each", _gems_lines),
        ("Marks", _mark_lines),
    )
    found = [(title, write(page)) for title, write in writers]
    return [(title, lines) for title, lines in found if lines]


def _block_mm(lines: Sequence[str]) -> float:
    return 2 * line_mm(PAGE.text_pt) + 0.8 + min(len(lines), _MOST_MARKS) * line_mm(PAGE.small_pt)


def _columns(page: _Page, blocks: Sequence[tuple[str, list[str]]], top: float) -> None:
    if not blocks:
        return
    wide = page.width / len(blocks)
    for index, (title, lines) in enumerate(blocks):
        left = _MARGIN_MM + index * wide
        head = wrap(title, wide - 4, PAGE.text_pt, 2, "bold")
        at = page.sheet.lines(head, left, top, PAGE.text_pt, weight="bold") + 0.4
        for line in lines[:_MOST_MARKS]:
            at = page.sheet.words(line, left, at, wide - 4, PAGE.small_pt, TEXT_COLOUR, most=1)


def _columns_wide(page: _Page) -> float:
    """Width of a column at the bottom, if all four are there."""
    return page.width / 4 - 4


def _reason_lines(page: _Page) -> list[str]:
    lines = []
    for reason in page.recording.reasons[:_MOST_REASONS]:
        words = reason.words.removesuffix(" than the rest of the track")
        words += f" ({reason.association})" if reason.association else ""
        lines += wrap(set_minus(words), _columns_wide(page), PAGE.small_pt, 2)
    if lines:
        lines += wrap(
            "In brackets: associated with it in Table 2 of the third paper", _columns_wide(page), PAGE.small_pt
        )
    return lines


def _descriptor_lines(page: _Page) -> list[str]:
    curves = page.recording.analysis.descriptors
    structure = page.recording.structure
    lines = []
    if structure is not None and structure.tempo_bpm is not None:
        lines.append(f"tempo {structure.tempo_bpm:.0f} BPM (of its beats)")
    if structure is not None and (key := _key_words(structure.chroma)):
        lines.append(key)
    if curves is not None:
        for name, words, form in _DESCRIPTORS:
            if name == "tempo" and lines and lines[0].startswith("tempo"):
                continue
            value = _median(curves, name)
            if np.isfinite(value):
                unit = curves.units[curves.names.index(name)]
                shown = f"({unit})" if " to " in unit or ".." in unit else unit if unit != "-" else ""
                lines.append(set_minus(f"{words} {form.format(value)} {shown}".rstrip()))
    return lines[:_MOST_MARKS]


def _median(curves: DescriptorCurves, name: str) -> float:
    if name not in curves.names:
        return float("nan")
    values = np.asarray(curves.values[:, curves.names.index(name)], np.float64)
    values = values[np.isfinite(values)]
    return float(np.median(values)) if values.size else float("nan")


def _key_words(chroma: NDArray[np.floating]) -> str:
    """Return the key that the pitch classes of the whole fit best, with how well; nothing where they fit none."""
    from models.audio.descriptors.harmony import key_correlations

    if not chroma.size or not float(np.abs(chroma).max()):
        return ""
    fits = key_correlations(np.asarray(chroma, np.float64).mean(axis=1)).mean(axis=0)
    mode, tonic = np.unravel_index(int(np.argmax(fits)), fits.shape)
    if fits[mode, tonic] < _LEAST_KEY_FIT:
        return ""
    return f"key {_NOTES[tonic]} {('major', 'minor')[mode]} (fits by {fits[mode, tonic]:.2f} of 1)"


def _gems_lines(page: _Page) -> list[str]:
    gems = page.recording.analysis.gems
    if not gems:
        return []
    return gems_words(gems, len(gems)).split(", ")


def _mark_lines(page: _Page) -> list[str]:
    marks = page.recording.marks
    most = _MOST_MARKS - 1 if len(marks) > _MOST_MARKS else _MOST_MARKS
    lines = [f"{clock(mark.time_s, tenths=True)}  {mark.label or 'a mark'}" for mark in marks[:most]]
    return [*lines, f"and {len(marks) - most} more"] if len(marks) > most else lines
