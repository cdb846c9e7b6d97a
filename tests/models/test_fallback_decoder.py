"""The decoder that is injected for what libsndfile does not know."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soxr

from models.audio.decode import open_audio
from models.audio.sources import StreamingDecoder
from models.errors import JobError
from tests import corpus

RATE_HZ = 22_050


def unknown_format(folder: Path) -> Path:
    path = folder / "song.m4a"
    path.write_bytes(b"\0\0\0\x20ftypM4A " + bytes(range(256)) * 20)
    return path


def test_the_fallback_decodes_what_libsndfile_does_not_know(tmp_path: Path) -> None:
    stereo = np.stack((corpus.tone(1000, 30, 44_100), corpus.tone(1000, 30, 44_100, 0.3)))
    with open_audio(unknown_format(tmp_path), lambda path: (stereo, 44_100)) as stream:
        assert (stream.sample_rate_hz, stream.channels) == (44_100, 2)
        assert stream.expected_duration_s == 30.0
        pieces = list(stream)
    assert max(piece.nbytes for piece in pieces) < 1_000_000
    y = np.concatenate(pieces)
    np.testing.assert_allclose(y, soxr.resample(stereo.mean(axis=0), 44_100, RATE_HZ), atol=1e-5)


def test_a_fallback_that_streams_is_asked_for_blocks(tmp_path: Path) -> None:
    class Blocks:
        sample_rate_hz, channels, expected_frames, failure = RATE_HZ, 1, 3 * RATE_HZ, ""
        closed = False

        def __iter__(self):
            for _ in range(3):
                yield corpus.tone(441, 1, RATE_HZ)[:, None]

        def notes(self, frames: int) -> list[str]:
            return [f"{frames} frames"]

        def close(self) -> None:
            self.closed = True

    class Streaming:
        blocks = Blocks()

        def __call__(self, path: Path) -> tuple[np.ndarray, int]:
            pytest.fail("all at once")

        def stream(self, path: Path) -> Blocks:
            return self.blocks

    fallback = Streaming()
    assert isinstance(fallback, StreamingDecoder)
    with open_audio(unknown_format(tmp_path), fallback) as stream:
        y = np.concatenate(list(stream))
    np.testing.assert_array_equal(y, np.tile(corpus.tone(441, 1, RATE_HZ), 3))
    assert stream.notes == [f"{3 * RATE_HZ} frames"]
    assert fallback.blocks.closed


def test_what_nobody_can_decode(tmp_path: Path) -> None:
    def fail(path: Path) -> tuple[np.ndarray, int]:
        raise JobError("damaged", "no luck", "moov atom not found")

    with pytest.raises(JobError) as caught:
        open_audio(unknown_format(tmp_path), fail)
    assert caught.value.kind == "damaged"
    assert "moov atom" in caught.value.detail
    with pytest.raises(JobError) as caught:
        open_audio(corpus.random_bytes(tmp_path), fail)
    assert caught.value.kind == "not_audio"


def test_a_fallback_that_does_not_work_here_says_so(tmp_path: Path) -> None:
    def fail(path: Path) -> tuple[np.ndarray, int]:
        raise JobError("internal", "install libpulse0")

    with pytest.raises(JobError, match="libpulse0"):
        open_audio(unknown_format(tmp_path), fail)
    with pytest.raises(JobError) as caught:
        open_audio(corpus.random_bytes(tmp_path), fail)
    assert caught.value.kind == "not_audio"


def test_no_fallback(tmp_path: Path) -> None:
    with pytest.raises(JobError, match="not supported") as caught:
        open_audio(unknown_format(tmp_path))
    assert caught.value.kind == "damaged"
