"""Lanes of several recordings: a curve of each on the shared axis, and how far each is from the reference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPolygonF

from app.ui.analysis.lanes import Lane, Reading
from app.ui.analysis.lanes.items import Line
from app.ui.analysis.pyramid import ColumnPyramid
from app.ui.compare.style import DASHES, colour_of, draw_tag, pen_of
from app.ui.strings import DASH, MINUS, NOTHING, signed, tr
from app.ui.theme import THEME, Tokens
from app.ui.timescale import TimeAxis
from models.inference.compared import MOST_RECORDINGS, Curve, Difference, Recording

#: Curves are drawn from a value so often on the axis (s).
_STEP_S = 0.25
#: As many lines stand in a lane as there are recordings: a point each so many pixels draws them at one's speed.
_PX_PER_POINT = 3
#: All lines of a lane together are smoothed while they climb and fall less than this on screen.
_SMOOTH_PX = 3000
#: With more recordings than this, only the line of the one that is heard is smoothed.
_ALL_SMOOTH = 3
#: With more than this, readings stand two in a line.
_MOST_LINES = 3


class OverlaidLane(Lane):
    """One line per recording, each with its colour, its strokes and its number at the right edge."""

    weight = 1.0
    least_px = 68

    def __init__(self) -> None:
        super().__init__()
        self._levels: list[ColumnPyramid | None] = [None] * MOST_RECORDINGS
        self._spans_s: list[tuple[float, float]] = [(0.0, 0.0)] * MOST_RECORDINGS
        self._count = 0
        self._heard = -1
        self._curves = [Line() for _ in range(MOST_RECORDINGS)]
        self.items = list(self._curves)

    @property
    def ready(self) -> bool:
        """Whether there is a line."""
        return any(levels is not None for levels in self._levels)

    def _set_lines(self, lines: Sequence[tuple[float, np.ndarray] | None]) -> None:
        """Take of each recording the time of its first value on the axis, and values a step apart."""
        self._count = len(lines)
        padded = [*lines, *[None] * (MOST_RECORDINGS - len(lines))]
        for index, line in enumerate(padded):
            levels = None
            if line is not None and len(line[1]):
                values = line[1].astype(np.float32)
                first_s = line[0] - _STEP_S / 2
                levels = ColumnPyramid(values, _STEP_S, offset_s=first_s)
                self._spans_s[index] = (first_s, first_s + _STEP_S * len(values))
            self._levels[index] = levels
            self._curves[index].visible = levels is not None

    def set_heard(self, index: int) -> None:
        """Draw the recording that is heard stronger than the others."""
        self._heard = index
        for number, item in enumerate(self._curves):
            item.order = 1 if number == index else 0

    def refresh(self, axis: TimeAxis, columns: int) -> None:
        """Hand the visible stretch to every line."""
        scale = self.scale(columns)
        for index, (item, levels) in enumerate(zip(self._curves, self._levels, strict=True)):
            if levels is not None:
                left_s, step_s, values = levels.view(axis.start_s, axis.end_s, columns // _PX_PER_POINT)
                times_s = left_s + (np.arange(len(values)) + 0.5) * step_s
                # To smooth what climbs and falls a lot takes too long, and more so the more lines there are.
                low, high = self.range
                climb = float(np.abs(np.diff(values)).sum()) / (high - low) * self.rect.height()
                smooth = climb < _SMOOTH_PX / max(self._count, 1) and (
                    self._count <= _ALL_SMOOTH or index == self._heard
                )
                width = (2.2 if index == self._heard else 1.3) * scale
                item.set_points(times_s, values, pen_of(index, THEME.tokens, width), smooth=smooth)

    def _tags(self, axis: TimeAxis) -> list[tuple[float, int]]:
        """Where the numbers stand, from the top: beside their lines, but apart from each other."""
        at_s = axis.end_s - axis.span_s * 10 / max(self.rect.width(), 1)
        ends = sorted(
            (min(max(self.y_of(_at(levels, at_s)), self.rect.top()), self.rect.bottom()), index)
            for index, levels in enumerate(self._levels)
            if levels is not None
        )
        tall = min(16.0, (self.rect.height() - 2) / max(len(ends), 1))
        above, out = self.rect.top() + 1 - tall / 2, []
        for place, (y, index) in enumerate(ends):
            lowest = self.rect.bottom() - 1 - tall / 2 - tall * (len(ends) - 1 - place)
            above = min(max(y, above + tall), lowest)
            out.append((above, index))
        return out

    def paint_over(self, painter: QPainter, axis: TimeAxis, tokens: Tokens) -> None:
        """Number the lines where they leave the view on the right; in a low lane two stand side by side."""
        crowded = self._count * 16 > self.rect.height()
        for place, (y, index) in enumerate(self._tags(axis)):
            x = self.rect.right() - 10 - (17 if crowded and place % 2 else 0)
            draw_tag(painter, index, QPointF(x, y), heard=index == self._heard)

    def _value(self, value: float) -> str:
        return signed(value)

    def readings(self, time_s: float) -> list[Reading]:
        """The value of each recording at a time of the axis."""
        said = []
        for index in range(self._count):
            levels = self._levels[index]
            first_s, last_s = self._spans_s[index]
            known = levels is not None and first_s <= time_s <= last_s
            said.append(self._value(_at(levels, time_s)) if levels is not None and known else NOTHING)
        every = [
            Reading(str(index + 1), value, colour=colour_of(index, THEME.tokens), dashes=DASHES[index])
            for index, value in enumerate(said)
        ]
        if self._count <= _MOST_LINES:
            return every
        half = (self._count + 1) // 2
        return [
            replace(one, other=every[left + half] if left + half < self._count else Reading("", ""))
            for left, one in enumerate(every[:half])
        ]


class CurveLane(OverlaidLane):
    """Valence, arousal, intensity or loudness of every recording."""

    def __init__(self, of: Curve) -> None:
        self._of: Curve = of
        self.range = {
            "valence": (-1.0, 1.0),
            "arousal": (-1.0, 1.0),
            "intensity": (-2.0, 4.0),
            "loudness": (-60.0, 0.0),
        }[of]
        super().__init__()
        self.weight = 1.2 if of in ("valence", "arousal") else 0.55

    @property
    def title(self) -> str:
        """What all lines show."""
        return {
            "valence": tr("Valence"),
            "arousal": tr("Arousal"),
            "intensity": tr("Intensity"),
            "loudness": tr("Loudness, dB"),
        }[self._of]

    @property
    def about(self) -> str:
        """What is drawn, in which unit and range."""
        return {
            "valence": tr("Unpleasant to pleasant, {minus}1{dash}1, estimated; one line per recording."),
            "arousal": tr("Quiet to excited, {minus}1{dash}1, estimated; one line per recording."),
            "intensity": tr(
                "By which climaxes are found: loudness, register, brightness, density and the model's arousal, each "
                "against its own piece; 0 is that piece's typical moment."
            ),
            "loudness": tr("RMS level in dB relative to full scale; what is softer than {minus}60 lies on the edge."),
        }[self._of].format(minus=MINUS, dash=DASH)

    def ticks(self) -> list[tuple[float, str]]:
        """The range, and its middle."""
        low, high = self.range
        unit = " dB" if self._of == "loudness" else ""
        marks = [(high, f"{_plain(high)}{unit}"), (low, _plain(low))]
        return [*marks, (0.0, "0")] if low < 0 < high else marks

    def grid(self) -> list[float]:
        """Zero, or half-way."""
        return [0.0] if self._of != "loudness" else [-30.0]

    def set_recordings(self, recordings: Sequence[Recording], duration_s: float) -> None:
        """Take the curves, laid on an axis of this length."""
        times_s = (np.arange(int(duration_s / _STEP_S)) + 0.5) * _STEP_S
        lines = [_line(times_s, recording.on_axis(self._of, times_s)) for recording in recordings]
        if self._of == "intensity":
            every = np.concatenate([line[1] for line in lines if line is not None] or [np.zeros(1)])
            self.range = (min(-1.0, float(np.floor(every.min()))), max(2.0, float(np.ceil(every.max()))))
        low, high = self.range
        self._set_lines([None if line is None else (line[0], np.clip(line[1], low, high)) for line in lines])

    def _value(self, value: float) -> str:
        return f"{MINUS if value < 0 else ''}{abs(value):.1f}" if self._of == "loudness" else signed(value)


class DistanceLane(OverlaidLane):
    """How far each recording is from the reference in the plane, and where they differ most."""

    weight = 0.6
    range = (0.0, 1.0)

    def __init__(self) -> None:
        super().__init__()
        self._moments_s: Sequence[tuple[int, float]] = ()

    @property
    def title(self) -> str:
        """Name of the lane."""
        return tr("Distance to 1")

    @property
    def about(self) -> str:
        """What is drawn."""
        return tr(
            "How far each recording is from the first one in the plane of valence and arousal, 0 to 2.83, at the same "
            "place. Marks: where they differ most."
        )

    def ticks(self) -> list[tuple[float, str]]:
        """The range."""
        return [(self.range[1], f"{self.range[1]:g}"), (0.0, "0")]

    def set_differences(
        self, differences: Sequence[Difference | None], moments_s: Sequence[tuple[int, float]], duration_s: float
    ) -> None:
        """Take how far each is, the reference's None first, and which moments are marked (recording, axis time)."""
        times_s = (np.arange(int(duration_s / _STEP_S)) + 0.5) * _STEP_S
        lines: list[tuple[float, np.ndarray] | None] = []
        for one in differences:
            if one is None:
                lines.append(None)
                continue
            found = one.over_time
            apart = 2 * np.hypot(found.over_time[:, 1], found.over_time[:, 2])
            # A difference stands for its whole step.
            half_s = found.step_s / 2
            inside = (times_s >= found.times_s[0] - half_s) & (times_s <= found.times_s[-1] + half_s)
            lines.append(_line(times_s, np.where(inside, np.interp(times_s, found.times_s, apart), np.nan)))
        largest = max((float(line[1].max()) for line in lines if line is not None), default=0.0)
        self.range = (0.0, max(0.5, float(np.ceil(largest * 2) / 2)))
        self._moments_s = moments_s
        self._set_lines(lines)

    def _value(self, value: float) -> str:
        return f"{value:.2f}"

    def paint_over(self, painter: QPainter, axis: TimeAxis, tokens: Tokens) -> None:
        """Mark the moments along the top, in the colour of the recording that differs."""
        super().paint_over(painter, axis, tokens)
        top = self.rect.top() + 1
        painter.setPen(Qt.PenStyle.NoPen)
        for index, time_s in self._moments_s:
            painter.setBrush(QColor(colour_of(index, tokens)))
            x = self.x_of(time_s, axis)
            painter.drawPolygon(QPolygonF([QPointF(x - 5, top), QPointF(x + 5, top), QPointF(x, top + 8)]))


def _at(levels: ColumnPyramid, time_s: float) -> float:
    value = levels.at(time_s)
    return 0.0 if value is None else float(value)


def _plain(value: float) -> str:
    return f"{MINUS if value < 0 else ''}{abs(value):g}"


def _line(times_s: np.ndarray, values: np.ndarray) -> tuple[float, np.ndarray] | None:
    """Cut a curve to where it has values; a gap within is drawn through."""
    known = np.flatnonzero(np.isfinite(values))
    if not len(known):
        return None
    first, last = int(known[0]), int(known[-1]) + 1
    return float(times_s[first]), np.interp(times_s[first:last], times_s[known], values[known])
