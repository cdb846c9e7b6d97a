"""The climaxes as a list, strongest first: times, what makes each one, and the course of intensity on one scale."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QListView, QWidget

from app.ui.analysis.climax_row import ROW_PX, ClimaxRow
from app.ui.analysis.climax_shape import Course, common_range, common_span
from app.ui.analysis.climax_words import sentence
from app.ui.strings import tr
from app.ui.theme import THEME
from models.analysis import Climax

if TYPE_CHECKING:
    from app.exploration import ShownClimax

SHOWN_ROLE = Qt.ItemDataRole.UserRole + 1
COURSE_ROLE = Qt.ItemDataRole.UserRole + 2
_Index = QModelIndex | QPersistentModelIndex
_SHIFT, _CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
#: More rows than this scroll inside the list, so that what is known of the chosen one stays near.
_ROWS_IN_VIEW = 4


class _Model(QAbstractListModel):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.shown: tuple[ShownClimax, ...] = ()
        self.courses: list[Course | None] = []

    def replace(self, shown: Sequence[ShownClimax], courses: list[Course | None]) -> None:
        self.beginResetModel()
        self.shown, self.courses = tuple(shown), courses
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.shown)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        if role == SHOWN_ROLE:
            return self.shown[index.row()]
        if role == COURSE_ROLE:
            return self.courses[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return sentence(index.row() + 1, self.shown[index.row()])
        return None


class ClimaxList(QListView):
    """One row per climax; a click or Enter asks to play from its approach.

    Signals
    -------
    chosen(Climax)
        It shall be played.
    current_changed(ShownClimax or None)
        Another one is looked at.
    selection_changed()
        Others are `selected`, to be compared.
    remove_asked(ShownClimax), name_asked(ShownClimax)
        Del and F2.
    edge_asked(int)
        Left and Right: the edge before (-1) or after (+1) shall be the one that is moved.
    nudge_asked(int, bool)
        Shift with Left or Right: move that edge by a small step, with Ctrl by a beat.
    nudge_done()
        The key was let go.
    """

    chosen = Signal(object)
    current_changed = Signal(object)
    selection_changed = Signal()
    remove_asked = Signal(object)
    name_asked = Signal(object)
    edge_asked = Signal(int)
    nudge_asked = Signal(int, bool)
    nudge_done = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = _Model(self)
        self._row = ClimaxRow(self)
        self._held = Qt.KeyboardModifier.NoModifier  # of the last click
        self.setModel(self._model)
        self.setItemDelegate(self._row)
        self.setMouseTracking(True)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(tr("Climaxes, strongest first"))
        self.clicked.connect(self._clicked)
        THEME.changed.connect(self.viewport().update)
        self.set_climaxes((), None)

    # What is listed

    @property
    def shown(self) -> tuple[ShownClimax, ...]:
        """What is listed, strongest first."""
        return self._model.shown

    @property
    def climaxes(self) -> tuple[Climax, ...]:
        """The times of what is listed."""
        return tuple(shown.climax for shown in self._model.shown)

    @property
    def current(self) -> ShownClimax | None:
        """The one that is looked at."""
        index = self.currentIndex()
        return self.shown[index.row()] if index.isValid() else None

    @property
    def selected(self) -> tuple[ShownClimax, ...]:
        """Those that are compared, strongest first."""
        rows = sorted(index.row() for index in self.selectionModel().selectedIndexes())
        return tuple(self.shown[row] for row in rows)

    def set_climaxes(self, shown: Sequence[ShownClimax], intensity: Course | None) -> None:
        """List these, strongest first; nothing is chosen. The courses of all stand on one scale."""
        before_s, after_s = common_span(one.climax for one in shown)
        courses = [
            None if intensity is None else intensity.around(one.climax.peak_s, before_s, after_s) for one in shown
        ]
        self._row.span_s = (before_s, after_s)
        self._row.range = common_range(course for course in courses if course is not None)
        self._model.replace(shown, courses)
        rows = min(max(len(shown), 1), _ROWS_IN_VIEW)
        # Half a row more tells that there are others below.
        self.setFixedHeight(rows * ROW_PX + (ROW_PX // 2 if len(shown) > _ROWS_IN_VIEW else 2))

    def choose(self, shown: ShownClimax | None) -> None:
        """Look at one of the list, or at none."""
        row = self.shown.index(shown) if shown in self.shown else -1
        index = self._model.index(row, 0) if row >= 0 else QModelIndex()
        if index.isValid():
            flags = QItemSelectionModel.SelectionFlag.ClearAndSelect
            self.selectionModel().setCurrentIndex(index, flags)
            self.scrollTo(index)
        else:
            self.selectionModel().clear()
            self.current_changed.emit(None)

    def select_also(self, others: Iterable[ShownClimax]) -> None:
        """Let these be among what is compared."""
        for shown in others:
            index = self._model.index(self.shown.index(shown), 0)
            self.selectionModel().select(index, QItemSelectionModel.SelectionFlag.Select)

    def currentChanged(self, current: QModelIndex, previous: QModelIndex) -> None:
        """Tell which one is looked at."""
        super().currentChanged(current, previous)
        if current.isValid():
            self.current_changed.emit(self.shown[current.row()])

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        """Tell that others are compared."""
        super().selectionChanged(selected, deselected)
        self.selection_changed.emit()

    # Keys and mouse

    def event(self, event: QEvent) -> bool:
        """Keys that mean something here do not go to the window's actions."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._means(event):
            event.accept()
            return True
        return super().event(event)

    def _means(self, event: QKeyEvent) -> bool:
        keys = (
            Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Delete, Qt.Key.Key_F2, Qt.Key.Key_Left, Qt.Key.Key_Right,
        )  # fmt: skip
        return self.currentIndex().isValid() and event.key() in keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Play, name, remove, or move the climax under the focus."""
        if not self._means(event):
            super().keyPressEvent(event)
            return
        key, held = event.key(), event.modifiers()
        assert self.current is not None
        if key == Qt.Key.Key_Delete:
            self.remove_asked.emit(self.current)
        elif key == Qt.Key.Key_F2:
            self.name_asked.emit(self.current)
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            step = 1 if key == Qt.Key.Key_Right else -1
            if held & _SHIFT:
                self.nudge_asked.emit(step, bool(held & _CTRL))
            else:
                self.edge_asked.emit(step)
        else:
            self.chosen.emit(self.current.climax)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """An arrow that was held moved an edge in one go."""
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right) and not event.isAutoRepeat():
            self.nudge_done.emit()
        super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """So is one whose letting go is not heard here."""
        self.nudge_done.emit()
        super().focusOutEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Remember what was held: a click that adds to the selection plays nothing."""
        self._held = event.modifiers()
        super().mouseReleaseEvent(event)

    def _clicked(self, index: QModelIndex) -> None:
        if index.isValid() and not self._held & (_SHIFT | _CTRL):
            self.chosen.emit(self.shown[index.row()].climax)

    def sizeHint(self) -> QSize:
        """As high as its rows."""
        return QSize(200, self.height())
