"""What is known of a recording once it has been analysed: plain frozen data with units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]

#: The quadrants of Russell's plane, in the order of every array that has one column per quadrant.
QUADRANTS = ("Q1", "Q2", "Q3", "Q4")
#: What the field calls them, for people.
QUADRANT_NAMES = {"Q1": "happy, excited", "Q2": "angry, tense", "Q3": "sad", "Q4": "calm, relaxed"}

#: What a recording may turn out to hold; all but the first are no ground for a rating to stand on.
DomainKind = Literal["music", "unusual music", "speech", "noise", "silence", "drum loop"]


@dataclass(frozen=True)
class Overview:
    """What can be drawn of a recording before any model has spoken.

    Attributes
    ----------
    duration_s : float
        Length of the decoded signal in seconds.
    sample_rate_hz, channels : int
        Of the file, before conversion to 22,050 Hz mono.
    waveform : np.ndarray [shape=(n, 2), dtype=float32]
        Minimum and maximum of the mono signal in each bin, [-1, 1] for unclipped audio.
    waveform_bin_s : float
        Length of a waveform bin in seconds.
    spectrogram : np.ndarray [shape=(128, m), dtype=uint8]
        Log-mel power, row 0 the lowest band: 0 stands for `spectrogram_range_db[0]` and 255 for `[1]`, linear in dB.
    spectrogram_bin_s : float
        Length of a spectrogram column in seconds.
    spectrogram_range_db : tuple of float
        dB relative to a power of 1 that 0 and 255 stand for.
    band_hz : np.ndarray [shape=(128,)]
        Centre frequency of each mel band.
    loudness_db : np.ndarray [shape=(k,), dtype=float32]
        RMS level in dB relative to full scale, floored at -90, one value per `loudness_bin_s`.
    loudness_bin_s : float
        Seconds per loudness value.
    """

    duration_s: float
    sample_rate_hz: int
    channels: int
    waveform: FloatArray
    waveform_bin_s: float
    spectrogram: NDArray[np.uint8]
    spectrogram_bin_s: float
    spectrogram_range_db: tuple[float, float]
    band_hz: FloatArray
    loudness_db: FloatArray
    loudness_bin_s: float


@dataclass(frozen=True)
class Climax:
    """A region of heightened intensity: approach from `start_s`, `peak_s`, abatement until `end_s`.

    `strength` is in [0, 1]: how far the intensity contour rises above its surroundings. `cues` says by name (one of
    `Analysis.cue_names`) what each cue gives to the contour at the peak; empty in results of earlier versions.
    """

    start_s: float
    peak_s: float
    end_s: float
    strength: float
    cues: Mapping[str, float] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Transition:
    """A moment at which the trajectory turns: the mood before it and after it are apart.

    Attributes
    ----------
    time_s : float
        Seconds.
    before, after : tuple of float
        Valence and arousal, [-1, 1] each, of the stretches on both sides.
    strength : float
        [0, 1]: how far apart they are.
    """

    time_s: float
    before: tuple[float, float]
    after: tuple[float, float]
    strength: float


@dataclass(frozen=True)
class Domain:
    """Whether the recording is of the kind that the model was trained and measured on.

    Attributes
    ----------
    familiarity : float
        [0, 1]: 1 is like the training music, 0 like nothing in it.
    is_familiar : bool
        Whether the numbers may be read as measured; if not, they stand on nothing and `message` says why.
    kind : {"music", "unusual music", "speech", "noise", "silence", "drum loop"}
        What it sounds like.
    message : str
        What the reader must know, in a sentence; empty when there is nothing to say.
    """

    familiarity: float
    is_familiar: bool
    kind: DomainKind = "music"
    message: str = ""


@dataclass(frozen=True)
class GemsEstimate:
    """One of the nine emotions of the Geneva Emotional Music Scale and the share of listeners, [0, 1], who chose it."""

    name: str
    share: float


@dataclass(frozen=True)
class DescriptorCurves:
    """Musical descriptors that a musicologist would name, over time and for the whole recording.

    Attributes
    ----------
    names, units : tuple of str
        Of each descriptor, in the order of the columns of `values`.
    times_s : np.ndarray [shape=(t,), dtype=float32]
        Seconds; two values a second.
    values : np.ndarray [shape=(t, k), dtype=float32]
        NaN where the music has no such thing at that moment (a key in silence).
    summary : mapping of str to float
        Figures for the whole recording by name; what it does not have is not in it.
    """

    names: tuple[str, ...]
    units: tuple[str, ...]
    times_s: FloatArray
    values: FloatArray
    summary: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Analysis:
    """One model's account of one recording. Never changed, only replaced.

    Attributes
    ----------
    sha256 : str
        Of the file's content: the same music under two names has one hash.
    duration_s : float
        Seconds.
    sample_rate_hz : int
        Of the file.
    model_id, model_version : str
        The model that was asked.
    probabilities : np.ndarray [shape=(4,)]
        Of Q1..Q4 for the whole recording; they sum to 1.
    times_s : np.ndarray [shape=(t,)]
        Centre of each step in seconds; steps are `step_s` apart (0.37 s) and all arrays of shape (t, ...) share them.
    quadrants_over_time : np.ndarray [shape=(t, 4)]
        Probabilities at each moment, from the evidence in a window of about six seconds around it; rows sum to 1.
    contributions : np.ndarray [shape=(t, 4)]
        What each step added to the logits: they sum over time to `logits - bias`, exactly (equation 5 is linear).
    bias : np.ndarray [shape=(4,)]
        The network's output bias.
    attention : np.ndarray [shape=(t,)]
        Weight of each step in the whole recording (equation 4); sums to 1. Drawn relative to its maximum.
    valence, arousal : float
        [-1, 1], for the whole recording.
    valence_over_time, arousal_over_time : np.ndarray [shape=(t,)]
        [-1, 1].
    valence_arousal_source : {"derived", "regressor"}
        "derived": computed from the quadrant probabilities, V = P1 + P4 - P2 - P3 and A = P1 + P2 - P3 - P4.
    climaxes : tuple of Climax
        Strongest first.
    notes : tuple of str
        What the reader must know to read the numbers rightly (a short clip, repaired samples), in sentences.
    valence_band_over_time, arousal_band_over_time : np.ndarray [shape=(t, 2), dtype=float32] or None
        Lower and upper end, [-1, 1], of the band in which the rating lies with the probability `band_coverage`; None
        where the model states none.
    valence_band, arousal_band : tuple of float or None
        The same for the whole recording.
    band_coverage : float
        [0, 1], measured on music the model was not trained on; 0 when there is no band.
    domain : Domain or None
        Whether this is music the model knows; None where the model cannot tell.
    gems : tuple of GemsEstimate
        Nine shares, in the scale's order; empty where the model does not give them.
    descriptors : DescriptorCurves or None
        Musical descriptors; None where the model does not use them.
    heard : np.ndarray [shape=(s,), dtype=float32] or None
        Features of the whole recording (`models.audio.heard.Heard.summary`), by which recordings are compared with each
        other; None in results of earlier versions.
    cue_names : tuple of str
        Cues of intensity, by which climaxes are found; empty in results of earlier versions.
    cues_over_time : np.ndarray [shape=(t, c), dtype=float32] or None
        What each cue gives to the intensity contour at each step: they sum to it.
    intensity_over_time : np.ndarray [shape=(t,), dtype=float32] or None
        The contour, smoothed over a few seconds; 0 at the piece's typical moment.
    transitions : tuple of Transition
        Where the trajectory turns, in the order of time.
    """

    sha256: str
    duration_s: float
    sample_rate_hz: int
    model_id: str
    model_version: str
    probabilities: FloatArray
    times_s: FloatArray
    step_s: float
    quadrants_over_time: FloatArray
    contributions: FloatArray
    bias: FloatArray
    attention: FloatArray
    valence: float
    arousal: float
    valence_over_time: FloatArray
    arousal_over_time: FloatArray
    valence_arousal_source: Literal["derived", "regressor"]
    climaxes: tuple[Climax, ...] = ()
    notes: tuple[str, ...] = ()
    valence_band_over_time: FloatArray | None = None
    arousal_band_over_time: FloatArray | None = None
    valence_band: tuple[float, float] | None = None
    arousal_band: tuple[float, float] | None = None
    band_coverage: float = 0.0
    domain: Domain | None = None
    gems: tuple[GemsEstimate, ...] = ()
    descriptors: DescriptorCurves | None = None
    heard: FloatArray | None = None
    cue_names: tuple[str, ...] = ()
    cues_over_time: FloatArray | None = None
    intensity_over_time: FloatArray | None = None
    transitions: tuple[Transition, ...] = ()

    @property
    def quadrant(self) -> str:
        """The most probable quadrant, "Q1".."Q4"."""
        return QUADRANTS[int(np.argmax(self.probabilities))]

    @property
    def unfamiliar(self) -> str:
        """What the recording sounds like where the model does not know such music; empty where it does."""
        return "" if self.domain is None or self.domain.is_familiar else self.domain.kind
