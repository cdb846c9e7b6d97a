"""From a file to mono samples at 22,050 Hz, in pieces, with every failure said in words.

The one way in: `open_audio` gives an `AudioStream`, an iterator of small arrays, so that a recording of three
hours at 96 kHz in six channels never lies in memory. `decode` is the short cut for short files.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np
import soxr

from models.audio.files import AUDIO_SUFFIXES, find_audio, read_head, sha256_of, shown_name
from models.audio.log_mel import SAMPLE_RATE_HZ
from models.audio.sources import Source, open_source
from models.errors import JobError

if TYPE_CHECKING:
    from models.analysis import FloatArray
    from models.jobs import Decoder

__all__ = ["AUDIO_SUFFIXES", "AudioStream", "decode", "find_audio", "open_audio", "sha256_of"]

#: Shortest recording that is analysed.
MIN_DURATION_S = 0.1
#: Peak level in dB relative to full scale below which a recording is silent: two steps of a 16-bit sample.
SILENCE_DB = -85.0
#: A sample beyond this (+120 dB relative to full scale) is no sound but a broken file, like NaN.
_LARGEST_SAMPLE = 1e6
#: Above this peak (+18 dB) the reader is told: the file was written in another scale than [-1, 1].
_LOUDEST_PEAK = 8.0


class AudioStream:
    """A recording being decoded: iterate once over it for mono samples at 22,050 Hz.

    Use it as a context manager, or exhaust it. The channels are averaged, the rate is converted by soxr ("HQ"),
    and samples that are not finite become silence.

    Attributes
    ----------
    sample_rate_hz, channels : int
        Of the file.
    expected_duration_s : float
        Length by the file's header in seconds, 0.0 if it does not say. A damaged file may hold less.
    notes : list of str
        Sentences about what was repaired or missing. Filled while streaming; complete after the last piece.

    Yields
    ------
    np.ndarray [shape=(n,), dtype=float32]
        The next n samples at 22,050 Hz, n up to a few times 10^5.

    Raises
    ------
    JobError
        While iterating, after the last piece, because only then is it known: ``no_sound`` if the whole recording
        lies below -85 dB relative to full scale, ``damaged`` if no sample was a number. All else is raised by
        `open_audio`.
    """

    def __init__(self, path: Path, source: Source) -> None:
        self.path = path
        self.sample_rate_hz = source.sample_rate_hz
        self.channels = source.channels
        self.expected_duration_s = source.expected_frames / source.sample_rate_hz
        self.notes: list[str] = []
        self._source = source
        self._source_blocks = iter(source)
        self._closed = False
        self._frames = 0
        self._bad_samples = 0
        self._low, self._high = np.inf, -np.inf
        self._mono_low, self._mono_high = np.inf, -np.inf
        self._primed: list[FloatArray] = []
        self._iterator = self._stream()
        self._prime()

    def __enter__(self) -> AudioStream:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __iter__(self) -> Iterator[FloatArray]:
        return self._iterator

    def __next__(self) -> FloatArray:
        return next(self._iterator)

    def close(self) -> None:
        """Let go of the file; nothing more comes. More calls do nothing."""
        self._closed = True
        self._source.close()

    def _prime(self) -> None:
        """Read the first 0.1 s, so that a file without content fails at the door and not inside the work."""
        frames = 0
        for block in self._source_blocks:
            self._primed.append(block)
            frames += len(block)
            if frames >= MIN_DURATION_S * self.sample_rate_hz:
                return
        self.close()
        name = shown_name(self.path)
        if frames == 0 and self._source.failure:
            raise JobError(
                "damaged",
                f"{name} is damaged: none of it could be decoded. Copy or export it again from its source.",
                self._source.failure,
            )
        if frames == 0:
            raise JobError("empty", f"{name} contains no samples. Copy or export it again from its source.")
        samples = "1 sample" if frames == 1 else f"{frames:,} samples"
        raise JobError(
            "too_short",
            f"{name} is too short to analyse: {samples}, {frames / self.sample_rate_hz:.3f} s. "
            f"At least {MIN_DURATION_S:g} s are needed, and 30 s are best.",
        )

    def _stream(self) -> Iterator[FloatArray]:
        if self._closed:
            return
        resampler = None
        if self.sample_rate_hz != SAMPLE_RATE_HZ:
            resampler = soxr.ResampleStream(self.sample_rate_hz, SAMPLE_RATE_HZ, 1, dtype="float32", quality="HQ")
        try:
            for block in self._blocks():
                mono = self._mix(block)
                out = mono if resampler is None else resampler.resample_chunk(mono)
                if out.size:
                    yield out
                if self._closed:
                    return
            if resampler is not None:
                rest = resampler.resample_chunk(np.empty(0, np.float32), last=True)
                if rest.size:
                    yield rest
        finally:
            self._source.close()
        self._judge()

    def _blocks(self) -> Iterator[FloatArray]:
        while self._primed:
            yield self._primed.pop(0)
        yield from self._source_blocks

    def _mix(self, block: FloatArray) -> FloatArray:
        """Average the channels of a block [shape=(n, channels)] without what is no number, and keep count."""
        self._frames += len(block)
        low, high = float(block.min()), float(block.max())
        if not (low >= -_LARGEST_SAMPLE and high <= _LARGEST_SAMPLE):  # also true for NaN
            usable = np.abs(block) <= _LARGEST_SAMPLE
            self._bad_samples += int(usable.size - np.count_nonzero(usable))
            block = np.where(usable, block, np.float32(0.0))
            low, high = float(block.min()), float(block.max())
        self._low, self._high = min(self._low, low), max(self._high, high)
        if self.channels == 1:
            mono = np.ascontiguousarray(block[:, 0])
        else:
            mono = block @ np.full(self.channels, 1.0 / self.channels, np.float32)
        self._mono_low = min(self._mono_low, float(mono.min()))
        self._mono_high = max(self._mono_high, float(mono.max()))
        return mono

    def _judge(self) -> None:
        """After the last sample: what is wrong with the whole, and what the reader should know."""
        name = shown_name(self.path)
        if self._bad_samples == self._frames * self.channels:
            raise JobError(
                "damaged",
                f"{name} contains no usable sample: all are infinite or not numbers. Export it again from its source.",
            )
        # Half the distance between the extremes, so that a constant offset is no sound.
        threshold = 10 ** (SILENCE_DB / 20)
        if (self._high - self._low) / 2 < threshold:
            raise JobError(
                "no_sound",
                f"{name} contains no sound: all of it is silent. Check that the right file was exported.",
            )
        if (self._mono_high - self._mono_low) / 2 < threshold:
            raise JobError(
                "no_sound",
                f"{name} contains no sound once its channels are mixed: they cancel each other out. "
                "Invert one channel in an audio editor, or export one channel alone.",
            )
        if self._bad_samples:
            plural = (
                "sample was not a number and was" if self._bad_samples == 1 else "samples were not numbers and were"
            )
            self.notes.append(f"{self._bad_samples:,} {plural} replaced by silence.")
        peak = max(-self._low, self._high)
        if peak > _LOUDEST_PEAK:
            self.notes.append(
                f"The signal reaches {20 * np.log10(peak):.0f} dB above full scale; "
                "the file may have been written in a wrong scale."
            )
        self.notes.extend(self._source.notes(self._frames))


def open_audio(path: Path, fallback: Decoder | None = None) -> AudioStream:
    """Open a recording for decoding in pieces.

    Parameters
    ----------
    path : Path
        WAV, AIFF, AU, CAF, W64, FLAC, MP3, OGG, Opus through libsndfile, whatever the suffix says.
    fallback : Decoder, optional
        Asked for what libsndfile does not know (M4A, AAC, WMA), but never for a file that is plainly no sound. If
        it is a `models.audio.sources.StreamingDecoder`, it is asked for blocks.

    Returns
    -------
    AudioStream

    Raises
    ------
    JobError
        ``not_found``; ``unreadable``; ``empty`` (no bytes or no samples); ``not_audio`` (a folder, text,
        something unknown); ``damaged`` (a known format, of which nothing could be decoded); ``too_short`` (under
        0.1 s); ``internal`` (the fallback is needed and does not work here).
    """
    head = read_head(path)
    return AudioStream(path, open_source(path, head, fallback))


def decode(path: Path, fallback: Decoder | None = None) -> FloatArray:
    """Decode a whole, short recording; see `open_audio` for parameters.

    Returns
    -------
    np.ndarray [shape=(n,), dtype=float32]
        Mono, 22,050 Hz, [-1, 1] for unclipped audio.

    Raises
    ------
    JobError
        As `open_audio`, and ``no_sound`` for silence.
    """
    with open_audio(path, fallback) as stream:
        return np.concatenate(list(stream))
