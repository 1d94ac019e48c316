"""Scores of fitted recommenders, and their unit in each row."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer._core.parameters import fit_needs_y
from sktransfer._core.sparse import is_sparse
from sktransfer.recommend._base import BaseRecommender
from sktransfer.recommend._explanations import weighted_entries
from sktransfer.recommend._sparse_topk import dense_product


def predicted_scores(model: Any, X: Any) -> NDArray[np.floating]:
    """Scores of all items for each row, by any fitted recommender."""
    scores = np.asarray(model.predict(X))
    if scores.shape != X.shape:
        raise ValueError(
            f"predict of {type(model).__name__} must score every item for each row, "
            f"shape {X.shape}; got shape {scores.shape}. Return a score for each "
            "column of X."
        )
    return scores if scores.dtype.kind == "f" else scores.astype(np.float64)


def mean_and_deviation(
    scores: NDArray[np.floating],
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Mean and standard deviation of each row, as columns; 1 where all are equal."""
    n = max(scores.shape[1], 1)
    mean = scores.mean(axis=1, keepdims=True, dtype=np.float64)
    square = np.einsum("ij,ij->i", scores, scores, dtype=np.float64, casting="safe")
    variance = square / n - mean[:, 0] ** 2
    rounding = 100 * np.finfo(scores.dtype).eps
    variance[variance <= rounding * square / n] = 1
    deviation = np.sqrt(variance)[:, None]
    return mean.astype(scores.dtype), deviation.astype(scores.dtype)


def check_recommender_part(estimator: Any, name: str) -> None:
    """Refuse a part that is fitted to labels, such as a classifier."""
    if fit_needs_y(estimator):
        raise TypeError(
            f"{name} takes recommenders, which are fitted to interactions alone, "
            "fit(X, sample_weight=...), and score all items by predict(X), such as "
            f"EASERecommender(); got {estimator!r:.200}, whose fit needs y."
        )


def standardize_rows(scores: NDArray[np.floating]) -> NDArray[np.floating]:
    """Scores of each row less their mean, in standard deviations."""
    mean, deviation = mean_and_deviation(scores)
    return (scores - mean) / deviation


def item_weight_scores(X: Any, item_weights: Any) -> NDArray[np.floating]:
    """Dense scores ``X @ item_weights`` in the dtype of the weights."""
    if is_sparse(item_weights):
        X = sparse.csr_array(X).astype(item_weights.dtype, copy=False)
        return dense_product(X, item_weights)
    # X is cast, not the weights: they may be as large as the Gram matrix
    return X.astype(item_weights.dtype, copy=False) @ item_weights


def weights_of_item(item_weights: Any, item: int) -> NDArray[np.floating]:
    """The column of an item: the weights of all items in its score."""
    if is_sparse(item_weights):
        return item_weights[:, [item]].toarray()[:, 0]
    return item_weights[:, item]


class ItemWeightsRecommender(BaseRecommender):
    """Recommenders whose scores are ``X @ item_weights_``."""

    def score_items(self: Any, X: Any) -> NDArray[np.floating]:
        """Score all items for some rows.

        Parameters
        ----------
        X : {ndarray, CSR matrix} of shape (n_rows, n_items)
            What the users to serve have interacted with so far.

        Returns
        -------
        scores : ndarray of shape (n_rows, n_items)
            ``X @ item_weights_``.
        """
        return item_weight_scores(X, self.item_weights_)

    def _contributions(self: Any, X: Any, item: int) -> NDArray[np.float64]:
        return weighted_entries(X, weights_of_item(self.item_weights_, item))


def scores_by_item_weights(model: Any) -> bool:
    """Whether the scores of a model are ``X @ item_weights_`` and nothing else."""
    kind = type(model)
    return (
        isinstance(model, ItemWeightsRecommender)
        and kind.predict is BaseRecommender.predict
        and kind.score_items is ItemWeightsRecommender.score_items
    )
