"""A part of the right panel with a name that folds it away; what is folded stays folded the next day."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from app.session import Session
from app.ui.icons import icon
from app.ui.strings import tr
from app.ui.theme import THEME, font


class Section(QWidget):
    """A name, and below it what it holds.

    Parameters
    ----------
    session : Session
        Keeps whether it is folded.
    key : str
        Name of the setting.
    title : str
        What people read.
    """

    folded = Signal(bool)

    def __init__(self, session: Session, key: str, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._setting = f"results.{key}"
        self._title = title
        self.button = QToolButton()
        self.button.setText(title)
        self.button.setFont(font(strong=True))
        self.button.setCheckable(True)
        self.button.setProperty("heading", True)
        self.button.setIconSize(QSize(14, 14))
        self.button.setMinimumWidth(1)  # its size is more than its words need, which must not widen a narrow panel
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.head = QHBoxLayout()
        self.head.setContentsMargins(0, 0, 0, 0)
        self.head.addWidget(self.button)
        self.head.addStretch(1)
        self.body = QWidget()
        self.content = QVBoxLayout(self.body)
        self.content.setContentsMargins(0, 0, 0, 0)
        self.content.setSpacing(4)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(self.head)
        layout.addWidget(self.body)
        self.button.toggled.connect(self._toggled)
        THEME.changed.connect(self._tint)
        self.button.setChecked(bool(session.setting(self._setting, True)))
        self._toggled(self.button.isChecked())

    @property
    def is_open(self) -> bool:
        """Whether its content can be seen."""
        return self.button.isChecked()

    def open(self, shown: bool = True) -> None:
        """Unfold it, or fold it away."""
        self.button.setChecked(shown)

    def _toggled(self, shown: bool) -> None:
        self.body.setVisible(shown)
        self.button.setToolTip(tr("Fold away") if shown else tr("Unfold"))
        state = tr("unfolded") if shown else tr("folded")
        self.button.setAccessibleName(f"{self._title}, {state}")
        self._tint()
        if bool(self._session.setting(self._setting, True)) != shown:
            self._session.set_setting(self._setting, shown)
        self.folded.emit(not shown)

    def _tint(self) -> None:
        tokens = THEME.tokens
        self.button.setIcon(icon("chevron-down" if self.is_open else "chevron-right", tokens.soft, size=14))
