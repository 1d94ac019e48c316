"""Factors of the rules: what follows items that are followed by the same."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sktransfer._core.sparse import multiply_rows
from sktransfer.recommend._singular_vectors import right_singular_vectors

_ROUNDING = 1e-6  # of the largest possible product, in single precision
_POWER = 0.25  # of the column sums: between transitions (0) and correlations (1/2)


class TransitionFactors(NamedTuple):
    """Factors whose products stand for the rules.

    Attributes
    ----------
    before, after : ndarray of shape (n_items, n_factors)
        Of the items that were taken and of those that follow.
    longest : float
        Largest length of the factors of an item that follows.
    """

    before: NDArray[np.floating]
    after: NDArray[np.floating]
    longest: float

    def scores(self, history: Any) -> NDArray[np.floating]:
        """Scores of all items after some histories, 0 where only rounding is left."""
        found = history @ self.before
        scores = found @ self.after.T
        bound = _ROUNDING * self.longest * np.linalg.norm(found, axis=1)
        scores[np.abs(scores) < bound[:, None]] = 0
        return scores


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
    after = V * scale.astype(rules.dtype)[:, None]
    longest = float(np.linalg.norm(after, axis=1).max(initial=0))
    return TransitionFactors(T @ V, after, longest)
