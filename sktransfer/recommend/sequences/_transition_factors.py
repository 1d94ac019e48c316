"""Factors of the rules: what follows items that are followed by the same."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sktransfer._core.sparse import multiply_rows
from sktransfer.recommend._singular_vectors import right_singular_vectors

_POWER = 0.25  # of the column sums: between transitions (0) and correlations (1/2)


class TransitionFactors(NamedTuple):
    """Factors whose products stand for the rules.

    Attributes
    ----------
    before, after : ndarray of shape (n_items, n_factors)
        Of the items that were taken and of those that follow.
    """

    before: NDArray[np.floating]
    after: NDArray[np.floating]


def transition_factors(rules: Any, n_factors: int) -> TransitionFactors:
    r"""Approximate the rules by matrices of low rank.

    With W the weighted counts of pairs, s their row and c their column sums, the
    largest singular vectors of :math:`s_i^{-1/2} W_{ij} c_j^{-1/4}` are taken, and its
    columns scaled back. Pairs that were never seen get weights, too: those of items
    with similar followers.
    """
    # the rules are s^-1/2 W, so that their row sums are s^1/2
    columns = rules.T @ np.asarray(rules.sum(axis=1)).ravel()
    scale = np.where(columns > 0, columns, 1) ** _POWER
    T = multiply_rows(rules.T.tocsr(), (1 / scale).astype(rules.dtype)).T.tocsr()
    n_factors = min(n_factors, rules.shape[1])
    start = np.random.RandomState(0)
    _, V = right_singular_vectors(T, n_factors, start)
    V = V.astype(rules.dtype, copy=False)
    return TransitionFactors(T @ V, V * scale.astype(rules.dtype)[:, None])
