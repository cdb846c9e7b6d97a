"""Musical reasons as a list: what stands apart here, the strongest first, with what the literature associates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QHelpEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.ui.descriptor_words import definition, descriptor_name, with_unit
from app.ui.strings import signed, tr
from app.ui.theme import AXIS_PX, BODY_PX, THEME, font
from models.explain.reasons import LEAST_EFFECT

if TYPE_CHECKING:
    from models.explain.reasons import Reason

#: Room for about three, whatever stands apart, so that nothing below jumps; and for all of them, if a person asks.
_HEIGHT_PX, _OPEN_PX = 132, 228
_BAR_PX = 40
_GAP_PX = 7


def literature(reason: Reason) -> str:
    """Return what Table 2 of the third paper associates with a reason; nothing where it has no row for it."""
    if not reason.association:
        return ""
    return tr("{feature}, {pole}: {association}").format(
        feature=tr(reason.feature), pole=tr(reason.pole.lower()), association=tr(reason.association)
    )


def beside(reason: Reason) -> str:
    """Return the quiet line below a reason: whether it is so against the library too, and the literature."""
    library = reason.against_library or 0.0
    both = min(abs(library), abs(reason.against_track)) >= LEAST_EFFECT and library * reason.against_track > 0
    said = literature(reason)
    return " \u00b7 ".join(part for part in (tr("so against the library too") if both else "", said) if part)


class ReasonList(QWidget):
    """One row per reason: words, a bar of its strength, and below quietly what the literature associates.

    The room does not change with what stands apart, so that nothing below jumps while music plays; a person changes it.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._reasons: tuple[Reason, ...] = ()
        self._nothing = ""
        self._open = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(_HEIGHT_PX)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(tr("What stands apart here"))
        THEME.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """As much as there is."""
        return QSize(240, _OPEN_PX if self._open else _HEIGHT_PX)

    def set_open(self, opened: bool) -> None:
        """Make room for all, or for about three."""
        self._open = opened
        self.setFixedHeight(_OPEN_PX if opened else _HEIGHT_PX)
        self._rearranged()

    @property
    def is_open(self) -> bool:
        """Whether there is room for all."""
        return self._open

    @property
    def left(self) -> int:
        """How many have no room."""
        return len(self._reasons) - len(self.rows)

    def _rearranged(self) -> None:
        self.setAccessibleDescription(self.text)
        self.update()
        self.changed.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width has room for others."""
        super().resizeEvent(event)
        self._rearranged()

    def set_reasons(self, reasons: Sequence[Reason], nothing: str = "") -> None:
        """Take what stands apart, the strongest first; or say why there is nothing to tell."""
        reasons = tuple(reasons)
        if (reasons, nothing) == (self._reasons, self._nothing):
            return
        self._reasons, self._nothing = reasons, nothing
        self._rearranged()

    @property
    def rows(self) -> tuple[Reason, ...]:
        """The reasons from top to bottom, as many as there is room for."""
        return self._reasons[: len(self._places())]

    @property
    def text(self) -> str:
        """The rows in words."""
        if not self._reasons:
            return self._nothing
        lines = []
        for reason in self.rows:
            said = beside(reason)
            lines.append(f"{reason.words} ({said})" if said else reason.words)
        return "\n".join(lines)

    def about(self, reason: Reason) -> str:
        """Return the figures of a row, for its tooltip."""
        lines = [f"<b>{reason.words}</b>"]
        name = descriptor_name(reason.descriptor)
        here = tr("{name} here {value}").format(name=name, value=with_unit(reason.value, reason.unit))
        if reason.against_track_value == reason.against_track_value:  # not where there is no rest
            rest = with_unit(reason.against_track_value, reason.unit)
            here = tr("{here}, in the rest of the track {rest}").format(here=here, rest=rest)
            spreads = tr("{spreads} spreads of the track").format(spreads=signed(reason.against_track, 1))
            here = f"{here} ({spreads})"
        lines.append(f"{here}.")
        if reason.against_library is not None and reason.against_library_value is not None:
            lines.append(
                tr("Usual in the library: {usual} ({spreads} of its spreads).").format(
                    usual=with_unit(reason.against_library_value, reason.unit),
                    spreads=signed(reason.against_library, 1),
                )
            )
        if definition(reason.descriptor):
            lines.append(definition(reason.descriptor))
        said = literature(reason)
        if said:
            lines.append(tr("The literature associates: {said}.").format(said=said))
        return "<br>".join(lines)

    def _places(self) -> list[tuple[QRectF, QRectF]]:
        """Where the words of each row lie, of at most three lines, and what stands below them."""
        words_px, line_px = QFontMetrics(font(BODY_PX, tabular=True)), QFontMetrics(font(AXIS_PX)).height()
        room = QRect(0, 0, max(self.width() - _BAR_PX - 8, 40), 1000)
        out, top = [], 0.0
        for reason in self._reasons:
            height = words_px.boundingRect(room, Qt.TextFlag.TextWordWrap, reason.words).height()
            height = min(height, 3 * words_px.height())
            below_px = line_px if beside(reason) else 0
            if top + height + below_px > self.height():
                break
            words = QRectF(0, top, room.width(), height)
            out.append((words, QRectF(0, words.bottom() + 2, self.width(), below_px)))
            top += height + below_px + _GAP_PX
        return out

    def bar(self, row: int) -> QRectF:
        """Where the bar of a row lies, drawn to its strength."""
        groove = QRectF(self.width() - _BAR_PX, self._places()[row][0].top() + 6, _BAR_PX, 6)
        return QRectF(
            groove.left(), groove.top(), max(groove.width() * self._reasons[row].strength, 3.0), groove.height()
        )

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw words, bar and association of each reason."""
        tokens = THEME.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self._reasons:
            painter.setFont(font(BODY_PX))
            painter.setPen(QColor(tokens.soft))
            flags = Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect(), flags, self._nothing)
        plain, quiet = font(BODY_PX, tabular=True), font(AXIS_PX)
        for row, (words, below) in enumerate(self._places()):
            reason = self._reasons[row]
            painter.setFont(plain)
            painter.setPen(QColor(tokens.text))
            painter.drawText(words, Qt.TextFlag.TextWordWrap, reason.words)
            painter.setFont(quiet)
            painter.setPen(QColor(tokens.soft))
            said = QFontMetrics(quiet).elidedText(beside(reason), Qt.TextElideMode.ElideRight, int(below.width()))
            painter.drawText(below, Qt.AlignmentFlag.AlignVCenter, said)
            bar = self.bar(row)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(tokens.colour("line", 0.6))
            painter.drawRoundedRect(QRectF(bar.left(), bar.top(), _BAR_PX, bar.height()), 3, 3)
            painter.setBrush(QColor(tokens.accent))
            painter.drawRoundedRect(bar, 3, 3)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(tokens.accent), 1))
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        painter.end()

    def event(self, event: QEvent) -> bool:
        """Give the figures of the reason under the pointer."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            y = event.pos().y()
            places = self._places()
            row = next((i for i, (words, below) in enumerate(places) if words.top() <= y <= below.bottom()), None)
            if row is not None:
                QToolTip.showText(event.globalPos(), self.about(self._reasons[row]), self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)
