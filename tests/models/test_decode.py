"""Decoding: every rate, channel count and format, in pieces."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soxr

from models.audio.decode import decode, open_audio
from models.errors import JobError
from tests import corpus

RATE_HZ = 22_050


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000, 192_000])
def test_a_tone_keeps_its_frequency_amplitude_and_length(tmp_path: Path, rate_hz: int) -> None:
    path = corpus.write(tmp_path / "tone.wav", corpus.tone(1000, 2.0, rate_hz), rate_hz, "FLOAT")
    y = decode(path)
    assert y.dtype == np.float32
    assert abs(y.size - 2 * RATE_HZ) <= 2
    middle = y[RATE_HZ // 2 : RATE_HZ // 2 + RATE_HZ].astype(np.float64)  # 1 s: one bin per Hz
    spectrum = 2 * np.abs(np.fft.rfft(middle)) / middle.size
    assert np.argmax(spectrum) == 1000
    assert spectrum[1000] == pytest.approx(0.5, abs=2e-3)
    # No delay: the phase at its place is the tone's own.
    expected = corpus.tone(1000, 2.0, RATE_HZ)[RATE_HZ // 2 : RATE_HZ // 2 + RATE_HZ]
    np.testing.assert_allclose(middle, expected, atol=2e-3)


def test_the_right_rate_is_not_resampled(tmp_path: Path) -> None:
    y = corpus.melody(3)
    np.testing.assert_array_equal(decode(corpus.write(tmp_path / "a.wav", y, RATE_HZ, "FLOAT")), y)


def test_pieces_make_up_the_whole(tmp_path: Path) -> None:
    y = corpus.melody(20, rate_hz=44_100)
    path = corpus.write(tmp_path / "a.wav", y, 44_100, "FLOAT")
    with open_audio(path) as stream:
        pieces = list(stream)
    assert len(pieces) > 3
    np.testing.assert_allclose(np.concatenate(pieces), soxr.resample(y, 44_100, RATE_HZ, "HQ"), atol=1e-6)


def test_channels_are_averaged(tmp_path: Path) -> None:
    left, right = corpus.melody(2, seed=1), corpus.melody(2, seed=2)
    path = corpus.write(tmp_path / "a.wav", np.stack((left, right), axis=1), RATE_HZ, "FLOAT")
    np.testing.assert_allclose(decode(path), (left + right) / 2, atol=1e-6)


@pytest.mark.parametrize("suffix", ["wav", "aiff", "au", "caf", "w64", "flac", "mp3", "ogg"])
def test_every_format_of_libsndfile(tmp_path: Path, suffix: str) -> None:
    path = corpus.write(tmp_path / f"a.{suffix}", np.stack([corpus.melody(4, rate_hz=44_100)] * 2, axis=1), 44_100)
    with open_audio(path) as stream:
        assert (stream.sample_rate_hz, stream.channels) == (44_100, 2)
        assert stream.expected_duration_s == pytest.approx(4.0, abs=0.1)
        y = np.concatenate(list(stream))
        assert stream.notes == []
    assert y.size == pytest.approx(4 * RATE_HZ, abs=0.1 * RATE_HZ)
    n = 3 * RATE_HZ
    assert np.corrcoef(y[:n], corpus.melody(4)[:n])[0, 1] > 0.99


def test_the_content_counts_not_the_suffix(tmp_path: Path) -> None:
    path = corpus.write(tmp_path / "a.flac", corpus.melody(2)).rename(tmp_path / "a.mp3")
    assert decode(path).size == 2 * RATE_HZ
    with pytest.raises(JobError, match="Export it again"):  # the one suffix that soundfile believes
        decode(path.rename(tmp_path / "a.raw"))
