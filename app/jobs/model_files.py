"""Models going out as one file and coming in: on a thread of their own, because checking one takes seconds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.jobs.aside import Aside
from app.paths import own_models
from models.errors import JobError

if TYPE_CHECKING:
    from app.jobs.desk import PumpMaker


@dataclass(frozen=True)
class Fetched:
    """A model came in: its id, its name, and the id of the model that it stands on where that is missing."""

    id: str
    name: str
    missing: str


@dataclass(frozen=True)
class Written:
    """A model went out; `base` is the id of the model that it stands on, empty for most."""

    name: str
    file: Path
    base: str = ""


@dataclass(frozen=True)
class Refused:
    """It could not be done; `message` says why, for people."""

    message: str


_Outcome = Fetched | Written | Refused


class ModelFiles(Aside):
    """Imports and exports models in the background.

    Parameters
    ----------
    pump : callable
        Makes the carrier of messages to the GUI thread.
    done : callable
        Takes the outcomes there.
    """

    def __init__(self, pump: PumpMaker, done: Callable[[_Outcome], None]) -> None:
        super().__init__("affekt-model-file", pump)
        self._done = done

    def export(self, model: str, file: Path) -> None:
        """Write a model as one file."""

        def work() -> _Outcome:
            from models.cards import base_id
            from models.hub import find_model
            from models.shelf.archive import export_model

            card = find_model(model, own_models())
            export_model(card, file)
            return Written(card.name, file, base_id(card.raw))

        self._begin(work)

    def fetch(self, file: Path) -> None:
        """Check a file and put the model in it among the user's own."""

        def work() -> _Outcome:
            from models.hub import list_models
            from models.shelf.archive import import_model
            from models.shelf.folders import missing_base

            card = import_model(file, own_models())
            return Fetched(card.id, card.name, missing_base(card, list_models(own_models())))

        self._begin(work)

    def _begin(self, work: Callable[[], _Outcome]) -> None:
        self.ask(work, lambda said: self._done(Refused(said.message) if isinstance(said, JobError) else said))
