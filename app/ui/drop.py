"""Files and folders dropped anywhere in the window."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.ui.theme import THEME, TITLE_PX, font
from models.shelf.names import ARCHIVE_SUFFIX


def dropped_paths(data: QMimeData) -> list[Path]:
    """Return the local files and folders of a drag."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()] if data.hasUrls() else []


def model_files(paths: list[Path]) -> list[Path]:
    """Return those of some files that are called like models."""
    return [path for path in paths if path.suffix.lower() == ARCHIVE_SUFFIX]


class DropSheet(QWidget):
    """Covers the window while a drag hovers over it, and says what letting go will do."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._words = ""
        self.hide()

    def cover(self, words: str = "") -> None:
        """Lie over the whole parent, and say what letting go will do."""
        self._words = words or self._words
        self.setGeometry(self.parentWidget().rect())
        self.raise_()
        self.show()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Dim the window and name the action."""
        tokens = THEME.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), tokens.colour("surface", 0.85))
        painter.setPen(QPen(QColor(tokens.accent), 2))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(12, 12, -12, -12), 6, 6)
        painter.setFont(font(TITLE_PX, strong=True))
        painter.setPen(QColor(tokens.text))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._words)
        painter.end()
