"""Asking for files, and writing what is known of a track."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget

from app.document import Document
from app.paths import resources
from app.session import Session
from app.sessions.content import SUFFIX
from app.ui.strings import tr
from models.shelf.names import ARCHIVE_SUFFIX


def demo_files() -> list[Path]:
    """Return the bundled pieces."""
    return sorted((resources() / "demo").glob("*.ogg"))


def dialog_in_last_folder(parent: QWidget, session: Session, title: str) -> QFileDialog:
    """Return a dialog that does not stop the window, in the folder of last time."""
    dialog = QFileDialog(parent, title, str(session.setting("folder", "") or Path.home()))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    return dialog


def ask_files(parent: QWidget, session: Session, then: Callable[[list[Path]], object]) -> QFileDialog:
    """Ask for sound files."""
    from models.audio.decode import AUDIO_SUFFIXES

    dialog = dialog_in_last_folder(parent, session, tr("Open files"))
    dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
    patterns = " ".join(f"*{suffix}" for suffix in sorted(AUDIO_SUFFIXES))
    dialog.setNameFilters([f"{tr('Music')} ({patterns})", f"{tr('All files')} (*)"])
    dialog.filesSelected.connect(lambda names: _take(session, [Path(name) for name in names], then))
    dialog.open()
    return dialog


def ask_model(parent: QWidget, session: Session, then: Callable[[Path], object]) -> QFileDialog:
    """Ask for a model as one file."""
    dialog = dialog_in_last_folder(parent, session, tr("Import a model"))
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.setNameFilters([f"{tr('Models')} (*{ARCHIVE_SUFFIX})", f"{tr('All files')} (*)"])
    dialog.filesSelected.connect(lambda names: _take(session, [Path(n) for n in names], lambda paths: then(paths[0])))
    dialog.open()
    return dialog


def ask_session(parent: QWidget, session: Session, then: Callable[[Path], object]) -> QFileDialog:
    """Ask for a session file."""
    dialog = dialog_in_last_folder(parent, session, tr("Open session"))
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.setNameFilters([f"{tr('Sessions')} (*{SUFFIX})", f"{tr('All files')} (*)"])
    dialog.filesSelected.connect(lambda names: _take(session, [Path(n) for n in names], lambda paths: then(paths[0])))
    dialog.open()
    return dialog


def ask_place(parent: QWidget, session: Session, track_id: int) -> QFileDialog | None:
    """Ask where the file of a track lies now, and take it from there."""
    document = session.document
    if track_id not in document:
        return None
    missing = document.track(track_id).path

    def take(paths: list[Path]) -> None:
        count = session.find_again(track_id, paths[0]) if track_id in document else 1
        if count == 0:
            document.tell(tr("This file is on the list already: here it is."))
        elif count > 1:
            document.tell(tr("Found {count} files: others of the same folder lie there too.").format(count=count))

    dialog = dialog_in_last_folder(parent, session, tr("Where is {file}?").format(file=missing.name))
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    same_kind = f"*{missing.suffix}" if missing.suffix else "*"
    dialog.setNameFilters([f"{tr('Files of its kind')} ({same_kind})", f"{tr('All files')} (*)"])
    dialog.filesSelected.connect(lambda names: _take(session, [Path(name) for name in names], take))
    dialog.open()
    return dialog


def ask_folder(parent: QWidget, session: Session, then: Callable[[list[Path]], object]) -> QFileDialog:
    """Ask for a folder."""
    dialog = dialog_in_last_folder(parent, session, tr("Open folder"))
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    dialog.filesSelected.connect(lambda names: _take(session, [Path(name) for name in names], then))
    dialog.open()
    return dialog


def ask_table(parent: QWidget, session: Session, then: Callable[[list[Path]], object]) -> QFileDialog:
    """Ask for a table of labels."""
    dialog = dialog_in_last_folder(parent, session, tr("Choose a table of labels"))
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.setNameFilters([f"{tr('Tables')} (*.csv)"])
    dialog.filesSelected.connect(lambda names: _take(session, [Path(name) for name in names], then))
    dialog.open()
    return dialog


def _take(session: Session, paths: list[Path], then: Callable[[list[Path]], object]) -> None:
    if paths:
        session.set_setting("folder", str(paths[0].parent))
        then(paths)


def ask_save(
    parent: QWidget, session: Session, title: str, name: str, kind: str, then: Callable[[Path], object]
) -> QFileDialog:
    """Ask where to write a file."""
    dialog = dialog_in_last_folder(parent, session, title)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setNameFilter(kind)
    dialog.setDefaultSuffix(Path(name).suffix.lstrip("."))
    dialog.selectFile(name)
    dialog.fileSelected.connect(lambda chosen: then(Path(chosen)))
    dialog.open()
    return dialog


def save_analysis(path: Path, document: Document, track_id: int) -> str:
    """Write a track's analysis as JSON, with what the person set in it; return what went wrong, or nothing."""
    from models.errors import JobError
    from models.export.analysis_json import write_shown

    analysis = document.analysis(track_id) if track_id in document else None
    if analysis is None:  # gone while the question stood open
        return tr("the track or its analysis is not there any more")
    try:
        write_shown(
            path, document.track(track_id).path, analysis, document.climaxes(track_id), document.marks(track_id)
        )
    except JobError as error:
        return error.message
    except OSError as error:
        return error.strerror or str(error)
    return ""
