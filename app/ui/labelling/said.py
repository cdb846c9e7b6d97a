"""What was said, in words and as rows: the last answers of a sitting, and what others said."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.library.rows import Label
from app.ui.icons import draw_marker
from app.ui.strings import NOTHING, quadrant_label, signed, tr
from app.ui.theme import AXIS_PX, BODY_PX, THEME, font
from models.analysis import QUADRANTS
from models.data.labelled import quadrant_of

_ROW_PX = 38


def said_in_words(label: Label | None) -> str:
    """Return what a label says: "Q4 calm, relaxed", "valence +0.20, arousal -0.50", "can't say"."""
    if label is None:
        return NOTHING
    if label.cant_say:
        return tr("can\u2019t say")
    if label.quadrant is not None:
        return quadrant_label(label.quadrant)
    if label.valence is not None and label.arousal is not None:
        return tr("valence {valence}, arousal {arousal}").format(
            valence=signed(label.valence), arousal=signed(label.arousal)
        )
    return NOTHING


def quadrant_said(label: Label) -> str:
    """Return the quadrant that a label names or its point lies in; empty if nothing could be said."""
    if label.quadrant is not None:
        return label.quadrant
    if label.valence is not None and label.arousal is not None:
        return QUADRANTS[quadrant_of(label.valence, label.arousal)]
    return ""


class LastAnswers(QWidget):
    """A few rows: title, and what was said of it."""

    def __init__(self, rows: int = 5, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._most = rows
        self.rows: list[tuple[str, str, str]] = []
        self.setFixedHeight(rows * _ROW_PX)
        self.setAccessibleName(tr("Last answers"))
        THEME.changed.connect(self.update)

    def show_rows(self, rows: list[tuple[str, Label, bool]]) -> None:
        """Take title, label, and whether it was to warm up, the newest first."""
        self.rows = [
            (title, said_in_words(label) + (f" \u00b7 {tr('warm-up')}" if warm_up else ""), quadrant_said(label))
            for title, label, warm_up in rows[: self._most]
        ]
        self.setAccessibleDescription("; ".join(f"{title}: {said}" for title, said, _ in self.rows))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the rows; older ones are softer."""
        tokens = THEME.tokens
        painter = QPainter(self)
        for index, (title, said, quadrant) in enumerate(self.rows):
            y = index * _ROW_PX
            if quadrant in QUADRANTS:
                draw_marker(painter, quadrant, QPointF(7, y + 11), 10)
            painter.setFont(font(BODY_PX, strong=index == 0))
            painter.setPen(QColor(tokens.text))
            row = QRectF(20, y, self.width() - 22, 20)
            fitting = painter.fontMetrics().elidedText(title, Qt.TextElideMode.ElideRight, int(row.width()))
            painter.drawText(row, Qt.AlignmentFlag.AlignVCenter, fitting)
            painter.setFont(font(AXIS_PX, tabular=True))
            painter.setPen(QColor(tokens.soft))
            painter.drawText(QRectF(20, y + 17, self.width() - 22, 16), Qt.AlignmentFlag.AlignVCenter, said)
        painter.end()
