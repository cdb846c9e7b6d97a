"""Light or dark: as the system has it, or as a person wants it."""

from __future__ import annotations

from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QWidget

from app.session import Session
from app.ui.theme import APPEARANCES, THEME, Appearance

SETTING = "appearance"


def kept_appearance(session: Session) -> Appearance:
    """Return what was chosen; what the system has where nothing was."""
    kept = session.setting(SETTING, "system")
    return next((each for each in APPEARANCES if each == kept), "system")


class AppearanceActions:
    """The three actions of the menu as one choice.

    Parameters
    ----------
    actions : dict
        Of the window, by name: "system_colours", "light_colours", "dark_colours".
    """

    def __init__(self, parent: QWidget, session: Session, actions: dict[str, QAction]) -> None:
        self._session = session
        self._actions = {each: actions[f"{each}_colours"] for each in APPEARANCES}
        group = QActionGroup(parent)
        for action in self._actions.values():
            action.setCheckable(True)
            group.addAction(action)
        self.use(kept_appearance(session))

    def use(self, appearance: Appearance) -> None:
        """Take a choice, at once and for the next time."""
        self._actions[appearance].setChecked(True)
        THEME.follow(appearance)
        if kept_appearance(self._session) != appearance:
            self._session.set_setting(SETTING, appearance)
