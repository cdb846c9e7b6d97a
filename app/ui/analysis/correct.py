"""The card on which a person says that the model is wrong, and sees at once what it made of that."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QIcon, QKeyEvent, QPainter, QPixmap
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from app.session import Session
from app.ui.analysis.correct_plane import CorrectPlane
from app.ui.analysis.correct_words import outcome, passage_text, point_of, says
from app.ui.analysis.small import small
from app.ui.buttons import Choice, IconButton, KeyButton
from app.ui.icons import draw_marker
from app.ui.strings import quadrant_name, tr
from app.ui.theme import BODY_PX, THEME, font
from models.analysis import QUADRANTS

#: As the quadrants lie in the plane.
_PLACES = {"Q2": (0, 0), "Q1": (0, 1), "Q3": (1, 0), "Q4": (1, 1)}
_NUMBERS = {
    Qt.Key.Key_1: "Q1",
    Qt.Key.Key_2: "Q2",
    Qt.Key.Key_3: "Q3",
    Qt.Key.Key_4: "Q4",
}


class CorrectCard(QFrame):
    """Four quadrants and a plane, for the whole track or for what is selected; it blocks nothing.

    It stays open when another track is shown, so that many can be gone through.

    Parameters
    ----------
    session : Session
        Its document's current track is corrected.
    """

    opened = Signal()
    closed = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._document = session.document
        self._why_not = ""
        self._before: QWidget | None = None
        self.setObjectName("correct")
        self.setAccessibleName(tr("Correct the model"))
        heading = QLabel(tr("What is right?"))
        heading.setFont(font(BODY_PX, strong=True))
        self.shut = IconButton("cancel", tr("Close"), tr("Esc"))
        self.about = Choice(
            tr("What is corrected"),
            [
                ("whole", tr("Whole track"), tr("Correct what the model says of the recording as a whole.")),
                ("passage", tr("Selection"), tr("Correct the selected passage: drag in the time ruler to select one.")),
            ],
        )
        self.about.choose("whole")
        self.buttons: dict[str, KeyButton] = {}
        grid = QGridLayout()
        grid.setSpacing(6)
        for number, quadrant in enumerate(QUADRANTS, 1):
            button = KeyButton()
            button.setText(f"{number}  {quadrant_name(quadrant, short=True)}")
            button.setAccessibleName(tr("Correct to {quadrant}").format(quadrant=quadrant_name(quadrant)))
            button.setToolTip(f"{quadrant} {quadrant_name(quadrant)}  ({number})")
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.setProperty("answer", True)
            button.setIcon(_marker(quadrant))
            button.setIconSize(QSize(14, 14))
            button.setFixedHeight(32)
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(partial(self.correct, quadrant))
            grid.addWidget(button, *_PLACES[quadrant])
            self.buttons[quadrant] = button
        self.plane = CorrectPlane()
        self.says = small()
        self.outcome = small()
        self.outcome.setProperty("soft", False)
        top = QHBoxLayout()
        top.addWidget(heading)
        top.addStretch(1)
        top.addWidget(self.shut)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 4, 8, 8)
        layout.setSpacing(8)
        layout.addLayout(top)
        layout.addWidget(self.about)
        layout.addLayout(grid)
        layout.addWidget(self.plane)
        layout.addWidget(self.says)
        layout.addWidget(self.outcome)
        self.shut.clicked.connect(self.close_card)
        self.about.chosen.connect(self._show)
        self.plane.point_chosen.connect(self.correct_point)
        for signal in self._shown_by():
            signal.connect(self._show)
        self._document.selection_changed.connect(self._selected)
        self._document.model_changed.connect(self._look)
        self._document.adapted.connect(self._announce)
        self.hide()

    def _shown_by(self) -> tuple:
        document = self._document
        return (
            document.current_changed, document.track_changed, document.analysis_changed, document.adapted,
            document.learning_changed, document.labels_changed,
        )  # fmt: skip

    def close_views(self) -> None:
        """Observe the document no longer."""
        for signal in self._shown_by():
            signal.disconnect(self._show)
        self._document.selection_changed.disconnect(self._selected)
        self._document.model_changed.disconnect(self._look)
        self._document.adapted.disconnect(self._announce)

    # What a person does

    def open_card(self) -> None:
        """Appear with the keyboard on the plane: 1 to 4, or the arrow keys and Enter."""
        self._before = self.window().focusWidget()
        self.about.choose("whole" if self._document.selection is None else "passage")
        self.show()
        self._look()
        self.opened.emit()
        self.plane.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def close_card(self) -> None:
        """Go away, and give the keyboard back."""
        if self.isHidden():
            return
        had = self.isAncestorOf(self.window().focusWidget()) if self.window().focusWidget() is not None else False
        self.hide()
        if had and self._before is not None:
            self._before.setFocus()
        self.closed.emit()

    def toggle(self) -> None:
        """Open it; if it is open take the keyboard there, and if it has it, close it."""
        focused = self.window().focusWidget()
        if not self.isVisible():
            self.open_card()
        elif focused is not None and self.isAncestorOf(focused):
            self.close_card()
        else:
            self.plane.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def correct(self, quadrant: str) -> None:
        """Say which quadrant is right."""
        if self._possible():
            self._session.correct(self._document.current, quadrant, **self._passage())

    def correct_point(self, valence: float, arousal: float) -> None:
        """Say which point is right."""
        if self._possible():
            self._session.correct(self._document.current, valence=valence, arousal=arousal, **self._passage())

    def _passage(self) -> dict[str, float]:
        region = self.passage
        return {} if region is None else {"start_s": region[0], "end_s": region[1]}

    @property
    def passage(self) -> tuple[float, float] | None:
        """What of the track is corrected; None for the whole."""
        return self._document.selection if self.about.value == "passage" else None

    def _possible(self) -> bool:
        current = self._document.current
        known = current is not None and self._document.analysis(current) is not None
        return known and not self._why_not and not self._document.is_learning(current)

    # Keys

    def handle_key(self, event: QKeyEvent) -> bool:
        """Do what a key means on the card; whether it meant something."""
        if not self.isVisible():
            return False
        if event.key() == Qt.Key.Key_Escape:
            self.close_card()
            return True
        quadrant = _NUMBERS.get(Qt.Key(event.key()))
        if quadrant is None or event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            return False
        self.correct(quadrant)
        return True

    def event(self, event: QEvent) -> bool:
        """While the card has the keyboard, Esc closes it rather than clear the selection."""
        if event.type() == QEvent.Type.ShortcutOverride and event.key() == Qt.Key.Key_Escape:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take what means something here; all else belongs to the window."""
        if not self.handle_key(event):
            event.ignore()

    # What is shown

    def _look(self, *_args: object) -> None:
        """Find out whether the model that answers can be corrected."""
        if not self.isHidden():
            self._why_not = self._session.why_not_correct()
            if not self._why_not and self._document.current is not None:
                self._session.prepare_correction(self._document.current)
            self._show()

    def _announce(self, track_id: int) -> None:
        """Say to those who listen what came of a correction."""
        if track_id == self._document.current and self.isVisible() and self.outcome.text():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, self.outcome.text()))

    def _selected(self, selection: tuple[float, float] | None) -> None:
        if selection is None:
            self.about.choose("whole")
        elif not self.isHidden():
            self.about.choose("passage")  # who selects while it is open means the selection
        self._show()

    def _show(self, *_args: object) -> None:
        if self.isHidden():
            return
        document, current, passage = self._document, self._document.current, self.passage
        analysis = None if current is None else document.analysis(current)
        selection = document.selection
        words = self.about.buttons["passage"]
        words.setEnabled(selection is not None)
        words.setText(tr("Selection") if selection is None else passage_text(selection))
        for part in (self.plane, *self.buttons.values()):
            part.setEnabled(self._possible() or (current is not None and document.is_learning(current)))
        self.plane.show_model(None if analysis is None else point_of(analysis, passage))
        adaptation = None if current is None else document.adaptation(current)
        self.outcome.setProperty("error", bool(self._why_not))
        self.outcome.style().polish(self.outcome)
        if self._why_not:
            self.says.setText("")
            self.outcome.setText(self._why_not)
        elif analysis is None:
            self.says.setText(tr("It can be corrected once it is analysed."))
            self.outcome.setText("")
        else:
            self.says.setText(says(analysis, passage))
            if document.is_learning(current):
                self.outcome.setText(tr("Learning\u2026"))
            else:
                said = {label.id: label.quadrant for label in document.labels(current)}
                words = "" if adaptation is None else outcome(adaptation, said.get(adaptation.label_id))
                self.outcome.setText(words)
        for label in (self.says, self.outcome):
            label.setVisible(bool(label.text()))


def _marker(quadrant: str) -> QIcon:
    picture = QPixmap(28, 28)
    picture.setDevicePixelRatio(2.0)
    picture.fill(THEME.tokens.colour("panel", 0.0))
    painter = QPainter(picture)
    draw_marker(painter, quadrant, QPointF(7, 7), 10)
    painter.end()
    return QIcon(picture)
