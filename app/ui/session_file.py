"""The session file in the window: saving, opening and recent ones; what is shown goes to it and comes from it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QMenu

from app.sessions.content import SUFFIX, View
from app.ui.files import ask_save, ask_session
from app.ui.strings import tr

if TYPE_CHECKING:
    from app.ui.window import Window

#: A change is in the file after so long, or twice that where one is being written (ms).
TICK_MS = 2000


def session_files(paths: list[Path]) -> list[Path]:
    """Return those of some files that are called like sessions."""
    return [path for path in paths if path.suffix.lower() == SUFFIX]


class SessionFile(QObject):
    """Tells the keeper every few seconds what the window shows, and shows what the keeper wants.

    Parameters
    ----------
    window : Window
        Its session, workspaces and player are kept.
    """

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self._keeper = window.session.keeper
        self._document = window.document
        #: What is to be shown of a track once its length is known.
        self._waiting: tuple[int, View] | None = None
        self.recent = QMenu(tr("Recent sessions"), window)
        self.recent.aboutToShow.connect(self._fill_recent)
        self._keeper.view_wanted.connect(self._show)
        self._document.overview_changed.connect(self._overview_changed)
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self.tick)
        self._timer.start()

    def close_views(self) -> None:
        """Tell once more what is shown, and observe nothing any longer."""
        self._timer.stop()
        self.tick()
        self._keeper.view_wanted.disconnect(self._show)
        self._document.overview_changed.disconnect(self._overview_changed)

    # What a person does

    def save(self) -> None:
        """Save the session, or ask what it shall be called."""
        self.tick()
        if not self._keeper.save():
            self.save_as()

    def save_as(self) -> None:
        """Ask what the session shall be called, and keep it under that name from then on."""
        self.tick()
        current = self._document.current
        of_track = self._document.track(current).title if current is not None else ""
        name = self._keeper.name or "".join(" " if c in '\\/:*?"<>|' else c for c in of_track).strip() or tr("session")
        kind = f"{tr('Sessions')} (*{SUFFIX})"
        ask_save(self._window, self._window.session, tr("Save session"), f"{name}{SUFFIX}", kind, self._keeper.save_as)

    def ask_open(self) -> None:
        """Ask for a session and open it."""
        ask_session(self._window, self._window.session, self.open)

    def open(self, file: Path) -> None:
        """Open a session."""
        self.tick()
        self._keeper.open(file)

    def let_go(self) -> None:
        """Close the session; what is on the list stays there."""
        if self._keeper.file is not None:
            name = self._keeper.name
            self.tick()
            self._keeper.let_go()
            self._document.tell(tr("Closed the session “{name}”. The list stays as it is.").format(name=name))

    def _fill_recent(self) -> None:
        self.recent.clear()
        recent = [file for file in self._keeper.recent if file != self._keeper.file]
        for file in recent:
            action = self.recent.addAction(file.stem)
            action.setToolTip(str(file))
            action.triggered.connect(lambda _checked=False, file=file: self.open(file))
        self.recent.setToolTipsVisible(True)
        if not recent:
            self.recent.addAction(tr("None yet")).setEnabled(False)

    # What is shown

    @property
    def title(self) -> str:
        """What the title bar says of the session; empty without one."""
        if not self._keeper.file:
            return ""
        return tr("{name} (not saved)").format(name=self._keeper.name) if self._keeper.trouble else self._keeper.name

    def tick(self) -> None:
        """Tell what is shown."""
        self._keeper.tick(self.view())

    def view(self) -> View:
        """Return what is shown."""
        workspaces, axis = self._window.workspaces, self._window.workspace.axis
        range_s = (round(axis.start_s, 3), round(axis.end_s, 3)) if axis.duration_s > 0 else None
        kept = {name: page.kept() for name, page in workspaces.pages.items()}
        return View(
            workspaces.shown,
            range_s,
            round(self._window.player.position_s, 3),
            {name: one for name, one in kept.items() if one},
        )

    def _show(self, view: View) -> None:
        workspaces = self._window.workspaces
        names = [entry.name for entry in workspaces.entries]
        for name, kept in view.pages.items():
            if name in names:
                workspaces.get(name).show_kept(kept)
        if view.workspace in names:
            workspaces.show(view.workspace)
        current = self._document.current
        self._waiting = None if current is None else (current, view)
        if self._window.workspace.axis.duration_s > 0:
            self._show_place()

    def _overview_changed(self, track_id: int) -> None:
        if self._waiting is not None and track_id == self._waiting[0]:
            self._show_place()

    def _show_place(self) -> None:
        """Go to where the view was in the track that it is of."""
        waiting, self._waiting = self._waiting, None
        if waiting is None or waiting[0] != self._document.current:
            return
        view = waiting[1]
        if view.range_s is not None:
            self._window.workspace.axis.set_range(view.range_s[0], view.range_s[1] - view.range_s[0])
        self._window.player.seek(view.playhead_s)
