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

from models.audio.framing import FrameStore, FrameStream, mirrored
from models.audio.log_mel import SAMPLE_RATE_HZ

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
#: Places of a filter, along frequency or time, that one product of matrices gives; frames that it is taken of at once.
_PLACES, _TOGETHER_FRAMES = 4, 256
_FILE = Path(__file__).with_name("tagger.safetensors")


class _Tagger:
    """The network, split into what is heard at each frame and what is said about a patch."""

    def __init__(self, tensors: dict[str, torch.Tensor]) -> None:
        import torch

        self._t = {name: value.float() for name, value in tensors.items()}
        self._sign = [torch.where(self._t[f"norm{i}.factor"] < 0, -1.0, 1.0) for i in range(1, 6)]

    def _norm(self, x: torch.Tensor, number: int, dim: int = 1) -> torch.Tensor:
        shape = [1] * x.dim()
        shape[dim] = -1
        return x * self._t[f"norm{number}.factor"].view(shape) + self._t[f"norm{number}.offset"].view(shape)

    def _heard(self, x: torch.Tensor, number: int) -> torch.Tensor:
        """One family of filters on [shape=(frames, 96)], its maximum over frequency [shape=(1, channels, frames // 2)].

        A convolution with one channel in is slow in torch: as a product of matrices it takes half the time.
        """
        from torch.nn import functional as F

        weight = self._t[f"conv{number}.weight"][:, 0]
        length = weight.shape[1]
        before = (length - 1) // 2
        padded = F.pad(x, (0, 0, before, length - 1 - before))
        found = _along_bands(padded, weight) if weight.shape[2] > 1 else _along_time(padded, weight[..., 0])
        y = found.float() + self._t[f"conv{number}.bias"]
        # The sign turns a minimum into a maximum where the norm's factor is negative (see the conversion).
        return self._norm(F.relu(y * self._sign[number]).T[None], number + 1)

    def frames(self, log_mel: torch.Tensor) -> torch.Tensor:
        """Map [shape=(frames, 96)] to the channels of front and middle layers [shape=(753, frames)]; frames even."""
        import torch
        from torch.nn import functional as F

        from models.runtime import fast_bfloat16

        x = self._norm(log_mel[None, None], 0)[0, 0]
        if fast_bfloat16():
            x = x.bfloat16()
        front = torch.cat([self._heard(x, i) for i in range(5)], dim=1)
        layers = [front.repeat_interleave(2, dim=2)]
        for i in range(5, 8):
            y = F.relu(F.conv1d(layers[-1], self._t[f"conv{i}.weight"], self._t[f"conv{i}.bias"], padding=3))
            y = self._norm(y, i + 1)
            layers.append(y if i == 5 else y + layers[-1])
        return torch.cat(layers, dim=1)[0]

    def patches(self, patches: torch.Tensor) -> torch.Tensor:
        """Map [shape=(n, 753, 187)] to the last hidden layer and the logits of the tags [shape=(n, 250)]."""
        import torch
        from torch.nn import functional as F

        pooled = torch.stack((patches.amax(dim=2), patches.mean(dim=2)), dim=2).flatten(1)
        hidden = F.linear(self._norm(pooled, 9), self._t["dense0.weight"], self._t["dense0.bias"])
        hidden = self._norm(F.relu(hidden), 10)
        return torch.cat((hidden, F.linear(hidden, self._t["dense1.weight"], self._t["dense1.bias"])), dim=1)


def _along_bands(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Filters of some bands by some frames, at every other frame; the maximum over where they lie in frequency.

    Parameters
    ----------
    x : torch.Tensor [shape=(frames + length - 1, 96)]
        Of any type of number; the product is in the same.
    weight : torch.Tensor [shape=(channels, length, bands)]

    Returns
    -------
    torch.Tensor [shape=(frames // 2, channels)]
    """
    import torch
    from torch.nn import functional as F

    channels, length, bands = weight.shape
    # Some neighbouring places in frequency share the numbers they read: rows of a banded matrix.
    reach = bands + _PLACES - 1
    matrix = torch.stack([F.pad(weight, (k, _PLACES - 1 - k)) for k in range(_PLACES)])
    matrix = matrix.reshape(_PLACES * channels, length * reach).to(x.dtype)
    last = x.shape[1] - reach
    out = []
    windows = x.unfold(0, length, 2)  # [shape=(n, 96, length)]
    for at in range(0, len(windows), _TOGETHER_FRAMES):
        piece = windows[at : at + _TOGETHER_FRAMES]
        best: torch.Tensor | None = None
        for first in (*range(0, last, _PLACES), last):
            read = piece[:, first : first + reach].transpose(1, 2).reshape(len(piece), length * reach)
            said = F.linear(read, matrix).view(len(piece), _PLACES, channels).amax(dim=1)
            best = said if best is None else torch.maximum(best, said)
        assert best is not None
        out.append(best)
    return torch.cat(out)


def _along_time(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Filters of one band [shape=(channels, length)], as `_along_bands`."""
    import torch
    from torch.nn import functional as F

    channels, length = weight.shape
    frames = (len(x) - length) // 2 + 1
    matrix = torch.stack([F.pad(weight, (2 * k, 2 * (_PLACES - 1 - k))) for k in range(_PLACES)])
    matrix = matrix.reshape(_PLACES * channels, -1).to(x.dtype)
    reach = matrix.shape[1]
    groups = -(-frames // _PLACES)
    by_band = F.pad(x.T.contiguous(), (0, max(0, 2 * _PLACES * (groups - 1) + reach - len(x))))
    out = []
    windows = by_band.unfold(1, reach, 2 * _PLACES)  # [shape=(96, groups, reach)]
    for at in range(0, groups, _TOGETHER_FRAMES // 16):
        read = windows[:, at : at + _TOGETHER_FRAMES // 16].reshape(-1, reach)
        out.append(F.linear(read, matrix).view(len(by_band), -1, channels).amax(dim=0))
    return torch.cat(out)[:frames]


@cache
def _tagger() -> tuple[_Tagger, torch.Tensor, torch.Tensor]:
    import torch
    from safetensors.torch import load_file

    tensors = load_file(_FILE)
    return _Tagger(tensors), tensors["filterbank"], torch.hann_window(_N_FFT)


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

        self._framer = FrameStream(_N_FFT, _HOP, _log_mel)
        self._resampler = soxr.ResampleStream(SAMPLE_RATE_HZ, _RATE_HZ, 1, dtype="float32", quality="HQ")
        self._frames = FrameStore(axis=0)
        self._samples = 0

    def push(self, y: FloatArray) -> None:
        """Take the next piece [shape=(n,), dtype=float32], of any length."""
        self._samples += y.size
        self._frames.add(self._framer.push(self._resampler.resample_chunk(np.ascontiguousarray(y, np.float32))))

    def frames(self) -> NDArray[np.float16]:
        """End of the signal: give its log-mel [shape=(frames, 96)], which is then kept here no longer.

        Raises
        ------
        ValueError
            When there was no sample.
        """
        if self._samples == 0:
            raise ValueError("a signal without samples has no tags")
        end = self._resampler.resample_chunk(np.empty(0, np.float32), last=True)
        self._frames.add(self._framer.push(end))
        self._frames.add(self._framer.rest())
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

    frames = len(log_mel)
    centres = np.minimum(((np.arange(first, last) + 0.5) * STEP_S * FRAMES_PER_S).astype(np.int64), frames - 1)
    margin = _CONTEXT + _HALF
    begin, end = int(centres[0]) - margin, int(centres[-1]) + margin + 1
    # The network works on pairs of frames that begin at even ones, wherever a block begins.
    begin -= begin % 2
    end += (end - begin) % 2
    # What lies beyond the ends is the music mirrored, not silence.
    block = log_mel[torch.from_numpy(mirrored(np.arange(begin, end), frames))].float()
    tagger, _, _ = _tagger()
    heard = tagger.frames(block)
    patches = torch.stack([heard[:, c - _HALF : c - _HALF + _PATCH] for c in (centres - begin).tolist()])
    return tagger.patches(patches)


def tags(y: FloatArray) -> FloatArray:
    """What is heard in a whole mono signal at 22,050 Hz: [shape=(steps, 250), dtype=float32]."""
    stream = TagStream()
    stream.push(y)
    *_, said = stream.listen()
    assert isinstance(said, np.ndarray)
    return said
