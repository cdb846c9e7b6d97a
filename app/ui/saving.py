"""What a person takes out of the window: a track's analysis as a file, the view as a picture."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtGui import QGuiApplication, QPixmap
from PySide6.QtWidgets import QWidget

from app.session import Session
from app.ui.files import ask_save, save_analysis
from app.ui.strings import tr


class Saving:
    """Asks where to, writes, and says how it went.

    Parameters
    ----------
    parent : QWidget
        Of the dialogs.
    session : Session
        Its current track is saved.
    picture : callable
        Draws what is seen.
    tell : callable
        Says a sentence, with a level.
    """

    def __init__(
        self,
        parent: QWidget,
        session: Session,
        picture: Callable[[], QPixmap],
        tell: Callable[[str, str], object],
    ) -> None:
        self._parent = parent
        self._session = session
        self._document = session.document
        self._picture = picture
        self._tell = tell

    def save_analysis(self) -> None:
        """Save what the model and the person said of the current track as JSON."""
        track_id = self._document.current
        if track_id is None or self._document.analysis(track_id) is None:
            return
        track = self._document.track(track_id)
        suggestion = track.path.with_suffix(".affekt.json").name
        ask_save(
            self._parent, self._session, tr("Save analysis"), suggestion, tr("JSON (*.json)"),
            lambda path: self._saved(save_analysis(path, self._document, track_id), path),
        )  # fmt: skip

    def save_view(self) -> None:
        """Save what is seen as a picture."""
        track_id = self._document.current
        name = self._document.track(track_id).path.stem if track_id is not None else "affekt"
        picture = self._picture()
        ask_save(
            self._parent, self._session, tr("Save view"), f"{name}.png", tr("PNG (*.png)"),
            lambda path: self._saved("" if picture.save(str(path), "PNG") else tr("it could not be written"), path),
        )  # fmt: skip

    def copy_view(self) -> None:
        """Copy what is seen as a picture."""
        QGuiApplication.clipboard().setPixmap(self._picture())
        self._tell(tr("The view was copied as a picture."), "info")

    def _saved(self, problem: str, path: Path) -> None:
        if problem:
            text = tr("{file} was not saved: {problem}.").format(file=path.name, problem=problem.rstrip("."))
            self._tell(text, "error")
        else:
            self._tell(tr("Saved {file}.").format(file=path), "info")
