"""Finding audio files, and hashing them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from models.audio.decode import AUDIO_SUFFIXES, find_audio, sha256_of
from models.errors import JobError


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
