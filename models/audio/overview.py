"""What can be drawn of a recording before any model has spoken, gathered while it streams by."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.analysis import FloatArray, Overview
from models.audio.log_mel import DB_PER_UNIT, FRAME_S, N_BANDS, SAMPLE_RATE_HZ, band_centres_hz

#: Samples per waveform bin: 5.8 ms, a pixel of the closest zoom; three hours are 15 MB.
WAVEFORM_BIN_SAMPLES = 128
#: Samples per loudness value: 0.1 s.
LOUDNESS_BIN_SAMPLES = 2205
LOUDNESS_FLOOR_DB = -90.0
#: The log-mel's own floor is -60 dB (1e-6); of the values of real, mastered music 0.1 % lie above +28 dB.
SPECTROGRAM_RANGE_DB = (-60.0, 30.0)
#: Up to 25 minutes each frame keeps its column; beyond, columns are merged by twos, fours... 8 MB at most.
MAX_COLUMNS = 65_536

_STEPS_PER_DB = 255.0 / (SPECTROGRAM_RANGE_DB[1] - SPECTROGRAM_RANGE_DB[0])
#: Power that each of the 256 values stands for.
_POWERS: FloatArray = (10.0 ** ((SPECTROGRAM_RANGE_DB[0] + np.arange(256) / _STEPS_PER_DB) / 10.0)).astype(np.float32)


def _quantise(S: FloatArray) -> NDArray[np.uint8]:  # noqa: N803 - the paper's S
    """Natural logarithm of power to 0..255, linear in dB."""
    steps = (S * DB_PER_UNIT - SPECTROGRAM_RANGE_DB[0]) * _STEPS_PER_DB
    values: NDArray[np.uint8] = np.clip(np.rint(steps), 0, 255).astype(np.uint8)
    return values


class _Bins:
    """Cuts a signal that arrives in pieces into bins of equal length."""

    def __init__(self, samples: int) -> None:
        self._samples = samples
        self._rest = np.empty(0, np.float32)

    def add(self, y: FloatArray) -> FloatArray:
        """Return the bins completed by `y` [shape=(k, samples)]."""
        whole = np.concatenate((self._rest, y)) if self._rest.size else y
        used = whole.size - whole.size % self._samples
        self._rest = whole[used:].copy()
        return whole[:used].reshape(-1, self._samples)

    @property
    def rest(self) -> FloatArray:
        """The last, incomplete bin [shape=(1, n)], or none [shape=(0, 1)]."""
        return self._rest[np.newaxis] if self._rest.size else np.empty((0, 1), np.float32)


class _Spectrogram:
    """Columns of quantised power, at most `MAX_COLUMNS`, each the mean power of as many frames as needed."""

    def __init__(self) -> None:
        self._columns = np.empty((N_BANDS, MAX_COLUMNS), np.uint8)  # memory is only touched as it fills
        self._filled = 0
        self.frames_per_column = 1
        self._rest = np.empty((N_BANDS, 0), np.float32)

    def add(self, S: FloatArray) -> None:  # noqa: N803
        """Add frames [shape=(128, k)]."""
        S = np.concatenate((self._rest, S), axis=1) if self._rest.shape[1] else S
        while True:
            per_column = self.frames_per_column
            room = MAX_COLUMNS - self._filled
            columns = min(S.shape[1] // per_column, room)
            if columns:
                used = columns * per_column
                self._columns[:, self._filled : self._filled + columns] = self._merged(S[:, :used])
                self._filled += columns
                S = S[:, used:]
            if self._filled < MAX_COLUMNS:
                break
            self._filled //= 2
            for band in self._columns:  # one at a time: the powers of all would be 32 MB
                band[: self._filled] = _quantise(np.log(_POWERS[band.reshape(-1, 2)].mean(axis=1)))
            self.frames_per_column *= 2
        self._rest = S.copy()

    def _merged(self, S: FloatArray) -> NDArray[np.uint8]:  # noqa: N803
        if self.frames_per_column == 1:
            return _quantise(S)
        power = np.exp(S).reshape(N_BANDS, -1, self.frames_per_column).mean(axis=2)
        return _quantise(np.log(power))

    def build(self) -> NDArray[np.uint8]:
        """Return all columns, the last one of what frames there are."""
        columns = self._columns[:, : self._filled]
        if self._rest.shape[1]:
            last = np.log(np.exp(self._rest).mean(axis=1, keepdims=True))
            return np.concatenate((columns, _quantise(last)), axis=1)
        return columns.copy()


class OverviewBuilder:
    """Gathers an `Overview` from a recording that streams by, in little memory.

    Parameters
    ----------
    sample_rate_hz, channels : int
        Of the file, for the record.
    """

    def __init__(self, sample_rate_hz: int, channels: int) -> None:
        self._sample_rate_hz = sample_rate_hz
        self._channels = channels
        self._samples = 0
        self._wave_bins = _Bins(WAVEFORM_BIN_SAMPLES)
        self._waveform: list[FloatArray] = []
        self._loud_bins = _Bins(LOUDNESS_BIN_SAMPLES)
        self._loudness: list[FloatArray] = []
        self._spectrogram = _Spectrogram()

    def add_samples(self, y: FloatArray) -> None:
        """Add the next samples of the mono signal at 22,050 Hz [shape=(n,), dtype=float32]."""
        self._samples += y.size
        self._waveform.append(_extremes(self._wave_bins.add(y)))
        self._loudness.append(_level_db(self._loud_bins.add(y)))

    def add_log_mel(self, S: FloatArray) -> None:  # noqa: N803
        """Add the next frames of the log-mel, natural logarithm of power [shape=(128, k), dtype=float32]."""
        self._spectrogram.add(S)

    def build(self) -> Overview:
        """Return what was gathered; bins that the end of the recording cut short are there too."""
        return Overview(
            duration_s=self._samples / SAMPLE_RATE_HZ,
            sample_rate_hz=self._sample_rate_hz,
            channels=self._channels,
            waveform=np.concatenate([*self._waveform, _extremes(self._wave_bins.rest)]),
            waveform_bin_s=WAVEFORM_BIN_SAMPLES / SAMPLE_RATE_HZ,
            spectrogram=self._spectrogram.build(),
            spectrogram_bin_s=FRAME_S * self._spectrogram.frames_per_column,
            spectrogram_range_db=SPECTROGRAM_RANGE_DB,
            band_hz=band_centres_hz(),
            loudness_db=np.concatenate([*self._loudness, _level_db(self._loud_bins.rest)]),
            loudness_bin_s=LOUDNESS_BIN_SAMPLES / SAMPLE_RATE_HZ,
        )


def _extremes(bins: FloatArray) -> FloatArray:
    """Minimum and maximum of each bin [shape=(k, 2)]."""
    return np.stack((bins.min(axis=1), bins.max(axis=1)), axis=1)


def _level_db(bins: FloatArray) -> FloatArray:
    """RMS of each bin in dB relative to full scale [shape=(k,)]."""
    power = np.einsum("ij,ij->i", bins, bins) / bins.shape[1]
    level_db: FloatArray = np.maximum(10.0 * np.log10(np.maximum(power, 1e-12)), LOUDNESS_FLOOR_DB)
    return level_db.astype(np.float32)
