"""How much each of several answers counts, fitted on answers to music that none of them had met."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


def fit_weights(parts: NDArray[np.floating], truth: NDArray[np.int64]) -> Numbers:
    """Weights w >= 0 of parts of logits that minimise the negative log-likelihood of ``softmax(sum_k w_k parts_k)``.

    With one part this is the inverse of a temperature (`models.evaluation.calibration.fit_temperature`): the weights
    calibrate as they combine.

    Parameters
    ----------
    parts : np.ndarray [shape=(k, n, 4)]
        Logits of each part.
    truth : np.ndarray [shape=(n,)]
        0..3.

    Returns
    -------
    np.ndarray [shape=(k,)]
    """
    import torch

    exact = torch.from_numpy(np.asarray(parts, np.float64))
    target = torch.from_numpy(np.asarray(truth, np.int64))
    # Parts on very different scales: begin where each alone has a spread of about one. Logarithms keep weights above 0.
    logarithm = -torch.log(exact.std(dim=(1, 2)).clamp_min(1e-9) * len(exact))
    logarithm.requires_grad_()
    optimiser = torch.optim.LBFGS([logarithm], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        value = torch.nn.functional.cross_entropy(torch.tensordot(logarithm.exp(), exact, dims=1), target)
        # Holds a useless part's logarithm from running away.
        value = value + 1e-6 * logarithm.square().sum()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    weights: Numbers = logarithm.detach().exp().numpy()
    return weights


def cross_fitted(parts: NDArray[np.floating], truth: NDArray[np.int64], fold_of: NDArray[np.int64]) -> Numbers:
    """Combined logits [shape=(n, 4)], each fold's by weights that were fitted on the other folds."""
    exact = np.asarray(parts, np.float64)
    out = np.empty(exact.shape[1:])
    for fold in np.unique(fold_of):
        held = fold_of == fold
        weights = fit_weights(exact[:, ~held], truth[~held])
        out[held] = np.tensordot(weights, exact[:, held], axes=1)
    return out
