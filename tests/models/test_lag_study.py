from __future__ import annotations

import numpy as np
import pytest

from models.evaluation.report.lags import (
    MOST,
    Piece,
    comprehensive_by_order,
    divide,
    figures_01,
    lag_study,
    lagged,
    within_correlation,
)


def walks(*, related: bool, pieces: int = 25, steps: int = 90) -> list[Piece]:
    """Ratings that drift slowly; features that know of them as they were 3 steps ago, or nothing at all."""
    random = np.random.default_rng(4)
    out = []
    for i in range(pieces):
        y = np.tanh(random.normal(0, 0.4, 2) + np.cumsum(random.normal(0, 0.03, (steps, 2)), axis=0))
        late = np.concatenate((y[3:], np.repeat(y[-1:], 3, axis=0)))  # feature at t-3 is the rating at t
        x = late + random.normal(0, 0.05, late.shape) if related else random.normal(size=(steps, 2))
        out.append(Piece(x, y, f"g{i // 2}"))
    return out


def test_lags_are_values_of_before_on_the_same_rows() -> None:
    values = np.arange(MOST + 4, dtype=float)[:, None]
    table = lagged(values, (0, 1, MOST))
    assert table.tolist() == [[MOST + i, MOST + i - 1, i] for i in range(4)]


def test_the_past_of_the_target_scores_near_one_without_listening_and_features_alone_do_not() -> None:
    result = lag_study(walks(related=False), "noise", orders=(1, 5))
    for honest, leaking in zip(result["honest"], result["with_own_past"], strict=True):
        for name in ("valence", "arousal"):
            assert leaking["test"][name]["r2"] > 0.95
            assert honest["test"][name]["r2"] < 0.1
    assert result["repeat_last_value"]["valence"]["r2"] > 0.95


def test_features_that_know_of_it_are_found_at_their_lag() -> None:
    result = lag_study(walks(related=True), "late", orders=(1, 4))
    short, enough = (entry["test"]["valence"] for entry in result["honest"])
    assert enough["r2"] > short["r2"]
    assert enough["within_piece_r"] > short["within_piece_r"] + 0.1
    low, high = enough["r2_interval"]
    assert low <= enough["r2"] <= high


def test_no_group_is_in_two_parts_and_each_is_tested_once() -> None:
    pieces = walks(related=False, steps=31)
    tested: list[int] = []
    for fold in range(5):
        parts = divide(pieces, fold)
        groups = [{pieces[i].group for i in indices} for indices in parts.values()]
        assert not (groups[0] & groups[1] or groups[0] & groups[2] or groups[1] & groups[2])
        tested += parts["test"]
    assert sorted(tested) == list(range(len(pieces)))


def test_pieces_that_are_too_short_are_left_out_and_counted() -> None:
    pieces = [*walks(related=False), Piece(np.zeros((MOST, 2)), np.zeros((MOST, 2)), "short")]
    result = lag_study(pieces, "noise", orders=(1,))
    assert (result["pieces"], result["pieces_too_short"]) == (25, 1)


def test_figures_are_on_the_scale_of_zero_to_one() -> None:
    truth, answer = np.array([-1.0, 0.0, 1.0]), np.array([-0.8, 0.0, 0.8])
    figures = figures_01(truth, answer)
    assert figures["mae"] == pytest.approx(0.2 / 3, abs=1e-4)
    assert figures["rmse"] == pytest.approx(0.1 * np.sqrt(2 / 3), abs=1e-4)
    assert figures["r2"] == pytest.approx(1 - 0.08 / 2)


def test_a_flat_answer_follows_nothing_and_a_flat_rating_is_not_asked() -> None:
    moving, flat = np.array([0.0, 0.1, 0.2]), np.full(3, 0.3)
    piece = np.array([0, 0, 0, 1, 1, 1])
    assert within_correlation(np.r_[moving, flat], np.r_[flat, moving], piece) == 0
    assert within_correlation(np.r_[moving, flat], np.r_[2 * moving, moving], piece) == 1


def test_the_comprehensive_score_ranks_orders() -> None:
    def entry(quality: float) -> dict[str, dict[str, dict[str, float]]]:
        figures = {"r2": quality, "mae": 1 - quality, "rmse": 1 - quality, "mape": 1 - quality}
        return {part: {"valence": figures, "arousal": figures} for part in ("train", "validation", "test")}

    scores = comprehensive_by_order([entry(0.2), entry(0.9), entry(0.5)])["arousal"]
    assert scores[1] == pytest.approx(1)
    assert scores[0] == pytest.approx(0)
    assert np.isnan(comprehensive_by_order([entry(0.2), entry(0.2)])["valence"]).all()
