"""Labels go out: whose, in which format, and what the format cannot hold."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QFileDialog, QPushButton, QWidget

from app.jobs.aside import Aside
from app.labelling.said import said_rows
from app.session import Session
from app.ui.buttons import Choice
from app.ui.exchange import Exchange
from app.ui.files import dialog_in_last_folder
from app.ui.strings import counted, tr
from models.errors import JobError
from models.export.label_files import Format, export_labels


class ExportLabels(Exchange):
    """Choose a format and whose labels, then where."""

    exported = Signal(Path)

    def __init__(self, parent: QWidget, session: Session, aside: Aside) -> None:
        super().__init__(parent, session, aside, tr("Export labels"))
        meanings: dict[str, str] = {
            "folder": tr("One label per recording, what its raters say together, with the spread: to train on."),
            "csv": tr("A table with one row per rater and recording; ratings over time in a folder beside it."),
            "jams": tr("JAMS 0.3, a file per recording, an annotation per rater."),
            "deam": tr("DEAM\u2019s layout: means and deviations, songs on 1 to 9, over time on \u22121 to 1."),
            "pmemo": tr("PMEmo\u2019s layout, 0 to 1."),
        }
        names = {"folder": tr("Labelled folder"), "csv": tr("Table"), "jams": "JAMS", "deam": "DEAM", "pmemo": "PMEmo"}
        self._meanings = meanings
        self.format = Choice(tr("Format"), [(key, names[key], meanings[key]) for key in meanings])
        self.format.choose("folder")
        self.format.chosen.connect(self._show)
        rater = session.rater
        self.whose = Choice(
            tr("Whose labels"),
            [("all", tr("All raters"), "")] + ([("mine", rater.name, "")] if rater is not None else []),
        )
        self.whose.choose("all")
        self.whose.chosen.connect(self._show)
        self.body.addWidget(self.format)
        self.meaning = self.add_text(soft=True)
        self.body.addWidget(self.whose)
        self.copy = QCheckBox(tr("Copy the recordings too"))
        self.body.addWidget(self.copy)
        self.said = self.add_text()
        self.add_list(tr("What to know"))
        self.where = QPushButton(tr("Choose where\u2026"))
        self.where.clicked.connect(self.ask_where)
        self.end_with(self.where)
        self._show()

    def _rater_id(self) -> str | None:
        rater = self._session.rater
        return rater.id if rater is not None and self.whose.value == "mine" else None

    def _show(self, *_args: object) -> None:
        self.meaning.setText(self._meanings[self.format.value])
        self.copy.setVisible(self.format.value in ("folder", "deam", "pmemo"))
        count = len(said_rows(self._document, self._rater_id(), over_time=False))
        rated = len([r for r in self._document.all_ratings() if self._rater_id() in (None, r.rater_id)])
        words = tr("{labels}, {ratings}.").format(
            labels=counted(count, tr("1 label"), tr("{count} labels")),
            ratings=counted(rated, tr("1 rating over time"), tr("{count} ratings over time")),
        )
        self.said.setText(words if count or rated else tr("There are no labels to export yet."))
        self.where.setEnabled(bool(count or rated))

    def ask_where(self) -> None:
        """Ask for the table, or for the new folder."""
        table = self.format.value == "csv"
        dialog = dialog_in_last_folder(self, self._session, tr("Export labels"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setLabelText(QFileDialog.DialogLabel.FileName, tr("Table:") if table else tr("New folder:"))
        if table:
            dialog.setNameFilter(tr("Table (*.csv)"))
            dialog.setDefaultSuffix("csv")
        dialog.selectFile("labels.csv" if table else "labels")
        dialog.fileSelected.connect(lambda name: self.write(Path(name)))
        dialog.open()

    def write(self, destination: Path) -> None:
        """Write the labels."""
        document, layout = self._document, self.format.value
        rows = said_rows(document, self._rater_id())
        durations = {
            track.path: track.duration_s
            for track in map(document.track, document.order)
            if track.duration_s is not None
        }
        copy = self.copy.isChecked() and self.copy.isVisible()
        self.where.setEnabled(False)
        self.said.setText(tr("Writing\u2026"))

        def work() -> tuple[Path, int, list[str]]:
            chosen: Format = layout  # type: ignore[assignment]
            notices = export_labels(rows, destination, chosen, copy_audio=copy, durations_s=durations)
            return destination, len(rows), notices

        self.ask(work, self._written)

    def _written(self, outcome: object) -> None:
        self.where.setEnabled(True)
        if isinstance(outcome, JobError):
            self.said.setText(outcome.message)
            return
        assert isinstance(outcome, tuple)
        destination, count, notices = outcome
        one, many = tr("1 label was written to {place}."), tr("{count} labels were written to {place}.")
        words = (one if count == 1 else many).format(count=f"{count:,}", place=destination)
        self.said.setText(words)
        self._document.tell(words)
        self.show_list(notices)
        self.fit()
        self.exported.emit(destination)
