"""The overview that a recording leaves behind while it streams: waveform, loudness, spectrogram; and its tags."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from models.analysis import Overview
from models.audio import overview as module
from models.audio.decode import open_audio
from models.audio.log_mel import FRAME_S, N_BANDS, SAMPLE_RATE_HZ, band_centres_hz, log_mel
from models.audio.overview import LOUDNESS_BIN_SAMPLES, SPECTROGRAM_RANGE_DB, OverviewBuilder
from models.audio.tags import Tags, read_tags
from tests import corpus

DB_PER_NEPER = 10 / np.log(10)


def built(y: np.ndarray, piece: int = 10**9) -> Overview:
    builder = OverviewBuilder(44_100, 2)
    for at in range(0, y.size, piece):
        builder.add_samples(y[at : at + piece])
    S = log_mel(y)
    for at in range(0, S.shape[1], piece):
        builder.add_log_mel(S[:, at : at + piece])
    return builder.build()


def test_waveform_holds_the_extremes_of_each_bin() -> None:
    y = corpus.melody(2.03)
    overview = built(y)
    bin_samples = overview.waveform_bin_s * SAMPLE_RATE_HZ
    assert bin_samples == pytest.approx(128)
    assert overview.waveform.shape == (-(-y.size // 128), 2)
    assert overview.waveform.dtype == np.float32
    for i in (0, 1, 100, len(overview.waveform) - 1):
        part = y[128 * i : 128 * (i + 1)]
        assert tuple(overview.waveform[i]) == (part.min(), part.max())
    assert overview.duration_s == y.size / SAMPLE_RATE_HZ
    assert (overview.sample_rate_hz, overview.channels) == (44_100, 2)


@pytest.mark.parametrize("piece", [7, 128, 1000, 2205])
def test_the_pieces_it_came_in_do_not_matter(piece: int) -> None:
    y = corpus.melody(3.3)
    whole, pieces = built(y), built(y, piece)
    for name in ("waveform", "loudness_db", "spectrogram"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(pieces, name), err_msg=name)


def test_loudness() -> None:
    t = np.arange(SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    sine = np.sin(2 * np.pi * 1000 * t).astype(np.float32)  # 100 periods in each bin of 0.1 s
    overview = built(np.concatenate((sine, 0.1 * sine, np.zeros(1000 + SAMPLE_RATE_HZ, np.float32))))
    assert overview.loudness_bin_s == pytest.approx(0.1)
    assert overview.loudness_db.shape == (31,)
    assert overview.loudness_db.dtype == np.float32
    np.testing.assert_allclose(overview.loudness_db[:10], -3.01, atol=0.01)
    np.testing.assert_allclose(overview.loudness_db[10:20], -23.01, atol=0.01)
    np.testing.assert_array_equal(overview.loudness_db[20:], -90)


def test_spectrogram_is_the_log_mel_in_decibels() -> None:
    y = corpus.melody(5)
    overview = built(y)
    low, high = overview.spectrogram_range_db
    shown_db = low + overview.spectrogram / 255 * (high - low)
    expected_db = np.clip(log_mel(y) * DB_PER_NEPER, low, high)
    assert overview.spectrogram.dtype == np.uint8
    assert np.abs(shown_db - expected_db).max() <= (high - low) / 255 / 2 + 1e-4
    assert overview.spectrogram_bin_s == pytest.approx(FRAME_S)
    np.testing.assert_array_equal(overview.band_hz, band_centres_hz())


def test_the_range_fits_music() -> None:
    overview = built(corpus.build_up(20, 12))
    assert (overview.spectrogram == 255).mean() < 0.02
    assert overview.spectrogram.max() > 200
    assert built(np.zeros(5000, np.float32)).spectrogram.max() == 0


@pytest.mark.parametrize(("frames", "factor"), [(63, 1), (64, 2), (127, 2), (128, 4), (200, 4), (1000, 16)])
@pytest.mark.parametrize("piece", [1, 50, 10**9])
def test_long_recordings_share_columns_by_mean_power(
    monkeypatch: pytest.MonkeyPatch, frames: int, factor: int, piece: int
) -> None:
    monkeypatch.setattr(module, "MAX_COLUMNS", 64)
    rng = np.random.default_rng(0)
    S = rng.uniform(-10, 5, (N_BANDS, frames)).astype(np.float32)
    builder = OverviewBuilder(SAMPLE_RATE_HZ, 1)
    for at in range(0, frames, piece):
        builder.add_log_mel(S[:, at : at + piece])
    overview = builder.build()
    assert overview.spectrogram_bin_s == pytest.approx(FRAME_S * factor)
    assert overview.spectrogram.shape == (N_BANDS, -(-frames // factor))
    low, high = SPECTROGRAM_RANGE_DB
    shown_db = low + overview.spectrogram / 255 * (high - low)
    for column in (0, overview.spectrogram.shape[1] - 1):
        power = np.exp(S[:, column * factor : (column + 1) * factor]).mean(axis=1)
        # Each halving rounds once more.
        np.testing.assert_allclose(shown_db[:, column], 10 * np.log10(power), atol=0.18 * (1 + np.log2(factor)))


def test_three_hours_stay_small() -> None:
    builder = OverviewBuilder(44_100, 2)
    minute = corpus.melody(60)
    S = log_mel(minute)
    for _ in range(180):
        builder.add_samples(minute)
        builder.add_log_mel(S)
    overview = builder.build()
    assert overview.duration_s == 3 * 3600
    assert overview.spectrogram.nbytes < 10_000_000
    assert overview.waveform.nbytes + overview.loudness_db.nbytes < 20_000_000
    assert overview.spectrogram.shape[1] * overview.spectrogram_bin_s == pytest.approx(3 * 3600, rel=2e-3)
    assert len(overview.loudness_db) == 3 * 36_000


def test_nothing_yet() -> None:
    overview = OverviewBuilder(8000, 1).build()
    assert overview.duration_s == 0
    assert overview.waveform.shape == (0, 2)
    assert overview.spectrogram.shape == (N_BANDS, 0)
    assert overview.loudness_db.shape == (0,)


def test_from_a_file(tmp_path: Path) -> None:
    path = corpus.write(tmp_path / "a.flac", corpus.build_up(20, 12, rate_hz=44_100), 44_100)
    with open_audio(path) as stream:
        builder = OverviewBuilder(stream.sample_rate_hz, stream.channels)
        for piece in stream:
            builder.add_samples(piece)
    loudest_s = builder.build().loudness_db.argmax() * LOUDNESS_BIN_SAMPLES / SAMPLE_RATE_HZ
    assert loudest_s == pytest.approx(12, abs=3)


# Tags --------------------------------------------------------------------------------------------------------------


def test_tags_of_a_flac(tmp_path: Path) -> None:
    path = tmp_path / "a.flac"
    with soundfile.SoundFile(path, "w", SAMPLE_RATE_HZ, 1) as file:
        file.title, file.artist, file.album = "高山 流水", "伯牙", "아리랑"
        file.write(corpus.melody(2))
    assert read_tags(path) == Tags("高山 流水", "伯牙", "아리랑", pytest.approx(2.0))


def test_tags_of_an_mp3_are_one_clean_line(tmp_path: Path) -> None:
    def frame(name: bytes, text: str) -> bytes:
        body = b"\x01" + text.encode("utf-16")
        return name + struct.pack(">IH", len(body), 0) + body

    frames = frame(b"TIT2", "Two\nlines\u200b " + "x" * 1000) + frame(b"TPE2", "The Band")
    path = corpus.write(tmp_path / "a.mp3", corpus.melody(3))
    size = bytes((len(frames) >> 7 * i) & 127 for i in (3, 2, 1, 0))
    path.write_bytes(b"ID3\x03\0\0" + size + frames + path.read_bytes())
    tags = read_tags(path)
    assert tags.title.startswith("Two lines xxx")
    assert len(tags.title) == 300
    assert tags.artist == "The Band"  # no TPE1: the album's artist


@pytest.mark.parametrize("name", [*corpus.BAD, *corpus.ODD])
def test_tags_never_fail(tmp_path: Path, name: str) -> None:
    path = corpus.BAD[name][1](tmp_path) if name in corpus.BAD else corpus.ODD[name](tmp_path)
    tags = read_tags(path)
    assert tags.title == path.stem
    assert tags.artist == tags.album == ""
    assert tags.duration_s is None or tags.duration_s > 0


def test_a_length_that_the_writer_did_not_know_is_left_out(tmp_path: Path) -> None:
    path = corpus.write(tmp_path / "piped.wav", corpus.melody(1))
    data = bytearray(path.read_bytes())
    at = data.index(b"data") + 4
    data[at : at + 4] = data[4:8] = b"\xff\xff\xff\xff"
    path.write_bytes(data)
    assert read_tags(path).duration_s is None
    with open_audio(path) as stream:
        assert stream.expected_duration_s == pytest.approx(1.0, abs=0.01)
        assert sum(piece.size for piece in stream) == SAMPLE_RATE_HZ
    assert stream.notes == []


def test_tags_of_a_name_that_cannot_be_printed(tmp_path: Path) -> None:
    assert read_tags(tmp_path / "a\udce9\n.wav").title == "a?"
