"""Weights of rows: what they are worth, and how to make them less uneven."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def effective_sample_size(weights: ArrayLike) -> float:
    r"""Number of equally weighted rows that say as much as the weighted ones.

    Parameters
    ----------
    weights : array-like of shape (n,)
        Non-negative weights, not all 0.

    Returns
    -------
    size : float
        :math:`(\sum_i w_i)^2 / \sum_i w_i^2`, between 1 and n.
    """
    w = np.asarray(weights, dtype=np.float64)
    w = w / w.max()  # squares of tiny weights would vanish
    return float(w.sum() ** 2 / (w @ w))


def unit_mean(weights: ArrayLike) -> NDArray[np.float64]:
    """Weights divided by their mean, without overflow on the way.

    Parameters
    ----------
    weights : array-like of shape (n,)
        Non-negative weights, not all 0.

    Returns
    -------
    weights : ndarray of float64 of shape (n,)
        With mean 1.
    """
    w = np.asarray(weights, dtype=np.float64)
    w = w / w.max()
    return w / w.mean()


def unit_sum(shares: ArrayLike) -> NDArray[np.float64]:
    """Shares divided by their sum.

    Parameters
    ----------
    shares : array-like of shape (n,)
        Not negative, not all 0.

    Returns
    -------
    shares : ndarray of float64 of shape (n,)
        With sum 1.
    """
    s = np.asarray(shares, dtype=np.float64)
    return s / s.sum()


def flattened(weights: ArrayLike, alpha: float) -> NDArray[np.float64]:
    r"""Weights to a power, with mean 1.

    Parameters
    ----------
    weights : array-like of shape (n,)
        Non-negative weights, not all 0.
    alpha : float
        The power: 1 leaves the weights as they are, 0 makes all positive ones equal.

    Returns
    -------
    weights : ndarray of float64 of shape (n,)
        :math:`w^\alpha` divided by its mean; rows of weight 0 keep it.
    """
    w = unit_mean(weights)
    if alpha == 1:
        return w
    return unit_mean(np.where(w > 0, w**alpha, 0.0))


def flattening_power(weights: ArrayLike, share: float) -> float:
    r"""Largest power at which weights keep a share of their rows effective.

    The effective sample size of :math:`w^\alpha` falls as alpha grows (the log of
    :math:`\sum_i w_i^\alpha` is convex in it), so the power is found by bisection.

    Parameters
    ----------
    weights : array-like of shape (n,)
        Non-negative weights, not all 0.
    share : float
        Least ratio, between 0 and 1, of the effective sample size to the number of
        rows of positive weight.

    Returns
    -------
    alpha : float
        Between 0 and 1; 1 where the weights need no flattening.
    """
    w = unit_mean(weights)
    least = share * np.count_nonzero(w)

    def enough(alpha: float) -> bool:
        return effective_sample_size(flattened(w, alpha)) >= least

    if enough(1.0):
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(30):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if enough(middle) else (low, middle)
    return low


def class_ratio_weights(
    codes: NDArray[Any], shares: ArrayLike, weights: ArrayLike | None = None
) -> NDArray[np.float64]:
    """Weights under which the classes have given shares.

    Parameters
    ----------
    codes : ndarray of int of shape (n,)
        Class of each row; negative where it is unknown: such rows get the ratio 1.
    shares : array-like of shape (n_classes,)
        Wanted shares of the classes among the rows whose class is known.
    weights : array-like of shape (n,), default=None
        Weights of the rows that are multiplied. None: 1.

    Returns
    -------
    weights : ndarray of float64 of shape (n,)
        The products. Classes of weight 0 stay there.
    """
    shares = np.asarray(shares, np.float64)
    w = np.ones(len(codes)) if weights is None else np.array(weights, np.float64)
    known = codes >= 0
    now = np.bincount(codes[known], weights=w[known], minlength=shares.size)
    ratio = np.divide(shares * now.sum(), now, out=np.zeros_like(shares), where=now > 0)
    w[known] *= ratio[codes[known]]
    return w
