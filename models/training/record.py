"""What a training run is told, what it says on its way, and what its model's card says in the end."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.analysis import QUADRANTS
from models.training.loop import EpochReport
from models.training.parent import Parent
from models.training.recipes import Recipe

#: Beside the card: the curves over epochs of every part.
HISTORY_FILE = "history.json"


@dataclass(frozen=True)
class TrainingRun:
    """All that decides a run; kept in the card.

    Attributes
    ----------
    out : Path
        The model folder to write; its name is the model's id.
    recipe : Recipe, optional
        How each network on log-mel is trained; the fused model's recipe is given apart (see `run_fusion`).
    epochs : int
        Instead of the recipe's; 0 for those.
    folds : int
        Folds of the cross-validation, 0 for none: such a model's card then has no scores and says so.
    seed : int
        Of the folds, and of the networks.
    name, summary, licence, command : str
        For the card.
    version : str
        For the card; the time of writing where it is empty, so that the results of two trainings are never mixed.
    data : list of dict
        What the clips are, for the card.
    limits : list of str
        Known limits, for the card.
    notes : list of str
        What a reader of the scores should know of how they came about, for the card.
    shares : dict
        Source name to the share of its clips that an epoch meets, (0, 1]; 1 for those not named.
    parent : Parent, optional
        Start from this model's weights instead of random ones.
    use_splits : bool
        Train on the train part of the clips' own split and judge by its test part, instead of folds; the network that
        is judged is the one that is written.
    allow_shared_groups : bool
        Let such a split have clips of one group in two parts; the card then says so.
    minutes : float
        Time for the whole run, which then has only as many epochs as fit; 0 for as long as it takes.
    content : sequence of str
        Hash of each clip's content (see `content_of`); kept beside the card, so that it can be told later what the
        model was trained on.
    """

    out: Path
    recipe: Recipe | None = None
    epochs: int = 0
    folds: int = 5
    seed: int = 0
    name: str = ""
    summary: str = ""
    licence: str = ""
    command: str = ""
    version: str = ""
    data: tuple[dict[str, Any], ...] = ()
    limits: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    shares: Mapping[str, float] = field(default_factory=dict)
    parent: Parent | None = None
    use_splits: bool = False
    allow_shared_groups: bool = False
    minutes: float = 0.0
    content: tuple[str, ...] = ()


@dataclass(frozen=True)
class RunProgress:
    """One epoch of one part of a run.

    Attributes
    ----------
    part : str
        "fold 1 of 5", "train split", "final", ...
    report : EpochReport
        What the epoch did.
    network : str
        Which of the part's networks, "" where there is one.
    fraction : float
        [0, 1], of the whole run's training.
    """

    part: str
    report: EpochReport
    network: str = ""
    fraction: float = 0.0


@dataclass(frozen=True)
class FoldScore:
    """Macro-F1 of one held-out fold, or of the test part of a split (fold 0), per source."""

    fold: int
    macro_f1: dict[str, float]


@dataclass(frozen=True)
class HeldOut:
    """What networks that met no clip of its group said of each clip: the answers that the card's scores are of.

    Attributes
    ----------
    indices : np.ndarray [shape=(n,)]
        Which of the run's clips.
    probabilities : np.ndarray [shape=(n, 4)]
        Calibrated; they sum to 1.
    protocol : str
        How they came about.
    """

    indices: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    protocol: str


def history_of(parts: Iterable[tuple[str, Sequence[EpochReport]]]) -> dict[str, list[dict[str, Any]]]:
    """Curves over epochs by the name of the part, for `HISTORY_FILE`; JSON knows no NaN."""
    return {
        name: [
            {key: None if isinstance(value, float) and math.isnan(value) else value for key, value in report.items()}
            for report in map(asdict, reports)
        ]
        for name, reports in parts
    }


def card_of(
    run: TrainingRun, recipe: dict[str, Any], scores: dict[str, Any], said: Sequence[str], limits: Sequence[str] = ()
) -> dict[str, Any]:
    """What a card says of any run: who, when, from what, how and how well; `said` and `limits` add to the run's own."""
    now = datetime.datetime.now(datetime.UTC)
    return {
        "name": run.name or run.out.name,
        "version": run.version or now.strftime("%Y.%m.%d-%H.%M.%S"),
        "summary": run.summary,
        "date": now.date().isoformat(),
        "labels": list(QUADRANTS),
        "licence": run.licence,
        "data": list(run.data),
        "command": run.command,
        "seed": run.seed,
        "recipe": recipe,
        **({"parent": run.parent.describe()} if run.parent else {}),
        "scores": scores,
        "notes": [*run.notes, *said],
        "limits": [*run.limits, *limits],
    }
