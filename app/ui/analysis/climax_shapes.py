"""Several climaxes over each other, aligned at their peaks, on one axis: how each is approached and left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen, QPolygonF, QShowEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from app.ui.analysis.climax_shape import KINDS, Course, Kind, common_range, common_span, course
from app.ui.buttons import Choice
from app.ui.strings import MINUS, clock, tr
from app.ui.theme import AXIS_PX, BODY_PX, THEME, font
from models.analysis import Analysis, Climax, Overview
from models.figures.palette import RECORDING_COLOURS, TEXT_COLOUR

if TYPE_CHECKING:
    from app.exploration import ShownClimax
    from app.ui.analysis.climax_browser import ClimaxBrowser

_LINES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine, Qt.PenStyle.DashDotLine)
_LEFT_PX, _RIGHT_PX, _TOP_PX, _BOTTOM_PX = 52, 26, 10, 34
_KEY_PX = 18
#: More points than this are not told apart on a screen.
_MOST_POINTS = 300
#: So many curves have a colour and a line of their own; the strongest are shown.
MOST_SHAPES = 12


def kind_name(kind: Kind) -> str:
    """Return what a course is of, with its unit or range."""
    return {
        "intensity": tr("intensity (0: the piece's typical moment)"),
        "arousal": tr("arousal ({minus}1 to 1)").format(minus=MINUS),
        "loudness": tr("loudness (dBFS, over 1 s)"),
    }[kind]


def pen_of(rank: int) -> QPen:
    """Return colour and line of the climax of a rank (1 is the strongest): no two of `MOST_SHAPES` are alike."""
    colour = RECORDING_COLOURS[(rank - 1) % len(RECORDING_COLOURS)]
    ink = QColor(THEME.tokens.text if colour == TEXT_COLOUR else colour)
    if THEME.tokens.dark and colour != TEXT_COLOUR:
        ink = ink.lighter(140)
    return QPen(ink, 2.0, _LINES[(rank - 1) % len(_LINES)])


class ShapesPlot(QWidget):
    """The curves: seconds before and after the peak to the right, the value upwards; a number at each end."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.curves: list[tuple[int, Climax, Course]] = []  # rank, its region, its course
        self.span_s = (1.0, 1.0)
        self.range = (0.0, 1.0)
        self._kind: Kind = "intensity"
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(tr("Shapes of climaxes, aligned at the peak"))
        THEME.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Wide enough to tell eight curves apart."""
        return QSize(560, 280)

    def minimumSizeHint(self) -> QSize:
        """Return the least that can be read."""
        return QSize(320, 160)

    def set_curves(self, kind: Kind, chosen: Sequence[tuple[int, Climax]], known: Course | None) -> None:
        """Take the climaxes with their ranks, and the curve of the whole recording."""
        self._kind = kind
        self.span_s = common_span(climax for _, climax in chosen)
        self.curves = []
        if known is not None:
            stretches = [(rank, climax, known.around(climax.peak_s, *self.span_s)) for rank, climax in chosen]
            self.curves = [curve for curve in stretches if len(curve[2].values) > 1]
        self.range = common_range(stretch for _, _, stretch in self.curves)
        self.setAccessibleDescription(self.text.replace("\n", "; "))
        self.update()

    @property
    def text(self) -> str:
        """The curves in words: approach and abatement in seconds."""
        words = tr("{rank}: {before:.1f} s to the peak, {after:.1f} s after it")
        return "\n".join(
            words.format(rank=rank, before=climax.peak_s - climax.start_s, after=climax.end_s - climax.peak_s)
            for rank, climax, _ in self.curves
        )

    def point(self, seconds: float, value: float) -> QPointF:
        """Return the pixel of a value so many seconds from the peak."""
        box = self._box()
        before_s, after_s = self.span_s
        low, high = self.range
        x = box.left() + (seconds + before_s) / (before_s + after_s) * box.width()
        return QPointF(x, box.bottom() - (value - low) / (high - low) * box.height())

    def _box(self) -> QRectF:
        return QRectF(self.rect()).adjusted(_LEFT_PX, _TOP_PX, -_RIGHT_PX, -_BOTTOM_PX)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the axes, the curves, and their numbers."""
        tokens = THEME.tokens
        painter = QPainter(self)
        painter.fillRect(self._box(), QColor(tokens.panel))
        self._axes(painter)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for rank, climax, stretch in reversed(self.curves):
            self._curve(painter, rank, climax, stretch)
        self._numbers(painter)
        if self.hasFocus():
            painter.setPen(QPen(QColor(tokens.accent), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        painter.end()

    def _axes(self, painter: QPainter) -> None:
        tokens = THEME.tokens
        painter.setFont(font(AXIS_PX, tabular=True))
        metrics = QFontMetrics(painter.font())
        box = self._box()
        painter.setPen(QColor(tokens.line))
        painter.drawRect(box)
        for seconds in _round_ticks(-self.span_s[0], self.span_s[1], box.width() / 70):
            x = self.point(seconds, 0.0).x()
            painter.setPen(QPen(QColor(tokens.soft if seconds == 0 else tokens.line), 1))
            painter.drawLine(QPointF(x, box.top()), QPointF(x, box.bottom()))
            painter.setPen(QColor(tokens.soft))
            label = tr("peak") if seconds == 0 else f"{'+' if seconds > 0 else MINUS}{abs(seconds):g} s"
            painter.drawText(
                QRectF(x - 40, box.bottom() + 3, 80, metrics.height()), Qt.AlignmentFlag.AlignHCenter, label
            )
        for value in _round_ticks(*self.range, box.height() / 36):
            y = self.point(0.0, value).y()
            painter.setPen(QColor(tokens.line))
            painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y))
            painter.setPen(QColor(tokens.soft))
            text = f"{MINUS if value < 0 else ''}{abs(value):g}"
            place = QRectF(0, y - metrics.height() / 2, _LEFT_PX - 6, metrics.height())
            painter.drawText(place, Qt.AlignmentFlag.AlignRight, text)
        below = QRectF(box.left(), box.bottom() + 3 + metrics.height(), box.width(), metrics.height())
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, tr("before and after the peak"))
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, kind_name(self._kind))

    def _curve(self, painter: QPainter, rank: int, climax: Climax, stretch: Course) -> None:
        step = max(1, len(stretch.values) // _MOST_POINTS)
        times, values = stretch.times_s[::step], stretch.values[::step]
        points = [self.point(float(at), float(value)) for at, value in zip(times, values, strict=True)]
        pen = pen_of(rank)
        inside = (times >= climax.start_s - climax.peak_s) & (times <= climax.end_s - climax.peak_s)
        pale = QPen(pen)
        pale.setWidthF(1.0)
        painter.setPen(pale)
        painter.drawPolyline(QPolygonF(points))
        painter.setPen(pen)
        painter.drawPolyline(QPolygonF([points[i] for i in np.flatnonzero(inside)]))

    def _numbers(self, painter: QPainter) -> None:
        """Write each rank at the right end of its curve; those that would lie on each other give way downwards."""
        painter.setFont(font(AXIS_PX, strong=True))
        height = QFontMetrics(painter.font()).height() - 2
        ends = []
        for rank, _, stretch in self.curves:
            ends.append((self.point(float(stretch.times_s[-1]), float(stretch.values[-1])), rank))
        lowest = -1e9
        room = self._box()
        ends.sort(key=lambda end: end[0].y())
        places = []
        for end, rank in ends:
            lowest = max(end.y(), lowest + height)
            places.append((end, lowest, rank))
        over = max(0.0, lowest - room.bottom())
        for end, y, rank in places:
            middle = y - over
            painter.setPen(QPen(pen_of(rank).color(), 1))
            painter.drawLine(end, QPointF(room.right() + 8, middle))
            painter.setPen(QColor(THEME.tokens.text))
            painter.drawText(QPointF(room.right() + 11, middle + height / 2 - 3), str(rank))


def _round_ticks(low: float, high: float, wanted: float) -> list[float]:
    """Return round numbers between two ends, about as many as wanted, 0 among them if it lies there."""
    width = (high - low) / max(wanted, 1.0)
    power = 10.0 ** np.floor(np.log10(width))
    step = next(float(factor * power) for factor in (1, 2, 5, 10) if factor * power >= width)
    first, last = int(np.ceil(low / step)), int(np.floor(high / step))
    return [round(index * step, 10) for index in range(first, last + 1)]


class _Key(QWidget):
    """Which line is which climax."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: list[tuple[int, str]] = []
        THEME.changed.connect(self.update)

    def set_rows(self, rows: list[tuple[int, str]]) -> None:
        self._rows = rows
        self.setFixedHeight(((len(rows) + 1) // 2) * _KEY_PX)
        self.setAccessibleName("; ".join(f"{rank} {text}" for rank, text in rows))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font(AXIS_PX, tabular=True))
        metrics = QFontMetrics(painter.font())
        width = self.width() / 2
        for index, (rank, text) in enumerate(self._rows):
            box = QRectF(index % 2 * width, index // 2 * _KEY_PX, width - 12, _KEY_PX)
            painter.setPen(pen_of(rank))
            middle = box.center().y()
            painter.drawLine(QPointF(box.left(), middle), QPointF(box.left() + 26, middle))
            painter.setPen(QColor(THEME.tokens.text))
            words = metrics.elidedText(f"{rank}  {text}", Qt.TextElideMode.ElideRight, int(box.width() - 34))
            painter.drawText(box.adjusted(34, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, words)
        painter.end()


class ShapesWindow(QDialog):
    """The plot in a window of its own, beside which the list stays usable: it shows what is selected there.

    Parameters
    ----------
    browser : ClimaxBrowser
        Its list says which; with fewer than two selected, all are shown.
    """

    def __init__(self, browser: ClimaxBrowser, parent: QWidget) -> None:
        super().__init__(parent)
        self._browser = browser
        self._analysis: Analysis | None = None
        self._overview: Overview | None = None
        self.setWindowTitle(tr("Shapes of climaxes"))
        words = {"intensity": tr("Intensity"), "arousal": tr("Arousal"), "loudness": tr("Loudness")}
        self.kind = Choice(tr("Curve"), [(kind, words[kind], kind_name(kind)) for kind in KINDS])
        self.kind.choose("intensity")
        self.plot = ShapesPlot()
        self.key = _Key()
        self.hint = QLabel()
        self.hint.setFont(font(AXIS_PX))
        self.hint.setProperty("soft", True)
        self.hint.setWordWrap(True)
        head = QHBoxLayout()
        head.addWidget(self.kind)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 12, 14, 12)
        layout.addLayout(head)
        layout.addWidget(self.plot, 1)
        layout.addWidget(self.key)
        layout.addWidget(self.hint)
        self.setFont(font(BODY_PX))
        self.kind.chosen.connect(self._draw)
        browser.list.selection_changed.connect(self._draw)

    def set_data(self, analysis: Analysis | None, overview: Overview | None) -> None:
        """Take what is known of the recording; the climaxes are those of the list."""
        self._analysis, self._overview = analysis, overview
        self._draw()

    def showEvent(self, event: QShowEvent) -> None:
        """Show what is selected by now."""
        super().showEvent(event)
        self._draw()

    def _draw(self, *_args: object) -> None:
        if not self.isVisible():
            return
        every = self._browser.list.shown
        selected = self._browser.list.selected
        chosen: Sequence[ShownClimax] = selected if len(selected) > 1 else every
        ranked = [(every.index(shown) + 1, shown) for shown in chosen[:MOST_SHAPES]]
        kind: Kind = self.kind.value or "intensity"
        known = course(kind, self._analysis, self._overview)
        self.plot.set_curves(kind, [(rank, shown.climax) for rank, shown in ranked], known)
        self.key.set_rows(
            [(rank, f"{clock(shown.climax.peak_s, tenths=True)}  {shown.label}".strip()) for rank, shown in ranked]
        )
        parts = []
        if not every:
            parts.append(tr("No climax is in the list."))
        elif known is None:
            parts.append(tr("This curve is not known of this track: analyse it again (F5)."))
        elif len(selected) > 1:
            parts.append(tr("The climaxes selected in the list."))
        else:
            parts.append(tr("All climaxes; Ctrl-click some in the list to see only these."))
        if len(chosen) > MOST_SHAPES:
            parts.append(tr("Of {count} the {most} strongest.").format(count=len(chosen), most=MOST_SHAPES))
        parts.append(tr("Strong line: the climax. Fine line: what comes before and after. All on one scale."))
        self.hint.setText(" ".join(parts))
