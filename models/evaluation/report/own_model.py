"""What a person's own model is worth: a base taught forty clips, on the rest of the music as that person hears it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from models.data.labelled import LabelledClip
from models.evaluation.intervals import ratio, score_of
from models.evaluation.metrics import quadrant_figures
from models.evaluation.report.half_base import MEASURED, measured_base
from models.evaluation.report.people import draw_counts
from models.jobs import CancelToken
from models.networks.fusion import QUADRANT_COLUMNS, Fusion
from models.networks.listener import Listener
from models.networks.memory import Memory
from models.numerics import softmax
from models.training.fusion import FusionMaterial
from models.training.heard_features import HeardClip
from models.training.parent import Parent
from models.training.record import TrainingRun
from models.training.splits import group_names
from models.training.tuned import TuningRecipe, answers_of, states_of
from models.training.tuned_run import Taught, begin_tuning, teach

Labels = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
#: What a person hears, of labels [shape=(n,)] and the group of each.
Hears = Callable[[Labels, Sequence[str], np.random.Generator], Labels]

#: People of each kind, and the seed of their biases and clips: one by which no setting was chosen.
PEOPLE, SEED = 20, 47
#: What each labels: so many clips, at most so many of one artist or song.
CLIPS, PER_GROUP = 40, 2
SOURCES = ("4qaed", "emopia")
#: Clips of the other source on which it is counted what the lessons cost there.
_ELSEWHERE = 200
#: Models that are compared, and the pairs.
PARENT, MEMORY, OWN = "parent", "memory alone", "own"
PAIRS = ((OWN, PARENT), (MEMORY, PARENT), (OWN, MEMORY))
_CELLS, _LOSS = 16, 16


# People --------------------------------------------------------------------------------------------------------------


def _of_some(groups: Sequence[str], share: float, random: np.random.Generator) -> Mask:
    """Clips of groups drawn by chance."""
    names, which = np.unique(np.asarray(groups), return_inverse=True)
    there: Mask = (random.random(len(names)) < share)[which]
    return there


def _as_labelled(labels: Labels, groups: Sequence[str], random: np.random.Generator) -> Labels:
    return labels.copy()


def _half_of_calm_sad(labels: Labels, groups: Sequence[str], random: np.random.Generator) -> Labels:
    return np.where((labels == 3) & _of_some(groups, 1 / 2, random), 2, labels)


def _calm_sad(labels: Labels, groups: Sequence[str], random: np.random.Generator) -> Labels:
    return np.where(labels == 3, 2, labels)


def _third_negative(labels: Labels, groups: Sequence[str], random: np.random.Generator) -> Labels:
    return np.where(_of_some(groups, 1 / 3, random), np.array([1, 1, 2, 2])[labels], labels)


KINDS: Mapping[str, Hears] = {
    "hears as the data set says": _as_labelled,
    "calls half of the artists' calm music sad": _half_of_calm_sad,
    "calls all calm music sad": _calm_sad,
    "hears a third of the artists as negative": _third_negative,
}


def forty_of(groups: Sequence[str], random: np.random.Generator) -> tuple[Mask, Mask]:
    """Draw clips to label, a few of each group; the others are tested on, but for those of the same groups.

    Returns
    -------
    tuple of np.ndarray [shape=(n,), dtype=bool]
        Labelled, and tested on.
    """
    names = np.asarray(groups)
    chosen: list[int] = []
    for name in random.permutation(np.unique(names)):
        chosen += [int(i) for i in random.permutation(np.flatnonzero(names == name))[:PER_GROUP]]
    labelled = np.zeros(len(names), bool)
    labelled[chosen[:CLIPS]] = True
    return labelled, ~np.isin(names, names[labelled])


# Models --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """Clips of one source that a base has not heard, and what its listeners make of them before their last layers."""

    name: str
    clips: list[LabelledClip]
    heard: list[HeardClip]
    summaries: torch.Tensor
    states: list[list[torch.Tensor]]

    @property
    def labels(self) -> Labels:
        """Quadrants 0..3 that the data set gives."""
        return np.array([clip.quadrant for clip in self.clips], np.int64)

    @property
    def groups(self) -> list[str]:
        """Artist or song of each clip."""
        return group_names(self.clips)

    def listened(self, listeners: Sequence[Listener]) -> Floats:
        """Mean logits [shape=(n, 4)] of listeners."""
        said = [answers_of(one, states) for one, states in zip(listeners, self.states, strict=True)]
        return np.asarray(np.mean(said, axis=0))

    def remembered(self, memory: Memory) -> Floats:
        """What a memory says of the quadrants [shape=(n, 4)]."""
        with torch.inference_mode():
            return np.asarray(memory(self.summaries)[:, QUADRANT_COLUMNS].double().numpy())

    def some(self, count: int, random: np.random.Generator) -> Place:
        """A part of so many clips."""
        chosen = random.permutation(len(self.clips))[:count]
        return Place(
            self.name,
            [self.clips[i] for i in chosen],
            [self.heard[i] for i in chosen],
            self.summaries[torch.from_numpy(chosen)],
            [[states[i] for i in chosen] for states in self.states],
        )


def place_of(parent: Parent, name: str, clips: Sequence[LabelledClip], heard: Sequence[HeardClip]) -> Place:
    """Let a base's listeners hear clips."""
    states = [states_of(listener, [one.steps for one in heard]) for listener in listeners_of(parent)]
    return Place(name, list(clips), list(heard), torch.from_numpy(np.stack([one.summary for one in heard])), states)


def listeners_of(parent: Parent) -> list[Listener]:
    """Listeners of a fused model."""
    assert isinstance(parent.network, Fusion)
    return [one for one in parent.network.listeners if isinstance(one, Listener)]


def own_model(parent: Parent, place: Place, labelled: Mask, hears: Labels) -> Taught:
    """The model that `affekt train --start-from` would make of the labelled clips, as the person hears them."""
    where = [int(i) for i in np.flatnonzero(labelled)]
    clips = [replace(place.clips[i], quadrant=int(hears[i])) for i in where]
    material = FusionMaterial(clips, [place.heard[i] for i in where])
    run = TrainingRun(Path("nowhere"), parent=parent)
    state = begin_tuning(run, TuningRecipe(), material, CancelToken())
    events = teach(state, "final", np.ones(len(clips), bool), 0)
    while True:
        try:
            next(events)
        except StopIteration as end:
            taught: Taught = end.value
            return taught


def answers(parent: Parent, taught: Taught, place: Place) -> dict[str, Floats]:
    """Logits [shape=(n, 4)] of the parent, of the parent with its memory fitted anew, and of the own model."""
    network = parent.network
    assert isinstance(network, Fusion)
    listener, memory = (float(network.get_buffer(f"{name}_weight")) for name in ("listener", "memory"))
    heard = place.listened(listeners_of(parent))
    refitted = place.remembered(taught.network.memory)
    return {
        PARENT: listener * heard + memory * place.remembered(network.memory),
        MEMORY: listener * heard + memory * refitted,
        OWN: listener * place.listened(taught.listeners) + memory * refitted,
    }


# Scores --------------------------------------------------------------------------------------------------------------


class Tally:
    """Counts per person and group, of which figures are made for each person; the mean over people is what is said."""

    def __init__(self, groups: Sequence[str]) -> None:
        self._groups = {name: i for i, name in enumerate(sorted(set(groups)))}
        self._rows: dict[str, list[Floats]] = {}

    def add(self, model: str, truth: Labels, logits: Floats, groups: Sequence[str]) -> None:
        """Take in what a model says of one person's clips."""
        clips = np.zeros((len(truth), _CELLS + 1))
        each = np.arange(len(truth))
        clips[each, 4 * truth + logits.argmax(axis=1)] = 1
        clips[:, _LOSS] = -np.log(softmax(logits)[each, truth])
        sums = np.zeros((len(self._groups), _CELLS + 1))
        np.add.at(sums, [self._groups[name] for name in groups], clips)
        self._rows.setdefault(model, []).append(sums)

    def scores(self) -> dict[str, Any]:
        """Figures by name, each by model and pair of models, with 95% intervals over people and groups."""
        out: dict[str, Any] = {}
        said, drawn = {}, {}
        for model, rows in self._rows.items():
            sums = np.stack(rows)
            by_person, by_group = draw_counts(len(sums), len(self._groups))
            said[model] = _figures(sums.sum(axis=1))
            of_draws = _figures(np.einsum("dg,pgk->dpk", by_group.astype(np.float64), sums, optimize=True))
            drawn[model] = {name: (by_person * of).sum(axis=1) / len(sums) for name, of in of_draws.items()}
        for name in ("macro_f1", "accuracy", "loss"):
            figure = {
                model: score_of(float(of[name].mean()), drawn[model][name]).as_dict() for model, of in said.items()
            }
            for one, other in PAIRS:
                difference = float((said[one][name] - said[other][name]).mean())
                paired = drawn[one][name] - drawn[other][name]
                figure[f"{one} less {other}"] = score_of(difference, paired).as_dict()
            out[name] = figure
        gain = said[OWN]["macro_f1"] - said[PARENT]["macro_f1"]
        return {**out, "better": int((gain > 0).sum()), "people": len(gain)}


def _figures(sums: Floats) -> dict[str, Floats]:
    cells = sums[..., :_CELLS].reshape(*sums.shape[:-1], 4, 4)
    figures = quadrant_figures(cells)
    loss = ratio(sums[..., _LOSS], cells.sum(axis=(-2, -1)))
    return {"macro_f1": figures["macro_f1"], "accuracy": figures["accuracy"], "loss": loss}


# The study -----------------------------------------------------------------------------------------------------------


def read_places(data: Path, cache: Path, work: Path) -> Iterator[str | tuple[Parent, dict[str, Place]]]:
    """The half base, and the music it has not heard: the result comes last.

    Yields
    ------
    str or tuple
        How it goes, in words, in between.
    """
    base, music = yield from measured_base(data, cache, work)
    assert isinstance(base.network, Fusion)
    parent = Parent(base.card, base.network, frozenset(), frozenset())
    places = {}
    for source in SOURCES:
        yield f"listening to {source}"
        there = [i for i, clip in enumerate(music.clips) if clip.source == source and music.half[i] != MEASURED]
        clips = [(music.clips[i], music.heard[i]) for i in there if music.clips[i].quadrant is not None]
        places[source] = place_of(parent, source, [clip for clip, _ in clips], [heard for _, heard in clips])
    yield parent, places


def study(parent: Parent, place: Place, other: Place, people: int = PEOPLE) -> dict[str, Any]:
    """Let simulated people of each kind label forty clips, and judge their own models on their other clips."""
    elsewhere = other.some(_ELSEWHERE, np.random.default_rng(SEED))
    kinds: dict[str, Any] = {}
    tested, seconds = [], []
    for number, (kind, hear) in enumerate(KINDS.items()):
        tally, cost = Tally(place.groups), Tally(elsewhere.groups)
        for one in range(people):
            random = np.random.default_rng((SEED, number, one))
            hears = hear(place.labels, place.groups, random)
            labelled, test = forty_of(place.groups, random)
            began = time.process_time()
            taught = own_model(parent, place, labelled, hears)
            seconds.append(time.process_time() - began)
            tested.append(int(test.sum()))
            names = [name for name, there in zip(place.groups, test, strict=True) if there]
            for model, logits in answers(parent, taught, place).items():
                tally.add(model, hears[test], logits[test], names)
            for model, logits in answers(parent, taught, elsewhere).items():
                cost.add(model, elsewhere.labels, logits, elsewhere.groups)
        kinds[kind] = {**tally.scores(), "elsewhere": cost.scores()}
    return {
        "source": place.name,
        "other": other.name,
        "clips": len(place.clips),
        "groups": len(set(place.groups)),
        "labelled": CLIPS,
        "tested": round(float(np.mean(tested))),
        "elsewhere": len(elsewhere.clips),
        "kinds": kinds,
        "processor_seconds": round(float(np.median(seconds)), 2),
    }
