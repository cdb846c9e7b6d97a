"""Samples come in pieces, descriptors come out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.audio.cqt import CqtStream
from models.audio.descriptors.chords import chords
from models.audio.descriptors.grid import Columns, FloatArray, Track, grid_times
from models.audio.descriptors.harmony import consonance, keys, pitch_classes
from models.audio.descriptors.melody import melody, register
from models.audio.descriptors.notes import note_frames
from models.audio.descriptors.rhythm import rhythm
from models.audio.descriptors.spectrum import DEPTH_DB, INDEX, frame_features, mean_level_db
from models.audio.descriptors.spectrum import NAMES as FRAME_NAMES
from models.audio.descriptors.table import NAMES, STATISTICS, SUMMARY_NAMES, TRACK_NAMES
from models.audio.descriptors.timbre import loudness, timbre
from models.audio.framing import KeptStream
from models.audio.log_mel import HOP_SAMPLES, N_BANDS, SAMPLE_RATE_HZ, LogMelStream

#: Log-mel frames that are worked on at a time.
_BLOCK = 4096
#: The loud level that log-mel frames are judged against: this share of the frames' loudest bands lies below it.
_LOUD = 0.95


@dataclass(frozen=True)
class Descriptors:
    """Musical descriptors of one recording.

    Attributes
    ----------
    times_s : np.ndarray [shape=(t,), dtype=float64]
        Instants, every 0.5 s from 0 up to the end.
    values : np.ndarray [shape=(t, k), dtype=float32]
        One column per entry of `DESCRIPTORS`, in that order and unit; all finite.
    summary_names : tuple of str
        `SUMMARY_NAMES`: "name.statistic" for what is summarised over time, a plain name for what is of the whole.
    summary : np.ndarray [shape=(s,), dtype=float32]
        One value per summary name.
    """

    times_s: NDArray[np.float64]
    values: FloatArray
    summary_names: tuple[str, ...]
    summary: FloatArray


class DescriptorStream:
    """Takes a mono signal at 22,050 Hz in pieces; keeps 17 kB per second of it at most, never the samples.

    Parameters
    ----------
    takes_log_mel : bool
        False where the caller computes the log-mel anyway and hands it to `finish`.
    """

    def __init__(self, *, takes_log_mel: bool = True) -> None:
        self._mel = KeptStream(LogMelStream()) if takes_log_mel else None
        self._cqt = KeptStream(CqtStream())
        self._samples = 0

    def push(self, y: FloatArray) -> None:
        """Take the next samples [shape=(n,)], any number of them."""
        self._samples += y.size
        if self._mel is not None:
            self._mel.push(y)
        self._cqt.push(y)

    def finish(self, log_mel: NDArray[np.floating] | None = None) -> Descriptors:
        """End of the signal: describe it.

        Parameters
        ----------
        log_mel : np.ndarray [shape=(128, 1 + n // 512)], optional
            `models.audio.log_mel.log_mel` of the whole, where it was not to be taken here; float16 will do.

        Raises
        ------
        ValueError
            If nothing was pushed, or the log-mel is missing or of another length.
        """
        if self._samples == 0:
            raise ValueError("there are no samples to describe")
        if self._mel is not None:
            log_mel = self._mel.take()
        expected = (N_BANDS, 1 + self._samples // HOP_SAMPLES)
        if log_mel is None or log_mel.shape != expected:
            raise ValueError(
                f"the log-mel must be of shape {expected}, not {None if log_mel is None else log_mel.shape}"
            )
        return describe_frames(log_mel, self._cqt.take(), self._samples / SAMPLE_RATE_HZ)


def describe(y: FloatArray) -> Descriptors:
    """Musical descriptors of a signal.

    Parameters
    ----------
    y : np.ndarray [shape=(n,), dtype=float32]
        Mono signal at 22,050 Hz, full scale 1.
    """
    stream = DescriptorStream()
    stream.push(y)
    return stream.finish()


def describe_frames(log_mel: NDArray[np.floating], log_cqt: NDArray[np.floating], duration_s: float) -> Descriptors:
    """Musical descriptors of a recording whose front ends are known.

    Parameters
    ----------
    log_mel : np.ndarray [shape=(128, n)]
        See `models.audio.log_mel.log_mel`.
    log_cqt : np.ndarray [shape=(252, m)]
        See `models.audio.cqt.log_cqt`.
    duration_s : float
    """
    times_s = grid_times(duration_s)
    return put_together(times_s, of_notes(log_cqt, times_s), of_frames(log_mel, times_s))


#: What one of the front ends says: over time and of the whole, by name.
Part = tuple[Columns, Track]


def of_notes(log_cqt: NDArray[np.floating], times_s: NDArray[np.float64]) -> Part:
    """Descriptors that follow from the constant-Q alone."""
    notes = note_frames(log_cqt)
    pitches = pitch_classes(notes, times_s)
    key_columns, key_track, key = keys(notes, pitches, times_s)
    columns: Columns = {**register(notes, times_s), **consonance(notes, pitches, times_s), **key_columns}
    track: Track = {**key_track, "tuning": notes.tuning_semitones}
    for more_columns, more_track in (melody(notes, times_s), chords(pitches, key, times_s)):
        columns |= more_columns
        track |= more_track
    return columns, track


def of_frames(log_mel: NDArray[np.floating], times_s: NDArray[np.float64]) -> Part:
    """Descriptors that follow from the log-mel alone."""
    frames, reference = mel_features(log_mel)
    columns: Columns = {}
    track: Track = {}
    for more_columns, more_track in (
        loudness(frames, reference, times_s),
        timbre(frames, times_s),
        rhythm(frames, times_s),
    ):
        columns |= more_columns
        track |= more_track
    return columns, track


def put_together(times_s: NDArray[np.float64], *parts: Part) -> Descriptors:
    """Descriptors of the parts that all of them follow from."""
    columns = {name: column for part, _ in parts for name, column in part.items()}
    track = {name: value for _, part in parts for name, value in part.items()}
    values = np.stack([columns[name] for name in NAMES], axis=1).astype(np.float32)
    return Descriptors(times_s, values, SUMMARY_NAMES, summarise(values, track))


def summarise(values: FloatArray, track: Track) -> FloatArray:
    """Statistics over time of each descriptor [shape=(t, k)], then what is of the whole [shape=(s,)]."""
    step = np.abs(np.diff(values, axis=0)).mean(axis=0) if len(values) > 1 else np.zeros(values.shape[1])
    p10, p50, p90 = np.percentile(values, (10, 50, 90), axis=0)
    table = np.stack((values.mean(axis=0), values.std(axis=0), p10, p50, p90, step), axis=1)
    assert table.shape[1] == len(STATISTICS)
    return np.concatenate((table.reshape(-1), [track[name] for name in TRACK_NAMES])).astype(np.float32)


def mel_features(log_mel: NDArray[np.floating]) -> tuple[FloatArray, float]:
    """Features of all log-mel frames [shape=(n, features)], and the loud level that they are relative to."""
    loudest = np.sort(log_mel.max(axis=0).astype(np.float32))
    reference = float(loudest[int(_LOUD * (loudest.size - 1))])
    frames = np.empty((log_mel.shape[1], len(FRAME_NAMES)), np.float32)
    before: FloatArray | None = None
    for at in range(0, log_mel.shape[1], _BLOCK):
        block = log_mel[:, at : at + _BLOCK].astype(np.float32)
        frames[at : at + _BLOCK] = frame_features(block, reference, before)
        before = block[:, -1:]
    level = frames[:, INDEX["level"]]
    np.maximum(level, np.float32(mean_level_db(frames) - DEPTH_DB), out=level)
    return frames, reference
