"""Where blocks of samples come from: libsndfile, or an injected decoder for what libsndfile does not know."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
import soundfile

from models.audio.files import clock, is_known_audio, shown_name, what_else
from models.audio.mp3 import StatedMp3, survey
from models.audio.quiet import quiet_mpg123
from models.errors import JobError

if TYPE_CHECKING:
    from models.analysis import FloatArray
    from models.jobs import Decoder

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

#: Finest step in seconds in which a damaged part is passed over, and how many such parts a file may have.
_STEP_S = 0.05
_MAX_GAPS = 20
_READ_ERRORS = (soundfile.SoundFileError, OSError)

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


@runtime_checkable
class StreamingDecoder(Protocol):
    """A fallback decoder that can also hand out a long recording in blocks."""

    def stream(self, path: Path) -> Source:
        """Open a file, or raise `JobError`."""
        ...


class SoundfileSource:
    """A file that libsndfile reads.

    Where a part in the middle cannot be decoded, silence takes its place, so that what follows stays in time.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stated: StatedMp3 | None = None  # read instead of the path, where there is one
        self._file = self._open()
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
        if self._file.subtype == "MPEG_LAYER_III" and self._file.format == "MP3":
            self._ask_mp3()
        self._no_end_mark = _NO_END_MARK in info
        self.failure = ""
        self._gaps: list[tuple[int, int]] = []  # frames: where, how many

    def _open(self) -> soundfile.SoundFile:
        with quiet_mpg123():
            return soundfile.SoundFile(self._path if self._stated is None else self._stated)

    def _ask_mp3(self) -> None:
        """Count the frames of an MP3, and have libsndfile read all of them."""
        try:
            layout = survey(self._path)
        except (OSError, ValueError):
            return
        if layout is None:
            return
        if layout.samples > self._file.frames + self.sample_rate_hz * _MISSING_S:
            self._file.close()
            self._stated = StatedMp3(self._path, layout)
            self._file = self._open()
            self.expected_frames = int(self._file.frames)
        elif not layout.stated:
            self.expected_frames = min(self.expected_frames, layout.samples)

    def _read(self, frames: int) -> FloatArray:
        with quiet_mpg123(self._file.format in ("MP3", "MPEG")):
            block: FloatArray = self._file.read(frames, dtype="float32", always_2d=True)
        return block

    def __iter__(self) -> Iterator[FloatArray]:
        frames = min(_BLOCK_VALUES // self.channels, int(_BLOCK_S * self.sample_rate_hz))
        frames = max(frames, _MIN_BLOCK_FRAMES)
        at = 0
        while not self._file.closed:
            try:
                block = self._read(frames)
            except _READ_ERRORS as error:
                self.failure = str(error) or type(error).__name__
                for repaired in self._past_damage(at):
                    at += len(repaired)
                    yield repaired
                if self.failure:
                    return
                continue
            if not len(block):
                return
            at += len(block)
            yield block

    def _past_damage(self, at: int) -> Iterator[FloatArray]:
        """Yield what can be read from frame `at` on, then silence up to where reading succeeds again.

        `failure` is empty afterwards if reading can go on. libsndfile does not say how much of a failed block it
        had read, and a FLAC handle is of no use after a failure, so the file is opened anew for each try.
        """
        step = max(1, round(_STEP_S * self.sample_rate_hz))
        read = 0
        if self._reopen_at(at):
            try:
                while len(block := self._read(step)):
                    read += len(block)
                    yield block
            except _READ_ERRORS:
                pass
        at += read
        gap = step
        while len(self._gaps) < _MAX_GAPS and at + gap < self.expected_frames:
            if self._reopen_at(at + gap):
                try:
                    block = self._read(step)
                except _READ_ERRORS:
                    block = np.empty((0, self.channels), np.float32)
                if len(block):
                    self._gaps.append((at, gap))
                    self.failure = ""
                    for start in range(0, gap, _BLOCK_VALUES // self.channels):
                        rows = min(_BLOCK_VALUES // self.channels, gap - start)
                        yield np.zeros((rows, self.channels), np.float32)
                    yield block
                    return
            gap *= 2

    def _reopen_at(self, frame: int) -> bool:
        self._file.close()
        try:
            if self._stated is not None:
                self._stated.seek(0)
            self._file = self._open()
            with quiet_mpg123():
                return bool(self._file.seek(frame) == frame)
        except _READ_ERRORS:
            return False

    def notes(self, frames: int) -> list[str]:
        """Say what is missing; see `Source`."""
        rate_hz = self.sample_rate_hz
        said = []
        if self._gaps:
            lost_s = sum(length for _, length in self._gaps) / rate_hz
            where = f"at {clock(self._gaps[0][0] / rate_hz)}"
            if len(self._gaps) > 1:
                where = f"in {len(self._gaps)} places, the first {where}"
            said.append(f"The file is damaged {where}: {lost_s:.1f} s were replaced by silence.")
        missing_s = (self.expected_frames - frames) / rate_hz
        # A failure at the very end is junk behind the music, such as a tag of an unknown kind.
        unknown = self.failure and not self.expected_frames
        if unknown or missing_s > max(_MISSING_S, _MISSING_SHARE * self.expected_frames / rate_hz):
            why = "is damaged" if self.failure else "ends early"
            known = f" of {clock(self.expected_frames / rate_hz)}" if missing_s > 0 else ""
            said.append(f"The file {why}: {clock(frames / rate_hz)}{known} could be decoded.")
        elif self._no_end_mark:
            said.append("The file has no end mark and may be incomplete.")
        return said

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
        if self._stated is not None:
            self._stated.close()


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
        raise JobError("not_audio", f"{name} is no recording: it contains {kind}. Choose an audio file instead.")
    source: Source
    try:
        source = SoundfileSource(path)
    except (*_READ_ERRORS, TypeError) as error:
        # TypeError: soundfile wants to be told the rate of a file named .raw and does not look inside.
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
            if isinstance(fallback, StreamingDecoder):
                return fallback.stream(path)
            samples, sample_rate_hz = fallback(path)
            return ArraySource(samples, sample_rate_hz)
        except JobError as error:
            # "internal": it does not work on this computer, which is only worth saying of a real recording.
            if error.kind not in ("damaged", "not_audio", "internal"):
                raise
            if error.kind == "internal" and is_known_audio(head):
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
