"""Models of several markets that are fitted apart, their scores added."""

from __future__ import annotations

from copy import copy
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from sktransfer.recommend._base import sparse_scores, stored_pattern
from sktransfer.recommend.collaborative._blend import BlendRecommender, standard_rows
from sktransfer.recommend.collaborative._ease import EASERecommender
from sktransfer.recommend.collaborative._item_knn import ItemKNNRecommender
from sktransfer.recommend.collaborative._niche import NicheRecommender
from sktransfer.recommend.markets._training import MarketRows

# scores are X @ item_weights_
_LINEAR = (EASERecommender, ItemKNNRecommender, NicheRecommender)


class ItemWeights:
    """Scores by item-item weights.

    Parameters
    ----------
    weights : {ndarray, csr_array} of shape (n_items, n_items)
        Column j scores item j.
    """

    def __init__(self, weights: Any) -> None:
        self.weights = weights

    def predict(self, X: Any) -> NDArray[np.floating]:
        """Score every item for each row: ``X @ weights``."""
        if sparse.issparse(self.weights):
            return sparse_scores(X, self.weights)
        return X.astype(self.weights.dtype, copy=False) @ self.weights


class AddedScores:
    """Weighted sum of the scores of several models.

    Parameters
    ----------
    models : list of recommenders
        Fitted.
    weights : list of float
        Their weights.
    standard : bool, default=False
        Whether scores are standardised over the items of a row before.
    """

    def __init__(
        self, models: list[Any], weights: list[float], *, standard: bool = False
    ) -> None:
        self.models = models
        self.weights = weights
        self.standard = standard

    def predict(self, X: Any) -> NDArray[np.floating]:
        """Score every item for each row."""
        total: Any = 0
        for model, weight in zip(self.models, self.weights):
            scores = np.asarray(model.predict(X))
            scores = standard_rows(scores) if self.standard else scores
            total = total + scores.dtype.type(weight) * scores
        return total


def train_apart(
    rows: MarketRows, estimator: Any, weights: dict[int, float], own: Any = None
) -> Any:
    r"""Fit a recommender on each market alone and add their scores.

    .. math:: s = s_t + \sum_m \sqrt{w_m} \, s_m,

    in each part of a blend before it is standardised. The root, because rows of weight
    w count in one model of all rows as if they were multiplied by it. A market of many
    users does not outvote the target, as its rows would in one model, and is heard on
    items that the target knows little of.
    """
    total = own
    if own is None:
        total = rows.only(rows.target).train(estimator, {})
    for market, weight in weights.items():
        part = rows.only(rows.domain == market)
        if weight > 0 and stored_pattern(part.X)[1].size:
            total = _added(total, part.train(estimator, {}), sqrt(weight))
    return total


def _added(total: Any, model: Any, weight: float) -> Any:
    """Sum of scores so far and the weighted ones of a model."""
    if isinstance(total, BlendRecommender):
        blend = copy(total)
        blend.estimators_ = [
            _added(a, b, weight) for a, b in zip(total.estimators_, model.estimators_)
        ]
        return blend
    if type(model) in _LINEAR:  # a subclass may score in its own way
        if not isinstance(total, ItemWeights):
            total = ItemWeights(total.item_weights_)
        more = model.item_weights_
        return ItemWeights(total.weights + more.dtype.type(weight) * more)
    if not isinstance(total, AddedScores):
        total = AddedScores([total], [1.0])
    return AddedScores([*total.models, model], [*total.weights, weight])
