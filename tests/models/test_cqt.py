"""The constant-Q front end: sines land in their bins with their amplitude, and pieces give the same as the whole."""

from __future__ import annotations

import numpy as np
import pytest

from models.audio.cqt import (
    BINS_PER_OCTAVE,
    EPSILON,
    FRAME_RATE_HZ,
    HOP_SAMPLES,
    N_BINS,
    bin_frequencies_hz,
    log_cqt,
    sine_response,
    stream_log_cqt,
)
from models.audio.log_mel import SAMPLE_RATE_HZ
from tests import corpus


def sine(frequency_hz: float, seconds: float = 4.0, amplitude: float = 0.1) -> np.ndarray:
    t = np.arange(round(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    return (amplitude * np.sin(2 * np.pi * frequency_hz * t)).astype(np.float32)


def test_bins_are_thirds_of_semitones_from_c1() -> None:
    f = bin_frequencies_hz()
    assert f.shape == (N_BINS,)
    assert f[0] == pytest.approx(32.703, abs=1e-3)
    assert f[BINS_PER_OCTAVE] == pytest.approx(2 * f[0])
    assert f[3 * (69 - 24)] == pytest.approx(440)


# Both sides of the frequency at which the window changes, and both ends.
@pytest.mark.parametrize("k", [0, 30, 60, 100, 121, 122, 123, 124, 180, 240, 251])
def test_a_sine_peaks_in_its_bin_with_its_amplitude(k: int) -> None:
    X = np.exp(log_cqt(sine(bin_frequencies_hz()[k])))
    middle = X[:, X.shape[1] // 2]
    assert middle.argmax() == k
    assert middle[k] == pytest.approx(0.1, rel=0.01)


def test_the_response_to_sines_is_what_sines_give() -> None:
    frequencies = np.array([70.0, 200.0, 347.0, 351.0, 1234.5])
    expected = sine_response(frequencies)
    for i, frequency in enumerate(frequencies):
        X = np.exp(log_cqt(sine(frequency)))
        measured = X[:, X.shape[1] // 2] / 0.1
        strong = expected[:, i] > 0.05
        np.testing.assert_allclose(measured[strong], expected[strong, i], rtol=0.03)


def test_peaks_lie_where_librosas_do() -> None:
    import librosa

    y = sine(110) + sine(329.63) + sine(1046.5)
    ours = np.exp(log_cqt(y))[:, 20]
    theirs = np.abs(
        librosa.cqt(
            y,
            sr=SAMPLE_RATE_HZ,
            hop_length=HOP_SAMPLES,
            fmin=bin_frequencies_hz()[0],
            n_bins=N_BINS,
            bins_per_octave=BINS_PER_OCTAVE,
        )
    )[:, 20]
    for column in (ours, theirs):
        column[column < 0.3 * column.max()] = 0
    inner = slice(1, -1)
    peaks = [np.flatnonzero((c[inner] > c[:-2]) & (c[inner] >= c[2:])) + 1 for c in (ours, theirs)]
    assert len(peaks[0]) == 3
    assert np.abs(peaks[0] - peaks[1]).max() <= 1


def test_gain_adds_to_the_log() -> None:
    y = corpus.melody(3)
    X = log_cqt(y)
    loud = X > -6
    np.testing.assert_allclose((log_cqt(y / 4) - X)[loud], -np.log(4), atol=1e-3)


@pytest.mark.parametrize("n", [1, 2, 1000, 8191, 8192, 16_384, 16_385, 40_000, 200_001])
@pytest.mark.parametrize("piece", [777, 2048, 50_000, 10**9])
def test_pieces_give_the_same_as_the_whole(n: int, piece: int) -> None:
    y = corpus.melody(n / SAMPLE_RATE_HZ + 1)[-n:]
    X = np.concatenate(list(stream_log_cqt([y[at : at + piece] for at in range(0, n, piece)])), axis=1)
    expected = log_cqt(y)
    assert X.shape == expected.shape == (N_BINS, 1 + n // HOP_SAMPLES)
    assert X.dtype == np.float32
    # Where a stretch ends the thinning filter sees nothing beyond: worth 1e-4 of the loudest partial.
    np.testing.assert_allclose(np.exp(X), np.exp(expected), atol=2e-4)


def test_no_samples_and_silence() -> None:
    assert log_cqt(np.empty(0, np.float32)).shape == (N_BINS, 0)
    assert list(stream_log_cqt([np.empty(0, np.float32)])) == []
    np.testing.assert_allclose(log_cqt(np.zeros(9000, np.float32)), np.log(EPSILON), rtol=1e-5)


def test_frame_rate() -> None:
    assert pytest.approx(10.77, abs=0.01) == FRAME_RATE_HZ
