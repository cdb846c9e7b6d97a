"""What every page of the wizard is made of: a title, a sentence, what it shows, and what leads on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.ui.icons import icon
from app.ui.strings import tr
from app.ui.theme import BODY_PX, THEME, TITLE_PX, font

#: Wider lines are hard to read.
_WIDEST_PX = 980


def words(text: str = "", *, soft: bool = False, strong: bool = False, size_px: int = BODY_PX) -> QLabel:
    """Return plain text that wraps and can be selected."""
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setFont(font(size_px, strong=strong, tabular=True))
    label.setWordWrap(True)
    if soft:
        label.setProperty("soft", True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def button(text: str, run: Callable[[], object], tip: str = "") -> QPushButton:
    """Return a push button; Enter and Space press it while it has the focus (`TrainPage`)."""
    made = QPushButton(text)
    made.setAutoDefault(False)  # which one leads on is seen by its colour, wherever the focus is
    made.clicked.connect(lambda _checked=False: run())
    if tip:
        made.setToolTip(tip)
    return made


def row(*widgets: QWidget, stretch: bool = True) -> QHBoxLayout:
    """Return widgets side by side, at the left."""
    out = QHBoxLayout()
    out.setSpacing(8)
    for widget in widgets:
        out.addWidget(widget)
    if stretch:
        out.addStretch(1)
    return out


class Card(QFrame):
    """A framed part of a page."""

    def __init__(self, title: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("chooser")  # the look of all framed panels
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(16, 12, 16, 14)
        self.body.setSpacing(8)
        if title:
            self.body.addWidget(words(title, strong=True))


class Sign(QWidget):
    """A sentence with a sign before it."""

    def __init__(
        self, text: str = "", *, bad: bool = False, name: str = "warning", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._bad, self._name = bad, name
        self._picture = QLabel()
        self._picture.setFixedWidth(18)
        self.label = words(text)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self.label, 1)
        THEME.changed.connect(self._tint)
        self._tint()

    def _tint(self) -> None:
        tokens = THEME.tokens
        colour = tokens.error if self._bad else tokens.text
        self._picture.setPixmap(icon(self._name, colour, size=18).pixmap(18, 18))


class Step(QWidget):
    """One page of the wizard.

    Parameters
    ----------
    title, text : str
        What a person is asked, and a sentence about it.
    """

    changed = Signal()  # whether one can go on, or the words on the button
    next_asked = Signal()

    def __init__(self, title: str, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(title)
        self.title = words(title, strong=True, size_px=TITLE_PX)
        self.text = words(text, soft=True)
        if not text:
            self.text.hide()
        inner = QWidget()
        inner.setMaximumWidth(_WIDEST_PX)
        self.body = QVBoxLayout(inner)
        self.body.setContentsMargins(24, 20, 24, 16)
        self.body.setSpacing(12)
        self.body.addWidget(self.title)
        self.body.addWidget(self.text)
        across = QWidget()
        layout = QHBoxLayout(across)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addStretch(1)
        layout.addWidget(inner, 1000)
        layout.addStretch(1)
        self.scroll = QScrollArea()
        self.scroll.setWidgetResizable(True)
        self.scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.scroll.setObjectName("wizard")
        self.scroll.setWidget(across)
        across.setObjectName("wizard")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.scroll)

    @property
    def can_go_on(self) -> bool:
        """Whether all is said that the next page needs."""
        return True

    @property
    def can_go_back(self) -> bool:
        """Whether the page before may be shown again."""
        return True

    @property
    def next_text(self) -> str:
        """What the button says that leads on; empty for none."""
        return tr("Next")

    def enter(self) -> None:
        """Is shown from now on."""

    def leave(self) -> None:
        """Another page is shown from now on."""

    def take_focus(self) -> None:
        """Give the keyboard to what is used first."""

    def handle_key(self, _event: QKeyEvent) -> bool:
        """Take a key that no control wanted; whether it meant something."""
        return False

    def toggle_play(self) -> bool:
        """Do what Space means here; whether it meant something."""
        return False

    def close_views(self) -> None:
        """Observe nothing any longer."""


def clear(layout: QVBoxLayout | QHBoxLayout) -> None:
    """Take everything out of a layout."""
    while layout.count():
        item = layout.takeAt(0)
        widget, inner = item.widget(), item.layout()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
        elif isinstance(inner, QVBoxLayout | QHBoxLayout):
            clear(inner)


def show_folder(file: Path) -> None:
    """Open the folder of a file with the system's own program."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(file.parent)))
