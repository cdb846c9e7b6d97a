"""Decoding: every rate, channel count and bad file, in pieces, with errors that people understand."""

from __future__ import annotations

import hashlib
import os
import threading
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from models.audio.decode import AUDIO_SUFFIXES, decode, find_audio, open_audio, sha256_of
from models.audio.mp3 import survey
from models.audio.quiet import quiet_mpg123
from models.audio.sources import StreamingDecoder
from models.errors import JobError
from tests import corpus

RATE_HZ = 22_050


def tone(frequency_hz: float, seconds: float, rate_hz: int, amplitude: float = 0.5) -> np.ndarray:
    return (amplitude * np.sin(2 * np.pi * frequency_hz * np.arange(round(seconds * rate_hz)) / rate_hz)).astype("f4")


def never(path: Path) -> tuple[np.ndarray, int]:
    pytest.fail("the fallback was asked for a file that is no recording")


# Right samples -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000, 192_000])
def test_a_tone_keeps_its_frequency_amplitude_and_length(tmp_path: Path, rate_hz: int) -> None:
    path = corpus.write(tmp_path / "tone.wav", tone(1000, 2.0, rate_hz), rate_hz, "FLOAT")
    y = decode(path)
    assert y.dtype == np.float32
    assert abs(y.size - 2 * RATE_HZ) <= 2
    middle = y[RATE_HZ // 2 : RATE_HZ // 2 + RATE_HZ].astype(np.float64)  # 1 s: one bin per Hz
    spectrum = 2 * np.abs(np.fft.rfft(middle)) / middle.size
    assert np.argmax(spectrum) == 1000
    assert spectrum[1000] == pytest.approx(0.5, abs=2e-3)
    # No delay: the phase at its place is the tone's own.
    expected = tone(1000, 2.0, RATE_HZ)[RATE_HZ // 2 : RATE_HZ // 2 + RATE_HZ]
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


# Odd files ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", corpus.ODD)
def test_odd_files_decode_to_finite_music(tmp_path: Path, name: str) -> None:
    y = decode(corpus.ODD[name](tmp_path), never)
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


# Bad files ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", corpus.BAD)
def test_bad_files_end_in_an_error_that_names_file_and_cause(
    tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    kind, make = corpus.BAD[name]
    path = make(tmp_path)
    with pytest.raises(JobError) as caught, open_audio(path) as stream:
        for _ in stream:
            pass
    assert caught.value.kind == kind
    assert f"“{path.name}”" in caught.value.message
    assert caught.value.message.endswith(".")
    assert "Traceback" not in caught.value.message + caught.value.detail
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("name", ["missing", "empty", "text", "chinese_text", "picture", "folder", "one_sample"])
def test_the_fallback_is_not_asked_for_what_is_no_recording(tmp_path: Path, name: str) -> None:
    kind, make = corpus.BAD[name]
    with pytest.raises(JobError) as caught:
        open_audio(make(tmp_path), never)
    assert caught.value.kind == kind


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="no such permissions on this system")
def test_no_permission(tmp_path: Path) -> None:
    path = corpus.unreadable(tmp_path)
    me = os.geteuid()
    for act in (open_audio, sha256_of):
        with pytest.raises(JobError, match="permission was denied") as caught:
            try:
                if me == 0:  # permissions do not bind root
                    os.seteuid(65_534)
                act(path)
            finally:
                os.seteuid(me)
        assert caught.value.kind == "unreadable"


def test_a_refused_read_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = corpus.write(tmp_path / "a.wav", corpus.melody(1))

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(JobError, match=r"“a\.wav” could not be read: permission was denied") as caught:
        open_audio(path)
    assert caught.value.kind == "unreadable"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    with pytest.raises(JobError, match="not a regular file") as caught:
        open_audio(tmp_path / "pipe.wav")
    assert caught.value.kind == "unreadable"


def test_names_that_cannot_be_printed(tmp_path: Path) -> None:
    with pytest.raises(JobError) as caught:
        open_audio(tmp_path / "a\udce9\n.wav")
    assert "“a??.wav”" in caught.value.message
    with pytest.raises(JobError) as caught:
        open_audio(tmp_path / "a\0.wav")
    assert caught.value.kind == "not_found"


def test_a_file_that_vanishes_after_the_scan(tmp_path: Path) -> None:
    path = corpus.write(tmp_path / "a.wav", corpus.melody(1))
    (found,) = find_audio([tmp_path])
    path.unlink()
    with pytest.raises(JobError) as caught:
        open_audio(found)
    assert caught.value.kind == "not_found"


def test_leaving_early_lets_go_of_the_file(tmp_path: Path) -> None:
    path = corpus.write(tmp_path / "a.wav", corpus.melody(30, rate_hz=44_100), 44_100)
    with open_audio(path) as stream:
        next(stream)
    stream.close()
    assert list(stream) == []
    stream = open_audio(path)
    stream.close()
    assert list(stream) == []
    path.unlink()  # on Windows an open file cannot be deleted


# The injected decoder ----------------------------------------------------------------------------------------------


def unknown_format(folder: Path) -> Path:
    path = folder / "song.m4a"
    path.write_bytes(b"\0\0\0\x20ftypM4A " + bytes(range(256)) * 20)
    return path


def test_the_fallback_decodes_what_libsndfile_does_not_know(tmp_path: Path) -> None:
    stereo = np.stack((tone(1000, 30, 44_100), tone(1000, 30, 44_100, 0.3)))
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
                yield tone(441, 1, RATE_HZ)[:, None]

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
    np.testing.assert_array_equal(y, np.tile(tone(441, 1, RATE_HZ), 3))
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


# Quiet -------------------------------------------------------------------------------------------------------------


def test_only_libmpg123_is_silenced(capfd: pytest.CaptureFixture[str]) -> None:
    with quiet_mpg123():
        os.write(2, b"Note: Trying to resync...\nImportant\n[src/libmpg123/parse.c:wetwork():1349] error: no\n")
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "Important\nafter\n"


def test_silence_survives_many_threads_and_ends(capfd: pytest.CaptureFixture[str]) -> None:
    before = os.fstat(2).st_ino

    def work(i: int) -> None:
        for _ in range(200):
            with quiet_mpg123():
                os.write(2, b"Warning: chatter\n")
                os.write(2, f"kept {i}\n".encode())

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert os.fstat(2).st_ino == before
    lines = capfd.readouterr().err.splitlines()
    assert sorted(set(lines)) == [f"kept {i}" for i in range(4)]
    assert len(lines) == 800


def test_silence_leaves_errors_alone(capfd: pytest.CaptureFixture[str]) -> None:
    before = os.fstat(2).st_ino
    with pytest.raises(ZeroDivisionError), quiet_mpg123():
        raise ZeroDivisionError
    assert os.fstat(2).st_ino == before


# Finding and hashing -----------------------------------------------------------------------------------------------


def test_find_audio(tmp_path: Path) -> None:
    for name in ("b/2.MP3", "b/1.flac", "b/notes.txt", "b/.hidden.wav", ".git/x.wav", "b/x.wav/inside.ogg", "a.wav"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    gone, text = tmp_path / "gone.wav", tmp_path / "b" / "notes.txt"
    found = find_audio([tmp_path / "b", gone, text, tmp_path, tmp_path / "a.wav", tmp_path / "b" / ".." / "a.wav"])
    b = tmp_path / "b"
    assert found == [b / "1.flac", b / "2.MP3", b / "x.wav" / "inside.ogg", gone, text, tmp_path / "a.wav"]


def test_find_audio_survives_links_in_a_circle(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1.wav").write_bytes(b"x")
    try:
        (tmp_path / "a" / "loop").symlink_to(tmp_path, target_is_directory=True)
        (tmp_path / "a" / "broken.wav").symlink_to(tmp_path / "nowhere.wav")
    except OSError:
        pytest.skip("no permission to make links")
    assert find_audio([tmp_path]) == [tmp_path / "a" / "1.wav", tmp_path / "a" / "broken.wav"]


def test_find_audio_in_two_thousand_files(tmp_path: Path) -> None:
    for i in range(2000):
        (tmp_path / f"{i % 10}").mkdir(exist_ok=True)
        (tmp_path / f"{i % 10}" / f"{i}.wav").touch()
    found = find_audio([tmp_path, tmp_path / "3"])
    assert len(found) == 2000
    assert found == sorted(found)


def test_suffixes_are_lower_case_with_a_dot() -> None:
    assert {".wav", ".mp3", ".m4a", ".opus"} <= AUDIO_SUFFIXES
    assert all(suffix == suffix.lower() and suffix[0] == "." for suffix in AUDIO_SUFFIXES)


def test_sha256(tmp_path: Path) -> None:
    data = np.random.default_rng(0).bytes(3_000_000)
    (tmp_path / "a.wav").write_bytes(data)
    assert sha256_of(tmp_path / "a.wav") == hashlib.sha256(data).hexdigest()
    for path, kind in ((tmp_path / "gone.wav", "not_found"), (tmp_path, "not_audio")):
        with pytest.raises(JobError) as caught:
            sha256_of(path)
        assert caught.value.kind == kind
