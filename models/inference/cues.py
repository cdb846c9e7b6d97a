"""Six cues of intensity, and the contour that they make together: what climaxes are found by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.audio.descriptors import DESCRIPTORS, Descriptors
from models.audio.log_mel import FRAME_S
from models.networks import FRAMES_PER_STEP
from models.numerics import smooth

Curve = NDArray[np.float64]
Numbers = NDArray[np.floating]


@dataclass(frozen=True)
class Cue:
    """A cue of intensity.

    Attributes
    ----------
    name : str
    meaning : str
        What it measures, with its unit.
    step : float
        How much of it counts as one, in that unit.
    weight : float
        Its share in the contour; those of all cues sum to 1.
    """

    name: str
    meaning: str
    step: float
    weight: float


#: In the order of every array. Weights and steps were chosen on planted climaxes (docs/climaxes.md).
CUES = (
    Cue("contribution", "how much a moment pushed the model's answer, nepers against the typical moment", 1.0, 0.06),
    Cue("arousal", "the model's arousal, in [-1, 1]", 0.6, 0.15),
    Cue("loudness", "power of all mel bands, dB", 10.0, 0.28),
    Cue("register", "mean pitch of what sounds, semitones", 12.0, 0.28),
    Cue("brightness", "how far the spectrum's centroid lies above that pitch, octaves", 1.0, 0.11),
    Cue("density", "how much starts to sound at each moment (flux), nepers", 0.7, 0.12),
)
NAMES = tuple(cue.name for cue in CUES)
_WEIGHTS = np.array([cue.weight for cue in CUES])

#: Smoothing of the contour: a climax is not the loudest second.
CONTOUR_SIGMA_S = 1.0
#: A cue counts up to so many of its steps: one alone does not decide.
_MOST_STEPS = 2.0
#: What a cue counts below its typical value, as a share of what it counts above: a soft moment may be a high one.
_BELOW = 0.15
#: Steps this far below the recording's loudest moment are silence and are not heard (dB).
_QUIET_DB = -50.0
#: A gap of at most so many seconds, at least this far below the lower of what sounds before and after, is a pause.
_LONGEST_PAUSE_S, _PAUSE_DB = 4.0, 12.0
#: Flux that counts as none (nepers per frame), and contributions, against the typical one.
_LEAST_FLUX, _LEAST_CONTRIBUTION = 0.02, 1e-3
_NOTE_OF_1_KHZ = 69 + 12 * np.log2(1000 / 440)
_COLUMNS = {descriptor.name: i for i, descriptor in enumerate(DESCRIPTORS)}


@dataclass(frozen=True)
class Cues:
    """What the sound itself says, at each step, [shape=(t,)] each.

    Attributes
    ----------
    loudness : np.ndarray
        dB.
    register : np.ndarray
        MIDI note.
    brightness : np.ndarray
        Octaves above the register.
    density : np.ndarray
        Nepers.
    """

    loudness: Curve
    register: Curve
    brightness: Curve
    density: Curve

    @property
    def audible(self) -> NDArray[np.bool_]:
        """Where anything is heard: [shape=(t,), dtype=bool]."""
        out: NDArray[np.bool_] = self.loudness > self.loudness.max() + _QUIET_DB
        return out


@dataclass(frozen=True)
class Intensity:
    """The contour and what makes it.

    Attributes
    ----------
    contour : np.ndarray [shape=(t,)]
        0 at the piece's typical moment; 1 is what one step of every cue makes together.
    cues : np.ndarray [shape=(t, 6)]
        What each of `CUES` gives to it; they sum to it.
    """

    contour: Curve
    cues: Curve


def measure_cues(
    log_mel: Numbers, descriptors: Descriptors, n_steps: int, frames_per_step: float = FRAMES_PER_STEP
) -> Cues:
    """Measure loudness, register, brightness and density of each step.

    Parameters
    ----------
    log_mel : np.ndarray [shape=(128, frames)]
        See `models.audio.log_mel`; float16 will do.
    descriptors : Descriptors
        Of the same recording.
    n_steps : int
        Step i begins at the frame nearest to ``i * frames_per_step``.
    frames_per_step : float
    """
    grid_s = descriptors.times_s
    centres_s = (np.arange(n_steps) + 0.5) * frames_per_step * FRAME_S

    def read(name: str) -> Curve:
        out: Curve = np.interp(centres_s, grid_s, descriptors.values[:, _COLUMNS[name]].astype(np.float64))
        return out

    register = read("register")
    return Cues(
        loudness=_loudness_db(log_mel, n_steps, frames_per_step),
        register=register,
        # The centroid rises with the pitch: only what it has over that is timbre.
        brightness=read("brightness") - (register - _NOTE_OF_1_KHZ) / 12,
        density=np.log(read("flux") + _LEAST_FLUX),
    )


def _loudness_db(log_mel: Numbers, n_steps: int, frames_per_step: float) -> Curve:
    firsts = np.minimum(np.round(np.arange(n_steps + 1) * frames_per_step).astype(np.int64), log_mel.shape[1])
    firsts[:-1] = np.minimum(firsts[:-1], log_mel.shape[1] - 1)
    power = np.empty(n_steps)
    chunk = 256
    for first in range(0, n_steps, chunk):
        last = min(n_steps, first + chunk)
        start, stop = firsts[first], max(firsts[last], firsts[last - 1] + 1)
        total = np.exp(log_mel[:, start:stop].astype(np.float32)).sum(axis=0, dtype=np.float64)
        edges = firsts[first:last] - start
        lengths = np.maximum(np.diff(np.append(edges, stop - start)), 1)
        power[first:last] = np.add.reduceat(total, edges) / lengths
    out: Curve = 10 * np.log10(power)
    return out


def intensity(cues: Cues, arousal: Numbers, contributions: Numbers, step_s: float) -> Intensity:
    """Weigh the cues against their typical values, and sum and smooth them.

    Parameters
    ----------
    cues : Cues
        What the sound says.
    arousal : np.ndarray [shape=(t,)]
        The model's, in [-1, 1].
    contributions : np.ndarray [shape=(t, 4)]
        What each step added to the model's logits.
    step_s : float
        Length of a step.

    Returns
    -------
    Intensity
        The typical value of a cue is its median over what is heard. Through a pause between sounds the cues go from
        what was before to what comes after: a general pause is part of the climax that it stands in.
    """
    audible = cues.audible
    pause = _pauses(cues.loudness, step_s)
    sounds = audible & ~pause
    at = np.arange(len(audible))
    measured = {
        "contribution": _pushing(contributions, sounds),
        "arousal": np.asarray(arousal, np.float64),
        "loudness": cues.loudness,
        "register": cues.register,
        "brightness": cues.brightness,
        "density": cues.density,
    }
    columns = np.empty((len(at), len(CUES)))
    for i, cue in enumerate(CUES):
        values = measured[cue.name]
        steps = np.clip((values - np.median(values[sounds])) / cue.step, -_MOST_STEPS, _MOST_STEPS)
        steps = np.interp(at, at[sounds], np.where(steps < 0, _BELOW * steps, steps)[sounds])
        # What is heard of a silence that is no pause is its noise.
        columns[:, i] = cue.weight * np.where(sounds | pause, steps, -1.0)
    columns = smooth(columns, CONTOUR_SIGMA_S / step_s)
    columns -= _WEIGHTS * np.median(columns.sum(axis=1)[sounds])
    return Intensity(columns.sum(axis=1), columns)


def _pushing(contributions: Numbers, sounds: NDArray[np.bool_]) -> Curve:
    """How much each step pushed the answer, whichever way: nepers against the typical step.

    What all four quadrants get alike moves no probability and does not count.
    """
    pushed = np.asarray(contributions, np.float64)
    size = np.linalg.norm(pushed - pushed.mean(axis=1, keepdims=True), axis=1)
    typical = float(np.median(size[sounds]))
    if typical <= 0:
        return np.zeros(len(size))
    out: Curve = np.log(size / typical + _LEAST_CONTRIBUTION)
    return out


def _pauses(loudness_db: Curve, step_s: float) -> NDArray[np.bool_]:
    """Where a short gap is: a closing by the longest pause fills it to the lower of its two shoulders."""
    reach = max(1, round(_LONGEST_PAUSE_S / step_s / 2))
    floor_db = loudness_db.max() + _QUIET_DB
    # Before and after the recording is silence: what joins it is no gap.
    level = np.pad(np.maximum(loudness_db, floor_db), 2 * reach, constant_values=floor_db)

    def widest(x: Curve) -> Curve:
        padded = np.pad(x, reach, mode="edge")
        out: Curve = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1).max(axis=1)
        return out

    filled = -widest(-widest(level))
    out: NDArray[np.bool_] = (filled - level > _PAUSE_DB)[2 * reach : -2 * reach]
    return out
