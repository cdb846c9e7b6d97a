"""The recordings that several raters labelled, as rows: those they disagree on most first."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QTableView, QWidget

from app.ui.strings import NOTHING, quadrant_label, signed, tr
from models.analysis import QUADRANTS
from models.evaluation.rater_agreement import DIMENSIONS, Agreement

_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class ItemRow:
    """One recording: in words, but for its file and how far its raters are apart (NaN with fewer than two)."""

    file: Path
    title: str
    apart: float
    together: str
    spread: str
    said: str


def item_rows(
    agreement: Agreement, titles: dict[Path, str], unsure: Mapping[Path, Sequence[str]] = MappingProxyType({})
) -> list[ItemRow]:
    """Return a row for each recording that anyone labelled, the farthest apart first.

    Parameters
    ----------
    agreement : Agreement
        What was computed.
    titles : dict of Path to str
        Of the recordings.
    unsure : mapping of Path to sequence of str
        Who could not say: it counts in no figure, but belongs to what is talked about.
    """
    table, rows = agreement.table, []
    apart = {one.file: one.apart for one in agreement.discuss}
    for i, file in enumerate(table.items):
        n = int(agreement.quadrants.n[i])
        together, spread = _together(agreement, i)
        far = apart.get(file, 0.0) if n > 1 else math.nan
        rows.append(
            ItemRow(file, titles.get(file, file.name), far, together, spread, _who(agreement, i, unsure.get(file, ())))
        )
    return sorted(rows, key=lambda row: -row.apart if math.isfinite(row.apart) else 1.0)


def _together(agreement: Agreement, i: int) -> tuple[str, str]:
    """What the raters say together, and how far they spread."""
    best, n = int(agreement.quadrants.quadrant[i]), int(agreement.quadrants.n[i])
    words = quadrant_label(QUADRANTS[best], short=True) if best >= 0 else tr("tied")
    spread = ""
    if n > 1:
        most = round(float(agreement.quadrants.shares[i].max()) * n)
        spread = tr("{most} of {n}").format(most=most, n=n)
    points = [agreement.points[name] for name in DIMENSIONS]
    if all(math.isfinite(point.mean[i]) for point in points):
        valence, arousal = (signed(float(point.mean[i])) for point in points)
        words = f"{words} ({valence}, {arousal})"
        if all(math.isfinite(point.spread[i]) for point in points):
            around = ", ".join(f"\u00b1{float(point.spread[i]):.2f}" for point in points)
            spread = f"{spread} \u00b7 {around}" if spread else around
    return words, spread or NOTHING


def _who(agreement: Agreement, i: int, unsure: Sequence[str]) -> str:
    out = []
    for rater, name in enumerate(agreement.table.raters):
        said = agreement.table.quadrants[rater, i]
        if math.isfinite(said):
            out.append(f"{name or tr('unnamed')} {QUADRANTS[int(said)]}")
    out += [tr("{name} can\u2019t say").format(name=name or tr("unnamed")) for name in unsure]
    return ", ".join(out)


class AgreementModel(QAbstractTableModel):
    """The rows; columns say what they are, with their range."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[ItemRow] = []
        self._names = (tr("Recording"), tr("Apart, 0 to 1"), tr("Together"), tr("Spread"), tr("Who said what"))
        self._tips = (
            "",
            tr("Mean distance of two raters as a share of the plane\u2019s diagonal: opposite quadrants are 0.5 apart"),
            tr("What most raters said; in brackets mean valence and arousal, \u22121 to 1"),
            tr("How many said so; standard deviations of valence and arousal between raters"),
            "",
        )

    def show_rows(self, rows: list[ItemRow]) -> None:
        """Take other rows."""
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        """Recordings."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        """Of each row."""
        return 0 if parent.isValid() else len(self._names)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Names of the columns."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tips[section] or None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return self._names[section] if role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Words of a cell."""
        if not index.isValid() or role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        row = self.rows[index.row()]
        apart = f"{row.apart:.2f}" if math.isfinite(row.apart) else NOTHING
        return (row.title, apart, row.together, row.spread, row.said)[index.column()]


class AgreementTable(QTableView):
    """Arrow keys choose, Enter or a double click plays."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("items")
        self.items = AgreementModel()
        self.setModel(self.items)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(28)
        head = self.horizontalHeader()
        head.setHighlightSections(False)
        for column, (mode, width) in enumerate(
            (
                (QHeaderView.ResizeMode.Stretch, 0),
                (QHeaderView.ResizeMode.Fixed, 96),
                (QHeaderView.ResizeMode.ResizeToContents, 0),  # points and their spread need more than quadrants
                (QHeaderView.ResizeMode.ResizeToContents, 0),
                (QHeaderView.ResizeMode.Stretch, 0),
            )
        ):
            head.setSectionResizeMode(column, mode)
            if width:
                self.setColumnWidth(column, width)
        self.setAccessibleName(tr("Worth discussing first"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Letters and figures belong to the window."""
        if event.text().strip() and event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.ignore()
        else:
            super().keyPressEvent(event)
