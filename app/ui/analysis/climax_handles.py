"""What a mouse does with climaxes in their lane: choose one, drag an edge of the chosen one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPointF, Signal

from app.ui.analysis.lane_stack import RULER_PX

if TYPE_CHECKING:
    from app.exploration import ShownClimax
    from app.ui.analysis.timeline import Timeline
    from models.analysis import Climax


def moved(climax: Climax, edge: str, time_s: float) -> Climax:
    """Return a climax with an edge elsewhere; no edge passes another."""
    if edge == "start":
        return replace(climax, start_s=min(max(time_s, 0.0), climax.peak_s))
    if edge == "end":
        return replace(climax, end_s=max(time_s, climax.peak_s))
    return replace(climax, peak_s=min(max(time_s, climax.start_s), climax.end_s))


class ClimaxHandles(QObject):
    """Between the sheet over the lanes and the lane of climaxes.

    Signals
    -------
    chosen(ShownClimax)
        Its region was clicked.
    dropped(str, float)
        An edge of the chosen climax was dragged to a time.
    """

    chosen = Signal(object)
    dropped = Signal(str, float)

    def __init__(self, timeline: Timeline) -> None:
        super().__init__(timeline)
        self._timeline = timeline
        self._lane = timeline.climaxes
        self._climax: Climax | None = None
        self._shown_edge = ""
        self._edge = ""  # that the mouse is on, or drags
        self._at_s = 0.0
        overlay = timeline.overlay
        overlay.has_grip = self._has_grip
        overlay.grip_moved.connect(self._drag)
        overlay.grip_released.connect(self._drop)

    def show_climax(self, shown: ShownClimax | None, edge: str) -> None:
        """Give a climax handles, or none; `edge` is the one that keys move."""
        self._climax = None if shown is None else shown.climax
        self._shown_edge = edge
        self._lane.choose(self._climax, edge)
        self._timeline.view.update()

    def preview(self, edge: str, time_s: float) -> None:
        """Show where an edge would be."""
        if self._climax is not None:
            self._lane.choose(moved(self._climax, edge, time_s), edge)
            self._timeline.view.update()

    def clicked(self, position: QPointF) -> None:
        """Choose the climax that is there."""
        if self._in_bars(position):
            here = self._lane.climax_at(self._timeline.overlay.time_at(position.x()))
            if here is not None:
                self.chosen.emit(here)

    def _in_bars(self, position: QPointF) -> bool:
        return self._lane.in_bars(position.y() - RULER_PX)

    def _has_grip(self, position: QPointF) -> bool:
        inside = self._climax is not None and self._in_bars(position)
        self._edge = self._lane.edge_at(self._timeline.overlay.time_at(position.x())) if inside else ""
        return bool(self._edge)

    def _drag(self, time_s: float) -> None:
        if self._climax is not None and self._edge:
            self._at_s = time_s
            self.preview(self._edge, time_s)

    def _drop(self, dragged: bool) -> None:
        edge, self._edge = self._edge, ""
        if self._climax is None or not edge:
            return
        self._lane.choose(self._climax, self._shown_edge)
        if dragged:
            self.dropped.emit(edge, self._at_s)
        self._timeline.view.update()
