"""The climaxes as a list, strongest first: a click plays from the approach."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import QListView, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.ui.row_state import paint_row_state
from app.ui.strings import DASH, clock, tr
from app.ui.theme import AXIS_PX, BODY_PX, THEME, font
from models.analysis import Climax

_ROW_PX = 26
CLIMAX_ROLE = Qt.ItemDataRole.UserRole + 1
_Index = QModelIndex | QPersistentModelIndex


class _Model(QAbstractListModel):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.climaxes: tuple[Climax, ...] = ()

    def replace(self, climaxes: tuple[Climax, ...]) -> None:
        self.beginResetModel()
        self.climaxes = climaxes
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.climaxes)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        climax = self.climaxes[index.row()]
        if role == CLIMAX_ROLE:
            return climax
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return tr("Climax {rank}: from {start}, peak {peak}, until {end}; strength {strength} of 1").format(
                rank=index.row() + 1,
                start=clock(climax.start_s, tenths=True),
                peak=clock(climax.peak_s, tenths=True),
                end=clock(climax.end_s, tenths=True),
                strength=f"{climax.strength:.2f}",
            )
        return None


class _Delegate(QStyledItemDelegate):
    """Rank, peak, region, strength as a bar and a number."""

    def sizeHint(self, _option: QStyleOptionViewItem, _index: _Index) -> QSize:
        return QSize(200, _ROW_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        tokens = THEME.tokens
        climax: Climax = index.data(CLIMAX_ROLE)
        box = QRectF(option.rect)
        painter.save()
        paint_row_state(painter, option, chosen=False)
        flags = Qt.AlignmentFlag.AlignVCenter
        figures = font(BODY_PX, tabular=True)
        metrics = QFontMetrics(figures)
        painter.setFont(font(BODY_PX, strong=True, tabular=True))
        painter.setPen(QColor(tokens.text))
        painter.drawText(box.adjusted(6, 0, 0, 0), flags, str(index.row() + 1))
        painter.setFont(figures)
        left = 28.0
        painter.drawText(box.adjusted(left, 0, 0, 0), flags, clock(climax.peak_s, tenths=True))
        left += metrics.horizontalAdvance("00:00.0") + 8
        painter.setFont(font(AXIS_PX, tabular=True))
        painter.setPen(QColor(tokens.soft))
        region = f"{clock(climax.start_s)}{DASH}{clock(climax.end_s)}"
        painter.drawText(box.adjusted(left, 0, 0, 0), flags, region)
        left += max(QFontMetrics(painter.font()).horizontalAdvance(region), 70) + 10
        painter.setPen(QColor(tokens.text))
        number = f"{climax.strength:.2f}"
        number_px = QFontMetrics(painter.font()).horizontalAdvance(number)
        painter.drawText(box.adjusted(0, 0, -6, 0), flags | Qt.AlignmentFlag.AlignRight, number)
        track = QRectF(box.left() + left, box.center().y() - 2.5, box.width() - left - number_px - 14, 5)
        if track.width() > 12:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.line))
            painter.drawRoundedRect(track, 2.5, 2.5)
            track.setWidth(max(track.width() * min(max(climax.strength, 0.0), 1.0), 3.0))
            painter.setBrush(QColor(tokens.accent))
            painter.drawRoundedRect(track, 2.5, 2.5)
        painter.restore()


class ClimaxList(QListView):
    """One row per climax; a click or Enter asks to play from there."""

    chosen = Signal(object)  # Climax

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = _Model(self)
        self.setModel(self._model)
        self.setItemDelegate(_Delegate(self))
        self.setMouseTracking(True)
        self.setUniformItemSizes(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(tr("Climaxes, strongest first"))
        self.clicked.connect(self._choose)
        THEME.changed.connect(self.viewport().update)
        self.set_climaxes(())

    @property
    def climaxes(self) -> tuple[Climax, ...]:
        """What is listed."""
        return self._model.climaxes

    def set_climaxes(self, climaxes: tuple[Climax, ...]) -> None:
        """List these, strongest first."""
        self._model.replace(climaxes)
        self.setFixedHeight(max(len(climaxes), 1) * _ROW_PX + 2)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter plays from the climax under the focus."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self._choose(self.currentIndex())
            return
        super().keyPressEvent(event)

    def _choose(self, index: QModelIndex) -> None:
        climax = index.data(CLIMAX_ROLE)
        if climax is not None:
            self.chosen.emit(climax)
