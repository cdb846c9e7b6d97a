"""The keys of the Train workspace."""

from __future__ import annotations

from app.ui.keys import Key
from app.ui.strings import tr


def train_keys() -> list[Key]:
    """Actions of the Train workspace, in its own menu."""
    return [
        Key("train_next", tr("Next"), ("Alt+Right", "Ctrl+Return"), "train", "train"),
        Key("train_back", tr("Back"), ("Alt+Left",), "train", "train"),
        Key("-", "", (), "train"),
        Key("train_folder", tr("Learn from a folder\u2026"), ("Ctrl+L",), "train", "train"),
        Key("train_pause", tr("Pause the training, or go on"), ("P",), "train", "train", once=True),
        Key("train_stop", tr("Stop and keep the best"), ("Ctrl+K",), "train", "train", once=True),
        Key("train_cancel", tr("Cancel the training"), ("Ctrl+Shift+X",), "train", "train", once=True),
    ]


def train_mouse() -> list[tuple[str, str]]:
    """What keys without a menu and the mouse do there."""
    return [
        (tr("Drop folders or labels.csv"), tr("Learn from them")),
        (tr("Space, Enter on a recording"), tr("Listen to what it got wrong")),
    ]
