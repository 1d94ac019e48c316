"""Weights with mean 1, their effective sample size, and powers that raise it."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def effective_sample_size(weights: ArrayLike) -> float:
    r"""Kish's effective sample size, :math:`(\sum_i w_i)^2 / \sum_i w_i^2`."""
    w = np.asarray(weights, dtype=np.float64)
    w = w / w.max()  # squares of tiny weights would vanish
    return float(w.sum() ** 2 / (w @ w))


def unit_mean(weights: ArrayLike) -> NDArray[np.float64]:
    """Weights divided by their mean, without overflow on the way."""
    w = np.asarray(weights, dtype=np.float64)
    w = w / w.max()
    return w / w.mean()


def flattened(weights: ArrayLike, alpha: float) -> NDArray[np.float64]:
    """Weights to a power, with mean 1."""
    w = unit_mean(weights)
    if alpha == 1:
        return w
    return unit_mean(np.where(w > 0, w**alpha, 0.0))


def flattening_power(weights: ArrayLike, share: float) -> float:
    r"""Largest power with an effective sample size of a share of the rows.

    The effective sample size of :math:`w^\alpha` falls as alpha grows (the log of
    :math:`\sum_i w_i^\alpha` is convex in it), so the power is found by bisection.
    """
    w = unit_mean(weights)
    least = share * np.count_nonzero(w)

    def enough(alpha: float) -> bool:
        return bool(effective_sample_size(flattened(w, alpha)) >= least)

    if enough(1.0):
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(30):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if enough(middle) else (low, middle)
    return low
