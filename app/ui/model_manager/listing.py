"""The list of the manager: shipped models, the user's own, and what is in the bin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from app.jobs.tools import Card
from app.ui.strings import tr
from app.ui.theme import AXIS_PX, THEME, font

if TYPE_CHECKING:
    from models.shelf.folders import Binned

_ROLE = Qt.ItemDataRole.UserRole + 1


@dataclass(frozen=True)
class Row:
    """One line: a model that is there, or one in the bin; neither for a heading."""

    card: Card | None = None
    binned: Binned | None = None

    @property
    def key(self) -> str:
        """What tells it from the others."""
        if self.binned is not None:
            return str(self.binned.folder)
        return self.card.id if self.card is not None else ""


class ModelList(QListWidget):
    """Models under headings; Enter lets one judge, Delete puts it into the bin."""

    used = Signal()
    delete_asked = Signal()
    row_chosen = Signal(object)  # Row

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Models"))
        self.setWordWrap(True)
        self.setStyleSheet("QListWidget::item { padding: 4px 8px; }")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._filling = False
        self.currentItemChanged.connect(self._chosen)
        self.itemDoubleClicked.connect(lambda _item: self.used.emit())
        THEME.changed.connect(self._tint)

    def fill(
        self,
        shipped: Sequence[Card],
        own: Sequence[Card],
        binned: Sequence[Binned],
        judging: str,
        default: str,
        keep: str = "",
    ) -> None:
        """Show these models; the row whose key is `keep` stays the current one where it is still there.

        Parameters
        ----------
        shipped, own : sequence of Card
            Models by where they come from.
        binned : sequence of Binned
            What is in the bin.
        judging, default : str
            Ids that are marked.
        keep : str
            Key of the row to be on.
        """
        self._filling = True
        self.clear()
        self._head(tr("Come with the program"))
        for card in shipped:
            self._add(Row(card=card), card.name, _marks(card, judging, default))
        self._head(tr("Your own"))
        for card in own:
            self._add(Row(card=card), card.name, _marks(card, judging, default))
        none = "" if own else tr("None yet. Train one (Ctrl+4), or import one that somebody gave you.")
        if none:
            self._head(none, quiet=True)
        self.setAccessibleDescription(f"{tr('Your own')}: {none}" if none else "")
        if binned:
            self._head(tr("In the bin"))
        for entry in binned:
            when = tr("deleted {when}").format(when=f"{entry.when.astimezone():%Y-%m-%d %H:%M}")
            # Its folder in the bin has another name than its id.
            self._add(Row(card=replace(entry.card, id=entry.id), binned=entry), entry.card.name, when)
        self._tint()
        rows = [i for i in range(self.count()) if self.row_at(i).card is not None]
        wanted = [i for i in rows if self.row_at(i).key == keep] or [i for i in rows if self.row_at(i).key == judging]
        self._filling = False
        if rows:
            self.setCurrentRow((wanted or rows)[0])

    def row_at(self, index: int) -> Row:
        """Return what a line stands for."""
        row: Row = self.item(index).data(_ROLE)
        return row

    @property
    def current(self) -> Row:
        """The line under the focus."""
        return self.row_at(self.currentRow()) if self.currentRow() >= 0 else Row()

    def choose(self, key: str) -> None:
        """Go to the line of a model."""
        for index in range(self.count()):
            if self.row_at(index).key == key:
                self.setCurrentRow(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter and Delete act on the line under the focus."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.used.emit()
        elif event.key() == Qt.Key.Key_Delete:
            self.delete_asked.emit()
        else:
            super().keyPressEvent(event)

    def _head(self, text: str, *, quiet: bool = False) -> None:
        item = QListWidgetItem(text)
        item.setData(_ROLE, Row())
        item.setFlags(Qt.ItemFlag.NoItemFlags)
        item.setFont(font(AXIS_PX, strong=not quiet))
        self.addItem(item)

    def _add(self, row: Row, name: str, note: str) -> None:
        item = QListWidgetItem(f"{name}\n{note}" if note else name)
        item.setData(_ROLE, row)
        item.setData(Qt.ItemDataRole.AccessibleTextRole, ", ".join(part for part in (name, note) if part))
        item.setToolTip(f"{name}\n{row.card.id}" if row.card is not None else name)
        self.addItem(item)

    def _tint(self) -> None:
        for index in range(self.count()):
            head = self.row_at(index).card is None
            self.item(index).setForeground(THEME.tokens.colour("soft" if head else "text"))

    def _chosen(self, item: QListWidgetItem | None, _before: object) -> None:
        if item is not None and not self._filling:
            self.row_chosen.emit(self.current)


def _marks(card: Card, judging: str, default: str) -> str:
    marks = [tr("judges now")] if card.id == judging else []
    if card.id == default:
        marks.append(tr("default"))
    return ", ".join(marks)
