"""Rating while it plays: a pointer in the plane or on sliders, what was rated so far, and the tracks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.library.rows import Rating
from app.session import Session
from app.ui.buttons import Choice, rule
from app.ui.elided import ElidedLabel
from app.ui.labelling.rating_field import STEPS, Field
from app.ui.labelling.rating_strip import RatingStrip
from app.ui.labelling.ratings_list import RatingRows
from app.ui.labelling.recording import Recording
from app.ui.labelling.track_list import LabelTrackList
from app.ui.player import Player
from app.ui.strings import clock, tr
from app.ui.theme import TITLE_PX, font
from models.data.traces import TRACE_STEP_S

_SETTING = "label.dimension"
_SIDE_PX = 280


class RatingView(QWidget):
    """Follows the document's current track.

    Signals
    -------
    state_changed()
        Other actions may be possible.
    """

    state_changed = Signal()

    def __init__(
        self, session: Session, player: Player, blind: Callable[[], bool], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._document = session.document
        self._player = player
        self._blind = blind
        self._track_id: int | None = None
        self._drawn = -1
        self.recording = Recording(session, player, self)
        self.title = ElidedLabel()
        self.title.setFont(font(TITLE_PX, strong=True))
        self.title.setAccessibleName(tr("What is rated"))
        self.dimension = Choice(
            tr("Rate"),
            [
                ("both", tr("Both"), tr("Valence to the right, arousal upwards")),
                ("valence", tr("Valence"), tr("Unpleasant to pleasant: left and right")),
                ("arousal", tr("Arousal"), tr("Quiet to excited: down and up")),
            ],
        )
        self.dimension.choose(session.setting(_SETTING, "both"))
        self.hint = ElidedLabel()
        self.hint.setProperty("soft", True)
        self.hint.setAccessibleName(tr("What to do"))
        self.field = Field()
        self.plane, self.valence, self.arousal = self.field.plane, self.field.valence, self.field.arousal
        self.strip = RatingStrip()
        self.start = QPushButton(tr("Rate  (Enter)"))
        self.chill = QPushButton(tr("Chill  (X)"))
        self.chill.setToolTip(tr("Mark the instant: a shiver, goose bumps"))
        self.stop = QPushButton(tr("Keep and end  (Esc)"))
        self.tracks = LabelTrackList(session)
        self.rows = RatingRows(session, blind)
        self._lay_out()
        self.plane.trail = self._trail
        self.plane.pointer_moved.connect(self._pointed)
        self.valence.valueChanged.connect(self._slid)
        self.arousal.valueChanged.connect(self._slid)
        self.dimension.chosen.connect(self._dimension_chosen)
        self.start.clicked.connect(self.begin_or_pause)
        self.chill.clicked.connect(self.mark_chill)
        self.stop.clicked.connect(self.end)
        self.strip.seek_asked.connect(player.seek)
        self.strip.selected.connect(lambda _region: self._show_state())
        self.recording.changed.connect(self._show_state)
        self.recording.kept.connect(self._kept)
        self.rows.shown_changed.connect(self._show_rating)
        player.position_changed.connect(self._follow)
        for signal, slot in self._watched():
            signal.connect(slot)
        self._dimension_chosen(self.dimension.value)
        self.show_track()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(self.title, 1)
        head.addWidget(self.dimension)
        row = QHBoxLayout()
        row.setSpacing(8)
        for button in (self.start, self.chill, self.stop):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setAutoDefault(True)
            row.addWidget(button)
        self.start.setDefault(True)
        row.insertStretch(2, 1)
        left = QVBoxLayout()
        left.setContentsMargins(16, 10, 16, 12)
        left.setSpacing(8)
        left.addLayout(head)
        left.addWidget(self.hint)
        left.addWidget(self.field, 1)
        left.addWidget(self.strip)
        left.addLayout(row)
        panel = QWidget()
        panel.setObjectName("panel")
        panel.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        panel.setFixedWidth(_SIDE_PX)
        side = QVBoxLayout(panel)
        side.setContentsMargins(0, 12, 0, 8)
        side.setSpacing(6)
        for name, part, stretch in ((tr("Tracks"), self.tracks, 1), (tr("Ratings of this track"), self.rows, 0)):
            words = QLabel(name)
            words.setFont(font(strong=True))
            words.setContentsMargins(12, 0, 12, 0)
            side.addWidget(words)
            side.addWidget(part, stretch)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(left, 1)
        layout.addWidget(rule(vertical=True))
        layout.addWidget(panel)

    def _watched(self) -> tuple:
        document = self._document
        return (
            (document.current_changed, self.show_track),
            (document.overview_changed, self._data_changed),
            (document.track_changed, self._data_changed),
            (document.analysis_changed, self._data_changed),
            (document.ratings_changed, self._data_changed),
            (document.raters_changed, self.show_track),
            (document.opinions_reset, self.show_track),
        )

    def close_views(self) -> None:
        """Keep what is being rated, and observe the document no longer."""
        self.recording.cancel()
        self.recording.finish()
        for signal, slot in self._watched():
            signal.disconnect(slot)
        self.tracks.close_views()

    # What a person does

    @property
    def busy(self) -> bool:
        """Whether a rating is under way."""
        return self.recording.busy

    @property
    def can_rate_again(self) -> bool:
        """Whether a passage is selected and there is a rating of this rater to put it into."""
        return not self.busy and self.strip.selection is not None and self._mine() is not None

    def begin_or_pause(self) -> None:
        """Begin; or pause, or go on."""
        if self.busy:
            self.recording.toggle()
        elif self.can_rate_again:
            self.rate_again()
        elif self._track_id is not None:
            dimension = self.dimension.value
            self.recording.begin(self._track_id, dimension, self.strip.selection)  # type: ignore[arg-type]
        self.plane.setFocus()

    def rate_again(self) -> None:
        """Rate the selected passage of one's own rating again."""
        mine = self._mine()
        if self.can_rate_again and mine is not None and self._track_id is not None:
            self.dimension.choose(mine.dimension)
            self._dimension_chosen(mine.dimension)
            self.recording.begin(self._track_id, mine.dimension, self.strip.selection, mine)
            self.plane.setFocus()

    def mark_chill(self) -> None:
        """Mark a chill where the playhead is."""
        at_s = self.recording.chill()
        if at_s is not None:
            self._document.tell(tr("Chill marked at {time}.").format(time=clock(at_s, tenths=True)))

    def end(self) -> None:
        """Keep what was rated; while it counts down there is nothing to keep."""
        self.recording.cancel()
        self.recording.finish()

    def step_track(self, by: int) -> None:
        """Go to the next or previous track; what is being rated is kept first."""
        self.end()
        self.tracks.step(by)

    def rest(self) -> None:
        """Another view is shown: pause."""
        self.recording.cancel()
        if self.recording.state == "rating":
            self.recording.toggle()

    def set_blind(self, _blind: bool) -> None:
        """Hide or show what the model and the others say."""
        self.rows.show_track(self._track_id)
        self._show_model()

    def handle_key(self, event: QKeyEvent) -> bool:
        """Move the pointer by arrows; Enter begins."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not self.busy:
            self.begin_or_pause()
            return True
        return self.plane.handle_key(event)

    def _dimension_chosen(self, dimension: str) -> None:
        if self._session.setting(_SETTING, "both") != dimension:
            self._session.set_setting(_SETTING, dimension)
        self.plane.moves_valence = dimension != "arousal"
        self.plane.moves_arousal = dimension != "valence"
        self.valence.setVisible(self.plane.moves_valence)
        self.arousal.setVisible(self.plane.moves_arousal)
        self._point(0.0, 0.0)

    def _pointed(self, valence: float, arousal: float) -> None:
        self.recording.pointer = (valence, arousal)
        for slider, value in ((self.valence, valence), (self.arousal, arousal)):
            slider.blockSignals(True)
            slider.setValue(round(value * STEPS / 2))
            slider.blockSignals(False)

    def _point(self, valence: float, arousal: float) -> None:
        self.plane.set_pointer(valence, arousal)
        self._pointed(*self.plane.pointer)

    def _slid(self) -> None:
        valence, arousal = self.valence.value() / (STEPS / 2), self.arousal.value() / (STEPS / 2)
        self.plane.set_pointer(valence, arousal)
        self.recording.pointer = self.plane.pointer

    # What is shown

    def show_track(self, *_args: object) -> None:
        """Show the current track; a rating of another one is kept. While nobody looks there is nothing to draw."""
        if not self.isVisible() and not self.busy:
            return
        current = self._document.current
        if current != self._track_id:
            if self.busy:
                self.end()
            self.strip.set_selection(None)
            self._track_id = current
        track = self._document.track(current) if current is not None and current in self._document else None
        self.title.setText(
            " \u00b7 ".join(part for part in (track.title, track.artist) if part) if track else tr("Choose a track")
        )
        overview = self._document.overview(current) if track else None
        duration_s = overview.duration_s if overview else (track.duration_s or 0.0) if track else 0.0
        self.strip.show_track(duration_s, overview)
        self._show_model()
        self.rows.show_track(current if track else None)
        self._show_rating()
        self._show_state()

    def showEvent(self, event: QShowEvent) -> None:
        """Show what has changed meanwhile."""
        super().showEvent(event)
        self.show_track()

    def _data_changed(self, track_id: int) -> None:
        if track_id == self._track_id:
            self.show_track()

    def _show_model(self) -> None:
        analysis = self._document.analysis(self._track_id) if self._track_id is not None else None
        self.strip.show_model(None if self._blind() else analysis)

    def _mine(self) -> Rating | None:
        """The rating that is shown, if it is this rater's."""
        shown, rater = self.rows.shown, self._session.rater
        return shown if shown is not None and rater is not None and shown.rater_id == rater.id else None

    def _show_rating(self) -> None:
        take, shown = self.recording.take, self.rows.shown
        if take is not None:
            self.strip.show_rating(take.at_2_hz() if take.coverage else None, take.chills)
        elif shown is not None:
            self.strip.show_rating(shown.at_2_hz(), shown.chills)
        else:
            self.strip.show_rating(None, ())

    def _show_state(self) -> None:
        state, selection = self.recording.state, self.strip.selection
        self.plane.count = self.recording.count if state == "countdown" else 0
        self.plane.update()
        words = {
            "countdown": tr("Begin now  (Space)"),
            "rating": tr("Pause  (Space)"),
            "paused": tr("Go on  (Space)"),
        }
        begin = tr("Rate the passage  (Enter)") if selection is not None else tr("Rate  (Enter)")
        self.start.setText(words.get(state, tr("Rate the passage again  (R)") if self.can_rate_again else begin))
        self.start.setEnabled(self._track_id is not None and self.strip.duration_s > 0)
        self.chill.setEnabled(state in ("rating", "paused"))
        self.stop.setEnabled(self.busy)
        self.dimension.setEnabled(not self.busy)
        self.tracks.setEnabled(not self.busy)
        self.hint.setText(
            {
                "ready": tr("Follow what the music expresses with the mouse, the sliders or the arrow keys."),
                "countdown": tr("Put the pointer where the music will begin."),
                "rating": tr("Rating. X marks a chill."),
                "paused": tr("Paused: nothing is taken down."),
            }[state]
        )
        self._show_rating()
        self.state_changed.emit()

    def _follow(self, at_s: float) -> None:
        if not self.isVisible():
            return
        self.strip.set_playhead(at_s)
        if self.recording.state == "rating":
            self.plane.update()
            half_second = int(at_s / TRACE_STEP_S)
            if half_second != self._drawn:
                self._drawn = half_second
                self._show_rating()

    def _trail(self) -> list[tuple[float, float]]:
        take = self.recording.take
        if take is None or self.recording.state not in ("rating", "paused"):
            return []
        return [(v, a) for v, a in np.nan_to_num(take.trail(self._player.position_s)).tolist()]

    def _kept(self, rating: Rating | None) -> None:
        if rating is None:
            self._document.tell(tr("Nothing was rated, so nothing was kept."))
            return
        self.rows.show_track(self._track_id, rating)
        self.strip.set_selection(None)
        self._show_state()  # what the button would do is another thing without the passage
        self._document.tell(tr("Your rating was kept: {what}. Ctrl+Z takes it back.").format(what=self.strip.text))
