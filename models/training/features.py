"""Log-mel of labelled clips, computed once and kept."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.audio.decode import decode
from models.audio.log_mel import N_BANDS, log_mel
from models.data.labelled import LabelledClip
from models.errors import JobError
from models.jobs import Decoder

#: 30 s at 22,050 Hz and hop 512: the paper's input.
CLIP_FRAMES = 1292

Features = NDArray[np.float16]


def fit_length(mel: NDArray[np.float32], frames: int = CLIP_FRAMES) -> NDArray[np.float32]:
    """Take the middle of a longer log-mel, loop a shorter one: silence added at the end would be learned as a cue."""
    there = mel.shape[1]
    if there >= frames:
        start = (there - frames) // 2
        return mel[:, start : start + frames]
    return np.tile(mel, -(-frames // there))[:, :frames]


def stat_of(path: Path) -> os.stat_result:
    """Size and time of a recording that was there a while ago.

    Raises
    ------
    JobError
        "not_found" when it is there no more.
    """
    try:
        return path.stat()
    except OSError as error:
        raise JobError(
            "not_found",
            f"{path} is not there any more: it was moved or deleted meanwhile. Put it back, and go on with --resume.",
            str(error),
        ) from None


def kept_file(path: Path, cache: Path) -> Path:
    """Where a recording's log-mel is kept: another file, another size or time, another place."""
    stat = stat_of(path)
    key = hashlib.sha256(f"{path.resolve()}|{stat.st_size}|{stat.st_mtime_ns}".encode()).hexdigest()
    return cache / f"{key[:32]}.npy"


def stream_features(
    clips: Sequence[LabelledClip],
    cache: Path,
    failed: dict[int, JobError] | None = None,
    fallback: Decoder | None = None,
) -> Iterator[Features]:
    """Log-mel of one clip after the other, 30 s each.

    Parameters
    ----------
    clips : sequence of LabelledClip
        What to decode.
    cache : Path
        Folder that keeps the result per file; a changed file is computed anew.
    failed : dict of int to JobError, optional
        Is given which clips cannot be read, and why; of them comes an empty array [shape=(128, 0)]. Without it that is
        raised.
    fallback : Decoder, optional
        For what soundfile cannot read.

    Yields
    ------
    np.ndarray [shape=(128, 1292), dtype=float16]
        float16 resolves 0.008 at log-mel's extremes, 0.03 dB.
    """
    cache.mkdir(parents=True, exist_ok=True)
    for i, clip in enumerate(clips):
        try:
            yield _features(clip.path, cache, fallback)
        except JobError as error:
            if failed is None:
                raise
            failed[i] = error
            yield np.empty((N_BANDS, 0), np.float16)


def _features(path: Path, cache: Path, fallback: Decoder | None) -> Features:
    file = kept_file(path, cache)
    if file.is_file():
        kept: Features = np.load(file, allow_pickle=False)
        return kept
    features = fit_length(log_mel(decode(path, fallback))).astype(np.float16)
    part = file.with_suffix(".part")
    with part.open("wb") as stream:
        np.save(stream, features)
    part.replace(file)
    return features


def load_features(
    clips: Sequence[LabelledClip],
    cache: Path,
    failed: dict[int, JobError] | None = None,
    fallback: Decoder | None = None,
) -> Iterator[int | Features]:
    """Log-mel of all clips [shape=(n, 128, 1292), dtype=float16], yielded last; before it, how many are done.

    With a dict `failed`, clips that cannot be read are named there and are missing in the array.
    """
    features = np.empty((len(clips), N_BANDS, CLIP_FRAMES), np.float16)
    there = 0
    for i, one in enumerate(stream_features(clips, cache, failed, fallback)):
        if one.shape[1]:
            features[there] = one
            there += 1
        yield i + 1
    yield features[:there]
