"""What the fused model reads of a recording: tags and musical descriptors, at each half second and of the whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.audio.descriptors import DESCRIPTORS, Descriptors, DescriptorStream
from models.audio.descriptors.table import SUMMARY_NAMES
from models.audio.tagger import N_FEATURES, STEP_S, TagStream

FloatArray = NDArray[np.float32]

#: Raised whenever the same sound is heard otherwise, so that what was kept of it is heard anew.
HEARING = 2
#: Columns of `Heard.steps` and of `Heard.summary`.
N_STEP_FEATURES = N_FEATURES + len(DESCRIPTORS)
N_SUMMARY_FEATURES = N_FEATURES + len(SUMMARY_NAMES)


@dataclass(frozen=True)
class Heard:
    """Tags and descriptors of one recording.

    Attributes
    ----------
    tags : np.ndarray [shape=(t, 250), dtype=float32]
        See `models.audio.tagger`; row i stands for the half second around `times_s[i]`.
    descriptors : Descriptors
        See `models.audio.descriptors`.
    """

    tags: FloatArray
    descriptors: Descriptors

    @property
    def times_s(self) -> FloatArray:
        """Centre of each step in seconds [shape=(t,), dtype=float32]."""
        times: FloatArray = ((np.arange(len(self.tags)) + 0.5) * STEP_S).astype(np.float32)
        return times

    @property
    def steps(self) -> FloatArray:
        """Features of each step [shape=(t, 250 + k)]: tags, and the mean of the descriptors at its two ends."""
        values = self.descriptors.values
        index = np.arange(len(self.tags))
        first, second = (np.minimum(i, len(values) - 1) for i in (index, index + 1))
        return np.concatenate((self.tags, 0.5 * (values[first] + values[second])), axis=1, dtype=np.float32)

    @property
    def summary(self) -> FloatArray:
        """Features of the whole [shape=(250 + s,)]: the mean of the tags, and the descriptors' summary."""
        return np.concatenate((self.tags.mean(axis=0), self.descriptors.summary), dtype=np.float32)


class HearingStream:
    """Hears a mono signal at 22,050 Hz that arrives in pieces."""

    def __init__(self) -> None:
        self._tags = TagStream()
        self._descriptors = DescriptorStream(takes_log_mel=False)

    def push(self, y: FloatArray) -> None:
        """Take the next piece [shape=(n,), dtype=float32], of any length."""
        self._tags.push(y)
        self._descriptors.push(y)

    def listen(self, log_mel: NDArray[np.floating]) -> Iterator[float | Heard]:
        """End of the signal: listen to it.

        Parameters
        ----------
        log_mel : np.ndarray [shape=(128, frames)]
            Of the whole (see `models.audio.log_mel`); float16 will do.

        Yields
        ------
        float or Heard
            The fraction done, (0, 1], and the result last.

        Raises
        ------
        ValueError
            When there was no sample.
        """
        tags: FloatArray | None = None
        for said in self._tags.listen():
            if isinstance(said, float):
                yield said
            else:
                tags = said
        # Only now that the tagger's own log-mel is gone: in three hours each takes a hundred megabytes.
        assert tags is not None
        yield Heard(tags, self._descriptors.finish(log_mel))


def hear(y: FloatArray) -> Heard:
    """`HearingStream` over a whole signal [shape=(n,), dtype=float32]."""
    from models.audio.log_mel import log_mel

    stream = HearingStream()
    stream.push(y)
    # float16, as an analysis keeps it.
    *_, heard = stream.listen(log_mel(y).astype(np.float16))
    assert isinstance(heard, Heard)
    return heard
