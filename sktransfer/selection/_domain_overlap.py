"""How equally often two domains use features, over all and by topic."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sktransfer._core.information import presence


def rows_to_shares(weights: ArrayLike) -> NDArray[np.float64]:
    """Rows divided by their sums; null rows stay."""
    weights = np.asarray(weights, dtype=np.float64)
    total = weights.sum(axis=1, keepdims=True)
    return np.divide(weights, total, out=np.zeros_like(weights), where=total > 0)


def overlap_ratio(source: NDArray[Any], target: NDArray[Any]) -> NDArray[np.float64]:
    """Sum of the minima of two non-negative profiles over the sum of their maxima."""
    lower = np.minimum(source, target).sum(axis=1)
    upper = np.maximum(source, target).sum(axis=1)
    return np.divide(lower, upper, out=np.zeros_like(lower), where=upper > 0)


def feature_frequency_by_topic(X: Any, shares: NDArray[Any]) -> NDArray[np.float64]:
    r"""How often each feature occurs in each topic, for one domain.

    The document frequency of feature j, split over the topics of the documents that it
    occurs in: :math:`a_{jt} = \frac{1}{n} \sum_i [x_{ij} > 0]\, \theta_{it}`.
    """
    return (presence(X).T @ shares) / X.shape[0]
