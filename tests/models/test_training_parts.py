from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from models.data.labelled import LabelledClip
from models.errors import JobError
from models.training import loop
from models.training.features import fit_length, load_features
from models.training.material import assign_folds
from models.training.recipes import Augmentation
from models.training.splits import grouped_folds
from tests import corpus

# Augmentation --------------------------------------------------------------------------------------------------------


def _random(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_level_and_tilt_stay_in_their_range_and_above_silence() -> None:
    from models.audio.log_mel import FLOOR
    from models.training.augment import change_level

    x = torch.zeros(500, 128, 3)
    y = change_level(x, Augmentation(gain_db=6), _random())
    assert (y == y[:, :1, :1]).all()  # a change of level is the same for all bands and frames
    db = y[:, 0, 0] * 10 / np.log(10)
    assert 5.5 < db.max() <= 6.001
    assert -6.001 <= db.min() < -5.5
    tilted = change_level(x, Augmentation(tilt_db=3), _random()) * 10 / np.log(10)
    torch.testing.assert_close(tilted[:, 0], -tilted[:, 127])
    assert 2.7 < tilted[:, 127].max() <= 3.001
    silent = change_level(torch.full((20, 128, 3), FLOOR), Augmentation(gain_db=6, tilt_db=6), _random())
    assert silent.min() >= np.float32(FLOOR)
    assert change_level(x, Augmentation(), _random()) is x


def test_masks_are_two_stretches_no_longer_than_asked() -> None:
    from models.training.augment import mask

    x = mask(torch.ones(300, 128, 100), Augmentation(band_mask=12), _random())
    lost = (x == 0).all(dim=2)
    assert (lost == (x == 0).any(dim=2)).all()  # whole bands
    assert lost.sum(dim=1).max() <= 24
    assert lost.sum(dim=1).float().mean() > 8
    runs = (lost.int().diff(dim=1, prepend=torch.zeros(300, 1)) == 1).sum(dim=1)
    assert runs.max() <= 2
    y = mask(torch.ones(300, 128, 100), Augmentation(time_mask=10), _random())
    gone = (y == 0).all(dim=1)
    assert (gone == (y == 0).any(dim=1)).all()
    assert 0 < gone.sum(dim=1).max() <= 20
    assert len({tuple(row.tolist()) for row in gone}) > 250  # each clip another
    assert (mask(torch.ones(2, 128, 100), Augmentation(), _random()) == 1).all()


def test_mixing_mixes_labels_as_it_mixes_sound() -> None:
    from models.training.augment import mix

    x = torch.eye(4).repeat(50, 1)[:, :, None] * torch.ones(1, 1, 3)  # the sound is the label
    targets = torch.eye(4).repeat(50, 1)
    mixed, soft = mix(x, targets, Augmentation(mixup=0.3), _random())
    torch.testing.assert_close(mixed[:, :, 0], soft)
    torch.testing.assert_close(soft.sum(dim=1), torch.ones(200))
    assert (soft.max(dim=1).values < 0.95).float().mean() > 0.2
    same, unchanged = mix(x, targets, Augmentation(), _random())
    assert same is x
    assert unchanged is targets


def test_crops_lie_inside_the_clip_and_move() -> None:
    ramp = np.tile(np.arange(100, dtype=np.float16), (6, 128, 1))
    crops = loop.crop(ramp, np.arange(6).repeat(20), 30, np.random.default_rng(0))
    starts = crops[:, 0, 0].numpy()
    assert (crops[:, 0] == crops[:, 0, :1] + torch.arange(30)).all()
    assert starts.min() < 10
    assert 60 < starts.max() <= 70
    whole = loop.crop(ramp, np.arange(6), 100, np.random.default_rng(0))
    assert (whole[:, 0, 0] == 0).all()


# Splits --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("folds", [2, 3, 5])
@pytest.mark.parametrize("seed", [0, 1])
def test_groups_are_never_divided_and_classes_stay_balanced(folds: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    artist = rng.integers(0, 60, 400)
    quadrant = np.where(rng.random(400) < 0.6, artist % 4, rng.integers(0, 4, 400))
    fold = grouped_folds(quadrant.tolist(), [f"a{i}" for i in artist], folds, seed)
    for a in range(60):
        assert len(set(fold[artist == a])) <= 1
    counts = np.array([[np.sum((fold == f) & (quadrant == q)) for q in range(4)] for f in range(folds)])
    assert counts.sum() == 400
    assert counts.min() > 0.7 * counts.sum(axis=0).min() / folds
    assert np.ptp(counts.sum(axis=1)) < 0.15 * 400 / folds + 8


def test_no_fold_is_left_empty_even_with_few_and_uneven_groups() -> None:
    assert sorted(grouped_folds([0, 1], ["a", "b"], 2)) == [0, 1]
    for seed in range(20):
        rng = np.random.default_rng(seed)
        groups = [str(g) for g in np.repeat(np.arange(6), [20, 1, 1, 5, 1, 1])]
        labels = rng.integers(0, 4, len(groups)).tolist()
        assert set(grouped_folds(labels, groups, 5, seed)) == set(range(5))


def test_a_quadrant_that_nobody_has_does_not_spoil_the_split() -> None:
    labels = [0, 2] * 20  # no Q2, no Q4
    fold = grouped_folds(labels, [str(i) for i in range(40)], 4)
    assert [np.sum(fold == f) for f in range(4)] == [10, 10, 10, 10]


def test_the_order_of_clips_of_equal_groups_is_by_seed() -> None:
    labels, groups = [i % 4 for i in range(40)], [str(i) for i in range(40)]
    a, b, c = (grouped_folds(labels, groups, 5, seed) for seed in (1, 1, 2))
    assert np.array_equal(a, b)
    assert not np.array_equal(a, c)


@pytest.mark.parametrize(("groups", "folds"), [(["a", "a", "a"], 2), (["a", "b"], 3), (["a", "b", "c"], 1)])
def test_impossible_splits_are_refused(groups: list[str], folds: int) -> None:
    with pytest.raises(ValueError, match="folds"):
        grouped_folds([0] * len(groups), groups, folds)


def test_each_source_is_divided_by_itself() -> None:
    clips = [LabelledClip(Path(f"{i}.wav"), i % 4, f"artist {i // 8}-{i % 4}", source="toy") for i in range(32)]
    both = [*clips, *(replace(clip, source="other") for clip in clips)]
    fold = assign_folds(both, 4, 0)
    for source in ("toy", "other"):
        mine = [i for i, clip in enumerate(both) if clip.source == source]
        assert [int(np.sum(fold[mine] == f)) for f in range(4)] == [8, 8, 8, 8]


# Features ------------------------------------------------------------------------------------------------------------


def test_a_longer_clip_gives_its_middle_a_shorter_one_is_looped() -> None:
    ramp = np.tile(np.arange(2000, dtype=np.float32), (128, 1))
    middle = fit_length(ramp)
    assert middle.shape == (128, 1292)
    assert (middle[0, 0], middle[0, -1]) == (354, 1645)
    looped = fit_length(ramp[:, :500])
    assert looped.shape == (128, 1292)
    np.testing.assert_array_equal(looped[0], np.arange(1292) % 500)
    np.testing.assert_array_equal(fit_length(ramp[:, :1292]), ramp[:, :1292])


def test_log_mels_are_computed_once_and_anew_when_the_file_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from models.training import features as module

    path = corpus.write(tmp_path / "a.wav", corpus.melody(1))
    clip = LabelledClip(path, 0, "a")
    done, first = load_features([clip], tmp_path / "cache")
    assert done == 1
    decoded: list[Path] = []
    original: Callable[..., Any] = module.decode
    monkeypatch.setattr(module, "decode", lambda p, fallback: decoded.append(p) or original(p, fallback))
    np.testing.assert_array_equal(list(load_features([clip], tmp_path / "cache"))[-1], first)
    assert decoded == []
    corpus.write(path, corpus.melody(1.5, seed=1))
    assert not np.array_equal(list(load_features([clip], tmp_path / "cache"))[-1], first)
    assert decoded == [path]
    assert [p.suffix for p in (tmp_path / "cache").iterdir()] == [".npy", ".npy"]


def test_a_clip_that_is_no_music_is_named(tmp_path: Path) -> None:
    path = corpus.text_named_wav(tmp_path)
    with pytest.raises(JobError, match=r"lyrics\.wav"):
        list(load_features([LabelledClip(path, 0, "a")], tmp_path / "cache"))
