"""What cannot be decoded ends in an error that people understand."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from models.audio.decode import find_audio, open_audio, sha256_of
from models.errors import JobError
from tests import corpus


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
        open_audio(make(tmp_path), corpus.no_decoder)
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
