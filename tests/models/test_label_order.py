"""The simulation of what to label next: what it measures, and what its page says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from models.data.labelled import LabelledClip
from models.evaluation.report import __main__ as command
from models.evaluation.report import label_order
from models.evaluation.report.label_order import (
    difference_curve,
    label_orders,
    labels_needed,
    mean_curve,
    simulate,
)
from models.evaluation.report.label_order_page import label_order_page
from models.evaluation.report.pages import read_results
from models.training import heard_features
from models.training.heard_features import HeardClip
from models.training.next_clips import ORDERS


def clips(seed: int = 0) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Four kinds of music, one of them far more frequent, three clips of each song."""
    random = np.random.default_rng(seed)
    kinds = np.repeat(np.array([0] * 38 + [1] * 4 + [2] * 4 + [3] * 4), 3)
    centres = random.normal(0, 1, (4, 12))
    x = (centres[kinds] + random.normal(0, 0.25, (len(kinds), 12))).astype(np.float32)
    return x, kinds.astype(np.int64), [f"song {i // 3}" for i in range(len(kinds))]


def result(**curves: list[list[float]]) -> dict[str, object]:
    return {"budgets": [10, 20, 40], "seeds": [0, 1], "macro_f1": curves}


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.set_num_threads(1)
    monkeypatch.setattr(label_order, "BATCH", 10)
    monkeypatch.setattr(label_order, "BUDGETS", (10, 20, 40))
    monkeypatch.setattr(label_order, "SEEDS", (0, 1))


def test_an_order_that_looks_for_what_is_new_finds_the_rare_kinds_sooner() -> None:
    x, y, groups = clips()
    mix, random = (
        np.mean([simulate(x, y, groups, order, seed, (10,)) for seed in range(4)]) for order in ("mix", "random")
    )
    assert mix > 0.9
    assert random < mix - 0.1


def test_a_simulation_is_the_same_again_and_seeds_differ() -> None:
    x, y, groups = clips()
    x = x + np.random.default_rng(1).normal(0, 0.7, x.shape).astype(np.float32)
    once = simulate(x, y, groups, "mix", 0, (5, 15))
    assert len(once) == 2
    assert once == simulate(x, y, groups, "mix", 0, (5, 15))
    assert len({tuple(simulate(x, y, groups, "mix", seed, (5, 15))) for seed in range(4)}) > 1


def test_labels_needed_are_read_between_the_budgets() -> None:
    found = result(random=[[0.2, 0.4, 0.6], [0.2, 0.4, 0.6]], mix=[[0.3, 0.5, 0.7], [0.3, 0.5, 0.7]])
    assert labels_needed(found, "mix", 20) == pytest.approx((15, 15, 15))
    assert labels_needed(found, "mix", 40) == pytest.approx((30, 30, 30))
    assert labels_needed(found, "mix", 10) == (10, 10, 10)
    assert labels_needed(found, "random", 40) == (40, 40, 40)
    worse = result(random=[[0.2, 0.4, 0.6]] * 2, mix=[[0.1, 0.2, 0.3]] * 2)
    assert labels_needed(worse, "mix", 40) == (np.inf, np.inf, np.inf)


def test_curves_carry_intervals_over_seeds() -> None:
    found = result(random=[[0.2, 0.4, 0.6], [0.4, 0.6, 0.8]], mix=[[0.3, 0.5, 0.7], [0.5, 0.7, 0.9]])
    mean, low, high = mean_curve(found, "random")
    np.testing.assert_allclose(mean, [0.3, 0.5, 0.7])
    np.testing.assert_allclose(low, [0.2, 0.4, 0.6])
    np.testing.assert_allclose(high, [0.4, 0.6, 0.8])
    # Paired by seed: what a division makes easy or hard for both does not count.
    np.testing.assert_allclose(difference_curve(found, "mix"), np.full((3, 3), 0.1))


def test_the_page_says_what_was_found_and_what_was_not_run(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    curves = {order: np.sort(random.random((2, 4)), axis=1).round(4).tolist() for order in ORDERS}
    found = {"source": "4qaed", "clips": 150, "groups": 50, "budgets": [10, 20, 40, 80], "seeds": [0, 1]}
    found["macro_f1"] = curves
    text = label_order_page({"next-4qaed": found}, tmp_path)
    assert "150 clips, 50 groups, 2 seeds." in text
    assert text.count("not run") == 2
    assert "## In short" not in text
    value = np.mean(np.array(curves["random"])[:, 0])
    assert f"| 10 | {value:.3f} (" in text
    assert (tmp_path / "figures" / "label-order.svg").is_file()
    both = label_order_page({"next-4qaed": found, "next-emopia": {**found, "source": "emopia"}}, tmp_path)
    assert "not run" not in both
    assert "do the work of 40 in random order" in both


def test_the_command_runs_it_on_what_is_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    x, y, groups = clips()
    listed = [LabelledClip(Path(f"{i}"), int(q), g) for i, (q, g) in enumerate(zip(y, groups, strict=True))]
    monkeypatch.setattr(command.Bench, "clips", lambda self, source: listed)

    def heard(those: list[LabelledClip], cache: Path) -> object:
        yield len(those)
        yield [HeardClip(np.zeros((1, 1), np.float32), row) for row in x]

    monkeypatch.setattr(heard_features, "load_heard", heard)
    monkeypatch.setattr(
        label_order, "label_orders", lambda source, *data: label_orders(source, *data, seeds=(0,), budgets=(20, 40, 80))
    )
    words = ["--report", str(tmp_path), "run", "next", "--data", "d", "--cache", "c", "--work", "w"]
    assert command.main(words) == 0
    assert read_results(tmp_path / "results")["next-emopia"]["clips"] == 150
    assert set(read_results(tmp_path / "results")) == {"next-4qaed", "next-emopia"}
    assert "## In short" in (tmp_path / "label-order.md").read_text(encoding="utf-8")
