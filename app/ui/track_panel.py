"""The left panel: search, the list, and what can be done to its rows."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPoint, QSortFilterProxyModel, Qt, QUrl, Signal
from PySide6.QtGui import QAction, QDesktopServices, QGuiApplication, QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QMenu,
    QVBoxLayout,
    QWidget,
)

from app.session import Session
from app.ui.icons import icon
from app.ui.strings import tr
from app.ui.theme import AXIS_PX, THEME, font
from app.ui.tracks import ID_ROLE, SEARCH_ROLE, TrackDelegate, TrackModel


class _TrackList(QListView):
    activated_by_key = Signal()
    removal_asked = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter plays, Del removes; letters and Left or Right belong to the window."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.activated_by_key.emit()
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.removal_asked.emit()
        elif event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right) or event.text().strip():
            event.ignore()
        else:
            super().keyPressEvent(event)


class _SearchField(QLineEdit):
    left = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc clears, Enter and Down go to the list."""
        if event.key() == Qt.Key.Key_Escape:
            self.clear()
            self.left.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Down):
            self.left.emit()
        else:
            super().keyPressEvent(event)


class TrackPanel(QWidget):
    """Tracks of the session; the selected row is shown in the workspace."""

    play_asked = Signal()
    find_asked = Signal(int)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._document = session.document
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setMinimumWidth(180)
        self.model = TrackModel(self._document)
        self.shown = QSortFilterProxyModel(self)
        self.shown.setSourceModel(self.model)
        self.shown.setFilterRole(SEARCH_ROLE)
        self.shown.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.search = _SearchField()
        self.search.setPlaceholderText(tr("Search"))
        self.search.setToolTip(tr("Finds titles, artists, file names, Q1 to Q4, and \u201cunfamiliar\u201d  (Ctrl+F)"))
        self.search.setClearButtonEnabled(True)
        self.search.setAcceptDrops(False)  # what is dropped here, too, is music for the window
        self.search.setAccessibleName(tr("Search tracks"))
        self._lens = self.search.addAction(icon("search", THEME.tokens.soft), QLineEdit.ActionPosition.LeadingPosition)
        self.count = QLabel()
        self.count.setFont(font(AXIS_PX, tabular=True))
        self.count.setProperty("soft", True)
        title = QLabel(tr("Tracks"))
        title.setFont(font(strong=True))
        self.list = _TrackList()
        self.list.setModel(self.shown)
        self.list.setItemDelegate(TrackDelegate(self.list))
        self.list.setUniformItemSizes(True)
        self.list.setMouseTracking(True)
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.setAccessibleName(tr("Tracks"))
        top = QHBoxLayout()
        top.setContentsMargins(12, 8, 12, 0)
        top.addWidget(title)
        top.addStretch(1)
        top.addWidget(self.count)
        field = QHBoxLayout()
        field.setContentsMargins(8, 0, 8, 0)
        field.addWidget(self.search)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(top)
        layout.addLayout(field)
        layout.addWidget(self.list, 1)

        self.search.textChanged.connect(self._filter)
        self.search.left.connect(self.list.setFocus)
        self.list.selectionModel().currentChanged.connect(self._row_chosen)
        self.list.doubleClicked.connect(lambda _index: self.play_asked.emit())
        self.list.activated_by_key.connect(self.play_asked)
        self.list.removal_asked.connect(self.remove_selected)
        self.list.customContextMenuRequested.connect(self._open_menu)
        # The list's own signals come after those of the filter over it: then both have counted.
        for signal in (self.model.rowsInserted, self.model.rowsRemoved, self.model.modelReset):
            signal.connect(lambda *_args: self._count())
        self._document.current_changed.connect(self._show_current)
        THEME.changed.connect(self._tint)
        self._count()
        self._show_current(self._document.current)

    def close_views(self) -> None:
        """Observe the document no longer."""
        self._document.current_changed.disconnect(self._show_current)
        self.model.close()

    def selected_ids(self) -> list[int]:
        """Ids of the selected rows, top to bottom."""
        rows = sorted(self.list.selectionModel().selectedIndexes(), key=QModelIndex.row)
        return [int(index.data(ID_ROLE)) for index in rows]

    def remove_selected(self) -> None:
        """Take the selected rows off the list."""
        ids = self.selected_ids()
        if ids:
            self._session.remove_tracks(ids)
            self._tell_removed(len(ids))

    def remove_all(self) -> None:
        """Take all rows off the list."""
        count = len(self._document.order)
        if count:
            self._session.clear_list()
            self._tell_removed(count)

    def _tell_removed(self, count: int) -> None:
        said = tr("Removed 1 track.") if count == 1 else tr("Removed {count} tracks.").format(count=count)
        self._document.tell(f"{said} {tr('Ctrl+Z brings back what was removed.')}")

    def _tint(self) -> None:
        self._lens.setIcon(icon("search", THEME.tokens.soft))
        self.list.viewport().update()

    def _filter(self, text: str) -> None:
        self.shown.setFilterFixedString(text.strip())
        self._show_current(self._document.current)
        self._count()

    def _count(self) -> None:
        total, shown = self.model.rowCount(), self.shown.rowCount()
        self.count.setText("" if not total else f"{shown}/{total}" if shown != total else str(total))
        self.layout().activate()  # at once: "22" in the room of "2" would read "2"

    def _row_chosen(self, current: QModelIndex, _previous: QModelIndex) -> None:
        track_id = current.data(ID_ROLE) if current.isValid() else None
        if track_id is not None and track_id != self._document.current and track_id in self._document:
            self._session.select_track(track_id)

    def _show_current(self, track_id: int | None) -> None:
        selection = self.list.selectionModel()
        index = QModelIndex()
        if track_id is not None:
            row = self.model.row_of(track_id)
            if row >= 0:
                index = self.shown.mapFromSource(self.model.index(row))
        if not index.isValid():
            return
        if selection.currentIndex() != index or not selection.isSelected(index):
            selection.setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        # In thousands of rows this takes a while: only where it is seen.
        if self.list.isVisible():
            self.list.scrollTo(index)

    def showEvent(self, event: QShowEvent) -> None:
        """Bring what is shown by now into view."""
        super().showEvent(event)
        self._show_current(self._document.current)

    def _open_menu(self, position: QPoint) -> None:
        menu = self.menu()
        if menu is not None:
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(self.list.viewport().mapToGlobal(position))

    def menu(self) -> QMenu | None:
        """Return what can be done to the selected rows; None when there are none."""
        ids = self.selected_ids()
        if not ids:
            return None
        document = self._document
        states = [document.track(track_id) for track_id in ids]
        menu = QMenu(self)

        def add(text: str, run: Callable[[], object], *, on: bool = True) -> None:
            action = QAction(text, menu)
            action.setEnabled(on)
            action.triggered.connect(lambda _checked=False: run())
            menu.addAction(action)

        busy = [state.id for state in states if state.status in ("queued", "analysing")]
        add(tr("Play"), self.play_asked.emit, on=len(ids) == 1)
        menu.addSeparator()
        add(tr("Analyse again"), lambda: self._session.analyse_again(ids), on=len(busy) < len(ids))
        add(
            tr("Cancel the analysis"),
            lambda: [self._session.cancel(track_id) for track_id in busy],
            on=bool(busy),
        )
        add(
            tr("Add to the comparison"),
            lambda: [self._session.compare(track_id) for track_id in ids],
            on=any(track_id not in document.compared for track_id in ids),
        )
        menu.addSeparator()
        if len(ids) == 1 and states[0].status == "missing":
            add(tr("Choose where it lies now\u2026"), lambda: self.find_asked.emit(ids[0]))
        add(
            tr("Show in folder"),
            lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(states[0].path.parent))),
            on=len(ids) == 1,
        )
        add(
            tr("Copy path") if len(ids) == 1 else tr("Copy paths"),
            lambda: QGuiApplication.clipboard().setText("\n".join(str(state.path) for state in states)),
        )
        errors = "\n".join(state.error for state in states if state.error)
        add(tr("Copy error"), lambda: QGuiApplication.clipboard().setText(errors), on=bool(errors))
        menu.addSeparator()
        add(
            tr("Remove from list") if len(ids) == 1 else tr("Remove {count} from list").format(count=len(ids)),
            self.remove_selected,
        )
        return menu
