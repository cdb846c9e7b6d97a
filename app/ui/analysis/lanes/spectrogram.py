"""The log-mel spectrogram as one image, cut to the screen; on demand in grey, under what its sounds carry."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QColor, QPainter

from app.ui.analysis.lanes.base import Lane, Reading
from app.ui.analysis.lanes.heat import Heat, paint_legend
from app.ui.analysis.lanes.items import Picture
from app.ui.analysis.pyramid import ColumnPyramid
from app.ui.analysis.why_words import carried, carried_label, ends, legend, no_frequencies
from app.ui.strings import NOTHING, decibels, hertz, tr
from app.ui.theme import Tokens
from app.ui.timescale import TimeAxis
from models.analysis import Overview
from models.explain.explanation import Explanation

_TICKS_HZ = (100, 500, 1000, 2000, 5000, 10000)
#: How far the grey of a spectrogram under a heat goes to the ink.
_INK = 0.75


def _grey(tokens: Tokens) -> np.ndarray:
    """Return 256 tones from the ground most of the way to the ink: what lies over them has all the colour."""
    ground, ink = (np.array(QColor(end).getRgb()[:3], np.float32) for end in (tokens.panel, tokens.wave))
    return (ground + np.linspace(0, _INK, 256)[:, None] * (ink - ground)).astype(np.uint8)


class SpectrogramLane(Lane):
    """Power in 128 mel bands; every band is equally high, so that the axis is nearly logarithmic above 1 kHz."""

    weight = 1.35
    least_px = 80
    range = (0.0, 128.0)

    def __init__(self) -> None:
        super().__init__()
        self._levels: ColumnPyramid | None = None
        self._band_hz: np.ndarray | None = None
        self._range_db = (-100.0, 0.0)
        self._image = Picture()
        self.why = Heat(0.0, 128.0)
        self.items = [self._image, self.why.picture]
        self._explanation: Explanation | None = None
        self._awaited = False
        self._tables = np.zeros((256, 3), np.uint8), np.zeros((256, 3), np.uint8)
        self.pointer_band: float | None = None

    @property
    def title(self) -> str:
        """Name of the lane."""
        return tr("Spectrogram")

    @property
    def about(self) -> str:
        """What is drawn."""
        low, high = self._range_db
        text = tr("Power in 128 mel bands, in dB relative to a power of 1; the tints span {low} to {high}.").format(
            low=decibels(low), high=decibels(high)
        )
        if self.why.shown and self._explanation is not None:
            text = f"{text} {tr('Over it, in colour, what each sound carries: {legend}.')}"
            text = text.format(legend=legend(self._explanation))
        return text

    @property
    def ready(self) -> bool:
        """Whether there is a spectrogram to draw."""
        return self._levels is not None

    def ticks(self) -> list[tuple[float, str]]:
        """Frequencies, where their bands lie."""
        if self._band_hz is None:
            return []
        bands = np.interp(_TICKS_HZ, self._band_hz, np.arange(len(self._band_hz)) + 0.5)
        return [
            (float(band), f"{hz // 1000}k" if hz >= 1000 else f"{hz}")
            for band, hz in zip(bands, _TICKS_HZ, strict=True)
            if hz < self._band_hz[-1]
        ] + [(128.0, "Hz")]

    def set_overview(self, overview: Overview | None) -> None:
        """Take the spectrogram."""
        self._levels = self._band_hz = None
        if overview is not None and overview.spectrogram.size:
            self._levels = ColumnPyramid(overview.spectrogram.T, overview.spectrogram_bin_s)
            self._band_hz = overview.band_hz
            self._range_db = overview.spectrogram_range_db
        self._image.visible = self._levels is not None

    def apply(self, tokens: Tokens) -> None:
        """An even map; silence has the tone of the page in either scheme."""
        table = pg.colormap.get("magma").getLookupTable(nPts=256)
        self._tables = (table if tokens.dark else table[::-1]), _grey(tokens)
        self.why.apply(tokens)
        self._tint()

    def _tint(self) -> None:
        self._image.set_table(self._tables[self.why.shown or self._awaited])

    def set_explanation(self, explanation: Explanation | None, *, awaited: bool = False) -> None:
        """Show what each sound carries over the spectrogram, which is grey under it; None shows that alone.

        Where one that knows frequencies is `awaited` the spectrogram is grey already, so that nothing jumps.
        """
        self._explanation, self._awaited = explanation, awaited
        if explanation is None or not explanation.map.size:
            self.why.set_values(None)
        else:
            self.why.set_values(explanation.map.T, explanation.times_s, signed=explanation.is_signed)
        self._tint()

    def paint_over(self, painter: QPainter, axis: TimeAxis, tokens: Tokens) -> None:
        """Name what the heat stands for, or why there is none."""
        of = self._explanation
        if of is not None and self.why.shown:
            paint_legend(painter, self.rect, tokens, legend(of), self.why, ends(of))
        elif self._awaited:
            paint_legend(painter, self.rect, tokens, tr("Moments first; which sounds follows"), self.why, None)
        elif of is not None:
            paint_legend(painter, self.rect, tokens, no_frequencies(of), self.why, None)

    def refresh(self, axis: TimeAxis, columns: int) -> None:
        """Upload the visible slice at screen resolution."""
        assert self._levels is not None
        self.why.refresh(axis, columns)
        left_s, bin_s, columns_in_view = self._levels.view(axis.start_s, axis.end_s, columns)
        if len(columns_in_view):
            self._image.set_cells(columns_in_view, left_s, bin_s * len(columns_in_view), 0.0, 128.0)

    def readings(self, time_s: float) -> list[Reading]:
        """The band under the pointer, or else the loudest band, at a time."""
        if self._levels is None or self._band_hz is None:
            return [Reading(tr("loudest band"), NOTHING)]
        column = self._levels.at(time_s)
        if column is None:
            return []
        label = tr("at pointer") if self.pointer_band is not None else tr("loudest band")
        band = int(np.argmax(column)) if self.pointer_band is None else int(self.pointer_band)
        band = min(max(band, 0), len(column) - 1)
        low, high = self._range_db
        level = low + (high - low) * float(column[band]) / 255.0
        said = self._carried(time_s, band / len(column))
        if column[band] == 0:  # at or below the scale's floor there is no level to speak of, and no loudest band
            return [
                Reading(label, hertz(float(self._band_hz[band])) if self.pointer_band is not None else NOTHING),
                Reading(tr("mel power"), NOTHING),
                *said,
            ]
        return [
            Reading(label, hertz(float(self._band_hz[band]))),
            Reading(tr("mel power"), decibels(level)),
            *said,
        ]

    def _carried(self, time_s: float, height: float) -> list[Reading]:
        """What the sound there carries; `height` in [0, 1) of the lane."""
        if self._explanation is None or not self.why.shown:
            return []
        rows = self.why.at(time_s)
        value = (
            NOTHING if rows is None else carried(self._explanation, float(rows[int(height * len(rows))]), self.why.most)
        )
        return [Reading(carried_label(self._explanation), value)]
