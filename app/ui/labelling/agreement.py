"""How far raters agree: overall figures with intervals, each rater beside the others, what to discuss first."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from app.jobs.aside import Aside
from app.library.exchange import rows_of
from app.session import Session
from app.ui.analysis.message import Message
from app.ui.buttons import rule
from app.ui.elided import ElidedLabel
from app.ui.labelling.agreement_table import AgreementTable, ItemRow, item_rows
from app.ui.labelling.clip import ClipPlayer
from app.ui.player import Player
from app.ui.strings import MINUS, NOTHING, counted, percent, signed, tr
from app.ui.theme import TITLE_PX, font
from models.errors import JobError
from models.evaluation.intervals import Score
from models.evaluation.rater_agreement import RELIABLE, TENTATIVE, Agreement, agreement_of

_SIDE_PX = 376
#: Labels come one after the other: figures are counted once they rest.
_REST_MS = 250
_RATERS_SHOWN = 8


def score_words(score: Score) -> str:
    """Return "0.71 (95 %: 0.52 to 0.84)"."""
    if not math.isfinite(score.value):
        return NOTHING
    ends = [signed(end).lstrip("+") if math.isfinite(end) else "?" for end in (score.low, score.high)]
    value = signed(score.value).lstrip("+")
    return tr("{value}  (95\u202f%: {low} to {high})").format(value=value, low=ends[0], high=ends[1])


def verdict_words(score: Score) -> str:
    """Return what a figure of agreement is good for."""
    if not math.isfinite(score.value):
        return tr("cannot be told yet")
    if score.value >= RELIABLE:
        return tr("reliable")
    return tr("for tentative conclusions") if score.value >= TENTATIVE else tr("too low for single labels")


def _label(text: str, *, strong: bool = False, soft: bool = False) -> QLabel:
    label = QLabel(text)
    label.setFont(font(strong=strong, tabular=True))
    label.setProperty("soft", soft)
    return label


@dataclass(frozen=True)
class _Count:
    """What was counted: all of it, its rows, and the recordings that the rater at hand has labelled."""

    agreement: Agreement
    items: list[ItemRow]
    mine: frozenset[Path]


class AgreementView(QWidget):
    """Counts anew when labels change.

    Signals
    -------
    state_changed()
        Other actions may be possible.
    import_asked()
        A person wants to import labels.
    """

    state_changed = Signal()
    import_asked = Signal()

    def __init__(
        self, session: Session, player: Player, blind: Callable[[], bool], aside: Aside, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Agreement"))
        self._session = session
        self._document = session.document
        self._blind = blind
        self._aside = aside
        self._asked = 0
        self.agreement: Agreement | None = None
        self.clip = ClipPlayer(session, player, self)
        self.message = Message()
        self.title = ElidedLabel()
        self.title.setFont(font(TITLE_PX, strong=True))
        self.note = QLabel()
        self.note.setProperty("soft", True)
        self.note.setWordWrap(True)
        self.figures = QGridLayout()
        self.figures.setVerticalSpacing(4)
        self.figures.setHorizontalSpacing(12)
        self.raters = QGridLayout()
        self.raters.setVerticalSpacing(4)
        self.raters.setHorizontalSpacing(12)
        self.table = AgreementTable()
        self.pages = QStackedWidget()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # until there is a table
        self._lay_out()
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MS)
        self._rest.timeout.connect(self.count)
        self.table.activated.connect(self.play)
        for signal in self._watched():
            signal.connect(self._changed)

    def _lay_out(self) -> None:
        left = QVBoxLayout()
        left.setContentsMargins(16, 10, 16, 8)
        left.setSpacing(8)
        left.addWidget(self.title)
        left.addWidget(self.note)
        left.addWidget(self.table, 1)
        panel = QWidget()
        panel.setObjectName("panel")
        scroll = QScrollArea()
        scroll.setFixedWidth(_SIDE_PX)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        scroll.setAccessibleName(tr("Agreement"))
        side = QVBoxLayout(panel)
        side.setContentsMargins(16, 12, 16, 12)
        side.setSpacing(8)
        side.addWidget(_label(tr("Agreement"), strong=True))
        side.addLayout(self.figures)
        about = QLabel(
            tr(
                "Alpha (Krippendorff): 1 all agree, 0 as by chance. ICC(2,1) is of one rater, ICC(2,k) of the mean of "
                "all; shifts between raters count as disagreement."
            )
        )
        about.setWordWrap(True)
        about.setProperty("soft", True)
        side.addWidget(about)
        side.addSpacing(10)
        side.addWidget(_label(tr("Each rater beside the others"), strong=True))
        side.addLayout(self.raters)
        words = tr(
            "As others: how often the quadrant is that of most others. Shift: mean difference to the others in valence "
            "(v) and arousal (a), on the scale from {minus}1 to 1."
        )
        shifts = QLabel(words.format(minus=MINUS))
        shifts.setWordWrap(True)
        shifts.setProperty("soft", True)
        side.addWidget(shifts)
        side.addStretch(1)
        content = QWidget()
        across = QHBoxLayout(content)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(0)
        across.addLayout(left, 1)
        across.addWidget(rule(vertical=True))
        scroll.setWidget(panel)
        across.addWidget(scroll)
        self.pages.addWidget(self.message)
        self.pages.addWidget(content)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.pages)

    def _watched(self) -> tuple:
        document = self._document
        return (
            document.labels_changed, document.raters_changed, document.opinions_reset, document.tracks_reset,
            document.tracks_inserted, document.tracks_removed,
        )  # fmt: skip

    def close_views(self) -> None:
        """Observe the document no longer."""
        self._rest.stop()
        self.clip.close()
        for signal in self._watched():
            signal.disconnect(self._changed)

    # What a person does

    @property
    def has_items(self) -> bool:
        """Whether there is anything to play."""
        return self.pages.currentWidget() is not self.message and bool(self.table.items.rows)

    def play(self, index: QModelIndex) -> None:
        """Play a row's recording."""
        if index.isValid():
            file = self.table.items.rows[index.row()].file
            track_id = self._by_path().get(file)
            if track_id is not None:
                self.clip.show(track_id)

    def play_next(self) -> None:
        """Play the next row: the first one after the last, or before any was chosen."""
        if not self.has_items:
            return
        here = self.table.selectionModel().currentIndex() if self.clip.track_id is not None else QModelIndex()
        row = (here.row() + 1) % len(self.table.items.rows) if here.isValid() else 0
        index = self.table.items.index(row, 0)
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        self.table.selectionModel().setCurrentIndex(index, flags)
        self.table.scrollTo(index)
        self.play(index)

    def toggle(self) -> bool:
        """Pause what plays, or go on; whether there is anything."""
        if self.clip.track_id is None or self.clip.track_id != self._document.current:
            return False
        self.clip.toggle()
        return True

    def end(self) -> None:
        """Play nothing."""
        self.clip.forget()

    def rest(self) -> None:
        """Another view is shown."""
        self.clip.rest()

    def set_blind(self, _blind: bool) -> None:
        """Hide what one has not labelled oneself, or show it."""
        self._changed()

    def handle_key(self, _event: QKeyEvent) -> bool:
        """Take no key but those of actions and of the table."""
        return False

    # Counting

    def _changed(self, *_args: object) -> None:
        self._rest.start()

    def showEvent(self, event: object) -> None:
        """Count what has changed meanwhile."""
        super().showEvent(event)
        self.count()

    def _by_path(self) -> dict[Path, int]:
        return {self._document.track(i).path: i for i in self._document.order}

    def count(self) -> None:
        """Count anew, beside the window's thread; only while it is looked at."""
        if not self.isVisible():
            return
        document, rater = self._document, self._session.rater
        tracks = [document.track(i) for i in document.order]
        raters, labels = document.raters, document.all_labels()
        self._asked += 1
        number = self._asked

        def work() -> _Count:
            rows = rows_of(tracks, raters, labels, ())
            found = agreement_of(rows)
            unsure: dict[Path, list[str]] = {}
            for row in rows:
                if row.cant_say and row.start_s is None and not row.warm_up:
                    unsure.setdefault(row.file, []).append(row.rater)
            items = item_rows(found, {track.path: track.title for track in tracks}, unsure)
            mine = frozenset(row.file for row in rows if rater is not None and row.rater == rater.name)
            return _Count(found, items, mine)

        self._aside.ask(work, lambda outcome: self._counted(outcome, number))

    def _counted(self, count: _Count | JobError, number: int) -> None:
        if number != self._asked:
            return  # labels have changed since
        if isinstance(count, JobError):
            self._document.tell(count.message, "error")
            return
        self.agreement = count.agreement
        if count.agreement.shared:
            self._show(count)
            self.pages.setCurrentIndex(1)
            if self.hasFocus():
                self.table.setFocus()
        else:
            self._show_nothing(count.agreement)
            self.pages.setCurrentWidget(self.message)
        self.state_changed.emit()

    def _show_nothing(self, found: Agreement) -> None:
        count = len(found.table.raters)
        if count == 0:
            text = tr("Nobody has labelled anything yet. ")
        elif count == 1:
            text = tr("Only {name} has labelled so far. ").format(name=found.table.raters[0] or tr("one rater"))
        else:
            text = tr("No recording has labels of two raters yet. ")
        text += tr(
            "Agreement is told of recordings that two people or more have labelled: write another name into "
            "\u201cRater\u201d and label the same music, or import what others said."
        )
        self.message.show_message(
            "note", tr("Nothing to compare yet"), text, [(tr("Import labels\u2026"), self.import_asked.emit)]
        )

    def _show(self, count: _Count) -> None:
        found, items, hidden = count.agreement, count.items, 0
        if self._blind():
            shown = [row for row in items if row.file in count.mine]
            hidden, items = len(items) - len(shown), shown
        self.title.setText(
            counted(
                found.shared,
                tr("1 recording by two raters or more"),
                tr("{count} recordings by two raters or more; worth discussing first"),
            )
        )
        said = []
        if hidden:
            said.append(
                tr("Blind (Ctrl+B) hides {count} that you have not labelled yourself.").format(count=f"{hidden:,}")
            )
        if items:
            said.append(tr("N plays the next one, Enter the chosen one."))
        self.note.setText(" ".join(said))
        self._keep_place(items)
        self._show_figures(found)
        self._show_raters(found)

    def _keep_place(self, items: list) -> None:
        here = self.table.selectionModel().currentIndex()
        file = self.table.items.rows[here.row()].file if here.isValid() else None
        self.table.items.show_rows(items)
        row = next((n for n, item in enumerate(items) if item.file == file), -1)
        if row >= 0:
            self.table.selectRow(row)

    def _show_figures(self, found: Agreement) -> None:
        names = {"quadrant": tr("quadrant"), "valence": tr("valence"), "arousal": tr("arousal")}
        lines = [
            (tr("Alpha, {what}").format(what=names[name]), score, verdict_words(score))
            for name, score in found.alpha.items()
        ]
        for name, pair in found.icc.items():
            for one in pair:
                kind = "ICC(2,1)" if one.kind == "ICC2" else "ICC(2,k)"
                items = tr("{count} recordings that all rated").format(count=one.items)
                lines.append(
                    (f"{kind}, {names[name]}", one.score, items if one.items > 1 else verdict_words(one.score))
                )
        _clear(self.figures)
        for row, (name, score, meaning) in enumerate(lines):
            self.figures.addWidget(_label(name), 2 * row, 0)
            value = _label(score_words(score), strong=True)
            value.setAccessibleName(f"{name}: {score_words(score)}, {meaning}")
            self.figures.addWidget(value, 2 * row, 1)
            self.figures.addWidget(_label(meaning, soft=True), 2 * row + 1, 1)
        self.figures.setColumnStretch(1, 1)

    def _show_raters(self, found: Agreement) -> None:
        _clear(self.raters)
        heads = (tr("Rater"), tr("Labels"), tr("As others"), tr("Shift v"), tr("Shift a"))
        for column, name in enumerate(heads):
            self.raters.addWidget(_label(name, soft=True), 0, column)
        for row, line in enumerate(found.raters[:_RATERS_SHOWN], 1):
            share = percent(line.with_others) if math.isfinite(line.with_others) else NOTHING
            shifts = [
                signed(shift) if math.isfinite(shift) else NOTHING for shift in (line.valence_shift, line.arousal_shift)
            ]
            name = line.name or tr("unnamed")
            cells = (name if len(name) <= 16 else f"{name[:15]}\u2026", str(line.labels), share, *shifts)
            for column, text in enumerate(cells):
                cell = _label(text)
                if column == 0:
                    cell.setToolTip(name)
                self.raters.addWidget(cell, row, column)
        more = len(found.raters) - _RATERS_SHOWN
        if more > 0:
            self.raters.addWidget(_label(tr("and {count} more").format(count=more), soft=True), _RATERS_SHOWN + 1, 0)
        self.raters.setColumnStretch(0, 1)


def _clear(grid: QGridLayout) -> None:
    while grid.count():
        widget = grid.takeAt(0).widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
