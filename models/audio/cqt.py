"""A constant-Q front end with torch: magnitudes on a logarithmic frequency axis, three bins to the semitone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.audio.framing import FrameStream
from models.audio.log_mel import SAMPLE_RATE_HZ

if TYPE_CHECKING:
    import torch

FloatArray = NDArray[np.float32]

HOP_SAMPLES = 2048
#: Frames per second.
FRAME_RATE_HZ = SAMPLE_RATE_HZ / HOP_SAMPLES
BINS_PER_OCTAVE = 36
#: The lowest bin is C1 (MIDI note 24), the highest just below C8.
LOWEST_NOTE = 24
N_BINS = 7 * BINS_PER_OCTAVE
#: Amplitude of a sine that counts as silence (-140 dB relative to full scale).
EPSILON = 1e-7

#: Below SPLIT_HZ a window of 0.74 s on a signal thinned out by 8, above one of 0.37 s.
SPLIT_HZ = 349.0
_LOW_FACTOR = 8
_LOW_FFT = 2048
_HIGH_FFT = 8192
_CONTEXT = _LOW_FFT * _LOW_FACTOR // 2
_TAPS = 96


def bin_frequencies_hz() -> NDArray[np.float64]:
    """Centre frequency of each bin in Hz [shape=(252,)], at A4 = 440 Hz."""
    notes = LOWEST_NOTE + np.arange(N_BINS) * 12 / BINS_PER_OCTAVE
    return 440.0 * 2 ** ((notes - 69) / 12)


def _lobe(offset_bins: NDArray[np.float64]) -> NDArray[np.float64]:
    """Power of a Hann window's transform at an offset in FFT bins, 1 at its centre."""
    x = np.asarray(offset_bins, np.float64)
    near_pole = np.abs(np.abs(x) - 1) < 1e-6
    denominator = np.where(near_pole, 1.0, 1 - x**2)
    value = np.where(near_pole, 0.5, np.sinc(x) / denominator)
    return np.asarray(value**2)


def _bank(frequencies_hz: NDArray[np.float64], fft_hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Triangles on FFT power, one bin wide to each side but at least one FFT bin; a sine of amplitude 1 gives 1."""
    step_hz = fft_hz[1] - fft_hz[0]
    half_hz = np.maximum(frequencies_hz * (2 ** (1 / BINS_PER_OCTAVE) - 1), step_hz)
    bank = np.clip(1 - np.abs(fft_hz[None, :] - frequencies_hz[:, None]) / half_hz[:, None], 0, None)
    answer = (bank * _lobe((fft_hz[None, :] - frequencies_hz[:, None]) / step_hz)).sum(axis=1)
    return np.asarray(bank / answer[:, None])


@cache
def _banks() -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Both filterbanks with the frequencies of the FFT bins that they read: low, low Hz, high, high Hz."""
    frequencies = bin_frequencies_hz()
    low_hz = np.arange(_LOW_FFT // 2 + 1) * SAMPLE_RATE_HZ / _LOW_FACTOR / _LOW_FFT
    high_hz = np.arange(_HIGH_FFT // 2 + 1) * SAMPLE_RATE_HZ / _HIGH_FFT
    low_hz = low_hz[low_hz < 1.05 * SPLIT_HZ]
    high_hz = high_hz[high_hz < 1.05 * frequencies[-1]]
    split = int(np.searchsorted(frequencies, SPLIT_HZ))
    return _bank(frequencies[:split], low_hz), low_hz, _bank(frequencies[split:], high_hz), high_hz


def sine_response(frequencies_hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """What steady sines of amplitude 1 look like here [shape=(252, n)]: the magnitudes of their bins."""
    low, low_hz, high, high_hz = _banks()
    parts = []
    for bank, fft_hz in ((low, low_hz), (high, high_hz)):
        step_hz = fft_hz[1] - fft_hz[0]
        parts.append(bank @ _lobe((fft_hz[:, None] - np.asarray(frequencies_hz)[None, :]) / step_hz))
    return np.asarray(np.sqrt(np.concatenate(parts)))


@cache
def _torch_constants() -> tuple[torch.Tensor, ...]:
    import torch

    low, _, high, _ = _banks()
    taps = np.sinc((np.arange(_TAPS) - (_TAPS - 1) / 2) / _LOW_FACTOR) * np.hanning(_TAPS + 2)[1:-1]
    taps /= taps.sum()
    return (
        torch.hann_window(_LOW_FFT) * (2 / (_LOW_FFT / 2)),
        torch.hann_window(_HIGH_FFT) * (2 / (_HIGH_FFT / 2)),
        torch.from_numpy(low.astype(np.float32)),
        torch.from_numpy(high.astype(np.float32)),
        torch.from_numpy(taps.astype(np.float32)),
    )


def _power(y: torch.Tensor, n_fft: int, hop: int, window: torch.Tensor, bank: torch.Tensor) -> torch.Tensor:
    import torch

    spectrum = torch.stft(y, n_fft, hop, window=window, center=False, return_complex=True)[: bank.shape[1]]
    return bank @ (spectrum.real.square() + spectrum.imag.square())


def _thin(signal: torch.Tensor, taps: torch.Tensor) -> torch.Tensor:
    """Every eighth sample of the low-passed signal, by its polyphase parts.

    The filter's own edges fall where the Hann window is nearly zero, and half a tap of delay is nothing here.
    """
    import torch

    padded = torch.nn.functional.pad(signal, (_TAPS // 2, _TAPS // 2))
    phases = padded[: padded.numel() // _LOW_FACTOR * _LOW_FACTOR].view(-1, _LOW_FACTOR) @ taps.view(-1, _LOW_FACTOR).T
    parts = _TAPS // _LOW_FACTOR
    count = phases.shape[0] - parts + 1
    thin = phases[:count, 0].clone()
    for k in range(1, parts):
        thin += phases[k : k + count, k]
    return thin[: signal.numel() // _LOW_FACTOR]


def _log_cqt_uncentred(y: FloatArray) -> FloatArray:
    """Frames of a signal whose context of 8,192 samples at both ends is already there."""
    import torch

    low_window, high_window, low, high, taps = _torch_constants()
    with torch.inference_mode():
        signal = torch.from_numpy(np.ascontiguousarray(y))
        inner = signal[_CONTEXT - _HIGH_FFT // 2 : signal.numel() - (_CONTEXT - _HIGH_FFT // 2)]
        upper = _power(inner, _HIGH_FFT, HOP_SAMPLES, high_window, high)
        lower = _power(_thin(signal, taps), _LOW_FFT, HOP_SAMPLES // _LOW_FACTOR, low_window, low)
        out: FloatArray = (0.5 * torch.log(torch.cat((lower, upper)) + EPSILON**2)).numpy()
    return out


class CqtStream(FrameStream):
    """Constant-Q frames of a signal that arrives in pieces, the same as `log_cqt` of the whole."""

    def __init__(self) -> None:
        super().__init__(2 * _CONTEXT, HOP_SAMPLES, _log_cqt_uncentred)


def log_cqt(y: FloatArray) -> FloatArray:
    """Log magnitude of a mono signal on a logarithmic frequency axis.

    Parameters
    ----------
    y : np.ndarray [shape=(n,), dtype=float32]
        Mono signal at 22,050 Hz, full scale 1.

    Returns
    -------
    np.ndarray [shape=(252, 1 + n // 2048), dtype=float32]
        Natural logarithm of the amplitude of a sine at each bin's frequency (`bin_frequencies_hz`); -16.1
        (log 1e-7) is silence. Frame i is centred on sample 2048 i, the signal's ends being mirrored.
    """
    if y.size == 0:
        return np.empty((N_BINS, 0), np.float32)
    return np.concatenate(list(stream_log_cqt([y])), axis=1)


def stream_log_cqt(chunks: Iterable[FloatArray]) -> Iterator[FloatArray]:
    """`log_cqt` of a signal that arrives in pieces, the same as of the whole.

    Parameters
    ----------
    chunks : iterable of np.ndarray [shape=(n,), dtype=float32]
        Consecutive pieces, of any lengths, of one mono signal at 22,050 Hz.

    Yields
    ------
    np.ndarray [shape=(252, k), dtype=float32]
        The next k frames.
    """
    yield from CqtStream().over(chunks)
