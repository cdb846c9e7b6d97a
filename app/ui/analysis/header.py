"""Title, artist, duration, and the judgement with its probability."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from app.document import TrackState
from app.ui.analysis.badge import UnfamiliarBadge
from app.ui.analysis.small import small
from app.ui.buttons import KeyButton
from app.ui.elided import ElidedLabel
from app.ui.icons import draw_marker
from app.ui.strings import clock, percent, quadrant_label, tr
from app.ui.theme import BODY_PX, DIMMED, THEME, TITLE_PX, font
from models.analysis import Analysis

#: Shorter music is called short, as in the notes of its analysis.
_SHORT_S = 10.0


class QuadrantChip(QWidget):
    """Marker, quadrant, name and probability; or how far the analysis is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._quadrant = ""
        self._text = ""
        self._progress: float | None = None
        self._dimmed = False
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        THEME.changed.connect(self.update)

    def show_track(self, track: TrackState | None, *, dimmed: bool = False) -> None:
        """Show a track's judgement or state; what says little is dimmed."""
        self._dimmed = dimmed
        self._quadrant, self._progress = "", None
        tip = ""
        if track is None:
            text = ""
        elif track.status == "analysing":
            stage = track.stage or tr("analysing")
            text = f"{stage}  {percent(track.progress)}"
            self._progress = track.progress
        elif track.quadrant:
            self._quadrant = track.quadrant
            text = f"{quadrant_label(track.quadrant)}  {percent(track.probability)}"
            tip = tr("Most probable quadrant of the whole track, with its estimated probability.")
        else:
            text = {
                "queued": tr("waits in the queue"),
                "waiting": tr("not analysed"),
                "failed": tr("could not be analysed"),
                "missing": tr("file is missing"),
            }.get(track.status, "")
        self._text = text
        self.setToolTip(tip)
        self.setAccessibleName(text)
        self.updateGeometry()
        self.update()

    @property
    def text(self) -> str:
        """What the chip says."""
        return self._text

    def sizeHint(self) -> QSize:
        """Room for the text."""
        if not self._text:
            return QSize(0, 28)
        metrics = QFontMetrics(font(BODY_PX, strong=True, tabular=True))
        return QSize(metrics.horizontalAdvance(self._text) + (36 if self._quadrant else 22), 28)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the chip."""
        if not self._text:
            return
        tokens = THEME.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(0.5, 0.5, self.width() - 1, self.height() - 1)
        painter.setPen(QColor(tokens.line))
        painter.setBrush(QColor(tokens.panel))
        painter.drawRoundedRect(box, 6, 6)
        if self._progress is not None:
            bar = QRectF(6, self.height() - 5, (self.width() - 12) * self._progress, 2)
            painter.fillRect(bar, QColor(tokens.accent))
        left = 11
        known = bool(self._quadrant) and not self._dimmed
        if self._quadrant:
            painter.setOpacity(DIMMED if self._dimmed else 1.0)
            draw_marker(painter, self._quadrant, QPointF(16, self.height() / 2), 10)
            painter.setOpacity(1.0)
            left = 27
        painter.setFont(font(BODY_PX, strong=known, tabular=True))
        painter.setPen(QColor(tokens.text if known else tokens.soft))
        painter.drawText(QRectF(left, 0, self.width() - left, self.height()), Qt.AlignmentFlag.AlignVCenter, self._text)
        painter.end()


class TrackHeader(QWidget):
    """One line over the lanes."""

    correct_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = ElidedLabel()
        self.title.setFont(font(TITLE_PX, strong=True))
        self.title.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.artist = ElidedLabel()
        self.artist.setFont(font(TITLE_PX))
        self.artist.setProperty("soft", True)
        self.artist.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.duration = small()
        self.duration.setFont(font(BODY_PX, tabular=True))
        self.duration.setWordWrap(False)
        self.badge = UnfamiliarBadge()
        self.chip = QuadrantChip()
        self.corrected = small()
        self.corrected.setWordWrap(False)
        self.correct = KeyButton()
        self.correct.setText(tr("Correct"))
        self.correct.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.correct.setToolTip(tr("Say what is right, and the model learns from it at once  (C)"))
        self.correct.setAccessibleName(tr("Correct the model"))
        self.correct.clicked.connect(self.correct_asked)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        layout.addWidget(self.title)
        layout.addWidget(self.artist)
        layout.addStretch(1)
        layout.addWidget(self.duration)
        layout.addWidget(self.badge)
        layout.addWidget(self.corrected)
        layout.addWidget(self.chip)
        layout.addWidget(self.correct)
        self.setFixedHeight(32)

    def resizeEvent(self, event: object) -> None:
        """Let the badge say as much as leaves room for a title."""
        super().resizeEvent(event)
        self._fit_badge()

    def _fit_badge(self) -> None:
        others = [self.title, self.duration, self.chip, self.correct]
        others += [part for part in (self.artist, self.corrected) if part.text()]
        used = sum(part.sizeHint().width() + self.layout().spacing() for part in others)
        self.badge.fit(self.width() - used - self.layout().spacing(), self.width() // 4)

    def show_track(self, track: TrackState | None, analysis: Analysis | None = None, *, corrected: str = "") -> None:
        """Show a track, or nothing; its analysis has more to say where the model does not know such music.

        `corrected` says who corrected it, if anybody.
        """
        kind = ""
        if track is not None and track.status == "done":
            kind = analysis.unfamiliar if analysis is not None else track.unfamiliar
        domain = analysis.domain if analysis is not None else None
        self.title.setText(track.title if track else "")
        self.artist.setText(track.artist if track else "")
        self.artist.setVisible(bool(track and track.artist))
        self._show_duration(track)
        self.badge.show_kind(kind, domain.message if domain is not None else "")
        self.chip.show_track(track, dimmed=bool(kind))
        self.corrected.setText(corrected)
        self.corrected.setVisible(bool(corrected))
        self.correct.setVisible(analysis is not None)
        self._fit_badge()
        self.layout().activate()  # at once: what is longer now is never painted in the room of what was shorter

    def _show_duration(self, track: TrackState | None) -> None:
        length = clock(track.duration_s) if track is not None and track.duration_s else ""
        tip = tr("Duration")
        if track is not None and length and track.duration_s < _SHORT_S and track.status == "done":
            length = tr("{length}, short").format(length=length)
            tip = tr("Short: the model learned from longer music, so take its answer as a guess.")
        self.duration.setText(length)
        self.duration.setToolTip(tip)
