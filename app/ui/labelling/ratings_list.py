"""The ratings of a track as rows: whose, what, when; one of them is shown, and any can be taken away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.labelling.take import RATE_HZ
from app.library.rows import Rating
from app.session import Session
from app.ui.buttons import IconButton, KeyButton
from app.ui.strings import clock, tr

#: More are not listed; they are exported all the same.
_MOST = 6


def dimension_name(dimension: str) -> str:
    """Return "valence and arousal", "valence" or "arousal"."""
    return {"both": tr("valence and arousal"), "valence": tr("valence"), "arousal": tr("arousal")}[dimension]


class RatingRows(QWidget):
    """One's own ratings; those of others too, unless one works blind.

    Signals
    -------
    shown_changed()
        `shown` is another one.
    """

    shown_changed = Signal()

    def __init__(self, session: Session, blind: Callable[[], bool], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._blind = blind
        self.shown: Rating | None = None
        self.ratings: list[Rating] = []
        self._group = QButtonGroup(self)
        self.buttons: list[KeyButton] = []
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(8, 0, 8, 0)
        self._layout.setSpacing(2)
        self.show_track(None)

    def show_track(self, track_id: int | None, chosen: Rating | None = None) -> None:
        """List the ratings of a track, the newest first; the newest of one's own is shown unless another is chosen."""
        rater = self._session.rater
        every = list(reversed(self._session.ratings(track_id))) if track_id is not None else []
        mine = [r for r in every if rater is not None and r.rater_id == rater.id]
        ratings = mine if self._blind() else every
        keep = chosen or (self.shown if self.shown in ratings else None)
        self.shown = keep if keep in ratings else next(iter(mine or ratings), None)
        self.ratings = ratings[:_MOST]
        self._fill()
        self.shown_changed.emit()

    def _fill(self) -> None:
        while self._layout.count():
            widget = self._layout.takeAt(0).widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.buttons = []
        if not self.ratings:
            nothing = QLabel(tr("None yet."))
            nothing.setProperty("soft", True)
            nothing.setContentsMargins(4, 0, 0, 0)
            self._layout.addWidget(nothing)
        for rating in self.ratings:
            self._layout.addWidget(self._row(rating))

    def _row(self, rating: Rating) -> QWidget:
        name = self._session.document.rater_of(rating.rater_id).name
        made = datetime.fromisoformat(rating.made).astimezone()
        words = f"{name}: {dimension_name(rating.dimension)}"
        button = KeyButton()
        short = {"both": tr("both"), "valence": tr("valence"), "arousal": tr("arousal")}[rating.dimension]
        button.setText(f"{name} \u00b7 {short} \u00b7 {made:%H:%M}")
        button.setCheckable(True)
        button.setChecked(rating is self.shown)
        button.setProperty("tab", True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        rated = clock(len(rating.times_s) / RATE_HZ)
        tip = tr("{time} of music, rated {when}").format(time=rated, when=f"{made:%Y-%m-%d %H:%M}")
        button.setToolTip(tip)
        button.setAccessibleName(f"{words}, {tip}")
        button.clicked.connect(lambda _checked=False, rating=rating: self._choose(rating))
        self._group.addButton(button)
        self.buttons.append(button)
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(button)
        layout.addStretch(1)
        if self._session.rater is not None and rating.rater_id == self._session.rater.id:
            remove = IconButton("remove", tr("Remove this rating"))
            remove.clicked.connect(lambda _checked=False, rating=rating: self._session.remove_rating(rating))
            layout.addWidget(remove)
        return row

    def _choose(self, rating: Rating) -> None:
        self.shown = rating
        self.shown_changed.emit()
