from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from models.audio.log_mel import FRAME_S, log_mel
from models.hub import load_model
from models.inference import windows
from models.inference.windows import TrackSteps, local_logits, run_track
from models.networks.crnn import CRNN
from models.numerics import smooth, softmax
from tests import corpus
from tests.tiny_model import tiny_network

STEP_S = 16 * FRAME_S
Mel = NDArray[np.float32]


def _runner(network: CRNN) -> Callable[[Mel], tuple[Mel, Mel]]:
    def run(x: Mel) -> tuple[Mel, Mel]:
        with torch.inference_mode():
            steps = network.steps(network.normalise(torch.from_numpy(x)))
        return steps.scores.numpy(), steps.evidence.numpy()

    return run


def _track(mel: Mel, network: CRNN, **kwargs: int) -> TrackSteps:
    *fractions, steps = run_track(mel, _runner(network), **kwargs)
    assert isinstance(steps, TrackSteps)
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    return steps


def _logits(steps: TrackSteps, network: CRNN) -> NDArray[np.float64]:
    return (softmax(steps.scores)[:, None] * steps.evidence).sum(axis=0) + network.classifier.bias.numpy()


@pytest.fixture(scope="module")
def network() -> CRNN:
    return tiny_network()


@pytest.fixture(scope="module")
def tune() -> Mel:
    """45 s of melody."""
    return log_mel(corpus.melody(45, seed=3))


@pytest.fixture(scope="module")
def steady() -> Mel:
    """75 s of which every frame is the same."""
    return np.repeat(log_mel(corpus.stationary(1))[:, 20:21], 3230, axis=1)


@pytest.mark.parametrize("frames", [336, 700, 1291, 1292])
def test_a_track_of_one_window_is_exactly_the_networks_own_answer(network: CRNN, tune: Mel, frames: int) -> None:
    mel = tune[:, :frames]
    steps = _track(mel, network)
    assert len(steps.scores) == frames // 16
    with torch.inference_mode():
        own = network(torch.from_numpy(mel[None]))[0].numpy()
    np.testing.assert_allclose(_logits(steps, network), own, atol=1e-5)


@pytest.mark.parametrize("offset", [0, 1, 7, 20, 39, 40, 53])
def test_fades_sum_to_one_at_every_step_whatever_the_offset(offset: int) -> None:
    def ones(x: Mel) -> tuple[Mel, Mel]:
        return np.ones((len(x), 80), np.float32), np.full((len(x), 80, 4), 2.0, np.float32)

    for frames in (1293, 1300, 1920, 2561, 4000):
        *_, steps = run_track(np.zeros((128, frames), np.float32), ones, batch=3, offset_steps=offset)
        assert isinstance(steps, TrackSteps)
        assert len(steps.scores) == -(-frames // 16)
        np.testing.assert_allclose(steps.scores, 1.0, atol=1e-6)
        np.testing.assert_allclose(steps.evidence, 2.0, atol=2e-6)


def test_each_step_hears_the_frames_it_stands_for() -> None:
    # The "network" answers with the mean of each step's own sixteen frames: whatever is put where must come out there.
    def echo(x: Mel) -> tuple[Mel, Mel]:
        means = x[:, 0, :1280].reshape(len(x), 80, 16).mean(axis=2)
        return means, np.repeat(means[..., None], 4, axis=2)

    frames = np.arange(16 * 200, dtype=np.float32)
    for offset in (0, 13):
        *_, steps = run_track(np.tile(frames, (128, 1)), echo, batch=2, offset_steps=offset)
        assert isinstance(steps, TrackSteps)
        np.testing.assert_allclose(steps.scores, frames.reshape(-1, 16).mean(axis=1), rtol=1e-5)


def test_beyond_its_ends_the_music_is_mirrored() -> None:
    seen: list[Mel] = []

    def remember(x: Mel) -> tuple[Mel, Mel]:
        seen.extend(x[:, 0])
        return np.zeros((len(x), 80), np.float32), np.zeros((len(x), 80, 4), np.float32)

    list(run_track(np.tile(np.arange(1500, dtype=np.float32), (128, 1)), remember))
    first, last = seen[0], seen[-1]
    np.testing.assert_array_equal(first[:640], np.arange(640, 0, -1))
    np.testing.assert_array_equal(first[640:], np.arange(640))
    beyond = int(np.argmax(last)) + 1
    assert last[beyond - 1] == 1499
    np.testing.assert_array_equal(last[beyond : beyond + 50], 1498 - np.arange(50))


@pytest.mark.parametrize("frames", [1, 2, 15, 16, 17, 100, 335])
def test_music_shorter_than_training_crops_is_repeated_not_padded(network: CRNN, tune: Mel, frames: int) -> None:
    lengths: list[int] = []

    def remember(x: Mel) -> tuple[Mel, Mel]:
        lengths.append(x.shape[2])
        np.testing.assert_array_equal(x[0, :, frames : 2 * frames], tune[:, :frames])
        return _runner(network)(x)

    *_, steps = run_track(tune[:, :frames], remember)
    assert isinstance(steps, TrackSteps)
    assert len(steps.scores) == max(1, frames // 16)
    assert lengths[0] >= 336
    assert np.isfinite(_logits(steps, network)).all()


def test_one_frame_more_than_a_window_does_not_change_the_answer(network: CRNN, tune: Mel) -> None:
    one, two = (_track(tune[:, :frames], network) for frames in (1292, 1293))
    assert (len(one.scores), len(two.scores)) == (80, 81)
    np.testing.assert_allclose(softmax(_logits(one, network)), softmax(_logits(two, network)), atol=0.03)


def _shift(network: CRNN, mel: Mel, offset: int) -> tuple[float, float]:
    """Largest change of the probabilities, over time and as a whole, when the grid of windows moves."""
    bias = network.classifier.bias.detach().numpy()
    a, b = _track(mel, network), _track(mel, network, offset_steps=offset)
    over_time = [softmax(local_logits(steps, bias, STEP_S)) for steps in (a, b)]
    whole = [softmax(_logits(steps, network)) for steps in (a, b)]
    return float(np.abs(over_time[0] - over_time[1]).max()), float(np.abs(whole[0] - whole[1]).max())


def _ripple(network: CRNN, mel: Mel) -> float:
    """Largest distance of the probabilities over time from their mean, the first and last three seconds apart."""
    steps = _track(mel, network)
    curve = softmax(local_logits(steps, network.classifier.bias.detach().numpy(), STEP_S))[8:-8]
    return float(np.abs(curve - curve.mean(axis=0)).max())


@pytest.mark.parametrize("offset", [10, 23])
def test_moving_the_grid_of_windows_changes_nothing_noticeable(network: CRNN, tune: Mel, offset: int) -> None:
    over_time, whole = _shift(network, tune, offset)
    assert over_time < 0.008
    assert whole < 0.001


@pytest.mark.parametrize("seed", [0, 1])
def test_a_stationary_signal_gives_a_flat_result(seed: int, steady: Mel) -> None:
    assert _ripple(tiny_network(seed), steady) < 0.004


def test_the_shipped_crnn_has_no_seams(tune: Mel, steady: Mel) -> None:
    network = load_model("affekt-crnn", "cpu").network
    assert _ripple(network, steady) < 0.03
    over_time, whole = _shift(network, tune[:, :2000], 20)
    assert over_time < 0.1
    assert whole < 0.05


def test_a_long_track_is_one_softmax(network: CRNN, tune: Mel) -> None:
    long = np.tile(tune, (1, 12))  # nine minutes
    steps = _track(long, network, batch=4)
    attention = softmax(steps.scores)
    assert len(attention) == -(-long.shape[1] // 16)
    assert attention.sum() == pytest.approx(1.0, abs=1e-9)
    # The same music twelve times over weighs about the same each time.
    per_round = np.add.reduceat(attention, np.arange(12) * len(attention) // 12)
    np.testing.assert_allclose(per_round, 1 / 12, rtol=0.15)


def test_batches_do_not_change_the_answer(network: CRNN, tune: Mel) -> None:
    one, many = _track(tune, network), _track(tune, network, batch=5)
    np.testing.assert_allclose(one.scores, many.scores, atol=1e-4)
    np.testing.assert_allclose(one.evidence, many.evidence, atol=1e-4)


# The curves over time ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scores", [-1e3, 1e3, "one", "steps", "alternating"])
def test_local_logits_are_numbers_even_with_extreme_scores(scores: float | str) -> None:
    n = 200
    values = np.full(n, scores if isinstance(scores, float) else -1e3, np.float32)
    if scores == "one":
        values[50] = 1e3
    elif scores == "steps":
        values[n // 2 :] = 1e3
    elif scores == "alternating":
        values[::2] = 1e3
    evidence = np.random.default_rng(0).normal(size=(n, 4)).astype(np.float32) * 100
    out = local_logits(TrackSteps(values, evidence), np.zeros(4, np.float32), STEP_S)
    assert np.isfinite(out).all()
    assert np.isfinite(softmax(out)).all()
    # A weighted mean never leaves the range of what it averages.
    assert (out >= evidence.min(axis=0) - 1e-3).all()
    assert (out <= evidence.max(axis=0) + 1e-3).all()


def test_local_logits_of_equal_scores_are_the_gaussian_mean_and_the_bias() -> None:
    evidence = np.zeros((100, 4), np.float32)
    evidence[50, 2] = 1.0
    out = local_logits(TrackSteps(np.full(100, 5.0, np.float32), evidence), np.array([1, 2, 3, 4], np.float32), STEP_S)
    np.testing.assert_allclose(out[:, [0, 1, 3]], np.broadcast_to([1.0, 2.0, 4.0], (100, 3)), atol=1e-9)
    bump = out[:, 2] - 3.0
    assert bump.argmax() == 50
    assert bump.sum() == pytest.approx(1.0, abs=1e-6)
    width = np.sqrt((bump * (np.arange(100) - 50) ** 2).sum()) * STEP_S
    assert width == pytest.approx(windows.LOCAL_SIGMA_S, rel=0.05)


def test_a_step_with_more_attention_speaks_louder_around_itself() -> None:
    scores = np.zeros(60, np.float32)
    evidence = np.zeros((60, 4), np.float32)
    evidence[30, 0] = 1.0
    plain = local_logits(TrackSteps(scores, evidence), np.zeros(4, np.float32), STEP_S)
    scores[30] = 3.0
    loud = local_logits(TrackSteps(scores, evidence), np.zeros(4, np.float32), STEP_S)
    assert loud[30, 0] > 2 * plain[30, 0]
    assert loud[55, 0] == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("n", [1, 2, 5, 40])
def test_smoothing_keeps_a_constant_at_the_ends_and_of_any_length(n: int) -> None:
    np.testing.assert_allclose(smooth(np.full(n, 3.5), 5.4), 3.5)
    np.testing.assert_allclose(smooth(np.full((n, 2), -1.0), 5.4), -1.0)
