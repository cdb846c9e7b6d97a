"""Playing the passage that is to be labelled: as soon as its recording can be heard, and again when asked."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from app.labelling.passage import Clip, passage
from app.session import Session
from app.ui.player import Player

#: How long a clip waits for the model's attention to say where it begins: it must not seem to hang.
_PATIENCE_MS = 350


class ClipPlayer(QObject):
    """Shows a track and plays its passage.

    Signals
    -------
    began
        The music has begun to sound, for the first time.
    changed
        The passage is known, or is not any more.
    """

    began = Signal()
    changed = Signal()

    def __init__(self, session: Session, player: Player, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._document = session.document
        self._player = player
        self.clip: Clip = "telling"
        self.track_id: int | None = None
        self.region: tuple[float, float] | None = None
        self._wanted = False
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(_PATIENCE_MS)
        self._patience.timeout.connect(lambda: self._begin(patient=False))
        for signal in self._watched():
            signal.connect(self._look)

    def _watched(self) -> tuple:
        document = self._document
        return document.track_changed, document.overview_changed, document.analysis_changed

    def close(self) -> None:
        """Observe the document no longer."""
        self._patience.stop()
        for signal in self._watched():
            signal.disconnect(self._look)

    def show(self, track_id: int, *, play: bool = True) -> None:
        """Take a track; it plays as soon as it can."""
        self._player.pause()
        self.track_id = track_id
        self.region = None
        self._wanted = play
        self._session.select_track(track_id)
        self._patience.start()
        self._begin()

    def rest(self) -> None:
        """Play nothing, and want nothing."""
        self._wanted = False
        self._patience.stop()
        self._player.pause()

    def forget(self) -> None:
        """Have no clip any more."""
        self.rest()
        self.track_id = self.region = None
        self.changed.emit()

    def toggle(self) -> None:
        """Rest, go on, or play the passage again from its start once it is over."""
        if self._player.playing:
            self._player.pause()
        elif self.region is None:
            self._wanted = not self._wanted
            self._begin()
        else:
            start_s, end_s = self.region
            at_s = self._player.position_s
            self._player.play_region(at_s if start_s <= at_s < end_s - 0.1 else start_s, end_s)

    def _look(self, track_id: int) -> None:
        if track_id == self.track_id and self.region is None:
            self._begin()

    def _begin(self, *, patient: bool = True) -> None:
        """Find the passage if everything is there that tells it, and play."""
        track_id, document = self.track_id, self._document
        if track_id is None or self.region is not None or track_id not in document or document.current != track_id:
            return
        if self._player.duration_s <= 0:
            return  # the next message about the track brings its length
        analysis = document.analysis(track_id)
        expected = self.clip == "telling" and analysis is None and document.track(track_id).status == "done"
        if expected and patient and self._patience.isActive():
            return
        self._patience.stop()
        self.region = passage(self.clip, self._player.duration_s, analysis)
        self.changed.emit()
        if self._wanted:
            self._wanted = False
            self._player.play_region(*self.region)
            self.began.emit()
        else:
            self._player.seek(self.region[0])
