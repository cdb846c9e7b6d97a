"""A signal that arrives in pieces, cut into stretches that hold whole frames and their context."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]


class Framer:
    """Cuts a signal that arrives in pieces so that frame i is centred on sample hop * i, the ends being mirrored.

    Parameters
    ----------
    n_fft, hop_samples : int
        Window and hop in samples.
    batch_frames : int
        Wait for so many new frames before handing out the next stretch.
    """

    def __init__(self, n_fft: int, hop_samples: int, batch_frames: int = 64) -> None:
        self._n_fft, self._hop, self._batch = n_fft, hop_samples, batch_frames
        self._pending: list[FloatArray] = []
        self._pending_samples = 0
        self._buffer = np.empty(0, np.float32)  # begins with the context of the next frame
        self._started = False
        self.samples = 0

    def push(self, y: FloatArray) -> FloatArray | None:
        """Take the next piece, of any length; give the stretch that the next frames read, or None for now.

        Returns
        -------
        np.ndarray [shape=(n_fft + k * hop_samples,)] or None
            What the next k + 1 frames read.
        """
        self.samples += y.size
        self._pending.append(y)
        self._pending_samples += y.size
        half = self._n_fft // 2
        # The mirror at the start needs its first half window; after that, wait for a worthwhile batch of frames.
        if self._pending_samples < (self._n_fft if not self._started else self._batch * self._hop):
            return None
        fresh = np.concatenate(self._pending)
        self._pending, self._pending_samples = [], 0
        first = self._buffer if self._started else fresh[half:0:-1]
        self._buffer = np.concatenate((first, fresh))
        self._started = True
        frames = 1 + (self._buffer.size - self._n_fft) // self._hop
        # Keep back what the mirror at the end may need.
        frames -= -(-half // self._hop)
        if frames <= 0:
            return None
        used = frames * self._hop
        stretch = self._buffer[: used - self._hop + self._n_fft]
        self._buffer = self._buffer[used:]
        return stretch

    def rest(self) -> FloatArray | None:
        """What the last frames read, or None where there was no sample at all."""
        if self.samples == 0:
            return None
        half = self._n_fft // 2
        rest = np.concatenate((self._buffer, *self._pending))
        if self._started:
            return np.concatenate((rest, rest[-2 : -half - 2 : -1]))
        # Shorter than a window: numpy mirrors repeatedly where one reflection does not reach.
        return np.pad(rest, half, mode="reflect" if rest.size > 1 else "edge")
