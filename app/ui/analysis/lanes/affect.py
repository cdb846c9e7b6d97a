"""Valence and arousal over time, and the loudness that arousal is so often mistaken for."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter

from app.ui.analysis.lanes.band import Band
from app.ui.analysis.lanes.base import Lane, Reading
from app.ui.analysis.lanes.items import Line
from app.ui.analysis.pyramid import MinMaxPyramid
from app.ui.strings import DASH, MINUS, NOTHING, between, decibels_fs, percent, signed, tr
from app.ui.theme import AXIS_PX, Tokens, font
from app.ui.timescale import TimeAxis
from models.analysis import Analysis, Overview

LOUDNESS_RANGE_DB = (-60.0, 0.0)


class AffectLane(Lane):
    """Valence and arousal, -1..1, each with the band that its model states."""

    weight = 1.25
    least_px = 82  # four readings beside it
    range = (-1.0, 1.0)

    def __init__(self) -> None:
        super().__init__()
        self._valence: MinMaxPyramid | None = None
        self._arousal: MinMaxPyramid | None = None
        self._derived = False
        self._coverage = 0.0
        self._bands_wanted = True
        self._colours = ("", "")
        # Told apart without colour: hatched with broken edges is arousal.
        self.valence_band = Band(Qt.BrushStyle.SolidPattern, Qt.PenStyle.SolidLine)
        self.arousal_band = Band(Qt.BrushStyle.BDiagPattern, Qt.PenStyle.DashLine)
        self._valence_curve = Line()
        self._arousal_curve = Line()
        self.items = [*self._bands, self._valence_curve, self._arousal_curve]

    @property
    def _bands(self) -> tuple[Band, Band]:
        return self.valence_band, self.arousal_band

    @property
    def bands_shown(self) -> bool:
        """Whether there are bands, and they are wanted."""
        return self._bands_wanted and any(band.levels is not None for band in self._bands)

    def show_bands(self, wanted: bool) -> None:
        """Draw the bands where there are any, or do not."""
        self._bands_wanted = wanted
        for band in self._bands:
            band.visible = wanted and band.levels is not None

    @property
    def title(self) -> str:
        """Name of the lane."""
        return tr("Valence, arousal")

    @property
    def about(self) -> str:
        """What is drawn."""
        text = tr(
            "Valence (unpleasant to pleasant) and arousal (quiet to excited), both {minus}1{dash}1, estimated."
        ).format(minus=MINUS, dash=DASH)
        if self._derived:
            text = f"{text} {tr('Derived from the quadrant probabilities.')}"
        if any(band.levels is not None for band in self._bands):
            text = f"{text} {self._bands_line()}"
        return text

    def _bands_line(self) -> str:
        return tr(
            "Shaded: the band that held the raters' answer in {coverage} of the moments of music that the model was "
            "not trained on; valence is plain, arousal hatched."
        ).format(coverage=percent(self._coverage))

    @property
    def ready(self) -> bool:
        """Whether a model has spoken."""
        return self._valence is not None

    def ticks(self) -> list[tuple[float, str]]:
        """Both ends and the middle."""
        return [(1.0, "1"), (0.0, "0"), (-1.0, f"{MINUS}1")]

    def grid(self) -> list[float]:
        """Neither one nor the other."""
        return [0.0]

    def set_analysis(self, analysis: Analysis | None) -> None:
        """Take both trajectories and their bands."""
        self._valence = self._arousal = None
        bands: tuple[np.ndarray | None, np.ndarray | None] = (None, None)
        first_s, step_s = 0.0, 1.0
        if analysis is not None and len(analysis.times_s):
            step_s = analysis.step_s
            first_s = float(analysis.times_s[0]) - step_s / 2
            self._derived = analysis.valence_arousal_source == "derived"
            valence = np.clip(analysis.valence_over_time, -1, 1)
            arousal = np.clip(analysis.arousal_over_time, -1, 1)
            self._valence = MinMaxPyramid(valence, valence, analysis.step_s, first_s)
            self._arousal = MinMaxPyramid(arousal, arousal, analysis.step_s, first_s)
            self._coverage = analysis.band_coverage
            if analysis.band_coverage > 0:
                bands = (analysis.valence_band_over_time, analysis.arousal_band_over_time)
        for band, edges in zip(self._bands, bands, strict=True):
            band.set_band(edges, step_s, first_s)
        self.show_bands(self._bands_wanted)
        self._valence_curve.visible = self._valence is not None
        self._arousal_curve.visible = self._arousal is not None

    def apply(self, tokens: Tokens) -> None:
        """Colours of the two curves and their bands."""
        self._colours = (tokens.valence, tokens.arousal)
        for band, colour in zip(self._bands, self._colours, strict=True):
            band.set_colour(colour, dark=tokens.dark)

    def refresh(self, axis: TimeAxis, columns: int) -> None:
        """Hand the visible stretch to the curves."""
        assert self._valence is not None
        assert self._arousal is not None
        for band in self._bands:
            if band.visible:
                band.show_range(axis, columns)
        pairs = ((self._valence_curve, self._valence), (self._arousal_curve, self._arousal))
        for (item, levels), colour in zip(pairs, self._colours, strict=True):
            times_s, values = levels.view(axis.start_s, axis.end_s, columns)
            self.draw_curve(item, times_s, values, colour, columns, width=1.6)

    def paint_over(self, painter: QPainter, axis: TimeAxis, tokens: Tokens) -> None:
        """Name both curves where they leave the view on the right, so that colour is not all there is."""
        if self._valence is None or self._arousal is None:
            return
        at_s = axis.end_s - axis.span_s * 10 / max(self.rect.width(), 1)
        ends = [
            [self.y_of(self._valence.at(at_s)[1]), "V", tokens.valence],
            [self.y_of(self._arousal.at(at_s)[1]), "A", tokens.arousal],
        ]
        ends.sort(key=lambda end: end[0])
        top, bottom = self.rect.top() + 8, self.rect.bottom() - 8
        upper = min(max(ends[0][0], top), bottom - 15)
        lower = min(max(ends[1][0], upper + 15), bottom)
        if self.bands_shown:
            self._paint_legend(painter, tokens)
        painter.setFont(font(AXIS_PX, strong=True))
        for y, (_, letter, colour) in zip((upper, lower), ends, strict=True):
            tag = QRectF(self.rect.right() - 17, y - 7.5, 15, 15)
            painter.setPen(QColor(colour))
            painter.setBrush(QColor(tokens.panel))
            painter.drawRoundedRect(tag, 3, 3)
            painter.setPen(QColor(tokens.text))
            painter.drawText(tag, Qt.AlignmentFlag.AlignCenter, letter)

    def _paint_legend(self, painter: QPainter, tokens: Tokens) -> None:
        """Say on the lane itself what the shade stands for."""
        text = tr("shaded: {coverage}").format(coverage=percent(self._coverage))
        painter.setFont(font(AXIS_PX, tabular=True))
        metrics = QFontMetrics(painter.font())
        place = QPointF(self.rect.left() + 7, self.rect.top() + metrics.ascent() + 3)
        ground = QRectF(place.x() - 3, self.rect.top() + 3, metrics.horizontalAdvance(text) + 6, metrics.height())
        painter.fillRect(ground, tokens.colour("panel", 0.75))
        painter.setPen(QColor(tokens.soft))
        painter.drawText(place, text)

    def readings(self, time_s: float) -> list[Reading]:
        """Both values at a time, each with the band around it."""
        out = []
        names = (tr("V valence"), tr("A arousal"))
        for name, levels, band, colour in zip(
            names, (self._valence, self._arousal), self._bands, self._colours, strict=True
        ):
            value = signed(levels.at(time_s)[0]) if levels is not None else NOTHING
            out.append(Reading(name, value, colour=colour))
            if band.levels is not None and self._bands_wanted:
                out.append(Reading(percent(self._coverage), between(*band.levels.at(time_s)), indent=True))
        return out


class LoudnessLane(Lane):
    """RMS level in dB relative to full scale, -60..0."""

    weight = 0.35
    least_px = 38
    range = LOUDNESS_RANGE_DB

    def __init__(self) -> None:
        super().__init__()
        self._loudness: MinMaxPyramid | None = None
        self._colour = ""
        self._curve = Line()
        self.items = [self._curve]

    @property
    def title(self) -> str:
        """Name of the lane."""
        return tr("Loudness")

    @property
    def about(self) -> str:
        """What is drawn."""
        return tr(
            "RMS level in dB relative to full scale, {minus}60 to 0 dB; what is softer lies on the lower edge."
        ).format(minus=MINUS)

    @property
    def ready(self) -> bool:
        """Whether the recording has been decoded."""
        return self._loudness is not None

    def ticks(self) -> list[tuple[float, str]]:
        """The range."""
        return [(0.0, "0 dB"), (-60.0, f"{MINUS}60")]

    def grid(self) -> list[float]:
        """Half-way."""
        return [-30.0]

    def set_overview(self, overview: Overview | None) -> None:
        """Take the level over time."""
        self._loudness = None
        if overview is not None and len(overview.loudness_db):
            level = overview.loudness_db.astype(np.float32)
            self._loudness = MinMaxPyramid(level, level, overview.loudness_bin_s)
        self._curve.visible = self._loudness is not None

    def apply(self, tokens: Tokens) -> None:
        """Grey."""
        self._colour = tokens.loudness

    def refresh(self, axis: TimeAxis, columns: int) -> None:
        """Hand the visible stretch to the curve."""
        assert self._loudness is not None
        times_s, level = self._loudness.view(axis.start_s, axis.end_s, columns)
        self._curve.set_points(times_s, np.clip(level, *LOUDNESS_RANGE_DB), self.pen(self._colour, columns))

    def readings(self, time_s: float) -> list[Reading]:
        """Level at a time."""
        value = decibels_fs(self._loudness.at(time_s)[1]) if self._loudness is not None else NOTHING
        return [Reading(tr("RMS level"), value)]
