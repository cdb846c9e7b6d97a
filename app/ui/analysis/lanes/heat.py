"""What each cell or moment carries, as a heat over a lane: signed in a diverging map, unsigned in one hue."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QLinearGradient, QPainter

from app.ui.analysis.lanes.items import Picture
from app.ui.analysis.pyramid import ColumnPyramid
from app.ui.theme import AXIS_PX, Tokens, font
from app.ui.timescale import TimeAxis

#: Of what speaks against and for the target: the ends of the print figures' diverging map, told apart by colour-blind
#: readers; lighter on a dark ground.
AGAINST, FOR = "#542788", "#C35A00"
AGAINST_DARK, FOR_DARK = "#B3A2E6", "#FF9E3D"
#: Few cells stand out: the scale ends where all but one in a hundred do.
_REACH = 0.99
_MOST_ALPHA = 230
#: Of what lies under a dark curve, which must stay the darker one.
UNDER_ALPHA = 150
_LEGEND_BAR_PX = 56


def growing(colour: str, most: int) -> np.ndarray:
    """Return 256 tints of one colour, from nothing to an alpha of `most`."""
    hue = QColor(colour)
    table = np.empty((256, 4), np.uint8)
    table[:, :3] = (hue.red(), hue.green(), hue.blue())
    table[:, 3] = np.linspace(0, most, 256).astype(np.uint8)
    return table


def diverging(tokens: Tokens, most: int) -> np.ndarray:
    """Return 256 tints: the strongest against, nothing in the middle, the strongest for."""
    against, towards = (AGAINST_DARK, FOR_DARK) if tokens.dark else (AGAINST, FOR)
    # 128 stands for 0.
    return np.concatenate((growing(against, most)[::-2], growing(towards, most)[::2]))


class Heat:
    """A heat map over a lane, cut to the screen.

    Parameters
    ----------
    bottom, top : float
        Between which it is drawn, in the units of the lane.
    alpha : int
        Of the strongest tint, 0 to 255.
    """

    def __init__(self, bottom: float, top: float, alpha: int = _MOST_ALPHA) -> None:
        self._alpha = alpha
        #: What the lane draws of it.
        self.picture = Picture()
        self._bottom, self._top = bottom, top
        self._levels: ColumnPyramid | None = None
        self._range_s = (0.0, 0.0)
        #: The largest value, whichever its sign.
        self.most = 0.0
        self._signed = True
        self._reach = 1.0
        self._tints = np.zeros((256, 4), np.uint8), np.zeros((256, 4), np.uint8)

    @property
    def shown(self) -> bool:
        """Whether there is anything to see."""
        return self._levels is not None

    @property
    def tints(self) -> np.ndarray:
        """The 256 colours that it is drawn in, the weakest (or most negative) first."""
        return self._tints[self._signed]

    def set_values(self, values: np.ndarray | None, times_s: np.ndarray | None = None, *, signed: bool = True) -> None:
        """Take values [shape=(t, rows)], rows from the bottom up, at even times (seconds, of the middles), or none."""
        self._levels = None
        if values is not None and times_s is not None and values.size:
            step_s = float(np.median(np.diff(times_s))) if len(times_s) > 1 else 0.5
            self._signed = signed
            # 0 is a value like others where all are: the quantile is of what says something.
            sizes = np.abs(values[values != 0])
            self.most = float(np.abs(values).max())
            self._reach = float(np.quantile(sizes, _REACH)) if len(sizes) else 1.0
            first_s = float(times_s[0]) - step_s / 2
            self._range_s = first_s, first_s + step_s * len(values)
            self._levels = ColumnPyramid(np.ascontiguousarray(values, np.float32), step_s, offset_s=first_s)
        self.picture.set_table(self.tints)
        self.picture.visible = self._levels is not None

    def apply(self, tokens: Tokens) -> None:
        """Take the colours of the theme; which of them are used goes by the sign."""
        self._tints = growing(tokens.accent, self._alpha), diverging(tokens, self._alpha)
        self.picture.set_table(self.tints)

    def refresh(self, axis: TimeAxis, columns: int) -> None:
        """Hand the visible slice to the item."""
        if self._levels is None:
            return
        left_s, step_s, values = self._levels.view(axis.start_s, axis.end_s, columns)
        if not len(values):
            return
        relative = np.clip(values / self._reach, -1.0 if self._signed else 0.0, 1.0)
        rows = 128 + 127 * relative if self._signed else 255 * relative
        self.picture.set_cells(rows.astype(np.uint8), left_s, step_s * len(values), self._bottom, self._top)

    def at(self, time_s: float) -> np.ndarray | None:
        """Return the values at a time [shape=(rows,)]; None outside what was explained."""
        first_s, last_s = self._range_s
        return self._levels.at(time_s) if self._levels is not None and first_s <= time_s < last_s else None


def paint_legend(
    painter: QPainter, rect: QRectF, tokens: Tokens, words: str, heat: Heat, ends: tuple[str, str] | None
) -> None:
    """Say on the lane itself what its heat stands for: what it is, and the two ends of its tints, if it has any."""
    painter.setFont(font(AXIS_PX, tabular=True))
    metrics = QFontMetrics(painter.font())
    room = rect.width() - 14
    used = 8.0 + (0 if ends is None else sum(map(metrics.horizontalAdvance, ends)) + _LEGEND_BAR_PX + 16)
    words = metrics.elidedText(words, Qt.TextElideMode.ElideRight, int(max(room - used, 40)))
    width = used + metrics.horizontalAdvance(words)
    top = rect.bottom() - metrics.height() - 3
    left = rect.left() + 4
    painter.fillRect(QRectF(left, top, width + 2, metrics.height() + 1), tokens.colour("panel", 0.86))
    base = top + metrics.ascent()
    painter.setPen(QColor(tokens.text))
    painter.drawText(QPointF(left + 4, base), words)
    if ends is None:
        return
    x = left + 4 + metrics.horizontalAdvance(words) + 8
    painter.setPen(QColor(tokens.soft))
    painter.drawText(QPointF(x, base), ends[0])
    x += metrics.horizontalAdvance(ends[0]) + 4
    bar = QRectF(x, top + 4, _LEGEND_BAR_PX, metrics.height() - 8)
    gradient = QLinearGradient(bar.topLeft(), bar.topRight())
    for at in (0.0, 0.25, 0.5, 0.75, 1.0):
        gradient.setColorAt(at, QColor(*(int(part) for part in heat.tints[int(at * 255)])))
    painter.fillRect(bar, QColor(tokens.panel))
    painter.fillRect(bar, gradient)
    painter.setPen(QColor(tokens.soft))
    painter.drawText(QPointF(bar.right() + 4, base), ends[1])
