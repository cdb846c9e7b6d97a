"""Choosing which model judges: each with what it is, its size, and how well it does; and the way back."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QColor, QFontMetrics, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QListView,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from app.jobs.tools import Card
from app.ui.analysis.panel import small
from app.ui.cards import macro_f1, size_text, summary
from app.ui.strings import tr
from app.ui.theme import AXIS_PX, BODY_PX, THEME, font

_ROW_PX = 66
_WIDTH_PX = 480
_CARD_ROLE = Qt.ItemDataRole.UserRole + 1
_Index = QModelIndex | QPersistentModelIndex


def quality_text(card: Card) -> str:
    """Return how well a model tells the quadrants, in a line."""
    measured = macro_f1(card)
    if not measured:
        return tr("macro-F1 not measured")
    parts = [tr("{score} on {data}").format(score=score.text, data=name) for name, score in measured]
    return tr("macro-F1 {scores}").format(scores=", ".join(parts))


def _spoken(card: Card, *, now: bool) -> str:
    """Return a row in words, for screen readers."""
    judges = tr("judges now") if now else ""
    parts = (f"{card.name} {card.version}", judges, size_text(card), summary(card), quality_text(card))
    return ", ".join(part for part in parts if part)


class _Model(QAbstractListModel):
    def __init__(self, cards: list[Card], current: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.cards = cards
        self.current = current

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.cards)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        card = self.cards[index.row()]
        now = card.id == self.current
        return {
            _CARD_ROLE: card,
            Qt.ItemDataRole.CheckStateRole: Qt.CheckState.Checked if now else Qt.CheckState.Unchecked,
            Qt.ItemDataRole.DisplayRole: card.name,
            Qt.ItemDataRole.AccessibleTextRole: _spoken(card, now=now),
            Qt.ItemDataRole.ToolTipRole: f"{summary(card)}\n{quality_text(card)}".strip(),
        }.get(role)


class _Delegate(QStyledItemDelegate):
    """Name, version and size; the summary; the score with its interval."""

    def sizeHint(self, _option: QStyleOptionViewItem, _index: _Index) -> QSize:
        return QSize(_WIDTH_PX - 20, _ROW_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        tokens = THEME.tokens
        card: Card = index.data(_CARD_ROLE)
        now = index.data(Qt.ItemDataRole.CheckStateRole) == Qt.CheckState.Checked
        box = QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, QColor(tokens.chosen))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(box, QColor(tokens.hover))
        ring = QRectF(box.left() + 11, box.top() + 11, 13, 13)
        painter.setPen(QPen(QColor(tokens.accent if now else tokens.soft), 1.2))
        painter.setBrush(QColor(tokens.panel))
        painter.drawEllipse(ring)
        if now:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.accent))
            painter.drawEllipse(ring.adjusted(3.2, 3.2, -3.2, -3.2))
        left, width = box.left() + 34, box.width() - 46
        flags = Qt.AlignmentFlag.AlignVCenter
        line = QRectF(left, box.top() + 7, width, 20)
        painter.setFont(font(BODY_PX, strong=True))
        painter.setPen(QColor(tokens.text))
        used = QFontMetrics(painter.font()).horizontalAdvance(card.name)
        painter.drawText(line, flags, card.name)
        painter.setFont(font(AXIS_PX, tabular=True))
        painter.setPen(QColor(tokens.soft))
        painter.drawText(line.adjusted(used + 8, 0, 0, 0), flags, card.version)
        painter.drawText(line, flags | Qt.AlignmentFlag.AlignRight, size_text(card))
        metrics = QFontMetrics(painter.font())
        for row, text in enumerate((summary(card), quality_text(card))):
            painter.setPen(QColor(tokens.text if row else tokens.soft))
            place = QRectF(left, box.top() + 27 + 16 * row, width, 16)
            painter.drawText(place, flags, metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(width)))
        painter.restore()


class _CardList(QListView):
    used = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter and Space use the model under the focus."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.used.emit()
            return
        super().keyPressEvent(event)


class ModelChooser(QFrame):
    """All models under the model's name; a click or Enter takes one, Esc leaves it as it is.

    Parameters
    ----------
    cards : list of Card
        Of all models.
    current : str
        Id of the one that judges now.
    """

    chosen = Signal(str)
    about_asked = Signal(object)  # Card

    def __init__(self, parent: QWidget, cards: list[Card], current: str) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("chooser")
        self.setAccessibleName(tr("Models"))
        self._current = current
        self.list = _CardList()
        self.list.setModel(_Model(cards, current, self))
        self.list.setItemDelegate(_Delegate(self.list))
        self.list.setMouseTracking(True)
        self.list.setUniformItemSizes(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setFixedHeight(min(max(len(cards), 1), 6) * _ROW_PX + 2)
        self.list.setAccessibleName(tr("Models"))
        self.about = QPushButton(tr("About this model\u2026"))
        self.use = QPushButton(tr("Let it judge"))
        self.use.setDefault(True)
        note = small(
            tr(
                "macro-F1: how well the four quadrants are told apart, 0 to 1, with its 95% interval. Figures from "
                "different data or protocols cannot be compared. What a model has found stays in the library."
            )
        )
        row = QHBoxLayout()
        row.setContentsMargins(12, 0, 12, 0)
        row.addWidget(self.about)
        row.addStretch(1)
        row.addWidget(self.use)
        text = QVBoxLayout()
        text.setContentsMargins(12, 0, 12, 0)
        text.addWidget(note)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 6, 1, 10)
        layout.setSpacing(8)
        layout.addWidget(self.list)
        layout.addLayout(text)
        layout.addLayout(row)
        self.setFixedWidth(_WIDTH_PX)
        self.list.clicked.connect(self._use)
        self.list.used.connect(self._use)
        self.use.clicked.connect(self._use)
        self.about.clicked.connect(self._ask_about)
        at = next((index for index, card in enumerate(cards) if card.id == current), 0)
        self.list.setCurrentIndex(self.list.model().index(at, 0))

    def open_below(self, anchor: QWidget) -> None:
        """Appear under a widget, inside its window."""
        self.adjustSize()
        place = anchor.mapToGlobal(QPoint(anchor.width() - self.width(), anchor.height() + 2))
        self.move(max(place.x(), anchor.window().mapToGlobal(QPoint(4, 0)).x()), place.y())
        self.show()
        self.list.setFocus()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Give the keys back to the window; not every platform does so by itself."""
        super().closeEvent(event)
        self.parentWidget().activateWindow()

    @property
    def card(self) -> Card | None:
        """The model under the focus."""
        index = self.list.currentIndex()
        return index.data(_CARD_ROLE) if index.isValid() else None

    def _use(self, *_args: object) -> None:
        card = self.card
        self.close()
        if card is not None and card.id != self._current:
            self.chosen.emit(card.id)

    def _ask_about(self) -> None:
        card = self.card
        self.close()
        if card is not None:
            self.about_asked.emit(card)
