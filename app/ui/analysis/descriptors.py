"""The track's musical descriptors as a table with units; a tick draws one as a lane under the curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import QListView, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.ui.descriptor_words import MAIN, definition, descriptor_name, info, with_unit
from app.ui.row_state import paint_row_state
from app.ui.strings import NOTHING, tr
from app.ui.theme import AXIS_PX, BODY_PX, THEME, font
from models.analysis import DescriptorCurves

#: So many lanes of descriptors fit under the others on a small screen; a further one takes the place of the oldest.
MOST_LANES = 3
_ROW_PX = 24
_ROW_ROLE = Qt.ItemDataRole.UserRole + 1
_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class Row:
    """One descriptor: what it is, its figure for the whole track, and whether it is known over time."""

    name: str
    value: float | None
    unit: str
    statistic: str = ""
    over_time: bool = False


#: Statistics of a curve that stand for the whole track, the best first; a summary's key is "name statistic".
_STATISTICS = ("", "median", "p50", "mean")


def rows_of(curves: DescriptorCurves | None) -> list[Row]:
    """Return what is over time first, each with its figure for the whole track; then what only the whole has."""
    if curves is None:
        return []
    of_curves: dict[str, dict[str, float]] = {name: {} for name in curves.names}
    of_track: list[Row] = []
    for key, figure in curves.summary.items():
        base, _, statistic = key.replace(".", " ").rpartition(" ")
        name, statistic = (key, "") if key in of_curves else (base, statistic)
        if name in of_curves:
            of_curves[name][statistic] = float(figure)
        else:
            known = info(key)
            of_track.append(Row(key, float(figure), known.unit if known is not None else ""))
    out = []
    for column, (name, unit) in enumerate(zip(curves.names, curves.units, strict=True)):
        figures = of_curves[name]
        statistic = next((each for each in _STATISTICS if each in figures), None)
        if statistic is None:
            known = curves.values[:, column][np.isfinite(curves.values[:, column])]
            figures, statistic = ({"median": float(np.median(known))} if len(known) else {}), "median"
        out.append(Row(name, figures.get(statistic), unit, statistic, over_time=True))
    return out + of_track


class _Model(QAbstractListModel):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.rows: list[Row] = []
        self.chosen: tuple[str, ...] = ()

    def replace(self, rows: list[Row]) -> None:
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def choose(self, names: Sequence[str]) -> None:
        self.chosen = tuple(names)
        if self.rows:
            self.dataChanged.emit(self.index(0), self.index(len(self.rows) - 1))

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.rows)

    def flags(self, index: _Index) -> Qt.ItemFlag:
        ticked = Qt.ItemFlag.ItemIsUserCheckable if self.rows[index.row()].over_time else Qt.ItemFlag.NoItemFlags
        return super().flags(index) | ticked

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self.rows[index.row()]
        if role == _ROW_ROLE:
            return row
        if role == Qt.ItemDataRole.CheckStateRole and row.over_time:
            return Qt.CheckState.Checked if row.name in self.chosen else Qt.CheckState.Unchecked
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{descriptor_name(row.name)} {shown_value(row)}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return about(row, drawn=row.name in self.chosen)
        return None


def shown_value(row: Row) -> str:
    """Return a row's figure with its unit or range."""
    return NOTHING if row.value is None else with_unit(row.value, row.unit)


def about(row: Row, *, drawn: bool) -> str:
    """Return what a row is and what a click on it does."""
    text = f"<b>{descriptor_name(row.name)}</b> {shown_value(row)}"
    if row.statistic:
        statistic = tr("mean of the track") if row.statistic == "mean" else tr("median of the track")
        text = f"{text} ({statistic})"
    if definition(row.name):
        text = f"{text}<br>{definition(row.name)}"
    if row.over_time:
        click = tr("A click takes its lane away.") if drawn else tr("A click draws it as a lane under the curves.")
        text = f"{text}<br>{click}"
    return text


class _Delegate(QStyledItemDelegate):
    """A box to tick where there is a curve, name, figure with its unit."""

    def sizeHint(self, _option: QStyleOptionViewItem, _index: _Index) -> QSize:
        return QSize(200, _ROW_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        tokens = THEME.tokens
        row: Row = index.data(_ROW_ROLE)
        box = QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_row_state(painter, option, chosen=False)
        if row.over_time:
            tick = QRectF(box.left() + 2.5, box.center().y() - 6.5, 13, 13)
            on = index.data(Qt.ItemDataRole.CheckStateRole) == Qt.CheckState.Checked
            painter.setPen(QPen(QColor(tokens.accent if on else tokens.soft), 1))
            painter.setBrush(QColor(tokens.accent if on else tokens.panel))
            painter.drawRoundedRect(tick, 3, 3)
            if on:
                painter.setPen(QPen(QColor(tokens.on_accent), 1.6))
                left, middle = tick.left(), tick.center().y()
                painter.drawPolyline(_tick(left, middle))
        flags = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(tokens.text))
        painter.setFont(font(BODY_PX, tabular=True))
        value = shown_value(row)
        value_px = QFontMetrics(painter.font()).horizontalAdvance(value)
        painter.drawText(box.adjusted(0, 0, -2, 0), flags | Qt.AlignmentFlag.AlignRight, value)
        room = int(box.width() - 22 - value_px - 10)
        name = QFontMetrics(painter.font()).elidedText(descriptor_name(row.name), Qt.TextElideMode.ElideRight, room)
        painter.drawText(box.adjusted(22, 0, 0, 0), flags, name)
        used = QFontMetrics(painter.font()).horizontalAdvance(name)
        if row.statistic == "mean":
            painter.setFont(font(AXIS_PX))
            painter.setPen(QColor(tokens.soft))
            word = tr("mean")
            if QFontMetrics(painter.font()).horizontalAdvance(word) + used + 6 <= room:
                painter.drawText(box.adjusted(22 + used + 6, 1, 0, 0), flags, word)
        painter.restore()


def _tick(left: float, middle: float) -> list[QPointF]:
    return [QPointF(left + 3, middle), QPointF(left + 5.5, middle + 3), QPointF(left + 10, middle - 3)]


class DescriptorList(QListView):
    """One row per descriptor; a click, Space or Enter draws it as a lane or takes the lane away."""

    lanes_chosen = Signal(object)  # names, in the order in which they were chosen

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._known: list[Row] = []
        self._all = False
        self._model = _Model(self)
        self.setModel(self._model)
        self.setItemDelegate(_Delegate(self))
        self.setMouseTracking(True)
        self.setUniformItemSizes(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(tr("Musical descriptors of the whole track"))
        self.clicked.connect(self._toggle)
        THEME.changed.connect(self.viewport().update)
        self.set_curves(None)

    def set_curves(self, curves: DescriptorCurves | None) -> None:
        """List a track's descriptors."""
        self._known = rows_of(curves)
        self._list()

    def show_all(self, on: bool) -> None:
        """List all, or the main ones and those that are drawn."""
        self._all = on
        self._list()

    @property
    def count(self) -> int:
        """How many there are, listed or not."""
        return len(self._known)

    def _list(self) -> None:
        places = {name: place for place, name in enumerate(MAIN)}
        main = [row for row in self._known if row.name in places]
        rows = self._known
        if main and not self._all:
            drawn = [row for row in self._known if row.name in self.chosen and row.name not in places]
            rows = sorted(main, key=lambda row: places[row.name]) + drawn
        self._model.replace(rows)
        self.setFixedHeight(max(len(rows), 1) * _ROW_PX + 2)

    @property
    def rows(self) -> list[Row]:
        """What is listed."""
        return self._model.rows

    @property
    def chosen(self) -> tuple[str, ...]:
        """The descriptors that are drawn as lanes."""
        return self._model.chosen

    def choose(self, names: Sequence[str]) -> None:
        """Tick these."""
        self._model.choose(names)

    def _toggle(self, index: QModelIndex) -> None:
        row = index.data(_ROW_ROLE)
        if row is None or not row.over_time:
            return
        chosen = [name for name in self.chosen if name != row.name]
        if len(chosen) == len(self.chosen):
            chosen = [*chosen, row.name][-MOST_LANES:]
        self.choose(chosen)
        self.lanes_chosen.emit(tuple(chosen))

    def event(self, event: QEvent) -> bool:
        """Space ticks the row that has the focus, and does not play."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Space
            and self.currentIndex().isValid()
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter and Space tick the row under the focus."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self.currentIndex().isValid():
            self._toggle(self.currentIndex())
            return
        super().keyPressEvent(event)
