"""What lanes are drawn of: curves and pictures, each cut to the screen before it is handed over, painted in pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pyqtgraph.functions import arrayToQPolygonF
from pyqtgraph.Qt.internals import PrimitiveArray
from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPen, QPolygonF

FloatArray = NDArray[np.floating]
#: A jagged line that climbs and falls more than this on screen is drawn faster as a picture.
_PICTURE_PX = 90_000
#: A wide line of fewer points, that climbs and falls less than this in physical pixels, is drawn as one path.
_PATH_POINTS = 300
_PATH_PX = 800
_FAR_PX = 30_000


@dataclass(frozen=True)
class Place:
    """Where on the screen times and values are.

    Attributes
    ----------
    inner : QRectF
        The lane without its frame, in pixels.
    start_s, end_s : float
        Times at its left and right edge.
    low, high : float
        Values at its lower and upper edge.
    asked : QRectF
        What is to be drawn, in pixels; the rest is not seen.
    """

    inner: QRectF
    start_s: float
    end_s: float
    low: float
    high: float
    asked: QRectF

    @property
    def px_per_unit(self) -> float:
        """Pixels that a value of 1 is high."""
        return self.inner.height() / (self.high - self.low)

    def x(self, times_s: FloatArray) -> NDArray[np.float64]:
        """Pixels of times."""
        scale = self.inner.width() / (self.end_s - self.start_s)
        return (np.asarray(times_s, np.float64) - self.start_s) * scale + self.inner.left()

    def y(self, values: FloatArray) -> NDArray[np.float64]:
        """Pixels of values."""
        return self.inner.bottom() - (np.asarray(values, np.float64) - self.low) * self.px_per_unit

    def needed(self, times_s: FloatArray) -> slice:
        """Which of some times in order are needed for what is to be drawn: a playhead asks for two narrow strips."""
        scale = (self.end_s - self.start_s) / self.inner.width()
        edges_s = self.start_s + (np.array((self.asked.left(), self.asked.right())) - self.inner.left()) * scale
        first, last = np.searchsorted(times_s, edges_s)
        return slice(max(int(first) - 2, 0), int(last) + 2)


def polygon(x: FloatArray, y: FloatArray) -> QPolygonF:
    """Return points as Qt has them."""
    return arrayToQPolygonF(x, y)


def strokes(x: FloatArray, y: FloatArray) -> tuple[object, ...]:
    """Return the lines from each point to the next, for `QPainter.drawLines`."""
    lines = PrimitiveArray(QLineF, 4)
    lines.resize(len(x) - 1)
    lines.ndarray()[:] = np.column_stack((x[:-1], y[:-1], x[1:], y[1:]))
    return tuple(lines.drawargs())


@dataclass(frozen=True)
class Pixels:
    """The pixels of a stretch of a lane, for what is drawn as a picture with a byte each.

    As shapes, what is jagged takes Qt ten times as long.

    Attributes
    ----------
    columns : np.ndarray [shape=(width,)]
        Physical pixels from the left edge of the view.
    rows : np.ndarray [shape=(height, 1)]
        Physical pixels from its upper edge.
    ratio : float
        Physical pixels per logical one.
    """

    columns: NDArray[np.int16]
    rows: NDArray[np.int16]
    ratio: float

    @classmethod
    def under(cls, place: Place, x: FloatArray, ratio: float) -> Pixels:
        """Return those to be drawn between the first and the last of some points, in logical pixels."""
        area = place.asked
        left, right = max(area.left(), float(x[0])) * ratio, min(area.right(), float(x[-1])) * ratio
        columns = np.arange(round(left), round(right), dtype=np.int16)
        rows = np.arange(np.floor(area.top() * ratio), np.ceil(area.bottom() * ratio), dtype=np.int16)
        return cls(columns, rows[:, None], ratio)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return len(self.rows), len(self.columns)

    def of(self, x: FloatArray, y: FloatArray) -> NDArray[np.float64]:
        """Return where the middle of each column is on the line through points: physical pixels from the top."""
        return np.interp((self.columns + 0.5) / self.ratio, x, y) * self.ratio

    def draw(self, painter: QPainter, cells: NDArray[np.uint8], table: list[int]) -> None:
        """Draw a colour of the table at each pixel."""
        height, width = self.shape
        if not height or not width:
            return
        picture = QImage(cells.data, width, height, width, QImage.Format.Format_Indexed8)
        picture.setColorTable(table)
        area = np.array((self.columns[0], self.rows[0, 0], width, height)) / self.ratio
        painter.drawImage(QRectF(*area.tolist()), picture)


class Item:
    """Something in a lane; those with a higher `order` are drawn over those with a lower one.

    Attributes
    ----------
    visible : bool
        Whether it is drawn.
    """

    def __init__(self) -> None:
        self.visible = False
        self.order = 0

    def paint(self, painter: QPainter, place: Place) -> None:
        """Draw it; the painter is clipped to the lane."""
        raise NotImplementedError


class Line(Item):
    """A line through points at rising times; where a value is not finite there is a gap."""

    def __init__(self) -> None:
        super().__init__()
        self.times_s: FloatArray = np.empty(0)
        self.values: FloatArray = np.empty(0)
        self._pen = QPen()
        self._smooth = False
        self._climb = 0.0  # how much it climbs and falls, in the units of the lane
        self.fill: QColor | None = None

    def set_points(self, times_s: FloatArray, values: FloatArray, pen: QPen, *, smooth: bool = False) -> None:
        """Take the points in view and how they are joined: `smooth` is for what has few of them, or is calm."""
        self.times_s, self.values = times_s, values
        self._pen, self._smooth = pen, smooth
        self._climb = float(np.nansum(np.abs(np.diff(values))))

    def paint(self, painter: QPainter, place: Place) -> None:
        """Draw it; with a `fill`, the area down to the lower edge, too."""
        # Strokes and gaps are counted from the first point.
        at_once = self._smooth or self._pen.style() != Qt.PenStyle.SolidLine
        near = slice(None) if at_once else place.needed(self.times_s)
        x, y = place.x(self.times_s[near]), place.y(self.values[near])
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, self._smooth)
        known = np.isfinite(y)
        for run in (slice(None),) if known.all() else _runs(known):
            if len(x[run]) < 2:
                continue
            if self.fill is not None:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QBrush(self.fill))
                base = place.inner.bottom()
                ends = x[run][[-1, 0]]
                painter.drawPolygon(polygon(np.append(x[run], ends), np.append(y[run], (base, base))))
            painter.setPen(self._pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            self._paint_line(painter, place, x[run], y[run])

    def _paint_line(self, painter: QPainter, place: Place, x: FloatArray, y: FloatArray) -> None:
        ratio = painter.device().devicePixelRatioF()
        climb_px = self._climb * place.px_per_unit
        wide, solid = self._pen.widthF() > 1.0, self._pen.style() == Qt.PenStyle.SolidLine
        dense = self._pen.widthF() <= ratio and len(self.times_s) > 1.5 * place.inner.width()
        if solid and not self._smooth and (climb_px > _PICTURE_PX or (wide and dense)):
            self._paint_extent(painter, place, x, y)
        elif not wide or not solid or (len(self.times_s) < _PATH_POINTS and climb_px * ratio < _PATH_PX):
            painter.drawPolyline(polygon(x, y))  # one path has clean joints
        else:  # many short strokes are far faster to draw than a path where a line is wide
            painter.drawLines(*strokes(x, y))

    def _paint_extent(self, painter: QPainter, place: Place, x: FloatArray, y: FloatArray) -> None:
        """Draw from where to where the line goes within each logical pixel across, as a picture."""
        pixels = Pixels.under(place, x, 1.0)
        if not pixels.columns.size:
            return
        edges = np.interp(np.append(pixels.columns, pixels.columns[-1] + 1), x, y)
        tops, bottoms = np.minimum(edges[:-1], edges[1:]), np.maximum(edges[:-1], edges[1:])
        column = np.floor(x).astype(np.int64) - pixels.columns[0]
        inside = (column >= 0) & (column < len(tops))
        if inside.any():
            within = y[inside]
            starts = np.flatnonzero(np.diff(column[inside], prepend=-1))
            held = column[inside][starts]
            tops[held] = np.minimum(tops[held], np.minimum.reduceat(within, starts))
            bottoms[held] = np.maximum(bottoms[held], np.maximum.reduceat(within, starts))
        cells = ((pixels.rows >= whole(tops)) & (pixels.rows <= whole(bottoms))).view(np.uint8)
        pixels.draw(painter, cells, [0, self._pen.color().rgba()])


def whole(pixels: FloatArray) -> NDArray[np.int16]:
    """Return the pixels that points are in; nothing is drawn far out of view."""
    return np.floor(pixels).clip(-_FAR_PX, _FAR_PX).astype(np.int16)


def _runs(known: NDArray[np.bool_]) -> list[slice]:
    """Return where there are values without a gap."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], known, [False])).astype(np.int8)))
    return [slice(int(first), int(last)) for first, last in edges.reshape(-1, 2)]


class Picture(Item):
    """Cells of up to 256 tints over a stretch of time."""

    def __init__(self) -> None:
        super().__init__()
        self._cells: NDArray[np.uint8] = np.empty((0, 0), np.uint8)
        self._table: list[int] = []
        self._opaque = True
        self._edges = 0.0, 0.0, 0.0, 1.0
        self._image: QImage | None = None

    @property
    def cells(self) -> NDArray[np.uint8]:
        """What is drawn [shape=(columns, rows)], rows from the bottom up."""
        return self._cells

    def set_table(self, table: NDArray[np.uint8]) -> None:
        """Take 256 tints [shape=(256, 3 or 4)]: red, green, blue and alpha, each 0 to 255."""
        self._opaque = table.shape[1] == 3
        tints = table.astype(np.uint32)
        alpha = np.uint32(255) if self._opaque else tints[:, 3]
        self._table = ((alpha << 24) | (tints[:, 0] << 16) | (tints[:, 1] << 8) | tints[:, 2]).tolist()
        self._image = None

    def set_cells(self, cells: NDArray[np.uint8], left_s: float, width_s: float, bottom: float, top: float) -> None:
        """Take cells [shape=(columns, rows)] and what they cover, in seconds and in units of the lane."""
        self._cells = cells
        self._edges = left_s, left_s + width_s, bottom, top
        self._image = None

    def paint(self, painter: QPainter, place: Place) -> None:
        """Draw the cells as they are: no tint is made between two of them."""
        if not self._cells.size or not self._table:
            return
        if self._image is None:
            rows = np.ascontiguousarray(self._cells.T[::-1])
            height, width = rows.shape
            image = QImage(rows.data, width, height, width, QImage.Format.Format_Indexed8)
            image.setColorTable(self._table)
            fast = QImage.Format.Format_RGB32 if self._opaque else QImage.Format.Format_ARGB32_Premultiplied
            self._image = image.convertToFormat(fast)
        left_s, right_s, bottom, top = self._edges
        left, right = place.x(np.array((left_s, right_s))).tolist()
        upper, lower = place.y(np.array((top, bottom))).tolist()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        # Where a cell is a pixel it is drawn on a whole one, which is far faster than between two.
        ratio = painter.device().devicePixelRatioF()
        width, height = self._image.width() / ratio, self._image.height() / ratio
        if abs(right - left - width) < 0.5 / ratio and abs(lower - upper - height) < 0.5 / ratio:
            left, upper = round(left * ratio) / ratio, round(upper * ratio) / ratio
            right, lower = left + width, upper + height
        painter.drawImage(QRectF(left, upper, right - left, lower - upper), self._image)


class Stack(Item):
    """Areas one upon the other, each down to the one below it, parted by thin lines."""

    def __init__(self) -> None:
        super().__init__()
        self._times_s: FloatArray = np.empty(0)
        self._edges: FloatArray = np.empty((0, 0))
        self._table: list[int] = []
        self._line = QColor()

    def set_colours(self, fills: list[QColor], line: QColor) -> None:
        """Take the colours of the areas from the top one down, and of what parts them."""
        self._table, self._line = [fill.rgb() for fill in fills], line

    def set_edges(self, times_s: FloatArray, edges: FloatArray) -> None:
        """Take the upper edge of each area [shape=(n, areas)] in the units of the lane, the top one first."""
        self._times_s, self._edges = times_s, edges

    def paint(self, painter: QPainter, place: Place) -> None:
        """Draw the areas as a picture, and the lines over it."""
        near = place.needed(self._times_s)
        x, edges = place.x(self._times_s[near]), place.y(self._edges[near])
        if len(x) < 2:
            return
        pixels = Pixels.under(place, x, painter.device().devicePixelRatioF())
        cells = np.zeros(pixels.shape, np.uint8)
        for edge in edges.T[1:]:
            # A pixel belongs to the area that its middle lies in.
            cells += pixels.rows >= whole(np.ceil(pixels.of(x, edge) - 0.5))
        pixels.draw(painter, cells, self._table)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        pen = QPen(self._line, 1)
        pen.setCosmetic(True)
        painter.setPen(pen)
        for edge in edges.T:
            painter.drawPolyline(polygon(x, edge))
