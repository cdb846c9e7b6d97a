"""The list of tracks: a virtual model over the document, rows of two lines, a filter, and what can be done to a row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from app.document import Document, TrackState
from app.ui.analysis.correct_words import corrected_by, corrected_short
from app.ui.icons import draw_marker, icon
from app.ui.row_state import paint_row_state
from app.ui.strings import clock, percent, quadrant_label, tr, unfamiliar_explanation, unfamiliar_name
from app.ui.theme import AXIS_PX, BODY_PX, DIMMED, THEME, font

ID_ROLE = Qt.ItemDataRole.UserRole + 1
TRACK_ROLE = Qt.ItemDataRole.UserRole + 2
SEARCH_ROLE = Qt.ItemDataRole.UserRole + 3
LINE_ROLE = Qt.ItemDataRole.UserRole + 4
ROW_PX = 46
_Index = QModelIndex | QPersistentModelIndex


def second_line(track: TrackState, corrected: str = "") -> str:
    """Return what stands under a track's title, with who corrected it, if anybody."""
    if track.status == "failed":
        return track.error or tr("could not be analysed")
    if track.status == "missing":
        return track.error or tr("The file is not where it was.")
    if track.status == "analysing":
        return f"{track.stage or tr('analysing')}  {percent(track.progress)}"
    if track.status == "queued":
        return tr("waits in the queue")
    parts = [clock(track.duration_s) if track.duration_s else "", track.artist]
    if track.status == "waiting":
        parts.append(tr("not analysed"))
    if corrected:
        parts.insert(1, corrected)  # before the artist: what is cut off is the end
    return " \u00b7 ".join(part for part in parts if part)


class TrackModel(QAbstractListModel):
    """The document's tracks as rows; holds ids only."""

    def __init__(self, document: Document) -> None:
        super().__init__()
        self._document = document
        self._ids: list[int] = list(document.order)
        self._rows: dict[int, int] | None = None
        document.tracks_reset.connect(self._reset)
        document.tracks_inserted.connect(self._inserted)
        document.tracks_removed.connect(self._removed)
        document.track_changed.connect(self._changed)
        document.labels_changed.connect(self._changed)
        document.raters_changed.connect(self._all_changed)

    def close(self) -> None:
        """Observe no longer."""
        document = self._document
        document.tracks_reset.disconnect(self._reset)
        document.tracks_inserted.disconnect(self._inserted)
        document.tracks_removed.disconnect(self._removed)
        document.track_changed.disconnect(self._changed)
        document.labels_changed.disconnect(self._changed)
        document.raters_changed.disconnect(self._all_changed)

    def row_of(self, track_id: int) -> int:
        """Row of a track, -1 if it has none."""
        if self._rows is None:
            self._rows = {each: row for row, each in enumerate(self._ids)}
        return self._rows.get(track_id, -1)

    def _reset(self) -> None:
        self.beginResetModel()
        self._ids = list(self._document.order)
        self._rows = None
        self.endResetModel()

    def _inserted(self, ids: list[int], position: int) -> None:
        self.beginInsertRows(QModelIndex(), position, position + len(ids) - 1)
        self._ids[position:position] = ids
        self._rows = None
        self.endInsertRows()

    def _removed(self, ids: list[int]) -> None:
        rows = sorted((row for row in map(self.row_of, ids) if row >= 0), reverse=True)
        # Runs of neighbours go together: removing 5,000 rows one by one would take seconds.
        at = 0
        while at < len(rows):
            last = first = rows[at]
            while at + 1 < len(rows) and rows[at + 1] == first - 1:
                at += 1
                first = rows[at]
            self.beginRemoveRows(QModelIndex(), first, last)
            del self._ids[first : last + 1]
            self._rows = None
            self.endRemoveRows()
            at += 1

    def _changed(self, track_id: int) -> None:
        row = self.row_of(track_id)
        if row >= 0:
            index = self.index(row)
            self.dataChanged.emit(index, index)

    def _all_changed(self) -> None:
        if self._ids:
            self.dataChanged.emit(self.index(0), self.index(len(self._ids) - 1))

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        """Number of tracks."""
        return 0 if parent.isValid() else len(self._ids)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a track, its words, or what the filter looks at."""
        if not index.isValid() or not 0 <= index.row() < len(self._ids):
            return None
        track_id = self._ids[index.row()]
        if role == ID_ROLE:
            return track_id
        if track_id not in self._document:
            return None
        track = self._document.track(track_id)
        if role == LINE_ROLE:
            return second_line(track, corrected_short(self._document, track_id))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return _spoken(track, second_line(track, corrected_by(self._document, track_id)))
        read = _ROLES.get(role)
        return None if read is None else read(track)


def _spoken(track: TrackState, line: str) -> str:
    """Return a row in words, for screen readers."""
    judgement = f"{quadrant_label(track.quadrant)} {percent(track.probability)}" if track.quadrant else ""
    return ", ".join(part for part in (track.title, line, judgement, _flag(track)) if part)


def _flag(track: TrackState) -> str:
    """Return that the model does not know such a recording, if so."""
    if not track.unfamiliar or track.status != "done":
        return ""
    return tr("Unfamiliar to the model: {sounds}").format(sounds=unfamiliar_name(track.unfamiliar))


def _tip(track: TrackState) -> str:
    flag = _flag(track)
    explained = f"{flag}. {unfamiliar_explanation(track.unfamiliar)}" if flag else ""
    return "\n".join(part for part in (str(track.path), track.error, explained) if part)


_ROLES: dict[int, Callable[[TrackState], Any]] = {
    TRACK_ROLE: lambda track: track,
    Qt.ItemDataRole.DisplayRole: lambda track: track.title,
    Qt.ItemDataRole.ToolTipRole: _tip,
    SEARCH_ROLE: lambda track: "\n".join((track.title, track.artist, track.path.name, track.quadrant, _flag(track))),
}


class TrackDelegate(QStyledItemDelegate):
    """Title over artist and duration (or state, or error); the quadrant on the right; progress below."""

    def sizeHint(self, _option: QStyleOptionViewItem, _index: _Index) -> QSize:
        """All rows are alike."""
        return QSize(160, ROW_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Draw one row."""
        track: TrackState | None = index.data(TRACK_ROLE)
        if track is None:
            return
        tokens = THEME.tokens
        box = QRectF(option.rect)
        painter.save()
        paint_row_state(painter, option)
        failed = track.status in ("failed", "missing")
        left, right = box.left() + 12, box.right() - 10
        title_right = right
        if failed:
            icon("warning", tokens.error).paint(painter, int(right) - 16, int(box.top()) + 6, 16, 16)
            title_right -= 22
        elif track.unfamiliar and track.status == "done":
            icon("unfamiliar", tokens.error).paint(painter, int(right) - 16, int(box.top()) + 6, 16, 16)
            title_right -= 22
        title = font(BODY_PX)
        painter.setFont(title)
        painter.setPen(QColor(tokens.text if track.status != "queued" else tokens.soft))
        text = QFontMetrics(title).elidedText(track.title, Qt.TextElideMode.ElideRight, int(title_right - left))
        painter.drawText(QRectF(left, box.top() + 5, right - left, 18), Qt.AlignmentFlag.AlignVCenter, text)
        below = font(AXIS_PX, tabular=True)
        painter.setFont(below)
        if track.quadrant and track.status == "done":
            right = self._paint_quadrant(painter, track, box.top() + 23, right)
        painter.setPen(QColor(tokens.error if failed else tokens.soft))
        text = QFontMetrics(below).elidedText(index.data(LINE_ROLE), Qt.TextElideMode.ElideRight, int(right - left))
        painter.drawText(QRectF(left, box.top() + 23, right - left, 16), Qt.AlignmentFlag.AlignVCenter, text)
        if track.status == "analysing":
            groove = QRectF(left, box.bottom() - 4, right - left, 2)
            painter.fillRect(groove, QColor(tokens.line))
            groove.setWidth(groove.width() * track.progress)
            painter.fillRect(groove, QColor(tokens.accent))
        painter.restore()

    def _paint_quadrant(self, painter: QPainter, track: TrackState, top: float, right: float) -> float:
        dimmed = bool(track.unfamiliar)
        painter.setPen(QColor(THEME.tokens.soft if dimmed else THEME.tokens.text))
        text = f"{track.quadrant} {percent(track.probability)}"
        text_px = QFontMetrics(painter.font()).horizontalAdvance(text)
        painter.drawText(QRectF(right - text_px, top, text_px + 1, 16), Qt.AlignmentFlag.AlignVCenter, text)
        painter.setOpacity(DIMMED if dimmed else 1.0)
        draw_marker(painter, track.quadrant, QPointF(right - text_px - 9, top + 8), 8)
        painter.setOpacity(1.0)
        return right - text_px - 20
