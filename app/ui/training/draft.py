"""What the wizard has been told so far, as a plan for the command line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.jobs.library_labels import EVERYONE, export
from app.jobs.training_plan import BESIDE, LABELS, TrainingPlan, new_id
from app.paths import own_models
from app.session import Session
from app.ui.strings import tr
from app.ui.training.choices import Choice
from app.ui.training.source import Source
from models.errors import JobError


class Draft:
    """A training before it is begun.

    Parameters
    ----------
    session : Session
        Its library may be what is learned from.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._source = Source()
        self._out = ""
        self._labels = ""

    @property
    def title(self) -> str:
        """What is learned from, for people; the model is called so until it has a name."""
        source = self._source
        if source.rater == EVERYONE:
            return tr("Everyone\u2019s labels")
        if source.rater is not None:
            names = {rater.id: rater.name for rater in self._session.raters()}
            return tr("{name}\u2019s labels").format(name=names.get(source.rater, ""))
        return ", ".join(folder.name for folder in source.folders)

    @property
    def folders(self) -> tuple[Path, ...]:
        """What the command line is given."""
        return (Path(self._labels),) if self._labels else self._source.folders

    def take(self, source: Source) -> bool:
        """Take what to learn from; labels of the library become a folder. False where that cannot be, which is told."""
        self._source, self._out, self._labels = source, "", ""
        if source.rater is None:
            return True
        self._out = str(own_models() / self._new_id(own_models()))
        name = self.title.replace("/", "-") or "labels"
        folder = self._session.training.folder / f"{Path(self._out).name}{LABELS}" / name
        try:
            for notice in export(self._session.document, source.rater, folder):
                self._session.document.tell(notice)
        except JobError as error:
            self._session.document.tell(error.message, "error")
            return False
        self._labels = str(folder)
        return True

    def plan(self, choice: Choice, survey: Mapping[str, Any]) -> TrainingPlan:
        """Return the plan for a choice; the same model folder until there is a model."""
        place = own_models().with_name("tables") if choice.tables else own_models()
        if not self._out or Path(self._out).exists() or Path(self._out).parent != place:
            self._out = str(place / self._new_id(place))
        folds = (survey.get("advice") or {}).get("folds")
        return TrainingPlan(
            out=self._out,
            folders=tuple(str(folder) for folder in self.folders),
            title=self.title,
            recipe=choice.recipe,
            start_from=choice.start_from,
            device=choice.device,
            against=self._session.document.model.id or self._session.models()[0].id,
            folds=folds if isinstance(folds, int) else None,
            clips=survey.get("usable", 0),
            labels=str(Path(self._labels).parent) if self._labels else "",
            tables=choice.tables,
            minutes=choice.minutes,
        )

    def _new_id(self, place: Path) -> str:
        taken = {card.id for card in self._session.models()}
        for path in place.iterdir() if place.is_dir() else ():
            taken |= {path.name.removesuffix(end) for end in ("", *BESIDE)}
        taken |= {plan.id for plan in self._session.training.unfinished()}
        return new_id(self.title, taken)
