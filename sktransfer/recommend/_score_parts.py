"""Similar items and explanations of models whose scores come from other models."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sktransfer.recommend._base import BaseRecommender
from sktransfer.recommend._explanations import losses_without_each
from sktransfer.recommend._scores import (
    mean_and_deviation,
    predicted_scores,
    standardize_rows,
)


def contributions_of(model: Any, X: Any, item: int) -> NDArray[np.float64]:
    """What each item of one row adds to the score of an item, by any fitted model."""
    if isinstance(model, BaseRecommender):
        X = model._validate_interactions(X, reset=False)
    if hasattr(model, "_contributions"):
        return model._contributions(X, item)
    return losses_without_each(lambda rows: predicted_scores(model, rows), X, item)


def similar_scores_of(model: Any, rows: Any) -> NDArray[np.floating] | None:
    """Scores of all items for rows of one item each, by any fitted model."""
    if hasattr(model, "_similar_scores"):
        return model._similar_scores(rows)
    return predicted_scores(model, rows)


class SumOfParts:
    """Mixin of models that add scores of others, in a unit of the row or as they are.

    The unit of a row is held when its items are left out, so that contributions add up.
    """

    _standardizes_parts = True

    def _weighted_parts(self) -> list[tuple[Any, Any]]:
        """Fitted models and their weights, one number or one for each item."""
        raise NotImplementedError

    def _contributions(self, X: Any, item: int) -> NDArray[np.float64]:
        total = np.zeros(X.shape[1])
        for model, weight in self._weighted_parts():
            found = contributions_of(model, X, item)
            if self._standardizes_parts:
                found = found / mean_and_deviation(predicted_scores(model, X))[1][0]
            total += np.broadcast_to(weight, total.shape)[item] * found
        return total

    def _similar_scores(self, rows: Any) -> NDArray[np.floating] | None:
        total: Any = None
        for model, weight in self._weighted_parts():
            found = similar_scores_of(model, rows)
            if found is None:
                continue
            if self._standardizes_parts:
                found = standardize_rows(found)
            found = weight * found
            total = found if total is None else total + found
        return total


class ScoresOfColumns:
    """Mixin of recommenders that have a model for some of the columns."""

    columns_: NDArray[np.int64]

    def _model_and_served(self) -> tuple[Any, NDArray[np.bool_]]:
        """Fitted model of ``columns_``, and a mask of the items that it may rank."""
        raise NotImplementedError

    def _contributions(self, X: Any, item: int) -> NDArray[np.float64]:
        model, _ = self._model_and_served()
        place = int(np.searchsorted(self.columns_, item))
        contributions = np.zeros(X.shape[1])
        contributions[self.columns_] = contributions_of(
            model, X[:, self.columns_], place
        )
        return contributions

    def _similar_scores(self, rows: Any) -> NDArray[np.floating] | None:
        model, served = self._model_and_served()
        scores = np.full(rows.shape, -np.inf)
        known = np.flatnonzero(np.isin(rows.indices, self.columns_))
        if known.size:
            found = similar_scores_of(model, rows[known][:, self.columns_])
            if found is None:
                return None
            scores[np.ix_(known, self.columns_)] = found
        scores[:, ~served] = -np.inf
        return scores
