"""What leads to figures and reports: one dialog of each kind, and the report of the current track."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QWidget

from app.session import Session
from app.ui.figures.sources import listed
from app.ui.files import ask_save
from app.ui.strings import tr
from models.errors import JobError


class FigureHands:
    """Opens the dialogs of the window; each kind is open once.

    Parameters
    ----------
    parent : QWidget
        The window.
    session : Session
    """

    def __init__(self, parent: QWidget, session: Session) -> None:
        self._parent = parent
        self._session = session
        self._document = session.document

    def figure(self, *, of_comparison: bool = False) -> QDialog:
        """Open the dialog of figures, with the comparison or with the current track chosen."""
        from app.ui.figures.dialog import FigureDialog  # with what it draws: not before the first figure

        dialog = self._show(FigureDialog)
        dialog.controls.prefer(of_comparison=of_comparison)
        return dialog

    def reports(self) -> QDialog:
        """Open the dialog that writes the reports of all tracks."""
        from app.ui.figures.reports import ReportsDialog

        return self._show(ReportsDialog)

    def _show(self, kind: type[QDialog]) -> QDialog:
        there = next((child for child in self._parent.findChildren(kind) if child.isVisible()), None)
        dialog = there or kind(self._parent, self._session)
        dialog.show()
        dialog.raise_()
        dialog.activateWindow()
        return dialog

    def report(self) -> None:
        """Ask where the report of the current track goes, and write it."""
        document, current = self._document, self._document.current
        if current is None or document.analysis(current) is None:
            document.tell(tr("The report is there once the track has been analysed."))
            return
        name = f"{document.track(current).path.stem}-report.pdf"
        track = listed(self._session, current)
        title = tr("One-page report")
        ask_save(self._parent, self._session, title, name, tr("PDF (*.pdf)"), lambda file: self._write(track, file))

    def _write(self, track: object, file: Path) -> None:
        self._session.set_setting("folder", str(file.parent))
        self._session.printing.report(track, file, self._written)

    def _written(self, outcome: Path | JobError) -> None:
        if isinstance(outcome, JobError):
            self._document.tell(outcome.message, "error")
        else:
            self._document.tell(tr("Saved {file}.").format(file=outcome))

    def close_views(self) -> None:
        """Close the dialogs: the window closes."""
        for dialog in self._parent.findChildren(QDialog):
            if type(dialog).__module__.startswith("app.ui.figures"):
                dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
                dialog.close()
