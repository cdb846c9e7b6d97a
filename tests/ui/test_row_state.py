"""Rows of lists show that they are chosen, under the mouse, and where the keyboard is: in one way everywhere."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication, QStyle, QStyleOptionViewItem

from app.ui.row_state import paint_row_state
from app.ui.theme import THEME

State = QStyle.StateFlag
NOTHING = "#123456"


@pytest.mark.parametrize(
    ("state", "chosen", "ground", "edge"),
    (
        (State.State_None, True, None, None),
        (State.State_MouseOver, True, "hover", "hover"),
        (State.State_Selected | State.State_MouseOver, True, "chosen", "chosen"),
        (State.State_Selected | State.State_MouseOver, False, "hover", "hover"),
        (State.State_Selected, False, None, None),
        (State.State_HasFocus, True, None, "accent"),
        (State.State_Selected | State.State_HasFocus, True, "chosen", "accent"),
    ),
)
def test_ground_and_ring(qapp: QApplication, state: State, chosen: bool, ground: str | None, edge: str | None) -> None:
    image = QImage(40, 20, QImage.Format.Format_RGB32)
    image.fill(QColor(NOTHING))
    option = QStyleOptionViewItem()
    option.rect = QRect(0, 0, 40, 20)
    option.state = state
    painter = QPainter(image)
    paint_row_state(painter, option, chosen=chosen)
    painter.end()
    for at, token in (((20, 10), ground), ((20, 0), edge)):
        expected = QColor(getattr(THEME.tokens, token) if token else NOTHING)
        assert image.pixelColor(*at).name() == expected.name()
