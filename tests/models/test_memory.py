"""The memory is the kernel ridge regression it says it is, and knows when it meets nothing alike."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models.networks.listener import CLIP
from models.networks.memory import Memory

WIDTH, RIDGE = 0.7, 0.4


def _material(n: int = 24, features: int = 5, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, features)) * [1, 10, 0.1, 3, 1] + [0, 100, 0, -5, 2]
    y = np.stack((np.sin(x[:, 0]), x[:, 1] / 10, rng.normal(size=n)), axis=1)
    y[::3, 1] = np.nan  # known of some recordings only
    return x, y


def _direct(x: np.ndarray, y: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Kernel ridge regression column by column, from the recordings that the column is known of."""
    mean, std = x.mean(axis=0), x.std(axis=0, ddof=1)
    z, q = (np.clip((v - mean) / std, -CLIP, CLIP) for v in (x, asked))

    def kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.asarray(np.exp(-WIDTH * ((a[:, None] - b[None]) ** 2).mean(axis=2)))

    out = np.empty((len(asked), y.shape[1]))
    for column in range(y.shape[1]):
        there = np.isfinite(y[:, column])
        centre = y[there, column].mean()
        weights = np.linalg.solve(kernel(z[there], z[there]) + RIDGE * np.eye(there.sum()), y[there, column] - centre)
        out[:, column] = centre + kernel(q, z[there]) @ weights
    return out


def _fit(x: np.ndarray, y: np.ndarray, groups: list[str] | None = None) -> Memory:
    return Memory.fit(
        torch.from_numpy(x).float(),
        torch.from_numpy(y).float(),
        groups or [str(i) for i in range(len(x))],
        width=WIDTH,
        ridge=RIDGE,
    )


def test_answers_are_those_of_kernel_ridge_regression_with_gaps() -> None:
    x, y = _material()
    asked = np.concatenate((x[:4], _material(seed=5)[0]))
    said = _fit(x, y)(torch.from_numpy(asked).float())
    assert said.shape == (len(asked), 3)
    # z-scores are kept in half precision.
    np.testing.assert_allclose(said.numpy(), _direct(x, y, asked), atol=5e-3)


def test_far_from_all_it_knows_the_mean_is_left() -> None:
    x, y = _material()
    memory = _fit(x, y)
    memory.width = 50.0
    far = memory(torch.full((1, 5), 1e6))
    np.testing.assert_allclose(far[0].numpy(), np.nanmean(y, axis=0), atol=1e-4)


def test_nothing_known_of_a_column_gives_zero_and_no_nan() -> None:
    x, y = _material()
    y[:, 2] = np.nan
    said = _fit(x, y)(torch.from_numpy(x).float())
    assert bool((said[:, 2] == 0).all())
    assert bool(torch.isfinite(said).all())


def test_a_feature_that_never_changes_says_nothing() -> None:
    x, y = _material()
    x[:, 3] = 7.0
    memory = _fit(x, y)
    moved = x.copy()
    moved[:, 3] += 1e-3
    np.testing.assert_allclose(
        memory(torch.from_numpy(moved).float()).numpy(), memory(torch.from_numpy(x).float()).numpy(), atol=1e-3
    )


def test_novelty_rises_with_the_distance() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 5))
    memory = _fit(x, x[:, :1])
    asked = np.stack([np.full(5, d) for d in (0.0, 0.8, 1.6, 2.4, 20.0)])
    novelty = memory.novelty(torch.from_numpy(asked).float()).numpy()
    assert (np.diff(novelty[:4]) > 0).all()
    assert novelty[0] < 0.1
    assert novelty[-1] == 1.0
    # Music like the known music is as novel as that is to itself: quantiles, spread evenly.
    usual = memory.novelty(torch.from_numpy(rng.normal(size=(300, 5))).float()).numpy()
    assert np.median(usual) == pytest.approx(0.5, abs=0.1)
    assert (usual >= 0).all()
    assert (usual <= 1).all()


def test_usual_distances_are_those_to_other_groups() -> None:
    rng = np.random.default_rng(1)
    songs = rng.normal(size=(20, 5)) * 3
    x = np.repeat(songs, 6, axis=0) + rng.normal(size=(120, 5)) * 0.01  # six almost equal clips of each song
    known_groups = _fit(x, x[:, :1], [str(i // 6) for i in range(120)])
    taken_apart = _fit(x, x[:, :1])
    other = torch.from_numpy(rng.normal(size=(40, 5)) * 3).float()
    assert float(known_groups.novelty(other).median()) < 0.95
    assert float(taken_apart.novelty(other).median()) == 1.0  # beside its own siblings all else looks new


def test_a_memory_of_very_few_still_answers() -> None:
    x, y = _material(3)
    memory = _fit(x, y, ["a", "a", "b"])
    asked = torch.from_numpy(x).float()
    assert bool(torch.isfinite(memory(asked)).all())
    assert bool(torch.isfinite(memory.novelty(asked)).all())
    one_group = _fit(x, y, ["a"] * 3)
    assert bool(((one_group.novelty(asked) >= 0) & (one_group.novelty(asked) <= 1)).all())


def test_it_travels_as_tensors() -> None:
    x, y = _material()
    memory = _fit(x, y)
    copy = Memory(5, 3, len(x), width=WIDTH)
    copy.load_state_dict(memory.state_dict())
    asked = torch.from_numpy(x).float()
    torch.testing.assert_close(copy(asked), memory(asked))
    torch.testing.assert_close(copy.novelty(asked), memory.novelty(asked))
