"""A card in the middle of a page, as before and after a sitting."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

_WIDEST_PX = 680


def centred_card(page: QWidget) -> QVBoxLayout:
    """Put a card in the middle of an empty page; return what it is filled by."""
    card = QFrame()
    card.setObjectName("chooser")
    card.setMaximumWidth(_WIDEST_PX)
    inside = QVBoxLayout(card)
    inside.setContentsMargins(24, 20, 24, 20)
    inside.setSpacing(10)
    across = QHBoxLayout()
    across.addStretch(1)
    across.addWidget(card, 8)
    across.addStretch(1)
    layout = QVBoxLayout(page)
    layout.addStretch(1)
    layout.addLayout(across)
    layout.addStretch(2)
    return inside
