"""Labels come in: what was found is shown before it is taken, and nothing is lost without a word."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import (
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QWidget,
)

from app.jobs.aside import Aside
from app.library.exchange import Taken, take_rows
from app.session import Session
from app.ui.elided import ElidedLabel
from app.ui.exchange import Exchange
from app.ui.files import dialog_in_last_folder
from app.ui.strings import counted, tr
from models.data.label_import import LabelImport, import_labels
from models.data.label_scales import Scale, read_scale
from models.errors import JobError

#: Recordings that have not come onto the list by then will not come.
_LONGEST_WAIT_MS = 15_000


class ImportLabels(Exchange):
    """Choose, look, take."""

    def __init__(self, parent: QWidget, session: Session, aside: Aside) -> None:
        super().__init__(parent, session, aside, tr("Import labels"))
        self.path: Path | None = None
        self.found: LabelImport | None = None
        about = self.add_text(soft=True)
        about.setText(
            tr(
                "A table (CSV) with the column \u201cfile\u201d and quadrant, or valence and arousal; JAMS files; a "
                "labelled folder; DEAM\u2019s or PMEmo\u2019s layout. Nothing is taken before you say so."
            )
        )
        self.file = QPushButton(tr("Choose a file\u2026"))
        self.folder = QPushButton(tr("Choose a folder\u2026"))
        for button in (self.file, self.folder):
            button.setAutoDefault(False)
        self.file.clicked.connect(self.ask_file)
        self.folder.clicked.connect(self.ask_folder)
        self.chosen = ElidedLabel()
        row = QHBoxLayout()
        for part in (self.file, self.folder):
            row.addWidget(part)
        row.addWidget(self.chosen, 1)
        self.body.addLayout(row)
        self.said = self.add_text()
        self.scales = QWidget()
        self._scale_grid = QGridLayout(self.scales)
        self._scale_grid.setContentsMargins(0, 0, 0, 0)
        self.scale_fields: dict[str, QLineEdit] = {}
        self.scales.hide()
        self.body.addWidget(self.scales)
        self.add_list(tr("What could not be used, and what to know"))
        self.take = QPushButton(tr("Take them"))
        self.take.setEnabled(False)
        self.take.clicked.connect(self.take_all)
        self.end_with(self.take)

    def ask_file(self) -> None:
        """Ask for a file."""
        dialog = dialog_in_last_folder(self, self._session, tr("Labels to import"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters([f"{tr('Labels')} (*.csv *.jams *.json)", f"{tr('All files')} (*)"])
        dialog.fileSelected.connect(lambda name: self.read(Path(name)))
        dialog.open()

    def ask_folder(self) -> None:
        """Ask for a folder."""
        dialog = dialog_in_last_folder(self, self._session, tr("Folder of labels"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(lambda name: self.read(Path(name)))
        dialog.open()

    def read(self, path: Path, scales: dict[str, Scale] | None = None) -> None:
        """Look at what a file or folder holds."""
        self.path = path
        self.found = None
        self.take.setEnabled(False)
        self.chosen.setText(str(path))
        self.said.setText(tr("Reading\u2026"))
        self.ask(lambda: import_labels(path, scales), self._read)

    def _read(self, found: object) -> None:
        if isinstance(found, JobError):
            self.said.setText(found.message)
            self.list.hide()
            self.scales.hide()
            return
        assert isinstance(found, LabelImport)
        self.found = found
        files, raters = {row.file for row in found.rows}, {row.rater for row in found.rows}
        parts = (
            counted(len(found.rows), tr("1 label"), tr("{count} labels")),
            counted(len(files), tr("1 recording"), tr("{count} recordings")),
            counted(len(raters), tr("1 rater"), tr("{count} raters")),
        )
        words = tr("Found: {labels}, {files}, {raters}.").format(labels=parts[0], files=parts[1], raters=parts[2])
        left_out = sum(problem.left_out for problem in found.problems)
        if left_out:
            one = tr("1 row cannot be used; it is listed below.")
            words += " " + counted(left_out, one, tr("{count} rows cannot be used; they are listed below."))
        if found.question is not None:
            words += " " + found.question.message
        self.said.setText(words)
        self._show_question(found)
        self.show_list([problem.message for problem in found.problems] + list(found.notices))
        self.take.setText(counted(len(found.rows), tr("Take 1 label"), tr("Take {count} labels")))
        self.take.setEnabled(bool(found.rows))
        self.fit()

    def _show_question(self, found: LabelImport) -> None:
        while self._scale_grid.count():
            widget = self._scale_grid.takeAt(0).widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.scale_fields = {}
        self.scales.setVisible(found.question is not None)
        if found.question is None:
            return
        for row, (rater, scale) in enumerate(found.question.suggested.items()):
            name = rater or tr("All")
            field = QLineEdit(str(scale))
            field.setAcceptDrops(False)
            field.setAccessibleName(tr("Scale of {rater}").format(rater=name))
            field.setFixedWidth(110)
            self._scale_grid.addWidget(QLabel(tr("Scale of {rater}").format(rater=name)), row, 0)
            self._scale_grid.addWidget(field, row, 1)
            self.scale_fields[rater] = field
        use = QPushButton(tr("Read with these scales"))
        use.clicked.connect(self.read_again)
        self._scale_grid.addWidget(use, len(found.question.suggested), 1)
        self._scale_grid.setColumnStretch(2, 1)

    def read_again(self) -> None:
        """Read once more, with the scales as they stand in the fields."""
        try:
            scales = {rater: read_scale(field.text()) for rater, field in self.scale_fields.items()}
        except JobError as error:
            self.said.setText(error.message)
            return
        if self.path is not None:
            self.read(self.path, scales)

    def take_all(self) -> None:
        """Take what was found; recordings that are not on the list come onto it first."""
        if self.found is None:
            return
        self.take.setEnabled(False)
        known = {self._document.track(i).path for i in self._document.order}
        coming = sorted({row.file.absolute() for row in self.found.rows if row.file.is_file()} - known)
        if coming:
            one = tr("1 recording comes onto the list\u2026")
            self.said.setText(counted(len(coming), one, tr("{count} recordings come onto the list\u2026")))
            self._wait_for(set(coming))
            self._session.open_paths(coming)
        else:
            self._take()

    def _wait_for(self, files: set[Path]) -> None:
        """Go on once the files stand on the list, or it takes too long: what did not come is named in the end."""
        late = QTimer(self)
        late.setSingleShot(True)

        def arrived(*_args: object) -> None:
            there = files <= {self._document.track(i).path for i in self._document.order}
            if there or not late.isActive():
                late.stop()
                self._document.tracks_inserted.disconnect(arrived)
                self._take()

        def gone() -> None:
            self._document.tracks_inserted.disconnect(arrived, missing_ok=True)

        late.timeout.connect(arrived)
        self.finished.connect(gone)
        late.start(_LONGEST_WAIT_MS)
        self._document.tracks_inserted.connect(arrived)

    def _take(self) -> None:
        if self.found is None or self.path is None:
            return
        document, rows, unnamed = self._document, self.found.rows, self.path.stem
        tracks = [document.track(i) for i in document.order]
        held = document.raters, document.all_labels(), document.all_ratings()
        self.ask(lambda: take_rows(rows, tracks, *held, unnamed=unnamed), self._taken)

    def _taken(self, taken: object) -> None:
        if isinstance(taken, JobError):
            self.said.setText(taken.message)
            return
        assert isinstance(taken, Taken)
        count = self._session.take_opinions(taken)
        one = tr("1 label was taken; Ctrl+Z lets it go again.")
        words = [counted(count, one, tr("{count} labels were taken; Ctrl+Z lets them go again."))]
        if taken.known:
            words.append(counted(taken.known, tr("1 was there already."), tr("{count} were there already.")))
        if taken.lost:
            one = tr("1 has no recording here; it is listed below.")
            words.append(counted(len(taken.lost), one, tr("{count} have no recording here; they are listed below.")))
        self.said.setText(" ".join(words))
        self._document.tell(words[0])
        missing = tr("{file}: there is no such recording, and none of this name on the list.")
        found, self.found = self.found, None
        problems = [problem.message for problem in found.problems] if found is not None else []
        self.show_list([missing.format(file=row.file) for row in taken.lost] + problems)
        self.scales.hide()
        self.fit()
