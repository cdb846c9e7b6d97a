"""A recording as the models read it before any network, and the same recording with parts of it taken away."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from models.audio.cqt import FRAME_RATE_HZ as CQT_RATE_HZ
from models.audio.cqt import CqtStream, bin_frequencies_hz
from models.audio.framing import KeptStream
from models.audio.log_mel import FRAME_S, N_BANDS, SAMPLE_RATE_HZ, LogMelStream, band_centres_hz
from models.audio.tagger import FRAMES_PER_S as TAG_RATE_HZ
from models.audio.tagger import TagStream
from models.audio.tagger import band_centres_hz as tag_centres_hz
from models.explain.hearing import Hearing

FloatArray = NDArray[np.float32]

#: Length of a cell of the map in seconds: a step of the fused model.
CELL_S = 0.5
#: Mel bands that make one row of the map.
_TOGETHER = 4
#: Rows of the map.
N_ROWS = N_BANDS // _TOGETHER


@dataclass(frozen=True)
class Sound:
    """The front ends of one recording.

    Attributes
    ----------
    duration_s : float
        Seconds.
    log_mel : np.ndarray [shape=(128, n), dtype=float32]
        See `models.audio.log_mel`.
    tag_mel : np.ndarray [shape=(m, 96), dtype=float32]
        What the tagger reads (see `models.audio.tagger`).
    log_cqt : np.ndarray [shape=(252, k), dtype=float32]
        See `models.audio.cqt`.
    hearing : Hearing
        What was heard of it so far, whoever asked.
    """

    duration_s: float
    log_mel: FloatArray
    tag_mel: FloatArray
    log_cqt: FloatArray
    hearing: Hearing = field(default_factory=Hearing, init=False, repr=False, compare=False)

    @cached_property
    def grid(self) -> Grid:
        """The map's rows and columns on this recording."""
        return Grid(self.duration_s)

    @cached_property
    def _means(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        return (
            self.log_mel.mean(axis=1, keepdims=True),
            self.tag_mel.mean(axis=0, keepdims=True),
            self.log_cqt.mean(axis=1, keepdims=True),
        )

    def without(self, mask: NDArray[np.bool_]) -> Sound:
        """Fill some cells of the map [shape=(rows, columns)] with the mean of each band over time."""
        grid, (mel, tag, cqt) = self.grid, self._means
        return Sound(
            self.duration_s,
            np.where(grid.over_log_mel(mask, self.log_mel.shape[1]), mel, self.log_mel),
            np.where(grid.over_tag_mel(mask, len(self.tag_mel)), tag, self.tag_mel),
            np.where(grid.over_log_cqt(mask, self.log_cqt.shape[1]), cqt, self.log_cqt),
        )


class Grid:
    """The cells of a map: rows are frequencies, columns are moments `CELL_S` long.

    Parameters
    ----------
    duration_s : float
        Of the recording.

    Attributes
    ----------
    times_s : np.ndarray [shape=(columns,)]
        Centre of each column.
    frequencies_hz : np.ndarray [shape=(32,)]
        Centre of each row: four neighbouring mel bands.
    """

    def __init__(self, duration_s: float) -> None:
        self.columns = max(1, int(np.ceil(duration_s / CELL_S - 1e-9)))
        self.times_s: FloatArray = np.minimum((np.arange(self.columns) + 0.5) * CELL_S, duration_s).astype(np.float32)
        centres = band_centres_hz().astype(np.float64)
        rows = centres.reshape(N_ROWS, _TOGETHER)
        self.frequencies_hz: FloatArray = rows.mean(axis=1).astype(np.float32)
        self._edges_hz = 0.5 * (rows[:-1, -1] + rows[1:, 0])

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return N_ROWS, self.columns

    def rows_of(self, frequencies_hz: NDArray[np.floating]) -> NDArray[np.int64]:
        """Row of each frequency."""
        return np.searchsorted(self._edges_hz, frequencies_hz).astype(np.int64)

    def columns_of(self, times_s: NDArray[np.floating]) -> NDArray[np.int64]:
        """Column of each moment."""
        return np.minimum(np.asarray(times_s) // CELL_S, self.columns - 1).astype(np.int64)

    def within(self, start_s: float, end_s: float) -> slice:
        """Columns that a stretch touches, one at least."""
        first = min(int(start_s / CELL_S + 1e-9), self.columns - 1)
        return slice(first, max(first + 1, min(self.columns, int(np.ceil(end_s / CELL_S - 1e-9)))))

    def filled(self, columns: slice) -> NDArray[np.bool_]:
        """A mask of all cells of some columns [shape=(rows, columns)]."""
        mask = np.zeros(self.shape, np.bool_)
        mask[:, columns] = True
        return mask

    def over_log_mel(self, mask: NDArray[np.bool_], frames: int) -> NDArray[np.bool_]:
        """A mask of cells as one of the log-mel's bands and frames."""
        return mask[self.rows_of(band_centres_hz())][:, self.columns_of(np.arange(frames) * FRAME_S)]

    def over_tag_mel(self, mask: NDArray[np.bool_], frames: int) -> NDArray[np.bool_]:
        """A mask of cells as one of the tagger's frames and bands."""
        return mask[self.rows_of(tag_centres_hz())][:, self.columns_of(np.arange(frames) / TAG_RATE_HZ)].T

    def over_log_cqt(self, mask: NDArray[np.bool_], frames: int) -> NDArray[np.bool_]:
        """A mask of cells as one of the constant-Q's bins and frames."""
        return mask[self.rows_of(bin_frequencies_hz())][:, self.columns_of(np.arange(frames) / CQT_RATE_HZ)]

    def pooled(
        self, values: NDArray[np.floating], frequencies_hz: NDArray[np.floating], times_s: NDArray[np.floating]
    ) -> NDArray[np.float64]:
        """Sum of values [shape=(bands, frames)] in each cell [shape=(rows, columns)]."""
        by_row = np.zeros((N_ROWS, values.shape[1]))
        np.add.at(by_row, self.rows_of(frequencies_hz), values)
        out = np.zeros(self.shape)
        np.add.at(out.T, self.columns_of(times_s), by_row.T)
        return out


def front_ends(chunks: Iterable[FloatArray]) -> Sound:
    """Read a mono signal at 22,050 Hz that arrives in pieces [shape=(n,), dtype=float32].

    Raises
    ------
    ValueError
        When there was no sample.
    """
    mel, cqt, tags = KeptStream(LogMelStream()), KeptStream(CqtStream()), TagStream()
    samples = 0
    for chunk in chunks:
        samples += chunk.size
        mel.push(chunk)
        cqt.push(chunk)
        tags.push(chunk)
    if samples == 0:
        raise ValueError("a signal without samples cannot be explained")
    # float16 and back, as an analysis keeps them: the same answer to the last digit.
    log_mel, tag_mel, log_cqt = (frames.astype(np.float32) for frames in (mel.take(), tags.frames(), cqt.take()))
    return Sound(samples / SAMPLE_RATE_HZ, log_mel, tag_mel, log_cqt)
