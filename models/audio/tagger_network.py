"""The tagger's network: filters over a log-mel, layers over what they find, and what is said about three seconds of it.

See `models.audio.tagger` for where it is from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

#: Places of a filter, along frequency or time, that one product of matrices gives; frames that it is taken of at once.
_PLACES, _TOGETHER_FRAMES = 4, 256
#: Frames to both sides that each middle layer reads.
_MIDDLE = 3


class TaggerNetwork:
    """The network, split into what is heard at each frame and what is said about a patch."""

    def __init__(self, tensors: dict[str, torch.Tensor]) -> None:
        import torch

        self._t = {name: value.float() for name, value in tensors.items()}
        self._sign = [torch.where(self._t[f"norm{i}.factor"] < 0, -1.0, 1.0) for i in range(1, 6)]

    def _norm(self, x: torch.Tensor, number: int, dim: int = 1) -> torch.Tensor:
        shape = [1] * x.dim()
        shape[dim] = -1
        return x * self._t[f"norm{number}.factor"].view(shape) + self._t[f"norm{number}.offset"].view(shape)

    def _heard(self, padded: torch.Tensor, number: int) -> torch.Tensor:
        """One family of filters on `_padded` frames, its maximum over frequency [shape=(1, channels, frames // 2)].

        A convolution with one channel in is slow in torch: as a product of matrices it takes half the time.
        """
        from torch.nn import functional as F

        weight = self._t[f"conv{number}.weight"][:, 0]
        found = _along_bands(padded, weight) if weight.shape[2] > 1 else _along_time(padded, weight[..., 0])
        y = found.float() + self._t[f"conv{number}.bias"]
        # The sign turns a minimum into a maximum where the norm's factor is negative (see the conversion).
        return self._norm(F.relu(y * self._sign[number]).T[None], number + 1)

    def _padded(self, x: torch.Tensor, number: int) -> tuple[torch.Tensor, int, int]:
        """Frames for one family of filters, how many of them are before the first, and how long a filter is."""
        from torch.nn import functional as F

        length = self._t[f"conv{number}.weight"].shape[2]
        before = (length - 1) // 2
        return F.pad(x, (0, 0, before, length - 1 - before)), before, length

    def _standard(self, log_mel: torch.Tensor) -> torch.Tensor:
        from models.runtime import fast_bfloat16

        x = self._norm(log_mel[None, None], 0)[0, 0]
        return x.bfloat16() if fast_bfloat16() else x

    def _middle(self, below: torch.Tensor, number: int, padding: int) -> torch.Tensor:
        """One of the layers over the front [shape=(1, channels, frames)], less what it is added to."""
        from torch.nn import functional as F

        weight, bias = self._t[f"conv{number}.weight"], self._t[f"conv{number}.bias"]
        return self._norm(F.relu(F.conv1d(below, weight, bias, padding=padding)), number + 1)

    def frames(self, log_mel: torch.Tensor) -> torch.Tensor:
        """Map [shape=(frames, 96)] to the channels of front and middle layers [shape=(753, frames)]; frames even."""
        import torch

        x = self._standard(log_mel)
        front = torch.cat([self._heard(self._padded(x, i)[0], i) for i in range(5)], dim=1)
        layers = [front.repeat_interleave(2, dim=2)]
        for i in range(5, 8):
            y = self._middle(layers[-1], i, _MIDDLE)
            layers.append(y if i == 5 else y + layers[-1])
        return torch.cat(layers, dim=1)[0]

    def frames_again(
        self, log_mel: torch.Tensor, heard: torch.Tensor, changed: NDArray[np.bool_]
    ) -> tuple[torch.Tensor, NDArray[np.bool_]]:
        """`frames`, of which only some changed since they were `heard`, and which channels' frames that reaches.

        What is far from them is not computed anew. Not differentiable.
        """
        from torch.nn import functional as F

        x, out = self._standard(log_mel), heard.clone()
        frames, channel = len(x), 0
        reached = np.zeros(frames, np.bool_)
        for i in range(5):
            padded, before, length = self._padded(x, i)
            channels = self._t[f"conv{i}.weight"].shape[0]
            # The filter at 2 k reads the padded frames from there on: every other place of what changed nearby.
            near = _widened(changed, length - 1 - before, before)[::2]
            for first, last in _runs(near):
                said = self._heard(padded[2 * first : 2 * (last - 1) + length], i)[0]
                out[channel : channel + channels, 2 * first : 2 * last] = said.repeat_interleave(2, dim=1)
            reached |= near.repeat(2)
            channel += channels
        below = slice(0, channel)
        for i in range(5, 8):
            here = slice(channel, channel + self._t[f"conv{i}.weight"].shape[0])
            reached = _widened(reached, _MIDDLE, _MIDDLE)
            for first, last in _runs(reached):
                begin, end = first - _MIDDLE, last + _MIDDLE
                read = F.pad(out[below, max(0, begin) : min(frames, end)], (max(0, -begin), max(0, end - frames)))
                y = self._middle(read[None], i, 0)[0]
                out[here, first:last] = y if i == 5 else y + out[below, first:last]
            below, channel = here, here.stop
        return out, reached

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


def _runs(there: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and last (exclusive) of each stretch that is true."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], there.astype(np.int8), [0]))))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def _widened(there: NDArray[np.bool_], before: int, after: int) -> NDArray[np.bool_]:
    """Each true stretch, longer by so many at either end."""
    out = np.zeros_like(there)
    for first, last in _runs(there):
        out[max(0, first - before) : last + after] = True
    return out
