"""The Analyse workspace: header, overview strip and lanes of the current track, following document and player."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from app.document import TrackState
from app.library import Mark
from app.session import Session
from app.ui.analysis.climax_hands import ClimaxHands
from app.ui.analysis.correct import CorrectCard
from app.ui.analysis.correct_words import corrected_by
from app.ui.analysis.header import TrackHeader
from app.ui.analysis.lanes.climaxes import MARK_REACH_PX
from app.ui.analysis.message import Message
from app.ui.analysis.panel import ResultPanel
from app.ui.analysis.section_hands import SectionHands
from app.ui.analysis.strip import OverviewStrip
from app.ui.analysis.timeline import Timeline
from app.ui.analysis.why import WhyHere
from app.ui.layers.hands import LayerHands
from app.ui.player import Player
from app.ui.strings import tr
from app.ui.timescale import TimeAxis

#: After a person has scrolled away, the view does not follow the playhead for this long.
_LEFT_ALONE_MS = 3000
#: A mark so near is meant, also where the lanes are zoomed in: a person presses the key a little late.
_MARK_REACH_S = 0.5


class Workspace(QWidget):
    """Shows what the document holds of its current track; changes it only through the session."""

    open_files_asked = Signal()
    open_demo_asked = Signal()
    find_asked = Signal(int)

    def __init__(self, session: Session, player: Player, panel: ResultPanel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._document = session.document
        self._player = player
        self._panel = panel
        self._scrolled = QElapsedTimer()
        self.axis = TimeAxis(self)
        self.header = TrackHeader()
        self.strip = OverviewStrip(self.axis)
        self.timeline = Timeline(self.axis)
        self.message = Message()
        self.stack = QStackedWidget()
        self.stack.addWidget(self.timeline)
        self.stack.addWidget(self.message)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 6, 4, 4)
        layout.setSpacing(6)
        layout.addWidget(self.header)
        layout.addWidget(self.strip)
        layout.addWidget(self.stack, 1)

        self.card = CorrectCard(session)
        panel.hold(self.card)
        self.header.correct_asked.connect(self.card.toggle)

        for part in (self.strip, self.timeline):
            part.seek_asked.connect(self.seek)
            part.panned.connect(self._scrolled.start)
        self.timeline.selection_made.connect(self._select)
        self.timeline.mark_named.connect(session.name_mark)
        self.climaxes = ClimaxHands(session, player, self.axis, self.timeline, panel.climaxes)
        self.climaxes.changed.connect(lambda shown: self.strip.set_climaxes(one.climax for one in shown))
        panel.descriptor_lanes_chosen.connect(self.timeline.show_descriptors)
        self.timeline.show_descriptors(panel.descriptor_lanes)
        self.layers = LayerHands(session, self.timeline)
        self.sections = SectionHands(session, player, self.axis, self.timeline)
        self.why = WhyHere(session, player, self.timeline, panel.sections["why"], panel.why)
        player.position_changed.connect(self._follow)
        document = self._document
        document.current_changed.connect(self._open)
        document.track_changed.connect(self._track_changed)
        document.overview_changed.connect(self._overview_changed)
        document.analysis_changed.connect(self._analysis_changed)
        document.marks_changed.connect(self._marks_changed)
        document.labels_changed.connect(self._labels_changed)
        document.raters_changed.connect(self._show_header)
        document.selection_changed.connect(self._selection_changed)
        document.tracks_reset.connect(self._show_message)
        document.tracks_inserted.connect(self._show_message)
        document.tracks_removed.connect(self._show_message)
        self._open(document.current)

    def close_views(self) -> None:
        """Observe the document no longer."""
        self.card.close_views()
        self.climaxes.close_views()
        self.layers.close_views()
        self.sections.close_views()
        self.why.close_views()
        document = self._document
        document.current_changed.disconnect(self._open)
        document.track_changed.disconnect(self._track_changed)
        document.overview_changed.disconnect(self._overview_changed)
        document.analysis_changed.disconnect(self._analysis_changed)
        document.marks_changed.disconnect(self._marks_changed)
        document.labels_changed.disconnect(self._labels_changed)
        document.raters_changed.disconnect(self._show_header)
        document.selection_changed.disconnect(self._selection_changed)
        document.tracks_reset.disconnect(self._show_message)
        document.tracks_inserted.disconnect(self._show_message)
        document.tracks_removed.disconnect(self._show_message)

    # What a person does

    def seek(self, time_s: float) -> None:
        """Put the playhead somewhere and bring it into view."""
        self._player.seek(time_s)
        self.axis.reveal(self._player.position_s)

    @property
    def _reach_s(self) -> float:
        """How far from the playhead a mark is still meant: half a second or a few pixels."""
        return max(_MARK_REACH_S, MARK_REACH_PX * self.timeline.pixel_s)

    def remove_mark(self) -> Mark | None:
        """Remove the mark nearest to the playhead, if it is near."""
        return self._session.remove_mark(self._player.position_s, self._reach_s)

    def name_mark(self) -> bool:
        """Let a person name the mark nearest to the playhead; whether one is near."""
        current, here = self._document.current, self._player.position_s
        marks = self._document.marks(current) if current is not None else ()
        mark = min(marks, key=lambda mark: abs(mark.time_s - here), default=None)
        if mark is None or abs(mark.time_s - here) > self._reach_s:
            return False
        self.timeline.name_mark(mark)
        return True

    def handle_key(self, event: QKeyEvent) -> bool:
        """Do what a key means on the card of corrections, if it is open, or on the time axis."""
        if self.card.handle_key(event):
            return True
        return self.stack.currentWidget() is self.timeline and self.timeline.handle_key(event)

    def _select(self, region: tuple[float, float] | None) -> None:
        if region is None:
            self._session.set_selection(None)
        else:
            self._session.set_selection(*region)

    # What the document and the player say

    def _analysis(self):
        current = self._document.current
        return None if current is None else self._document.analysis(current)

    def _track(self) -> TrackState | None:
        current = self._document.current
        return self._document.track(current) if current is not None and current in self._document else None

    def _open(self, track_id: int | None) -> None:
        track = self._track()
        overview = self._document.overview(track_id) if track is not None else None
        duration_s = overview.duration_s if overview else (track.duration_s or 0.0) if track else 0.0
        if track is None or track.path != self._player.path:
            self._player.open(track.path if track else None, duration_s)
        else:
            self._player.set_duration(duration_s)  # a comparison has changed over to it: it plays on
        self._scrolled.invalidate()
        self.axis.set_duration(duration_s)
        for part in (self.strip, self.timeline):
            part.set_overview(overview)
        self._show_analysis()
        self.timeline.set_marks(self._document.marks(track_id) if track_id is not None else ())
        self.timeline.set_selection(self._document.selection)
        self._follow(self._player.position_s)
        self._show_message()

    def _show_analysis(self) -> None:
        analysis = self._analysis()
        for part in (self.strip, self.timeline, self._panel):
            part.set_analysis(analysis)
        self.climaxes.refresh()
        self._show_header()
        self._panel.set_playhead(self._player.position_s)

    def _show_header(self) -> None:
        track = self._track()
        by = corrected_by(self._document, track.id) if track is not None else ""
        self.header.show_track(track, self._analysis(), corrected=by)

    def _track_changed(self, track_id: int) -> None:
        if track_id != self._document.current:
            return
        track = self._track()
        if track is not None and track.path != self._player.path:
            self._open(track_id)  # its file lies elsewhere now
            return
        self._show_header()
        if track is not None and track.duration_s and self.axis.duration_s <= 0:
            self._set_duration(track.duration_s)
        self._show_message()

    def _set_duration(self, duration_s: float) -> None:
        self._player.set_duration(duration_s)
        if duration_s != self.axis.duration_s:
            self.axis.correct_duration(duration_s)
        self.timeline.set_playhead(self._player.position_s)

    def _overview_changed(self, track_id: int) -> None:
        if track_id != self._document.current:
            return
        overview = self._document.overview(track_id)
        if overview is not None:
            self._set_duration(overview.duration_s)
        for part in (self.strip, self.timeline):
            part.set_overview(overview)
        self.climaxes.refresh()
        self._show_message()

    def _analysis_changed(self, track_id: int) -> None:
        if track_id == self._document.current:
            self._show_analysis()

    def _marks_changed(self, track_id: int) -> None:
        if track_id == self._document.current:
            self.timeline.set_marks(self._document.marks(track_id))

    def _labels_changed(self, track_id: int) -> None:
        if track_id == self._document.current:
            self._show_header()

    def _selection_changed(self, selection: tuple[float, float] | None) -> None:
        self._player.set_region(selection)
        self.timeline.set_selection(selection)

    def _follow(self, at_s: float) -> None:
        self.timeline.set_playhead(at_s)
        self.strip.set_playhead(at_s)
        self._panel.set_playhead(at_s)
        left_alone = self._scrolled.isValid() and self._scrolled.elapsed() < _LEFT_ALONE_MS
        if self._player.playing and not left_alone:
            just_over = self.axis.end_s < at_s < self.axis.end_s + 1.0 * self._player.speed
            if just_over and self.axis.end_s < self.axis.duration_s - 1e-6:
                self.axis.turn_page(at_s)
            elif at_s < self.axis.start_s and self._player.loop:
                self.axis.reveal(at_s)

    # Places without data

    def _show_message(self, *_args: object) -> None:
        track = self._track()
        if track is None and not len(self._document):
            self.message.show_message(
                "music",
                tr("Drop music here"),
                tr(
                    "Files or whole folders, anywhere in this window: WAV, AIFF, FLAC, MP3, OGG, Opus, M4A. Each "
                    "is analysed on this computer; nothing is sent anywhere."
                ),
                [
                    (tr("Open files\u2026"), self.open_files_asked.emit),
                    (tr("Try the demo"), self.open_demo_asked.emit),
                ],
            )
        elif track is None:
            self.message.show_message("music", tr("Choose a track"), tr("Its lanes and its quadrant appear here."))
        elif track.status == "failed" or (
            track.status == "missing" and (track.error or self._document.overview(track.id) is None)
        ):
            ids = [track.id]
            actions = [
                (tr("Try again"), lambda: self._session.analyse_again(ids)),
                (tr("Remove from list"), lambda: self._session.remove_tracks(ids)),
            ]
            if track.status == "missing":
                actions.insert(0, (tr("Choose\u2026"), lambda: self.find_asked.emit(track.id)))
            self.message.show_message(
                "warning",
                tr("This file could not be analysed")
                if track.status == "failed"
                else tr("This file is not where it was"),
                f"{track.error or tr('The file could not be found.')}\n{track.path}",
                actions,
                bad=True,
            )
        else:
            self._show(self.timeline)
            return
        self._show(self.message)

    def _show(self, page: QWidget) -> None:
        self.strip.setVisible(page is self.timeline)
        self.header.setVisible(self._track() is not None)
        if self.stack.currentWidget() is not page:
            self.stack.setCurrentWidget(page)
