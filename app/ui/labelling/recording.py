"""Taking a rating down while the track plays: countdown, sampling at the player's position, pauses, the end."""

from __future__ import annotations

import time
from typing import Literal

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from app.labelling import Take
from app.labelling.take import COUNTDOWN_S
from app.library.rows import Dimension, Rating
from app.session import Session
from app.ui.player import Player

State = Literal["ready", "countdown", "rating", "paused"]
#: How near to the end of what is rated the playhead rests.
_END_S = 0.1
#: How much further a playhead may be than the clock says (the platform corrects its position), and the step by which
#: a longer time without a look is filled.
_SLACK_S, _FILL_S = 0.2, 0.25


class Recording(QObject):
    """One rating being made. The pointer is sampled where the player says that the music is, never by the wall clock.

    Signals
    -------
    changed
        `state` or `count` is new.
    kept(object)
        The rating that was given to the session; None if nothing was rated.
    """

    changed = Signal()
    kept = Signal(object)

    def __init__(self, session: Session, player: Player, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._player = player
        self.state: State = "ready"
        self.count = 0
        self.take: Take | None = None
        self.pointer = (0.0, 0.0)
        self._sampled = (0.0, 0.0)
        self._last_s: float | None = None  # where the playhead was at the last look, and when that was
        self._looked_s = 0.0
        self._track_id: int | None = None
        self._instead: Rating | None = None
        self._region = (0.0, 0.0)
        self._second = QTimer(self)
        self._second.setInterval(1000)
        self._second.timeout.connect(self._count_down)
        player.position_changed.connect(self._follow)
        player.playing_changed.connect(self._playing)

    @property
    def busy(self) -> bool:
        """Whether a rating is under way, also while it counts down or is paused."""
        return self.state != "ready"

    def begin(
        self,
        track_id: int,
        dimension: Dimension,
        region: tuple[float, float] | None = None,
        again: Rating | None = None,
    ) -> None:
        """Count down, then play and take down.

        Parameters
        ----------
        track_id : int
            The current track of the document: the player has it.
        dimension : {"valence", "arousal", "both"}
            What is rated; that of `again` where a passage is rated again.
        region : (float, float), optional
            The passage in seconds; the whole track without it.
        again : Rating, optional
            Of which the passage is rated again.
        """
        duration_s = self._player.duration_s
        if duration_s <= 0 or self.busy:
            return
        self.take = Take.again(again, duration_s) if again is not None else Take(dimension, duration_s)
        self._track_id, self._instead = track_id, again
        self._region = region or (0.0, duration_s)
        self._player.pause()
        self._player.set_loop(False)
        self._player.seek(self._region[0])
        self.count = COUNTDOWN_S
        self._second.start()
        self._go("countdown")

    def _count_down(self) -> None:
        self.count -= 1
        if self.count > 0:
            self.changed.emit()
            return
        self._second.stop()
        self._play(*self._region)

    def _play(self, start_s: float, end_s: float) -> None:
        self._go("rating")
        self._player.play_region(start_s, end_s)
        self._last_s = None
        self._sample(start_s)

    def toggle(self) -> None:
        """Pause, or go on from where one was; the countdown is cut short."""
        if self.state == "countdown":
            self.count = 1
            self._count_down()
        elif self.state == "rating":
            self._player.pause()
        elif self.state == "paused":
            start_s, end_s = self._region
            at_s = self._player.position_s
            # Who moved the playhead out of the passage means the rest of the track.
            end_s = end_s if start_s - 0.5 <= at_s < end_s - _END_S else self._player.duration_s
            self._region = (min(start_s, at_s), end_s)
            self._play(at_s, end_s)

    def chill(self) -> float | None:
        """Mark a chill where the playhead is; None if it was marked just now, or nothing is rated."""
        at_s = self._player.position_s
        if self.take is None or self.state not in ("rating", "paused") or not self.take.chill(at_s):
            return None
        self.changed.emit()
        return at_s

    def finish(self) -> None:
        """End here and keep what was rated."""
        if not self.busy:
            return
        self._second.stop()
        take, track_id, instead = self.take, self._track_id, self._instead
        self.take = None
        self._go("ready")
        self._player.pause()
        rating = None
        if take is not None and track_id is not None and track_id in self._session.document:
            rating = take.keep(self._session, track_id, instead)
        self.kept.emit(rating)

    def cancel(self) -> None:
        """Stop counting down: nothing was rated yet."""
        if self.state == "countdown":
            self._second.stop()
            self.take = None
            self._go("ready")

    def _go(self, state: State) -> None:
        self.state = state
        self.changed.emit()

    # What the player says

    def _follow(self, at_s: float) -> None:
        if self.state == "rating" and self._player.playing:
            self._sample(at_s)

    def _sample(self, at_s: float) -> None:
        """Take down the pointer; what passed while the machine had no time to look keeps the pointer before."""
        if self.take is None:
            return
        looked_s, before_s = self._looked_s, self._last_s
        self._looked_s, self._last_s = time.perf_counter(), at_s
        # A playhead that is further on than the music can have come has been put there.
        if before_s is not None and 0 < at_s - before_s <= (self._looked_s - looked_s) * self._player.speed + _SLACK_S:
            for passed_s in np.arange(before_s + _FILL_S, at_s, _FILL_S).tolist():
                self.take.sample(passed_s, *self._sampled)
        self._sampled = self.pointer
        self.take.sample(at_s, *self.pointer)

    def _playing(self, playing: bool) -> None:
        if self.state != "rating" or playing or self.take is None:
            return
        at_s = self._player.position_s
        if at_s >= self._region[1] - _END_S:
            # The player comes to rest before it says where: what is left of the last step belongs to the rating.
            self._sample(min(self._region[1], self._player.duration_s))
            QTimer.singleShot(0, self, self.finish)
        else:
            self.take.pause()
            self._go("paused")
