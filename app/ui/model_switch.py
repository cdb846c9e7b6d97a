"""What a person does about the model: look at all there are, read about one, choose one, go back."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from app.jobs.tools import Card
from app.session import Session
from app.ui.about_model import AboutModel
from app.ui.cards import find
from app.ui.models import ModelChooser
from app.ui.strings import tr

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
    """

    def __init__(self, window: QWidget, session: Session, anchor: QWidget) -> None:
        self._window = window
        self._session = session
        self._document = session.document
        self._anchor = anchor
        self.chooser: ModelChooser | None = None

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
        self.chooser.open_below(self._anchor)

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
            self._session.set_setting(_BEFORE, was.id)
            back = tr("Ctrl+Shift+M goes back to {model}.").format(model=was.name)
            text = f"{text} {back}"
        if len(self._document) > 1:
            text = f"{text} {tr('Ctrl+F5 analyses all tracks that it has not judged yet.')}"
        self._document.tell(text)
