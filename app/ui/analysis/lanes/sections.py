"""Sections with their letters, and beats and bars as ticks where there is room for them."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter

from app.ui.analysis.lanes.base import Lane, Reading
from app.ui.analysis.one_row import paint_row
from app.ui.strings import DASH, NOTHING, clock, counted, tr
from app.ui.theme import AXIS_PX, Tokens, font
from app.ui.timescale import TimeAxis
from models.structure.structure import Section, Structure

#: Ticks that are nearer to each other would be a grey band.
_APART_PX = 5.0
_BEAT_PX, _BAR_PX = 4, 8
#: Ground of the letters, in turn: the text's or the accent's colour and how strong. They differ in brightness, too.
_GROUNDS = (("text", 0.05), ("accent", 0.24), ("text", 0.16), ("accent", 0.40), ("text", 0.27), ("accent", 0.12))
_NARROWEST_PX = 14.0
#: After so many beats' time without one the pulse has ended.
_GAP = 2.5
#: Of a pulse that begins after so many beats' time it is not known how many bars went before.
_LATE = 4.0


class SectionLane(Lane):
    """Sections as blocks with letters, above ticks at beats; those of first beats of bars are taller."""

    weight = 0.04
    least_px = 33  # a title and a line of values beside it
    range = (0.0, 1.0)

    def __init__(self) -> None:
        super().__init__()
        self._structure: Structure | None = None
        self._message = ""
        self._letters: list[str] = []

    @property
    def title(self) -> str:
        """Name of the lane."""
        return tr("Sections, beats")

    @property
    def about(self) -> str:
        """What is drawn."""
        text = tr(
            "Sections by self-similarity of harmony and timbre: like ones share a letter. Ticks are beats where there "
            "is room for them, tall ones first beats of bars. Bars have numbers only as far as beats were found from "
            "the beginning on without a pause. All of it is estimated from the sound."
        )
        structure = self._structure
        if structure is not None and structure.tempo_bpm is not None:
            text = f"{text} {tr('About {bpm:.0f} beats a minute.').format(bpm=structure.tempo_bpm)}"
        return text

    @property
    def ready(self) -> bool:
        """Whether it is known how the recording is built, or there is something to say of it."""
        return self._structure is not None or bool(self._message)

    @property
    def structure(self) -> Structure | None:
        """How the recording is built; None while it is not known."""
        return self._structure

    @property
    def message(self) -> str:
        """What is written in the lane while there is nothing to draw."""
        return "" if self._structure is not None else self._message

    def set_structure(self, structure: Structure | None, message: str = "") -> None:
        """Take how the recording is built, or a few words while that is not known."""
        self._structure, self._message = structure, message
        self._letters = [] if structure is None else sorted({section.letter for section in structure.sections})

    # Drawing

    def paint_over(self, painter: QPainter, axis: TimeAxis, tokens: Tokens) -> None:
        """Draw what is in view."""
        if self._structure is None:
            painter.setFont(font(AXIS_PX))
            painter.setPen(QColor(tokens.soft))
            box = self.rect.adjusted(7, 0, -7, 0)
            text = QFontMetrics(painter.font()).elidedText(self._message, Qt.TextElideMode.ElideRight, int(box.width()))
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, text)
            return
        painter.setFont(font(AXIS_PX, strong=True))
        grounds = [tokens.colour(name, strength) for name, strength in _GROUNDS]
        for section in self._structure.sections:
            if section.end_s > axis.start_s and section.start_s < axis.end_s:
                ground = grounds[self._letters.index(section.letter) % len(grounds)]
                self._paint_section(painter, axis, tokens, section, ground)
        self._paint_ticks(painter, axis, tokens, self._structure)

    def _paint_section(
        self, painter: QPainter, axis: TimeAxis, tokens: Tokens, section: Section, ground: QColor
    ) -> None:
        inner = self.rect.adjusted(1, 1, -1, -1)
        first = round(self.x_of(section.start_s, axis))
        left = max(first, inner.left())
        right = min(round(self.x_of(section.end_s, axis)), inner.right())
        block = QRectF(left, inner.top(), right - left, inner.height() - _BAR_PX - 2)
        painter.fillRect(block, ground)
        if first > inner.left():
            painter.fillRect(QRectF(first, inner.top(), 1, block.height()), QColor(tokens.soft))
        if block.width() >= _NARROWEST_PX:
            painter.setPen(QColor(tokens.text))
            painter.drawText(block.adjusted(5, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, section.letter)

    def _paint_ticks(self, painter: QPainter, axis: TimeAxis, tokens: Tokens, structure: Structure) -> None:
        inner = self.rect.adjusted(1, 1, -1, -1)
        for times_s, height in ((structure.beats_s, _BEAT_PX), (structure.downbeats_s, _BAR_PX)):
            first, last = np.searchsorted(times_s, (axis.start_s, axis.end_s))
            seen = times_s[max(0, first - 1) : last + 1]
            if len(seen) < 2 or float(np.median(np.diff(seen))) / axis.span_s * self.rect.width() < _APART_PX:
                continue
            area = QRect(round(inner.left()), round(inner.bottom()) - 1 - height, round(inner.width()), height + 1)
            x = np.round((times_s[first:last].astype(np.float64) - axis.start_s) / axis.span_s * inner.width())
            cover = np.zeros(area.width())
            cover[np.minimum(x.astype(np.int64), len(cover) - 1)] = 1.0
            paint_row(painter, area, cover, QColor(tokens.soft))

    # Words

    def readings(self, time_s: float) -> list[Reading]:
        """Letter of the section, and number of bar and beat, at a time."""
        section = self.section_at(time_s)
        if section is None:
            return [Reading(tr("here"), NOTHING)]
        return [Reading(tr("section {letter}").format(letter=section.letter), self._place(time_s))]

    def _place(self, time_s: float) -> str:
        """Return "bar 12, beat 3", or "beat 3 of the bar" where bars before it may not have been found."""
        structure = self._structure
        assert structure is not None
        beats_s, bars_s = structure.beats_s, structure.downbeats_s
        beat_s = 60 / (structure.tempo_bpm or 60)
        beat = int(np.searchsorted(beats_s, time_s + 1e-3, side="right"))
        if beat == 0 or time_s - beats_s[beat - 1] > _GAP * beat_s:
            return ""  # where no pulse was found there is nothing to count
        pauses = np.flatnonzero(np.diff(beats_s[:beat]) > _GAP * beat_s)
        first = int(pauses[-1]) + 1 if len(pauses) else 0  # beat of the stretch that this one is in
        counted_from_start = first == 0 and beats_s[0] <= _LATE * beat_s
        bar = int(np.searchsorted(bars_s, time_s + 1e-3, side="right"))
        if bar == 0 or bars_s[bar - 1] < beats_s[first] - 1e-3:
            return tr("beat {beat}").format(beat=beat) if counted_from_start else ""
        in_bar = beat - int(np.searchsorted(beats_s, bars_s[bar - 1] - 1e-3))
        if counted_from_start:
            return tr("bar {bar}, beat {beat}").format(bar=bar, beat=in_bar)
        return tr("beat {beat} of the bar").format(beat=in_bar)

    def section_at(self, time_s: float) -> Section | None:
        """Return the section that holds a time; the last one also its end."""
        if self._structure is None:
            return None
        sections = self._structure.sections
        return next((section for section in sections if time_s < section.end_s), sections[-1])

    def explain(self, time_s: float) -> str:
        """Return all that is known of the section at a time, for a tooltip; empty where nothing is."""
        section = self.section_at(time_s)
        if section is None or self._structure is None:
            return self._message
        alike = [other for other in self._structure.sections if other.letter == section.letter]
        text = tr("Section {letter}, {start}{dash}{end}.").format(
            letter=section.letter, start=clock(section.start_s), dash=DASH, end=clock(section.end_s)
        )
        if len(alike) > 1:
            others = counted(len(alike) - 1, tr("Like it is {count} other."), tr("Like it are {count} others."))
            text = f"{text} {others}"
        return text
