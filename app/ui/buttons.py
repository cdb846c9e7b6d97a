"""Tool buttons that take their icon's colour from the theme and leave the keyboard focus where a mouse found it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QToolButton, QWidget

from app.ui.icons import icon
from app.ui.theme import THEME


class IconButton(QToolButton):
    """A button with an icon, an accessible name and a tooltip that names its key."""

    def __init__(self, name: str, text: str, key: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self.setIconSize(QSize(20, 20))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.describe(text, key)
        THEME.changed.connect(self._tint)
        self._tint()

    def describe(self, text: str, key: str = "") -> None:
        """Say what the button does, and by which key."""
        self.setAccessibleName(text)
        self.setToolTip(f"{text}  ({key})" if key else text)

    def set_icon(self, name: str) -> None:
        """Show another icon."""
        if name != self._name:
            self._name = name
            self._tint()

    @property
    def icon_name(self) -> str:
        """Name of the icon shown."""
        return self._name

    def _tint(self) -> None:
        tokens = THEME.tokens
        self.setIcon(icon(self._name, tokens.text, tokens.line))

    def event(self, event: QEvent) -> bool:
        """Space belongs to the button that has the focus, else to playback."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return)
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses the button too."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
            return
        super().keyPressEvent(event)


def rule(*, vertical: bool = False) -> QFrame:
    """Return a line of one pixel."""
    line = QFrame()
    line.setObjectName("rule")
    if vertical:
        line.setFixedWidth(1)
    else:
        line.setFixedHeight(1)
    return line
