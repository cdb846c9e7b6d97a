"""The Analyse workspace as a page of the window: the list, the lanes, the results, and what a person does there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QItemSelectionModel, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from app.session import Session
from app.ui.analysis.panel import ResultPanel
from app.ui.analysis.workspace import Workspace
from app.ui.layers.hands import layer_files
from app.ui.player import Player
from app.ui.strings import tr
from app.ui.track_panel import TrackPanel
from app.ui.workspaces import Page


class AnalysePage(Page):
    """Three panels side by side; the outer two fold away, and remember.

    Parameters
    ----------
    session : Session
        Its document is shown.
    player : Player
        Of the window; it plays the document's current track.
    """

    folded = Signal(bool, bool)  # whether it is the left panel, whether it is shown
    bands_shown = Signal(bool)
    folds = True

    def __init__(self, session: Session, player: Player, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._document = session.document
        self._player = player
        self.bands = True
        self.tracks = TrackPanel(session)
        self.panel = ResultPanel(session)
        self.workspace = Workspace(session, player, self.panel)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(1)
        for part, stretch in ((self.tracks, 0), (self.workspace, 1), (self.panel, 0)):
            self.splitter.addWidget(part)
            self.splitter.setStretchFactor(self.splitter.indexOf(part), stretch)
        self.splitter.setSizes([216, 784, 280])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.splitter)
        self.tracks.play_asked.connect(player.play)
        self._unfolded = False
        self.workspace.card.opened.connect(self._make_room)
        self.workspace.card.closed.connect(self._give_room_back)
        self.panel.shapes.clicked.connect(self.workspace.climaxes.show_shapes)
        self.workspace.climaxes.changed.connect(lambda shown: self.panel.shapes.setEnabled(bool(shown)))
        self.workspace.climaxes.changed.connect(self._possible_changed)
        self.workspace.climaxes.browser_asked.connect(self._show_climaxes)
        self.workspace.climaxes.chosen.connect(self._reveal_climax)
        self.workspace.why.switched.connect(self._why_switched)
        self.workspace.why.possible_changed.connect(self._possible_changed)
        for signal in self._enabling():
            signal.connect(self._possible_changed)

    def _enabling(self) -> tuple:
        """Return the signals after which other actions may be possible."""
        document = self._document
        return (
            document.current_changed, document.selection_changed, document.analysis_changed, document.overview_changed,
            document.marks_changed, document.moments_changed, document.layers_changed, document.structure_changed,
            document.tracks_inserted, document.tracks_removed, document.tracks_reset,
        )  # fmt: skip

    def _possible_changed(self, *_args: object) -> None:
        self.possible_changed.emit()

    def take_focus(self) -> None:
        """Give the keyboard to the list."""
        self.tracks.list.setFocus()

    def close_views(self) -> None:
        """Observe the document no longer."""
        for signal in self._enabling():
            signal.disconnect(self._possible_changed)
        self.workspace.close_views()
        self.tracks.close_views()

    def restore(self) -> None:
        """Look as it did last time."""
        setting = self._session.setting
        splitter = setting("window.splitter")
        if splitter:
            self.splitter.restoreState(QByteArray.fromBase64(str(splitter).encode()))
            self.splitter.setHandleWidth(1)
        self.fold(self.tracks, bool(setting("window.tracks", True)))
        self.fold(self.panel, bool(setting("window.results", True)))
        self.show_bands(bool(setting("window.bands", True)))
        kept = setting("lanes.folded", [])
        timeline = self.workspace.timeline
        timeline.allow_folding(map(str, kept) if isinstance(kept, list) else ())
        timeline.folded_changed.connect(lambda keys: self._session.set_setting("lanes.folded", keys))

    def kept(self) -> dict[str, Any]:
        """Which lanes are drawn, and how."""
        folded = self.workspace.timeline.folded
        return {"descriptors": list(self.panel.descriptor_lanes), "bands": self.bands, "folded": folded}

    def show_kept(self, kept: Mapping[str, Any]) -> None:
        """Draw these lanes."""
        lanes = kept.get("descriptors")
        if isinstance(lanes, list) and all(isinstance(name, str) for name in lanes):
            self.panel.choose_lanes(lanes)
        if isinstance(kept.get("bands"), bool):
            self.show_bands(kept["bands"])
        folded = kept.get("folded")
        if isinstance(folded, list) and all(isinstance(key, str) for key in folded):
            self.workspace.timeline.allow_folding(folded)
            self._session.set_setting("lanes.folded", folded)

    def remember(self) -> None:
        """Keep how wide the panels are."""
        self._session.set_setting("window.splitter", bytes(self.splitter.saveState().toBase64().data()).decode())

    # Its actions

    def handlers(self) -> dict[str, Callable[[], object]]:
        """Return what its keys do."""
        session, player, workspace, axis = self._session, self._player, self.workspace, self.workspace.axis
        return {
            "remove": self.tracks.remove_selected,
            "clear_list": self.tracks.remove_all,
            "search": lambda: (self.fold(self.tracks, True), self.tracks.search.setFocus()),
            "mark": lambda: session.add_mark(player.position_s),
            "name_mark": self.name_mark,
            "remove_mark": self.remove_mark,
            "compare_track": self.compare_track,
            "correct": workspace.card.toggle,
            "analyse_again": lambda: session.analyse_again(self.tracks.selected_ids()),
            "play_selection": self.play_selection,
            "loop": lambda: player.set_loop(not player.loop),
            "why": workspace.why.toggle,
            "next_track": lambda: self.step_track(1),
            "previous_track": lambda: self.step_track(-1),
            "zoom_in": lambda: axis.zoom(1.5),
            "zoom_out": lambda: axis.zoom(1 / 1.5),
            "zoom_all": lambda: axis.set_range(0.0, axis.duration_s),
            "zoom_selection": self.zoom_selection,
            "fold_left": lambda: self.fold(self.tracks, self.tracks.isHidden()),
            "fold_right": lambda: self.fold(self.panel, self.panel.isHidden()),
            "bands": lambda: self.show_bands(not self.bands),
            "gems_by_share": self.panel.sort.toggle,
            **workspace.climaxes.handlers(),
            "clear_selection": self.clear_selection,
            **workspace.layers.handlers(),
            **workspace.sections.handlers(),
        }

    def possible(self, name: str) -> bool:
        """Whether an action can do something with what is open."""
        document, current = self._document, self._document.current
        shown = current is not None and self.workspace.axis.duration_s > 0
        marked = current is not None and bool(document.marks(current))
        climaxes = bool(self.workspace.climaxes.shown)
        analysed = current is not None and document.analysis(current) is not None
        when = {
            "correct": analysed,
            "remove_mark": marked,
            "name_mark": marked or climaxes,
            "compare_shapes": climaxes,
            # Where there is none, they say so.
            **dict.fromkeys(("next_climax", "previous_climax", "repeat_climax"), climaxes or analysed),
            **dict.fromkeys(("remove", "clear_list", "analyse_again"), bool(document.order)),
            "zoom_selection": document.selection is not None,
            "clear_selection": document.selection is not None or self.workspace.why.busy,
            **dict.fromkeys(("why", "export_data"), current is not None and document.analysis(current) is not None),
            "list_layers": self.workspace.layers.any,
            **dict.fromkeys(("next_section", "previous_section"), self.workspace.sections.any),
            **dict.fromkeys(("mark", "make_climax", "import_layers"), shown),
            **dict.fromkeys(("next_beat", "previous_beat", "next_bar", "previous_bar"), shown),
        }
        return when.get(name, True)

    def take_drop(self, paths: Sequence[Path]) -> bool:
        """Lay files of layers over the track that is shown."""
        if not self._are_layers(paths):
            return False
        self.workspace.layers.take(list(paths))
        return True

    def drop_words(self, paths: Sequence[Path]) -> str:
        """Return what letting go of a drag will do."""
        return tr("Let go to lay it over this track") if self._are_layers(paths) else super().drop_words(paths)

    def _are_layers(self, paths: Sequence[Path]) -> bool:
        return self._document.current is not None and bool(paths) and layer_files(list(paths)) == list(paths)

    def handle_key(self, event: QKeyEvent) -> bool:
        """Give keys that no focused control wants to the time axis."""
        return self.workspace.handle_key(event)

    # What a person does

    def remove_mark(self) -> None:
        """Remove the mark nearest to the playhead; with none near, say so."""
        if self.workspace.remove_mark() is None:
            self._document.tell(tr("No mark is near the playhead."))

    def name_mark(self) -> None:
        """Name the mark nearest to the playhead, or the climax that is chosen or there; with none near, say so."""
        if not self.workspace.name_mark() and not self.workspace.climaxes.name():
            self._document.tell(tr("No mark is near the playhead, and no climax is chosen."))

    def compare_track(self) -> None:
        """Add the selected tracks to those that are compared, and say how to get there."""
        document = self._document
        if not all(self._session.compare(track_id) for track_id in self.tracks.selected_ids()):
            return
        count = sum(track_id in document for track_id in document.compared)
        if count == 1:
            document.tell(tr("One recording is chosen to compare: add another, then Ctrl+2."))
        else:
            document.tell(tr("{count} recordings are chosen to compare: Ctrl+2 goes there.").format(count=count))

    def play_selection(self) -> None:
        """Play the selected region; without one, say how to make one."""
        if self._document.selection is None:
            self._document.tell(tr("Nothing is selected: drag in the time ruler, or Ctrl-drag in a lane."))
        else:
            self._player.play_region(*self._document.selection)

    def clear_selection(self) -> None:
        """Stop an explanation that is still being worked at; else let go of the selection, and of a climax's loop."""
        if self.workspace.why.busy:
            self.workspace.why.cancel()
        else:
            self.workspace.climaxes.let_go()

    def zoom_selection(self) -> None:
        """Show the selected region only."""
        if self._document.selection is not None:
            start_s, end_s = self._document.selection
            self.workspace.axis.set_range(start_s, end_s - start_s)

    def step_track(self, step: int) -> None:
        """Show the next or previous row of the list."""
        self.panel.climaxes.details.keep()
        model = self.tracks.shown
        row = self.tracks.list.currentIndex().row() + step
        if 0 <= row < model.rowCount():
            # With Ctrl held, as its key has it, the list's own way of going there would add to the selection.
            flags = QItemSelectionModel.SelectionFlag.ClearAndSelect
            self.tracks.list.selectionModel().setCurrentIndex(model.index(row, 0), flags)

    def _make_room(self) -> None:
        """Show the results while the model is corrected: that stands among them."""
        self._unfolded = self.panel.isHidden()
        if self._unfolded:
            self.fold(self.panel, True)

    def _give_room_back(self) -> None:
        if self._unfolded:
            self._unfolded = False
            self.fold(self.panel, False)

    def _show_climaxes(self) -> None:
        """Unfold what a climax is written on in."""
        self.fold(self.panel, True)
        self.panel.sections["climaxes"].open()
        self._reveal_climax()

    def _reveal_climax(self) -> None:
        """Bring what is known of the chosen climax into view; nothing moves under a mouse that is there.

        Where it is asked why, that stays in view.
        """
        if self.panel.climaxes.isVisible() and not self.panel.underMouse() and not self.workspace.why.on:
            # Once what is known of it has its place.
            QTimer.singleShot(0, self.panel, lambda: self.panel.reveal(self.panel.climaxes))

    def _why_switched(self, on: bool) -> None:
        """Bring what explains the heat into view beside it."""
        if on:
            self.fold(self.panel, True)
            self.panel.bring_up("why")

    def fold(self, panel: QWidget, shown: bool) -> None:
        """Show or fold away a panel, and remember it."""
        panel.setVisible(shown)
        left = panel is self.tracks
        name = "window.tracks" if left else "window.results"
        if bool(self._session.setting(name, True)) != shown:
            self._session.set_setting(name, shown)
        self.folded.emit(left, shown)

    def show_bands(self, wanted: bool) -> None:
        """Draw the bands of valence and arousal, or do not, and remember it."""
        self.bands = wanted
        self.workspace.timeline.show_bands(wanted)
        if bool(self._session.setting("window.bands", True)) != wanted:
            self._session.set_setting("window.bands", wanted)
        self.bands_shown.emit(wanted)
