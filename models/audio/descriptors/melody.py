"""Register, texture and the leading voice, from the sounding notes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.audio.cqt import FRAME_RATE_HZ
from models.audio.descriptors.grid import Columns, FloatArray, Track, window_mean, window_slope, window_std
from models.audio.descriptors.notes import NOTES, NoteFrames, over_frames

#: The leading voice is looked for around D5 (MIDI note 74), give or take an octave.
_VOICE_CENTRE = 74
_VOICE_SPREAD = 12
#: Notes below G3 are bass.
_BASS_BELOW = 55
#: Where nothing sounds the register is middle C.
_MIDDLE_C = 60
#: A note starts where its activation grows by this factor to this share of what sounds nearby.
_START_GROWTH = 1.6
_START_SHARE = 0.06
#: A note is held that sounded so many frames before: 0.28 s.
_HELD = 3
_NOTE_S = 1.0
_TEXTURE_S = 2.0


def _largest_nearby(x: FloatArray, width: int = 21) -> FloatArray:
    """Largest value within a second to either side."""
    padded = np.pad(x, width // 2, mode="edge")
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, width).max(axis=1))


def _moment(a: FloatArray, _frames: slice) -> FloatArray:
    """Of each frame: mean pitch, low and high end, share of the bass, effective number of notes, strong notes."""
    total = a.sum(axis=0)
    sounds = total > 1e-9
    safe = np.maximum(total, 1e-9)
    pitch = NOTES.astype(np.float32)
    running = a.cumsum(axis=0) / safe
    low, high = (
        np.where(sounds, pitch[(running < share).sum(axis=0).clip(max=len(pitch) - 1)], _MIDDLE_C)
        for share in (0.1, 0.9)
    )
    return np.stack(
        (
            np.where(sounds, pitch @ a / safe, _MIDDLE_C),
            low,
            high,
            a[pitch < _BASS_BELOW].sum(axis=0) / safe,
            total**2 / np.maximum((a**2).sum(axis=0), 1e-12) * sounds,
            (a > 0.25 * np.maximum(a.max(axis=0), 1e-9)).sum(axis=0).astype(np.float32),
        )
    )


def register(notes: NoteFrames, times_s: NDArray[np.float64]) -> Columns:
    """Where the notes lie, how many there are, and how they come and go."""
    total = notes.activation.sum(axis=0)
    weight = np.sqrt(total)
    nearby = np.maximum(_largest_nearby(total), 1e-9)

    def now(x: NDArray[np.floating]) -> FloatArray:
        return window_mean(x, FRAME_RATE_HZ, times_s, _NOTE_S, weight)

    def motion(a: FloatArray, frames: slice) -> FloatArray:
        """Frames that rise, start notes, or hold what sounded 0.28 s before."""
        rise, starts, held = out = np.zeros((3, a.shape[1]), np.float32)
        rise[1:] = np.maximum(np.diff(a, axis=1), 0).sum(axis=0)
        loud_enough = a[:, 1:] > _START_SHARE * nearby[frames][1:]
        starts[1:] = ((a[:, 1:] > _START_GROWTH * a[:, :-1]) & loud_enough).sum(axis=0)
        held[_HELD:] = np.minimum(a[:, _HELD:], a[:, :-_HELD]).sum(axis=0)
        return out

    mean, low, high, bass, polyphony, count = over_frames(_moment, notes.activation)
    columns = {
        "register": now(mean),
        "register_low": now(low),
        "register_high": now(high),
        "register_range": now(high - low),
        "bass_share": now(bass),
        "polyphony": now(polyphony),
        "note_count": now(count),
    }
    rise, starts, held = over_frames(motion, notes.activation, before=_HELD)
    around = window_mean(total, FRAME_RATE_HZ, times_s, _TEXTURE_S) + np.float32(1e-9)
    columns["note_rate"] = window_mean(starts, FRAME_RATE_HZ, times_s, 4.0) * np.float32(FRAME_RATE_HZ)
    columns["note_motion"] = window_mean(rise, FRAME_RATE_HZ, times_s, _TEXTURE_S) / around
    columns["sustain"] = window_mean(held, FRAME_RATE_HZ, times_s, _TEXTURE_S) / around
    return columns


def _leading(a: FloatArray, _frames: slice) -> FloatArray:
    """Of each frame: pitch and strength of the strongest note near the voice's register."""
    pitch = NOTES.astype(np.float32)
    weighted = a * np.exp(-0.5 * ((pitch - _VOICE_CENTRE) / _VOICE_SPREAD) ** 2)[:, None]
    return np.stack((pitch[weighted.argmax(axis=0)], weighted.max(axis=0)))


def melody(notes: NoteFrames, times_s: NDArray[np.float64]) -> tuple[Columns, Track]:
    """The leading voice: the strongest note near its register in each frame, and how it moves."""
    voice, strength = over_frames(_leading, notes.activation)
    total = notes.activation.sum(axis=0)
    interval, both = np.zeros(voice.size, np.float32), np.zeros(voice.size, np.float32)
    interval[1:] = np.diff(voice)
    both[1:] = np.minimum(strength[1:], strength[:-1])
    size = np.abs(interval)
    moving = size > 0.5

    def over(x: NDArray[np.floating], width_s: float, weight: FloatArray) -> FloatArray:
        return window_mean(x, FRAME_RATE_HZ, times_s, width_s, weight)

    columns = {
        "melody_pitch": over(voice, _NOTE_S, strength),
        "melody_strength": over(strength / np.maximum(total, 1e-9), _NOTE_S, np.sqrt(total)),
        "melody_motion": over(moving.astype(np.float32), 3.0, both),
        "melody_interval": over(np.minimum(size, 12), 3.0, both * moving),
        "melody_contour": window_slope(voice, FRAME_RATE_HZ, times_s, 3.0),
        "melody_range": window_std(voice, FRAME_RATE_HZ, times_s, 6.0),
    }
    mass = float((both * moving).sum()) + 1e-9

    def share(of: NDArray[np.bool_]) -> float:
        return float((both * of).sum() / mass)

    track = {
        "melody_semitones": share(np.abs(size - 1) < 0.5),
        "melody_seconds": share((size > 0.5) & (size < 2.5)),
        "melody_thirds": share((size > 2.5) & (size < 4.5)),
        "melody_fourths": share((size > 4.5) & (size < 7.5)),
        "melody_leaps": share(size > 7.5),
        "melody_ascent": share(interval > 0.5),
    }
    return columns, track
