"""The climaxes of a track as a part of the right panel: the list, and below it all that is known of the chosen one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from app.ui.analysis.climax_details import EDGES, ClimaxDetails
from app.ui.analysis.climax_list import ClimaxList
from app.ui.analysis.climax_shape import course
from app.ui.analysis.climax_words import why_none
from app.ui.strings import counted, tr
from app.ui.theme import AXIS_PX, font
from models.analysis import Analysis, Overview

if TYPE_CHECKING:
    from app.exploration import ShownClimax


def _same(first: ShownClimax | None, second: ShownClimax | None) -> bool:
    """Whether two are one climax, which may have become a person's own or been changed by them."""
    if first is None or second is None:
        return False
    if first.moment is not None and second.moment is not None:
        return _is(first, second)
    return second.climax.start_s <= first.climax.peak_s <= second.climax.end_s


def _is(first: ShownClimax, second: ShownClimax) -> bool:
    return first.moment is not None and second.moment is not None and first.moment.id == second.moment.id


def _small() -> QLabel:
    label = QLabel()
    label.setFont(font(AXIS_PX))
    label.setProperty("soft", True)
    label.setWordWrap(True)
    return label


class ClimaxBrowser(QWidget):
    """List and details; who holds it connects `list` and `details` to what a person may do.

    Signals
    -------
    current_changed(ShownClimax or None)
        Another one is looked at, or it was changed.
    edge_changed(str)
        Another edge is the one that is moved by keys.
    """

    current_changed = Signal(object)
    edge_changed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.list = ClimaxList()
        self.details = ClimaxDetails()
        self.empty = _small()
        self.bare = _small()
        #: Brings back what was taken away.
        self.hidden = QPushButton()
        self.hidden.setFlat(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.list)
        layout.addWidget(self.details)
        layout.addWidget(self.bare)
        layout.addWidget(self.empty)
        layout.addWidget(self.hidden)
        self._current: ShownClimax | None = None
        self.list.current_changed.connect(self._look_at)
        self.list.name_asked.connect(lambda _shown: self.write_name())
        self.list.edge_asked.connect(self._step_edge)
        self.details.left.connect(self.list.setFocus)
        self.details.edge_chosen.connect(self.edge_changed)
        self.set_climaxes((), None, None)

    @property
    def current(self) -> ShownClimax | None:
        """The climax that is looked at."""
        return self._current

    @property
    def edge(self) -> str:
        """Which of its edges is moved by keys: "start", "peak" or "end"."""
        return self.details.edge

    def set_climaxes(
        self,
        shown: Sequence[ShownClimax],
        analysis: Analysis | None,
        overview: Overview | None,
        *,
        hidden: int = 0,
    ) -> None:
        """Show a track's climaxes, strongest first; who was looked at still is, if it is among them."""
        was, selected = self._current, self.list.selected
        intensity = course("intensity", analysis, overview)
        self.list.set_climaxes(shown, intensity)
        # One that was moved may lie where another was found: its own id says more than its place.
        now = next((one for one in shown if was is not None and _is(was, one)), None)
        now = now or next((one for one in shown if _same(was, one)), None)
        self._look_at(now, same=now is not None)
        self.list.choose(now)
        self.list.select_also(one for one in shown if any(_same(other, one) for other in selected))
        self.list.setVisible(bool(shown))
        self.bare.setVisible(bool(shown) and analysis is not None and intensity is None)
        self.bare.setText(tr("Shapes and cues are there once the track has been analysed again (F5)."))
        self.empty.setVisible(not shown)
        self.hidden.setVisible(hidden > 0)
        self.hidden.setText(counted(hidden, tr("Show the one taken away"), tr("Show the {count} taken away")))
        by_hand = tr("Select a region and press K to set one yourself.")
        if analysis is None:
            self.empty.setText(tr("Found once the track has been analysed."))
        else:
            self.empty.setText(f"{why_none(analysis)} {by_hand}")

    def choose(self, shown: ShownClimax | None) -> None:
        """Look at a climax, or at none."""
        self.list.choose(shown)

    def write_name(self) -> None:
        """Let a person write the name of the one that is looked at."""
        if self._current is not None:
            self.details.name.setFocus()
            self.details.name.selectAll()

    def _look_at(self, shown: ShownClimax | None, *, same: bool = False) -> None:
        if shown is self._current and not same:
            return
        self.details.show_climax(shown, same=same)
        self._current = shown
        self.current_changed.emit(shown)

    def _step_edge(self, step: int) -> None:
        index = EDGES.index(self.details.edge) + step
        if 0 <= index < len(EDGES):
            self.details.edges.choose(EDGES[index])
            self.edge_changed.emit(EDGES[index])
