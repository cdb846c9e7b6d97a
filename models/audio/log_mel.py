"""The log-mel front end of the first paper (its equation 1), with torch and a stored librosa filterbank."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.audio.framing import FrameStream

if TYPE_CHECKING:
    import torch

SAMPLE_RATE_HZ = 22_050
N_FFT = 2048
HOP_SAMPLES = 512
N_BANDS = 128
EPSILON = 1e-6
#: Log-mel is the natural logarithm of power: so many dB make one unit of it.
DB_PER_UNIT = 10 / float(np.log(10))
#: Seconds from one frame to the next.
FRAME_S = HOP_SAMPLES / SAMPLE_RATE_HZ
#: log(EPSILON): what silence looks like.
FLOOR = float(np.log(EPSILON))

_FILTERBANK_FILE = Path(__file__).with_name("mel_filterbank.npz")


@cache
def filterbank() -> NDArray[np.float32]:
    """Mel filterbank M [shape=(128, 1025)]: Slaney's scale and area normalisation, as librosa builds it.

    Stored as an array so that analysing needs no librosa; `tests/models/test_log_mel.py` holds it against librosa.
    """
    with np.load(_FILTERBANK_FILE) as stored:
        bank: NDArray[np.float32] = stored["filterbank"]
    return bank


@cache
def band_centres_hz() -> NDArray[np.float32]:
    """Centre frequency of each mel band in Hz [shape=(128,)]."""
    with np.load(_FILTERBANK_FILE) as stored:
        centres: NDArray[np.float32] = stored["centres_hz"]
    return centres


@cache
def _torch_constants() -> tuple[torch.Tensor, torch.Tensor]:
    import torch

    return torch.hann_window(N_FFT), torch.from_numpy(filterbank())


def _log_mel_uncentred(y: NDArray[np.float32]) -> NDArray[np.float32]:
    """Frames of a signal whose context at both ends is already there."""
    import torch

    window, bank = _torch_constants()
    with torch.inference_mode():
        spectrum = torch.stft(
            torch.from_numpy(np.ascontiguousarray(y)),
            N_FFT,
            HOP_SAMPLES,
            window=window,
            center=False,
            return_complex=True,
        )
        power = spectrum.real.square() + spectrum.imag.square()
        out: NDArray[np.float32] = torch.log(bank @ power + EPSILON).numpy()
    return out


class LogMelStream(FrameStream):
    """Log-mel of a signal that arrives in pieces, the same as `log_mel` of the whole."""

    def __init__(self) -> None:
        super().__init__(N_FFT, HOP_SAMPLES, _log_mel_uncentred)


def log_mel(y: NDArray[np.float32]) -> NDArray[np.float32]:
    """Log-mel power of a mono signal: S(t, f) = log(M |STFT(y)|^2 + 1e-6), equation 1 of the first paper.

    Parameters
    ----------
    y : np.ndarray [shape=(n,), dtype=float32]
        Mono signal at 22,050 Hz, full scale 1.

    Returns
    -------
    np.ndarray [shape=(128, 1 + n // 512), dtype=float32]
        Natural logarithm of mel power; -13.8 (log 1e-6) is silence. Frame i is centred on sample 512 i, the
        signal's ends being mirrored (``pad_mode="reflect"`` in librosa). 30 s give 1,292 frames.
    """
    if y.size == 0:
        return np.empty((N_BANDS, 0), np.float32)
    return np.concatenate(list(stream_log_mel([y])), axis=1)


def stream_log_mel(chunks: Iterable[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
    """Log-mel of a signal that arrives in pieces, the same as `log_mel` of the whole.

    Parameters
    ----------
    chunks : iterable of np.ndarray [shape=(n,), dtype=float32]
        Consecutive pieces, of any lengths, of one mono signal at 22,050 Hz.

    Yields
    ------
    np.ndarray [shape=(128, k), dtype=float32]
        The next k frames.
    """
    yield from LogMelStream().over(chunks)
