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
from app.ui.analysis.small import small
from app.ui.cards import macro_f1, offers_text, score_text, size_text, summary
from app.ui.strings import tr
from app.ui.theme import AXIS_PX, BODY_PX, THEME, font

_WIDTH_PX = 560
_LINE_PX = 16
#: A description may take as many lines; its row's tooltip has the whole.
_SUMMARY_LINES = 4
#: Height of a row without its description.
_BARE_PX = 7 + 20 + 2 * _LINE_PX + 7
#: Where a row's words begin and end within it.
_LEFT_PX, _RIGHT_PX = 34, 12
_TEXT_PX = _WIDTH_PX - 2 - _LEFT_PX - _RIGHT_PX - 16  # room for a scroll bar
_MOST_PX = 480
#: Version and size beside a name, which a person may have made a long one.
_BESIDE_PX = 180
_CARD_ROLE = Qt.ItemDataRole.UserRole + 1
_Index = QModelIndex | QPersistentModelIndex


def quality_text(card: Card) -> str:
    """Return how well a model tells the quadrants, in a line."""
    measured = macro_f1(card)
    if not measured:
        return tr("macro-F1 not measured")
    parts = [tr("{score} on {data}").format(score=score_text(score), data=name) for name, score in measured]
    return tr("macro-F1 {scores}").format(scores=", ".join(parts))


def summary_lines(card: Card) -> list[str]:
    """Return a model's description in the lines of its row; the last is shortened where they do not hold it all."""
    metrics = QFontMetrics(font(AXIS_PX, tabular=True))
    lines: list[str] = []
    words = summary(card).split()
    while words and len(lines) < _SUMMARY_LINES - 1:
        fit = 1
        while fit < len(words) and metrics.horizontalAdvance(" ".join(words[: fit + 1])) <= _TEXT_PX:
            fit += 1
        lines.append(" ".join(words[:fit]))
        words = words[fit:]
    lines += [" ".join(words)] if words else []
    return [metrics.elidedText(line, Qt.TextElideMode.ElideRight, _TEXT_PX) for line in lines]


def _spoken(card: Card, *, now: bool) -> str:
    """Return a row in words, for screen readers."""
    judges = tr("judges now") if now else ""
    name = f"{card.name} {card.version}"
    parts = (name, judges, size_text(card), summary(card), offers_text(card), quality_text(card))
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
            Qt.ItemDataRole.ToolTipRole: "\n".join(
                part for part in (summary(card), offers_text(card), quality_text(card)) if part
            ),
        }.get(role)


class _Delegate(QStyledItemDelegate):
    """Name, version and size; the summary; what it gives; the score with its interval."""

    def sizeHint(self, _option: QStyleOptionViewItem, index: _Index) -> QSize:
        lines = len(summary_lines(index.data(_CARD_ROLE)))
        return QSize(_WIDTH_PX - 20, _BARE_PX + _LINE_PX * lines)

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
        left, width = box.left() + _LEFT_PX, box.width() - _LEFT_PX - _RIGHT_PX
        flags = Qt.AlignmentFlag.AlignVCenter
        line = QRectF(left, box.top() + 7, width, 20)
        painter.setFont(font(BODY_PX, strong=True))
        painter.setPen(QColor(tokens.text))
        strong = QFontMetrics(painter.font())
        name = strong.elidedText(card.name, Qt.TextElideMode.ElideRight, int(width) - _BESIDE_PX)
        used = strong.horizontalAdvance(name)
        painter.drawText(line, flags, name)
        painter.setFont(font(AXIS_PX, tabular=True))
        painter.setPen(QColor(tokens.soft))
        painter.drawText(line.adjusted(used + 8, 0, 0, 0), flags, card.version)
        painter.drawText(line, flags | Qt.AlignmentFlag.AlignRight, size_text(card))
        metrics = QFontMetrics(painter.font())
        described = summary_lines(card)
        for row, text in enumerate((*described, offers_text(card), quality_text(card))):
            painter.setPen(QColor(tokens.text if row >= len(described) else tokens.soft))
            place = QRectF(left, box.top() + 27 + _LINE_PX * row, width, _LINE_PX)
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
    manage_asked = Signal()

    def __init__(self, parent: QWidget, cards: list[Card], current: str) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("chooser")
        self.setAccessibleName(tr("Models"))
        self._current = current
        self.list = _CardList()
        self.list.setModel(_Model(cards, current, self))
        self.list.setItemDelegate(_Delegate(self.list))
        self.list.setMouseTracking(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        rows_px = sum(self.list.sizeHintForRow(row) for row in range(len(cards)))
        self.list.setFixedHeight(min(max(rows_px, _BARE_PX), _MOST_PX) + 2)
        self.list.setAccessibleName(tr("Models"))
        self.about = QPushButton(tr("About this model\u2026"))
        self.manage = QPushButton(tr("Manage models\u2026"))
        self.use = QPushButton(tr("Use this model"))
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
        row.addWidget(self.manage)
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
        self.manage.clicked.connect(self._ask_to_manage)
        at = next((index for index, card in enumerate(cards) if card.id == current), 0)
        self.list.setCurrentIndex(self.list.model().index(at, 0))

    def open_below(self, anchor: QWidget) -> None:
        """Appear under a widget, inside its window."""
        # Not `adjustSize`, which would leave out what the wrapped note needs on a low screen.
        self.resize(_WIDTH_PX, self.layout().totalHeightForWidth(_WIDTH_PX))
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

    def _ask_to_manage(self) -> None:
        self.close()
        self.manage_asked.emit()

    def _ask_about(self) -> None:
        card = self.card
        self.close()
        if card is not None:
            self.about_asked.emit(card)
