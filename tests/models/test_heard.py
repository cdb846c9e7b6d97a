"""Tags and descriptors beside each other: one row per half second, one summary, and the files they are kept in."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from models.audio.descriptors import DESCRIPTORS, Descriptors, describe
from models.audio.descriptors.table import SUMMARY_NAMES
from models.audio.heard import N_STEP_FEATURES, N_SUMMARY_FEATURES, Heard, HearingStream, hear
from models.audio.log_mel import SAMPLE_RATE_HZ, log_mel
from models.audio.tagger import N_FEATURES, tags
from models.data.labelled import LabelledClip
from models.training import heard_features
from models.training.heard_features import HeardClip, kept_file, load_heard
from tests import corpus


@pytest.fixture(scope="module")
def y() -> np.ndarray:
    return corpus.melody(4.3, 3)


@pytest.fixture(scope="module")
def heard(y: np.ndarray) -> Heard:
    return hear(y)


def _counted(steps: int, instants: int) -> Heard:
    """Descriptors that say which instant they are of, tags that say which step."""
    k = len(DESCRIPTORS)
    values = np.arange(instants, dtype=np.float32)[:, None] * np.ones((1, k), np.float32)
    described = Descriptors(
        np.arange(instants) * 0.5, values, SUMMARY_NAMES, np.arange(len(SUMMARY_NAMES), dtype=np.float32)
    )
    return Heard(np.arange(steps, dtype=np.float32)[:, None] * np.ones((1, N_FEATURES), np.float32), described)


def test_one_row_per_half_second(heard: Heard) -> None:
    assert heard.steps.shape == (8, N_STEP_FEATURES)
    assert heard.summary.shape == (N_SUMMARY_FEATURES,)
    assert heard.steps.dtype == heard.summary.dtype == np.float32
    np.testing.assert_allclose(heard.times_s, 0.25 + 0.5 * np.arange(8))
    assert np.isfinite(heard.steps).all()
    assert np.isfinite(heard.summary).all()


def test_it_is_what_the_tagger_and_the_descriptors_say(y: np.ndarray, heard: Heard) -> None:
    np.testing.assert_allclose(heard.steps[:, :N_FEATURES], tags(y), atol=5e-3)
    apart = describe(y)
    np.testing.assert_allclose(heard.summary[N_FEATURES:], apart.summary, atol=1e-3, rtol=1e-3)
    np.testing.assert_allclose(heard.summary[:N_FEATURES], heard.tags.mean(axis=0), atol=1e-5)
    np.testing.assert_allclose(
        heard.steps[:, N_FEATURES:], 0.5 * (apart.values[:8] + apart.values[1:9]), atol=1e-3, rtol=1e-3
    )


def test_a_step_lies_between_two_instants_of_the_descriptors() -> None:
    """Step i is centred at (i + 0.5) * 0.5 s, instants lie at i * 0.5 s."""
    full = _counted(steps=6, instants=7)
    np.testing.assert_array_equal(full.steps[:, 0], np.arange(6))
    np.testing.assert_array_equal(full.steps[:, N_FEATURES], np.arange(6) + 0.5)
    np.testing.assert_allclose(full.steps[:, -1] * 0.5, full.times_s)
    np.testing.assert_array_equal(full.summary[N_FEATURES:], np.arange(len(SUMMARY_NAMES)))
    assert full.summary[0] == pytest.approx(2.5)
    # Where the last instant is missing, the one before it stands in.
    np.testing.assert_array_equal(_counted(1, 1).steps[:, N_FEATURES], [0])


@pytest.mark.parametrize("samples", [1, 100, 3 * SAMPLE_RATE_HZ // 4])
def test_short_signals_are_heard(samples: int) -> None:
    heard = hear(corpus.melody(1)[:samples])
    assert heard.steps.shape == (1, N_STEP_FEATURES)
    assert np.isfinite(heard.steps).all()
    assert np.isfinite(heard.summary).all()


def test_pieces_of_any_length_are_heard_as_one(y: np.ndarray, heard: Heard) -> None:
    stream = HearingStream()
    for at in range(0, y.size, 7001):
        stream.push(y[at : at + 7001])
    *done, said = stream.listen(log_mel(y).astype(np.float16))
    assert done[-1] == 1.0
    assert isinstance(said, Heard)
    width = np.maximum(heard.steps.std(axis=0), 0.05)
    assert (np.abs(said.steps - heard.steps) / width).max() < 0.1


def test_nothing_cannot_be_heard() -> None:
    with pytest.raises(ValueError, match="without samples"):
        next(iter(HearingStream().listen(np.empty((128, 0), np.float16))))


def _load(clips: list[LabelledClip], cache: Path) -> tuple[list[int], list[HeardClip]]:
    *done, last = load_heard(clips, cache)
    assert isinstance(last, list)
    return [n for n in done if isinstance(n, int)], last


def test_what_was_heard_is_kept_until_the_file_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "kept"
    clips = [
        LabelledClip(corpus.write(tmp_path / f"{i}.wav", corpus.melody(1 + i, i)), i, f"song {i}") for i in range(2)
    ]
    done, first = _load(clips, cache)
    assert done == [1, 2]
    assert [clip.steps.shape for clip in first] == [(2, N_STEP_FEATURES), (4, N_STEP_FEATURES)]
    own = hear(corpus.melody(2, 1))
    assert np.abs(first[1].steps - own.steps).max() < 0.1 * own.steps.std()  # a WAV rounds to 16 bit
    assert sorted(cache.iterdir()) == sorted(kept_file(clip.path, cache) for clip in clips)

    heard = []
    monkeypatch.setattr(heard_features, "hear", lambda y: heard.append(y.size) or hear(y))
    _, again = _load(clips, cache)
    assert heard == []
    np.testing.assert_array_equal(again[0].steps, first[0].steps)
    np.testing.assert_array_equal(again[0].summary, first[0].summary)

    before = kept_file(clips[0].path, cache)
    corpus.write(clips[0].path, corpus.melody(1.6, 5))
    _, changed = _load(clips, cache)
    assert len(heard) == 1
    assert kept_file(clips[0].path, cache) != before
    assert len(changed[0].steps) == 3
    np.testing.assert_array_equal(changed[1].steps, first[1].steps)


def test_a_file_of_the_same_size_at_another_time_is_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = corpus.write(tmp_path / "a.wav", corpus.melody(1))
    before = kept_file(path, tmp_path)
    stat = path.stat()
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns + 2_000_000_000))
    later = kept_file(path, tmp_path)
    assert later != before
    # Other descriptors are another place too: a file of an earlier version is not taken for one of this.
    monkeypatch.setattr(heard_features, "SUMMARY_NAMES", (*SUMMARY_NAMES, "another"))
    assert kept_file(path, tmp_path) != later
    monkeypatch.undo()
    assert kept_file(path, tmp_path) == later
    monkeypatch.setattr(heard_features, "HEARING", heard_features.HEARING + 1)
    assert kept_file(path, tmp_path) not in (before, later)
