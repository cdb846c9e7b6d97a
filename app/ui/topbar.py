"""The line at the top: folding, opening, the workspaces, what just happened, and the model with its state."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLabel, QToolButton, QWidget

from app.document import ModelState
from app.ui.buttons import IconButton
from app.ui.elided import ElidedLabel
from app.ui.icons import icon
from app.ui.strings import tr
from app.ui.theme import BODY_PX, THEME, font

#: How long a notice stays.
_STAY_MS = {"info": 8000, "warning": 15000, "error": 30000}


def device_name(device: str) -> str:
    """Return what people call a device."""
    return {"cpu": "CPU", "cuda": tr("GPU (CUDA)"), "mps": tr("GPU (Apple)")}.get(device, device)


#: Room for the name of the model.
_MODEL_PX = 240
#: Longer ones are dates with the time of day, which trainings have.
_VERSION_LETTERS = 8


class TopBar(QWidget):
    """Fold buttons at the edges, the workspaces, notices in the middle, the model on the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.left = IconButton("panel-left", tr("Show or hide the track list"), "F9")
        self.right = IconButton("panel-right", tr("Show or hide the results"), "F10")
        for button in (self.left, self.right):
            button.setCheckable(True)
            button.setChecked(True)
        self.open = IconButton("open", tr("Open files"), "Ctrl+O")
        self.tabs: dict[str, QToolButton] = {}
        self._group = QButtonGroup(self)
        self._tabs = QHBoxLayout()
        self._tabs.setSpacing(2)
        self._sign = QLabel()
        self._sign.setFixedWidth(18)
        self.notice = ElidedLabel()
        self.notice.setAccessibleName(tr("Latest message"))
        self.model = QToolButton()
        self.model.setFont(font(BODY_PX, tabular=True))
        self.model.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.model.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.model.setLayoutDirection(Qt.LayoutDirection.RightToLeft)  # the chevron stands behind the name
        self.model.setIconSize(QSize(14, 14))
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.clear_notice)
        self._level = "info"
        self._said_now = False  # what is said has been said since events were last looked at
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 2, 8, 2)
        layout.setSpacing(6)
        layout.addWidget(self.left)
        layout.addWidget(self.open)
        layout.addSpacing(4)
        layout.addLayout(self._tabs)
        layout.addSpacing(14)
        layout.addWidget(self._sign)
        layout.addWidget(self.notice, 1)
        layout.addWidget(self.model)
        layout.addWidget(self.right)
        self.setFixedHeight(38)
        THEME.changed.connect(self._tint)
        self._tint()

    def add_tab(self, name: str, title: str, key: str) -> QToolButton:
        """Add a workspace's tab and return it."""
        tab = QToolButton()
        tab.setText(title)
        tab.setFont(font(BODY_PX, strong=True))
        tab.setCheckable(True)
        tab.setProperty("tab", True)
        tab.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        tab.setToolTip(f"{title}  ({key})")
        tab.setAccessibleName(tr("Workspace {name}").format(name=title))
        self._group.addButton(tab)
        self._tabs.addWidget(tab)
        self.tabs[name] = tab
        return tab

    def add_before_model(self, widget: QWidget) -> None:
        """Add something that is told beside the model."""
        layout = self.layout()
        assert isinstance(layout, QHBoxLayout)
        layout.insertWidget(layout.indexOf(self.model), widget)

    def show_workspace(self, name: str, *, folds: bool) -> None:
        """Say which workspace is shown, and whether it has panels to fold away."""
        self.tabs[name].setChecked(True)
        for button in (self.left, self.right):
            policy = button.sizePolicy()
            policy.setRetainSizeWhenHidden(True)  # the tabs keep their place
            button.setSizePolicy(policy)
            button.setVisible(folds)

    def show_notice(self, message: str, level: str = "info") -> None:
        """Say something in the line; it goes by itself."""
        self._level = level
        self.notice.setText(message)
        self._tint()
        self._timer.start(_STAY_MS.get(level, 8000))
        self._said_now = True
        QTimer.singleShot(0, self, self._said_before)
        event = QAccessibleAnnouncementEvent(self, message)
        QAccessible.updateAccessibility(event)

    def _said_before(self) -> None:
        self._said_now = False

    def outdate_notice(self) -> None:
        """Say no longer what was said of an action before the present one; warnings and errors stay their time."""
        if self._level == "info" and not self._said_now:
            self.clear_notice()

    def clear_notice(self) -> None:
        """Say nothing."""
        self._timer.stop()
        self._level = "info"
        self.notice.setText("")
        self._tint()

    def show_model(self, model: ModelState) -> None:
        """Say which model answers, where it runs, and whether it is ready."""
        # What a personal model has learned, and when another was trained, stand in the card.
        version = model.version.partition("+")[0]
        version = version if len(version) <= _VERSION_LETTERS else ""
        whole = " ".join(part for part in (model.name or model.id, version) if part)
        # A person may have given it a long name: the bar is as wide as its least window.
        name = self.model.fontMetrics().elidedText(whole, Qt.TextElideMode.ElideMiddle, _MODEL_PX)
        if model.status == "ready":
            text = " \u00b7 ".join(part for part in (name, device_name(model.device)) if part)
        elif model.status == "failed":
            text = tr("{model}: could not be loaded").format(model=name or tr("Model"))
        else:
            text = tr("{model} is loading\u2026").format(model=name or tr("Model"))
        self.model.setText(text)
        about = model.message or tr("The model that judges, and where it runs")
        tip = about if name == whole else f"{whole}\n{about}"
        self.model.setToolTip(f"{tip}  (Ctrl+M: {tr('choose another')})")
        self.model.setAccessibleName(tr("Model: {text}").format(text=text.replace(name, whole, 1) if name else text))
        self.model.setProperty("error", model.status == "failed")
        self.model.style().unpolish(self.model)
        self.model.style().polish(self.model)

    def _tint(self) -> None:
        tokens = THEME.tokens
        self.model.setIcon(icon("chevron-down", tokens.soft, size=14))
        if self.notice.text() and self._level != "info":
            colour = tokens.error if self._level == "error" else tokens.text
            self._sign.setPixmap(icon("warning", colour, size=18).pixmap(18, 18))
        else:
            self._sign.clear()
        self.notice.setProperty("error", self._level == "error")
        self.notice.setProperty("soft", self._level == "info")
        self.notice.style().unpolish(self.notice)
        self.notice.style().polish(self.notice)
