"""The tracks to rate: titles and what this rater has rated, nothing that a model says."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QShowEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QListView, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.labelling.take import RATE_HZ
from app.session import Session
from app.ui.row_state import paint_row_state
from app.ui.strings import clock, percent, tr
from app.ui.theme import AXIS_PX, BODY_PX, THEME, font
from app.ui.tracks import ID_ROLE, TRACK_ROLE, TrackModel

_ROW_PX = 42
_RATED_ROLE = Qt.ItemDataRole.UserRole + 20


class _Model(TrackModel):
    """Rows without the model's answer, whoever reads them out."""

    def __init__(self, session: Session) -> None:
        super().__init__(session.document)
        self._session = session
        session.document.ratings_changed.connect(self._changed)

    def close(self) -> None:
        """Observe no longer."""
        self._session.document.ratings_changed.disconnect(self._changed)
        super().close()

    def data(self, index: Any, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what may be known."""
        if role in (_RATED_ROLE, Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            track = super().data(index, TRACK_ROLE)
            if track is None:
                return None
            rated = self._rated(track.id, track.duration_s)
            words = ", ".join(part for part in (track.title, track.artist, rated) if part)
            return rated if role == _RATED_ROLE else words if role == Qt.ItemDataRole.AccessibleTextRole else None
        return super().data(index, role)

    def _rated(self, track_id: int, duration_s: float | None) -> str:
        rater = self._session.rater
        mine = [r for r in self._session.ratings(track_id) if rater is not None and r.rater_id == rater.id]
        if not mine:
            return ""
        share = min(1.0, max(len(r.times_s) for r in mine) / RATE_HZ / duration_s) if duration_s else 1.0
        return tr("{share} rated").format(share=percent(share))


class _Delegate(QStyledItemDelegate):
    def sizeHint(self, _option: QStyleOptionViewItem, _index: QModelIndex) -> QSize:
        """All rows are alike."""
        return QSize(160, _ROW_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Draw title, length and artist, and how much is rated."""
        track = index.data(TRACK_ROLE)
        if track is None:
            return
        tokens, box = THEME.tokens, QRectF(option.rect)
        painter.save()
        paint_row_state(painter, option)
        left, right = box.left() + 12, box.right() - 10
        painter.setFont(font(BODY_PX))
        painter.setPen(QColor(tokens.text))
        metrics = QFontMetrics(painter.font())
        title = metrics.elidedText(track.title, Qt.TextElideMode.ElideRight, int(right - left))
        painter.drawText(QRectF(left, box.top() + 4, right - left, 18), Qt.AlignmentFlag.AlignVCenter, title)
        painter.setFont(font(AXIS_PX, tabular=True))
        metrics = QFontMetrics(painter.font())
        rated = index.data(_RATED_ROLE) or ""
        row = QRectF(left, box.top() + 21, right - left, 16)
        painter.drawText(row, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, rated)
        painter.setPen(QColor(tokens.soft))
        parts = [clock(track.duration_s) if track.duration_s else "", track.artist]
        words = " \u00b7 ".join(part for part in parts if part)
        room = int(row.width() - metrics.horizontalAdvance(rated) - 8)
        below = metrics.elidedText(words, Qt.TextElideMode.ElideRight, room)
        painter.drawText(row, Qt.AlignmentFlag.AlignVCenter, below)
        painter.restore()


class LabelTrackList(QListView):
    """The selected row is the document's current track; keys that it does not need belong to the window."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._document = session.document
        self.rows = _Model(session)
        self.setModel(self.rows)
        self.setItemDelegate(_Delegate(self))
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the arrow keys are the pointer's; Ctrl+Up and Ctrl+Down go here
        self.setAccessibleName(tr("Tracks to rate"))
        self.selectionModel().currentChanged.connect(self._chosen)
        self._document.current_changed.connect(self.show_current)
        self.show_current(self._document.current)

    def close_views(self) -> None:
        """Observe the document no longer."""
        self._document.current_changed.disconnect(self.show_current)
        self.rows.close()

    def _chosen(self, index: QModelIndex, _before: QModelIndex) -> None:
        track_id = index.data(ID_ROLE) if index.isValid() else None
        if track_id is not None and track_id != self._document.current and self.isVisible():
            self._session.select_track(track_id)

    def show_current(self, track_id: int | None) -> None:
        """Select the row of the current track; in a list that is not shown, once it is."""
        if not self.isVisible():
            return
        row = self.rows.row_of(track_id) if track_id is not None else -1
        if row >= 0:
            index = self.rows.index(row)
            self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
            self.scrollTo(index)

    def showEvent(self, event: QShowEvent) -> None:
        """Select what is current by now."""
        super().showEvent(event)
        self.show_current(self._document.current)

    def step(self, by: int) -> None:
        """Go to the next or previous track."""
        row = self.currentIndex().row() + by
        if 0 <= row < self.rows.rowCount():
            index = self.rows.index(row)
            self.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
