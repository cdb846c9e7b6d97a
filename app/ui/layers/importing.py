"""Layers come in: read beside the window, laid over the track that is shown, and undoable."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QWidget

from app.jobs.aside import Aside
from app.session import Session
from app.ui.exchange import Exchange
from app.ui.files import dialog_in_last_folder
from app.ui.strings import counted, tr
from models.data.layer_import import LAYER_ENDINGS, LayerImport, import_layers
from models.errors import JobError


def layer_files(paths: list[Path]) -> list[Path]:
    """Return those of some files that may hold layers."""
    return [path for path in paths if path.suffix.lower() in LAYER_ENDINGS]


class LayersIn(QObject):
    """Takes files of layers for the current track, and says what of them could not be used.

    Parameters
    ----------
    parent : QWidget
        Of the dialogs.
    session : Session
        Its current track is what layers are laid over.
    aside : Aside
        Reads the files.
    """

    def __init__(self, parent: QWidget, session: Session, aside: Aside) -> None:
        super().__init__(parent)
        self._parent = parent
        self._session = session
        self._document = session.document
        self._aside = aside

    def ask_files(self) -> None:
        """Ask which files."""
        dialog = dialog_in_last_folder(self._parent, self._session, tr("Layers to import"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        patterns = " ".join(f"*{ending}" for ending in LAYER_ENDINGS)
        dialog.setNameFilters([f"{tr('Layers')} ({patterns})", f"{tr('All files')} (*)"])
        dialog.filesSelected.connect(lambda names: self.take([Path(name) for name in names]))
        dialog.open()

    def take(self, files: list[Path]) -> None:
        """Read files and lay what they hold over the current track."""
        current = self._document.current
        analysis = self._document.analysis(current) if current is not None else None
        if current is None or not files:
            return
        duration_s = self._document.track(current).duration_s
        if duration_s is None:
            self._document.tell(tr("The track\u2019s length is not known yet: import again once it is."), "warning")
            return
        self._session.set_setting("folder", str(files[0].parent))
        rate_hz = analysis.sample_rate_hz if analysis is not None else None

        def work() -> list[LayerImport | JobError]:
            found: list[LayerImport | JobError] = []
            for file in files:
                try:
                    found.append(import_layers(file, duration_s, rate_hz))
                except JobError as error:
                    found.append(error)
            return found

        self._aside.ask(work, lambda outcome: self._taken(current, files, outcome))

    def _taken(self, track_id: int, files: list[Path], outcome: object) -> None:
        if isinstance(outcome, JobError):
            self._document.tell(outcome.message, "error")
            return
        assert isinstance(outcome, list)
        layers = [layer for one in outcome if isinstance(one, LayerImport) for layer in one.layers]
        problems = [
            line
            for one in outcome
            for line in ([one.message] if isinstance(one, JobError) else [*one.problems, *one.notices])
        ]
        # The track may be gone by now; then nothing is taken, and nothing is said of it.
        taken = self._session.add_layers(track_id, layers)
        if taken:
            one = tr("1 layer lies over the track; Ctrl+Z takes it away.")
            self._document.tell(
                counted(len(taken), one, tr("{count} layers lie over the track; Ctrl+Z takes them away."))
            )
        elif problems:
            self._document.tell(problems[0], "error")
        if problems and track_id in self._document:
            LayerProblems(self._parent, self._session, self._aside, [file.name for file in files], problems).show()


class LayerProblems(Exchange):
    """What of some files could not be used, and what to know of the rest."""

    def __init__(self, parent: QWidget, session: Session, aside: Aside, files: list[str], problems: list[str]) -> None:
        super().__init__(parent, session, aside, tr("Import layers"))
        self.add_text().setText(tr("About {files}:").format(files=", ".join(files)))
        self.add_list(tr("What could not be used, and what to know"))
        self.show_list(problems)
        self.end_with()
        self.fit()
