"""What a figure will look like, in its proportions, with its size in print."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.jobs.printing import Picture
from app.ui.strings import tr
from app.ui.theme import BODY_PX, THEME, font

_MARGIN_PX = 10
#: More pixels than this side by side cost time and are not seen.
_MOST_PX = 1500
#: A picture that is there sooner needs no sign that it comes.
_QUIET_MS = 250


def size_text(size_mm: tuple[float, float]) -> str:
    """Return "85 x 220 mm"."""
    width, height = size_mm
    return tr("{width} \u00d7 {height} mm").format(width=f"{width:.0f}", height=f"{height:.0f}")


class Preview(QWidget):
    """Shows a picture as large as fits; what is being drawn anew stays until the new one is there."""

    resized = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(320, 300)
        self.setAccessibleName(tr("Preview"))
        self.picture: Picture | None = None
        self.trouble = ""
        self._image = QImage()
        self._busy = False
        self._pause = QTimer(self, singleShot=True, interval=_QUIET_MS)
        self._pause.timeout.connect(self.update)
        THEME.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Room for a figure of two columns."""
        return QSize(560, 600)

    @property
    def wanted_px(self) -> int:
        """How many pixels wide a picture should be drawn: as it is shown on this screen."""
        room = self._room()
        width = room.width()
        if self.picture is not None:
            mm_wide, mm_high = self.picture.size_mm
            width = min(width, room.height() * mm_wide / mm_high)
        return max(200, min(_MOST_PX, round(width * self.devicePixelRatioF())))

    @property
    def is_coarse(self) -> bool:
        """Whether what is shown was drawn for clearly fewer pixels than it fills."""
        return not self._image.isNull() and self.wanted_px > 1.15 * self._image.width()

    @property
    def is_redrawing(self) -> bool:
        """Whether it is seen that another picture comes: not where that takes no time."""
        return self._busy and not self._image.isNull() and not self._pause.isActive()

    def set_busy(self, busy: bool) -> None:
        """Say that another picture is being drawn, or that it is not any more."""
        if busy and not self._busy:
            self._pause.start()
        self._busy = busy
        self.update()

    def show_picture(self, picture: Picture) -> None:
        """Show a figure."""
        self.picture, self.trouble = picture, ""
        self._image = QImage.fromData(picture.png)
        self.setAccessibleDescription(f"{picture.title}, {size_text(picture.size_mm)}")
        self.update()

    def show_trouble(self, words: str) -> None:
        """Say why there is no figure."""
        self.picture, self.trouble, self._busy = None, words, False
        self._image = QImage()
        self.setAccessibleDescription(words)
        self.update()

    def _room(self) -> QRectF:
        return QRectF(self.rect()).adjusted(_MARGIN_PX, _MARGIN_PX, -_MARGIN_PX, -_MARGIN_PX)

    @property
    def page(self) -> QRectF:
        """Where the figure stands."""
        room = self._room()
        if self._image.isNull():
            return QRectF()
        scale = min(room.width() / self._image.width(), room.height() / self._image.height())
        width, height = self._image.width() * scale, self._image.height() * scale
        return QRectF(room.center().x() - width / 2, room.center().y() - height / 2, width, height)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Ask for a picture that fits."""
        super().resizeEvent(event)
        self.resized.emit()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the figure on its ground, or the reason why there is none."""
        tokens = THEME.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(self.rect(), QColor(tokens.hover))
        if self._image.isNull():
            painter.setFont(font(BODY_PX))
            painter.setPen(QColor(tokens.soft))
            words = self.trouble or tr("Drawing\u2026")
            painter.drawText(self._room(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, words)
        else:
            painter.drawImage(self.page, self._image)
            painter.setPen(QColor(tokens.line))
            painter.drawRect(self.page)
            if self.is_redrawing:
                self._draw_sign(painter)
        painter.end()

    def _draw_sign(self, painter: QPainter) -> None:
        """Say in a corner that what is seen is the figure before."""
        tokens = THEME.tokens
        painter.setFont(font(BODY_PX))
        words = tr("Drawing\u2026")
        metrics = painter.fontMetrics()
        box = QRectF(0, 0, metrics.horizontalAdvance(words) + 16, metrics.height() + 8)
        box.moveTopRight(self._room().topRight())
        painter.fillRect(box, QColor(tokens.hover))
        painter.setPen(QColor(tokens.soft))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)
