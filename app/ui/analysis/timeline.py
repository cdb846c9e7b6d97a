"""All lanes of one recording under one ruler, with what a person marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Signal
from PySide6.QtWidgets import QWidget

from app.library import Mark
from app.ui.analysis.lane_stack import AXIS_LEFT_PX, RULER_PX, LaneStack
from app.ui.analysis.lanes import (
    AffectLane,
    ClimaxLane,
    DescriptorLane,
    Lane,
    LayerLane,
    LoudnessLane,
    QuadrantLane,
    SectionLane,
    SpectrogramLane,
    WaveformLane,
)
from app.ui.analysis.mark_name import MarkName
from app.ui.analysis.why_pill import WhyPill
from app.ui.strings import tr
from app.ui.theme import THEME
from app.ui.timescale import TimeAxis
from models.analysis import Analysis, Overview

if TYPE_CHECKING:
    from app.exploration import ShownClimax
    from app.jobs.explainer import Explaining
    from app.library.rows import KeptLayer
    from models.explain.explanation import Explanation
    from models.structure.structure import Structure


class Timeline(LaneStack):
    """The lanes of the Analyse workspace."""

    mark_named = Signal(object, str)

    def __init__(self, axis: TimeAxis, parent: QWidget | None = None) -> None:
        self.waveform = WaveformLane()
        self.spectrogram = SpectrogramLane()
        self.quadrants = QuadrantLane()
        self.affect = AffectLane()
        self.loudness = LoudnessLane()
        self.sections = SectionLane()
        self.climaxes = ClimaxLane()
        lanes = [
            self.waveform,
            self.spectrogram,
            self.quadrants,
            self.affect,
            self.loudness,
            self.sections,
            self.climaxes,
        ]
        super().__init__(axis, lanes, parent)
        self._analysis: Analysis | None = None
        self.setAccessibleDescription(
            tr("Left and Right scroll, Up and Down zoom, Home and End go to the ends, Space plays, semicolon marks.")
        )
        self.mark_name = MarkName(self)
        self.why = WhyPill(self)
        self._why_possible = False
        self.overlay.explain = self.tooltip_at
        self.overlay.clicked.connect(self._clicked)
        self.mark_name.named.connect(self.mark_named)

    # Data

    def set_overview(self, overview: Overview | None) -> None:
        """Show what can be drawn before any model has spoken."""
        for lane in self.lanes:
            lane.set_overview(overview)
        self.data_changed()

    def set_analysis(self, analysis: Analysis | None) -> None:
        """Show what a model said."""
        self._analysis = analysis
        for lane in self.lanes:
            lane.set_analysis(analysis)
        self.data_changed()

    def show_descriptors(self, names: Sequence[str]) -> None:
        """Draw these descriptors as lanes below loudness, in this order."""
        old = {lane.name: lane for lane in self.lanes if isinstance(lane, DescriptorLane)}
        self._exchange(old, {name: old.get(name) or DescriptorLane(name) for name in names}, self.loudness)

    def show_layers(self, layers: Sequence[KeptLayer]) -> None:
        """Draw what a person laid over the recording as lanes below the descriptors, in this order."""
        old = {lane.kept.id: lane for lane in self.lanes if isinstance(lane, LayerLane)}
        above = [lane for lane in self.lanes if lane is self.loudness or isinstance(lane, DescriptorLane)][-1]
        self._exchange(old, {kept.id: old.get(kept.id) or LayerLane(kept) for kept in layers}, above)

    def _exchange(self, old: Mapping[str, Lane], new: Mapping[str, Lane], above: Lane) -> None:
        """Put lanes in the place of others, below a lane that stays."""
        if list(old) == list(new):
            return
        for name, lane in new.items():
            if name not in old:
                lane.set_analysis(self._analysis)
                lane.apply(THEME.tokens)
        rest = [lane for lane in self.lanes if lane not in old.values()]
        at = rest.index(above) + 1
        # The view and the read-out hold this very list.
        self.lanes[:] = [*rest[:at], *new.values(), *rest[at:]]
        self.readout.lanes_changed()
        self.updateGeometry()
        self._place_lanes()
        self.update()

    def show_bands(self, wanted: bool) -> None:
        """Draw the bands of valence and arousal, or do not."""
        self.affect.show_bands(wanted)
        self._show_range()

    def set_climaxes(self, shown: Sequence[ShownClimax]) -> None:
        """Show these climaxes, strongest first."""
        self.climaxes.set_climaxes(shown)
        self.view.update()
        self._read()

    def set_structure(self, structure: Structure | None, message: str = "") -> None:
        """Show sections and beats, or a few words while they are not known."""
        self.sections.set_structure(structure, message)
        self.view.update()
        self.readout.update()
        self._read()

    def set_explanation(self, explanation: Explanation | None, *, awaited: bool = False) -> None:
        """Show over waveform and spectrogram what carries the answer, or nothing; `awaited`: one with frequencies."""
        self.waveform.set_explanation(explanation)
        self.spectrogram.set_explanation(explanation, awaited=awaited)
        self._show_range()

    def show_why(self, state: Explaining | None, *, on: bool, possible: bool) -> None:
        """Say on the spectrogram how far the explanation is."""
        self._why_possible = possible
        self.why.show_state(state, on=on)
        self._place_why()

    def _place_lanes(self) -> None:
        super()._place_lanes()
        self._place_why()

    def _place_why(self) -> None:
        """Put the question on the spectrogram, while that is in view."""
        seen = not self.spectrogram.folded and self.spectrogram.rect.top() >= 0
        self.why.setVisible(self._why_possible and seen)
        self.why.move(AXIS_LEFT_PX + 5, RULER_PX + int(self.spectrogram.rect.top()) + 4)
        self.why.raise_()

    def set_marks(self, marks: Sequence[Mark]) -> None:
        """Show what a person marked."""
        self.climaxes.set_marks(marks)
        self.mark_name.close_for(marks)
        self.overlay.set_marks([mark.time_s for mark in marks])
        self.view.update()
        self.readout.update()
        self._read()

    def name_mark(self, mark: Mark) -> None:
        """Let a person write what a mark is called, at its flag."""
        self.axis.reveal(mark.time_s)
        lane = self.climaxes.rect
        flag = QPointF(self.overlay.x() + self.overlay.x_at(mark.time_s), RULER_PX + lane.top())
        self.mark_name.open_at(mark, flag, QRectF(AXIS_LEFT_PX, 0, self.view.width(), self.height()))

    def _mark_under(self, position: QPointF) -> Mark | None:
        inside = self.climaxes.rect.contains(1.0, position.y() - RULER_PX)
        return self.climaxes.mark_at(self.overlay.time_at(position.x())) if inside else None

    def _clicked(self, position: QPointF) -> None:
        mark = self._mark_under(position)
        if mark is not None:
            self.seek_asked.emit(mark.time_s)

    def double_clicked(self, position: QPointF) -> None:
        """Name the mark that is there, or put the playhead there."""
        mark = self._mark_under(position)
        if mark is not None:
            self.name_mark(mark)
        else:
            super().double_clicked(position)

    def tooltip_at(self, position: QPointF) -> str:
        """Explain where the mood turns, and which section it is."""
        for lane in (self.climaxes, self.sections):
            if not lane.folded and lane.rect.contains(1.0, position.y() - RULER_PX):
                return lane.explain(self.overlay.time_at(position.x()))
        return ""

    def point_at(self, position: QPointF | None) -> None:
        """Let the spectrogram read out the band that the pointer is on."""
        self.spectrogram.pointer_band = None
        if position is not None:
            rect = self.spectrogram.rect
            y = position.y() - RULER_PX
            if rect.top() <= y <= rect.bottom():
                self.spectrogram.pointer_band = (rect.bottom() - y) / max(rect.height(), 1) * 128
