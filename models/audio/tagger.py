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

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.audio.framing import FrameStream
from models.audio.log_mel import SAMPLE_RATE_HZ

if TYPE_CHECKING:
    import torch

FloatArray = NDArray[np.float32]

#: Seconds from one step to the next.
STEP_S = 0.5
_RATE_HZ = 16_000
_N_FFT, _HOP, _N_BANDS = 512, 256, 96
_FRAMES_PER_S = _RATE_HZ / _HOP
#: Three seconds, the patch that the network was trained on.
_PATCH = 187
_HALF = _PATCH // 2
#: Frames to both sides that the convolutions read: 64 of the longest filter, 9 of the middle layers, rounded up.
_CONTEXT = 80
#: Frames that are convolved at once.
_BLOCK = 4096
#: Features per step: the network's last hidden layer (200 units) and its logits of 50 tags.
N_FEATURES = 200 + 50
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
        """One family of filters, its maximum over frequency [shape=(1, channels, frames // 2)]."""
        from torch.nn import functional as F

        weight = self._t[f"conv{number}.weight"]
        length = weight.shape[2]
        before = (length - 1) // 2
        padded = F.pad(x, (0, 0, before, length - 1 - before))
        # The sign turns a minimum into a maximum where the norm's factor is negative (see the conversion).
        y = F.conv2d(padded, weight, self._t[f"conv{number}.bias"], stride=(2, 1)).amax(dim=3).float()
        return self._norm(F.relu(y * self._sign[number][:, None]), number + 1)

    def frames(self, log_mel: torch.Tensor) -> torch.Tensor:
        """Map [shape=(frames, 96)] to the channels of front and middle layers [shape=(753, frames)]; frames even."""
        import torch
        from torch.nn import functional as F

        from models.runtime import fast_bfloat16

        x = self._norm(log_mel[None, None], 0)
        with torch.autocast("cpu", torch.bfloat16, enabled=fast_bfloat16()):
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


@cache
def _tagger() -> tuple[_Tagger, torch.Tensor, torch.Tensor]:
    import torch
    from safetensors.torch import load_file

    tensors = load_file(_FILE)
    return _Tagger(tensors), tensors["filterbank"], torch.hann_window(_N_FFT)


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


class _Mirrored:
    """Log-mel frames that arrive in pieces, handed out in blocks with `margin` frames of context at both ends.

    What lies beyond the ends is the music mirrored, not silence.
    """

    def __init__(self, margin: int) -> None:
        import torch

        self._margin = margin
        self._kept = torch.empty(0, _N_BANDS)
        self._started = False
        self.frames = 0

    def push(self, log_mel: torch.Tensor) -> torch.Tensor | None:
        """Take frames; give a block of `_BLOCK` new ones with their context, or None for now."""
        import torch

        self.frames += len(log_mel)
        self._kept = torch.cat((self._kept, log_mel))
        if not self._started and len(self._kept) > self._margin:
            self._kept = torch.cat((self._kept[1 : self._margin + 1].flip(0), self._kept))
            self._started = True
        if not self._started or len(self._kept) < _BLOCK + 2 * self._margin:
            return None
        block = self._kept[: _BLOCK + 2 * self._margin]
        self._kept = self._kept[_BLOCK:]
        return block

    def rest(self) -> torch.Tensor:
        """Return the last frames with their context."""
        import torch

        if self._started:
            return torch.cat((self._kept, self._kept[-self._margin - 1 : -1].flip(0)))
        # Shorter than the margin: numpy mirrors repeatedly where one reflection does not reach.
        n = len(self._kept)
        index = np.pad(np.arange(n), self._margin, mode="reflect" if n > 1 else "edge")
        return self._kept[torch.from_numpy(index)]


class TagStream:
    """Listens to a mono signal at 22,050 Hz that arrives in pieces."""

    def __init__(self) -> None:
        import soxr

        # Blocks overlap by a patch: every step's patch lies whole in one block.
        self._margin = _CONTEXT + _HALF + 1
        self._blocks = _Mirrored(self._margin)
        self._framer = FrameStream(_N_FFT, _HOP, _log_mel)
        self._resampler = soxr.ResampleStream(SAMPLE_RATE_HZ, _RATE_HZ, 1, dtype="float32", quality="HQ")
        self._steps: list[FloatArray] = []
        self._done = 0  # steps
        self._begun = 0  # first new frame of the next block
        self._samples = 0

    def push(self, y: FloatArray) -> None:
        """Take the next piece [shape=(n,), dtype=float32], of any length."""
        self._samples += y.size
        self._resample(y, last=False)

    def finish(self) -> FloatArray:
        """End of the signal.

        Returns
        -------
        np.ndarray [shape=(steps, 250), dtype=float32]
            ``max(1, floor(duration / 0.5))`` steps. Step i stands for the music around (i + 0.5) * 0.5 s: what the
            network says of the three seconds centred there.

        Raises
        ------
        ValueError
            When there was no sample.
        """
        if self._samples == 0:
            raise ValueError("a signal without samples has no tags")
        self._resample(np.empty(0, np.float32), last=True)
        steps = max(1, int(self._samples / SAMPLE_RATE_HZ / STEP_S))
        self._listen(self._blocks.rest(), max(1, self._blocks.frames - self._begun), last_step=steps)
        return np.concatenate(self._steps)

    def _resample(self, y: FloatArray, *, last: bool) -> None:
        import torch

        fresh = self._resampler.resample_chunk(np.ascontiguousarray(y, np.float32), last=last)
        for frames in (self._framer.push(fresh), self._framer.rest() if last else None):
            if frames is None:
                continue
            block = self._blocks.push(torch.from_numpy(frames))
            while block is not None:
                self._listen(block, _BLOCK)
                self._begun += _BLOCK
                block = self._blocks.push(torch.empty(0, _N_BANDS))

    def _listen(self, block: torch.Tensor, new: int, last_step: int | None = None) -> None:
        """Hear the steps whose centre lies in the block's `new` frames; all that are left, up to a last step."""
        import torch

        centres: list[int] = []
        while True:
            step = self._done + len(centres)
            centre = int((step + 0.5) * STEP_S * _FRAMES_PER_S) - self._begun
            if (centre >= new) if last_step is None else (step >= last_step):
                break
            centres.append(min(centre, new - 1) + self._margin)
        if not centres:
            return
        self._done += len(centres)
        with torch.inference_mode():
            tagger, _, _ = _tagger()
            frames = tagger.frames(torch.cat((block, block[-1:])) if len(block) % 2 else block)
            patches = torch.stack([frames[:, c - _HALF : c - _HALF + _PATCH] for c in centres])
            self._steps.append(tagger.patches(patches).numpy())


def tags(y: FloatArray) -> FloatArray:
    """`TagStream` over a whole mono signal at 22,050 Hz: [shape=(steps, 250), dtype=float32]."""
    stream = TagStream()
    stream.push(y)
    return stream.finish()
