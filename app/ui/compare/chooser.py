"""The tracks of the list with a tick at those that are compared."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QModelIndex, QSortFilterProxyModel, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QListView, QVBoxLayout, QWidget

from app.session import Session
from app.ui.strings import tr
from app.ui.tracks import ID_ROLE, SEARCH_ROLE, TrackModel


class _Model(TrackModel):
    """Rows that can be ticked."""

    def __init__(self, session: Session) -> None:
        super().__init__(session.document)
        self._session = session
        session.document.compared_changed.connect(self._all_changed)

    def close(self) -> None:
        """Observe no longer."""
        self._session.document.compared_changed.disconnect(self._all_changed)
        super().close()

    def flags(self, index: Any) -> Qt.ItemFlag:
        """Every row has a tick."""
        return super().flags(index) | Qt.ItemFlag.ItemIsUserCheckable

    def data(self, index: Any, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return whether it is compared, or what the list says of it."""
        if role == Qt.ItemDataRole.CheckStateRole:
            chosen = super().data(index, ID_ROLE) in self._session.document.compared
            return Qt.CheckState.Checked if chosen else Qt.CheckState.Unchecked
        return super().data(index, role)

    def setData(self, index: Any, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Compare it, or no more."""
        if role != Qt.ItemDataRole.CheckStateRole:
            return False
        track_id = super().data(index, ID_ROLE)
        if Qt.CheckState(value) == Qt.CheckState.Checked:
            return self._session.compare(track_id)
        self._session.compare_no_more(track_id)
        return True


class _List(QListView):
    def event(self, event: QEvent) -> bool:
        """Space belongs to the list that has the focus, else to playback."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Space
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space and Enter tick; letters belong to the window."""
        index = self.currentIndex()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and index.isValid():
            ticked = index.data(Qt.ItemDataRole.CheckStateRole) == Qt.CheckState.Checked
            state = Qt.CheckState.Unchecked if ticked else Qt.CheckState.Checked
            self.model().setData(index, state, Qt.ItemDataRole.CheckStateRole)
        elif event.text().strip() or event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            event.ignore()
        else:
            super().keyPressEvent(event)


class Chooser(QWidget):
    """A search field over the list."""

    left = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = _Model(session)
        self.shown = QSortFilterProxyModel(self)
        self.shown.setSourceModel(self.model)
        self.shown.setFilterRole(SEARCH_ROLE)
        self.shown.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Tick what to compare; search"))
        self.search.setAccessibleName(tr("Search for recordings to compare"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(lambda text: self.shown.setFilterFixedString(text.strip()))
        self.list = _List()
        self.list.setModel(self.shown)
        self.list.setUniformItemSizes(True)
        self.list.setSpacing(2)  # boxes do not touch each other
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setAccessibleName(tr("Recordings to compare"))
        self.search.returnPressed.connect(self._to_list)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.search)
        layout.addWidget(self.list, 1)

    def _to_list(self) -> None:
        self.list.setFocus()
        if self.shown.rowCount():
            self.list.setCurrentIndex(self.shown.index(0, 0, QModelIndex()))

    def close_views(self) -> None:
        """Observe the document no longer."""
        self.model.close()
