"""How well a personal model does on a person's other clips, by the number of corrections."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from models.data.labelled import read_labelled_folder
from models.evaluation.intervals import score_of
from models.evaluation.report.half_base import MEASURED, Music, measured_base
from models.evaluation.report.people import Person, draw_counts, quadrant_numbers, quadrant_people, rating_people
from models.evaluation.report.personal_runs import (
    COUNTS,
    Course,
    Pieces,
    Went,
    correct_one_by_one,
    course,
    listen_to,
)
from models.hub import LoadedModel
from models.live.learning import Settings
from models.live.personal import Adapter
from models.networks.fusion import MEMORY_COLUMNS, QUADRANT_COLUMNS, RATING_COLUMNS, Fusion
from models.training.fusion_recipe import FusionRecipe
from models.training.heard_features import load_heard
from models.training.tuned import MoreMemory

Floats = NDArray[np.float64]

#: People of each kind of bias, and the seed that their biases and clips are drawn by. Settings were chosen on the other
#: half of the music and other seeds.
PEOPLE, SEED = 20, 31
#: Kinds of music that a person may hear differently, by clustering the first components.
_KINDS, _KIND_COMPONENTS = 4, 8
#: Where one person stops and another, who hears the other way round, goes on; and when the latter is judged.
SWITCH, AFTER_SWITCH = 30, (30, 35, 40, 50, 60)
#: Clips of each other source on which forgetting is counted.
_ELSEWHERE = 200
#: Music no base has met at all: two kinds of people are enough to see whether it carries over.
_ONLY = {"memomusic": ("as rated", "shift")}
#: Parts of the clips, of which one is for testing.
_FOLDS = {"4qaed": 2, "vgmidi": 3, "memomusic": 3}


@dataclass
class _Tally:
    """Sums over clips per person and group, for one figure after each number of corrections."""

    groups: dict[str, int]
    rows: dict[str, list[Floats]] = field(default_factory=dict)

    def add(self, name: str, values: Floats, groups: Sequence[str]) -> None:
        sums = np.zeros((len(self.groups), 2))
        np.add.at(sums, [self.groups[g] for g in groups], np.stack((values, np.ones(len(values))), axis=1))
        self.rows.setdefault(name, []).append(sums)

    def scores(self, differences: Sequence[tuple[str, str]] = ()) -> dict[str, Any]:
        """Means with 95% intervals from a bootstrap that draws people and, among their clips, groups."""
        said, drawn = {}, {}
        for name, rows in self.rows.items():
            sums = np.stack(rows)
            by_person, by_group = draw_counts(len(sums), len(self.groups))
            total = sums.sum(axis=(0, 1))
            said[name] = float(total[0] / total[1])
            both = np.einsum("dp,pgk,dg->dk", by_person, sums, by_group, optimize=True)
            drawn[name] = both[:, 0] / np.where(both[:, 1] > 0, both[:, 1], np.nan)
        out = {name: score_of(said[name], drawn[name]).as_dict() for name in said}
        for one, other in differences:
            difference = score_of(said[one] - said[other], drawn[one] - drawn[other])
            out[f"{one} less {other}"] = difference.as_dict()
        return out


def read_pieces(data: Path, cache: Path, work: Path) -> Iterator[str | tuple[LoadedModel, dict[str, Pieces]]]:
    """The half base, and what it says of the music it has not heard: the result comes last.

    Yields
    ------
    str or tuple
        How it goes, in words, in between.
    """
    base, music = yield from measured_base(data, cache, work)
    pieces = {}
    for source in ("4qaed", "vgmidi", "emopia"):
        yield f"listening to {source}"
        pieces[source] = _unheard(base, music, source)
    if (data / "memomusic").is_dir():
        clips = [clip for clip in read_labelled_folder(data / "memomusic") if clip.valence is not None]
        *_, heard = load_heard(clips, cache)
        assert not isinstance(heard, int)
        pieces["memomusic"] = listen_to(base, "memomusic", clips, heard)
    yield base, pieces


def _unheard(base: LoadedModel, music: Music, source: str) -> Pieces:
    chosen = [i for i, clip in enumerate(music.clips) if clip.source == source and music.half[i] != MEASURED]
    if source == "emopia":
        # Only to count what is forgotten.
        chosen = [chosen[i] for i in np.random.default_rng(SEED).permutation(len(chosen))[:_ELSEWHERE]]
    return listen_to(base, source, [music.clips[i] for i in chosen], [music.heard[i] for i in chosen])


def kinds_of_music(pieces: Pieces) -> NDArray[np.int64]:
    """Divide pieces by how they sound."""
    from sklearn.cluster import KMeans

    found = KMeans(_KINDS, n_init=4, random_state=0).fit_predict(pieces.components[:, :_KIND_COMPONENTS].numpy())
    return np.asarray(found, np.int64)


def people_of(pieces: Pieces, points: bool = True) -> dict[str, Any]:
    """Kinds of people for a source, by the labels that it has."""
    if pieces.name == "4qaed":
        return dict(quadrant_people(pieces.clips, points))
    kinds = rating_people(pieces.ratings, kinds_of_music(pieces))
    return {kind: make for kind, make in kinds.items() if kind in _ONLY.get(pieces.name, kinds)}


def study(
    base: LoadedModel, pieces: Pieces, others: Sequence[Pieces], points: bool, people: int = PEOPLE
) -> dict[str, Any]:
    """Let simulated people of each kind correct, with points or quadrants, and judge their other clips."""
    blank = Adapter.open(base, Path("nobody"))
    careless = Adapter.open(base, Path("nobody"), Settings(rehearsal=0.0, rehearsal_values=0.0))
    groups = {name: i for i, name in enumerate(sorted(set(pieces.groups)))}
    kinds: dict[str, Any] = {}
    seconds: list[float] = []
    whole = {name: _Tally(groups) for name in ("accuracy", "distance")}
    forgotten = {other.name: _Tally({n: i for i, n in enumerate(sorted(set(other.groups)))}) for other in others}
    for number, (kind, make) in enumerate(people_of(pieces, points).items()):
        tallies = {name: _Tally(groups) for name in whole}
        words = []
        for one in range(people):
            random = np.random.default_rng((SEED, number, one))
            way = course(pieces, make(random), _FOLDS[pieces.name], random)
            words.append(way.person.words)
            went = correct_one_by_one(blank, pieces, way, points, others=others)
            seconds += went.seconds
            refit = refitted(base, pieces, way, points)
            for tally in (tallies, whole):
                _count(tally, pieces, way, went, refit)
            _count_forgotten(forgotten, others, went, "rehearsed")
            if kind == "shift":
                bare = correct_one_by_one(careless, pieces, way, points, (40,), others)
                _count_forgotten(forgotten, others, bare, "shift, not rehearsed")
                _count_forgotten(forgotten, others, went, "shift, rehearsed", (40,))
        kinds[kind] = {"people": people, "examples": words[:3], **_figures(tallies, points)}
    return {
        "source": pieces.name,
        "says": "points" if points else "quadrants",
        "clips": len(pieces.clips),
        "groups": len(groups),
        "counts": list(COUNTS),
        "kinds": kinds,
        "all": {"people": people * len(kinds), **_figures(whole, points)},
        "elsewhere": {name: tally.scores([("rehearsed 40", "rehearsed 0")]) for name, tally in forgotten.items()},
        "milliseconds": {
            "median": round(1000 * float(np.median(seconds)), 1),
            "highest_of_20": round(1000 * float(np.quantile(seconds, 0.95)), 1),
        },
    }


def _figures(tallies: dict[str, _Tally], points: bool) -> dict[str, Any]:
    pairs = [(str(count), "0") for count in COUNTS if count] + [("refitted 40", "0"), ("40", "refitted 40")]
    names = ("distance", "accuracy") if points else ("accuracy",)
    return {name: tallies[name].scores(pairs) for name in names}


def _count(
    tallies: dict[str, _Tally], pieces: Pieces, way: Course, went: Went, refit: tuple[NDArray[np.int64], Floats]
) -> None:
    names = [name for name, there in zip(pieces.groups, way.test, strict=True) if there]
    meant = way.person.means[way.test]
    said = {str(count): (went.quadrants[count], went.values[count]) for count in went.quadrants}
    for name, (quadrants, values) in {**said, "refitted 40": refit}.items():
        right = quadrants[way.test] == quadrant_numbers(meant)
        tallies["accuracy"].add(name, right.astype(np.float64), names)
        tallies["distance"].add(name, np.hypot(*(values[way.test] - meant).T), names)


def _count_forgotten(
    tallies: dict[str, _Tally], others: Sequence[Pieces], went: Went, name: str, counts: Sequence[int] = ()
) -> None:
    """Quadrants of the other sources that are still right, by the labels of their raters."""
    for count in counts or went.elsewhere:
        for other, (quadrants, _) in zip(others, went.elsewhere[count], strict=True):
            right = (quadrants == other.quadrants).astype(np.float64)
            tallies[other.name].add(f"{name} {count}", right, other.groups)


def refitted(base: LoadedModel, pieces: Pieces, way: Course, points: bool) -> tuple[NDArray[np.int64], Floats]:
    """What the base says with its memory fitted anew on all it knew and 40 of the person's clips: retraining."""
    network, recipe = base.network, FusionRecipe()
    assert isinstance(network, Fusion)
    chosen = way.order[: COUNTS[-1]]
    says = way.person.says[chosen]
    known = np.full((len(chosen), MEMORY_COLUMNS), np.nan)
    known[:, QUADRANT_COLUMNS] = np.eye(4)[quadrant_numbers(says)]
    known[:, RATING_COLUMNS] = says if points else recipe.corner * np.sign(says)
    summaries = torch.from_numpy(np.stack([pieces.heard[i].summary for i in chosen]))
    more = MoreMemory(network.memory, summaries, known, recipe.ridge).extended(np.ones(len(chosen), bool))
    everything = torch.from_numpy(np.stack([heard.summary for heard in pieces.heard]))
    with torch.inference_mode():
        change = more(everything) - network.memory(everything)
    logits = pieces.logits + network.get_buffer("memory_weight") * change[:, QUADRANT_COLUMNS]
    values = (pieces.values + 0.5 * change[:, RATING_COLUMNS]).clamp(-1, 1)
    return logits.argmax(dim=1).numpy(), values.double().numpy()


def switch_study(base: LoadedModel, pieces: Pieces, people: int = PEOPLE) -> dict[str, Any]:
    """After 30 corrections somebody who hears the other way round goes on: with and without migration."""
    groups = {name: i for i, name in enumerate(sorted(set(pieces.groups)))}
    points = pieces.name != "4qaed"
    tally = _Tally(groups)
    migrated = 0
    shift = people_of(pieces)["shift"]
    for one in range(people):
        random = np.random.default_rng((SEED, 99, one))
        first: Person = shift(random)
        usual = pieces.ratings if points else first.means
        mirrored = np.clip(2 * usual - first.means, -1, 1)
        second = Person(mirrored, np.clip(mirrored + first.says - first.means, -1, 1), "the other way round")
        way = course(pieces, first, _FOLDS[pieces.name], random, AFTER_SWITCH[-1])
        names = [name for name, there in zip(pieces.groups, way.test, strict=True) if there]
        for migrates in (True, False):
            blank = Adapter.open(base, Path("nobody"), Settings(migrates=migrates))
            went = correct_one_by_one(blank, pieces, way, points, AFTER_SWITCH, (), second, SWITCH)
            migrated += bool(went.migrations) and migrates
            for count in AFTER_SWITCH:
                far = np.hypot(*(went.values[count][way.test] - second.means[way.test]).T)
                tally.add(f"{'migrating' if migrates else 'staying'} {count - SWITCH}", far, names)
        tally.add(
            "nothing learned", np.hypot(*(pieces.values.double().numpy()[way.test] - second.means[way.test]).T), names
        )
    pairs = [(f"migrating {count - SWITCH}", f"staying {count - SWITCH}") for count in AFTER_SWITCH]
    return {
        "source": pieces.name,
        "people": people,
        "migrated": migrated,
        "after": [count - SWITCH for count in AFTER_SWITCH],
        "distance": tally.scores(pairs),
    }
