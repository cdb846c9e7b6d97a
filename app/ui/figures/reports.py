"""Reports of all analysed tracks: into one folder, one after another; what fails is named and the rest goes on."""

from __future__ import annotations

from collections import deque
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QProgressBar, QPushButton, QWidget

from app.session import Session
from app.ui.exchange import Exchange
from app.ui.figures.sources import listed
from app.ui.files import dialog_in_last_folder
from app.ui.strings import counted, tr
from models.errors import JobError
from models.export.file_names import distinct


class ReportsDialog(Exchange):
    """Asks for a folder, writes a PDF per track that is analysed, and says how it went."""

    def __init__(self, parent: QWidget, session: Session) -> None:
        super().__init__(parent, session, session.printing, tr("Reports of all tracks"))
        self.said = self.add_text()
        self.bar = QProgressBar()
        self.bar.setAccessibleName(tr("Reports written"))
        self.bar.hide()
        self.body.addWidget(self.bar)
        self.add_list(tr("What could not be written"))
        self.main = QPushButton(tr("Choose a folder\u2026"))
        self.main.clicked.connect(self._press)
        self.end_with(self.main)
        self._waiting: deque[tuple[int, str]] = deque()
        self._problems: list[str] = []
        self._folder = Path()
        self._done = self._total = 0
        self._running = False
        self._show_what_there_is()

    def _tracks(self) -> list[int]:
        document = self._document
        return [track_id for track_id in document.order if document.track(track_id).status == "done"]

    def _show_what_there_is(self) -> None:
        count = len(self._tracks())
        one, many = tr("One page for 1 analysed track."), tr("One page each for {count} analysed tracks.")
        self.said.setText(counted(count, one, many) if count else tr("No track has been analysed yet."))
        self.main.setEnabled(bool(count))

    def _press(self) -> None:
        if self._running:
            self.cancel()
        else:
            self.ask_where()

    def ask_where(self) -> None:
        """Ask for the folder."""
        dialog = dialog_in_last_folder(self, self._session, tr("Folder of the reports"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(lambda name: self.write(Path(name)))
        dialog.open()

    def write(self, folder: Path) -> None:
        """Write them all into a folder."""
        self._folder = folder
        self._session.set_setting("folder", str(folder))
        tracks = self._tracks()
        # Tracks of one name in two folders do not overwrite each other.
        names = distinct([self._document.track(track_id).path.stem for track_id in tracks])
        self._waiting = deque(zip(tracks, names, strict=True))
        self._problems = []
        self._done, self._total, self._running = 0, len(self._waiting), True
        self.bar.setRange(0, max(1, self._total))
        self.bar.show()
        self.main.setText(tr("Cancel"))
        self.show_list([])
        self._next()

    def cancel(self) -> None:
        """Write no more; what is written stays."""
        self._waiting.clear()
        self._end(tr("Cancelled after {done} of {total}.").format(done=self._done, total=self._total))

    def _next(self) -> None:
        self.bar.setValue(self._done)
        while self._waiting and self._waiting[0][0] not in self._document:
            self._waiting.popleft()
            self._total -= 1
        if not self._waiting:
            written = self._done - len(self._problems)
            one, many = tr("1 report is in {folder}."), tr("{count} reports are in {folder}.")
            self._end((one if written == 1 else many).format(count=f"{written:,}", folder=self._folder))
            return
        track_id, name = self._waiting.popleft()
        self.said.setText(
            tr("Writing {number} of {total}: {title}").format(
                number=self._done + 1, total=self._total, title=self._document.track(track_id).title
            )
        )
        file = self._folder / f"{name}-report.pdf"
        # The dialog may be closed meanwhile: then no more are asked for.
        self._session.printing.report(
            listed(self._session, track_id), file, lambda outcome: self._written(outcome) if self._open else None
        )

    def _written(self, outcome: Path | JobError) -> None:
        if not self._running:
            return
        self._done += 1
        if isinstance(outcome, JobError):
            self._problems.append(outcome.message)
            self.show_list(self._problems)
        self._next()

    def _end(self, words: str) -> None:
        self._running = False
        self.bar.setValue(self._done)
        self.said.setText(words)
        self._document.tell(words)
        self.main.setText(tr("Choose a folder\u2026"))
        self.main.setEnabled(bool(self._tracks()))
        self.fit()
