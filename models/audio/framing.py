"""A signal that arrives in pieces, turned into frames as if it were whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]

#: After the first, so many frames are computed at a time.
_BATCH_FRAMES = 64
#: Of a block of kept frames: from 32 MB on the C library asks the system for memory of its own, and gives it back.
_BLOCK_BYTES = 1 << 25


class FrameStream:
    """Frames of a signal that arrives in pieces: frame i is centred on sample hop * i, the ends being mirrored.

    Parameters
    ----------
    n_fft, hop_samples : int
        Window and hop in samples.
    transform : callable
        Takes a stretch [shape=(n_fft + k * hop_samples,)] that holds k + 1 windows, gives as many columns.
    """

    def __init__(self, n_fft: int, hop_samples: int, transform: Callable[[FloatArray], FloatArray]) -> None:
        self._n_fft, self._hop, self._transform = n_fft, hop_samples, transform
        self._pending: list[FloatArray] = []
        self._pending_samples = 0
        self._buffer = np.empty(0, np.float32)  # begins with the context of the next frame
        self._started = False
        self.samples = 0

    def push(self, y: FloatArray) -> FloatArray | None:
        """Take the next piece [shape=(n,)], of any length; give the frames it completes, or None for now."""
        self.samples += y.size
        self._pending.append(y)
        self._pending_samples += y.size
        half = self._n_fft // 2
        # The mirror at the start needs its first half window; after that, wait for a worthwhile batch of frames.
        if self._pending_samples < (self._n_fft if not self._started else _BATCH_FRAMES * self._hop):
            return None
        fresh = np.concatenate(self._pending)
        self._pending, self._pending_samples = [], 0
        self._buffer = np.concatenate((self._buffer if self._started else fresh[half:0:-1], fresh))
        self._started = True
        frames = 1 + (self._buffer.size - self._n_fft) // self._hop
        # Keep back what the mirror at the end may need.
        frames -= -(-half // self._hop)
        if frames <= 0:
            return None
        used = frames * self._hop
        stretch = self._buffer[: used - self._hop + self._n_fft]
        self._buffer = self._buffer[used:]
        return self._transform(stretch)

    def rest(self) -> FloatArray | None:
        """End of the signal: give the last frames, or None where there was no sample at all."""
        if self.samples == 0:
            return None
        half = self._n_fft // 2
        rest = np.concatenate((self._buffer, *self._pending))
        if self._started:
            rest = np.concatenate((rest, rest[-2 : -half - 2 : -1]))
        else:
            # Shorter than a window: numpy mirrors repeatedly where one reflection does not reach.
            rest = np.pad(rest, half, mode="reflect" if rest.size > 1 else "edge")
        return self._transform(rest)

    def over(self, chunks: Iterable[FloatArray]) -> Iterator[FloatArray]:
        """Frames of a whole signal, as its pieces arrive."""
        for chunk in chunks:
            frames = self.push(chunk)
            if frames is not None:
                yield frames
        frames = self.rest()
        if frames is not None:
            yield frames


class FrameStore:
    """Keeps frames that arrive in pieces, as float16, and gives them back as one array.

    Many small pieces would leave the allocator's heap full of holes that are never given back, 250 MB of them after
    three hours. So frames go into few large blocks, of which only what is filled takes memory, and which leave one by
    one.

    Parameters
    ----------
    axis : int
        Of time, in two-dimensional frames.
    """

    def __init__(self, axis: int) -> None:
        self._axis = axis
        self._blocks: list[NDArray[np.float16]] = []
        self._filled = 0  # frames of the last block

    def add(self, frames: NDArray[np.floating] | None) -> None:
        """Keep some more frames, or none where there are none yet."""
        at, count = 0, 0 if frames is None else frames.shape[self._axis]
        while frames is not None and at < count:
            if not self._blocks or self._filled == self._blocks[-1].shape[self._axis]:
                self._blocks.append(self._empty(frames, _BLOCK_BYTES // (2 * max(1, frames.size // count))))
                self._filled = 0
            block = self._blocks[-1]
            taken = min(count - at, block.shape[self._axis] - self._filled)
            block[self._part(self._filled, self._filled + taken)] = frames[self._part(at, at + taken)]
            self._filled += taken
            at += taken

    def take(self) -> NDArray[np.float16]:
        """Give all frames, and forget them.

        Raises
        ------
        ValueError
            When there is none.
        """
        if not self._blocks:
            raise ValueError("there are no frames")
        capacity = self._blocks[0].shape[self._axis]
        out = self._empty(self._blocks[0], capacity * (len(self._blocks) - 1) + self._filled)
        for at in range(0, out.shape[self._axis], capacity):
            # What was copied is let go at once: the whole is never there twice.
            here = out[self._part(at, at + capacity)]
            here[:] = self._blocks.pop(0)[self._part(0, here.shape[self._axis])]
        self._filled = 0
        return out

    def _part(self, start: int, stop: int) -> tuple[slice, ...]:
        return (slice(None),) * self._axis + (slice(start, stop),)

    def _empty(self, like: NDArray[np.floating], frames: int) -> NDArray[np.float16]:
        shape = list(like.shape)
        shape[self._axis] = frames
        return np.empty(shape, np.float16)


class KeptStream:
    """Frames of a signal that arrives in pieces, kept until it ends.

    Parameters
    ----------
    stream : FrameStream
        Makes them.
    axis : int
        Of time, in its frames.
    """

    def __init__(self, stream: FrameStream, axis: int = 1) -> None:
        self._stream, self._frames = stream, FrameStore(axis)

    def push(self, y: FloatArray) -> None:
        """Take the next piece [shape=(n,)], of any length."""
        self._frames.add(self._stream.push(y))

    def take(self) -> NDArray[np.float16]:
        """End of the signal: give all frames, and forget them.

        Raises
        ------
        ValueError
            When there was no sample.
        """
        self._frames.add(self._stream.rest())
        return self._frames.take()


def mirrored(index: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """Indices reflected into 0 .. n-1: what lies beyond the ends is the music mirrored, not silence."""
    period = 2 * max(n - 1, 1)
    folded = np.abs(index) % period
    out: NDArray[np.int64] = np.minimum(folded, period - folded)
    return out if n > 1 else np.zeros_like(out)
