"""The main window: the workspaces with the bars around them, menus, and what a person can do in all of them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QByteArray, Qt, QTimer, Signal
from PySide6.QtGui import (
    QActionGroup,
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
from PySide6.QtWidgets import QDialog, QMainWindow, QVBoxLayout, QWidget

from app.paths import resources
from app.session import Session
from app.ui.about import About
from app.ui.appearance import AppearanceActions
from app.ui.buttons import rule
from app.ui.drop import DropSheet, dropped_paths, model_files
from app.ui.figures.hands import FigureHands
from app.ui.files import ask_files, ask_folder, ask_place, demo_files
from app.ui.key_sheet import KeySheet
from app.ui.keys import keys, make_actions
from app.ui.model_switch import ModelSwitch
from app.ui.player import Player
from app.ui.saving import Saving
from app.ui.session_file import SessionFile, session_files
from app.ui.strings import tr
from app.ui.topbar import TopBar
from app.ui.training.closing import may_close
from app.ui.training.indicator import TrainingIndicator
from app.ui.transport import Transport
from app.ui.workspaces import Workspaces


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
        self.transport = Transport(self.player)
        self.training = TrainingIndicator(session.training)
        self.topbar.add_before_model(self.training)
        self.workspaces = Workspaces(self)
        self.analyse = self.workspaces.get("analyse")
        self.tracks, self.workspace, self.panel = self.analyse.tracks, self.analyse.workspace, self.analyse.panel
        body = QWidget()
        layout = QVBoxLayout(body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for part in (self.topbar, rule()):
            layout.addWidget(part)
        layout.addWidget(self.workspaces.stack, 1)
        layout.addWidget(rule())
        layout.addWidget(self.transport)
        self.setCentralWidget(body)
        self.drop_sheet = DropSheet(self)
        self.saving = Saving(self, session, self.workspaces.stack.grab, self.topbar.show_notice)
        self.figures = FigureHands(self, session)
        self.models = ModelSwitch(self, session, self.topbar.model, self.player, lambda: self.show_workspace("train"))
        self.session_file = SessionFile(self)
        self.keys = [*keys(), *self.workspaces.keys()]
        self.actions_by_name = make_actions(self, self.keys, self._handlers(), self.workspaces.run)
        self.appearance = AppearanceActions(self, session, self.actions_by_name)
        self._make_menus()
        self._connect()
        self._restore()
        self.resize_default()
        self.workspaces.page.take_focus()

    # Putting it together

    def _handlers(self) -> dict:
        player = self.player
        return {
            "open_files": self.open_files,
            "open_folder": self.open_folder,
            "open_demo": self.open_demo,
            "open_session": self.session_file.ask_open,
            "save_session": self.session_file.save,
            "save_session_as": self.session_file.save_as,
            "close_session": self.session_file.let_go,
            "save_analysis": self.saving.save_analysis,
            "save_view": self.saving.save_view,
            "copy_view": self.saving.copy_view,
            "figure": lambda: self.figures.figure(of_comparison=self.workspaces.shown == "compare"),
            "report": self.figures.report,
            "reports": self.figures.reports,
            "quit": self.close,
            "undo": self.undo,
            "redo": self.redo,
            "analyse_waiting": self.session.analyse_waiting,
            "cancel_all": self.session.cancel_all,
            "play": self.toggle_play,
            "faster": lambda: player.step_speed(1),
            "slower": lambda: player.step_speed(-1),
            "mute": self.transport.toggle_mute,
            "system_colours": lambda: self.appearance.use("system"),
            "light_colours": lambda: self.appearance.use("light"),
            "dark_colours": lambda: self.appearance.use("dark"),
            "choose_model": self.models.choose,
            "previous_model": self.models.go_back,
            "manage_models": self.models.manage,
            "compare_models": self.models.compare,
            "about_model": self.models.about,
            "keys": self.show_keys,
            "about": lambda: self._open_dialog(About(self, self.document.model)),
            **{
                f"workspace_{entry.name}": partial(self.show_workspace, entry.name) for entry in self.workspaces.entries
            },
        }

    def _make_menus(self) -> None:
        bar = self.menuBar()
        menus = {
            "file": bar.addMenu(tr("&File")),
            "edit": bar.addMenu(tr("&Edit")),
            "play": bar.addMenu(tr("&Play")),
            "view": bar.addMenu(tr("&View")),
            # A workspace's own menu is there while it is.
            **{entry.name: bar.addMenu(entry.title) for entry in self.workspaces.entries if entry.has_menu},
            "model": bar.addMenu(tr("&Model")),
            "help": bar.addMenu(tr("&Help")),
        }
        self._own_menus = {entry.name: menus[entry.name] for entry in self.workspaces.entries if entry.has_menu}
        for key in self.keys:
            if key.name == "-":
                menus[key.menu].addSeparator()
            elif key.menu:
                menus[key.menu].addAction(self.actions_by_name[key.name])
        menus["file"].insertMenu(self.actions_by_name["save_session"], self.session_file.recent)
        tabs = QActionGroup(self)
        for entry in self.workspaces.entries:
            action = self.actions_by_name[f"workspace_{entry.name}"]
            action.setCheckable(True)
            tabs.addAction(action)
            tab = self.topbar.add_tab(entry.name, entry.title, action.shortcut().toString())
            tab.clicked.connect(partial(self.show_workspace, entry.name))
        for name in ("fold_left", "fold_right", "loop", "bands", "gems_by_share"):
            self.actions_by_name[name].setCheckable(True)
        self.actions_by_name["gems_by_share"].setChecked(self.panel.sort.isChecked())
        self.panel.sort.toggled.connect(self.actions_by_name["gems_by_share"].setChecked)
        for key in self.keys:
            if key.once:
                self.actions_by_name[key.name].setAutoRepeat(False)

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
        self.analyse.folded.connect(self._folded)
        self.analyse.bands_shown.connect(self.actions_by_name["bands"].setChecked)
        self.transport.play_asked.connect(self.toggle_play)
        self.workspaces.changed.connect(self._workspace_changed)
        self.training.clicked.connect(lambda: self.show_workspace("train"))
        self.workspaces.possible_changed.connect(self._enable)
        self.transport.cancel_asked.connect(self.session.cancel_all)
        self.player.trouble.connect(lambda text: self.topbar.show_notice(text, "warning"))
        self.player.loop_changed.connect(self.actions_by_name["loop"].setChecked)
        self.player.volume_changed.connect(lambda value: self.session.set_setting("volume", value))
        document.queue_changed.connect(self._queue_changed)
        document.model_changed.connect(self.topbar.show_model)
        document.notice.connect(self.topbar.show_notice)
        document.undo_changed.connect(self.topbar.outdate_notice)
        self.session.keeper.changed.connect(self._enable)
        for signal in self._enabling():
            signal.connect(self._enable)
        self.topbar.show_model(document.model)
        self.transport.show_queue(document.queue)

    def _disconnect(self) -> None:
        document = self.document
        document.queue_changed.disconnect(self._queue_changed)
        document.model_changed.disconnect(self.topbar.show_model)
        document.notice.disconnect(self.topbar.show_notice)
        document.undo_changed.disconnect(self.topbar.outdate_notice)
        self.session.keeper.changed.disconnect(self._enable)
        for signal in self._enabling():
            signal.disconnect(self._enable)

    def _enabling(self) -> tuple:
        """Return the signals after which other actions may be possible."""
        document = self.document
        return (
            document.undo_changed, document.current_changed, document.analysis_changed, document.overview_changed,
            document.tracks_inserted, document.tracks_removed, document.tracks_reset,
        )  # fmt: skip

    def resize_default(self) -> None:
        """Take a size that fits the screen, unless one is remembered."""
        if not self.session.setting("window.geometry"):
            room = QGuiApplication.primaryScreen().availableSize()
            self.resize(min(1280, room.width()), min(800, room.height()))

    def _restore(self) -> None:
        setting = self.session.setting
        geometry = setting("window.geometry")
        if geometry:
            self.restoreGeometry(QByteArray.fromBase64(str(geometry).encode()))
        self.player.set_volume(float(setting("volume", 0.8)))
        self.analyse.restore()
        self.workspaces.show_kept()

    def _remember(self) -> None:
        self.session.set_setting("window.geometry", bytes(self.saveGeometry().toBase64().data()).decode())
        self.analyse.remember()

    # What a person does

    def open_paths(self, paths: Iterable[Path]) -> None:
        """Open files and folders; of session files the first, and then what else there is."""
        paths = list(paths)
        sessions = session_files(paths)
        if sessions:
            self.session_file.open(sessions[0])
        self.session.open_paths([path for path in paths if path not in sessions])

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
        if text := self.session.undo():
            self.topbar.show_notice(tr("Undone: {action}").format(action=text))

    def redo(self) -> None:
        """Do again, and say what."""
        if text := self.session.redo():
            self.topbar.show_notice(tr("Done again: {action}").format(action=text))

    def toggle_play(self) -> None:
        """Play or rest, or do what Space means in the workspace that is shown."""
        if not self.workspaces.page.toggle_play():
            self.player.toggle()

    def fold(self, panel: QWidget, shown: bool) -> None:
        """Show or fold away a panel of Analyse."""
        self.analyse.fold(panel, shown)

    def show_workspace(self, name: str) -> None:
        """Show another workspace."""
        self.workspaces.show(name)

    def show_keys(self) -> None:
        """Show the keys that work where one is."""
        shown = self.workspaces.shown
        here = next(entry for entry in self.workspaces.entries if entry.name == shown)
        every = [key for key in self.keys if key.where in ("", shown)]
        self._open_dialog(KeySheet(self, every, here.mouse()))

    def _open_dialog(self, dialog: QDialog) -> None:
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.show()

    # What the document says

    def _queue_changed(self, queue: object) -> None:
        self.transport.show_queue(queue)
        self.actions_by_name["cancel_all"].setEnabled(queue.done < queue.total)

    def _workspace_changed(self, name: str) -> None:
        page = self.workspaces.page
        self.training.set_here(name == "train")
        self.topbar.show_workspace(name, folds=page.folds)
        self.actions_by_name[f"workspace_{name}"].setChecked(True)
        for own, menu in self._own_menus.items():
            menu.menuAction().setVisible(own == name)
        self._enable()
        page.take_focus()

    def _folded(self, left: bool, shown: bool) -> None:
        (self.topbar.left if left else self.topbar.right).setChecked(shown)
        self.actions_by_name["fold_left" if left else "fold_right"].setChecked(shown)

    def _enable(self, *_args: object) -> None:
        actions, stack, document = self.actions_by_name, self.session.commands, self.document
        current = document.current
        opened = current is not None and self.workspace.axis.duration_s > 0
        analysed = current is not None and document.analysis(current) is not None
        actions["undo"].setEnabled(stack.can_undo)
        actions["redo"].setEnabled(stack.can_redo)
        actions["undo"].setText(f"{tr('Undo')}: {stack.undo_text}" if stack.undo_text else tr("Undo"))
        actions["redo"].setText(f"{tr('Redo')}: {stack.redo_text}" if stack.redo_text else tr("Redo"))
        for name in ("save_analysis", "report"):
            actions[name].setEnabled(analysed)
        actions["analyse_waiting"].setEnabled(bool(document.order))
        actions["cancel_all"].setEnabled(document.queue.done < document.queue.total)
        for key in self.keys:
            if key.where and key.name != "-":
                actions[key.name].setEnabled(self.workspaces.possible(key))
        self.transport.set_enabled(opened)
        title = document.track(current).title if current is not None and current in document else ""
        actions["close_session"].setEnabled(self.session.keeper.file is not None)
        self.setWindowTitle(" \u2013 ".join(part for part in (title, self.session_file.title, "Affekt") if part))

    # Window events

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Give keys that no focused control wants to the workspace that is shown."""
        if not self.workspaces.page.handle_key(event):
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept files and folders anywhere."""
        if dropped_paths(event.mimeData()):
            event.acceptProposedAction()
            paths = dropped_paths(event.mimeData())
            words = tr("Let go to import the model") if model_files(paths) == paths else ""
            words = tr("Let go to open the session") if session_files(paths) else words
            self.drop_sheet.cover(words or self.workspaces.page.drop_words(paths))

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:
        """Uncover the window."""
        self.drop_sheet.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        self.drop_sheet.hide()
        paths = dropped_paths(event.mimeData())
        if paths:
            event.acceptProposedAction()
            others = self.models.take_drop(paths)
            if session_files(others) or (others and not self.workspaces.page.take_drop(others)):
                self.open_paths(others)

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
        """End playback, views and the session, in this order; a training that runs is asked about first."""
        if not may_close(self, self.session.training):
            event.ignore()
            return
        self._remember()
        self.topbar.clear_notice()
        self.session_file.close_views()
        self.player.close()
        self._disconnect()
        self.training.close_views()
        self.models.close_views()
        self.figures.close_views()
        self.workspaces.close()
        self.session.close()
        super().closeEvent(event)
