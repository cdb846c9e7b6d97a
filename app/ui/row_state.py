"""How a row of a list shows that it is chosen, under the mouse, or where the keyboard is."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

from app.ui.theme import THEME


def paint_row_state(painter: QPainter, option: QStyleOptionViewItem, *, chosen: bool = True) -> None:
    """Paint a row's ground and its focus ring, below what the row says; leaves the painter's pen changed.

    Parameters
    ----------
    painter : QPainter
        Of the list's view.
    option : QStyleOptionViewItem
        Of the row.
    chosen : bool
        Whether a selected row is told from the others: False in lists that are read, not chosen from.
    """
    tokens, state, box = THEME.tokens, option.state, QRectF(option.rect)
    if chosen and state & QStyle.StateFlag.State_Selected:
        painter.fillRect(box, QColor(tokens.chosen))
    elif state & QStyle.StateFlag.State_MouseOver:
        painter.fillRect(box, QColor(tokens.hover))
    if state & QStyle.StateFlag.State_HasFocus:
        painter.setPen(QColor(tokens.accent))
        painter.drawRect(box.adjusted(0.5, 0.5, -1, -1))
