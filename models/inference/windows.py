"""Run a network over a whole track in overlapping windows and join what it says without seams.

Each step of each window says two things: how much it weighs (its attention score, before the softmax) and what it
speaks for (its evidence, W h_t). Neither depends on the other steps' softmax, so overlapping windows can be
cross-faded step by step, and attention is then one softmax over the whole track: the track's logits are still exactly
the sum of its steps' contributions, and a track of one window is exactly the network's own answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.analysis import FloatArray
from models.audio.framing import mirrored
from models.networks import FRAMES_PER_STEP
from models.numerics import smooth

#: A track up to this long is one window: the paper's 30 s.
SINGLE_WINDOW_FRAMES = 1292
WINDOW_STEPS = 80
HOP_STEPS = WINDOW_STEPS // 2
#: Shorter music is repeated up to this length (7.8 s, what the network met in training) before it is judged.
SHORTEST_INPUT_FRAMES = 336
#: Width (standard deviation) of the window through which the curves over time look at the evidence.
LOCAL_SIGMA_S = 2.0

#: Scores [shape=(b, t)] and evidence [shape=(b, t, 4)] of raw log-mel windows [shape=(b, 128, frames)].
RunWindows = Callable[[FloatArray], tuple[FloatArray, FloatArray]]


@dataclass(frozen=True)
class TrackSteps:
    """Scores [shape=(t,)] and evidence [shape=(t, 4)] of a whole track."""

    scores: FloatArray
    evidence: FloatArray


def window_starts(n_steps: int, offset_steps: int = 0) -> list[int]:
    """First step of each window; they begin before the track and end after it, so that every step has two windows."""
    first = -HOP_STEPS - offset_steps % HOP_STEPS
    return list(range(first, n_steps, HOP_STEPS))


def run_track(
    log_mel: NDArray[np.floating], run_windows: RunWindows, *, batch: int = 1, offset_steps: int = 0
) -> Iterator[float | TrackSteps]:
    """Scores and evidence at each step of a track.

    Parameters
    ----------
    log_mel : np.ndarray [shape=(128, frames)]
        The whole track, frames >= 1.
    run_windows : callable
        The network on a batch of windows.
    batch : int
        Windows per call.
    offset_steps : int
        Shifts the grid of windows; results do not depend on it noticeably.

    Yields
    ------
    float or TrackSteps
        The fraction done, (0, 1], and the result last.
    """
    frames = log_mel.shape[1]
    if frames <= SINGLE_WINDOW_FRAMES:
        n_steps = max(1, frames // FRAMES_PER_STEP)
        repeats = max(1, -(-SHORTEST_INPUT_FRAMES // frames))
        scores, evidence = run_windows(np.tile(log_mel, (1, repeats)).astype(np.float32)[None])
        yield 1.0
        yield TrackSteps(scores[0, :n_steps], evidence[0, :n_steps])
        return
    n_steps = -(-frames // FRAMES_PER_STEP)
    starts = window_starts(n_steps, offset_steps)
    # Squared sine: with half-overlapping windows the weights of the two windows at each step add up to 1.
    fade = np.sin(np.pi * (np.arange(WINDOW_STEPS) + 0.5) / WINDOW_STEPS).astype(np.float32) ** 2
    scores = np.zeros(n_steps, np.float32)
    evidence = np.zeros((n_steps, 4), np.float32)
    within = np.arange(WINDOW_STEPS * FRAMES_PER_STEP)
    for i in range(0, len(starts), batch):
        chosen = starts[i : i + batch]
        windows = np.stack(
            [log_mel[:, mirrored(start * FRAMES_PER_STEP + within, frames)].astype(np.float32) for start in chosen]
        )
        for start, s, e in zip(chosen, *run_windows(windows), strict=True):
            inside = slice(max(0, start), min(n_steps, start + WINDOW_STEPS))
            part = slice(inside.start - start, inside.stop - start)
            scores[inside] += fade[part] * s[part]
            evidence[inside] += fade[part, None] * e[part]
        yield min(1.0, (i + len(chosen)) / len(starts))
    yield TrackSteps(scores, evidence)


def local_logits(steps: TrackSteps, bias: FloatArray, step_s: float) -> NDArray[np.float64]:
    """Logits around each moment [shape=(t, 4)]: equation 5 with attention restricted to a Gaussian window."""
    sigma = LOCAL_SIGMA_S / step_s
    weight = np.exp(np.asarray(steps.scores, np.float64) - steps.scores.max())
    # Far below the strongest moment attention underflows; there, all steps of the window count alike.
    weight = np.maximum(weight, 1e-12)
    pooled = smooth(weight[:, None] * steps.evidence, sigma) / smooth(weight, sigma)[:, None]
    out: NDArray[np.float64] = pooled + np.asarray(bias, np.float64)
    return out
