"""Two to six recordings on one axis: their curves there, what each is like as a whole, and where they differ."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from models.analysis import Analysis, Climax, Overview
from models.inference.differences import Differences, DifferingMoment, differences_at, differing_moments
from models.structure.align import Alignment
from models.structure.structure import Structure

DoubleArray = NDArray[np.float64]
#: What can be drawn over time, with its unit; valence and arousal are in [-1, 1].
Curve = Literal["valence", "arousal", "intensity", "loudness"]
CURVES: dict[Curve, str] = {"valence": "", "arousal": "", "intensity": "", "loudness": "dBFS"}
MOST_RECORDINGS = 6
#: Differences are looked at so often (s).
STEP_S = 0.5
_SILENT_DB = -90.0
#: Two tempi are about a factor of 2 apart within so many octaves of it.
_OCTAVE_SLACK = 0.1


@dataclass(frozen=True)
class Recording:
    """One of the recordings that are compared, as plain data.

    Attributes
    ----------
    title, artist : str
        For people.
    analysis : Analysis or None
        By the model that judges all of them; None while there is none.
    overview : Overview or None
        Waveform and loudness.
    structure : Structure or None
        Where its tempo is taken from.
    alignment : Alignment or None
        From the reference (its first) to this recording (its second); None puts them on the axis time for time.
    duration_s : float
        Seconds.
    """

    title: str
    artist: str = ""
    analysis: Analysis | None = None
    overview: Overview | None = None
    structure: Structure | None = None
    alignment: Alignment | None = None
    duration_s: float = 0.0

    def from_axis(self, time_s: DoubleArray) -> DoubleArray:
        """Return where moments of the axis lie in this recording, in seconds."""
        return np.asarray(time_s, np.float64) if self.alignment is None else self.alignment.to_second(time_s)

    def to_axis(self, time_s: DoubleArray) -> DoubleArray:
        """Return where moments of this recording lie on the axis, in seconds."""
        return np.asarray(time_s, np.float64) if self.alignment is None else self.alignment.to_first(time_s)

    def here(self, time_s: float) -> float:
        """Return where one moment of the axis lies in this recording, [0, its duration]."""
        return min(max(float(self.from_axis(np.array([time_s]))[0]), 0.0), self.duration_s)

    def there(self, time_s: float) -> float:
        """Return where one moment of this recording lies on the axis."""
        return float(self.to_axis(np.array([time_s]))[0])

    def is_on_axis(self, time_s: DoubleArray) -> NDArray[np.bool_]:
        """Return whether moments of this recording lie on the axis: where it is aligned, only what is matched does."""
        if self.alignment is None:
            return np.ones(np.shape(time_s), bool)
        matched_s = self.alignment.second_s
        return np.asarray((time_s >= matched_s[0] - 1e-6) & (time_s <= matched_s[-1] + 1e-6))

    def on_axis(self, curve: Curve, times_s: DoubleArray) -> DoubleArray:
        """Return a curve at moments of the axis [shape=(t,)]; NaN where this recording has nothing of the kind."""
        times, values = self.samples(curve)
        at = self.from_axis(times_s)
        if not len(times):
            return np.full(len(at), np.nan)
        return np.where(self.has(times_s), np.interp(at, times, values), np.nan)

    def has(self, times_s: DoubleArray) -> NDArray[np.bool_]:
        """Return at which moments of the axis this recording has something, sound or not."""
        at = self.from_axis(times_s)
        # Where the axis reaches beyond the recording, it says nothing.
        inside = np.asarray((at >= 0.0) & (at <= self.duration_s))
        if self.alignment is not None:
            inside &= (times_s >= self.alignment.first_s[0] - 1e-6) & (times_s <= self.alignment.first_s[-1] + 1e-6)
        return inside

    def samples(self, curve: Curve) -> tuple[DoubleArray, DoubleArray]:
        """Return a curve as it was measured: times in this recording and values; empty where there is none."""
        analysis, nothing = self.analysis, np.empty(0)
        if curve == "loudness":
            if self.overview is None:
                return nothing, nothing
            level = np.asarray(self.overview.loudness_db, np.float64)
            times_s = (np.arange(len(level), dtype=np.float64) + 0.5) * self.overview.loudness_bin_s
            return times_s, level
        if analysis is None:
            return nothing, nothing
        values = {
            "valence": analysis.valence_over_time,
            "arousal": analysis.arousal_over_time,
            "intensity": analysis.intensity_over_time,
        }[curve]
        if values is None:
            return nothing, nothing
        return np.asarray(analysis.times_s, np.float64), np.asarray(values, np.float64)

    @property
    def tempo_bpm(self) -> float | None:
        """Beats a minute, an estimate: of the beats where they were found, else the model's descriptor."""
        if self.structure is not None and self.structure.tempo_bpm is not None:
            return self.structure.tempo_bpm
        described = self.analysis.descriptors if self.analysis is not None else None
        return None if described is None else described.summary.get("track_tempo")

    @property
    def other_tempo_bpm(self) -> float | None:
        """The descriptor's tempo where that of the beats is about twice or half of it; None where they agree."""
        described = self.analysis.descriptors if self.analysis is not None else None
        other = None if described is None else described.summary.get("track_tempo")
        tempo = self.tempo_bpm
        if tempo is None or not other or not np.isfinite(other) or other <= 0:
            return None
        return other if abs(abs(np.log2(tempo / other)) - 1.0) < _OCTAVE_SLACK else None

    @property
    def loudness_db(self) -> float | None:
        """Mean power of the whole in dB relative to full scale; None where it was not decoded or is silent."""
        if self.overview is None or not len(self.overview.loudness_db):
            return None
        level = 10 * np.log10(np.mean(10 ** (np.asarray(self.overview.loudness_db, np.float64) / 10)))
        return float(level) if level > _SILENT_DB else None

    @property
    def main_climax(self) -> Climax | None:
        """The strongest one."""
        return self.analysis.climaxes[0] if self.analysis is not None and self.analysis.climaxes else None


@dataclass(frozen=True)
class Difference:
    """How far a recording is from the reference.

    Attributes
    ----------
    over_time : Differences
        Along the axis.
    distance : float
        Mean distance in the plane of valence and arousal, [0, 2.83].
    moments : tuple of DifferingMoment
        Where they differ most, those farthest beyond each other's bands first (`rank`), in the axis' time.
    """

    over_time: Differences
    distance: float
    moments: tuple[DifferingMoment, ...]


def axis_duration(recordings: Sequence[Recording]) -> float:
    """Length of the axis that all share: the reference's where they are aligned, else the longest's (s)."""
    if any(recording.alignment is not None for recording in recordings):
        return recordings[0].duration_s
    return max((recording.duration_s for recording in recordings), default=0.0)


def difference(reference: Recording, other: Recording, most: int = 8) -> Difference | None:
    """Compare a recording with the reference along the axis; None while one of them is not analysed.

    Only where both sound: what lies beyond the end of one, or belongs to nothing in the other, is no difference.
    """
    first, second = reference.analysis, other.analysis
    if first is None or second is None:
        return None
    start_s, end_s = 0.0, min(reference.duration_s, other.duration_s)
    if other.alignment is not None:
        start_s, end_s = float(other.alignment.first_s[0]), float(other.alignment.first_s[-1])
    count = int((end_s - start_s) / STEP_S)
    if count < 1:
        return None
    times_s = start_s + (np.arange(count, dtype=np.float64) + 0.5) * STEP_S
    found = differences_at(
        first,
        second,
        times_s.astype(np.float32),
        times_s.astype(np.float32),
        other.from_axis(times_s).astype(np.float32),
        STEP_S,
    )
    if not len(found.times_s):
        return None
    # Their aspects are halves of differences in a range that is two wide.
    distance = float(np.mean(2 * np.hypot(found.over_time[:, 1], found.over_time[:, 2])))
    moments = [
        replace(moment, beyond=_beyond(first, second, moment.peak_s, other.here(moment.peak_s)))
        for moment in differing_moments(found, 2 * most)
    ]
    return Difference(found, distance, tuple(sorted(moments, key=rank)[:most]))


def rank(moment: DifferingMoment) -> tuple[float, float]:
    """Order moments by what is left between the bands, then by size, the largest first."""
    return -(moment.beyond or 0.0), -moment.size


def _beyond(first: Analysis, second: Analysis, first_s: float, second_s: float) -> float | None:
    """How far apart the bands of two analyses are at moments that belong together; None without bands."""
    gaps = []
    for name in ("valence_band_over_time", "arousal_band_over_time"):
        one, other = getattr(first, name), getattr(second, name)
        if one is None or other is None:
            return None
        low, high = one[int(np.abs(first.times_s - first_s).argmin())]
        low_2, high_2 = other[int(np.abs(second.times_s - second_s).argmin())]
        gaps.append(max(0.0, float(low_2 - high), float(low - high_2)))
    return math.hypot(*gaps)
