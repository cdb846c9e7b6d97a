"""What a person does about the model: look at all there are, read about one, choose one, go back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QWidget

from app.document import ModelState
from app.jobs.tools import Card
from app.session import Session
from app.ui.about_model import AboutModel
from app.ui.cards import find
from app.ui.drop import model_files
from app.ui.models import ModelChooser
from app.ui.player import Player
from app.ui.strings import tr

if TYPE_CHECKING:
    from app.ui.model_manager.dialog import ModelManager
    from app.ui.two_models.dialog import ModelComparison

_BEFORE = "model.before"


class ModelSwitch:
    """Opens the chooser and the card, and switches.

    Parameters
    ----------
    window : QWidget
        Of the dialogs.
    session : Session
        Its model is switched.
    anchor : QWidget
        What the chooser opens under.
    player : Player
        The window's, by which two models are heard at once.
    train : callable
        Shows where models are trained.
    """

    def __init__(
        self,
        window: QWidget,
        session: Session,
        anchor: QWidget,
        player: Player,
        train: Callable[[], object] = lambda: None,
    ) -> None:
        self._window = window
        self._session = session
        self._document = session.document
        self._anchor = anchor
        self._player = player
        self._train = train
        self.chooser: ModelChooser | None = None
        self.manager: ModelManager | None = None
        self.comparison: ModelComparison | None = None
        self._judged = self._document.model.id
        self._document.model_changed.connect(self._remember)

    @property
    def current(self) -> Card | None:
        """Card of the model that judges now."""
        return find(self._session, self._document.model.id)

    @property
    def before(self) -> Card | None:
        """Card of the model that judged before, if it is still there and is another one."""
        kept = self._session.setting(_BEFORE, "")
        now = self.current
        return next(
            (card for card in self._session.models() if card.id == kept and now is not None and card.id != now.id), None
        )

    def choose(self) -> None:
        """Show all models."""
        now = self.current
        self.chooser = ModelChooser(self._window, self._session.models(), now.id if now is not None else "")
        self.chooser.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.chooser.chosen.connect(self.use)
        self.chooser.about_asked.connect(self.about)
        self.chooser.manage_asked.connect(self.manage)
        self.chooser.open_below(self._anchor)

    def manage(self) -> None:
        """Show the manager, on the model that judges now unless it is open already."""
        from app.ui.model_manager.dialog import ModelManager

        if self.manager is None:
            self.manager = ModelManager(self._window, self._session, self.use)
            self.manager.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            self.manager.finished.connect(self._manager_gone)
            self.manager.train_asked.connect(self._train)
            self.manager.compare_asked.connect(self.compare)
        _bring(self.manager)

    def compare(self, first: str = "", second: str = "") -> None:
        """Show what two models say of the current track; by default the one that judges, and another."""
        from app.ui.two_models.dialog import ModelComparison

        if len(self._session.models()) < 2:
            self._document.tell(tr("There is only one model: nothing to compare it with."))
            return
        if self.comparison is None:
            self.comparison = ModelComparison(self._window, self._session, self._player, first, second)
            self.comparison.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            self.comparison.finished.connect(self._comparison_gone)
        elif first or second:
            self.comparison.compare(first, second)
        _bring(self.comparison)

    def close_views(self) -> None:
        """Close what lies beside the window."""
        for dialog in (self.manager, self.comparison):
            if dialog is not None:
                dialog.close()

    def take_drop(self, paths: list[Path]) -> list[Path]:
        """Import the models among dropped files; return the other files."""
        models = model_files(paths)
        for path in models:
            self._session.import_model(path)
        return [path for path in paths if path not in models]

    def _remember(self, model: ModelState) -> None:
        # Whatever switched it: the chooser, the manager, a correction, an undo or a training that is kept.
        if not model.id or model.id == self._judged:  # without an id the program's own is being loaded
            return
        was, self._judged = self._judged, model.id
        if any(card.id == was for card in self._session.models()):
            self._session.set_setting(_BEFORE, was)

    def _manager_gone(self, _result: int) -> None:
        self.manager = None

    def _comparison_gone(self, _result: int) -> None:
        self.comparison = None

    def about(self, card: Card | None = None) -> None:
        """Show a model's card; by default that of the model that judges now."""
        card = card or self.current
        if card is None:
            self._document.tell(tr("Nothing is known of the model that judges now."), "warning")
            return
        dialog = AboutModel(self._window, card)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.show()

    def go_back(self) -> None:
        """Let the model judge that judged before."""
        card = self.before
        if card is None:
            self._document.tell(tr("No other model has judged before."))
        else:
            self.use(card.id)

    def use(self, model: str) -> None:
        """Let a model judge from now on, and say what that means."""
        was = self.current
        self._session.set_model(model)
        now = find(self._session, model)
        if now is None or (was is not None and was.id == now.id):
            return
        text = tr("{model} judges from now on.").format(model=now.name)
        if was is not None:
            back = tr("Ctrl+Shift+M goes back to {model}.").format(model=was.name)
            text = f"{text} {back}"
        if len(self._document) > 1:
            text = f"{text} {tr('Ctrl+F5 analyses all tracks that it has not judged yet.')}"
        self._document.tell(text)


def _bring(dialog: QDialog) -> None:
    """Show a dialog, in front and with the keys."""
    dialog.show()
    dialog.raise_()
    dialog.activateWindow()
