"""The Compare workspace: two to six recordings on one axis, of which one is heard."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QElapsedTimer, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.session import Session
from app.ui.compare.view import ComparedView
from app.ui.files import ask_save
from app.ui.player import Player
from app.ui.strings import tr
from app.ui.workspaces import Page
from models.errors import JobError
from models.inference.compared import MOST_RECORDINGS

#: A person who scrolls away is left alone for this long.
_LEFT_ALONE_MS = 3000
#: Results arrive one after the other; they are drawn together.
_SOON_MS = 30


class ComparePage(Page):
    """Follows the session's comparer and the player; the track that is heard is the document's current one.

    Parameters
    ----------
    session : Session
        Whose comparison it is.
    player : Player
        Of the window.

    Attributes
    ----------
    view : ComparedView
        What is seen; `view.recordings` is what is compared, as plain data.
    region : tuple of float or None
        The selected region of the axis in seconds.
    """

    workspace_asked = Signal(str)
    open_files_asked = Signal()
    open_demo_asked = Signal()

    def __init__(self, session: Session, player: Player, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._document = session.document
        self._player = player
        self.region: tuple[float, float] | None = None
        self._ids: tuple[int, ...] = ()
        self._scrolled = QElapsedTimer()
        self._shown = False
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_SOON_MS)
        self._soon.timeout.connect(self._show)
        self.view = ComparedView(session)
        self.axis = self.view.axis
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.view)
        self._connect()
        self._show()

    def _connect(self) -> None:
        session, comparer, view = self._session, self._session.comparer, self.view
        for row in view.rows:
            row.hear_asked.connect(self.hear)
            row.remove_asked.connect(self._remove)
            row.seek_asked.connect(self._seek_in)
        view.along.chosen.connect(session.compare_along)
        view.cancel.clicked.connect(comparer.cancel)
        view.again.clicked.connect(comparer.align_again)
        view.stack.seek_asked.connect(self.seek)
        view.stack.selection_made.connect(self.select)
        view.stack.panned.connect(self._scrolled.start)
        view.table.differs_asked.connect(self.go_where_it_differs)
        view.list.currentRowChanged.connect(self._go_to_row)
        view.list.itemActivated.connect(lambda _item: self._play_moment())
        self._player.position_changed.connect(self._follow)
        comparer.changed.connect(self._show_soon)
        self._document.track_changed.connect(self._track_news)
        self._document.current_changed.connect(self._show_soon)

    def close_views(self) -> None:
        """Observe no longer."""
        self._soon.stop()
        self._session.comparer.changed.disconnect(self._show_soon)
        self._document.track_changed.disconnect(self._track_news)
        self._document.current_changed.disconnect(self._show_soon)
        self.view.chooser.close_views()

    # The page

    def enter(self) -> None:
        """Ask for what is missing; one of the recordings is heard."""
        self._shown = True
        self._session.comparer.enter()
        self._show()
        self._hear_one_of_them()

    def leave(self) -> None:
        """Ask for nothing more."""
        self._shown = False
        self._session.comparer.leave()

    def take_focus(self) -> None:
        """Give the keyboard to the lanes, or to the list while there is nothing to see."""
        (self.view.stack if len(self._ids) > 1 else self.view.chooser.list).setFocus()

    def handlers(self) -> dict[str, Callable[[], object]]:
        """Return what its keys do."""
        return {
            **{f"hear_{number}": partial(self.hear, number - 1) for number in range(1, MOST_RECORDINGS + 1)},
            "compare_next": lambda: self.step(1),
            "compare_previous": lambda: self.step(-1),
            "compare_loop": lambda: self._player.set_loop(not self._player.loop),
            "compare_clear": lambda: self.select(None),
            "compare_all": lambda: self.axis.set_range(0.0, self.axis.duration_s),
            "compare_along": self.toggle_along,
            "compare_reference": self.make_reference,
            "compare_remove": lambda: self._remove(self.heard),
            "compare_search": self.view.chooser.search.setFocus,
            "compare_table": self.save_table,
            "compare_curves": self.save_curves,
        }

    def possible(self, name: str) -> bool:
        """Whether an action can do something with what is compared."""
        count = len(self._ids)
        if name.startswith("hear_"):
            return int(name[-1]) <= count
        if name in ("compare_next", "compare_previous"):
            return bool(self.view.moments)
        if name in ("compare_reference", "compare_remove"):
            return self.heard >= (1 if name == "compare_reference" else 0)
        if name == "compare_clear":
            return self.region is not None
        return name == "compare_search" or count > 1

    def handle_key(self, event: QKeyEvent) -> bool:
        """Give keys that no focused control wants to the time axis."""
        return self.view.body.currentIndex() == 0 and self.view.stack.handle_key(event)

    # What is shown

    @property
    def heard(self) -> int:
        """Index of the recording that the player has; -1 if it is none of them."""
        current = self._document.current
        return self._ids.index(current) if current in self._ids else -1

    def _show_soon(self, *_args: object) -> None:
        if self._shown and not self._soon.isActive():
            self._soon.start()

    def _track_news(self, track_id: int) -> None:
        if track_id in self._ids:
            self._show_soon()

    def _show(self) -> None:
        comparer, document, view = self._session.comparer, self._document, self.view
        before, self._ids = self._ids, comparer.ids
        recordings, heard = comparer.recordings, self.heard
        view.along.choose(document.along)
        for row in view.rows:
            row.setVisible(row.index < len(recordings))
            if row.index < len(recordings):
                track = document.track(self._ids[row.index])
                row.show_recording(recordings[row.index], track, heard=row.index == heard)
        view.show_state(comparer.state, recordings)
        self._show_message()
        duration_s = self.axis.duration_s
        view.show_recordings(recordings, by_music=document.along == "music")
        if self.region is not None and self.axis.duration_s != duration_s:
            self.select(None)  # it was one of another axis
        view.set_heard(heard)
        if self._shown and self._ids != before:
            self._hear_one_of_them()
        self._follow(self._player.position_s)
        self.possible_changed.emit()

    def _show_message(self) -> None:
        enough = len(self._ids) > 1
        self.view.body.setCurrentIndex(0 if enough else 1)
        if enough:
            return
        title = tr("One more recording, please") if self._ids else tr("Two to six recordings, side by side")
        text = tr(
            "Tick them in the list on the left, or press Ctrl+T in Analyse for the one that is shown there. "
            "Performances of one piece are laid on one axis by their music; any others are compared by time."
        )
        actions = [(tr("Go to Analyse"), lambda: self.workspace_asked.emit("analyse"))]
        if not len(self._document):
            text = tr("There is no music on the list yet.")
            actions = [
                (tr("Open files\u2026"), self.open_files_asked.emit),
                (tr("Try the demo"), self.open_demo_asked.emit),
            ]
        self.view.message.show_message("music", title, text, actions)

    # What a person does

    def hear(self, index: int) -> None:
        """Hear another recording from the same place of the music; what played plays on."""
        if not 0 <= index < len(self._ids) or index == self.heard:
            return
        at_s = self.at_s
        recording, track = self.view.recordings[index], self._document.track(self._ids[index])
        self._player.change_over(track.path, recording.duration_s, recording.here(at_s))
        self._session.select_track(track.id)
        self._select_in_heard()
        self._show()

    def _hear_one_of_them(self) -> None:
        """Let the player have the reference where it has none of them."""
        if self._ids and self.heard < 0:
            self._session.select_track(self._ids[0])

    @property
    def at_s(self) -> float:
        """Where the music is on the axis."""
        index = self.heard
        known = 0 <= index < len(self.view.recordings)
        return self.view.recordings[index].there(self._player.position_s) if known else 0.0

    def seek(self, axis_s: float) -> None:
        """Put the playhead somewhere on the axis."""
        if 0 <= self.heard < len(self.view.recordings):
            self._player.seek(self.view.recordings[self.heard].here(axis_s))

    def _seek_in(self, index: int, share: float) -> None:
        """Put the playhead somewhere in one of the recordings, and hear that one."""
        self.hear(index)
        self._player.seek(share * self.view.recordings[index].duration_s)

    def select(self, region: tuple[float, float] | None) -> None:
        """Select a region of the axis; loop repeats it in whatever is heard."""
        self.region = region
        self.view.stack.set_selection(region)
        self._select_in_heard()
        self.possible_changed.emit()

    def _select_in_heard(self) -> None:
        if not 0 <= self.heard < len(self.view.recordings):
            return
        if self.region is None:
            self._session.set_selection(None)
        else:
            self._session.set_selection(*(self.view.recordings[self.heard].here(edge) for edge in self.region))

    def toggle_along(self) -> None:
        """Lay the recordings on the axis by the music, or by time."""
        self._session.compare_along("time" if self._document.along == "music" else "music")

    def make_reference(self) -> None:
        """Lay the others on the time of the one that is heard."""
        if self.heard > 0:
            self._session.compare_with(self._ids[self.heard])

    def _remove(self, index: int) -> None:
        if 0 <= index < len(self._ids):
            gone = self._ids[index]
            title = self._document.track(gone).title if gone in self._document else ""
            self._session.compare_no_more(gone)
            self._document.tell(
                tr("“{title}” was taken from the comparison; Ctrl+Z brings it back.").format(title=title)
            )

    def step(self, step: int) -> None:
        """Put the playhead where they differ next (+1) or before (-1)."""
        here, peaks = self.at_s, [moment.peak_s for _, moment in self.view.moments]
        if not peaks:
            return
        if step > 0:
            row = next((i for i, peak in enumerate(peaks) if peak > here + 0.3), 0)
        else:
            slack = 1.0 if self._player.playing else 0.3
            row = next((i for i in reversed(range(len(peaks))) if peaks[i] < here - slack), len(peaks) - 1)
        if self.view.list.currentRow() == row:
            self._go_to_row(row)
        self.view.list.setCurrentRow(row)

    def _go_to_row(self, row: int) -> None:
        if 0 <= row < len(self.view.moments):
            self.axis.reveal(self.view.moments[row][1].peak_s)
            self.seek(self.view.moments[row][1].peak_s)

    def _play_moment(self) -> None:
        row = self.view.list.currentRow()
        if 0 <= row < len(self.view.moments):
            self.seek(self.view.moments[row][1].start_s)
            self._player.play()

    def go_where_it_differs(self, index: int) -> None:
        """Put the playhead where one recording is farthest from the reference, and hear it there."""
        one = self.view.differences[index] if 0 <= index < len(self.view.differences) else None
        self.hear(index)
        if one is not None and one.moments:
            self.axis.reveal(one.moments[0].peak_s)
            self.seek(one.moments[0].peak_s)

    def _follow(self, _position_s: float) -> None:
        if not self._shown or self.heard < 0:
            return
        at_s = self.at_s
        self.view.set_playhead(at_s)
        left_alone = self._scrolled.isValid() and self._scrolled.elapsed() < _LEFT_ALONE_MS
        ran_over = self.axis.end_s < at_s < self.axis.end_s + 2 * self._player.speed
        if self._player.playing and not left_alone and ran_over:
            self.axis.turn_page(at_s)

    # Taking it out

    def save_table(self) -> None:
        """Save the table as CSV."""
        from models.export.comparison_csv import write_comparison_table

        self._ask(tr("Save the table"), "comparison.csv", lambda path: write_comparison_table(
            path, self.view.recordings, self.view.differences
        ))  # fmt: skip

    def save_curves(self) -> None:
        """Save all curves on one axis as CSV."""
        from models.export.comparison_csv import write_comparison_curves

        self._ask(
            tr("Save the curves"),
            "comparison-curves.csv",
            lambda path: write_comparison_curves(path, self.view.recordings),
        )

    def _ask(self, title: str, name: str, write: Callable[[Path], object]) -> None:
        def save(path: Path) -> None:
            try:
                write(path)
            except JobError as error:
                self._document.tell(error.message, "error")
            else:
                self._document.tell(tr("Saved {file}.").format(file=path))

        ask_save(self, self._session, title, name, tr("Tables (*.csv)"), save)
