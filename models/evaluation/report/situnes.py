"""Real users in time order: SiTunes, felt mood after listening, on its music descriptors (there is no audio).

This is mood as felt by a listener in the middle of a day, not the emotion that music expresses, and the base is a ridge
regression on descriptors, not the shipped model: it shows the learning rule on people, not the model.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import JobError
from models.evaluation.intervals import GroupDraws, ratio
from models.live.learning import Examples, Settings, Weights, corrected, learn

Floats = NDArray[np.float64]

_LEFT_OUT = ("", "item_id", "general_genre_id", "general_genre", "duration", "key")
#: Of the population's ridge regression, in events; chosen by leaving out users of stage 1.
_RIDGE = 30.0
_COMPONENTS = 8
#: Corrections before an event, in bins.
BINS = ((0, 0), (1, 4), (5, 9), (10, 19), (20, 60))
WAYS = ("population", "user_mean", "personal")


@dataclass(frozen=True)
class Events:
    """Listening events in time order within each user.

    Attributes
    ----------
    users : np.ndarray [shape=(n,), dtype=int64]
    music : np.ndarray [shape=(n, d)]
        Descriptors of what was heard.
    mood : np.ndarray [shape=(n, 2)]
        Valence and arousal felt after it, [-1, 1].
    """

    users: NDArray[np.int64]
    music: Floats
    mood: Floats


def read_events(folder: Path, stage: int) -> Events:
    """Read the events of stage 1 or 2.

    Raises
    ------
    JobError
        "bad_data" when the folder is none of SiTunes.
    """
    try:
        with (folder / "music_info.csv").open(encoding="utf-8", newline="") as stream:
            songs = {row["item_id"]: row for row in csv.DictReader(stream)}
        with (folder / f"stage{stage}" / "interactions.csv").open(encoding="utf-8", newline="") as stream:
            rows = sorted(csv.DictReader(stream), key=lambda row: (int(row["user_id"]), float(row["timestamp"])))
        genres = sorted({row["general_genre"] for row in songs.values()})
        names = [name for name in next(iter(songs.values())) if name not in _LEFT_OUT]
        prefix = "emo_" if stage == 1 else "emo_post_"
        music = [
            [*(float(songs[row["item_id"]][name]) for name in names)]
            + [float(songs[row["item_id"]]["general_genre"] == genre) for genre in genres]
            for row in rows
        ]
        mood = [[float(row[f"{prefix}valence"]), float(row[f"{prefix}arousal"])] for row in rows]
    except (OSError, KeyError, ValueError, StopIteration) as error:
        raise JobError("bad_data", f"{folder} does not hold SiTunes as its README describes it.", str(error)) from None
    return Events(np.array([int(row["user_id"]) for row in rows]), np.array(music), np.array(mood))


@dataclass(frozen=True)
class _Population:
    """What others felt: a ridge regression, and the components of the music."""

    mean: Floats
    std: Floats
    weights: Floats
    usual: Floats
    vectors: Floats

    def answer(self, music: Floats) -> tuple[Floats, Floats]:
        """Valence and arousal [shape=(n, 2)], and components [shape=(n, k)]."""
        z = np.clip((music - self.mean) / self.std, -5, 5)
        return self.usual + z @ self.weights, z @ self.vectors


def _population(music: Floats, mood: Floats, ridge: float = _RIDGE) -> _Population:
    mean, std = music.mean(axis=0), np.maximum(music.std(axis=0), 1e-6)
    z = np.clip((music - mean) / std, -5, 5)
    usual = mood.mean(axis=0)
    weights = np.linalg.solve(z.T @ z + ridge * np.eye(z.shape[1]), z.T @ (mood - usual))
    values, vectors = np.linalg.eigh(z.T @ z / len(z))
    vectors = vectors[:, -_COMPONENTS:] / np.sqrt(values[-_COMPONENTS:].sum())
    return _Population(mean, std, weights, usual, vectors)


def _examples(values: Floats, components: Floats, mood: Floats, settings: Settings) -> Examples:
    n = len(values)
    x = np.concatenate(
        (settings.constant * np.ones((n, 1)), settings.values * values, settings.components * components), axis=1
    )
    none = np.zeros((n, 4))
    return Examples(x, np.zeros((n, 0)), none, values, none, mood, np.ones((n, 2)))


def study(folder: Path, settings: Settings) -> dict[str, Any]:
    """Predict each event of stage 2 from the user's earlier ones: by the others alone, by the user's mean, personal.

    Everybody else's events of both stages are the population; users are left out one by one.
    """
    first, second = read_events(folder, 1), read_events(folder, 2)
    said: dict[str, list[Floats]] = {way: [] for way in WAYS}
    users, before = [], []
    for user in np.unique(second.users):
        population = _population(
            np.concatenate((first.music[first.users != user], second.music[second.users != user])),
            np.concatenate((first.mood[first.users != user], second.mood[second.users != user])),
        )
        mine = second.users == user
        values, components = population.answer(second.music[mine])
        others = _examples(*population.answer(second.music[~mine]), second.mood[~mine], settings)
        # What is rehearsed is what the population's regression says, as with the base of a personal model.
        known = Examples(
            others.x, others.moving, others.logits, others.values, others.quadrants, others.values, others.sides
        )
        examples = _examples(values, components, second.mood[mine], settings)
        weights = Weights(np.zeros((examples.x.shape[1], 6)), np.zeros((0, 2)))
        random = np.random.default_rng(int(user))
        for event in range(len(values)):
            one = examples.take(np.array([event]))
            said["population"].append(values[event])
            earlier = second.mood[mine][:event]
            said["user_mean"].append(earlier.mean(axis=0) if event else population.usual)
            said["personal"].append(np.clip(corrected(weights, one)[1][0], -1, 1))
            weights = learn(weights, examples.take(np.arange(event + 1)), known, settings, random)
            users.append(int(user))
            before.append(event)
    return {
        "events": len(users),
        "users": len(set(users)),
        "population_events": len(first.users) + len(second.users),
        "bins": [_compare(said, second.mood, np.array(users), np.array(before), low, high) for low, high in BINS],
        "all": _compare(said, second.mood, np.array(users), np.array(before), 0, 10_000),
    }


def _compare(
    said: Mapping[str, list[Floats]],
    mood: Floats,
    users: NDArray[np.int64],
    before: NDArray[np.int64],
    low: int,
    high: int,
) -> dict[str, Any]:
    """Mean distance of each way, and what personal is better by, with intervals over users."""
    there = (before >= low) & (before <= high)
    errors = {way: np.hypot(*(np.array(said[way])[there] - mood[there]).T) for way in WAYS}
    draws = GroupDraws([str(user) for user in users[there]])
    sums = np.stack([*errors.values(), np.ones(int(there.sum()))], axis=1)

    def figures(total: Floats) -> dict[str, Floats]:
        means = {way: ratio(total[..., i], total[..., -1]) for i, way in enumerate(WAYS)}
        return means | {f"personal_less_{way}": means["personal"] - means[way] for way in WAYS if way != "personal"}

    scores = draws.scores(figures, sums)
    return {"low": low, "high": high, "events": int(there.sum()), **{k: v.as_dict() for k, v in scores.items()}}
