"""Where blocks of samples come from: libsndfile, or an injected decoder for what libsndfile does not know."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import soundfile

from models.audio.files import is_known_audio, shown_name, what_else
from models.audio.quiet import quiet_mpg123
from models.errors import JobError

if TYPE_CHECKING:
    from models.inference.analysis import Decoder, FloatArray

#: Largest block in values (frames times channels): 1 MB of float32.
_BLOCK_VALUES = 262_144
_BLOCK_S = 4.0
_MIN_BLOCK_FRAMES = 1024
#: Sampling rates in Hz that a recording can have; others are a broken header.
_RATES_HZ = (1_000, 1_600_000)
#: A header that promises more than this many bytes was written by a program that did not know the length.
_UNKNOWN_LENGTH_BYTES = 2**31 - 2**16
#: A file that is shorter than promised by less than this is not worth a word.
_MISSING_S, _MISSING_SHARE = 1.0, 0.02

_SHORTENED = re.compile(r"^\s*(?:data|SSND|Data Size)\s*: (\d+) \(should be (\d+)\)", re.MULTILINE)
_NO_END_MARK = "lacks an end-of-stream bit"


class Source(Protocol):
    """Blocks of a recording [shape=(n, channels), dtype=float32], once, in order."""

    sample_rate_hz: int
    channels: int
    expected_frames: int
    failure: str

    def __iter__(self) -> Iterator[FloatArray]: ...

    def notes(self, frames: int) -> list[str]:
        """Sentences about what is missing, when `frames` frames have been read."""
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


class SoundfileSource:
    """A file that libsndfile reads."""

    def __init__(self, path: Path) -> None:
        with quiet_mpg123():
            self._file = soundfile.SoundFile(path)
        self.sample_rate_hz: int = self._file.samplerate
        self.channels: int = self._file.channels
        frames = int(self._file.frames)
        info = str(self._file.extra_info)
        if shortened := _SHORTENED.search(info):
            promised, there = int(shortened[1]), int(shortened[2])
            if there < promised < _UNKNOWN_LENGTH_BYTES and there > 0:
                frames = round(frames * promised / there)
        # libsndfile says 2^63 - 1 when it does not know; no recording lasts a year.
        self.expected_frames = frames if 0 <= frames < self.sample_rate_hz * 31_536_000 else 0
        self._no_end_mark = _NO_END_MARK in info
        self._mpeg = self._file.format in ("MP3", "MPEG")
        self.failure = ""

    def __iter__(self) -> Iterator[FloatArray]:
        frames = min(_BLOCK_VALUES // self.channels, int(_BLOCK_S * self.sample_rate_hz))
        frames = max(frames, _MIN_BLOCK_FRAMES)
        while not self.failure and not self._file.closed:
            try:
                with quiet_mpg123(self._mpeg):
                    block: FloatArray = self._file.read(frames, dtype="float32", always_2d=True)
            except (soundfile.SoundFileError, OSError) as error:
                self.failure = str(error) or type(error).__name__
                return
            if not len(block):
                return
            yield block

    def notes(self, frames: int) -> list[str]:
        """Say what is missing; see `Source`."""
        read_s, expected_s = frames / self.sample_rate_hz, self.expected_frames / self.sample_rate_hz
        missing_s = expected_s - read_s
        if self.failure:
            return [f"The file is damaged: only its first {_minutes(read_s)} could be decoded."]
        if missing_s > max(_MISSING_S, _MISSING_SHARE * expected_s):
            return [f"The file ends early: {_minutes(read_s)} of {_minutes(expected_s)} were found."]
        if self._no_end_mark:
            return ["The file has no end mark and may be incomplete."]
        return []

    def close(self) -> None:
        """Let go of the file."""
        with quiet_mpg123(self._mpeg):
            self._file.close()


class ArraySource:
    """Samples that an injected decoder returned, handed on in pieces."""

    def __init__(self, samples: FloatArray, sample_rate_hz: int) -> None:
        self._samples = samples if samples.ndim == 2 else samples[np.newaxis]
        self.sample_rate_hz = sample_rate_hz
        self.channels = self._samples.shape[0]
        self.expected_frames = self._samples.shape[1]
        self.failure = ""
        self._at = 0

    def __iter__(self) -> Iterator[FloatArray]:
        frames = max(_BLOCK_VALUES // self.channels, _MIN_BLOCK_FRAMES)
        while self._at < self._samples.shape[1]:
            block = self._samples[:, self._at : self._at + frames]
            self._at += block.shape[1]
            yield np.ascontiguousarray(block.T, dtype=np.float32)

    def notes(self, frames: int) -> list[str]:
        """Nothing is known to be missing."""
        return []

    def close(self) -> None:
        """Let go of the samples."""
        self._samples = self._samples[:, :0]


def open_source(path: Path, head: bytes, fallback: Decoder | None) -> Source:
    """Open a file whose first bytes are `head`, by libsndfile or by `fallback`.

    Raises
    ------
    JobError
        ``not_audio`` or ``damaged``; what the fallback raised for lack of memory or space.
    """
    name = shown_name(path)
    if kind := what_else(head):
        raise JobError(
            "not_audio", f"{name} is no recording: it contains {kind}. Choose an audio file instead."
        )
    source: Source
    try:
        source = SoundfileSource(path)
    except (soundfile.SoundFileError, OSError, TypeError, ValueError) as error:
        # TypeError: soundfile wants to be told the rate of a file named .raw, whatever is in it.
        source = _open_by_fallback(path, head, fallback, str(error))
    low, high = _RATES_HZ
    if not low <= source.sample_rate_hz <= high or source.channels < 1:
        source.close()
        raise JobError(
            "damaged",
            f"{name} is damaged: its header gives a sampling rate of {source.sample_rate_hz:,} Hz. "
            "Copy or export it again from its source.",
        )
    return source


def _open_by_fallback(path: Path, head: bytes, fallback: Decoder | None, reason: str) -> Source:
    name = shown_name(path)
    detail = reason
    if fallback is not None:
        try:
            samples, sample_rate_hz = fallback(path)
            return ArraySource(samples, sample_rate_hz)
        except JobError as error:
            if error.kind in ("out_of_memory", "no_space", "not_found", "unreadable"):
                raise
            detail = f"{reason}; {error.message} {error.detail}".strip()
    if is_known_audio(head):
        raise JobError(
            "damaged",
            f"{name} could not be decoded: it is damaged or in a format that is not supported. "
            "Export it again, as WAV, FLAC or MP3.",
            detail,
        )
    raise JobError(
        "not_audio",
        f"{name} is not in an audio format that this program knows. Export it as WAV, FLAC or MP3.",
        detail,
    )
