"""The keys of the Label workspace."""

from __future__ import annotations

from app.ui.keys import Key
from app.ui.strings import quadrant_label, tr

_HERE = "label"


def _key(name: str, text: str, *keys: str, once: bool = False) -> Key:
    return Key(name, text, keys, _HERE, _HERE, once)


def label_keys() -> list[Key]:
    """All of them, in the order of the menu."""
    return [
        *(
            _key(f"say_q{number}", quadrant_label(f"Q{number}"), str(number), once=True)  # a held key answers one clip
            for number in (1, 2, 3, 4)
        ),
        _key("cant_say", tr("Can\u2019t say"), "0", "-", once=True),
        _key("label_back", tr("Back to the clip before"), "Backspace", once=True),
        _key("label_skip", tr("Skip this clip for now"), "S", once=True),
        _key("-", ""),
        _key("label_chill", tr("Mark a chill"), "X", once=True),
        _key("label_again", tr("Rate the selected passage again"), "R", once=True),
        _key("label_next_apart", tr("Play the next that raters disagree on"), "N", once=True),
        _key("label_next_track", tr("Next track to rate"), "Ctrl+Down"),
        _key("label_previous_track", tr("Previous track to rate"), "Ctrl+Up"),
        _key("label_end", tr("End here"), "Esc", once=True),
        _key("-", ""),
        _key("label_clips", tr("Clip by clip"), "Alt+1"),
        _key("label_rate", tr("Rate while it plays"), "Alt+2"),
        _key("label_agree", tr("How far raters agree"), "Alt+3"),
        _key("label_blind", tr("Blind: hide the model\u2019s answer and other raters\u2019"), "Ctrl+B"),
        _key("-", ""),
        _key("label_import", tr("Import labels\u2026"), "Ctrl+Shift+I"),
        _key("label_export", tr("Export labels\u2026"), "Ctrl+E"),
    ]


def label_mouse() -> list[tuple[str, str]]:
    """What keys without a menu and the mouse do there."""
    return [
        (tr("Click in the plane"), tr("Answer: the quadrant, or the point")),
        (tr("Arrow keys"), tr("Move the pointer by 0.1 (with Shift by 0.02)")),
        (tr("Enter"), tr("Begin; answer with the point")),
        (tr("Move the mouse in the plane"), tr("Rate while it plays")),
        (tr("Drag in the strip"), tr("Select a passage to rate again")),
    ]
