"""First page: what to learn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QFrame, QLabel, QPushButton, QVBoxLayout, QWidget

from app.jobs.library_labels import EVERYONE, counts
from app.jobs.training_plan import TrainingPlan
from app.session import Session
from app.ui.elided import ElidedLabel
from app.ui.files import ask_folder, ask_table
from app.ui.strings import tr
from app.ui.training.step import Card, Step, button, clear, row, words


@dataclass(frozen=True)
class Source:
    """What was chosen: folders, or a rater's labels in the library."""

    folders: tuple[Path, ...] = ()
    rater: str | None = None

    @property
    def there(self) -> bool:
        """Whether anything was chosen."""
        return bool(self.folders) or self.rater is not None


def folder_of(path: Path) -> Path:
    """Return the labelled folder that a dropped path means: a table means the folder it lies in."""
    return path if path.is_dir() else path.parent


class _Drop(QFrame):
    """Where folders are dropped; the whole page takes them, this says so."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("dropzone")
        self.setMinimumHeight(96)


class SourcePage(Step):
    """Folders, a table, or the labels in the library."""

    go_on_asked = Signal(object)  # TrainingPlan
    let_go_asked = Signal(object)  # TrainingPlan

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(
            tr("What should the model learn from?"),
            tr("Recordings whose mood you, or someone you trust, have named. Nothing leaves this computer."),
            parent,
        )
        self._session = session
        self.source = Source()
        self.unfinished = Card()
        self.body.addWidget(self.unfinished)
        self.body.addWidget(self._library_card())
        self.body.addWidget(self._folder_card())
        self.body.addStretch(1)
        document = session.document
        for signal in (document.labels_changed, document.raters_changed, document.opinions_reset):
            signal.connect(self._count)
        document.tracks_reset.connect(self._count)
        self._count()

    def close_views(self) -> None:
        """Observe the document no longer."""
        document = self._session.document
        for signal in (document.labels_changed, document.raters_changed, document.opinions_reset):
            signal.disconnect(self._count)
        document.tracks_reset.disconnect(self._count)

    def _library_card(self) -> QWidget:
        card = Card(tr("The labels in this library"))
        self.library_text = words(soft=True)
        self.rater = QComboBox()
        self.rater.setAccessibleName(tr("Whose labels"))
        self.rater.setMinimumWidth(220)
        self.rater.setMaximumWidth(520)
        self.take_library = QPushButton(tr("Use these labels"))
        self.take_library.setAutoDefault(False)
        self.take_library.clicked.connect(self._take_library)
        self._whose = QLabel(tr("&Whose:"))
        self._whose.setBuddy(self.rater)
        card.body.addWidget(self.library_text)
        card.body.addLayout(row(self._whose, self.rater, self.take_library))
        self.rater.activated.connect(lambda _index: self.source.rater is not None and self._take_library())
        return card

    def _folder_card(self) -> QWidget:
        card = Card(tr("Folders of recordings"))
        card.body.addWidget(
            words(
                tr(
                    "One folder per mood, named happy, angry, sad and calm (or Q1 to Q4; Chinese and Korean words work "
                    "too), or a folder with a table called labels.csv."
                ),
                soft=True,
            )
        )
        self.drop = _Drop()
        inner = QVBoxLayout(self.drop)
        hint = words(tr("Drop folders here"))
        hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        inner.addStretch(1)
        inner.addWidget(hint)
        self.choose = button(tr("Choose a folder\u2026"), lambda: ask_folder(self, self._session, self.take_paths))
        self.choose_table = button(
            tr("Choose a table\u2026"), lambda: ask_table(self, self._session, self.take_paths), tr("labels.csv")
        )
        buttons = row(self.choose, self.choose_table)
        buttons.insertStretch(0, 1)
        inner.addLayout(buttons)
        inner.addStretch(1)
        card.body.addWidget(self.drop)
        self._list = QVBoxLayout()
        self._list.setSpacing(4)
        card.body.addLayout(self._list)
        return card

    # What a person does

    def take_paths(self, paths: Sequence[Path]) -> None:
        """Add folders, or the folders of tables, to what is learned from."""
        found = list(self.source.folders)
        for path in paths:
            folder = folder_of(path.absolute())
            if folder not in found:
                found.append(folder)
        self._choose(Source(folders=tuple(found)))

    def remove(self, folder: Path) -> None:
        """Take a folder off again."""
        self._choose(Source(folders=tuple(other for other in self.source.folders if other != folder)))

    def _take_library(self) -> None:
        rater = self.rater.currentData()
        if rater is not None:
            self._choose(Source(rater=rater))

    def _choose(self, source: Source) -> None:
        self.source = source
        self.show_source()
        self.changed.emit()

    # What is shown

    @property
    def can_go_on(self) -> bool:
        """Whether something was chosen."""
        return self.source.there

    @property
    def can_go_back(self) -> bool:
        """It is the first page."""
        return False

    @property
    def next_text(self) -> str:
        """What the button says."""
        return tr("Look at them")

    def take_focus(self) -> None:
        """Begin where there is something to take."""
        (self.take_library if self.take_library.isEnabled() else self.choose).setFocus()

    def show_source(self) -> None:
        """Show what was chosen."""
        clear(self._list)
        for folder in self.source.folders:
            label = ElidedLabel(str(folder))
            label.setAccessibleName(tr("Chosen folder {name}").format(name=folder))
            away = button(tr("Remove"), lambda folder=folder: self.remove(folder))
            away.setAccessibleName(tr("Remove {name}").format(name=folder.name))
            line = row(label, away, stretch=False)
            line.setStretch(0, 1)
            self._list.addLayout(line)
        chosen = self.source.rater is not None
        self.take_library.setText(tr("These are used") if chosen else tr("Use these labels"))

    def show_unfinished(self, plans: Sequence[TrainingPlan]) -> None:
        """Offer to go on with what a crash or the closing of the window has left."""
        clear(self.unfinished.body)
        self.unfinished.setVisible(bool(plans))
        for plan in plans:
            said = tr("finished, but not looked at to the end") if plan.finished else tr("not finished")
            text = tr("\u201c{title}\u201d, begun {when}, is {state}.").format(
                title=plan.title, when=_local(plan.made), state=said
            )
            go_on = button(
                tr("See the result") if plan.finished else tr("Go on with it"),
                lambda plan=plan: self.go_on_asked.emit(plan),
            )
            go_on.setDefault(True)
            away = button(tr("Let it go"), lambda plan=plan: self.let_go_asked.emit(plan))
            goes = tr("The files stay") if plan.tables else tr("The model goes to the bin")
            away.setToolTip(goes if plan.finished else tr("What it has learned so far is deleted"))
            self.unfinished.body.addWidget(words(text, strong=True))
            self.unfinished.body.addLayout(row(go_on, away))

    def _count(self, *_args: object) -> None:
        found = counts(self._session.document)
        kept = self.rater.currentData()
        self.rater.clear()
        for rater_id, name, number in found:
            shown = tr("Everyone, where they agree most") if rater_id == EVERYONE else name
            self.rater.addItem(tr("{name}: {count} recordings").format(name=shown, count=number), rater_id)
        self.rater.setCurrentIndex(max(0, self.rater.findData(kept)))
        there = bool(found)
        for widget in (self.rater, self.take_library, self._whose):
            widget.setVisible(there)
        self.take_library.setEnabled(there)
        self.library_text.setText(
            tr("Recordings that were given a mood, or a point on the plane, in Label.")
            if there
            else tr("None yet. Give recordings a mood in Label (Ctrl+3): forty are a good beginning.")
        )
        if self.source.rater is not None and not there:
            self._choose(Source())


def _local(made: str) -> str:
    """Return a moment as the clock on the wall had it."""
    try:
        return datetime.fromisoformat(made).astimezone().strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return made
