"""What the recordings are like as wholes, row by row, and how far each is from the reference."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QKeyEvent, QPainter, QPixmap, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from app.ui.compare.style import TAG_PX, draw_tag
from app.ui.compare.words import cells, columns, explained
from app.ui.theme import AXIS_PX, font
from models.inference.compared import Difference, Recording

_ROW_PX = 24
#: Least width of the titles, and how much of the table they have at most where they need it and the figures do, too.
_TITLE_PX, _TITLE_SHARE = 150, 0.24
FEWEST_ROWS = 2


class ComparedTable(QTableWidget):
    """A row per recording; a double click, or Enter, goes where that one differs most."""

    differs_asked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, len(columns()), parent)
        self.setObjectName("items")
        for column, (head, meaning) in enumerate(columns()):
            item = QTableWidgetItem(head)
            item.setToolTip(meaning)
            side = Qt.AlignmentFlag.AlignLeft
            item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
            self.setHorizontalHeaderItem(column, item)
        self.setFont(font(AXIS_PX, tabular=True))
        # The window's style sheet says how heads look, and with it their font.
        self.horizontalHeader().setStyleSheet(f"QHeaderView::section {{ font-size: {AXIS_PX}px; padding: 4px 2px; }}")
        self.setStyleSheet("QTableView::item { padding: 0 2px; }")
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.horizontalHeader().setMinimumSectionSize(8)
        self.horizontalHeader().setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW_PX)
        self.verticalHeader().setMinimumSectionSize(_ROW_PX)
        self.setShowGrid(False)
        self.setIconSize(QSize(TAG_PX + 2, TAG_PX + 2))
        self.setFrameShape(QTableWidget.Shape.NoFrame)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.cellDoubleClicked.connect(lambda row, _column: self.differs_asked.emit(row))

    def fill(
        self, recordings: Sequence[Recording], differences: Sequence[Difference | None], *, by_music: bool
    ) -> None:
        """Show a row for each recording."""
        self.setRowCount(len(recordings))
        for row, (recording, difference) in enumerate(zip(recordings, differences, strict=True)):
            texts = cells(recording, difference, reference=row == 0, by_music=by_music)
            tips = explained(recording)
            for column, text in enumerate(texts):
                item = self.item(row, column) or QTableWidgetItem()
                item.setText(text)
                item.setToolTip(tips.get(column, text))
                if column == 0:
                    item.setIcon(_tag(row))
                if self.item(row, column) is None:
                    self.setItem(row, column, item)
        self._share_width()

    def _share_width(self) -> None:
        """Give the titles their room first; the figures share the rest, the widest columns giving way."""
        head, room = self.horizontalHeader(), self.viewport().width()
        rest = range(1, self.columnCount())
        wanted = [max(self.sizeHintForColumn(column), head.sectionSizeHint(column)) for column in rest]
        title = min(max(self.sizeHintForColumn(0), _TITLE_PX), max(_TITLE_PX, int(room * _TITLE_SHARE)))
        widths = _shared(wanted, max(room - title, 0))
        self.setColumnWidth(0, max(_TITLE_PX, room - sum(widths)))
        for column, width in zip(rest, widths, strict=True):
            self.setColumnWidth(column, width)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the width anew."""
        super().resizeEvent(event)
        self._share_width()

    def set_room(self, height: int) -> None:
        """Be as tall as all rows, in this room at most; two rows are always seen, the others by scrolling."""
        rows = max(self.rowCount(), FEWEST_ROWS)
        self.setFixedHeight(min(self.tall(rows), max(self.tall(FEWEST_ROWS), height)))

    def tall(self, rows: int) -> int:
        """Return how tall it is with so many rows."""
        bar = self.horizontalScrollBar().sizeHint().height()
        return self.horizontalHeader().sizeHint().height() + rows * _ROW_PX + bar + 2

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes where the row differs most; other keys than those that move belong to the window."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.differs_asked.emit(self.currentRow())
        elif event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            super().keyPressEvent(event)
        else:
            event.ignore()


def _shared(wanted: Sequence[int], room: int) -> list[int]:
    """Return widths that fit into a room: those that want more than a common limit have that limit."""
    limit, left = room, room
    for done, width in enumerate(sorted(wanted)):
        limit = left // (len(wanted) - done)
        if width > limit:
            break
        left -= width
    else:
        return list(wanted)
    return [min(width, limit) for width in wanted]


def _tag(index: int) -> QIcon:
    picture = QPixmap(TAG_PX + 2, TAG_PX + 2)
    picture.fill(QColor(0, 0, 0, 0))
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    draw_tag(painter, index, picture.rect().toRectF().center())
    painter.end()
    return QIcon(picture)
