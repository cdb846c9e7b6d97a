"""The model manager: every model with its card, two cards side by side, and what a person does with their own."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPlainTextEdit,
    QPushButton,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from app.jobs.tools import Card
from app.session import Session
from app.ui.about_model import card_html
from app.ui.analysis.small import small
from app.ui.cards import offers_text, size_text
from app.ui.drop import dropped_paths, model_files
from app.ui.files import ask_model, ask_save
from app.ui.model_manager.listing import ModelList, Row
from app.ui.model_manager.side_by_side import side_by_side_html
from app.ui.models import quality_text
from app.ui.strings import tr
from app.ui.theme import TITLE_PX, font
from models.shelf.names import ARCHIVE_SUFFIX, MOST_NAME

_LIST_PX = 240
_NOTES_PX = 72


class ModelManager(QDialog):
    """Lies beside the window, which stays usable; every change can be undone (Ctrl+Z, here too).

    Parameters
    ----------
    parent : QWidget
        The window.
    session : Session
        Whose models they are.
    use : callable
        Lets a model judge, given its id.
    """

    compare_asked = Signal(str, str)  # ids: what they say of the current track
    train_asked = Signal()

    def __init__(self, parent: QWidget, session: Session, use: Callable[[str], object]) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Models"))
        self.setAcceptDrops(True)
        self.resize(940, 680)
        self._session = session
        self._document = session.document
        self._use = use
        self._cards: list[Card] = []
        self._shown = Row()
        self.list = ModelList()
        self.list.setFixedWidth(_LIST_PX)
        self._make_fields()
        self._lay_out()
        self._connect()
        self.refresh()
        self.list.setFocus()

    # Putting it together

    def _make_fields(self) -> None:
        self.name = QLineEdit()
        self.name.setFont(font(TITLE_PX, strong=True))
        self.name.setMaxLength(MOST_NAME)
        self.name.setAccessibleName(tr("Name of the model"))
        self.facts = QLabel()
        self.facts.setProperty("soft", True)
        self.facts.setWordWrap(True)
        self.facts.setTextFormat(Qt.TextFormat.PlainText)
        self.use = _button(tr("Use"), tr("Let this model judge from now on"))
        self.make_default = _button(
            tr("Make default"), tr("Judge by this model wherever none is chosen, on the command line too")
        )
        self.export = _button(tr("Export\u2026"), tr("Write this model as one file, without your notes (Ctrl+E)"))
        self.delete = _button(tr("Delete"), tr("Put this model into the bin (Delete)"))
        self.restore = _button(tr("Restore"), tr("Bring this model back from the bin"))
        self.train = _button(tr("Train one"), tr("Go to the Train workspace"))
        self.fetch = _button(tr("Import\u2026"), tr("Check a model file and take the model in (Ctrl+O)"))
        self.empty = _button(tr("Empty the bin\u2026"), tr("Delete for good what is in the bin"))
        self.other = QComboBox()
        self.other.setAccessibleName(tr("Compare with"))
        self.on_track = _button(
            tr("On this track\u2026"), tr("See what both say of the current track, lane by lane (F7)")
        )
        self.text = QTextBrowser()
        self.text.setAccessibleName(tr("Card of the model"))
        self.notes = QPlainTextEdit()
        self.notes.setAccessibleName(tr("Your notes on the model"))
        self.notes.setPlaceholderText(tr("Your notes: what it is good for, for whom you made it. They stay here."))
        self.notes.setTabChangesFocus(True)
        self.notes.setFixedHeight(_NOTES_PX)
        self.status = small("")
        self.status.setAccessibleName(tr("What happened"))

    def _lay_out(self) -> None:
        below = QHBoxLayout()
        below.addWidget(self.fetch)
        below.addWidget(self.train)
        left = QVBoxLayout()
        left.addWidget(self.list, 1)
        left.addLayout(below)
        left.addWidget(self.empty)
        doing = QHBoxLayout()
        for part in (self.use, self.make_default, self.export, self.delete, self.restore):
            doing.addWidget(part)
        doing.addStretch(1)
        label = QLabel(tr("Compare &with"))
        label.setBuddy(self.other)
        comparing = QHBoxLayout()
        comparing.addWidget(label)
        comparing.addWidget(self.other, 1)
        comparing.addWidget(self.on_track)
        right = QVBoxLayout()
        right.setSpacing(8)
        for part in (self.name, self.facts):
            right.addWidget(part)
        right.addLayout(doing)
        right.addLayout(comparing)
        right.addWidget(self.text, 1)
        right.addWidget(self.notes)
        both = QHBoxLayout()
        both.setSpacing(12)
        both.addLayout(left)
        both.addLayout(right, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 8)
        layout.addLayout(both, 1)
        layout.addWidget(self.status)

    def _connect(self) -> None:
        self.list.row_chosen.connect(self._show)
        self.list.used.connect(self._use_or_restore)
        self.list.delete_asked.connect(self.remove)
        self.name.editingFinished.connect(self._rename)
        self.use.clicked.connect(self._use_or_restore)
        self.restore.clicked.connect(self._use_or_restore)
        self.make_default.clicked.connect(lambda: self._session.set_default_model(self._id))
        self.export.clicked.connect(self.export_model)
        self.delete.clicked.connect(self.remove)
        self.fetch.clicked.connect(self.ask_import)
        self.train.clicked.connect(self.train_asked)
        self.empty.clicked.connect(self.ask_empty)
        self.other.activated.connect(lambda _index: self._show_card())
        self.on_track.clicked.connect(lambda: self.compare_asked.emit(self._id, self.other.currentData() or ""))
        for keys, do in (
            ("Ctrl+Z", self._undo),
            ("Ctrl+Y", self._redo),
            ("Ctrl+Shift+Z", self._redo),
            ("F2", self.name.setFocus),
            ("Ctrl+E", self.export_model),
            ("Ctrl+O", self.ask_import),
            ("F7", self.on_track.click),
        ):
            QShortcut(QKeySequence(keys), self, activated=lambda run=do: run())
        self._session.models_changed.connect(self.refresh)
        self._document.model_changed.connect(self.refresh)
        self._document.current_changed.connect(self._enable)
        self._document.notice.connect(self._tell)

        self.finished.connect(self._leave)

    def _leave(self, _result: int) -> None:
        """Keep the notes, and observe nothing any more."""
        self._keep_notes(self._id)
        self._session.models_changed.disconnect(self.refresh)
        self._document.model_changed.disconnect(self.refresh)
        self._document.current_changed.disconnect(self._enable)
        self._document.notice.disconnect(self._tell)

    # What is shown

    def refresh(self, *_args: object) -> None:
        """Look again which models there are."""
        self._cards = self._session.models()
        own = [card for card in self._cards if self._session.is_own_model(card.id)]
        shipped = [card for card in self._cards if card not in own]
        binned = self._session.binned_models()
        judging, keep = self._document.model.id, self._shown.key
        self.list.fill(shipped, own, binned, judging, self._session.default_model(), keep)
        self.empty.setVisible(bool(binned))

    def show_model(self, model: str) -> None:
        """Go to a model."""
        self.list.choose(model)

    @property
    def _id(self) -> str:
        return self._shown.card.id if self._shown.card is not None and self._shown.binned is None else ""

    def _show(self, row: Row) -> None:
        before, moved = self._id, row.key != self._shown.key
        self._shown = row
        if moved:
            self._keep_notes(before)
        card = row.card
        if card is None:
            return
        own = row.binned is None and self._session.is_own_model(card.id)
        self.name.setText(card.name)
        self.name.setCursorPosition(0)
        self.name.setReadOnly(not own)
        self.name.setToolTip(tr("Write another name here (F2); the id stays {id}.").format(id=card.id) if own else "")
        facts = [card.id, tr("version {number}").format(number=card.version), size_text(card)]
        lines = [", ".join(part for part in facts if part), offers_text(card), quality_text(card)]
        missing = self._session.missing_base(card.id) if own else ""
        if missing:
            lines.append(tr("It stands on the model {base}, which is not here: import that one.").format(base=missing))
        self.facts.setText("\n".join(lines))
        with_what = self.other.currentData()
        self.other.clear()
        self.other.addItem(tr("no other"), "")
        for other in self._cards:
            if other.id != self._id:
                self.other.addItem(other.name, other.id)
        self.other.setCurrentIndex(max(0, self.other.findData(with_what)))
        self.notes.setPlainText("" if row.binned is not None else self._session.model_notes(card.id))
        self._show_card()

    def _show_card(self) -> None:
        card = self._shown.card
        other = next((one for one in self._cards if one.id == self.other.currentData()), None)
        if card is not None:
            self.text.setHtml(card_html(card, titled=False) if other is None else side_by_side_html(card, other))
        self._enable()

    def _enable(self, *_args: object) -> None:
        here, binned = bool(self._id), self._shown.binned is not None
        own = here and self._session.is_own_model(self._id)
        judges = self._id == self._document.model.id
        self.use.setEnabled(here and not judges)
        self.make_default.setEnabled(here and self._id != self._session.default_model())
        self.delete.setEnabled(own and not judges)
        self.export.setEnabled(here)
        self.notes.setEnabled(here)
        self.other.setEnabled(here)
        for part in (self.use, self.make_default, self.export, self.delete):
            part.setVisible(not binned)
        self.restore.setVisible(binned)
        self.on_track.setEnabled(here and bool(self.other.currentData()) and self._document.current is not None)

    def _tell(self, text: str, level: str = "info") -> None:
        self.status.setProperty("error", level == "error")
        self.status.style().polish(self.status)
        self.status.setText(text)

    # What a person does

    def _use_or_restore(self) -> None:
        if self._shown.binned is not None:
            self._session.restore_model(self._shown.binned)
        elif self._id:
            self._use(self._id)

    def _rename(self) -> None:
        card = self._shown.card
        if card is None or self.name.isReadOnly() or self.name.text().strip() == card.name:
            return
        if not self._session.rename_model(card.id, self.name.text()):
            self.name.setText(card.name)

    def _keep_notes(self, model: str) -> None:
        if model and self.notes.document().isModified():
            self.notes.document().setModified(False)
            self._session.note_model(model, self.notes.toPlainText())

    def _undo(self) -> None:
        self._keep_notes(self._id)
        text = self._session.undo()
        self._tell(tr("Undone: {action}").format(action=text) if text else tr("There is nothing to undo."))

    def _redo(self) -> None:
        text = self._session.redo()
        self._tell(tr("Done again: {action}").format(action=text) if text else tr("There is nothing to do again."))

    def remove(self) -> None:
        """Put the model into the bin; Ctrl+Z brings it back."""
        if self._id and self._session.remove_model(self._id):
            self._tell(tr("It is in the bin. Ctrl+Z brings it back."))

    def export_model(self) -> None:
        """Ask where to, and write the model as one file."""
        card = self._shown.card
        if card is not None and self._id:
            ask_save(
                self, self._session, tr("Export the model"), f"{card.id}{ARCHIVE_SUFFIX}",
                tr("Models (*{suffix})").format(suffix=ARCHIVE_SUFFIX),
                lambda path, model=card.id: self._session.export_model(model, path),
            )  # fmt: skip

    def ask_import(self) -> None:
        """Ask for a model file, and take the model in."""
        ask_model(self, self._session, self._session.import_model)

    def ask_empty(self) -> None:
        """Ask, because this cannot be undone, and delete for good what is in the bin."""
        count = len(self._session.binned_models())
        box = QMessageBox(
            QMessageBox.Icon.Warning,
            tr("Empty the bin"),
            tr("Delete {count} models for good? This cannot be undone.").format(count=count),
            QMessageBox.StandardButton.Cancel,
            self,
        )
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        yes = box.addButton(tr("Delete for good"), QMessageBox.ButtonRole.DestructiveRole)
        yes.clicked.connect(self._session.empty_model_bin)
        box.open()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept model files."""
        if model_files(dropped_paths(event.mimeData())):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Take in the models that were dropped."""
        for path in model_files(dropped_paths(event.mimeData())):
            event.acceptProposedAction()
            self._session.import_model(path)


def _button(text: str, about: str) -> QPushButton:
    button = QPushButton(text)
    button.setAutoDefault(False)
    button.setAccessibleDescription(about)
    button.setToolTip(about)
    return button
