"""Small mathematics that more than one room needs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def softmax(x: NDArray[np.floating], axis: int = -1) -> NDArray[np.float64]:
    """Softmax in float64."""
    powers = np.exp(np.asarray(x, np.float64) - np.max(x, axis=axis, keepdims=True))
    out: NDArray[np.float64] = powers / powers.sum(axis=axis, keepdims=True)
    return out
