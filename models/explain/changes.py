"""What can be done to a recording: louder or softer, faster or slower, higher or lower, brighter or darker."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from models.audio.log_mel import SAMPLE_RATE_HZ

FloatArray = NDArray[np.float32]
ChangeKind = Literal["gain", "tempo", "pitch", "treble", "low-pass", "high-pass"]
CHANGE_KINDS: tuple[ChangeKind, ...] = get_args(ChangeKind)

#: Where a changed stretch meets what stays, one fades into the other (s).
FADE_S = 0.05
#: Above this frequency (Hz) "treble" raises or lowers; half of it is reached here.
TREBLE_HZ = 2000.0
#: Taps of the filters: 0.19 s, zero phase.
_TAPS = 4097
#: Order of the Butterworth magnitudes: 24 dB per octave.
_ORDER = 4
#: Window and hop of the phase vocoder; output frames that are made at a time.
_N_FFT, _HOP, _FRAMES = 2048, 512, 512


class ChangeFacts(NamedTuple):
    """A kind of change: its unit, the range it may have, what changes nothing, and what it is and is not."""

    unit: str
    low: float
    high: float
    nothing: float
    note: str


_FILTERED = "A filter takes sound away or raises it: darker playing or another instrumentation is something else."
CHANGES: dict[ChangeKind, ChangeFacts] = {
    "gain": ChangeFacts(
        "dB", -40, 20, 0.0,
        "Only the level changes: played louder, instruments would sound otherwise too. Nothing is clipped.",
    ),
    "tempo": ChangeFacts(
        "times the tempo", 0.5, 2, 1.0,
        "Stretched by a phase vocoder; the pitch stays. Attacks are smeared, vibrato and ornaments move with the "
        "tempo: players do neither.",
    ),
    "pitch": ChangeFacts(
        "semitones", -12, 12, 0.0,
        "All of the sound is shifted, the colour of voices and instruments with it: it is no transposed performance.",
    ),
    "treble": ChangeFacts("dB", -24, 12, 0.0, _FILTERED),
    "low-pass": ChangeFacts("Hz", 40, 10_000, np.inf, _FILTERED),
    "high-pass": ChangeFacts("Hz", 40, 10_000, 0.0, _FILTERED),
}  # fmt: skip


@dataclass(frozen=True)
class Change:
    """Something done to a recording.

    Attributes
    ----------
    kind : str
        "gain" (dB, -40 to 20), "tempo" (factor, 0.5 to 2; the pitch stays), "pitch" (semitones, -12 to 12; the tempo
        stays), "treble" (dB above 2 kHz, -24 to 12), "low-pass" or "high-pass" (Hz, 40 to 10,000).
    amount : float
        How much, in that unit.
    """

    kind: ChangeKind
    amount: float


def applied(y: FloatArray, change: Change, first: int, last: int) -> FloatArray:
    """Change the samples `first` to `last` (exclusive) of a mono signal at 22,050 Hz [shape=(n,)].

    What lies outside stays as it is, but for a fade of `FADE_S` within the stretch; a change of tempo moves what comes
    after.
    """
    if change.amount == CHANGES[change.kind].nothing:
        return y
    if change.kind == "tempo":
        return _with_tempo(y, change.amount, first, last)
    # Filters and the vocoder hear a little around the stretch, so that its ends are no edges to them.
    begin, end = max(0, first - _TAPS), min(y.size, last + _TAPS)
    changed = _changed(y[begin:end], change)[first - begin : last - begin]
    weight = _faded(last - first, into=first > 0, out_of=last < y.size)
    out = y.copy()
    out[first:last] += weight * (changed - y[first:last])
    return out


def _changed(y: FloatArray, change: Change) -> FloatArray:
    if change.kind == "gain":
        return y * np.float32(10 ** (change.amount / 20))
    if change.kind == "pitch":
        return _shifted(y, change.amount)
    frequencies_hz = np.fft.rfftfreq(_TAPS - 1, 1 / SAMPLE_RATE_HZ)
    # The square of a Butterworth magnitude above `cut`, 0 to 1.
    cut_hz = TREBLE_HZ if change.kind == "treble" else change.amount
    order = 2 if change.kind == "treble" else _ORDER
    high = 1 / (1 + (cut_hz / np.maximum(frequencies_hz, 1e-3)) ** (2 * order))
    if change.kind == "treble":
        return _filtered(y, 10 ** (change.amount * high / 20))
    return _filtered(y, np.sqrt(high if change.kind == "high-pass" else 1 - high))


def _filtered(y: FloatArray, magnitude: NDArray[np.float64]) -> FloatArray:
    """Filter with zero phase, by a magnitude at the frequencies of `np.fft.rfftfreq(_TAPS - 1)`."""
    half = (_TAPS - 1) // 2
    taps = np.roll(np.fft.irfft(magnitude), half)
    taps = np.append(taps, taps[0]) * np.hanning(_TAPS)
    size = 1 << 17
    step = size - _TAPS + 1
    response = np.fft.rfft(taps, size)
    out = np.zeros(y.size + _TAPS - 1, np.float32)
    for at in range(0, y.size, step):
        piece = np.fft.irfft(np.fft.rfft(y[at : at + step], size) * response)
        length = min(size, out.size - at)
        out[at : at + length] += piece[:length].astype(np.float32)
    return out[half : half + y.size]


def _shifted(y: FloatArray, semitones: float) -> FloatArray:
    """Shift all frequencies: longer by the ratio, then played faster by it."""
    import soxr

    ratio = 2 ** (semitones / 12)
    faster = np.asarray(soxr.resample(stretched(y, 1 / ratio), ratio * SAMPLE_RATE_HZ, SAMPLE_RATE_HZ), np.float32)
    return np.pad(faster, (0, max(0, y.size - faster.size)))[: y.size]


def _with_tempo(y: FloatArray, factor: float, first: int, last: int) -> FloatArray:
    fade = min(round(FADE_S * SAMPLE_RATE_HZ), round((last - first) / factor) // 2)
    # So much more of the recording on both sides, where there is any, is what the fades are made of.
    before, after = (fade if first > 0 else 0), (fade if last < y.size else 0)
    begin, end = max(0, first - round(before * factor)), min(y.size, last + round(after * factor))
    inner = stretched(y[begin:end], factor)
    length = round((last - first) / factor)
    inner = np.pad(inner, (0, max(0, before + length + after - inner.size)))[: before + length + after]
    out = np.concatenate((y[:first], np.zeros(length, np.float32), y[last:]))
    before, after = min(before, first), min(after, y.size - last)
    inner = inner[inner.size - length - after - before :] if before else inner
    weight = np.ones(inner.size, np.float32)
    ramp = _ramp(fade)
    if before:
        weight[:before] = ramp[:before]
    if after:
        weight[inner.size - after :] = ramp[::-1][:after]
    where = slice(first - before, first - before + inner.size)
    out[where] += weight * (inner - out[where])
    return out


def stretched(y: FloatArray, factor: float) -> FloatArray:
    """Play faster by a factor at the same pitch, by a phase vocoder (Flanagan and Golden 1966).

    Magnitudes are read between frames where the new time lies. The phase of each spectral peak goes on by what it
    advances there, and the bins around it keep their phases against it (Laroche and Dolson 1999, identity phase
    locking): without that a tone would lose its level.

    Parameters
    ----------
    y : np.ndarray [shape=(n,)]
        Mono signal.
    factor : float
        Above 1 it is shorter.

    Returns
    -------
    np.ndarray [shape=(round(n / factor),), dtype=float32]
    """
    length = round(y.size / factor)
    frames = 1 + -(-length // _HOP)
    # Half a window of silence before the first sample, and enough after the last.
    padded = np.pad(y, (_N_FFT // 2, 2 * _N_FFT + _HOP))
    last_frame = (padded.size - _N_FFT) // _HOP
    out, weight = np.zeros((2, (frames - 1) * _HOP + _N_FFT), np.float32)
    turning = 2 * np.pi * _HOP * np.arange(_N_FFT // 2 + 1) / _N_FFT
    #: Phases that the next frame would have, bin by bin.
    ahead: NDArray[np.float64] | None = None
    for at in range(0, frames, _FRAMES):
        place = np.minimum(np.arange(at, min(at + _FRAMES, frames)) * factor, last_frame - 1)
        below = place.astype(np.int64)
        piece = padded[below[0] * _HOP : (below[-1] + 1) * _HOP + _N_FFT]
        windows = np.lib.stride_tricks.sliding_window_view(piece, _N_FFT)[::_HOP]
        spectrum = np.fft.rfft(windows * _window(), axis=1)
        first, second = spectrum[below - below[0]], spectrum[below - below[0] + 1]
        part = (place - below)[:, None]
        magnitude = (1 - part) * np.abs(first) + part * np.abs(second)
        angle = np.angle(first)
        step = np.angle(second) - angle - turning
        step = turning + step - 2 * np.pi * np.round(step / (2 * np.pi))
        phases = np.empty_like(angle)
        for i in range(len(angle)):
            phases[i] = angle[i] if ahead is None else _locked(magnitude[i], angle[i], ahead)
            ahead = np.remainder(phases[i] + step[i], 2 * np.pi)
        made = (np.fft.irfft(magnitude * np.exp(1j * phases), axis=1) * _window()).astype(np.float32)
        for i, frame in enumerate(made, start=at):
            out[i * _HOP : i * _HOP + _N_FFT] += frame
            weight[i * _HOP : i * _HOP + _N_FFT] += _window() ** 2
    out /= np.maximum(weight, 1e-3)
    return out[_N_FFT // 2 : _N_FFT // 2 + length]


@cache
def _window() -> FloatArray:
    return np.hanning(_N_FFT + 1)[:-1].astype(np.float32)


def _locked(
    magnitude: NDArray[np.float64], angle: NDArray[np.float64], ahead: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Phases of one frame: peaks go on, and what lies around a peak keeps its angle to it."""
    peaks = 1 + np.flatnonzero((magnitude[1:-1] > magnitude[:-2]) & (magnitude[1:-1] >= magnitude[2:]))
    if not peaks.size:
        return ahead
    ends = np.concatenate(([0], (peaks[:-1] + peaks[1:] + 1) // 2, [magnitude.size]))
    turned = np.repeat(ahead[peaks] - angle[peaks], np.diff(ends))
    out: NDArray[np.float64] = angle + turned
    return out


def _ramp(samples: int) -> FloatArray:
    return (0.5 - 0.5 * np.cos(np.pi * (np.arange(samples) + 0.5) / max(samples, 1))).astype(np.float32)


def _faded(samples: int, *, into: bool, out_of: bool) -> FloatArray:
    """Weights of what is changed: 1 but for fades at its ends."""
    weight = np.ones(samples, np.float32)
    ramp = _ramp(min(round(FADE_S * SAMPLE_RATE_HZ), samples // 2))
    if into:
        weight[: ramp.size] = ramp
    if out_of:
        weight[samples - ramp.size :] = ramp[::-1]
    return weight
