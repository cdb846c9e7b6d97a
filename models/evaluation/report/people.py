"""Simulated people: the labels of a data set as somebody would give them who hears some of it differently.

Each bias is stated and drawn anew for each person. What a person means is a function of the labels that the raters of
the data set gave (and of the mood and genre words there); what they say of a clip besides has noise.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.data.labelled import LabelledClip
from models.training.sequence_loss import QUADRANT_SIGNS

Floats = NDArray[np.float64]

#: Share of quadrants that are said wrong on one axis, and deviation of a point about what is meant.
WRONG, SPREAD = 0.1, 0.1
#: Genres that a person may hear differently have this share of the clips.
_GENRE_SHARE = (0.08, 0.5)
#: How far a clip lies from an axis before any bias, on average, where only its quadrant is known.
_CORNER = 0.5
_DRAWS = 1000


@dataclass(frozen=True)
class Person:
    """What one simulated person means and says of each clip.

    Attributes
    ----------
    means, says : np.ndarray [shape=(n, 2)]
        Valence and arousal, [-1, 1]: without and with noise.
    words : str
        The bias, for the reader.
    """

    means: Floats
    says: Floats
    words: str


def quadrant_numbers(points: Floats) -> NDArray[np.int64]:
    """Quadrant 0..3 of points [shape=(n, 2)]; zero counts as the positive side."""
    pleasant, energetic = points[:, 0] >= 0, points[:, 1] >= 0
    out: NDArray[np.int64] = np.where(energetic, np.where(pleasant, 0, 1), np.where(pleasant, 3, 2))
    return out


def places_by_words(clips: Sequence[LabelledClip]) -> Floats:
    """Place clips with quadrants on the plane [shape=(n, 2)]: the right side of each axis, how far out by their moods.

    A mood word is as pleasant as the share of other clips with it that lie on the pleasant side. A clip whose words
    are mixed lies near the axis: that is where somebody else would hear the other side.
    """
    signs = np.array([QUADRANT_SIGNS[clip.quadrant or 0] for clip in clips])
    moods = [sorted(tag for tag in clip.tags if tag.startswith("mood:")) for clip in clips]
    total: dict[str, Floats] = defaultdict(lambda: np.zeros(2))
    count: Counter[str] = Counter()
    for words, sign in zip(moods, signs, strict=True):
        for word in words:
            total[word] = total[word] + sign
            count[word] += 1
    out = np.empty((len(clips), 2))
    for i, (words, sign) in enumerate(zip(moods, signs, strict=True)):
        # Without the clip itself, and drawn to nothing where few share the word.
        said = [(total[word] - sign) / (count[word] + 1) for word in words]
        agreed = np.clip(sign * (np.mean(said, axis=0) if said else 0.0), -1, 1)
        out[i] = sign * np.clip(_CORNER * (1 + agreed), 0.05, 1)
    return out


def _say_quadrants(means: Floats, random: np.random.Generator) -> Floats:
    wrong = random.random(len(means)) < WRONG
    axis = random.integers(0, 2, len(means))
    says = means.copy()
    says[wrong, axis[wrong]] *= -1
    return says


def _say_points(means: Floats, random: np.random.Generator) -> Floats:
    return np.clip(means + random.normal(0, SPREAD, means.shape), -1, 1)


def _shift(places: Floats, low: float, high: float, random: np.random.Generator) -> tuple[Floats, str]:
    by = random.uniform(low, high, 2) * random.choice([-1, 1], 2)
    # One dimension, the other, or both.
    by *= [(1, 0), (0, 1), (1, 1)][random.integers(3)]
    return np.clip(places + by, -1, 1), f"valence {by[0]:+.2f}, arousal {by[1]:+.2f}"


def quadrant_people(
    clips: Sequence[LabelledClip], points: bool = False
) -> dict[str, Callable[[np.random.Generator], Person]]:
    """People who label clips that have quadrants, with quadrants or with `points`, by kind of bias."""
    places = places_by_words(clips)
    genres = Counter(tag for clip in clips for tag in clip.tags if tag.startswith("genre:"))
    low, high = _GENRE_SHARE
    heard_apart = sorted(name for name, n in genres.items() if low <= n / len(clips) <= high)

    def person(means: Floats, random: np.random.Generator, words: str) -> Person:
        says = _say_points(means, random) if points else _say_quadrants(means, random)
        return Person(means, says, words)

    def as_labelled(random: np.random.Generator) -> Person:
        return person(places, random, "as the data set's raters")

    def shift(random: np.random.Generator) -> Person:
        means, words = _shift(places, 0.5, 0.9, random)
        return person(means, random, words)

    def genre(random: np.random.Generator) -> Person:
        name = heard_apart[random.integers(len(heard_apart))]
        axis, side = random.integers(2), random.choice([-1, 1])
        there = np.array([name in clip.tags for clip in clips])
        means = places.copy()
        means[there, axis] = side * np.abs(means[there, axis])
        return person(means, random, f"all {name} has {('valence', 'arousal')[axis]} {'+' if side > 0 else '-'}")

    def reversed_genre(random: np.random.Generator) -> Person:
        name = heard_apart[random.integers(len(heard_apart))]
        there = np.array([name in clip.tags for clip in clips])
        means = places.copy()
        means[there, 0] *= -1
        return person(means, random, f"{name} the other way round in valence")

    return {"as labelled": as_labelled, "shift": shift, "genre": genre, "genre reversed": reversed_genre}


def rating_people(ratings: Floats, kinds: NDArray[np.int64]) -> dict[str, Callable[[np.random.Generator], Person]]:
    """People who give points, by kind of bias; `kinds` says of which kind of music each piece is."""

    def person(means: Floats, random: np.random.Generator, words: str) -> Person:
        means = np.clip(means, -1, 1)
        return Person(means, _say_points(means, random), words)

    def as_rated(random: np.random.Generator) -> Person:
        return person(ratings, random, "as the data set's raters")

    def shift(random: np.random.Generator) -> Person:
        means, words = _shift(ratings, 0.15, 0.4, random)
        return person(means, random, words)

    def scale(random: np.random.Generator) -> Person:
        by = np.exp(random.uniform(np.log(1.5), np.log(3.0), 2) * random.choice([-0.7, 1], 2))
        return person(ratings * by, random, f"valence times {by[0]:.2f}, arousal times {by[1]:.2f}")

    def tilt(random: np.random.Generator) -> Person:
        by = random.uniform(0.4, 0.9) * random.choice([-1, 1])
        means = ratings.copy()
        means[:, 0] += by * ratings[:, 1]
        return person(means, random, f"valence {by:+.2f} times arousal")

    def kind(random: np.random.Generator) -> Person:
        chosen = random.integers(kinds.max() + 1)
        by = random.uniform(0.3, 0.6, 2) * random.choice([-1, 1], 2)
        means = ratings.copy()
        means[kinds == chosen] += by
        words = f"one kind of music (of {kinds.max() + 1}): valence {by[0]:+.2f}, arousal {by[1]:+.2f}"
        return person(means, random, words)

    return {"as rated": as_rated, "shift": shift, "scale": scale, "tilt": tilt, "kind of music": kind}


def draw_counts(people: int, groups: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """How often each person [shape=(draws, people)] and each group [shape=(draws, groups)] is drawn in a bootstrap.

    The same for all that are as many: their differences are paired.
    """
    by_person = np.random.default_rng(1).multinomial(people, np.full(people, 1 / people), _DRAWS)
    by_group = np.random.default_rng(0).multinomial(groups, np.full(groups, 1 / groups), _DRAWS)
    return by_person, by_group
