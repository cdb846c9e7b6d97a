"""Sections of the current track: shown in their lane as they become known, and stepped through."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QObject

from app.session import Session
from app.ui.analysis.climax_shape import nearest_step
from app.ui.analysis.timeline import Timeline
from app.ui.player import Player
from app.ui.strings import tr
from app.ui.timescale import TimeAxis

#: What lies so near to the playhead counts as where it is; more while it moves, so that one gets further back.
_SLACK_S = 0.05
_PLAYING_SLACK_S = 1.0


class SectionHands(QObject):
    """What a person does with sections.

    Parameters
    ----------
    session : Session
        Its current track is looked at.
    player : Player
        Has the playhead.
    axis : TimeAxis
        Of the timeline.
    timeline : Timeline
        Draws them.
    """

    def __init__(self, session: Session, player: Player, axis: TimeAxis, timeline: Timeline) -> None:
        super().__init__(timeline)
        self._structures = session.structures
        self._document = session.document
        self._player = player
        self._axis = axis
        self._timeline = timeline
        self._document.structure_changed.connect(self._changed)
        self._structures.changed.connect(self._changed)
        self._document.current_changed.connect(self._show)
        self._show(self._document.current)

    def close_views(self) -> None:
        """Observe nothing any longer."""
        self._document.structure_changed.disconnect(self._changed)
        self._structures.changed.disconnect(self._changed)
        self._document.current_changed.disconnect(self._show)

    def _changed(self, track_id: int) -> None:
        if track_id == self._document.current:
            self._show(track_id)

    def _show(self, track_id: int | None) -> None:
        structure = None if track_id is None else self._document.structure(track_id)
        looking = None if track_id is None else self._structures.of(track_id)
        message = ""
        if looking is not None:
            message = looking.message if looking.status == "failed" else tr("Looking for beats and sections\u2026")
        self._timeline.set_structure(structure, message)

    @property
    def any(self) -> bool:
        """Whether there is a boundary to go to."""
        structure = self._timeline.sections.structure
        return structure is not None and len(structure.sections) > 1

    def handlers(self) -> dict[str, Callable[[], object]]:
        """Return what its keys do."""
        return {"next_section": lambda: self.step(1), "previous_section": lambda: self.step(-1)}

    def step(self, step: int) -> None:
        """Put the playhead where the next (+1) or the previous (-1) section begins; it goes on playing if it played."""
        structure = self._timeline.sections.structure
        if structure is None:
            return
        starts_s = np.array([section.start_s for section in structure.sections], np.float32)
        slack_s = _PLAYING_SLACK_S if self._player.playing and step < 0 else _SLACK_S
        to_s = nearest_step(starts_s, self._player.position_s, step, slack_s)
        if to_s is None:
            self._document.tell(tr("This is the last section.") if step > 0 else tr("This is the first section."))
            return
        self._player.seek(to_s)
        self._axis.reveal(self._player.position_s)
