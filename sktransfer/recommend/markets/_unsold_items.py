"""Scores of items that other markets have sold and the target has not."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer.recommend._scores import mean_and_deviation, predicted_scores
from sktransfer.recommend.collaborative._item_knn import ItemKNNRecommender


class UnsoldItems:
    """Neighbours over the items of all markets, in the unit of the target's scores."""

    def __init__(
        self, X: Any, sample_weight: NDArray[np.floating], known: NDArray[np.int64]
    ) -> None:
        taken = _taken(X)
        self.known = known  # columns that the model of the target scores
        self.columns = np.setdiff1d(np.unique(taken.indices), known)
        self.model = None
        if self.columns.size:
            self.model = ItemKNNRecommender().fit(taken, sample_weight=sample_weight)

    def scores(
        self, X: Any, known: NDArray[np.floating], *, after_known: bool
    ) -> NDArray[np.floating]:
        """Scores of ``columns`` beside those of the known columns, or all below them.

        Below where other markets do not help to rank what the target knows.
        """
        if self.model is None:
            return known[:, :0]
        near = predicted_scores(self.model, _taken(X))
        mean, deviation = mean_and_deviation(near[:, self.known])
        own_mean, own_deviation = mean_and_deviation(known)
        standardized = (near[:, self.columns] - mean) / deviation
        if after_known:
            lowest = known.min(axis=1, keepdims=True)
            above = standardized.max(axis=1, keepdims=True) + 1
            scores = lowest + own_deviation * (standardized - above)
        else:
            scores = own_mean + own_deviation * standardized
        return scores.astype(known.dtype, copy=False)


def _taken(X: Any) -> Any:
    taken = sparse.csr_array(X > 0, dtype=np.float32)
    taken.eliminate_zeros()
    return taken
