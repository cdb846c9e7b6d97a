"""The Compare workspace: two to six recordings on one axis, of which one is heard."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QElapsedTimer, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.session import Session
from app.ui.analysis.lane_stack import LaneStack
from app.ui.analysis.message import Message
from app.ui.analysis.small import small
from app.ui.buttons import Choice, rule
from app.ui.compare.chooser import Chooser
from app.ui.compare.lanes import CurveLane, DistanceLane
from app.ui.compare.plane import ComparedPlane
from app.ui.compare.rows import RecordingRow
from app.ui.compare.table import ComparedTable
from app.ui.compare.words import moment_text, state_text
from app.ui.elided import ElidedLabel
from app.ui.files import ask_save
from app.ui.player import Player
from app.ui.strings import estimates_line, tr
from app.ui.theme import AXIS_PX, font
from app.ui.timescale import TimeAxis
from app.ui.workspaces import Page
from models.errors import JobError
from models.inference.compared import MOST_RECORDINGS, Difference, Recording, axis_duration, difference
from models.inference.differences import DifferingMoment

_LEFT_PX, _RIGHT_PX = 232, 262
#: Moments that are listed, of all recordings together.
_MOST_MOMENTS = 12
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
    recordings : tuple of Recording
        What is drawn: plain data, the reference first.
    region : tuple of float or None
        The selected region of the axis in seconds.
    """

    workspace_asked = Signal(str)

    def __init__(self, session: Session, player: Player, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._document = session.document
        self._player = player
        self.recordings: tuple[Recording, ...] = ()
        self.differences: tuple[Difference | None, ...] = ()
        self.region: tuple[float, float] | None = None
        self._ids: tuple[int, ...] = ()
        self._moments: list[tuple[int, DifferingMoment]] = []
        self._scrolled = QElapsedTimer()
        self._shown = False
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_SOON_MS)
        self._soon.timeout.connect(self._show)
        self._make_parts()
        self._lay_out()
        self._connect()
        self._show()

    # Putting it together

    def _make_parts(self) -> None:
        self.axis = TimeAxis(self)
        self.rows = [RecordingRow(index) for index in range(MOST_RECORDINGS)]
        self.chooser = Chooser(self._session)
        self.along = Choice(
            tr("One axis"),
            [
                ("music", tr("By the music"), tr("The same place of the piece stands at the same place  (A)")),
                ("time", tr("By time"), tr("Each from its own beginning  (A)")),
            ],
        )
        self.state = ElidedLabel()
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        self.bar.setFixedWidth(110)
        self.bar.setAccessibleName(tr("Progress of aligning"))
        self.cancel = QPushButton(tr("Cancel"))
        self.cancel.setAccessibleDescription(tr("Stop aligning; what is aligned stays"))
        self.again = QPushButton(tr("Align"))
        self.again.setAccessibleDescription(tr("Align by the music again"))
        self.by_time = QPushButton(tr("By time"))
        self.by_time.setAccessibleDescription(tr("Compare by time instead"))
        self.curves = [CurveLane(name) for name in ("valence", "arousal", "intensity", "loudness")]
        self.distance = DistanceLane()
        self.stack = LaneStack(self.axis, [*self.curves[:2], self.distance, *self.curves[2:]])
        self.stack.setAccessibleDescription(
            tr("Left and Right scroll, Up and Down zoom, Space plays, 1 to 6 hear another one from the same place.")
        )
        self.table = ComparedTable()
        self.table.setAccessibleName(tr("The recordings as wholes"))
        self.plane = ComparedPlane()
        self.moments = QListWidget()
        self.moments.setAccessibleName(tr("Where they differ most"))
        self.moments.setWordWrap(True)
        self.moments.setFont(font(AXIS_PX, tabular=True))
        self.moments.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.moments.setStyleSheet("QListWidget::item { padding: 3px 6px; }")
        self.no_moments = small()
        self.message = Message()

    def _lay_out(self) -> None:
        left = QWidget()
        left.setObjectName("panel")
        left.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        left.setFixedWidth(_LEFT_PX)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 6, 0, 6)
        column.setSpacing(1)
        for row in self.rows:
            column.addWidget(row)
        inner = QVBoxLayout()
        inner.setContentsMargins(8, 6, 8, 0)
        inner.addWidget(self.chooser)
        column.addLayout(inner, 1)
        self.right = QWidget()
        self.right.setObjectName("panel")
        self.right.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.right.setFixedWidth(_RIGHT_PX)
        side = QVBoxLayout(self.right)
        side.setContentsMargins(10, 8, 10, 8)
        side.setSpacing(6)
        side.addWidget(self.plane)
        heading = QLabel(tr("Where they differ most"))
        heading.setFont(font(strong=True))
        side.addWidget(heading)
        side.addWidget(self.moments, 1)
        for part in (
            self.no_moments,
            small(tr("N goes to the next, Enter plays from there.")),
            small(estimates_line()),
        ):
            side.addWidget(part)
        head = QHBoxLayout()
        head.setContentsMargins(0, 0, 0, 0)
        for part in (self.along, self.bar, self.cancel, self.again, self.by_time):
            head.addWidget(part)
        head.insertWidget(1, self.state, 1)
        lanes = QWidget()
        middle = QVBoxLayout(lanes)
        middle.setContentsMargins(12, 6, 4, 4)
        middle.setSpacing(6)
        middle.addLayout(head)
        middle.addWidget(self.stack, 1)
        self.compared = QWidget()
        grid = QGridLayout(self.compared)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(0)
        grid.addWidget(lanes, 0, 0)
        grid.addWidget(rule(vertical=True), 0, 1)
        grid.addWidget(self.right, 0, 2)
        grid.addWidget(rule(), 1, 0, 1, 3)
        grid.addWidget(self.table, 2, 0, 1, 3)
        grid.setColumnStretch(0, 1)
        grid.setRowStretch(0, 1)
        self.body = QStackedWidget()
        self.body.addWidget(self.compared)
        self.body.addWidget(self.message)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for part in (left, rule(vertical=True), self.body):
            layout.addWidget(part, 1 if part is self.body else 0)

    def _connect(self) -> None:
        session, comparer = self._session, self._session.comparer
        for row in self.rows:
            row.hear_asked.connect(self.hear)
            row.remove_asked.connect(self._remove)
            row.seek_asked.connect(self._seek_in)
        self.along.chosen.connect(session.compare_along)
        self.by_time.clicked.connect(lambda: session.compare_along("time"))
        self.cancel.clicked.connect(comparer.cancel)
        self.again.clicked.connect(comparer.align_again)
        self.stack.seek_asked.connect(self.seek)
        self.stack.selection_made.connect(self.select)
        self.stack.panned.connect(self._scrolled.start)
        self.table.differs_asked.connect(self.go_where_it_differs)
        self.moments.currentRowChanged.connect(self._go_to_row)
        self.moments.itemActivated.connect(lambda _item: self._play_moment())
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
        self.chooser.close_views()

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
        (self.stack if len(self._ids) > 1 else self.chooser.list).setFocus()

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
            "compare_search": self.chooser.search.setFocus,
            "compare_table": self.save_table,
            "compare_curves": self.save_curves,
        }

    def possible(self, name: str) -> bool:
        """Whether an action can do something with what is compared."""
        count = len(self._ids)
        if name.startswith("hear_"):
            return int(name[-1]) <= count
        if name in ("compare_next", "compare_previous"):
            return bool(self._moments)
        if name in ("compare_reference", "compare_remove"):
            return self.heard >= (1 if name == "compare_reference" else 0)
        if name == "compare_clear":
            return self.region is not None
        return name == "compare_search" or count > 1

    def handle_key(self, event: QKeyEvent) -> bool:
        """Give keys that no focused control wants to the time axis."""
        return self.body.currentIndex() == 0 and self.stack.handle_key(event)

    # What is shown

    @property
    def heard(self) -> int:
        """Index of the recording that the player has; -1 if it is none of them."""
        current = self._document.current
        return self._ids.index(current) if current in self._ids else -1

    def _show_soon(self, *_args: object) -> None:
        if not self._soon.isActive():
            self._soon.start()

    def _track_news(self, track_id: int) -> None:
        if track_id in self._ids:
            self._show_soon()

    def _show(self) -> None:
        comparer, document = self._session.comparer, self._document
        before, self._ids = self._ids, comparer.ids
        recordings = comparer.recordings
        self.along.choose(document.along)
        heard = self.heard
        for row in self.rows:
            row.setVisible(row.index < len(recordings))
            if row.index < len(recordings):
                track = document.track(self._ids[row.index])
                row.show_recording(recordings[row.index], track, heard=row.index == heard)
        self._show_state(recordings)
        self._show_message()
        if self._ids != before or not _same(recordings, self.recordings):
            self._draw(recordings)
        for lane in self.stack.lanes:
            lane.set_heard(heard)
        self.plane.set_heard(heard)
        self.stack.data_changed()
        if self._shown and self._ids != before:
            self._hear_one_of_them()
        self._follow(self._player.position_s)
        self.possible_changed.emit()

    def _draw(self, recordings: tuple[Recording, ...]) -> None:
        """Take everything anew: there are other recordings, or more is known of them."""
        self.recordings = recordings
        first = recordings[0] if recordings else None
        self.differences = tuple(
            difference(first, other) if first is not None and index else None for index, other in enumerate(recordings)
        )
        every = [
            (index, moment) for index, one in enumerate(self.differences) if one is not None for moment in one.moments
        ]
        largest = sorted(every, key=lambda pair: -pair[1].size)[:_MOST_MOMENTS]
        self._moments = sorted(largest, key=lambda pair: pair[1].peak_s)
        duration_s = axis_duration(recordings)
        if duration_s != self.axis.duration_s:
            self.axis.correct_duration(duration_s)
            self.select(None)
        for lane in self.curves:
            lane.set_recordings(recordings, duration_s)
        marks = [(index, moment.peak_s) for index, moment in self._moments]
        self.distance.set_differences(self.differences, marks, duration_s)
        self.stack.readout.lanes_changed()
        self.plane.set_recordings(recordings)
        self.table.fill(recordings, self.differences, by_music=self._document.along == "music")
        self._list_moments()

    def _list_moments(self) -> None:
        self.moments.blockSignals(True)
        self.moments.clear()
        for index, moment in self._moments:
            self.moments.addItem(moment_text(moment, index, self.recordings[0], self.recordings[index]))
        self.moments.blockSignals(False)
        known = any(one is not None for one in self.differences)
        text = tr("Nowhere by more than 0.1.") if known else tr("Shown once two of them are analysed.")
        self.no_moments.setText("" if self._moments else text)
        self.no_moments.setVisible(not self._moments)

    def _show_state(self, recordings: tuple[Recording, ...]) -> None:
        state = self._session.comparer.state
        text, warns = state_text(state, recordings)
        self.state.setText(text)
        self.state.setProperty("error", warns)
        self.state.setProperty("soft", not warns)
        self.state.style().unpolish(self.state)
        self.state.style().polish(self.state)
        self.bar.setVisible(state.status == "working")
        self.bar.setValue(round(1000 * state.fraction))
        self.cancel.setVisible(state.status == "working")
        self.again.setVisible(state.status in ("cancelled", "failed"))
        self.by_time.setVisible(warns and state.status == "ready")

    def _show_message(self) -> None:
        enough = len(self._ids) > 1
        self.body.setCurrentIndex(0 if enough else 1)
        if enough:
            return
        title = tr("One more recording, please") if self._ids else tr("Two to six recordings, side by side")
        text = tr(
            "Tick them in the list on the left, or press Ctrl+T in Analyse for the one that is shown there. "
            "Performances of one piece are laid on one axis by their music; any others are compared by time."
        )
        if not len(self._document):
            text = tr("There is no music on the list yet: open some in Analyse first.")
        self.message.show_message(
            "music", title, text, [(tr("Go to Analyse"), lambda: self.workspace_asked.emit("analyse"))]
        )

    # What a person does

    def hear(self, index: int) -> None:
        """Hear another recording from the same place of the music; what played plays on."""
        if not 0 <= index < len(self._ids) or index == self.heard:
            return
        at_s = self.at_s
        recording, track = self.recordings[index], self._document.track(self._ids[index])
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
        known = 0 <= index < len(self.recordings)
        return self.recordings[index].there(self._player.position_s) if known else 0.0

    def seek(self, axis_s: float) -> None:
        """Put the playhead somewhere on the axis."""
        if 0 <= self.heard < len(self.recordings):
            self._player.seek(self.recordings[self.heard].here(axis_s))

    def _seek_in(self, index: int, share: float) -> None:
        """Put the playhead somewhere in one of the recordings, and hear that one."""
        self.hear(index)
        self._player.seek(share * self.recordings[index].duration_s)

    def select(self, region: tuple[float, float] | None) -> None:
        """Select a region of the axis; loop repeats it in whatever is heard."""
        self.region = region
        self.stack.set_selection(region)
        self._select_in_heard()
        self.possible_changed.emit()

    def _select_in_heard(self) -> None:
        if not 0 <= self.heard < len(self.recordings):
            return
        if self.region is None:
            self._session.set_selection(None)
        else:
            self._session.set_selection(*(self.recordings[self.heard].here(edge) for edge in self.region))

    def toggle_along(self) -> None:
        """Lay the recordings on the axis by the music, or by time."""
        self._session.compare_along("time" if self._document.along == "music" else "music")

    def make_reference(self) -> None:
        """Lay the others on the time of the one that is heard."""
        if self.heard > 0:
            self._session.compare_with(self._ids[self.heard])

    def _remove(self, index: int) -> None:
        if 0 <= index < len(self._ids):
            self._session.compare_no_more(self._ids[index])

    def step(self, step: int) -> None:
        """Put the playhead where they differ next (+1) or before (-1)."""
        here, peaks = self.at_s, [moment.peak_s for _, moment in self._moments]
        if not peaks:
            return
        if step > 0:
            row = next((i for i, peak in enumerate(peaks) if peak > here + 0.3), 0)
        else:
            slack = 1.0 if self._player.playing else 0.3
            row = next((i for i in reversed(range(len(peaks))) if peaks[i] < here - slack), len(peaks) - 1)
        if self.moments.currentRow() == row:
            self._go_to_row(row)
        self.moments.setCurrentRow(row)

    def _go_to_row(self, row: int) -> None:
        if 0 <= row < len(self._moments):
            self.axis.reveal(self._moments[row][1].peak_s)
            self.seek(self._moments[row][1].peak_s)

    def _play_moment(self) -> None:
        row = self.moments.currentRow()
        if 0 <= row < len(self._moments):
            self.seek(self._moments[row][1].start_s)
            self._player.play()

    def go_where_it_differs(self, index: int) -> None:
        """Put the playhead where one recording is farthest from the reference, and hear it there."""
        one = self.differences[index] if 0 <= index < len(self.differences) else None
        self.hear(index)
        if one is not None and one.moments:
            self.axis.reveal(one.moments[0].peak_s)
            self.seek(one.moments[0].peak_s)

    def _follow(self, _position_s: float) -> None:
        if not self._shown or self.heard < 0:
            return
        at_s = self.at_s
        self.stack.set_playhead(at_s)
        self.plane.set_playhead(at_s)
        for row, recording in zip(self.rows, self.recordings, strict=False):
            row.strip.set_playhead(recording.here(at_s) / recording.duration_s if recording.duration_s > 0 else 0.0)
        left_alone = self._scrolled.isValid() and self._scrolled.elapsed() < _LEFT_ALONE_MS
        if (
            self._player.playing
            and not left_alone
            and self.axis.end_s < at_s < self.axis.end_s + 2 * self._player.speed
        ):
            self.axis.turn_page(at_s)

    # Taking it out

    def save_table(self) -> None:
        """Save the table as CSV."""
        from models.export.comparison_csv import write_comparison_table

        self._ask(tr("Save the table"), "comparison.csv", lambda path: write_comparison_table(
            path, self.recordings, self.differences
        ))  # fmt: skip

    def save_curves(self) -> None:
        """Save all curves on one axis as CSV."""
        from models.export.comparison_csv import write_comparison_curves

        self._ask(
            tr("Save the curves"), "comparison-curves.csv", lambda path: write_comparison_curves(path, self.recordings)
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


def _same(first: tuple[Recording, ...], second: tuple[Recording, ...]) -> bool:
    """Whether two lists hold the very same results: arrays have no one truth to compare."""

    def parts(one: Recording) -> tuple[object, ...]:
        return one.analysis, one.overview, one.structure, one.alignment

    return len(first) == len(second) and all(
        (one.title, one.artist, one.duration_s) == (other.title, other.artist, other.duration_s)
        and all(a is b for a, b in zip(parts(one), parts(other), strict=True))
        for one, other in zip(first, second, strict=True)
    )
