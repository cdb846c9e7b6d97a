"""What the Compare workspace shows: rows and a list to choose from, lanes on one axis, the plane, moments, a table."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
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

from app.jobs.comparer import Aligning
from app.session import Session
from app.ui.analysis.lane_stack import LaneStack
from app.ui.analysis.message import Message
from app.ui.analysis.small import small
from app.ui.buttons import Choice, rule
from app.ui.compare.chooser import Chooser
from app.ui.compare.lanes import CurveLane, DistanceLane
from app.ui.compare.plane import ComparedPlane
from app.ui.compare.rows import RecordingRow
from app.ui.compare.table import FEWEST_ROWS, ComparedTable
from app.ui.compare.words import moment_text, state_text
from app.ui.elided import ElidedLabel
from app.ui.strings import estimates_line, tr
from app.ui.theme import AXIS_PX, font
from app.ui.timescale import TimeAxis
from models.inference.compared import MOST_RECORDINGS, Difference, Recording, axis_duration, difference, rank
from models.inference.differences import DifferingMoment

_LEFT_PX, _RIGHT_PX = 232, 262
#: Below this width there is no panel on the right; less width than this is not enough for the lanes.
_NARROW_PX, _LEAST_PX = 980, 700
#: Above, between and below the line of words, the lanes and the table.
_MARGINS_PX = 18
#: Moments that are listed, of all recordings together.
_MOST_MOMENTS = 12


class ComparedView(QWidget):
    """Draws recordings; knows neither document nor player.

    Parameters
    ----------
    session : Session
        Of the list to choose from.

    Attributes
    ----------
    recordings : tuple of Recording
        What is drawn: plain data, the reference first.
    differences : tuple of Difference or None
        Of each from the reference.
    moments : list of (int, DifferingMoment)
        Where they differ most, in the order of time, each with the index of its recording.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.recordings: tuple[Recording, ...] = ()
        self.differences: tuple[Difference | None, ...] = ()
        self.moments: list[tuple[int, DifferingMoment]] = []
        self._heard: int | None = None
        self._make_parts(session)
        self._lay_out()

    def _make_parts(self, session: Session) -> None:
        self.axis = TimeAxis(self)
        self.rows = [RecordingRow(index) for index in range(MOST_RECORDINGS)]
        self.chooser = Chooser(session)
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
        self.curves = [CurveLane(name) for name in ("valence", "arousal", "intensity", "loudness")]
        self.distance = DistanceLane()
        self.overlaid = [*self.curves[:2], self.distance, *self.curves[2:]]
        self.stack = LaneStack(self.axis, list(self.overlaid))
        self.stack.setAccessibleDescription(
            tr("Left and Right scroll, Up and Down zoom, Space plays, 1 to 6 hear another one from the same place.")
        )
        self.table = ComparedTable()
        self.table.setAccessibleName(tr("The recordings as wholes"))
        self.plane = ComparedPlane()
        self.list = QListWidget()
        self.list.setAccessibleName(tr("Where they differ most"))
        self.list.setWordWrap(True)
        self.list.setFont(font(AXIS_PX, tabular=True))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setStyleSheet("QListWidget::item { padding: 3px 6px; }")
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
        side.addWidget(self.list, 1)
        for part in (
            self.no_moments,
            small(tr("N goes to the next, Enter plays from there.")),
            small(estimates_line()),
        ):
            side.addWidget(part)
        head = QHBoxLayout()
        head.setContentsMargins(0, 0, 0, 0)
        for part in (self.along, self.bar, self.cancel, self.again):
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

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a small window the lanes go first: the panel on the right gives way, and rows of the table."""
        super().resizeEvent(event)
        self._share_room()

    def _share_room(self) -> None:
        # What gives way does not hold the window open.
        self.setMinimumSize(_LEAST_PX, self._lanes_px + self.table.tall(FEWEST_ROWS))
        self.right.setVisible(self.width() >= _NARROW_PX)
        self.table.set_room(self.height() - self._lanes_px)

    @property
    def _lanes_px(self) -> int:
        """Height that the lanes need, with what stands above them."""
        head_px = max(part.sizeHint().height() for part in (self.along, self.cancel))
        return self.stack.minimumSizeHint().height() + head_px + _MARGINS_PX

    # What is shown

    def show_recordings(self, recordings: tuple[Recording, ...], *, by_music: bool) -> None:
        """Take other recordings, or what else is known of them."""
        if _same(recordings, self.recordings):
            return
        self.recordings = recordings
        self._heard = None  # to be drawn anew
        first = recordings[0] if recordings else None
        self.differences = tuple(
            difference(first, other) if first is not None and index else None for index, other in enumerate(recordings)
        )
        every = [
            (index, moment) for index, one in enumerate(self.differences) if one is not None for moment in one.moments
        ]
        largest = sorted(every, key=lambda pair: rank(pair[1]))[:_MOST_MOMENTS]
        self.moments = sorted(largest, key=lambda pair: pair[1].peak_s)
        duration_s = axis_duration(recordings)
        if duration_s != self.axis.duration_s:
            self.axis.correct_duration(duration_s)
        for lane in self.curves:
            lane.set_recordings(recordings, duration_s)
        marks = [(index, moment.peak_s) for index, moment in self.moments]
        self.distance.set_differences(self.differences, marks, duration_s)
        self.stack.readout.lanes_changed()
        self.plane.set_recordings(recordings)
        self.table.fill(recordings, self.differences, by_music=by_music)
        self._share_room()
        self._list_moments()

    def _list_moments(self) -> None:
        self.list.blockSignals(True)
        self.list.clear()
        for index, moment in self.moments:
            self.list.addItem(moment_text(moment, index, self.recordings[0], self.recordings[index]))
        self.list.blockSignals(False)
        known = any(one is not None for one in self.differences)
        text = tr("Nowhere by more than 0.1.") if known else tr("Shown once two of them are analysed.")
        self.no_moments.setText("" if self.moments else text)
        self.no_moments.setVisible(not self.moments)

    def show_state(self, state: Aligning, recordings: tuple[Recording, ...]) -> None:
        """Say how far the aligning is, and what is to be known of it."""
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

    def set_heard(self, index: int) -> None:
        """Draw the recording that is heard stronger than the others."""
        if index == self._heard:
            return
        self._heard = index
        for lane in self.overlaid:
            lane.set_heard(index)
        self.plane.set_heard(index)
        self.stack.data_changed()

    def set_playhead(self, axis_s: float) -> None:
        """Move every playhead to the same place of the music."""
        self.stack.set_playhead(axis_s)
        self.plane.set_playhead(axis_s)
        for row, recording in zip(self.rows, self.recordings, strict=False):
            row.strip.set_playhead(recording.here(axis_s) / recording.duration_s if recording.duration_s > 0 else 0.0)


def _same(first: tuple[Recording, ...], second: tuple[Recording, ...]) -> bool:
    """Whether two lists hold the very same results: arrays have no one truth to compare."""

    def parts(one: Recording) -> tuple[object, ...]:
        return one.analysis, one.overview, one.structure, one.alignment

    return len(first) == len(second) and all(
        (one.title, one.artist, one.duration_s) == (other.title, other.artist, other.duration_s)
        and all(a is b for a, b in zip(parts(one), parts(other), strict=True))
        for one, other in zip(first, second, strict=True)
    )
