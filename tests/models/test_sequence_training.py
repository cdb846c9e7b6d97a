from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from models.errors import Cancelled, JobError
from models.jobs import CancelToken
from models.networks.regressor import RegressorSteps
from models.training.loop import EpochReport
from models.training.selection import forest_importance, forward_fill, select
from models.training.sequence import (
    HeldOut,
    SequenceRecipe,
    TrainedRegressor,
    cross_validate,
    predict_sequences,
    train_regressor,
)
from models.training.sequence_data import SequenceClip, hold_out
from models.training.sequence_loss import LossWeights, Targets, concordance, regression_loss

TINY = {"hidden": 16, "levels": 1, "heads": 2, "dropout": 0.0}
KINDS = ("trace", "static", "quadrant")


def make_clip(kind: str, i: int, steps: int = 30) -> SequenceClip:
    """Valence follows feature 0 and arousal the negative of feature 1; feature 2 is noise, feature 3 never moves."""
    random = np.random.default_rng(i)
    centre = random.uniform(-0.8, 0.8, 2)
    truth = np.clip(centre + 0.15 * np.cumsum(random.normal(size=(steps, 2)), axis=0) / math.sqrt(steps), -1, 1)
    x = np.stack((5 + 2 * truth[:, 0], -3 * truth[:, 1], random.normal(size=steps), np.ones(steps)), axis=1)
    valence, arousal = truth.mean(axis=0)
    quadrant = (0 if arousal >= 0 else 3) if valence >= 0 else (1 if arousal >= 0 else 2)
    return SequenceClip(
        x.astype(np.float32),
        f"g{i}",
        trace=truth.astype(np.float32) if kind == "trace" else None,
        static=(valence, arousal) if kind == "static" else None,
        quadrant=quadrant if kind == "quadrant" else None,
        source=kind,
    )


def truth_of(i: int, steps: int = 30) -> np.ndarray:
    trace = make_clip("trace", i, steps).trace
    assert trace is not None
    return trace


def train(clips: list[SequenceClip], **changes: object) -> TrainedRegressor:
    settings = {"arguments": TINY, "epochs": 30, "patience": 0, "learning_rate": 5e-3, "threshold": 0.0} | changes
    *_, last = train_regressor(clips, SequenceRecipe(**settings))  # type: ignore[arg-type]
    assert isinstance(last, TrainedRegressor)
    return last


@pytest.mark.parametrize("kind", KINDS)
def test_a_known_relation_is_learned_from_each_kind_of_label(kind: str) -> None:
    torch.set_num_threads(1)
    trained = train([make_clip(kind, i) for i in range(48)])
    fresh = range(100, 124)
    said = np.stack([s.values.numpy() for s in predict_sequences(trained.network, [make_clip(kind, i) for i in fresh])])
    true = np.stack([truth_of(i) for i in fresh])
    r = [np.corrcoef(said[..., d].mean(axis=1), true[..., d].mean(axis=1))[0, 1] for d in range(2)]
    assert min(r) > 0.8
    if kind == "trace":  # movement inside a clip, too
        inside = [np.corrcoef(said[i, :, d], true[i, :, d])[0, 1] for i in range(len(true)) for d in range(2)]
        assert np.median(inside) > 0.7


def test_the_same_seed_gives_the_same_network() -> None:
    clips = [make_clip(KINDS[i % 3], i, 20 + i) for i in range(12)]
    a, b = (train(clips, epochs=2, crop_steps=15).network for _ in range(2))
    for p, q in zip(a.state_dict().values(), b.state_dict().values(), strict=True):
        torch.testing.assert_close(p, q)


def test_early_stopping_keeps_the_best_weights_and_stops() -> None:
    clips = [make_clip("trace", i) for i in range(24)]
    recipe = SequenceRecipe(arguments=TINY, epochs=60, patience=2, learning_rate=0.05, threshold=0.0)
    *reports, last = train_regressor(clips[:18], recipe, validation=clips[18:])
    losses = [report.validation_loss for report in reports if isinstance(report, EpochReport)]
    assert isinstance(last, TrainedRegressor)
    assert last.epochs == int(np.argmin(losses)) + 1
    assert len(losses) == min(60, last.epochs + 2)


def test_a_validation_part_of_the_same_groups_is_refused() -> None:
    clips = [make_clip("trace", i) for i in range(6)]
    with pytest.raises(JobError, match="shares 1 group"):
        next(train_regressor(clips[:4], SequenceRecipe(arguments=TINY), validation=clips[3:]))
    with pytest.raises(JobError, match="validation part"):
        next(train_regressor(clips, SequenceRecipe(arguments=TINY)))


def test_cancel_is_obeyed() -> None:
    token = CancelToken()
    events = train_regressor([make_clip("static", i) for i in range(6)], SequenceRecipe(patience=0), cancel=token)
    token.cancel()
    with pytest.raises(Cancelled):
        next(events)


def test_cross_validation_judges_each_clip_once_by_a_network_of_other_groups() -> None:
    clips = [make_clip(KINDS[i % 3], i, 12) for i in range(30)]
    grouped = [SequenceClip(c.x, f"g{i // 3}", c.trace, c.static, c.quadrant, "one") for i, c in enumerate(clips)]
    recipe = SequenceRecipe(arguments=TINY, epochs=1, patience=1, threshold=0.0)
    folds = [event for event in cross_validate(grouped, recipe, 3) if isinstance(event, HeldOut)]
    assert sorted(np.concatenate([fold.indices for fold in folds])) == list(range(30))
    of_group = {grouped[i].group: fold.fold for fold in folds for i in fold.indices}
    assert all(of_group[grouped[i].group] == fold.fold for fold in folds for i in fold.indices)
    assert all(len(s.values) == len(grouped[i].x) for fold in folds for i, s in zip(fold.indices, fold.steps))  # noqa: B905


def test_holding_out_divides_no_group() -> None:
    clips = [SequenceClip(np.zeros((3, 2), np.float32), f"g{i % 5}", quadrant=i % 4) for i in range(20)]
    training, held = hold_out(clips, 9)
    assert {c.group for c in training} & {c.group for c in held} == set()
    assert len(training) + len(held) == 20
    with pytest.raises(JobError, match="too little music"):
        hold_out(clips[:1], 9)


def test_useless_features_are_dropped_and_stay_dropped() -> None:
    clips = [make_clip("trace", i) for i in range(20)]
    trained = train(clips, epochs=1, threshold=0.02)
    kept = trained.network.get_buffer("feature_kept")
    assert kept.tolist() == [1.0, 1.0, 0.0, 0.0] or kept.tolist() == [1.0, 1.0, 1.0, 0.0]


def test_gaps_take_the_last_value_before_them() -> None:
    nan = np.nan
    x = np.array([[nan, 1.0, nan], [2.0, nan, nan], [nan, np.inf, nan], [3.0, 4.0, nan]])
    assert forward_fill(x).tolist() == [[2.0, 1.0, 0.0], [2.0, 1.0, 0.0], [2.0, 1.0, 0.0], [3.0, 4.0, 0.0]]


def test_a_forest_finds_the_feature_that_matters() -> None:
    random = np.random.default_rng(0)
    x = random.normal(size=(300, 6))
    importance = forest_importance(x, np.stack((x[:, 4], -(x[:, 4] ** 3)), axis=1), trees=20)
    assert importance.argmax() == 4
    assert importance.sum() == pytest.approx(1)
    assert select(importance, 0.3).tolist() == [False] * 4 + [True, False]
    assert select(importance, 2.0).all()


class TestLoss:
    def steps(self, values: torch.Tensor) -> RegressorSteps:
        return RegressorSteps(values, None)

    def targets(self, trace: torch.Tensor, static: list[list[float]], quadrant: list[int]) -> Targets:
        return Targets(trace, torch.tensor(static), torch.tensor(quadrant))

    def test_concordance_is_lins(self) -> None:
        a, b = torch.tensor([0.1, 0.4, 0.2, 0.9]), torch.tensor([0.0, 0.5, 0.3, 0.7])
        x, y = a.numpy(), b.numpy()
        lin = 2 * np.cov(x, y, bias=True)[0, 1] / (x.var() + y.var() + (x.mean() - y.mean()) ** 2)
        assert concordance(a, b).item() == pytest.approx(lin, abs=1e-4)
        assert concordance(torch.ones(4), torch.ones(4)).item() == 0

    def test_truth_costs_nothing_and_padding_does_not_count(self) -> None:
        torch.manual_seed(1)
        trace = torch.rand(2, 6, 2) - 0.5
        mask = torch.tensor([[True] * 6, [True] * 4 + [False] * 2])
        values = trace.clone()
        values[1, 4:] = 9.0
        targets = self.targets(trace, [[math.nan, math.nan]] * 2, [-1, -1])
        assert regression_loss(self.steps(values), mask, targets, LossWeights()).item() == pytest.approx(0, abs=1e-4)

    def test_the_most_precise_label_is_asked_for(self) -> None:
        trace = torch.full((1, 4, 2), math.nan)
        mask = torch.ones(1, 4, dtype=torch.bool)
        values = torch.full((1, 4, 2), 0.3)
        # The static rating is met exactly; the quadrant says the opposite and is not asked.
        met = regression_loss(self.steps(values), mask, self.targets(trace, [[0.3, 0.3]], [2]), LossWeights())
        assert met.item() == pytest.approx(0, abs=1e-6)
        only = LossWeights(quadrant=1.0)
        wrong = regression_loss(self.steps(values), mask, self.targets(trace, [[math.nan] * 2], [2]), only)
        right = regression_loss(self.steps(values), mask, self.targets(trace, [[math.nan] * 2], [0]), only)
        assert right.item() < 0.02
        assert wrong.item() > 0.25

    def test_nothing_known_gives_no_loss_and_no_nan_gradient(self) -> None:
        values = torch.zeros(1, 4, 2, requires_grad=True)
        trace = torch.full((1, 4, 2), math.nan)
        mask = torch.ones(1, 4, dtype=torch.bool)
        loss = regression_loss(self.steps(values), mask, self.targets(trace, [[math.nan] * 2], [-1]), LossWeights())
        loss.backward()
        assert loss.item() == 0
        assert values.grad is not None
        assert torch.isfinite(values.grad).all()

    def test_gradients_stay_finite_where_traces_have_holes(self) -> None:
        values = (torch.rand(2, 5, 2) - 0.5).requires_grad_()
        trace = torch.rand(2, 5, 2)
        trace[0, 2] = math.nan
        trace[1, :, 1] = math.nan
        targets = self.targets(trace, [[math.nan, math.nan], [math.nan, 0.2]], [-1, 3])
        regression_loss(self.steps(values), torch.ones(2, 5, dtype=torch.bool), targets, LossWeights()).backward()
        assert values.grad is not None
        assert torch.isfinite(values.grad).all()
        assert values.grad[1, :, 1].abs().min() > 0  # by its static rating

    def test_the_variance_head_learns_how_large_errors_are(self) -> None:
        log_variance = torch.zeros(1, 4000, 2, requires_grad=True)
        torch.manual_seed(1)
        trace = 0.2 * torch.randn(1, 4000, 2)
        optimiser = torch.optim.Adam([log_variance], 0.1)
        for _ in range(100):
            optimiser.zero_grad()
            shared = log_variance.mean().expand(1, 4000, 2)
            steps = RegressorSteps(torch.zeros(1, 4000, 2), shared)
            targets = self.targets(trace, [[math.nan] * 2], [-1])
            regression_loss(steps, torch.ones(1, 4000, dtype=torch.bool), targets, LossWeights()).backward()
            optimiser.step()
        assert math.exp(0.5 * shared[0, 0, 0].item()) == pytest.approx(0.2, rel=0.05)
