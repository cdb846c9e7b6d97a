"""All that is known of the chosen climax: name, edges, what each cue gives, and what a person wrote of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QHelpEvent, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QSizePolicy,
    QToolTip,
    QVBoxLayout,
    QWidget,
)

from app.ui.analysis.climax_words import cue_about, cue_name
from app.ui.buttons import Choice, IconButton
from app.ui.strings import clock, signed, tr
from app.ui.theme import AXIS_PX, BODY_PX, THEME, font

if TYPE_CHECKING:
    from app.exploration import ShownClimax

#: The edges of a climax, in the order of time.
EDGES = ("start", "peak", "end")
_BAR_PX = 17
_NAME_PX, _NUMBER_PX = 116, 40
_NOTE_PX = 58
_SIGNS = {"start": "[ {time}", "peak": "\u25be {time}", "end": "{time} ]"}


class CueBars(QWidget):
    """One bar per cue, to the right where it lifts the intensity at the peak, to the left where it lowers it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cues: list[tuple[str, float]] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(tr("What each cue gives to the intensity at the peak"))
        THEME.changed.connect(self.update)

    def set_cues(self, cues: Mapping[str, float]) -> None:
        """Take what each cue gives, in the contour's unit."""
        self._cues = sorted(cues.items(), key=lambda cue: -abs(cue[1]))
        self.setFixedHeight((len(self._cues) + 1) * _BAR_PX)
        self.setAccessibleDescription(self.text.replace("\n", "; "))
        self.update()

    @property
    def text(self) -> str:
        """The rows in words."""
        return "\n".join([*(f"{cue_name(name)} {signed(value)}" for name, value in self._cues), self._sum])

    @property
    def _sum(self) -> str:
        total = signed(sum(value for _, value in self._cues))
        return tr("together {total} (0: the typical moment)").format(total=total)

    def bar(self, row: int) -> QRectF:
        """Where the bar of a row lies: from the middle of the groove, which is 0."""
        most = max((abs(value) for _, value in self._cues), default=0.0) or 1.0
        groove = QRectF(_NAME_PX, row * _BAR_PX + 6, self.width() - _NAME_PX - _NUMBER_PX, 5)
        value = self._cues[row][1] / most * groove.width() / 2
        middle = groove.center().x()
        return QRectF(min(middle, middle + value), groove.top(), max(abs(value), 1.5), groove.height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw name, bar and number of each cue."""
        tokens = THEME.tokens
        painter = QPainter(self)
        painter.setFont(font(AXIS_PX, tabular=True))
        for row, (name, value) in enumerate(self._cues):
            line = QRectF(0, row * _BAR_PX, self.width(), _BAR_PX)
            painter.setPen(QColor(tokens.soft))
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, cue_name(name))
            painter.setPen(QColor(tokens.text))
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, signed(value))
            bar = self.bar(row)
            middle = _NAME_PX + (self.width() - _NAME_PX - _NUMBER_PX) / 2
            groove = QRectF(_NAME_PX, bar.center().y(), self.width() - _NAME_PX - _NUMBER_PX, 1)
            painter.fillRect(groove, QColor(tokens.line))
            painter.fillRect(QRectF(middle, line.top() + 3, 1, _BAR_PX - 6), QColor(tokens.soft))
            painter.fillRect(bar, QColor(tokens.accent) if value > 0 else tokens.colour("soft", 0.7))
        painter.setPen(QColor(tokens.soft))
        line = QRectF(0, len(self._cues) * _BAR_PX, self.width(), _BAR_PX)
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, self._sum)
        if self.hasFocus():
            painter.setPen(QColor(tokens.accent))
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        painter.end()

    def event(self, event: QEvent) -> bool:
        """Explain the cue under the pointer."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            row = event.pos().y() // _BAR_PX
            if 0 <= row < len(self._cues):
                name = self._cues[row][0]
                unit = tr(
                    "The bar: what it gives to the intensity contour at the peak. 0 is the piece's typical moment; 1 "
                    "is what 10 dB, 0.6 of arousal, an octave of register and one of brightness, a doubling of density "
                    "and nearly three times the push on the answer make together."
                )
                QToolTip.showText(event.globalPos(), f"<b>{cue_name(name)}</b><br>{cue_about(name)} {unit}", self)
            return True
        return super().event(event)


class _NameField(QLineEdit):
    """Enter keeps the name, Esc leaves it as it was."""

    left = Signal()
    given_up = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter and Esc go back to where one came from."""
        if event.key() == Qt.Key.Key_Escape:
            self.given_up.emit()
            self.left.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.left.emit()  # the focus goes, and with it the name is kept
        else:
            super().keyPressEvent(event)


class _NoteField(QPlainTextEdit):
    """What is written is kept when the focus leaves; Esc leaves too, for a note is work."""

    left = Signal()
    written = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc and Ctrl+Enter keep the note and go back."""
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if event.key() == Qt.Key.Key_Escape or (enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier):
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Keep what is written; a menu of the field itself does not end it."""
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.written.emit()


class ClimaxDetails(QWidget):
    """The chosen climax.

    Signals
    -------
    named(ShownClimax, str), noted(ShownClimax, str)
        A person wrote its name or a note.
    edge_chosen(str)
        "start", "peak" or "end" is what Shift with Left and Right moves.
    loop_asked(), remove_asked(ShownClimax), left()
        The buttons; and a field was left by its keys.
    """

    named = Signal(object, str)
    noted = Signal(object, str)
    edge_chosen = Signal(str)
    loop_asked = Signal()
    remove_asked = Signal(object)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: ShownClimax | None = None
        self.name = _NameField()
        self.name.setPlaceholderText(tr("Name (F2)"))
        self.name.setAccessibleName(tr("Name of the climax"))
        self.name.setMaxLength(120)
        self.name.setAcceptDrops(False)
        self.loop = IconButton("loop", tr("Repeat this climax"), "G")
        self.remove = IconButton("remove", tr("Take this climax away"), "Del")
        words = (tr("start"), tr("peak"), tr("end"))
        moves = tr("What Shift with Left or Right moves")
        self.edges = Choice(moves, [(edge, word, "") for edge, word in zip(EDGES, words, strict=True)])
        self.edges.choose("peak")
        for button in self.edges.buttons.values():  # three times fit in the narrowest panel
            button.setFont(font(AXIS_PX, tabular=True))
            button.setProperty("narrow", True)
        self.cues = CueBars()
        self.note = _NoteField()
        self.note.setPlaceholderText(tr("Note"))
        self.note.setAccessibleName(tr("Note on the climax"))
        self.note.setTabChangesFocus(True)
        self.note.setFixedHeight(_NOTE_PX)
        self.note.setFont(font(BODY_PX))
        for part in (self.note, self.note.viewport()):  # files are dropped on the window
            part.setAcceptDrops(False)
        head = QHBoxLayout()
        head.setSpacing(2)
        head.addWidget(self.name, 1)
        head.addWidget(self.loop)
        head.addWidget(self.remove)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(head)
        layout.addWidget(self.edges)
        layout.addWidget(self.cues)
        layout.addWidget(self.note)
        self.name.editingFinished.connect(self._name_written)
        self.name.given_up.connect(self._name_given_up)
        self.name.left.connect(self.left)
        self.note.written.connect(self._note_written)
        self.note.left.connect(self.left)
        self.edges.chosen.connect(self.edge_chosen)
        self.loop.clicked.connect(self.loop_asked)
        self.remove.clicked.connect(lambda: self._shown is not None and self.remove_asked.emit(self._shown))
        self.setVisible(False)

    @property
    def edge(self) -> str:
        """Which edge is moved by keys."""
        return self.edges.value

    def show_climax(self, shown: ShownClimax | None, *, same: bool) -> None:
        """Show a climax, or none; `same` says that it is the one that was shown, changed."""
        self._shown = shown
        self.setVisible(shown is not None)
        if shown is None:
            return
        # What is being written is not overwritten by what was kept before.
        if not (same and self.name.hasFocus()):
            self.name.setText(shown.label)
            self.name.setCursorPosition(0)  # a long name is read from its beginning
        if not (same and self.note.hasFocus()) and self.note.toPlainText() != shown.note:
            self.note.setPlainText(shown.note)
        words = {"start": tr("from {time}"), "peak": tr("peak {time}"), "end": tr("until {time}")}
        about = {
            "start": tr("Where the approach begins."),
            "peak": tr("Where it is strongest."),
            "end": tr("Where it has abated."),
        }
        moving = tr("In the list, Shift with Left or Right moves what is chosen here; or drag it in the lane.")
        for edge, button in self.edges.buttons.items():
            time = clock(getattr(shown.climax, f"{edge}_s"), tenths=True)
            button.setText(_SIGNS[edge].format(time=time))
            button.setAccessibleName(words[edge].format(time=time))
            button.setToolTip(f"{about[edge]} {moving}")
        self.cues.set_cues(shown.climax.cues)
        self.cues.setVisible(bool(shown.climax.cues))

    def preview(self, edge: str, time_s: float) -> None:
        """Say where an edge would be."""
        self.edges.buttons[edge].setText(_SIGNS[edge].format(time=clock(time_s, tenths=True)))

    def keep(self) -> None:
        """Keep what is being written."""
        if self._shown is not None:
            self._name_written()
            self._note_written()

    def _name_written(self) -> None:
        if self._shown is not None and " ".join(self.name.text().split()) != self._shown.label:
            self.named.emit(self._shown, self.name.text())

    def _name_given_up(self) -> None:
        self.name.setText(self._shown.label if self._shown is not None else "")

    def _note_written(self) -> None:
        if self._shown is not None and self.note.toPlainText().strip() != self._shown.note:
            self.noted.emit(self._shown, self.note.toPlainText().strip())
