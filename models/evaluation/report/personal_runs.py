"""Simulated people correct a model clip by clip; what it then says of their other clips."""

from __future__ import annotations

import copy
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from models.analysis import QUADRANTS
from models.data.labelled import LabelledClip
from models.evaluation.report.people import Person, quadrant_numbers
from models.hub import LoadedModel
from models.live.corrections import Correction
from models.live.personal import Adapter
from models.live.rehearsal import Listened, listen
from models.networks.personal import ADDED_LOGITS, ADDED_VALUES, Personal, rows_of, whole_logits
from models.training.heard_features import HeardClip
from models.training.splits import group_names, grouped_folds

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

#: After so many corrections the other clips are judged.
COUNTS = (0, 1, 2, 5, 10, 20, 40)


@dataclass
class Pieces:
    """Clips of one source that a base has not heard, and what it says of them."""

    name: str
    clips: list[LabelledClip]
    heard: list[HeardClip]
    listened: list[Listened]
    logits: torch.Tensor = field(init=False)
    values: torch.Tensor = field(init=False)
    components: torch.Tensor = field(init=False)

    def __post_init__(self) -> None:
        self.logits = torch.stack([whole_logits(one.answer) for one in self.listened])
        self.values = torch.stack([one.answer.whole for one in self.listened])
        self.components = torch.stack([one.components for one in self.listened])

    @property
    def groups(self) -> list[str]:
        """Group of each clip."""
        return group_names(self.clips)

    @property
    def ratings(self) -> Floats:
        """Valence and arousal of each clip [shape=(n, 2)]; 0 where there are none."""
        return np.array([(clip.valence or 0.0, clip.arousal or 0.0) for clip in self.clips])

    @property
    def quadrants(self) -> NDArray[np.int64]:
        """Quadrant of each clip, 0..3."""
        return np.array([clip.quadrant or 0 for clip in self.clips])

    def judged(self, network: Personal) -> tuple[NDArray[np.int64], Floats]:
        """Quadrants [shape=(n,)], and valence and arousal [shape=(n, 2)], that a personal model says of all clips."""
        with torch.inference_mode():
            added = rows_of(self.logits, self.values, self.components) @ network.weights()
        logits = self.logits + added[:, ADDED_LOGITS]
        values = (self.values + added[:, ADDED_VALUES]).clamp(-1, 1)
        return logits.argmax(dim=1).numpy(), values.double().numpy()


def listen_to(base: LoadedModel, name: str, clips: Sequence[LabelledClip], heard: Sequence[HeardClip]) -> Pieces:
    """Ask a base about clips."""
    network = Adapter.open(base, Path("nobody")).model.network
    assert isinstance(network, Personal)
    return Pieces(name, list(clips), list(heard), [listen(network, one) for one in heard])


@dataclass(frozen=True)
class Course:
    """One person's corrections in order, and who is left to test on.

    Attributes
    ----------
    order : np.ndarray [dtype=int64]
        Clips that are corrected, in order.
    test : np.ndarray [shape=(n,), dtype=bool]
        Clips that are judged: of other groups than those.
    """

    person: Person
    order: NDArray[np.int64]
    test: Mask


def course(pieces: Pieces, person: Person, folds: int, random: np.random.Generator, corrections: int = 40) -> Course:
    """Divide the clips by groups: one part of `folds`, drawn, is for testing, the rest, shuffled, is corrected.

    A part whose absence would leave fewer clips than `corrections` is not drawn.
    """
    labels = [int(q) for q in quadrant_numbers(person.means)]
    fold_of = grouped_folds(labels, pieces.groups, folds, int(random.integers(2**31)))
    fit = [fold for fold in range(folds) if np.count_nonzero(fold_of != fold) >= corrections]
    test = fold_of == fit[random.integers(len(fit))]
    return Course(person, random.permutation(np.flatnonzero(~test)), test)


@dataclass
class Went:
    """What came of a course: after each number of corrections, what the model says of all clips."""

    quadrants: dict[int, NDArray[np.int64]] = field(default_factory=dict)
    values: dict[int, Floats] = field(default_factory=dict)
    elsewhere: dict[int, list[tuple[NDArray[np.int64], Floats]]] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    migrations: int = 0


def correct_one_by_one(
    blank: Adapter,
    pieces: Pieces,
    one: Course,
    points: bool,
    counts: Sequence[int] = COUNTS,
    others: Sequence[Pieces] = (),
    then: Person | None = None,
    after: int = 0,
) -> Went:
    """Let a person correct clip after clip, with points or quadrants; `then` somebody else goes on, `after` so many.

    `blank` has learned nothing, and stays so.
    """
    adapter = copy.deepcopy(blank)
    went = Went()
    for done in range(max(counts) + 1):
        if done:
            i = int(one.order[done - 1])
            says = (then if then is not None and done > after else one.person).says
            point = (float(says[i, 0]), float(says[i, 1])) if points else (None, None)
            quadrant = None if points else QUADRANTS[int(quadrant_numbers(says[i : i + 1])[0])]
            correction = Correction(pieces.heard[i], quadrant, point[0], point[1])
            began = time.perf_counter()
            update = adapter.learn_from(correction, pieces.listened[i])
            went.seconds.append(time.perf_counter() - began)
            went.migrations += update.migrated
        if done in counts:
            network = adapter.model.network
            assert isinstance(network, Personal)
            went.quadrants[done], went.values[done] = pieces.judged(network)
            went.elsewhere[done] = [other.judged(network) for other in others]
    return went
