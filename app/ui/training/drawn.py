"""What the wizard draws: how many recordings of each mood, and what was told as what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.ui.icons import draw_marker
from app.ui.strings import quadrant_label, quadrant_name, tr
from app.ui.theme import AXIS_PX, BODY_PX, THEME, font
from models.analysis import QUADRANTS
from models.cards import Score
from models.figures.palette import QUADRANT_COLOURS

_BAR_PX = 26
_CELL_PX = 54


class Balance(QWidget):
    """A bar per mood, as long as it has recordings."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._counts = dict.fromkeys(QUADRANTS, 0)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        THEME.changed.connect(self.update)

    def show_counts(self, counts: Mapping[str, int]) -> None:
        """Show how many recordings each mood has."""
        self._counts = {quadrant: int(counts.get(quadrant, 0)) for quadrant in QUADRANTS}
        said = (f"{quadrant_label(quadrant)}: {number}" for quadrant, number in self._counts.items())
        self.setAccessibleName(tr("Recordings per mood"))
        self.setAccessibleDescription(", ".join(said))
        self.update()

    def sizeHint(self) -> QSize:
        """Room for four bars."""
        return QSize(460, _BAR_PX * 4)

    def minimumSizeHint(self) -> QSize:
        """Narrower bars are still bars; lower ones are not."""
        return QSize(240, _BAR_PX * 4)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw marker, name, bar and number."""
        tokens = THEME.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font(BODY_PX, tabular=True))
        metrics = QFontMetrics(painter.font())
        names = {quadrant: quadrant_label(quadrant) for quadrant in QUADRANTS}
        left = 24 + max(metrics.horizontalAdvance(name) for name in names.values()) + 14
        most = max(*self._counts.values(), 1)
        room = max(self.width() - left - metrics.horizontalAdvance("0000") - 12, 20)
        for index, (quadrant, number) in enumerate(self._counts.items()):
            middle = index * _BAR_PX + _BAR_PX / 2
            draw_marker(painter, quadrant, QPointF(9, middle), 10)
            painter.setPen(QColor(tokens.text))
            flags = Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(24, middle - 10, left - 24, 20), flags, names[quadrant])
            width = room * number / most
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(QUADRANT_COLOURS[quadrant]))
            painter.drawRoundedRect(QRectF(left, middle - 7, max(width, 2), 14), 2, 2)
            painter.setPen(QColor(tokens.text if number else tokens.error))
            painter.drawText(QRectF(left + max(width, 2) + 8, middle - 10, 80, 20), flags, str(number))
        painter.end()


class Confusion(QWidget):
    """What was told as what: a row per mood as labelled, a column per mood as told."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._counts: Sequence[Sequence[int]] = [[0] * 4 for _ in range(4)]
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        THEME.changed.connect(self.update)

    def show_counts(self, name: str, counts: Sequence[Sequence[int]]) -> None:
        """Show the counts of one model."""
        self._counts = counts
        self.setAccessibleName(tr("What {model} told as what").format(model=name))
        lines = []
        for label, line in zip(QUADRANTS, counts, strict=True):
            told = ", ".join(
                f"{number} {quadrant_name(q)}" for q, number in zip(QUADRANTS, line, strict=True) if number
            )
            lines.append(
                tr("Of yours that are {mood} it said: {told}").format(
                    mood=quadrant_name(label), told=told or tr("nothing")
                )
            )
        self.setAccessibleDescription(". ".join(lines))
        self.update()

    @property
    def _left(self) -> int:
        metrics = QFontMetrics(font(AXIS_PX))
        return 20 + max(metrics.horizontalAdvance(quadrant_name(q, short=True)) for q in QUADRANTS) + 8

    def sizeHint(self) -> QSize:
        """Four by four cells with their names."""
        return QSize(self._left + 4 * _CELL_PX + 2, 40 + 4 * _CELL_PX + 2)

    def minimumSizeHint(self) -> QSize:
        """As large as it is."""
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the cells; the more of a row, the fuller."""
        tokens = THEME.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left, top = self._left, 40
        small, plain = font(AXIS_PX), font(BODY_PX, tabular=True)
        centre = Qt.AlignmentFlag.AlignCenter
        painter.setFont(small)
        painter.setPen(QColor(tokens.soft))
        painter.drawText(QRectF(left, 0, 4 * _CELL_PX, 16), centre, tr("it said"))
        for index, quadrant in enumerate(QUADRANTS):
            name = quadrant_name(quadrant, short=True)
            draw_marker(painter, quadrant, QPointF(8, top + (index + 0.5) * _CELL_PX), 8)
            box = QRectF(20, top + index * _CELL_PX, left - 24, _CELL_PX)
            painter.setPen(QColor(tokens.text))
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, name)
            painter.drawText(QRectF(left + index * _CELL_PX, 18, _CELL_PX, 20), centre, name)
        painter.setFont(plain)
        for i, line in enumerate(self._counts):
            total = sum(line)
            for j, number in enumerate(line):
                box = QRectF(left + j * _CELL_PX, top + i * _CELL_PX, _CELL_PX - 2, _CELL_PX - 2)
                share = number / total if total else 0.0
                painter.setPen(QPen(QColor(tokens.text if i == j else tokens.line), 1))
                painter.setBrush(tokens.colour("accent", 0.45 * share))
                painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
                painter.setPen(QColor(tokens.text if number else tokens.soft))
                painter.drawText(box, centre, str(number))
        painter.end()


class Span(QWidget):
    """Two scores with their intervals on one line from 0 to 1: the new model's above the current one's."""

    def __init__(self, ours: Score | None, theirs: Score | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows = (ours, theirs)
        self.setMinimumWidth(120)
        self.setFixedHeight(30)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        THEME.changed.connect(self.update)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw both."""
        tokens = THEME.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        room = self.width() - 12

        def at(value: float) -> float:
            return 6 + room * min(max(value, 0.0), 1.0)

        painter.setPen(QPen(QColor(tokens.line), 1))
        for value in (0.0, 0.5, 1.0):
            painter.drawLine(QPointF(at(value), 2), QPointF(at(value), 28))
        for index, score in enumerate(self._rows):
            if score is None:
                continue
            y = 10 + 10 * index
            colour = QColor(tokens.accent if index == 0 else tokens.soft)
            painter.setPen(QPen(colour, 2))
            if score.low is not None and score.high is not None:
                painter.drawLine(QPointF(at(score.low), y), QPointF(at(score.high), y))
            painter.setBrush(colour if index == 0 else QColor(tokens.panel))
            painter.drawEllipse(QPointF(at(score.value), y), 3.5, 3.5)
        painter.end()
