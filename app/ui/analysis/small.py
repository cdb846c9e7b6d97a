"""The quiet text of panels."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from app.ui.theme import AXIS_PX, font


def small(text: str = "") -> QLabel:
    """Return a small, soft, wrapping text."""
    label = QLabel(text)
    label.setFont(font(AXIS_PX, tabular=True))
    label.setProperty("soft", True)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
