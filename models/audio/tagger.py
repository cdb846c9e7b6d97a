"""What a published tagger hears in the music, twice a second: a front end learned from much more music than ours.

The network is musicnn's (Pons and Serra, "musicnn: pre-trained convolutional neural networks for music audio
tagging", 2019), trained by its authors on MagnaTagATune to guess 50 tags of listeners (genres, instruments, voices,
tempo and loudness in words; no moods). We use its weights as they are (ISC licence; `packaging/import_tagger.py`
converts them) and read what it says about three seconds around each moment.

Where we differ from its code: convolutions run over the whole recording instead of over three-second patches, and
their time axis is read at every other frame, which halves the cost. Tags correlate with 0.99 with those of its own
patches.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.audio.framing import FrameStream, KeptStream, mirrored
from models.audio.log_mel import SAMPLE_RATE_HZ
from models.audio.tagger_network import TaggerNetwork

if TYPE_CHECKING:
    import torch

FloatArray = NDArray[np.float32]

#: Seconds from one step to the next.
STEP_S = 0.5
_RATE_HZ = 16_000
_N_FFT, _HOP, _N_BANDS = 512, 256, 96
#: Frames of its log-mel per second.
FRAMES_PER_S = _RATE_HZ / _HOP
#: Three seconds, the patch that the network was trained on.
_PATCH = 187
_HALF = _PATCH // 2
#: Frames to both sides that the convolutions read: 64 of the longest filter, 9 of the middle layers, rounded up.
_CONTEXT = 80
#: Steps to both sides that a step hears something of: half a patch and the convolutions' context.
REACH_STEPS = -(-(_HALF + _CONTEXT) * _HOP * 2 // _RATE_HZ)
#: Steps that are heard at once: a minute.
_BLOCK_STEPS = 120
#: Features per step: the network's last hidden layer (200 units) and its logits of 50 tags.
N_FEATURES = 200 + 50
_FILE = Path(__file__).with_name("tagger.safetensors")


@cache
def _tagger() -> tuple[TaggerNetwork, torch.Tensor, torch.Tensor]:
    import torch
    from safetensors.torch import load_file

    tensors = load_file(_FILE)
    return TaggerNetwork(tensors), tensors["filterbank"], torch.hann_window(_N_FFT)


def band_centres_hz() -> NDArray[np.float64]:
    """Centre frequency of each of the tagger's mel bands in Hz [shape=(96,)]."""
    bank = _tagger()[1].double().numpy()
    fft_hz = np.arange(bank.shape[1]) * _RATE_HZ / _N_FFT
    centres: NDArray[np.float64] = (bank @ fft_hz) / bank.sum(axis=1)
    return centres


def _log_mel(stretch: FloatArray) -> FloatArray:
    """log10(10000 M |STFT|^2 + 1) [shape=(frames, 96)], as the network was trained on."""
    import torch

    _, bank, window = _tagger()
    spectrum = torch.stft(
        torch.from_numpy(np.ascontiguousarray(stretch)), _N_FFT, _HOP, window=window, center=False, return_complex=True
    )
    power = spectrum.real.square() + spectrum.imag.square()
    out: FloatArray = torch.log10(10_000 * (bank @ power) + 1).T.contiguous().numpy()
    return out


class TagStream:
    """Takes a mono signal at 22,050 Hz in pieces; keeps 12 kB per second of it, never the samples."""

    def __init__(self) -> None:
        import soxr

        self._frames = KeptStream(FrameStream(_N_FFT, _HOP, _log_mel), axis=0)
        self._resampler = soxr.ResampleStream(SAMPLE_RATE_HZ, _RATE_HZ, 1, dtype="float32", quality="HQ")
        self._samples = 0

    def push(self, y: FloatArray) -> None:
        """Take the next piece [shape=(n,), dtype=float32], of any length."""
        self._samples += y.size
        self._frames.push(self._resampler.resample_chunk(np.ascontiguousarray(y, np.float32)))

    def frames(self) -> NDArray[np.float16]:
        """End of the signal: give its log-mel [shape=(frames, 96)], which is then kept here no longer.

        Raises
        ------
        ValueError
            When there was no sample.
        """
        if self._samples == 0:
            raise ValueError("a signal without samples has no tags")
        self._frames.push(self._resampler.resample_chunk(np.empty(0, np.float32), last=True))
        return self._frames.take()

    def listen(self) -> Iterator[float | FloatArray]:
        """End of the signal: listen to it.

        Yields
        ------
        float or np.ndarray [shape=(steps, 250), dtype=float32]
            The fraction done, and the result last: ``max(1, floor(duration / 0.5))`` steps. Step i stands for the music
            around (i + 0.5) * 0.5 s: what the network says of the three seconds centred there.

        Raises
        ------
        ValueError
            When there was no sample.
        """
        import torch

        log_mel = self.frames()
        steps = steps_in(self._samples / SAMPLE_RATE_HZ)
        said = []
        for first, last in blocks_of(steps):
            with torch.inference_mode():
                said.append(tags_of(torch.from_numpy(log_mel), first, last).numpy())
            yield last / steps
        yield np.concatenate(said)


def steps_in(duration_s: float) -> int:
    """How many steps a recording has."""
    return max(1, int(duration_s / STEP_S))


def blocks_of(steps: int) -> list[tuple[int, int]]:
    """First and last (exclusive) of the steps that are heard at once."""
    return [(first, min(steps, first + _BLOCK_STEPS)) for first in range(0, steps, _BLOCK_STEPS)]


def tags_of(log_mel: torch.Tensor, first: int, last: int) -> torch.Tensor:
    """What the network says at the steps `first` to `last` (exclusive) [shape=(last - first, 250)]; differentiable.

    Parameters
    ----------
    log_mel : torch.Tensor [shape=(frames, 96)]
        Of the whole recording, as `TagStream.frames` gives it.
    first, last : int
        Steps; they are heard at once.
    """
    import torch

    index, places = _around(len(log_mel), first, last)
    tagger, _, _ = _tagger()
    return tagger.patches(_patches(tagger.frames(log_mel[torch.from_numpy(index)].float()), places))


def _around(frames: int, first: int, last: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Frames that steps read, in order [shape=(n,)], and where among them the steps' centres are."""
    centres = np.minimum(((np.arange(first, last) + 0.5) * STEP_S * FRAMES_PER_S).astype(np.int64), frames - 1)
    margin = _CONTEXT + _HALF
    begin, end = int(centres[0]) - margin, int(centres[-1]) + margin + 1
    # The network works on pairs of frames that begin at even ones, wherever a block begins.
    begin -= begin % 2
    end += (end - begin) % 2
    # What lies beyond the ends is the music mirrored, not silence.
    return mirrored(np.arange(begin, end), frames), centres - begin


def _patches(heard: torch.Tensor, places: NDArray[np.int64]) -> torch.Tensor:
    """Three seconds around each place [shape=(n, 753, 187)]."""
    import torch

    return torch.stack([heard[:, c - _HALF : c - _HALF + _PATCH] for c in places.tolist()])


class HeardStretch:
    """What is heard around some steps, so that after a small change only what lies near to it is heard again.

    Parameters
    ----------
    log_mel, first, last
        As of `tags_of`.
    """

    def __init__(self, log_mel: torch.Tensor, first: int, last: int) -> None:
        import torch

        self.first, self.last = first, last
        self._index, self._places = _around(len(log_mel), first, last)
        with torch.inference_mode():
            self._heard = _tagger()[0].frames(log_mel[torch.from_numpy(self._index)].float())

    @staticmethod
    def bytes_of(steps: int) -> int:
        """About how much memory so many steps take."""
        return int((steps * STEP_S * FRAMES_PER_S + 2 * (_CONTEXT + _HALF)) * 753 * 4)

    def again(self, log_mel: torch.Tensor, changed: NDArray[np.bool_]) -> tuple[NDArray[np.int64], torch.Tensor]:
        """What `tags_of` says at the steps that a change reaches.

        Parameters
        ----------
        log_mel : torch.Tensor [shape=(frames, 96)]
            Of the whole recording, as it is now.
        changed : np.ndarray [shape=(frames,)]
            True where it differs.

        Returns
        -------
        np.ndarray [shape=(n,)], torch.Tensor [shape=(n, 250)]
            Steps, and what is said at them.
        """
        import torch

        tagger = _tagger()[0]
        with torch.inference_mode():
            block = log_mel[torch.from_numpy(self._index)].float()
            heard, reached = tagger.frames_again(block, self._heard, changed[self._index])
            before = np.concatenate(([0], np.cumsum(reached)))
            at = np.flatnonzero(before[self._places - _HALF + _PATCH] > before[self._places - _HALF])
            if not at.size:
                return at, torch.empty(0, N_FEATURES)
            return self.first + at, tagger.patches(_patches(heard, self._places[at]))


def tags(y: FloatArray) -> FloatArray:
    """What is heard in a whole mono signal at 22,050 Hz: [shape=(steps, 250), dtype=float32]."""
    stream = TagStream()
    stream.push(y)
    *_, said = stream.listen()
    assert isinstance(said, np.ndarray)
    return said
