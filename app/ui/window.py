"""The main window: panels around the Analyse workspace, menus, and everything that a person can do."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QByteArray, QItemSelectionModel, Qt, QTimer, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QGuiApplication,
    QIcon,
    QKeyEvent,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QDialog, QMainWindow, QSplitter, QVBoxLayout, QWidget

from app.paths import resources
from app.session import Session
from app.ui.about import About
from app.ui.analysis.panel import ResultPanel
from app.ui.analysis.workspace import Workspace
from app.ui.appearance import AppearanceActions
from app.ui.buttons import rule
from app.ui.drop import DropSheet, dropped_paths
from app.ui.files import ask_files, ask_folder, ask_place, demo_files
from app.ui.keys import KeySheet, keys, make_actions
from app.ui.model_switch import ModelSwitch
from app.ui.player import Player
from app.ui.saving import Saving
from app.ui.strings import tr
from app.ui.topbar import TopBar
from app.ui.track_panel import TrackPanel
from app.ui.transport import Transport


class Window(QMainWindow):
    """The program's window over one session; closing it closes the session.

    Parameters
    ----------
    session : Session
        Not started yet or started; the window observes its document.
    sound : bool
        Whether playback may use the system's audio.
    """

    painted = Signal()  # once, after the first paint

    def __init__(self, session: Session, *, sound: bool = True) -> None:
        super().__init__()
        self.session = session
        self.document = session.document
        self._first_paint = True
        self.setWindowTitle("Affekt")
        self.setWindowIcon(QIcon(str(resources() / "icons" / "affekt.svg")))
        self.setAcceptDrops(True)
        self.setMinimumWidth(820)  # the height is what the lanes need
        self.player = Player(self, sound=sound)
        self.topbar = TopBar()
        self.tracks = TrackPanel(session)
        self.panel = ResultPanel(session)
        self.workspace = Workspace(session, self.player, self.panel)
        self.transport = Transport(self.player)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(1)
        for part, stretch in ((self.tracks, 0), (self.workspace, 1), (self.panel, 0)):
            self.splitter.addWidget(part)
            self.splitter.setStretchFactor(self.splitter.indexOf(part), stretch)
        self.splitter.setSizes([216, 784, 280])
        body = QWidget()
        layout = QVBoxLayout(body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for part in (self.topbar, rule()):
            layout.addWidget(part)
        layout.addWidget(self.splitter, 1)
        layout.addWidget(rule())
        layout.addWidget(self.transport)
        self.setCentralWidget(body)
        self.drop_sheet = DropSheet(self)
        self.saving = Saving(self, session, self.splitter.grab, self.topbar.show_notice)
        self.models = ModelSwitch(self, session, self.topbar.model)
        self.actions_by_name = make_actions(self, self._handlers())
        self.appearance = AppearanceActions(self, session, self.actions_by_name)
        self._make_menus()
        self._connect()
        self._restore()
        self.resize_default()
        self.tracks.list.setFocus()

    # Putting it together

    def _handlers(self) -> dict:
        player, workspace, axis = self.player, self.workspace, self.workspace.axis
        return {
            "open_files": self.open_files,
            "open_folder": self.open_folder,
            "open_demo": self.open_demo,
            "save_analysis": self.saving.save_analysis,
            "save_view": self.saving.save_view,
            "copy_view": self.saving.copy_view,
            "quit": self.close,
            "undo": self.undo,
            "redo": self.redo,
            "remove": self.tracks.remove_selected,
            "clear_list": self.session.clear_list,
            "search": lambda: (self.fold(self.tracks, True), self.tracks.search.setFocus()),
            "mark": lambda: self.session.add_mark(player.position_s),
            "name_mark": self.name_mark,
            "remove_mark": self.remove_mark,
            "analyse_again": lambda: self.session.analyse_again(self.tracks.selected_ids()),
            "analyse_waiting": self.session.analyse_waiting,
            "cancel_all": self.session.cancel_all,
            "play": player.toggle,
            "play_selection": self.play_selection,
            "loop": lambda: player.set_loop(not player.loop),
            "clear_selection": lambda: self.session.set_selection(None),
            "next_climax": lambda: workspace.step_climax(1),
            "previous_climax": lambda: workspace.step_climax(-1),
            "next_track": lambda: self.step_track(1),
            "previous_track": lambda: self.step_track(-1),
            "faster": lambda: player.step_speed(1),
            "slower": lambda: player.step_speed(-1),
            "mute": self.transport.toggle_mute,
            "zoom_in": lambda: axis.zoom(1.5),
            "zoom_out": lambda: axis.zoom(1 / 1.5),
            "zoom_all": lambda: axis.set_range(0.0, axis.duration_s),
            "zoom_selection": self.zoom_selection,
            "fold_left": lambda: self.fold(self.tracks, self.tracks.isHidden()),
            "fold_right": lambda: self.fold(self.panel, self.panel.isHidden()),
            "bands": lambda: self.show_bands(self.actions_by_name["bands"].isChecked()),
            "gems_by_share": lambda: self.panel.sort.setChecked(self.actions_by_name["gems_by_share"].isChecked()),
            "system_colours": lambda: self.appearance.use("system"),
            "light_colours": lambda: self.appearance.use("light"),
            "dark_colours": lambda: self.appearance.use("dark"),
            "choose_model": self.models.choose,
            "previous_model": self.models.go_back,
            "about_model": self.models.about,
            "keys": lambda: self._open_dialog(KeySheet(self)),
            "about": lambda: self._open_dialog(About(self, self.document.model)),
        }

    def _make_menus(self) -> None:
        bar = self.menuBar()
        menus = {
            "file": bar.addMenu(tr("&File")),
            "edit": bar.addMenu(tr("&Edit")),
            "play": bar.addMenu(tr("&Play")),
            "view": bar.addMenu(tr("&View")),
            "model": bar.addMenu(tr("&Model")),
            "help": bar.addMenu(tr("&Help")),
        }
        for key in keys():
            if key.name == "-":
                menus[key.menu].addSeparator()
            else:
                menus[key.menu].addAction(self.actions_by_name[key.name])
        for name in ("fold_left", "fold_right", "loop", "bands", "gems_by_share"):
            self.actions_by_name[name].setCheckable(True)
        self.actions_by_name["gems_by_share"].setChecked(self.panel.sort.isChecked())
        self.panel.sort.toggled.connect(self.actions_by_name["gems_by_share"].setChecked)
        self.actions_by_name["mark"].setAutoRepeat(False)  # a key that is held sets one mark
        self._enable()

    def _connect(self) -> None:
        document = self.document
        self.topbar.open.clicked.connect(self.open_files)
        self.topbar.model.clicked.connect(self.models.choose)
        self.topbar.left.clicked.connect(lambda on: self.fold(self.tracks, on))
        self.topbar.right.clicked.connect(lambda on: self.fold(self.panel, on))
        self.workspace.open_files_asked.connect(self.open_files)
        self.workspace.open_demo_asked.connect(self.open_demo)
        for part in (self.workspace, self.tracks):
            part.find_asked.connect(lambda track_id: ask_place(self, self.session, track_id))
        self.tracks.play_asked.connect(self.player.play)
        self.transport.cancel_asked.connect(self.session.cancel_all)
        self.player.trouble.connect(lambda text: self.topbar.show_notice(text, "warning"))
        self.player.loop_changed.connect(self.actions_by_name["loop"].setChecked)
        self.player.volume_changed.connect(lambda value: self.session.set_setting("volume", value))
        document.queue_changed.connect(self._queue_changed)
        document.model_changed.connect(self.topbar.show_model)
        document.notice.connect(self.topbar.show_notice)
        for signal in self._enabling():
            signal.connect(self._enable)
        self.topbar.show_model(document.model)
        self.transport.show_queue(document.queue)

    def _disconnect(self) -> None:
        document = self.document
        document.queue_changed.disconnect(self._queue_changed)
        document.model_changed.disconnect(self.topbar.show_model)
        document.notice.disconnect(self.topbar.show_notice)
        for signal in self._enabling():
            signal.disconnect(self._enable)

    def _enabling(self) -> tuple:
        """Return the signals after which other actions may be possible."""
        document = self.document
        return (
            document.undo_changed, document.current_changed, document.selection_changed, document.analysis_changed,
            document.overview_changed, document.marks_changed, document.tracks_inserted, document.tracks_removed,
            document.tracks_reset,
        )  # fmt: skip

    def resize_default(self) -> None:
        """Take a size that fits the screen, unless one is remembered."""
        if not self.session.setting("window.geometry"):
            room = QGuiApplication.primaryScreen().availableSize()
            self.resize(min(1280, room.width()), min(800, room.height()))

    def _restore(self) -> None:
        setting = self.session.setting
        geometry, splitter = setting("window.geometry"), setting("window.splitter")
        if geometry:
            self.restoreGeometry(QByteArray.fromBase64(str(geometry).encode()))
        if splitter:
            self.splitter.restoreState(QByteArray.fromBase64(str(splitter).encode()))
            self.splitter.setHandleWidth(1)
        self.player.set_volume(float(setting("volume", 0.8)))
        self.fold(self.tracks, bool(setting("window.tracks", True)))
        self.fold(self.panel, bool(setting("window.results", True)))
        self.show_bands(bool(setting("window.bands", True)))

    def _remember(self) -> None:
        keep = self.session.set_setting
        keep("window.geometry", bytes(self.saveGeometry().toBase64().data()).decode())
        keep("window.splitter", bytes(self.splitter.saveState().toBase64().data()).decode())

    # What a person does

    def open_paths(self, paths: Iterable[Path]) -> None:
        """Open files and folders."""
        self.session.open_paths(list(paths))

    def open_files(self) -> None:
        """Ask for files and open them."""
        ask_files(self, self.session, self.open_paths)

    def open_folder(self) -> None:
        """Ask for a folder and open all music in it."""
        ask_folder(self, self.session, self.open_paths)

    def open_demo(self) -> None:
        """Open the bundled pieces."""
        self.open_paths(demo_files())

    def undo(self) -> None:
        """Undo, and say what was undone."""
        text = self.session.undo()
        if text:
            self.topbar.show_notice(tr("Undone: {action}").format(action=text))

    def redo(self) -> None:
        """Do again, and say what."""
        text = self.session.redo()
        if text:
            self.topbar.show_notice(tr("Done again: {action}").format(action=text))

    def remove_mark(self) -> None:
        """Remove the mark nearest to the playhead; with none near, say so."""
        if self.workspace.remove_mark() is None:
            self.topbar.show_notice(tr("No mark is near the playhead."))

    def name_mark(self) -> None:
        """Name the mark nearest to the playhead; with none near, say so."""
        if not self.workspace.name_mark():
            self.topbar.show_notice(tr("No mark is near the playhead."))

    def play_selection(self) -> None:
        """Play the selected region; without one, say how to make one."""
        if self.document.selection is None:
            self.topbar.show_notice(tr("Nothing is selected: drag in the time ruler, or Ctrl-drag in a lane."))
        else:
            self.player.play_region(*self.document.selection)

    def zoom_selection(self) -> None:
        """Show the selected region only."""
        if self.document.selection is not None:
            start_s, end_s = self.document.selection
            self.workspace.axis.set_range(start_s, end_s - start_s)

    def step_track(self, step: int) -> None:
        """Show the next or previous row of the list."""
        model = self.tracks.shown
        row = self.tracks.list.currentIndex().row() + step
        if 0 <= row < model.rowCount():
            # With Ctrl held, as its key has it, the list's own way of going there would add to the selection.
            flags = QItemSelectionModel.SelectionFlag.ClearAndSelect
            self.tracks.list.selectionModel().setCurrentIndex(model.index(row, 0), flags)

    def fold(self, panel: QWidget, shown: bool) -> None:
        """Show or fold away a panel, and remember it."""
        panel.setVisible(shown)
        left = panel is self.tracks
        (self.topbar.left if left else self.topbar.right).setChecked(shown)
        self.actions_by_name["fold_left" if left else "fold_right"].setChecked(shown)
        name = "window.tracks" if left else "window.results"
        if bool(self.session.setting(name, True)) != shown:
            self.session.set_setting(name, shown)

    def show_bands(self, wanted: bool) -> None:
        """Draw the bands of valence and arousal, or do not, and remember it."""
        self.workspace.timeline.show_bands(wanted)
        self.actions_by_name["bands"].setChecked(wanted)
        if bool(self.session.setting("window.bands", True)) != wanted:
            self.session.set_setting("window.bands", wanted)

    def _open_dialog(self, dialog: QDialog) -> None:
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.show()

    # What the document says

    def _queue_changed(self, queue: object) -> None:
        self.transport.show_queue(queue)
        self.actions_by_name["cancel_all"].setEnabled(queue.done < queue.total)

    def _enable(self, *_args: object) -> None:
        actions, stack, document = self.actions_by_name, self.session.commands, self.document
        current = document.current
        opened = current is not None and self.workspace.axis.duration_s > 0
        analysed = current is not None and document.analysis(current) is not None
        actions["undo"].setEnabled(stack.can_undo)
        actions["redo"].setEnabled(stack.can_redo)
        actions["undo"].setText(f"{tr('Undo')}: {stack.undo_text}" if stack.undo_text else tr("Undo"))
        actions["redo"].setText(f"{tr('Redo')}: {stack.redo_text}" if stack.redo_text else tr("Redo"))
        for name in ("save_analysis", "next_climax", "previous_climax"):
            actions[name].setEnabled(analysed)
        for name in ("remove", "clear_list", "analyse_waiting", "analyse_again"):
            actions[name].setEnabled(bool(document.order))
        for name in ("zoom_selection", "clear_selection"):
            actions[name].setEnabled(document.selection is not None)
        actions["cancel_all"].setEnabled(document.queue.done < document.queue.total)
        actions["mark"].setEnabled(opened)
        for name in ("name_mark", "remove_mark"):
            actions[name].setEnabled(current is not None and bool(document.marks(current)))
        self.transport.set_enabled(opened)
        title = document.track(current).title if current is not None and current in document else ""
        self.setWindowTitle(f"{title} \u2013 Affekt" if title else "Affekt")

    # Window events

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Give keys that no focused control wants to the time axis."""
        if not self.workspace.handle_key(event):
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept files and folders anywhere."""
        if dropped_paths(event.mimeData()):
            event.acceptProposedAction()
            self.drop_sheet.cover()

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:
        """Uncover the window."""
        self.drop_sheet.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        self.drop_sheet.hide()
        paths = dropped_paths(event.mimeData())
        if paths:
            event.acceptProposedAction()
            self.open_paths(paths)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the drop sheet over everything."""
        super().resizeEvent(event)
        if self.drop_sheet.isVisible():
            self.drop_sheet.cover()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Say, once, that the first paint is done."""
        super().paintEvent(event)
        if self._first_paint:
            self._first_paint = False
            QTimer.singleShot(0, self, self.painted.emit)

    def closeEvent(self, event: QCloseEvent) -> None:
        """End playback, views and the session, in this order."""
        self._remember()
        self.topbar.clear_notice()
        self.player.close()
        self._disconnect()
        self.workspace.close_views()
        self.tracks.close_views()
        self.session.close()
        super().closeEvent(event)
