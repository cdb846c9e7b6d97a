"""Small mathematics that more than one room needs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def softmax(x: NDArray[np.floating], axis: int = -1) -> NDArray[np.float64]:
    """Softmax in float64."""
    powers = np.exp(np.asarray(x, np.float64) - np.max(x, axis=axis, keepdims=True))
    out: NDArray[np.float64] = powers / powers.sum(axis=axis, keepdims=True)
    return out


def smooth(values: NDArray[np.float64], sigma_steps: float) -> NDArray[np.float64]:
    """Gaussian mean along axis 0, renormalised at the ends."""
    reach = max(1, round(3 * sigma_steps))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma_steps) ** 2)
    columns = values.reshape(len(values), -1)
    middle = slice(reach, reach + len(values))
    weight = np.convolve(np.ones(len(values)), kernel)[middle]
    out: NDArray[np.float64] = np.stack([np.convolve(column, kernel)[middle] for column in columns.T], axis=1)
    out /= weight[:, None]
    return out.reshape(values.shape)
