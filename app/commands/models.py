"""What a person does with their own models on disk: names, notes, the bin, what came in, and the default."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from app.paths import own_models

if TYPE_CHECKING:
    from models.hub import Card
    from models.shelf.folders import Binned


class Judges(Protocol):
    """What a change of the default needs besides the disk."""

    def switch_model(self, model: str, *, again: bool = False) -> None:
        """Let another model judge."""
        ...


class _OnDisk:
    """A change of the models' folders; `changed` is called after it, so that views look again."""

    def __init__(self, changed: Callable[[], object]) -> None:
        self._changed = changed


class RenameModel(_OnDisk):
    """A model is called something else."""

    def __init__(self, card: Card, name: str, changed: Callable[[], object]) -> None:
        super().__init__(changed)
        self._card, self._name = card, name
        self.text = f"Renamed the model {card.name} to {' '.join(name.split())}"

    def do(self) -> None:
        """Give it the new name."""
        self._call(self._name)

    def undo(self) -> None:
        """Give it the old one."""
        self._call(self._card.name)

    def _call(self, name: str) -> None:
        from models.shelf.folders import rename_model

        rename_model(self._card, name, own_models())
        self._changed()


class NoteModel(_OnDisk):
    """Something is written about a model."""

    def __init__(self, card: Card, notes: str, changed: Callable[[], object]) -> None:
        super().__init__(changed)
        from models.shelf.folders import notes_on

        self._card, self._notes, self._before = card, notes, notes_on(card, own_models())
        self.text = f"Changed the notes on the model {card.name}"

    def do(self) -> None:
        """Keep the new notes."""
        self._write(self._notes)

    def undo(self) -> None:
        """Keep the old ones."""
        self._write(self._before)

    def _write(self, notes: str) -> None:
        from models.shelf.folders import set_notes

        set_notes(self._card, notes, own_models())
        self._changed()


class BinModel(_OnDisk):
    """A model goes into the bin."""

    def __init__(self, card: Card, changed: Callable[[], object]) -> None:
        super().__init__(changed)
        self._card = card
        self._entry: Binned | None = None
        self.text = f"Deleted the model {card.name}"

    def do(self) -> None:
        """Put it into the bin."""
        from models.shelf.folders import bin_model

        self._entry = bin_model(self._card, own_models())
        self._changed()

    def undo(self) -> None:
        """Bring it back."""
        from models.shelf.folders import restore_model

        if self._entry is not None:
            self._card = restore_model(self._entry, own_models())
        self._changed()


class RestoreModel(_OnDisk):
    """A model comes back from the bin."""

    def __init__(self, entry: Binned, changed: Callable[[], object]) -> None:
        super().__init__(changed)
        self._entry = entry
        self.card: Card | None = None
        self.text = f"Restored the model {entry.card.name}"

    def do(self) -> None:
        """Bring it back."""
        from models.shelf.folders import restore_model

        self.card = restore_model(self._entry, own_models())
        self._changed()

    def undo(self) -> None:
        """Put it into the bin again."""
        from models.shelf.folders import bin_model

        if self.card is not None:
            self._entry = bin_model(self.card, own_models())
        self._changed()


class ImportModel(_OnDisk):
    """A model came in: it was checked and lies there when the command is first done."""

    def __init__(self, card: Card, changed: Callable[[], object]) -> None:
        super().__init__(changed)
        self._card = card
        self._entry: Binned | None = None
        self.text = f"Imported the model {card.name}"

    def do(self) -> None:
        """Bring it back, if it was taken away."""
        from models.shelf.folders import restore_model

        if self._entry is not None:
            self._card = restore_model(self._entry, own_models())
            self._entry = None
        self._changed()

    def undo(self) -> None:
        """Put it into the bin."""
        from models.shelf.folders import bin_model

        self._entry = bin_model(self._card, own_models())
        self._changed()


class SetDefault(_OnDisk):
    """A model is the default from now on, and judges at once."""

    def __init__(self, card: Card, judging: str, judges: Judges, changed: Callable[[], object]) -> None:
        super().__init__(changed)
        from models.hub import chosen_default

        self._new, self._old, self._judging, self._judges = card.id, chosen_default(own_models()), judging, judges
        self.text = f"Made {card.name} the default model"

    def do(self) -> None:
        """Let it be the default."""
        self._choose(self._new, "")

    def undo(self) -> None:
        """Let the one before be the default, and judge what judged before."""
        self._choose(self._old, self._judging)

    def _choose(self, default: str, judging: str) -> None:
        from models.hub import choose_default

        choose_default(default, own_models())
        self._judges.switch_model(judging, again=True)
        self._changed()
