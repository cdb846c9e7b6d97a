"""The keys of the workspace that is shown on one sheet: by what they are for, and found by writing a word."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.ui.keys import Key
from app.ui.strings import tr
from app.ui.theme import font

_COLUMNS = 2
#: What a heading takes of a column, in rows.
_HEADING_ROWS = 1.5


def _heading(menu: str) -> str:
    """Return what the keys of a menu are for."""
    return {
        "file": tr("Files"),
        "edit": tr("Edit"),
        "play": tr("Play and go"),
        "view": tr("View"),
        "model": tr("Model"),
        "help": tr("Help"),
    }.get(menu, tr("Here"))


class _Group(QWidget):
    """A heading over its rows."""

    def __init__(self, title: str, rows: list[tuple[str, str]]) -> None:
        super().__init__()
        heading = QLabel(title)
        heading.setFont(font(strong=True))
        heading.setProperty("soft", True)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 8)
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        grid.addWidget(heading, 0, 0, 1, 2)
        self._rows: list[tuple[QLabel, QLabel]] = []
        for index, (left, right) in enumerate(rows, start=1):
            labels = QLabel(left), QLabel(right)
            labels[0].setFont(font(strong=True))
            for column, label in enumerate(labels):
                label.setWordWrap(True)
                grid.addWidget(label, index, column, Qt.AlignmentFlag.AlignTop)
            labels[0].setFixedWidth(160)
            self._rows.append(labels)

    def find(self, words: list[str]) -> bool:
        """Show the rows that hold all of these words; whether any does."""
        found = False
        for left, right in self._rows:
            text = f"{left.text()} {right.text()}".casefold()
            shown = all(word in text for word in words)
            left.setVisible(shown)
            right.setVisible(shown)
            found = found or shown
        self.setVisible(found)
        return found


class KeySheet(QDialog):
    """The window stays usable beside it; what does not fit is scrolled to."""

    def __init__(self, parent: QWidget, every: list[Key], mouse: list[tuple[str, str]]) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Keys and mouse"))
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Find a key: climax, loop, label\u2026"))
        self.search.setAccessibleName(tr("Find a key"))
        self.search.setClearButtonEnabled(True)
        self.search.setAcceptDrops(False)  # files are dropped on the window
        self.search.textChanged.connect(self._find)
        self._nothing = QLabel(tr("No key does that here. Other workspaces have others."))
        self._nothing.setProperty("soft", True)
        self._nothing.hide()

        groups: dict[str, list[tuple[str, str]]] = {}
        for key in every:
            if key.keys:
                native = QKeySequence.SequenceFormat.NativeText
                combination = " / ".join(QKeySequence(text).toString(native) for text in key.keys)
                groups.setdefault(_heading(key.menu), []).append((combination, key.text.rstrip("\u2026")))
        groups[tr("Mouse, and keys without a menu")] = mouse
        self._groups = [_Group(title, rows) for title, rows in groups.items() if rows]

        columns = [QVBoxLayout() for _ in range(_COLUMNS)]
        filled = [0.0] * _COLUMNS
        for group, rows in zip(self._groups, (rows for rows in groups.values() if rows), strict=True):
            column = filled.index(min(filled))
            columns[column].addWidget(group)
            filled[column] += len(rows) + _HEADING_ROWS
        body = QWidget()
        side_by_side = QHBoxLayout(body)
        side_by_side.setContentsMargins(0, 0, 8, 0)
        side_by_side.setSpacing(24)
        for column_layout in columns:
            column_layout.addStretch(1)
            side_by_side.addLayout(column_layout, 1)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setWidget(body)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        buttons.button(QDialogButtonBox.StandardButton.Close).setAutoDefault(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 12)
        layout.setSpacing(10)
        layout.addWidget(self.search)
        layout.addWidget(self._nothing)
        layout.addWidget(self._area, 1)
        layout.addWidget(buttons)
        self.resize(self._fitting(parent))

    def _fitting(self, parent: QWidget) -> QSize:
        """As large as its rows, but no larger than the window it stands beside."""
        return QSize(
            min(980, parent.width() - 40), min(self._area.widget().sizeHint().height() + 130, parent.height() - 60)
        )

    def _find(self, text: str) -> None:
        words = text.casefold().split()
        found = [group.find(words) for group in self._groups]  # every one is asked
        self._nothing.setVisible(not any(found))
