"""Fitted models whose scores are combined from those of several markets."""

from __future__ import annotations

from copy import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktransfer.recommend._explanations import weighted_entries
from sktransfer.recommend._score_parts import SumOfParts
from sktransfer.recommend._scores import (
    item_weight_scores,
    predicted_scores,
    scores_by_item_weights,
    standardize_rows,
    weights_of_item,
)


class ItemWeightScores:
    """Scores ``X @ weights``, column j of the weights for item j."""

    def __init__(self, weights: Any) -> None:
        self.weights = weights

    def predict(self, X: Any) -> NDArray[np.floating]:
        """Score every item for each row."""
        return item_weight_scores(X, self.weights)

    def _contributions(self, X: Any, item: int) -> NDArray[np.float64]:
        return weighted_entries(X, weights_of_item(self.weights, item))


class SumOfScores(SumOfParts):
    """Weighted sum of the scores of fitted models."""

    _standardizes_parts = False

    def __init__(self, models: list[Any], weights: list[float]) -> None:
        self.models = models
        self.weights = weights

    def predict(self, X: Any) -> NDArray[np.floating]:
        """Score every item for each row."""
        total: Any = 0
        for model, weight in zip(self.models, self.weights):
            scores = predicted_scores(model, X)
            total = total + scores.dtype.type(weight) * scores
        return total

    def _weighted_parts(self) -> list[tuple[Any, Any]]:
        return list(zip(self.models, self.weights))


class MeanOfStandardizedScores(SumOfParts):
    """Mean of the scores of two fitted models, each first standardised by row.

    `ItemwiseBlend` with shares of one half is the same but for rounding: it adds a
    share of a difference.
    """

    def __init__(self, first: Any, second: Any) -> None:
        self.first = first
        self.second = second

    def predict(self, X: Any) -> NDArray[np.floating]:
        """Score every item for each row."""
        first, second = (
            standardize_rows(predicted_scores(model, X))
            for model in (self.first, self.second)
        )
        return (first + second) / 2

    def _weighted_parts(self) -> list[tuple[Any, Any]]:
        return [(self.first, 0.5), (self.second, 0.5)]


class ItemwiseBlend(SumOfParts):
    """Scores of all markets and of the target alone, in shares that vary by item."""

    def __init__(self, markets: Any, target: Any, shares: NDArray[np.float64]) -> None:
        self.markets = markets
        self.target = target
        self.shares = shares

    def predict(self, X: Any) -> NDArray[np.floating]:
        """Score every item for each row."""
        markets, target = (
            standardize_rows(predicted_scores(model, X))
            for model in (self.markets, self.target)
        )
        return blend_by_item(markets, target, self.shares)

    def _weighted_parts(self) -> list[tuple[Any, Any]]:
        return [(self.markets, self.shares), (self.target, 1 - self.shares)]


def blend_by_item(
    markets: NDArray[np.floating],
    target: NDArray[np.floating],
    shares: NDArray[np.float64],
) -> NDArray[np.floating]:
    """Each item's scores blended: its share of all markets, the rest of the target."""
    return target + shares.astype(target.dtype, copy=False) * (markets - target)


def has_components(model: Any) -> bool:
    """Whether a model is a blend, with the scores of its parts."""
    return hasattr(model, "component_scores") and hasattr(model, "estimators_")


def add_model(total: Any, model: Any, weight: float) -> Any:
    """Model of the scores so far plus the weighted scores of another model.

    Blends are added part by part, so that the sums are standardised. Models that score
    by item weights alone are added into one matrix.
    """
    if has_components(total):
        blend = copy(total)
        blend.estimators_ = [
            add_model(a, b, weight)
            for a, b in zip(total.estimators_, model.estimators_, strict=True)
        ]
        return blend
    if scores_by_item_weights(model):
        if not isinstance(total, ItemWeightScores):
            total = ItemWeightScores(total.item_weights_)
        more = model.item_weights_
        return ItemWeightScores(total.weights + more.dtype.type(weight) * more)
    if not isinstance(total, SumOfScores):
        total = SumOfScores([total], [1.0])
    return SumOfScores([*total.models, model], [*total.weights, weight])
