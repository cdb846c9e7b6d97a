"""The field in which a person names a mark, at its flag."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from app.library import Mark
from app.ui.strings import clock, tr

_WIDTH_PX = 170


class MarkName(QLineEdit):
    """Enter or a click elsewhere keeps the name, Esc leaves it as it was."""

    named = Signal(object, str)  # Mark, and what it shall be called

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._mark: Mark | None = None
        self._before: QWidget | None = None
        self.setPlaceholderText(tr("Name of the mark"))
        self.setAccessibleName(tr("Name of the mark"))
        self.setMaxLength(120)
        self.setAcceptDrops(False)
        self.hide()

    def open_at(self, mark: Mark, flag: QPointF, room: QRectF) -> None:
        """Appear beside a flag, inside `room`."""
        self._mark = mark
        self._before = self.window().focusWidget()
        height = self.sizeHint().height()
        left = min(max(flag.x() + 3, room.left() + 2), room.right() - _WIDTH_PX - 2)
        top = min(flag.y() + 3, room.bottom() - height - 2)
        self.setGeometry(int(left), int(top), _WIDTH_PX, height)
        self.setText(mark.label)
        self.setAccessibleDescription(tr("Mark at {time}").format(time=clock(mark.time_s, tenths=True)))
        self.selectAll()
        self.show()
        self.raise_()
        self.setFocus()

    def close_for(self, marks: Sequence[Mark]) -> None:
        """Go away when the mark is no longer there, or is called something else by now."""
        if self._mark is not None and self._mark not in marks:
            self._leave()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter keeps, Esc does not."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._keep()
        elif event.key() == Qt.Key.Key_Escape:
            self._leave()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """A click elsewhere keeps the name; a menu of the field itself does not end it."""
        super().focusOutEvent(event)
        if event.reason() not in (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason):
            self._keep()

    def _keep(self) -> None:
        mark, self._mark = self._mark, None
        self._leave()
        if mark is not None:
            self.named.emit(mark, self.text())

    def _leave(self) -> None:
        self._mark = None
        if self.isVisible():
            before, self._before = self._before, None
            had = self.hasFocus()
            self.hide()
            if had and before is not None:
                before.setFocus()
