"""The log-mel front end against librosa, and in pieces against the whole."""

from __future__ import annotations

import numpy as np
import pytest

from models.audio.log_mel import (
    EPSILON,
    FLOOR,
    FRAME_S,
    HOP_SAMPLES,
    N_BANDS,
    N_FFT,
    SAMPLE_RATE_HZ,
    band_centres_hz,
    filterbank,
    log_mel,
    stream_log_mel,
)
from tests import corpus

DB_PER_NEPER = 10 / np.log(10)
#: Shorter than the mirror, than half a window, than a window; odd and even; around the hop's multiples.
LENGTHS = [2, 3, 100, 511, 512, 513, 1023, 1024, 1025, 1536, 2047, 2048, 2049, 2560, 4095, 4096, 22_050, 99_999]


def music(n: int) -> np.ndarray:
    rng = np.random.default_rng(n)
    y = corpus.melody(n / SAMPLE_RATE_HZ + 1)[-n:]  # its end: its beginning is an attack from silence
    return (y + 0.01 * rng.standard_normal(n)).astype(np.float32)


def librosa_log_mel(y: np.ndarray) -> np.ndarray:
    import librosa

    power = librosa.feature.melspectrogram(
        y=y, sr=SAMPLE_RATE_HZ, n_fft=N_FFT, hop_length=HOP_SAMPLES, n_mels=N_BANDS, pad_mode="reflect"
    )
    return np.log(power + EPSILON)


@pytest.mark.filterwarnings("ignore:n_fft=2048 is too large")
@pytest.mark.parametrize("n", LENGTHS)
def test_equals_librosa(n: int) -> None:
    y = music(n)
    expected = librosa_log_mel(y)
    S = log_mel(y)
    assert S.shape == expected.shape == (N_BANDS, 1 + n // HOP_SAMPLES)
    assert S.dtype == np.float32
    # A very short signal is mirrored many times and so periodic: between its lines only rounding is left.
    assert np.abs(S - expected).max() * DB_PER_NEPER < (2e-4 if n > HOP_SAMPLES else 2e-3)


def test_the_papers_input_shape() -> None:
    assert log_mel(music(30 * SAMPLE_RATE_HZ)).shape == (128, 1292)
    assert pytest.approx(0.02322, abs=1e-5) == FRAME_S


def test_filterbank_equals_librosa() -> None:
    import librosa

    np.testing.assert_allclose(
        filterbank(), librosa.filters.mel(sr=SAMPLE_RATE_HZ, n_fft=N_FFT, n_mels=N_BANDS), atol=1e-9
    )
    np.testing.assert_allclose(
        band_centres_hz(), librosa.mel_frequencies(N_BANDS + 2, fmax=SAMPLE_RATE_HZ / 2)[1:-1], rtol=1e-5
    )


@pytest.mark.parametrize(
    ("n", "piece"),
    [(n, piece) for n in [*LENGTHS, 1, 200_001] for piece in (333, 2048, 40_000, 10**9)]
    + [(n, 1) for n in (1, 3, 2048, 4095)],
)
def test_pieces_give_the_same_as_the_whole(n: int, piece: int) -> None:
    y = music(n)
    pieces = [y[at : at + piece] for at in range(0, n, piece)]
    S = np.concatenate(list(stream_log_mel(pieces)), axis=1)
    expected = log_mel(y)
    assert S.shape == expected.shape
    np.testing.assert_allclose(S, expected, atol=1e-5)


def test_empty_pieces_and_no_samples() -> None:
    y = music(10_000)
    nothing = np.empty(0, np.float32)
    S = np.concatenate(list(stream_log_mel([nothing, y[:100], nothing, y[100:], nothing])), axis=1)
    np.testing.assert_allclose(S, log_mel(y), atol=1e-5)
    assert log_mel(nothing).shape == (N_BANDS, 0)
    assert list(stream_log_mel([nothing])) == []


def test_frames_come_while_the_signal_still_streams() -> None:
    seen = 0
    second = music(SAMPLE_RATE_HZ)

    def pieces():
        for i in range(60):
            # No more than a batch of frames and two windows may be held back.
            assert i * SAMPLE_RATE_HZ - seen * HOP_SAMPLES < 64 * HOP_SAMPLES + SAMPLE_RATE_HZ + 2 * N_FFT
            yield second

    for S in stream_log_mel(pieces()):
        seen += S.shape[1]
    assert seen == 1 + 60 * SAMPLE_RATE_HZ // HOP_SAMPLES


def test_silence_is_the_floor() -> None:
    np.testing.assert_allclose(log_mel(np.zeros(5000, np.float32)), FLOOR, rtol=1e-6)
    assert pytest.approx(-13.8155, abs=1e-4) == FLOOR


def test_a_tone_lies_in_its_band() -> None:
    y = np.sin(2 * np.pi * 1000 * np.arange(SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ).astype(np.float32)
    loudest = log_mel(y)[:, 20].argmax()
    assert abs(band_centres_hz()[loudest] - 1000) < 40
    np.testing.assert_allclose(log_mel(y / 10)[loudest, 20], log_mel(y)[loudest, 20] - np.log(100), atol=1e-3)


def test_a_periodic_signal_is_flat() -> None:
    S = log_mel(corpus.stationary(10))[:, 4:-4]
    assert np.ptp(S, axis=1).max() < 1e-3
