"""What to label next: useful recordings first, no ten that sound alike, and the reason that is told."""

from __future__ import annotations

import numpy as np
import pytest

from models.training import next_clips
from models.training.next_clips import ORDERS, Order, rank

SURE = np.array([0.97, 0.01, 0.01, 0.01])
TORN = np.array([0.48, 0.46, 0.03, 0.03])


def clusters(sizes: tuple[int, ...], features: int = 30, spread: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    """Summaries in groups that sound alike, and the group of each."""
    random = np.random.default_rng(0)
    centres = random.normal(0, 1, (len(sizes), features))
    of = np.repeat(np.arange(len(sizes)), sizes)
    return centres[of] + random.normal(0, spread, (len(of), features)), of


@pytest.mark.parametrize("order", ORDERS)
def test_every_recording_that_is_not_labelled_comes_once(order: Order) -> None:
    x, _ = clusters((20, 10, 5))
    labelled = np.zeros(35, bool)
    labelled[[3, 25]] = True
    x[7] = np.nan
    found = rank(x, None, labelled, order=order, most=4)
    assert sorted(s.index for s in found) == [i for i in range(35) if i not in (3, 25)]
    assert (found[-1].index, found[-1].reason, found[-1].words) == (7, "unknown", "not analysed yet")
    assert [s.index for s in rank(x, None, labelled, order=order, most=4)] == [s.index for s in found]


@pytest.mark.parametrize("order", ["mix", "typical", "unlike"])
def test_a_batch_holds_no_near_duplicates(order: Order) -> None:
    x, of = clusters((30, 8, 8, 8))
    p = np.tile(TORN, (len(of), 1))
    first = [of[s.index] for s in rank(x, p, np.zeros(len(of), bool), order=order)[:4]]
    assert sorted(first) == [0, 1, 2, 3]


def test_the_mix_begins_with_what_is_like_many_and_passes_over_what_is_known() -> None:
    x, of = clusters((30, 12, 4))
    labelled = np.zeros(len(of), bool)
    assert of[rank(x, None, labelled)[0].index] == 0
    labelled[5] = True
    assert of[rank(x, None, labelled)[0].index] == 1
    # The model is sure of the second group: the third is worth more, small as it is.
    p = np.where((of == 1)[:, None], SURE, TORN)
    (first, *_) = rank(x, p, labelled)
    assert of[first.index] == 2


def test_unsure_first_and_the_words_say_between_what() -> None:
    x, _ = clusters((10, 10))
    p = np.tile(SURE, (20, 1))
    p[13] = TORN
    first = rank(x, p, np.zeros(20, bool), order="unsure")[0]
    assert (first.index, first.reason) == (13, "unsure")
    assert first.words == "the model is unsure (Q1 48%, Q2 46%)"


def test_among_equals_one_is_drawn() -> None:
    x, _ = clusters((40,), spread=1.0)
    p = np.tile(TORN, (40, 1))
    first = {rank(x, p, np.zeros(40, bool), order="unsure", seed=seed)[0].index for seed in range(8)}
    assert len(first) > 4


def test_far_from_what_is_labelled_is_said_so() -> None:
    x, of = clusters((20, 20, 1))
    labelled = np.zeros(41, bool)
    labelled[[0, 25]] = True
    first = rank(x, None, labelled, order="unlike")[0]
    assert (of[first.index], first.reason, first.words) == (2, "unlike", "unlike what you labelled")


def test_where_raters_disagree_comes_before_where_they_agree() -> None:
    x, _ = clusters((30,), spread=1.0)
    p = np.tile(SURE, (30, 1))
    apart = np.full(30, np.nan)
    apart[[4, 8]] = 0.5, 0.0
    first = rank(x, p, np.zeros(30, bool), apart)[0]
    assert (first.index, first.reason, first.words) == (4, "disagree", "raters disagree")


def test_before_anything_is_labelled_the_typical_comes_first() -> None:
    x, of = clusters((30, 3))
    found = rank(x, None, np.zeros(33, bool))
    assert (found[0].reason, found[0].words) == ("typical", "like many that you have not labelled")
    assert of[rank(x, None, np.zeros(33, bool), order="unlike")[0].index] == 0


def test_nothing_left_and_nothing_known() -> None:
    x, _ = clusters((5,))
    assert rank(x, None, np.ones(5, bool)) == []
    assert [s.reason for s in rank(np.full((3, 4), np.nan), None, np.zeros(3, bool))] == ["unknown"] * 3
    assert rank(np.empty((0, 4)), None, np.zeros(0, bool)) == []
    p = np.full((5, 4), np.nan)
    assert len(rank(x, p, np.zeros(5, bool))) == 5


def test_large_lists_are_compared_with_a_part(monkeypatch: pytest.MonkeyPatch) -> None:
    x, of = clusters((60, 30, 30))
    monkeypatch.setattr(next_clips, "_MOST_COMPARED", 40)
    first = [of[s.index] for s in rank(x, None, np.zeros(120, bool))[:3]]
    assert sorted(first) == [0, 1, 2]


def test_wrong_shapes_are_refused() -> None:
    x, _ = clusters((5,))
    done = np.zeros(5, bool)
    with pytest.raises(ValueError, match="order"):
        rank(x, None, done, order="best")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="four"):
        rank(x, np.ones((5, 3)), done)
    with pytest.raises(ValueError, match="one summary"):
        rank(x[:4], None, done)
    with pytest.raises(ValueError, match="one summary"):
        rank(x, None, done, np.zeros(3))
