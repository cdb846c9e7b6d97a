"""Whether a recording is music to rate at all: speech, noise, silence and drums alone are not.

A multinomial logistic regression looks at ten seconds at a time: at the mean and the spread of what the tagger hears.
It was trained on real and rendered music against synthesised speech, noise and drums by `packaging/train_domain.py`;
`docs/domain.md` says how often it is right. Silence is a matter of level alone, and the level plays no other part.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.analysis import Domain, DomainKind, FloatArray
from models.audio.log_mel import SAMPLE_RATE_HZ
from models.audio.overview import LOUDNESS_BIN_SAMPLES, LOUDNESS_FLOOR_DB
from models.audio.tagger import N_FEATURES, STEP_S

#: What the classifier tells apart, in the order of its outputs.
KINDS: tuple[DomainKind, ...] = ("music", "speech", "noise", "drum loop")
WEIGHTS = Path(__file__).with_name("domain.safetensors")
#: Ten seconds, and half of it from one window to the next.
WINDOW_STEPS, HOP_STEPS = 20, 10
#: dB of full scale. A step that stays below holds nothing to hear: the hiss of a sound card lies there, no music.
SILENT_DB = -60.0
#: Share of a recording that must be heard, or it is silence with something in it.
_LEAST_HEARD = 0.1
#: A window with fewer steps to hear than this (2 s) is judged by its neighbours.
_FEWEST_STEPS = 4
#: Share of what is heard from which a recording as a whole is no music, and from which a part of it is worth saying.
_WHOLE, _PART = 0.5, 0.2
_SHORTEST_PART_S = 8.0
#: Quantile of the training music's own novelty from which music is unusual: one recording in a hundred by chance.
UNUSUAL_NOVELTY = 0.99
_NOVELTY_POWER = 8

_SOUNDS: dict[DomainKind, str] = {"speech": "speech", "noise": "noise", "drum loop": "drums alone"}
_MESSAGES: dict[DomainKind, str] = {
    "speech": "Sounds like speech, and speech has no musical emotion to estimate: choose music, or cut out the talk.",
    "noise": "Sounds like noise or like sounds of the surroundings: check that this is the file that you meant.",
    "drum loop": "Sounds like drums alone; without melody and harmony valence stands on nothing: add the other parts.",
    "silence": "Is silent or nearly so: check the file and the level at which it was recorded.",
    "unusual music": "Is unlike nearly all music that the model learned from: trust your ear more than the numbers.",
}


@dataclass(frozen=True)
class _Weights:
    mean: FloatArray
    scale: FloatArray
    weight: FloatArray
    bias: FloatArray


@cache
def _weights() -> _Weights:
    from safetensors.numpy import load_file

    return _Weights(**load_file(WEIGHTS))


def window_features(tags: FloatArray) -> FloatArray:
    """Mean and standard deviation over time of what the tagger heard [shape=(steps, 250)]: [shape=(500,)]."""
    values = np.asarray(tags, np.float32)
    return np.concatenate((values.mean(axis=0), values.std(axis=0)))


def heard_steps(loudness_db: FloatArray, steps: int) -> NDArray[np.bool_]:
    """Which of the tagger's steps hold something to hear [shape=(steps,)], by `Overview.loudness_db`.

    A step is heard if any of the loudness values in its half second is above -60 dB of full scale.
    """
    per_step = round(STEP_S * SAMPLE_RATE_HZ / LOUDNESS_BIN_SAMPLES)
    levels = np.full(steps * per_step, LOUDNESS_FLOOR_DB, np.float32)
    known = np.asarray(loudness_db, np.float32)[: levels.size]
    levels[: known.size] = known
    heard: NDArray[np.bool_] = levels.reshape(steps, per_step).max(axis=1) > SILENT_DB
    return heard


def windows(heard: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and last step (exclusive) of each window in which enough is heard; the last window ends with the music."""
    steps = heard.size
    starts = list(range(0, max(1, steps - WINDOW_STEPS + 1), HOP_STEPS))
    if starts[-1] + WINDOW_STEPS < steps:
        starts.append(steps - WINDOW_STEPS)
    spans = [(start, min(steps, start + WINDOW_STEPS)) for start in starts]
    full = [(start, end) for start, end in spans if heard[start:end].sum() >= _FEWEST_STEPS]
    return full or [(0, steps)]


def kinds_over_time(tags: FloatArray, heard: NDArray[np.bool_]) -> FloatArray:
    """Probability of each of `KINDS` at each step, from the windows around it.

    Parameters
    ----------
    tags : np.ndarray [shape=(steps, 250), dtype=float32]
    heard : np.ndarray [shape=(steps,), dtype=bool]
        The other steps are not listened to. At least one is heard.

    Returns
    -------
    np.ndarray [shape=(steps, 4), dtype=float32]
        Rows sum to 1, but for steps that no window covers, as hardly anything is heard around them: these are 0.
    """
    net = _weights()
    total = np.zeros((heard.size, len(KINDS)), np.float32)
    count = np.zeros((heard.size, 1), np.float32)
    for start, end in windows(heard):
        x = (window_features(tags[start:end][heard[start:end]]) - net.mean) / net.scale
        logits = net.weight @ x + net.bias
        e = np.exp(logits - logits.max())
        total[start:end] += e / e.sum()
        count[start:end] += 1
    return (total / np.maximum(count, 1)).astype(np.float32)


def judge_domain(tags: FloatArray, loudness_db: FloatArray, novelty: float | None = None) -> Domain:
    """Judge whether a recording is music to rate.

    Parameters
    ----------
    tags : np.ndarray [shape=(steps, 250), dtype=float32]
        What `models.audio.tagger` heard, a step every 0.5 s.
    loudness_db : np.ndarray [shape=(k,), dtype=float32]
        `Overview.loudness_db`: dB of full scale, a value every 0.1 s.
    novelty : float, optional
        How far the recording lies from the model's training music, [0, 1], as a quantile: the share of pieces of the
        training music that lie nearer to the rest of it than this recording does. 0.5 is ordinary; 1 is farther off
        than all. Without it music is never "unusual music".

    Returns
    -------
    Domain
        `familiarity` is the mean probability of music over what is heard, times ``1 - novelty ** 8``: ordinary music
        keeps it (0.996 at the median), and half is left at a novelty of 0.92. `is_familiar` is false for silence, for
        a recording of which at least half sounds like anything but music (`kind` is what most of that sounds like),
        and for music whose novelty is 0.99 or more. Where a smaller part, at least a fifth and 8 s, sounds like
        something else, the recording is still familiar, and `message` says which part that is.

    Raises
    ------
    ValueError
        For tags of another shape.
    """
    tags = np.asarray(tags, np.float32)
    if tags.ndim != 2 or tags.shape[1] != N_FEATURES or not tags.shape[0]:
        raise ValueError(f"tags must be of shape (steps, {N_FEATURES}), not {tags.shape}")
    heard = heard_steps(loudness_db, tags.shape[0])
    if not heard.any() or heard.mean() < _LEAST_HEARD:
        return Domain(0.0, is_familiar=False, kind="silence", message=_MESSAGES["silence"])
    probabilities = kinds_over_time(tags, heard)
    probabilities = probabilities[heard & (probabilities.sum(axis=1) > 0)]
    foreign = 1.0 - probabilities[:, 0] > 0.5
    nearest = 1 + probabilities[:, 1:].argmax(axis=1)
    shares = {kind: float(np.mean(foreign & (nearest == i))) for i, kind in enumerate(KINDS) if i}
    kind = max(shares, key=lambda name: shares[name])
    share = sum(shares.values())

    familiarity = float(np.clip(probabilities[:, 0].mean(), 0.0, 1.0))
    if novelty is not None:
        familiarity *= 1.0 - float(np.clip(novelty, 0.0, 1.0)) ** _NOVELTY_POWER
    if share >= _WHOLE:
        return Domain(familiarity, is_familiar=False, kind=kind, message=_MESSAGES[kind])
    message = ""
    if share >= _PART and share * len(foreign) * STEP_S >= _SHORTEST_PART_S:
        message = (
            f"Part of this recording ({share:.0%}) sounds like {_SOUNDS[kind]}: the curves mean little there, and the "
            "answer for the whole takes it in. Cut that part out to rate the music alone."
        )
    if novelty is not None and novelty >= UNUSUAL_NOVELTY:
        unusual = f"{_MESSAGES['unusual music']} {message}".strip()
        return Domain(familiarity, is_familiar=False, kind="unusual music", message=unusual)
    return Domain(familiarity, is_familiar=True, kind="music", message=message)
