"""What every lane has: a place, a range, its data at screen resolution, and a value at any time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter, QPen

from app.ui.analysis.lanes.items import Item, Line, Place
from app.ui.theme import Tokens
from app.ui.timescale import TimeAxis
from models.analysis import Analysis, Overview

#: Lines that climb and fall more than this on screen are drawn without smoothing: to smooth them takes too long.
_SMOOTH_PX = 1500


@dataclass(frozen=True)
class Reading:
    """One line of a lane's read-out: `label` and `value`, led by a quadrant's marker or a stroke in a colour.

    With `indent` it belongs to the line above it. `dashes` are lengths of strokes and gaps in widths of the line; none
    is a whole stroke. `other` is a second reading in the same line.
    """

    label: str
    value: str
    quadrant: str = ""
    colour: str = ""
    indent: bool = False
    dashes: tuple[float, ...] = ()
    other: Reading | None = None


class Lane:
    """One horizontal plot on the shared time axis.

    Attributes
    ----------
    weight : float
        Its share of the height that is left when every lane has its least height.
    least_px : int
        Height below which it cannot be read.
    range : tuple of float
        Bottom and top of its y axis.
    items : list of Item
        What is drawn in it, in seconds and in units of `range`, one over the other.
    shown_s : tuple of float
        Times at its left and right edge.
    folded : bool
        Whether only its name is shown.
    """

    weight = 1.0
    least_px = 60
    range = (0.0, 1.0)

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.shown_s = (0.0, 1.0)
        self.rect = QRectF()
        self.folded = False

    @property
    def key(self) -> str:
        """What it is called in the settings."""
        return type(self).__name__

    @property
    def title(self) -> str:
        """Name of the lane."""
        raise NotImplementedError

    @property
    def about(self) -> str:
        """What is drawn, in which unit and range, in a sentence or two."""
        raise NotImplementedError

    @property
    def ready(self) -> bool:
        """Whether there is anything to draw."""
        raise NotImplementedError

    def place(self, rect: QRectF) -> None:
        """Give the lane its rectangle in the view, in pixels."""
        self.rect = rect

    def ticks(self) -> list[tuple[float, str]]:
        """Positions (in units of `range`) and labels on the left."""
        return []

    def grid(self) -> list[float]:
        """Positions of the quiet lines across the lane."""
        return []

    def set_overview(self, overview: Overview | None) -> None:
        """Take what can be drawn before a model has spoken."""

    def set_analysis(self, analysis: Analysis | None) -> None:
        """Take what a model said."""

    def apply(self, tokens: Tokens) -> None:
        """Take the colours of the theme."""

    def show_range(self, axis: TimeAxis, columns: int) -> None:
        """Draw what is visible now; `columns` pixels are there for it."""
        self.shown_s = axis.start_s, axis.end_s
        if self.ready:
            self.refresh(axis, columns)

    def refresh(self, axis: TimeAxis, columns: int) -> None:
        """Hand the visible slice to the items."""

    def paint_items(self, painter: QPainter, asked: QRectF) -> None:
        """Draw its items, as far as they are in what is asked for (pixels)."""
        inner = self.rect.adjusted(1, 1, -1, -1)
        place = Place(inner, *self.shown_s, *self.range, asked.intersected(inner))
        for item in sorted(self.items, key=lambda item: item.order):
            if item.visible:
                item.paint(painter, place)

    def paint_over(self, painter: QPainter, axis: TimeAxis, tokens: Tokens) -> None:
        """Draw over the items in pixels: labels in view."""

    def readings(self, time_s: float) -> list[Reading]:
        """Return the lane's values at a time."""
        return []

    # Helpers

    def scale(self, columns: int) -> float:
        """Physical pixels per logical one: how wide a line of one pixel is."""
        return max(1.0, round(columns / max(self.rect.width(), 1.0)))

    def pen(self, colour: str, columns: int, width: float = 1.0) -> QPen:
        """Return a line so many logical pixels wide."""
        pen = QPen(QColor(colour), width * self.scale(columns))
        pen.setCosmetic(True)
        return pen

    def draw_curve(
        self,
        item: Line,
        times_s: NDArray[np.floating],
        values: NDArray[np.floating],
        colour: str,
        columns: int,
        width: float = 1.0,
    ) -> None:
        """Hand a curve its visible stretch: a calm one is smoothed, a jagged one has lines that are drawn fast."""
        low, high = self.range
        smooth = float(np.nansum(np.abs(np.diff(values)))) / (high - low) * self.rect.height() < _SMOOTH_PX
        item.set_points(times_s, values, self.pen(colour, columns, width if smooth else 1.0), smooth=smooth)

    def y_of(self, value: float) -> float:
        """Pixel of a value of the y axis."""
        low, high = self.range
        inner = self.rect.adjusted(1, 1, -1, -1)
        return inner.bottom() - (value - low) / (high - low) * inner.height()

    def x_of(self, time_s: float, axis: TimeAxis) -> float:
        """Pixel of a time."""
        # Asked hundreds of times a picture: no rectangle is made for it.
        return self.rect.left() + 1 + (time_s - axis.start_s) / axis.span_s * (self.rect.width() - 2)
