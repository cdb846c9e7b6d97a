"""Tool buttons that leave the keyboard focus where a mouse found it: with an icon, or as one of a few choices."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QToolButton, QWidget

from app.ui.icons import icon
from app.ui.theme import THEME


class KeyButton(QToolButton):
    """A button that is pressed by Space and Enter while it has the focus."""

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


class IconButton(KeyButton):
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


class Choice(QWidget):
    """A few words side by side, of which one is chosen.

    Parameters
    ----------
    name : str
        What is chosen, for screen readers.
    options : sequence of (str, str, str)
        Value, words, and what they mean (a tooltip; may be empty).
    """

    chosen = Signal(str)

    def __init__(self, name: str, options: Sequence[tuple[str, str, str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.buttons: dict[str, KeyButton] = {}
        group = QButtonGroup(self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        for value, words, meaning in options:
            button = KeyButton()
            button.setText(words)
            button.setCheckable(True)
            button.setProperty("tab", True)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setToolTip(meaning)
            button.setAccessibleName(f"{name}: {words}")
            button.clicked.connect(partial(self.chosen.emit, value))
            group.addButton(button)
            layout.addWidget(button)
            self.buttons[value] = button
        layout.addStretch(1)

    @property
    def value(self) -> str:
        """What is chosen."""
        return next((value for value, button in self.buttons.items() if button.isChecked()), "")

    def choose(self, value: object) -> None:
        """Choose without telling; an unknown value chooses the first."""
        self.buttons.get(str(value), next(iter(self.buttons.values()))).setChecked(True)


def rule(*, vertical: bool = False) -> QFrame:
    """Return a line of one pixel."""
    line = QFrame()
    line.setObjectName("rule")
    if vertical:
        line.setFixedWidth(1)
    else:
        line.setFixedHeight(1)
    return line
