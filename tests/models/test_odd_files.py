"""Odd and damaged recordings: what there is of them is decoded, and what is wrong is said."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile

from models.audio.decode import decode, open_audio
from models.audio.mp3 import survey
from tests import corpus

RATE_HZ = 22_050


@pytest.mark.parametrize("name", corpus.ODD)
def test_odd_files_decode_to_finite_music(tmp_path: Path, name: str) -> None:
    y = decode(corpus.ODD[name](tmp_path), corpus.no_decoder)
    assert y.dtype == np.float32
    assert y.ndim == 1
    assert np.isfinite(y).all()
    assert 0.05 < np.abs(y).max() <= 1.0


def test_a_truncated_mp3_gives_what_there_is_and_says_so(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = corpus.truncated_mp3(tmp_path)
    with open_audio(path) as stream:
        assert stream.expected_duration_s == pytest.approx(20.0)
        y = np.concatenate(list(stream))
    assert 6 * RATE_HZ < y.size < 10 * RATE_HZ
    assert stream.notes == ["The file ends early: 0:08 of 0:20 could be decoded."]
    assert capfd.readouterr().err == ""


def test_libmpg123_would_have_spoken(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    # Without this the test above would prove nothing.
    soundfile.info(str(corpus.truncated_mp3(tmp_path)))
    assert "Warning" in capfd.readouterr().err


def test_a_truncated_wav_says_so(tmp_path: Path) -> None:
    with open_audio(corpus.truncated_wav(tmp_path)) as stream:
        seconds = sum(piece.size for piece in stream) / RATE_HZ
    assert seconds == pytest.approx(4.0, abs=0.01)
    assert stream.notes == ["The file ends early: 0:04 of 0:10 could be decoded."]


def test_damage_in_the_middle_of_a_flac_becomes_silence_and_what_follows_stays_in_time(tmp_path: Path) -> None:
    with open_audio(corpus.damaged_flac(tmp_path)) as stream:
        y = np.concatenate(list(stream))
    original = corpus.melody(10)
    assert y.size == original.size
    lost = np.flatnonzero(np.abs(y - original) > 1e-3)
    assert lost.size > 0
    assert lost[-1] - lost[0] < RATE_HZ
    assert len(stream.notes) == 1
    assert "replaced by silence" in stream.notes[0]


def test_damage_in_the_middle_of_an_mp3_does_not_end_it(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with open_audio(corpus.damaged_mp3(tmp_path)) as stream:
        y = np.concatenate(list(stream))
    assert y.size > 9 * RATE_HZ
    assert "replaced by silence" in stream.notes[0]
    assert capfd.readouterr().err == ""


def test_an_mp3_that_does_not_state_its_length_is_read_to_its_end(tmp_path: Path) -> None:
    path = corpus.mp3_without_length(tmp_path)
    layout = survey(path)
    assert layout is not None
    assert not layout.stated
    assert soundfile.info(str(path)).duration < 5  # what libsndfile would have read
    with open_audio(path) as stream:
        y = np.concatenate(list(stream))
    assert y.size / RATE_HZ == pytest.approx(20.0, abs=0.1)
    assert stream.notes == []
    end = y[15 * RATE_HZ : 16 * RATE_HZ]
    assert np.argmax(np.abs(np.fft.rfft(end))) == 440


def test_an_mp3_that_states_its_length_is_counted_right(tmp_path: Path) -> None:
    path = corpus.write(tmp_path / "a.mp3", corpus.melody(5, rate_hz=44_100), 44_100)
    layout = survey(path)
    assert layout is not None
    assert layout.stated
    assert 0 <= layout.samples - 5 * 44_100 < 3 * 1152
    (tmp_path / "b.mp3").write_bytes(b"ID3\x04\x00\x00\x00\x00\x02\x01" + bytes(257) + path.read_bytes())
    assert survey(tmp_path / "b.mp3").frames == layout.frames  # type: ignore[union-attr]


def test_junk_behind_an_mp3_is_no_damage(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = corpus.write(tmp_path / "a.mp3", corpus.melody(5, rate_hz=44_100), 44_100)
    path.write_bytes(path.read_bytes() + b"TAG" + bytes(125) + np.random.default_rng(0).bytes(5000))
    with open_audio(path) as stream:
        seconds = sum(piece.size for piece in stream) / RATE_HZ
    assert seconds == pytest.approx(5.0, abs=0.1)
    assert stream.notes == []
    assert capfd.readouterr().err == ""


def test_samples_that_are_no_numbers_become_silence(tmp_path: Path) -> None:
    with open_audio(corpus.nan_and_infinite(tmp_path)) as stream:
        y = np.concatenate(list(stream))
    assert stream.notes == ["4 samples were not numbers and were replaced by silence."]
    expected = corpus.melody(3)
    expected[[1000, 2000, 3000, 4000]] = 0
    np.testing.assert_array_equal(y, expected)


def test_a_wrong_scale_is_noted(tmp_path: Path) -> None:
    path = corpus.write(tmp_path / "a.wav", corpus.melody(1) * 32768, subtype="FLOAT")
    with open_audio(path) as stream:
        list(stream)
    assert stream.notes == [
        "The signal reaches 84 dB above full scale; the file may have been written in a wrong scale."
    ]


def test_surround_is_mixed_to_the_mean(tmp_path: Path) -> None:
    with open_audio(corpus.surround(tmp_path)) as stream:
        assert (stream.sample_rate_hz, stream.channels) == (96_000, 6)
        y = np.concatenate(list(stream))
    assert y.size == 3 * RATE_HZ
    np.testing.assert_allclose(np.abs(y).max(), 0.5 * 3.2 / 6, rtol=0.05)


def test_a_long_recording_never_lies_in_memory(tmp_path: Path) -> None:
    path = corpus.surround(tmp_path, seconds=20)  # 46 MB as float32
    tracemalloc.start()
    try:
        with open_audio(path) as stream:
            largest = max(piece.nbytes for piece in stream)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert largest < 1_000_000
    assert peak < 12_000_000


def test_an_hour(tmp_path: Path) -> None:
    with open_audio(corpus.long_recording(tmp_path)) as stream:
        assert stream.expected_duration_s == 3600.0
        assert sum(piece.size for piece in stream) == 3600 * RATE_HZ
