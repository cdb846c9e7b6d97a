"""How each recording is told from the others: a number, a colour, and a line of its own."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from app.ui.theme import AXIS_PX, THEME, Tokens, font
from models.figures.palette import RECORDING_COLOURS

#: The same hues, light enough for a dark ground.
_ON_DARK = ("#56B4E9", "#F08A4B", "#2BC59A", "#E39BC8", "#F2B632", "#E8E6E1")
#: Lengths of strokes and gaps, in widths of the line; none is a whole line.
DASHES: tuple[tuple[float, ...], ...] = ((), (7, 3), (2, 2), (8, 3, 2, 3), (14, 4), (2, 5))
TAG_PX = 15


def colour_of(index: int, tokens: Tokens) -> str:
    """Return the colour of the recording with this index."""
    return (_ON_DARK if tokens.dark else RECORDING_COLOURS)[index]


def pen_of(index: int, tokens: Tokens, width: float) -> QPen:
    """Return the line of the recording with this index."""
    pen = QPen(QColor(colour_of(index, tokens)), width)
    pen.setCosmetic(True)  # in pixels, whatever it is drawn in
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    if DASHES[index]:
        pen.setDashPattern(DASHES[index])
    return pen


def draw_tag(painter: QPainter, index: int, centre: QPointF, *, heard: bool = False) -> None:
    """Draw a recording's number in a frame of its colour; filled with it for the one that is heard."""
    tokens = THEME.tokens
    tag = QRectF(centre.x() - TAG_PX / 2, centre.y() - TAG_PX / 2, TAG_PX, TAG_PX)
    painter.save()
    painter.setPen(QPen(QColor(colour_of(index, tokens)), 3.0 if heard else 1.5))
    painter.setBrush(QColor(tokens.panel))
    painter.drawRoundedRect(tag, 3, 3)
    painter.setFont(font(AXIS_PX, strong=True))
    painter.setPen(QColor(tokens.text))
    painter.drawText(tag, Qt.AlignmentFlag.AlignCenter, str(index + 1))
    painter.restore()
