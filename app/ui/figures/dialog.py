"""A figure for print: chosen, seen as it will be, saved or copied. It lies beside the window, which stays usable."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QCloseEvent, QGuiApplication, QImage, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QMessageBox,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.jobs.printing import Picture
from app.session import Session
from app.ui.elided import ElidedLabel
from app.ui.figures.controls import FILES, Controls
from app.ui.figures.preview import Preview, size_text
from app.ui.figures.sources import compared_of, recording_of
from app.ui.files import ask_save
from app.ui.strings import tr
from app.ui.theme import TITLE_PX, font
from models.errors import JobError
from models.figures.climax import region_around
from models.figures.lanes import LANES
from models.figures.order import Order
from models.figures.preset import TWO_COLUMNS
from models.figures.recording import View, view_of

_SETTING = "figures.choices"
#: Choices that follow each other within this time are drawn once.
_PAUSE_MS = 80
_PANEL_PX = 340


class FigureDialog(QDialog):
    """Follows the current track; a preview is always of the newest choice.

    Parameters
    ----------
    parent : QWidget
        The window.
    session : Session
        Whose current track and comparison are drawn.
    """

    def __init__(self, parent: QWidget, session: Session) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Figure"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(940, 680)
        self._session = session
        self._document = session.document
        self._printing = session.printing
        self._open = True
        self._drawing = False
        self._stale = False
        kept = session.setting(_SETTING, {})
        self.controls = Controls(kept if isinstance(kept, dict) else {})
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(self._draw)
        self._make_parts()
        self._lay_out()
        self._connect()
        self.refresh()
        self.controls.what.setFocus()

    # Putting it together

    def _make_parts(self) -> None:
        self.heading = ElidedLabel()
        self.heading.setFont(font(TITLE_PX, strong=True))
        self.preview = Preview()
        self.measured = QLabel()
        self.measured.setProperty("soft", True)
        self.measured.setAccessibleName(tr("Size in print"))
        self.said = QLabel()
        self.said.setTextFormat(Qt.TextFormat.PlainText)
        self.said.setWordWrap(True)
        self.said.setAccessibleName(tr("What was done"))
        self.save = QPushButton(tr("Save\u2026"))
        self.save.setDefault(True)
        self.copy = QPushButton(tr("Copy picture"))
        self.copy_legend = QPushButton(tr("Copy legend"))
        self.copy_legend.setToolTip(tr("What a journal sets below the figure: panels, units, model, day, lag."))
        self.close_button = QPushButton(tr("Close"))
        for button in (self.copy, self.copy_legend, self.close_button):
            button.setAutoDefault(False)

    def _lay_out(self) -> None:
        left = QVBoxLayout()
        left.setSpacing(6)
        row = QHBoxLayout()
        row.addWidget(self.heading, 1)
        row.addWidget(self.measured)
        left.addLayout(row)
        left.addWidget(self.preview, 1)
        scroll = QScrollArea()
        scroll.setWidget(self.controls)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        right = QVBoxLayout()
        right.setSpacing(8)
        right.setContentsMargins(0, 0, 0, 0)
        right.addWidget(scroll, 1)
        right.addWidget(self.said)
        for pair in ((self.copy, self.copy_legend), (self.save, self.close_button)):
            buttons = QHBoxLayout()
            for button in pair:
                buttons.addWidget(button)
            right.addLayout(buttons)
        panel = QWidget()
        panel.setLayout(right)
        panel.setFixedWidth(_PANEL_PX)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 10)
        layout.setSpacing(14)
        layout.addLayout(left, 1)
        layout.addWidget(panel)

    def _signals(self) -> tuple[Any, ...]:
        document = self._document
        return (
            document.current_changed, document.analysis_changed, document.overview_changed, document.marks_changed,
            document.moments_changed, document.structure_changed, document.selection_changed, document.track_changed,
            self._session.explainer.changed, self._session.comparer.changed,
        )  # fmt: skip

    def _connect(self) -> None:
        for signal in self._signals():
            signal.connect(self._news)
        self.controls.changed.connect(self._choice)
        self.preview.resized.connect(self._pause.start)
        self.save.clicked.connect(self.ask_where)
        self.copy.clicked.connect(self.copy_picture)
        self.copy_legend.clicked.connect(self.copy_caption)
        self.close_button.clicked.connect(self.close)
        for keys, do in (("Ctrl+S", self.ask_where), ("Ctrl+Shift+C", self.copy_picture)):
            QShortcut(QKeySequence(keys), self, activated=do)

    def _disconnect(self) -> None:
        if self._open:
            self._open = False
            self._pause.stop()
            for signal in self._signals():
                signal.disconnect(self._news)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Observe nothing any more."""
        self._disconnect()
        super().closeEvent(event)

    def done(self, result: int) -> None:
        """Observe nothing any more."""
        self._disconnect()
        super().done(result)

    # What is drawn

    def _news(self, *_args: object) -> None:
        self.refresh()

    def refresh(self) -> None:
        """Take what is known of the current track now, and draw it."""
        self.recording = recording_of(self._session)
        self.compared, self.axis = compared_of(self._session)
        recording = self.recording
        view = view_of(recording, TWO_COLUMNS, None, 0.0) if recording is not None else None
        self.controls.offer(
            recording.shown_climaxes if recording is not None else (),
            self._document.selection,
            explained=recording is not None and recording.explanation is not None,
            compared=len(self.compared) > 1,
            missing=lambda name: _missing(name, view),
        )
        current = self._document.current
        self.heading.setText(self._document.track(current).title if current is not None else "")
        self._pause.start()

    def _choice(self) -> None:
        self.said.setText("")
        self._session.set_setting(_SETTING, self.controls.kept())
        self._pause.start()

    def order(self) -> Order:
        """Return what is chosen."""
        recording = self.recording
        regions = {}
        if recording is not None:
            duration_s = recording.overview.duration_s
            shown = enumerate(recording.shown_climaxes, 1)
            regions = {number: region_around(climax, duration_s) for number, climax in shown}
        return self.controls.order(regions, self.axis)

    def _draw(self) -> None:
        """Draw what is chosen, or, while something is drawn, once that is done: the newest wins."""
        if self._drawing:
            self._stale = True
            return
        order = self.order()
        drawable = len(self.compared) > 1 if order.what == "comparison" else self.recording is not None
        for button in (self.save, self.copy, self.copy_legend):
            button.setEnabled(drawable)
        if not drawable:
            self.measured.setText("")
            self.preview.show_trouble(tr("Shown once the track has been analysed."))
            return
        self._drawing, self._stale = True, False
        self.preview.set_busy(True)
        self._printing.preview(order, self.recording, self.compared, self.preview.wanted_px, self._drawn)

    def _drawn(self, outcome: Picture | JobError) -> None:
        self._drawing = False
        if not self._open:
            return
        if self._stale:
            self._draw()
            return
        self.preview.set_busy(False)
        if isinstance(outcome, JobError):
            self.measured.setText("")
            self.preview.show_trouble(outcome.message)
            for button in (self.save, self.copy, self.copy_legend):
                button.setEnabled(False)
        else:
            self.preview.show_picture(outcome)
            self.measured.setText(size_text(outcome.size_mm))
            if self.preview.is_coarse:  # of other proportions than the one before: it has more room than was thought
                self._draw()

    # What a person does

    def ask_where(self) -> None:
        """Ask for a name; each ticked format becomes a file of it."""
        endings = self.controls.endings
        if not endings:
            self.said.setText(tr("Tick a format to save as."))
            return
        if not self.save.isEnabled():
            return
        kinds = {"pdf": "PDF (*.pdf)", "svg": "SVG (*.svg)", "png": "PNG (*.png)", "txt": tr("Text (*.txt)")}
        name = f"{self._stem()}.{endings[0]}"
        ask_save(self, self._session, tr("Save figure"), name, kinds[endings[0]], self._ask_over)

    def _stem(self) -> str:
        current = self._document.current
        order = self.order()
        if order.what == "comparison" or current is None:
            return "comparison"
        number = f"-{order.climax}" if order.what == "climax" else ""
        return f"{self._document.track(current).path.stem}-{order.what}{number}"

    def _ask_over(self, chosen: Path) -> None:
        """Write beside the chosen name; what is there already, and was not asked about, is asked about."""
        stem = chosen.with_suffix("") if chosen.suffix.lstrip(".").lower() in FILES else chosen
        files = [stem.with_name(f"{stem.name}.{ending}") for ending in self.controls.endings]
        there = [file.name for file in files[1:] if file.exists()]
        if not there:
            self.write(files)
            return
        question = QMessageBox(self)
        question.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        question.setIcon(QMessageBox.Icon.Question)
        question.setText(tr("There already: {files}. Write over?").format(files=", ".join(there)))
        over = question.addButton(tr("Write over"), QMessageBox.ButtonRole.AcceptRole)
        question.addButton(QMessageBox.StandardButton.Cancel)
        over.clicked.connect(lambda: self.write(files))
        question.open()

    def write(self, files: list[Path]) -> None:
        """Write the figure into these files."""
        self.said.setText(tr("Writing\u2026"))
        self._session.set_setting("folder", str(files[0].parent))
        self._printing.save(self.order(), self.recording, self.compared, files, self._written)

    def _written(self, outcome: list[Path] | JobError) -> None:
        if isinstance(outcome, JobError):
            words = outcome.message
        else:
            names = ", ".join(file.name for file in outcome)
            words = tr("Saved {files} in {folder}.").format(files=names, folder=outcome[0].parent)
            self._document.tell(words)
        if self._open:
            self.said.setText(words)
        elif isinstance(outcome, JobError):
            self._document.tell(words, "error")

    def copy_picture(self) -> None:
        """Put the figure on the clipboard as a picture, as fine as in print."""
        if self.copy.isEnabled():
            self.said.setText(tr("Copying\u2026"))
            self._printing.picture(self.order(), self.recording, self.compared, self._copied)

    def _copied(self, outcome: Picture | JobError) -> None:
        if isinstance(outcome, JobError):
            words = outcome.message
        else:
            QGuiApplication.clipboard().setImage(QImage.fromData(outcome.png))
            words = tr("The picture is on the clipboard.")
        if self._open:
            self.said.setText(words)

    def copy_caption(self) -> None:
        """Put the legend on the clipboard."""
        if self.preview.picture is not None:
            QGuiApplication.clipboard().setText(self.preview.picture.caption)
            self.said.setText(tr("The legend is on the clipboard."))


def _missing(name: str, view: View | None) -> str:
    return LANES[name].missing(view) if view is not None else tr("there is no analysis yet")
