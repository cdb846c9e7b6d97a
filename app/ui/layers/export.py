"""All that is known of a track over time goes out: which layers, in which formats, into which folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QGridLayout,
    QLabel,
    QPushButton,
    QWidget,
)

from app.jobs.aside import Aside
from app.session import Session
from app.ui.exchange import Exchange
from app.ui.files import dialog_in_last_folder
from app.ui.layers.ticks import LayerTicks
from app.ui.strings import counted, tr
from models.errors import JobError
from models.export.layer_files import FORMATS, Format, export_layers
from models.export.layers_of import layers_of
from models.layers import Layer

_FORMATS_SETTING = "export.layers.formats"
_WITHOUT_SETTING = "export.layers.without"


def known_layers(session: Session, track_id: int) -> tuple[Layer, ...]:
    """Return all that is known of a track over time: judged, found, measured, marked, and laid over it."""
    document = session.document
    analysis = document.analysis(track_id)
    own = tuple(kept.layer for kept in document.layers(track_id))
    if analysis is None:
        return own
    climaxes = [(shown.climax, shown.label) for shown in document.climaxes(track_id)]
    marks = [(mark.time_s, mark.label) for mark in document.marks(track_id)]
    known = layers_of(analysis, document.overview(track_id), document.structure(track_id), climaxes, marks)
    return known + own


class ExportLayers(Exchange):
    """Tick layers and formats, then choose a folder."""

    def __init__(self, parent: QWidget, session: Session, aside: Aside, track_id: int) -> None:
        super().__init__(parent, session, aside, tr("Export data"))
        track = self._document.track(track_id)
        self._path, self._title, self._artist = track.path, track.title, track.artist
        analysis = self._document.analysis(track_id)
        self._duration_s = analysis.duration_s if analysis is not None else track.duration_s or 0.0
        self._rate_hz = analysis.sample_rate_hz if analysis is not None else 44_100
        self.layers = known_layers(session, track_id)
        self.add_text().setText(track.title)
        without = self._kept(_WITHOUT_SETTING, ())
        self.ticks = LayerTicks(
            self.layers, [layer.name not in without for layer in self.layers], tr("Layers to export")
        )
        self.ticks.changed.connect(self._count)
        self.body.addWidget(self.ticks)
        self.formats = self._make_formats()
        self.said = self.add_text()
        self.add_list(tr("Files that were written"))
        self.where = QPushButton(tr("Choose a folder\u2026"))
        self.where.clicked.connect(self.ask_where)
        self.end_with(self.where)
        self._count()

    def _make_formats(self) -> Mapping[str, QCheckBox]:
        meanings: dict[Format, tuple[str, str]] = {
            "csv": (
                tr("Tables (CSV)"),
                tr("A column per curve, named with its unit; one more for instants and regions"),
            ),
            "jams": ("JAMS", tr("All layers in one file")),
            "svl": (tr("Sonic Visualiser layers (SVL)"), tr("A file per layer")),
            "sv-csv": (tr("Sonic Visualiser CSV"), tr("A file per layer, without a header")),
            "audacity": (tr("Audacity labels"), tr("Instants and regions only")),
        }
        kept = self._kept(_FORMATS_SETTING, ("csv",))
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        boxes = {}
        for row, name in enumerate(FORMATS):
            words, meaning = meanings[name]
            box = QCheckBox(words)
            box.setAccessibleDescription(meaning)
            box.setChecked(name in kept)
            box.toggled.connect(self._count)
            said = QLabel(meaning)
            said.setWordWrap(True)
            said.setProperty("soft", True)
            grid.addWidget(box, row, 0)
            grid.addWidget(said, row, 1)
            boxes[name] = box
        grid.setColumnStretch(1, 1)
        self.body.addLayout(grid)
        return boxes

    def _kept(self, name: str, default: tuple[str, ...]) -> tuple[str, ...]:
        kept = self._session.setting(name, list(default))
        return tuple(str(one) for one in kept) if isinstance(kept, list) else default

    @property
    def chosen(self) -> list[Layer]:
        """The layers that are ticked."""
        return self.ticks.chosen

    @property
    def chosen_formats(self) -> list[Format]:
        """The formats that are ticked."""
        return [name for name in FORMATS if self.formats[name].isChecked()]

    def _count(self, *_args: object) -> None:
        layers = counted(len(self.chosen), tr("1 layer"), tr("{count} layers"))
        formats = counted(len(self.chosen_formats), tr("1 format"), tr("{count} formats"))
        self.said.setText(tr("{layers} in {formats}.").format(layers=layers, formats=formats))
        self.where.setEnabled(bool(self.chosen and self.chosen_formats))

    def ask_where(self) -> None:
        """Ask for the folder."""
        dialog = dialog_in_last_folder(self, self._session, tr("Folder for the exported files"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(lambda name: self.write(Path(name)))
        dialog.open()

    def write(self, folder: Path) -> None:
        """Write what is ticked."""
        layers, formats = self.chosen, self.chosen_formats
        left = [layer.name for layer in self.layers if layer not in layers]
        self._session.set_setting(_FORMATS_SETTING, list(formats))
        self._session.set_setting(_WITHOUT_SETTING, left)
        self._session.set_setting("folder", str(folder))
        self.where.setEnabled(False)
        self.said.setText(tr("Writing\u2026"))
        stem, about = self._path.stem, (self._title, self._artist)

        def work() -> list[Path]:
            return export_layers(
                layers, folder, stem, formats, duration_s=self._duration_s, sample_rate_hz=self._rate_hz,
                title=about[0], artist=about[1],
            )  # fmt: skip

        self.ask(work, lambda outcome: self._written(outcome, folder))

    def _written(self, outcome: object, folder: Path) -> None:
        self.where.setEnabled(True)
        if isinstance(outcome, JobError):
            self.said.setText(outcome.message)
            return
        assert isinstance(outcome, list)
        one, many = tr("1 file was written to {place}."), tr("{count} files were written to {place}.")
        words = (one if len(outcome) == 1 else many).format(count=f"{len(outcome):,}", place=folder)
        self.said.setText(words)
        self._document.tell(words)
        self.show_list([file.name for file in outcome])
        self.fit()
