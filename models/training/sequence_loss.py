"""Losses of valence-arousal regression: from traces, from one rating per clip, and from a bare quadrant."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch.nn import functional as F

from models.networks.regressor import RegressorSteps

#: Signs of valence and arousal in Q1..Q4.
QUADRANT_SIGNS = ((1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0), (1.0, -1.0))
#: A clip's mean 0.25 beyond the axis costs little more than one further out: a quadrant says a side, not how far.
_SIGN_STEEPNESS = 8.0


@dataclass(frozen=True)
class Targets:
    """What is known of a batch; NaN (or -1) where nothing is.

    Attributes
    ----------
    trace : torch.Tensor [shape=(b, t, 2)]
        Valence and arousal at each step.
    static : torch.Tensor [shape=(b, 2)]
        Of the whole clip; only asked for where the clip has no trace.
    quadrant : torch.Tensor [shape=(b,), dtype=int64]
        0..3, or -1; only asked for where the clip has neither.
    """

    trace: torch.Tensor
    static: torch.Tensor
    quadrant: torch.Tensor


@dataclass(frozen=True)
class LossWeights:
    """How much each kind of label counts.

    Attributes
    ----------
    trace, static, quadrant : float
        Of the three kinds; each is a mean over what the batch holds of its kind.
    ccc : float
        [0, 1]: share of 1 - CCC against mean squared error, in traces and in static labels.
    within : float
        Of 1 - CCC of what is left of traces when each clip's own mean is taken away: movement inside a piece. 90 to
        98% of the variance of traces lies between pieces, and would drown it.
    """

    trace: float = 1.0
    static: float = 1.0
    quadrant: float = 0.3
    ccc: float = 0.5
    within: float = 0.3


def concordance(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Lin's concordance correlation along the first axis [shape=(n, ...)].

    ``2 cov(a, b) / (var(a) + var(b) + (mean(a) - mean(b))^2)``, with a small constant below the line: for two
    constants it is 0, not undefined.
    """
    da, db = a - a.mean(dim=0), b - b.mean(dim=0)
    spread = (da**2).mean(dim=0) + (db**2).mean(dim=0) + (a.mean(dim=0) - b.mean(dim=0)) ** 2
    return 2 * (da * db).mean(dim=0) / (spread + 1e-6)


def _mixed(values: torch.Tensor, targets: torch.Tensor, ccc: float) -> torch.Tensor:
    """Mix 1 - CCC and mean squared error over [shape=(n,)]; a single item has no correlation."""
    error = F.mse_loss(values, targets)
    if len(values) < 3:
        return error
    return ccc * (1 - concordance(values, targets)) + (1 - ccc) * error


def _centred(values: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
    """Take from each clip [shape=(b, t)] its mean over the known steps."""
    count = known.sum(dim=1, keepdim=True).clamp_min(1)
    return values - (values * known).sum(dim=1, keepdim=True) / count


def _trace_loss(values: torch.Tensor, trace: torch.Tensor, weights: LossWeights) -> torch.Tensor:
    known = torch.isfinite(trace)
    total = values.new_zeros(())
    for d in range(trace.shape[2]):
        there = known[..., d]
        if not bool(there.any()):
            continue
        v, y = values[..., d], torch.where(there, trace[..., d], 0.0)
        total = total + weights.trace * _mixed(v[there], y[there], weights.ccc)
        if weights.within and int(there.sum()) >= 3:
            inside = 1 - concordance(_centred(v, there)[there], _centred(y, there)[there])
            total = total + weights.within * inside
    return total / trace.shape[2]


def _variance_loss(steps: RegressorSteps, targets: torch.Tensor) -> torch.Tensor:
    """Gaussian negative log-likelihood of the errors, from which the values learn nothing."""
    assert steps.log_variance is not None
    known = torch.isfinite(targets)
    if not bool(known.any()):
        return steps.log_variance.sum() * 0
    squared = (steps.values.detach() - targets)[known] ** 2
    log_variance = steps.log_variance[known]
    return 0.5 * (log_variance + squared * torch.exp(-log_variance) + math.log(2 * math.pi)).mean()


def regression_loss(steps: RegressorSteps, mask: torch.Tensor, targets: Targets, weights: LossWeights) -> torch.Tensor:
    """Loss of a batch.

    Each clip is asked for the most precise thing that is known of it. A trace: mean squared error and 1 - CCC at its
    steps. A static rating: the same of the clip's mean over time. A quadrant: ``softplus(-s m) / s`` of the mean over
    time, signed so that the right side of each axis costs nothing (s = 8).

    Parameters
    ----------
    steps : RegressorSteps
        Of the network.
    mask : torch.Tensor [shape=(b, t), dtype=bool]
        True where a step is real.
    targets : Targets
        What is known.
    weights : LossWeights
        How much each kind counts.

    Returns
    -------
    torch.Tensor
        A scalar; 0 (with a gradient of 0) if nothing is known of the batch.
    """
    values = steps.values
    trace = torch.where(mask[..., None], targets.trace, math.nan)
    means = (values * mask[..., None]).sum(dim=1) / mask.sum(dim=1, keepdim=True)
    total = values.sum() * 0 + _trace_loss(values, trace, weights)
    traced = torch.isfinite(trace).any(dim=1)  # (b, 2)
    rated = torch.isfinite(targets.static) & ~traced
    for d in range(values.shape[2]):
        there = rated[:, d]
        if bool(there.any()):
            share = _mixed(means[there, d], targets.static[there, d], weights.ccc) / values.shape[2]
            total = total + weights.static * share
    sided = (targets.quadrant >= 0) & ~traced.any(dim=1) & ~rated.any(dim=1)
    if bool(sided.any()):
        signs = values.new_tensor(QUADRANT_SIGNS)[targets.quadrant[sided]]
        total = (
            total + weights.quadrant * (F.softplus(-_SIGN_STEEPNESS * signs * means[sided]) / _SIGN_STEEPNESS).mean()
        )
    if steps.log_variance is not None:
        total = total + _variance_loss(steps, trace)
    return total
