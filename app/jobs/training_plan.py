"""What a training is asked to do, kept on disk until its model is, so that a crash or a power cut loses nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from app.library.ownership import Ownership
from models.errors import JobError

_SUFFIX = ".run.json"
#: Behind an id: the folder of the labels that were exported for it.
LABELS = ".labels"
#: What a run leaves beside its model folder.
BESIDE = (".work", ".features")
_LONGEST_ID = 48


@dataclass(frozen=True)
class TrainingPlan:
    """One training, as `affekt train` is asked for it, or the first paper's tables, as `affekt report` is.

    Attributes
    ----------
    out : str
        The model folder to write; its name is the model's id.
    folders : tuple of str
        Labelled folders.
    title : str
        What it learns from, for people.
    recipe, start_from, device : str
        As on the command line; empty for the command's own choice.
    against : str
        The model to compare with, empty for none.
    folds : int or None
        Of the cross-validation; None for the command's own choice.
    skip_bad : bool
        Leave out what cannot be read.
    clips : int
        How many clips there were when it was begun.
    made : str
        When it was begun, ISO 8601 in UTC; empty while it was only tried.
    finished : bool
        Whether the model is written, and only what becomes of it is open.
    labels : str
        The folder that was exported from the library for it, empty where none was.
    tables : bool
        Whether the first paper's tables are asked for instead of a model; `out` is then a folder for them.
    minutes : int
        Time for the tables.
    """

    out: str
    folders: tuple[str, ...]
    title: str = ""
    recipe: str = ""
    start_from: str = ""
    device: str = ""
    against: str = ""
    folds: int | None = None
    skip_bad: bool = True
    clips: int = 0
    made: str = ""
    finished: bool = False
    labels: str = ""
    tables: bool = False
    minutes: int = 0

    @property
    def id(self) -> str:
        """The model's id."""
        return Path(self.out).name

    def words(self, *, resume: bool = False, estimate: bool = False) -> list[str]:
        """Return the command line, without the program."""
        words = [*self.folders, "--out", self.out, "--progress", "jsonl", "--control", "stdin"]
        if self.tables:
            words += ["--device", self.device] if self.device else []
            words += ["--skip-bad"] if self.skip_bad else []
            return ["report", *words, "--minutes", str(self.minutes)]
        words = ["train", *words]
        for option, value in (
            ("--recipe", self.recipe),
            ("--start-from", self.start_from),
            ("--device", self.device),
        ):
            words += [option, value] if value else []
        words += ["--folds", str(self.folds)] if self.folds is not None else []
        words += ["--skip-bad"] if self.skip_bad else []
        if estimate:
            return [*words, "--estimate"]
        words += ["--against", self.against] if self.against else []
        return [*words, "--resume"] if resume else words


def new_id(title: str, taken: Iterable[str]) -> str:
    """Return an id for a new model, made of its title; none that is taken."""
    from models.shelf.folders import as_id

    name = as_id(title)[:_LONGEST_ID].strip(".-_") or "my-model"
    known = {other.casefold() for other in taken}
    number, free = 1, name
    while free.casefold() in known:
        number += 1
        free = f"{name}-{number}"
    return free


class KeptPlans:
    """The plans of trainings that are not over, a small JSON file each.

    Parameters
    ----------
    folder : Path
        Where they lie; made with the first.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._mine: dict[str, Ownership] = {}

    def unfinished(self) -> list[TrainingPlan]:
        """Return those that were begun and that no other window is at work on, the newest first."""
        return sorted((plan for plan in self._free() if plan.made), key=lambda plan: plan.made, reverse=True)

    def drop_drafts(self) -> None:
        """Forget plans that were tried and never begun, and exported labels of which not even that became."""
        for plan in self._free():
            if not plan.made and self._file(plan).name not in self._mine:
                self.drop(plan)
        for folder in self._folder.glob(f"*{LABELS}"):
            if not folder.with_name(f"{folder.name.removesuffix(LABELS)}{_SUFFIX}").is_file():
                shutil.rmtree(folder, ignore_errors=True)

    def _free(self) -> list[TrainingPlan]:
        found = []
        for file in self._folder.glob(f"*{_SUFFIX}") if self._folder.is_dir() else ():
            plan = _read(file)
            if plan is not None and (file.name in self._mine or self._is_free(file)):
                found.append(plan)
        return found

    def keep(self, plan: TrainingPlan) -> None:
        """Write a plan, as this window's.

        Raises
        ------
        JobError
            "no_space" when it cannot be written.
        """
        file = self._file(plan)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            part = file.with_suffix(".part")
            part.write_text(json.dumps(asdict(plan), ensure_ascii=False, indent=1), encoding="utf-8")
            part.replace(file)
        except OSError as error:
            raise JobError(
                "no_space", f"{file} cannot be written: {error.strerror}. Make room or give access there.", repr(error)
            ) from error
        if file.name not in self._mine:
            self._mine[file.name] = Ownership(file)

    def drop(self, plan: TrainingPlan) -> None:
        """Forget a plan with all that its run left behind but the model."""
        file = self._file(plan)
        self._release(file.name)
        for path in (file, file.with_name(f"{file.name}-owner")):
            with suppress(OSError):
                path.unlink(missing_ok=True)
        out = Path(plan.out)
        for end in BESIDE:
            shutil.rmtree(out.with_name(out.name + end), ignore_errors=True)
        if plan.labels and self._folder in Path(plan.labels).parents:
            shutil.rmtree(plan.labels, ignore_errors=True)

    def release(self) -> None:
        """Leave the plans to the next window."""
        for name in list(self._mine):
            self._release(name)

    def _release(self, name: str) -> None:
        owner = self._mine.pop(name, None)
        if owner is not None:
            owner.release()

    def _file(self, plan: TrainingPlan) -> Path:
        return self._folder / f"{plan.id}{_SUFFIX}"

    def _is_free(self, file: Path) -> bool:
        owner = Ownership(file)
        owner.release()
        return owner.held


def _read(file: Path) -> TrainingPlan | None:
    """Read a plan; None where the file is damaged or of another program's version that cannot be understood."""
    try:
        raw: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        known = {field.name for field in fields(TrainingPlan)}
        values = {name: value for name, value in raw.items() if name in known}
        values["folders"] = tuple(str(folder) for folder in values["folders"])
        plan = TrainingPlan(**values)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
    if not plan.out or not plan.folders:
        return None
    # Also where the program ended before it could note that the work was done.
    done = (Path(plan.out) / ("tables.md" if plan.tables else "card.json")).is_file()
    return replace(plan, finished=True) if done else plan
