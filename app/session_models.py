"""What a person does with models besides letting them judge, as a part of the session (`app.session`)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from psygnal import Signal

from app.commands.models import BinModel, ImportModel, NoteModel, RenameModel, RestoreModel, SetDefault
from app.jobs.model_files import Fetched, ModelFiles, Refused, Written
from app.paths import own_models
from models.errors import JobError

if TYPE_CHECKING:
    from app.commands import Command, CommandStack
    from app.document import Document
    from app.jobs.desk import Desk
    from models.hub import Card
    from models.shelf.folders import Binned


class SessionModels:
    """Keeps the user's own models; each change is a command. What is refused is told, and changes nothing.

    Signals
    -------
    models_changed()
        There are other models, or other words about them: read `models`, `binned_models` and `model_notes` again.
    """

    models_changed = Signal()

    document: Document
    commands: CommandStack
    model_files: ModelFiles
    _desk: Desk

    def rename_model(self, model: str, name: str) -> bool:
        """Call one of the user's own models something else. Undoable; whether it was done."""
        return self._change(lambda: RenameModel(self._card(model), name, self._models_changed))

    def model_notes(self, model: str) -> str:
        """Return what the user wrote about a model."""
        from models.shelf.folders import notes_on

        try:
            return notes_on(self._card(model), own_models())
        except JobError:
            return ""

    def note_model(self, model: str, notes: str) -> bool:
        """Keep what the user writes about a model, shipped or own. Undoable; whether there was anything to do."""
        if self.model_notes(model) == notes.strip():
            return False
        return self._change(lambda: NoteModel(self._card(model), notes, self._models_changed))

    def is_own_model(self, model: str) -> bool:
        """Whether a model is the user's own, which may be renamed and deleted."""
        from models.shelf.folders import is_own

        try:
            return is_own(self._card(model), own_models())
        except JobError:
            return False

    def default_model(self) -> str:
        """Id of the model that answers where none is named."""
        from models.hub import default_of, list_models

        return default_of(list_models(own_models()), own_models())

    def set_default_model(self, model: str) -> bool:
        """Let a model be the default, here and on the command line; it judges at once. Undoable."""
        return self._change(lambda: SetDefault(self._card(model), self._desk.model, self._desk, self._models_changed))

    def missing_base(self, model: str) -> str:
        """Return the id of the model that a personal one stands on, where that is not there; empty otherwise."""
        from models.hub import list_models
        from models.shelf.folders import missing_base

        try:
            return missing_base(self._card(model), list_models(own_models()))
        except JobError:
            return ""

    def remove_model(self, model: str) -> bool:
        """Put one of the user's own models into the bin, unless it judges or is being trained. Undoable."""
        from models.hub import list_models
        from models.shelf.folders import standing_on

        judging = (self.document.model.id, self._desk.model)
        try:
            others = standing_on(self._card(model), list_models(own_models()))
        except JobError:
            others = []
        if model in judging or any(other.id in judging for other in others):
            why = "This model judges now." if model in judging else "The model that judges now stands on this one."
            self.document.tell(f"{why} Let another one judge first (Ctrl+M).", "warning")
            return False
        done = self._change(lambda: BinModel(self._card(model), self._models_changed))
        if done and others:
            names = ", ".join(other.name for other in others)
            self.document.tell(f"{names} cannot be used without it. Undo brings it back.", "warning")
        return done

    def binned_models(self) -> list[Binned]:
        """Return what is in the bin, the newest first."""
        from models.shelf.folders import binned

        return binned(own_models())

    def restore_model(self, entry: Binned) -> bool:
        """Bring a model back from the bin. Undoable."""
        return self._change(lambda: RestoreModel(entry, self._models_changed))

    def empty_model_bin(self) -> int:
        """Delete for good what is in the bin; return how many models that were. Not undoable."""
        from models.shelf.folders import empty_bin

        try:
            count = empty_bin(own_models())
        except JobError as error:
            self.document.tell(error.message, "error")
            count = 0
        self.models_changed.emit()
        return count

    def export_model(self, model: str, file: Path) -> None:
        """Write a model as one file, in the background; how it went is told."""
        self.model_files.export(model, file)

    def import_model(self, file: Path) -> None:
        """Check a model file and put the model among the user's own, in the background. Undoable."""
        self.document.tell(f"Checking {file.name}\u2026")
        self.model_files.fetch(file)

    def _model_file_done(self, outcome: object) -> None:
        if isinstance(outcome, Fetched):
            self._change(lambda: ImportModel(self._card(outcome.id), self._models_changed))
            text = f"{outcome.name} is among your own models now."
            if outcome.missing:
                text = f"{text} It stands on the model {outcome.missing}, which is not here: import that one too."
            self.document.tell(text, "warning" if outcome.missing else "info")
        elif isinstance(outcome, Written):
            text = f"{outcome.file} holds the model {outcome.name}."
            if outcome.base:
                text = f"{text} It stands on the model {outcome.base}: whoever gets it needs that one too."
            self.document.tell(text)
        elif isinstance(outcome, Refused):
            self.document.tell(outcome.message, "error")

    def _models_changed(self) -> None:
        """Let views look again; the model that judges may have another name."""
        state = self.document.model
        with suppress(JobError):
            if state.id:
                self.document.set_model(replace(state, name=self._card(state.id).name))
        self.models_changed.emit()

    def _card(self, model: str) -> Card:
        from models.hub import find_model

        return find_model(model, own_models())

    def _change(self, make: Callable[[], Command]) -> bool:
        try:
            self.commands.run(make())
        except JobError as error:
            self.document.tell(error.message, "error")
            return False
        return True
