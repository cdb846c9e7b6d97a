"""How a model learns from corrections: what is asked of it, imported when it is first needed, replaceable in tests."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from app.library.rows import Label
from app.paths import own_models
from models.analysis import Analysis, Overview
from models.errors import JobError

if TYPE_CHECKING:
    from models.live.corrections import HeardMusic, Update

#: Who gave no name is called so, and their model so.
NO_NAME, NO_NAMES_MODEL = "Me", "Mine"


class Card(Protocol):
    """What is known of a model without loading it."""

    @property
    def id(self) -> str:
        """What it is asked for by."""
        ...

    @property
    def version(self) -> str:
        """Results of two versions are not mixed."""
        ...

    @property
    def name(self) -> str:
        """For people."""
        ...

    @property
    def raw(self) -> Mapping[str, Any]:
        """All that is known."""
        ...


class Loaded(Protocol):
    """A model in memory."""

    @property
    def device(self) -> str:
        """Where it runs: "cpu", "cuda" or "mps"."""
        ...

    @property
    def card(self) -> Card:
        """What is known of it."""
        ...


class Recording(Protocol):
    """What an analysis leaves so that a model can be asked about the recording again."""

    @property
    def sha256(self) -> str:
        """Of the file's content."""
        ...

    @property
    def overview(self) -> Overview:
        """What is drawn."""
        ...

    @property
    def heard(self) -> HeardMusic:
        """What the model reads."""
        ...


class Pupil(Protocol):
    """A personal model that is being corrected (`models.live.personal.Adapter`)."""

    @property
    def model(self) -> Loaded:
        """What to analyse with."""
        ...

    @property
    def corrections(self) -> int:
        """How many it holds."""
        ...

    def undo(self) -> None:
        """Take the last one back."""
        ...

    def save(self) -> Card:
        """Write its folder."""
        ...


@dataclass(frozen=True, slots=True)
class Lesson:
    """One correction on its way to the personal model.

    Attributes
    ----------
    label : Label
        What is right.
    path : Path
        The recording's file.
    base : str
        Id of the model under the personal one.
    folder : Path
        Of the personal model; its name is the model's id.
    device : str
        Where the model shall run.
    back_to : str
        Which model answered before, as it was asked for.
    """

    label: Label
    path: Path
    base: str
    folder: Path
    device: str
    back_to: str

    @property
    def model(self) -> str:
        """Id of the personal model."""
        return self.folder.name


def personal_folder(card: Card, rater: str, others: Sequence[str] = ()) -> tuple[str, Path]:
    """Say which model lies under a rater's personal one, and where that is or shall be.

    Parameters
    ----------
    card : Card
        The model that answers now: one that can be corrected, or a personal one.
    rater : str
        Who corrects. Another rater's personal model is not corrected, but one beside it.
    others : sequence of str
        Names of the other raters.

    Returns
    -------
    base : str
        Its id.
    folder : Path
        Below the user's models.

    Raises
    ------
    JobError
        "bad_model" where the model cannot be corrected; the message says which can.
    """
    from models.cards import base_id
    from models.hub import Card as ModelCard
    from models.hub import find_base, list_models
    from models.shelf.folders import as_id

    kind = card.raw.get("network", {}).get("kind")
    own = own_models()
    # By its weights, not by its name: a base that came as a file may have another id here.
    base = find_base(cast(ModelCard, card), own) if base_id(card.raw) else card
    if base is card and kind != "fusion":
        raise JobError(
            "bad_model",
            f"{card.name} cannot learn from corrections: it keeps no memory of known music. "
            "Choose affekt-base (Ctrl+M), or a model trained like it.",
        )
    names = {name: as_id(NO_NAMES_MODEL if name == NO_NAME else name) or NO_NAMES_MODEL for name in (rater, *others)}
    somebody_elses = {names[name].casefold() for name in others} - {names[rater].casefold()}
    if base is not card and card.id.casefold() not in somebody_elses:
        return base.id, own / card.id
    weights = base.raw.get("weights_sha256")
    cards = {other.id.casefold(): other for other in list_models(own)}
    number, wanted = 1, names[rater]
    while True:
        there = cards.get(wanted.casefold())
        if there is None and not (own / wanted).exists():
            return base.id, own / wanted
        if there is not None and base_id(there.raw) and there.raw["network"].get("base_weights_sha256") == weights:
            return base.id, own / there.id
        number += 1
        wanted = f"{names[rater]}-{number}"


def _open(base: Any, folder: Path) -> Pupil:
    from models.live.personal import Adapter

    return Adapter.open(base, folder)


def _learn(pupil: Any, heard: HeardMusic, label: Label) -> Update:
    from models.live.corrections import Correction

    update: Update = pupil.learn(
        Correction(heard, label.quadrant, label.valence, label.arousal, label.start_s, label.end_s)
    )
    return update


def _judge(recording: Any, model: Any) -> Analysis:
    from models.inference.analyse import judge_again

    return judge_again(recording, model)


def _kept(path: Path, folder: Path) -> HeardMusic | None:
    from models.training.heard_features import find_heard

    return find_heard(path, folder)


def _keep(path: Path, folder: Path, heard: HeardMusic) -> None:
    from models.training.heard_features import keep_heard

    keep_heard(path, folder, heard)


def _discard(folder: Path) -> None:
    for there in (folder, folder.with_name(f"{folder.name}.previous")):
        shutil.rmtree(there, ignore_errors=True)


@dataclass(frozen=True)
class Teaching:
    """How a personal model is found, opened, taught and asked, and where what was heard is kept."""

    folder: Callable[[Card, str, Sequence[str]], tuple[str, Path]] = personal_folder
    open: Callable[[Loaded, Path], Pupil] = _open
    learn: Callable[[Any, HeardMusic, Label], Update] = _learn
    judge: Callable[[Recording, Loaded], Analysis] = _judge
    find_heard: Callable[[Path, Path], HeardMusic | None] = _kept
    keep_heard: Callable[[Path, Path, HeardMusic], None] = _keep
    discard: Callable[[Path], None] = _discard
