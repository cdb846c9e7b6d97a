"""Quantiles of the F distribution, for the intervals of intraclass correlations."""

from __future__ import annotations

import math

_TINY = 1e-300
_PRECISE = 1e-15
_STEPS = 500
#: Halvings of [0, 1] until nothing changes any more in double precision.
_HALVINGS = 200


def _continued_fraction(a: float, b: float, x: float) -> float:
    """The continued fraction of the incomplete beta function, by Lentz's method."""
    c, d = 1.0, 1.0 - (a + b) * x / (a + 1.0)
    d = 1.0 / (d if abs(d) > _TINY else _TINY)
    value = d
    for m in range(1, _STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0))
        for term in (even, odd):
            d = 1.0 + term * d
            c = 1.0 + term / c
            d = 1.0 / (d if abs(d) > _TINY else _TINY)
            c = c if abs(c) > _TINY else _TINY
            value *= d * c
        if abs(d * c - 1.0) < _PRECISE:
            break
    return value


def incomplete_beta(a: float, b: float, x: float) -> float:
    """Regularised incomplete beta function I_x(a, b); a and b above 0, x in [0, 1]."""
    if x <= 0.0 or x >= 1.0:
        return float(x >= 1.0)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    if x < (a + 1.0) / (a + b + 2.0):
        return front * _continued_fraction(a, b, x) / a
    return 1.0 - front * _continued_fraction(b, a, 1.0 - x) / b


def f_quantile(share: float, above: float, below: float) -> float:
    """Value that an F with `above` and `below` degrees of freedom stays under with probability `share`.

    Parameters
    ----------
    share : float
        In (0, 1).
    above, below : float
        Degrees of freedom of the numerator and the denominator, above 0; they need not be whole.
    """
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if incomplete_beta(above / 2, below / 2, middle) < share:
            low = middle
        else:
            high = middle
    x = (low + high) / 2
    return math.inf if x >= 1.0 else below * x / (above * (1.0 - x))
