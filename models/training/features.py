"""Log-mel of labelled clips, computed once and kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.audio.decode import decode
from models.audio.log_mel import N_BANDS, log_mel
from models.data.labelled import LabelledClip

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


def stream_features(clips: Sequence[LabelledClip], cache: Path) -> Iterator[Features]:
    """Log-mel of one clip after the other, 30 s each.

    Parameters
    ----------
    clips : sequence of LabelledClip
        What to decode.
    cache : Path
        Folder that keeps the result per file; a changed file is computed anew.

    Yields
    ------
    np.ndarray [shape=(128, 1292), dtype=float16]
        float16 resolves 0.008 at log-mel's extremes, 0.03 dB.
    """
    cache.mkdir(parents=True, exist_ok=True)
    for clip in clips:
        stat = clip.path.stat()
        key = hashlib.sha256(f"{clip.path.resolve()}|{stat.st_size}|{stat.st_mtime_ns}".encode()).hexdigest()
        file = cache / f"{key[:32]}.npy"
        if file.is_file():
            yield np.load(file, allow_pickle=False)
            continue
        features = fit_length(log_mel(decode(clip.path))).astype(np.float16)
        part = file.with_suffix(".part")
        with part.open("wb") as stream:
            np.save(stream, features)
        part.replace(file)
        yield features


def load_features(clips: Sequence[LabelledClip], cache: Path) -> Iterator[int | Features]:
    """Log-mel of all clips [shape=(n, 128, 1292), dtype=float16], yielded last; before it, how many are done."""
    features = np.empty((len(clips), N_BANDS, CLIP_FRAMES), np.float16)
    for i, one in enumerate(stream_features(clips, cache)):
        features[i] = one
        yield i + 1
    yield features
