"""The log-mel spectrogram as one image, cut to the screen."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF

from app.ui.analysis.lanes.base import Lane, Reading
from app.ui.analysis.pyramid import ColumnPyramid
from app.ui.strings import NOTHING, decibels, hertz, tr
from app.ui.theme import Tokens
from app.ui.timescale import TimeAxis
from models.analysis import Overview

_TICKS_HZ = (100, 500, 1000, 2000, 5000, 10000)


class SpectrogramLane(Lane):
    """Power in 128 mel bands; every band is equally high, so that the axis is nearly logarithmic above 1 kHz."""

    weight = 1.35
    least_px = 84
    range = (0.0, 128.0)

    def __init__(self) -> None:
        super().__init__()
        self._levels: ColumnPyramid | None = None
        self._band_hz: np.ndarray | None = None
        self._range_db = (-100.0, 0.0)
        self._image = pg.ImageItem()
        self._image.setVisible(False)
        self.box.addItem(self._image, ignoreBounds=True)
        self.pointer_band: float | None = None

    @property
    def title(self) -> str:
        """Name of the lane."""
        return tr("Spectrogram")

    @property
    def about(self) -> str:
        """What is drawn."""
        low, high = self._range_db
        return tr("Power in 128 mel bands, in dB relative to a power of 1; the tints span {low} to {high}.").format(
            low=decibels(low), high=decibels(high)
        )

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
        self._image.setVisible(self._levels is not None)

    def apply(self, tokens: Tokens) -> None:
        """An even map; silence has the tone of the page in either scheme."""
        table = pg.colormap.get("magma").getLookupTable(nPts=256)
        self._image.setLookupTable(table if tokens.dark else table[::-1])

    def refresh(self, axis: TimeAxis, columns: int) -> None:
        """Upload the visible slice at screen resolution."""
        assert self._levels is not None
        left_s, bin_s, columns_in_view = self._levels.view(axis.start_s, axis.end_s, columns)
        if len(columns_in_view):
            self._image.setImage(columns_in_view, autoLevels=False, levels=(0, 255))
            self._image.setRect(QRectF(left_s, 0.0, bin_s * len(columns_in_view), 128.0))

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
        if column[band] == 0:  # at or below the scale's floor there is no level to speak of, and no loudest band
            return [
                Reading(label, hertz(float(self._band_hz[band])) if self.pointer_band is not None else NOTHING),
                Reading(tr("mel power"), NOTHING),
            ]
        return [
            Reading(label, hertz(float(self._band_hz[band]))),
            Reading(tr("mel power"), decibels(level)),
        ]
