"""Layers come in and go out: read beside the window, laid over the track that is shown, and undoable."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from app.jobs.aside import Aside
from app.jobs.qt import MessagePump
from app.session import Session
from app.ui.exchange import Exchange
from app.ui.files import dialog_in_last_folder
from app.ui.layers.choose import MOST_UNASKED, ChooseLayers
from app.ui.layers.export import ExportLayers
from app.ui.strings import counted, tr
from models.data.layer_import import LAYER_ENDINGS, LayerImport, import_layers
from models.errors import JobError
from models.layers import Layer

if TYPE_CHECKING:
    from app.ui.analysis.timeline import Timeline


def layer_files(paths: list[Path]) -> list[Path]:
    """Return those of some files that may hold layers."""
    return [path for path in paths if path.suffix.lower() in LAYER_ENDINGS]


class LayerHands(QObject):
    """What a person does with layers of the current track: lay files over it, take lanes away, take data out.

    Parameters
    ----------
    session : Session
        Its current track is what layers are laid over.
    timeline : Timeline
        Draws them.
    """

    def __init__(self, session: Session, timeline: Timeline) -> None:
        super().__init__(timeline)
        self._session = session
        self._document = session.document
        self._timeline = timeline
        self._aside = Aside("affekt-layers", MessagePump)
        self._document.layers_changed.connect(self._changed)
        self._document.current_changed.connect(self._show)
        self._show(self._document.current)

    def close_views(self) -> None:
        """Observe the document no longer."""
        self._document.layers_changed.disconnect(self._changed)
        self._document.current_changed.disconnect(self._show)
        self._aside.close()

    def _changed(self, track_id: int) -> None:
        if track_id == self._document.current:
            self._show(track_id)

    def _show(self, track_id: int | None) -> None:
        self._timeline.show_layers(self._document.layers(track_id) if track_id is not None else ())

    def handlers(self) -> dict[str, Callable[[], object]]:
        """Return what its keys do."""
        return {"export_data": self.export, "import_layers": self.ask_files, "list_layers": self.list_layers}

    @property
    def any(self) -> bool:
        """Whether something lies over the current track."""
        current = self._document.current
        return current is not None and bool(self._document.layers(current))

    def export(self) -> None:
        """Open the dialog by which data go out."""
        if self._document.current is not None:
            ExportLayers(self._timeline.window(), self._session, self._aside, self._document.current).show()

    def list_layers(self) -> QMenu:
        """Show what lies over the track, to take it away."""
        menu = QMenu(self._timeline)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setAccessibleName(tr("Layers over this track"))
        current = self._document.current
        lying = self._document.layers(current) if current is not None else ()
        for kept in lying:
            words = tr("Remove \u201c{layer}\u201d").format(layer=kept.layer.name)
            words += f" ({kept.layer.origin})" if kept.layer.origin else ""
            menu.addAction(words.replace("&", "&&"), lambda kept=kept: self._session.remove_layers([kept]))
        if len(lying) > 1:
            menu.addSeparator()
            words = tr("Remove all {count} layers").format(count=len(lying))
            menu.addAction(words, lambda: self._session.remove_layers(lying))
        menu.popup(self._timeline.mapToGlobal(self._timeline.rect().center()))
        return menu

    def ask_files(self) -> None:
        """Ask which files."""
        dialog = dialog_in_last_folder(self._timeline.window(), self._session, tr("Layers to import"))
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
        if len(layers) > MOST_UNASKED and track_id in self._document:
            ChooseLayers(
                self._timeline.window(), self._session, self._aside, track_id, layers,
                lambda chosen: self._lay(track_id, chosen),
            ).show()  # fmt: skip
        elif not self._lay(track_id, layers) and problems:
            self._document.tell(problems[0], "error")
        if problems and track_id in self._document:
            LayerProblems(
                self._timeline.window(), self._session, self._aside, [file.name for file in files], problems
            ).show()

    def _lay(self, track_id: int, layers: list[Layer]) -> bool:
        """Lay layers over a track; it may be gone by now: then nothing is taken, and nothing is said of it."""
        taken = self._session.add_layers(track_id, layers)
        if taken:
            one = tr("1 layer lies over the track; Ctrl+Z takes it away.")
            self._document.tell(
                counted(len(taken), one, tr("{count} layers lie over the track; Ctrl+Z takes them away."))
            )
        return bool(taken)


class LayerProblems(Exchange):
    """What of some files could not be used, and what to know of the rest."""

    def __init__(self, parent: QWidget, session: Session, aside: Aside, files: list[str], problems: list[str]) -> None:
        super().__init__(parent, session, aside, tr("Import layers"))
        self.add_text().setText(tr("About {files}:").format(files=", ".join(files)))
        self.add_list(tr("What could not be used, and what to know"))
        self.show_list(problems)
        self.end_with()
        self.fit()
