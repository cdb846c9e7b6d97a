"""The keys of the Compare workspace."""

from __future__ import annotations

from app.ui.keys import Key
from app.ui.strings import tr
from models.inference.compared import MOST_RECORDINGS

_HERE = "compare"


def _key(name: str, text: str, *keys: str, once: bool = False) -> Key:
    return Key(name, text, keys, _HERE, _HERE, once)


def compare_keys() -> list[Key]:
    """All of them, in the order of the menu."""
    return [
        *(
            _key(f"hear_{number}", tr("Hear recording {number}").format(number=number), str(number), once=True)
            for number in range(1, MOST_RECORDINGS + 1)
        ),
        _key("-", ""),
        _key("compare_next", tr("Where they differ next"), "N"),
        _key("compare_previous", tr("Where they differ before"), "Shift+N"),
        _key("compare_loop", tr("Repeat the selection, or the whole"), "L"),
        _key("compare_clear", tr("Clear the selection"), "Esc"),
        _key("compare_all", tr("Show the whole axis"), "Ctrl+0"),
        _key("-", ""),
        _key("compare_along", tr("By the music, or by time"), "A", once=True),
        _key("compare_reference", tr("Make the one that is heard the reference"), "R", once=True),
        _key("compare_remove", tr("Take the one that is heard from the comparison"), "Del", once=True),
        _key("compare_search", tr("Find a recording to add"), "Ctrl+F"),
        _key("-", ""),
        _key("compare_table", tr("Save the table as CSV\u2026"), "Ctrl+Shift+E"),
        _key("compare_curves", tr("Save the curves as CSV\u2026"), "Ctrl+Alt+E"),
    ]


def compare_mouse() -> list[tuple[str, str]]:
    """What keys without a menu and the mouse do there."""
    return [
        (tr("Left, Right"), tr("Scroll (with Shift by half a page)")),
        (tr("Up, Down"), tr("Zoom")),
        (tr("Home, End"), tr("Go to the start or the end")),
        (tr("Drag"), tr("Pan")),
        (tr("Ctrl-drag, or drag in the ruler"), tr("Select a region; a click in the ruler clears it")),
        (tr("Double-click in a lane"), tr("Put the playhead there")),
        (tr("Click on a recording"), tr("Hear it from the same place")),
        (tr("Double-click in the table"), tr("Go where it differs most")),
        (tr("Space on a track of the list"), tr("Add it, or take it away")),
    ]
