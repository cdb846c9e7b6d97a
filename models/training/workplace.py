"""The folder `<out>.work` of a run: what is finished, and where the rest stands, so that a killed run can go on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from models.errors import JobError
from models.training.checkpoint import Checkpoint, Snapshot, read_snapshot, write_snapshot
from models.training.loop import Ending, EpochReport

_SETTINGS, _PLAN = "settings.json", "plan.json"


@dataclass(frozen=True)
class PartResult:
    """What is kept of a finished part.

    `tensors` holds "judged" (logits of the clips it is judged by), "validation" (of those that early stopping watched,
    where the user's split names them), and the network's weights under "network.".
    """

    epochs: int
    ending: Ending
    history: tuple[EpochReport, ...]
    notices: tuple[str, ...]
    tensors: Mapping[str, torch.Tensor] = field(default_factory=dict)


class Workplace:
    """One run's folder.

    Parameters
    ----------
    out : Path
        The model folder that the run is to write.
    settings : dict
        All that decides the result; what was done under others is of no use.
    resume : bool
        Go on with what an interrupted run of the same settings left.

    Raises
    ------
    JobError
        "bad_data" when something else lies there, or a run with other settings that should be resumed; "no_space".
    """

    def __init__(self, out: Path, settings: Mapping[str, Any], resume: bool) -> None:
        self.folder = out.with_name(out.name + ".work")
        written = json.dumps(settings, sort_keys=True)
        kept = self.folder / _SETTINGS
        if self.folder.exists() and not kept.is_file():
            raise JobError(
                "bad_data", f"{self.folder} exists and is no training's: move it, or choose another model folder."
            )
        if self.folder.exists() and not (resume and kept.read_text(encoding="utf-8") == written):
            if resume:
                raise JobError(
                    "bad_data", f"{self.folder} was left by a run with other settings: remove it, or do not resume."
                )
            shutil.rmtree(self.folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        _write(kept, written)

    def epochs_planned(self) -> int | None:
        """Epochs that an interrupted run had planned with its time."""
        try:
            return int(json.loads((self.folder / _PLAN).read_text(encoding="utf-8"))["epochs"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def keep_plan(self, epochs: int) -> None:
        """Remember the epochs that are planned."""
        _write(self.folder / _PLAN, json.dumps({"epochs": epochs}))

    def checkpoint(self, key: str, every_s: float) -> Checkpoint:
        """Where the training of a part is kept while it goes on."""
        return Checkpoint(self.folder / f"{key}.checkpoint", every_s)

    def result(self, key: str) -> PartResult | None:
        """Return a part that is finished."""
        kept = read_snapshot(self.folder / f"{key}.safetensors")
        if kept is None:
            return None
        values = dict(kept.values)
        history = tuple(EpochReport(**report) for report in values.pop("history"))
        return PartResult(history=history, notices=tuple(values.pop("notices")), tensors=kept.tensors, **values)

    def keep(self, key: str, result: PartResult) -> None:
        """Keep a finished part; the checkpoint on the way to it is no longer needed."""
        values = {
            "epochs": result.epochs,
            "ending": result.ending,
            "history": [asdict(report) for report in result.history],
            "notices": list(result.notices),
        }
        write_snapshot(self.folder / f"{key}.safetensors", Snapshot(result.tensors, values))
        self.checkpoint(key, 0).remove()

    def remove(self) -> None:
        """Remove all of it: the model is written."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _write(file: Path, text: str) -> None:
    part = file.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    part.replace(file)
