"""The bar at the bottom: playback on the left, the queue on the right."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QFontMetrics
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QProgressBar, QPushButton, QSlider, QToolButton, QWidget

from app.document import QueueState
from app.ui.buttons import IconButton, rule
from app.ui.elided import ElidedLabel
from app.ui.player import SPEEDS, Player
from app.ui.strings import clock, tr
from app.ui.theme import BODY_PX, font


class Transport(QWidget):
    """Controls of a `Player`, and how far the queue is."""

    play_asked = Signal()
    cancel_asked = Signal()

    def __init__(self, player: Player, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._player = player
        self._at = ""
        self.setAccessibleName(tr("Transport"))
        self.to_start = IconButton("to-start", tr("To the start"), "Home")
        self.play = IconButton("play", tr("Play"), tr("Space"))
        self.to_end = IconButton("to-end", tr("To the end"), "End")
        self.loop = IconButton("loop", tr("Repeat the selection, or the whole track"), "L")
        self.loop.setCheckable(True)
        self.speed = QToolButton()
        self.speed.setFont(font(BODY_PX, tabular=True))
        self.speed.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.speed.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.speed.setMenu(self._speed_menu())
        self.time = QLabel()
        self.time.setFont(font(BODY_PX, tabular=True))
        self.time.setAccessibleName(tr("Position and duration"))
        self.mute = IconButton("volume", tr("Mute"), "M")
        self.volume = QSlider(Qt.Orientation.Horizontal)
        self.volume.setRange(0, 100)
        self.volume.setFixedWidth(92)
        self.volume.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.volume.setAccessibleName(tr("Volume"))
        self.queue_text = ElidedLabel()
        self.queue_text.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.queue_text.setProperty("soft", True)
        self.queue_bar = QProgressBar()
        self.queue_bar.setTextVisible(False)
        self.queue_bar.setRange(0, 1000)
        self.queue_bar.setFixedWidth(150)
        self.queue_bar.setAccessibleName(tr("Progress of the queue"))
        self.cancel = QPushButton(tr("Cancel"))
        self.cancel.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.cancel.setToolTip(tr("Stop analysing; what is finished stays"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 6, 12, 6)
        layout.setSpacing(4)
        for widget in (self.to_start, self.play, self.to_end, self.loop, self.speed):
            layout.addWidget(widget)
        layout.addSpacing(8)
        layout.addWidget(self.time)
        layout.addSpacing(12)
        layout.addWidget(self.mute)
        layout.addWidget(self.volume)
        layout.addSpacing(12)
        layout.addWidget(rule(vertical=True))
        layout.addSpacing(8)
        layout.addWidget(self.queue_text, 1)
        layout.addSpacing(8)
        layout.addWidget(self.queue_bar)
        layout.addSpacing(8)
        layout.addWidget(self.cancel)
        self.setFixedHeight(46)

        self.to_start.clicked.connect(lambda: player.seek(0.0))
        self.to_end.clicked.connect(lambda: player.seek(player.duration_s))
        self.play.clicked.connect(self.play_asked)
        self.loop.toggled.connect(player.set_loop)
        self.mute.clicked.connect(self.toggle_mute)
        self.volume.valueChanged.connect(lambda value: player.set_volume(value / 100))
        self.cancel.clicked.connect(self.cancel_asked)
        player.playing_changed.connect(self._show_playing)
        player.position_changed.connect(self._show_position)
        player.speed_changed.connect(self._show_speed)
        player.loop_changed.connect(self.loop.setChecked)
        player.volume_changed.connect(self._show_volume)
        self._loud = 0.8
        self._show_speed(player.speed)
        self._show_volume(player.volume)
        self._show_position(0.0)
        self.show_queue(QueueState())
        self.set_enabled(False)

    def _speed_menu(self) -> QMenu:
        menu = QMenu(self)
        group = QActionGroup(menu)
        for speed in SPEEDS:
            action = QAction(f"{speed:g}\u00d7", menu, checkable=True)
            action.setChecked(speed == 1.0)
            action.triggered.connect(lambda _checked=False, value=speed: self._player.set_speed(value))
            group.addAction(action)
            menu.addAction(action)
        return menu

    def set_enabled(self, on: bool) -> None:
        """Allow playback, or not while nothing is open."""
        for widget in (self.to_start, self.play, self.to_end, self.loop, self.speed):
            widget.setEnabled(on)
        self._at = ""
        self._show_position(self._player.position_s)

    def toggle_mute(self) -> None:
        """Silence, and back to what it was."""
        if self._player.volume > 0:
            self._loud = self._player.volume
            self._player.set_volume(0.0)
        else:
            self._player.set_volume(self._loud or 0.8)

    def _show_playing(self, playing: bool) -> None:
        self.play.set_icon("pause" if playing else "play")
        self.play.describe(tr("Pause") if playing else tr("Play"), tr("Space"))

    def _show_position(self, at_s: float) -> None:
        duration_s = self._player.duration_s
        text = f"{clock(at_s, tenths=True)} / {clock(duration_s)}" if duration_s > 0 else ""
        if text == self._at:
            return
        if len(text) != len(self._at) or not self._at:
            widest = QFontMetrics(self.time.font()).horizontalAdvance(text or "0:00.0 / 0:00")
            self.time.setFixedWidth(widest + 4)
        self._at = text
        self.time.setText(text)

    def _show_speed(self, speed: float) -> None:
        self.speed.setText(f"{speed:g}\u00d7")
        widest = QFontMetrics(self.speed.font()).horizontalAdvance("1.25\u00d7")
        self.speed.setFixedWidth(widest + 16)
        self.speed.setAccessibleName(tr("Speed {speed}").format(speed=f"{speed:g}\u00d7"))
        self.speed.setToolTip(tr("Speed of playback, 0.5\u00d7 to 2\u00d7  (Ctrl+PgUp, Ctrl+PgDn)"))
        for action in self.speed.menu().actions():
            action.setChecked(action.text() == f"{speed:g}\u00d7")

    def _show_volume(self, volume: float) -> None:
        self.volume.blockSignals(True)
        self.volume.setValue(round(volume * 100))
        self.volume.blockSignals(False)
        self.volume.setToolTip(tr("Volume {value}\u202f%").format(value=round(volume * 100)))
        self.mute.set_icon("volume" if volume > 0 else "volume-off")
        self.mute.describe(tr("Mute") if volume > 0 else tr("Sound on"), "M")

    def show_queue(self, queue: QueueState) -> None:
        """Say how far the queue is, what is left and when it ends."""
        busy = queue.done < queue.total
        for widget in (self.queue_bar, self.cancel):
            # They keep their place, so that nothing jumps when work begins.
            policy = widget.sizePolicy()
            policy.setRetainSizeWhenHidden(True)
            widget.setSizePolicy(policy)
            widget.setVisible(busy)
        if not busy:
            self.queue_text.setText("")
            return
        text = tr("analysing {number} of {total}").format(number=min(queue.done + 1, queue.total), total=queue.total)
        if queue.remaining_s is not None and queue.remaining_s >= 1:
            left = clock(queue.remaining_s)
            text = f"{text} \u00b7 {tr('about {time} left').format(time=left)}"
        self.queue_text.setText(text)
        self.queue_bar.setValue(round(queue.fraction * 1000))
