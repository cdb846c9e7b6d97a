"""Every key of the window, as actions for the menus; `app.ui.key_sheet` shows them to people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from app.ui.strings import tr


@dataclass(frozen=True)
class Key:
    """One action: its name, what it does, its keys, the menu it stands in, and the workspace it belongs to.

    Without a menu ("") it has its keys alone; without a workspace ("") it is there in all of them. What is done `once`
    is not repeated while its key is held.
    """

    name: str
    text: str
    keys: tuple[str, ...]
    menu: str = ""
    where: str = ""
    once: bool = False


def keys() -> list[Key]:
    """All actions of the window and of Analyse, in the order of menus and sheet; a name "-" parts groups.

    Other workspaces bring their own (`app.ui.workspaces.Entry`).
    """
    return [
        Key("open_files", tr("Open files\u2026"), ("Ctrl+O",), "file"),
        Key("open_folder", tr("Open folder\u2026"), ("Ctrl+Shift+O",), "file"),
        Key("open_demo", tr("Open the demo"), (), "file"),
        Key("-", "", (), "file"),
        Key("open_session", tr("Open session\u2026"), ("Ctrl+Alt+O",), "file"),
        Key("save_session", tr("Save session"), ("Ctrl+S",), "file"),
        Key("save_session_as", tr("Save session as\u2026"), ("Ctrl+Alt+S",), "file"),
        Key("close_session", tr("Close session"), ("Ctrl+Alt+W",), "file"),
        Key("-", "", (), "file"),
        Key("save_analysis", tr("Save analysis as JSON\u2026"), (), "file"),
        Key("export_data", tr("Export data\u2026"), ("Ctrl+Shift+E",), "file", "analyse"),
        Key("import_layers", tr("Import layers\u2026"), ("Ctrl+Shift+I",), "file", "analyse"),
        Key("list_layers", tr("Layers over this track\u2026"), ("Ctrl+Shift+L",), "file", "analyse"),
        Key("figure", tr("Figure\u2026"), ("Ctrl+P",), "file"),
        Key("report", tr("One-page report\u2026"), ("Ctrl+Shift+P",), "file"),
        Key("reports", tr("Reports of all tracks\u2026"), (), "file"),
        Key("save_view", tr("Save view as PNG\u2026"), ("Ctrl+Shift+S",), "file"),
        Key("copy_view", tr("Copy view"), ("Ctrl+Shift+C",), "file"),
        Key("-", "", (), "file"),
        Key("quit", tr("Quit"), ("Ctrl+Q",), "file"),
        Key("undo", tr("Undo"), ("Ctrl+Z",), "edit"),
        Key("redo", tr("Redo"), ("Ctrl+Y", "Ctrl+Shift+Z"), "edit"),
        Key("-", "", (), "edit"),
        Key("remove", tr("Remove from list"), ("Del",), "edit", "analyse"),
        Key("clear_list", tr("Remove all from list"), (), "edit", "analyse"),
        Key("search", tr("Search tracks"), ("Ctrl+F",), "edit", "analyse"),
        Key("-", "", (), "edit"),
        Key("mark", tr("Mark this instant"), (";",), "edit", "analyse", once=True),
        Key("name_mark", tr("Name the nearest mark, or the chosen climax\u2026"), ("F2",), "edit", "analyse"),
        Key("remove_mark", tr("Remove the nearest mark"), ("Ctrl+;",), "edit", "analyse"),
        Key("-", "", (), "edit"),
        Key("make_climax", tr("Make a climax of the selection"), ("K",), "edit", "analyse", once=True),
        Key("-", "", (), "edit"),
        Key("compare_track", tr("Add to the comparison"), ("Ctrl+T",), "edit", "analyse", once=True),
        Key("-", "", (), "edit"),
        Key("correct", tr("Correct the model\u2026"), ("C",), "edit", "analyse", once=True),
        Key("-", "", (), "edit"),
        Key("analyse_again", tr("Analyse again"), ("F5",), "edit", "analyse"),
        Key("analyse_waiting", tr("Analyse all that wait or failed"), ("Ctrl+F5",), "edit"),
        Key("cancel_all", tr("Cancel all analyses"), ("Shift+F5",), "edit"),
        Key("play", tr("Play or pause"), ("Space",), "play"),
        Key("play_selection", tr("Play the selection"), ("S",), "play", "analyse"),
        Key("loop", tr("Repeat the selection, or the whole track"), ("L",), "play", "analyse"),
        Key("clear_selection", tr("Clear the selection, or stop explaining"), ("Esc",), "play", "analyse"),
        Key("-", "", (), "play"),
        Key("next_climax", tr("Next climax"), ("N",), "play", "analyse"),
        Key("previous_climax", tr("Previous climax"), ("Shift+N",), "play", "analyse"),
        Key("repeat_climax", tr("Repeat the climax, or let it go"), ("G",), "play", "analyse", once=True),
        Key("compare_shapes", tr("Compare the shapes of climaxes\u2026"), ("Shift+K",), "play", "analyse"),
        Key("next_beat", tr("Next beat (1 s where no beats are known)"), (".",), "play", "analyse"),
        Key("previous_beat", tr("Previous beat"), (",",), "play", "analyse"),
        Key("next_bar", tr("Next bar (4 s where no beats are known)"), (">",), "play", "analyse"),
        Key("previous_bar", tr("Previous bar"), ("<",), "play", "analyse"),
        Key("next_section", tr("Next section"), ("I",), "play", "analyse"),
        Key("previous_section", tr("Previous section"), ("Shift+I",), "play", "analyse"),
        Key("-", "", (), "play"),
        Key("next_track", tr("Next track"), ("Ctrl+Down",), "play", "analyse"),
        Key("previous_track", tr("Previous track"), ("Ctrl+Up",), "play", "analyse"),
        Key("-", "", (), "play"),
        Key("faster", tr("Faster"), ("Ctrl+PgUp",), "play"),
        Key("slower", tr("Slower"), ("Ctrl+PgDown",), "play"),
        Key("mute", tr("Mute"), ("M",), "play"),
        Key("zoom_in", tr("Zoom in"), ("Ctrl++", "Ctrl+="), "view", "analyse"),
        Key("zoom_out", tr("Zoom out"), ("Ctrl+-",), "view", "analyse"),
        Key("zoom_all", tr("Show the whole track"), ("Ctrl+0",), "view", "analyse"),
        Key("zoom_selection", tr("Zoom to the selection"), ("Ctrl+E",), "view", "analyse"),
        Key("-", "", (), "view"),
        Key("fold_left", tr("Track list"), ("F9",), "view", "analyse"),
        Key("fold_right", tr("Results"), ("F10",), "view", "analyse"),
        Key("why", tr("Why here? What carries the answer"), ("E",), "view", "analyse", once=True),
        Key("bands", tr("Bands of uncertainty"), ("U",), "view", "analyse"),
        Key("gems_by_share", tr("Music-specific emotions: largest share on top"), ("Ctrl+G",), "view", "analyse"),
        Key("-", "", (), "view"),
        Key("system_colours", tr("Colours as the system has them"), ("Ctrl+F6",), "view"),
        Key("light_colours", tr("Light colours"), ("F6",), "view"),
        Key("dark_colours", tr("Dark colours"), ("Shift+F6",), "view"),
        Key("choose_model", tr("Choose the model\u2026"), ("Ctrl+M",), "model"),
        Key("previous_model", tr("Back to the model before"), ("Ctrl+Shift+M",), "model"),
        Key("about_model", tr("About this model\u2026"), ("Ctrl+I",), "model"),
        Key("keys", tr("Keys and mouse"), ("F1", "?"), "help"),
        Key("compare_models", tr("Two models on this track\u2026"), ("F7",), "model"),
        Key("manage_models", tr("Manage models\u2026"), ("Shift+F7",), "model"),
        Key("about", tr("About Affekt"), (), "help"),
    ]


def analyse_keys() -> list[Key]:
    """The actions of the Analyse workspace."""
    return [key for key in keys() if key.where == "analyse"]


def mouse() -> list[tuple[str, str]]:
    """What keys without a menu and the mouse do on the lanes."""
    return [
        (tr("Left, Right"), tr("Scroll (with Shift by half a page)")),
        (tr("Up, Down"), tr("Zoom")),
        (tr("Home, End"), tr("Go to the start or the end")),
        (tr("Drag"), tr("Pan")),
        (tr("Shift-drag"), tr("Zoom to a region")),
        (tr("Ctrl-drag, or drag in the ruler"), tr("Select a region; a click in the ruler clears it")),
        (tr("Double-click"), tr("Put the playhead there; on a mark's flag, name it")),
        (tr("Click on a mark's flag"), tr("Put the playhead on the mark")),
        (tr("Wheel"), tr("Zoom at the pointer (with Shift: scroll)")),
        (tr("Click on a lane's name, Alt+1 to Alt+9"), tr("Fold the lane to its name, or unfold it")),
        (tr("PgUp, PgDn; wheel beside the lanes"), tr("Lanes out of view, where they are many")),
        (tr("1 to 4, while the model is corrected"), tr("Say which quadrant is right")),
        (tr("Enter on a track or a climax"), tr("Play it")),
        (tr("F2, Del on a climax"), tr("Name it; take it away")),
        (tr("Left, Right on a climax"), tr("Choose its start, its peak or its end")),
        (tr("Shift+Left, Right on a climax"), tr("Move that by 0.1 s (with Ctrl: to the next beat)")),
        (tr("Ctrl-click on climaxes"), tr("Choose several, to compare their shapes")),
        (tr("Click on a climax in its lane"), tr("Choose it; then drag its start, peak or end")),
        (tr("Space on a descriptor"), tr("Draw it as a lane, or take its lane away")),
    ]


def make_actions(
    parent: QWidget, every: list[Key], handlers: dict[str, Callable[[], object]], run: Callable[[Key], object]
) -> dict[str, QAction]:
    """Return one action per key, added to `parent`; `run` does what belongs to a workspace, a handler all else."""
    actions = {}
    for key in every:
        if key.name == "-":
            continue
        action = QAction(key.text, parent)
        action.setShortcuts([QKeySequence(text) for text in key.keys])
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        do = partial(run, key) if key.where else handlers[key.name]
        action.triggered.connect(lambda _checked=False, do=do: do())
        parent.addAction(action)
        actions[key.name] = action
    return actions
