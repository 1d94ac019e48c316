"""Interactions of several markets, and the models that are trained on them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.utils.validation import has_fit_parameter

from sktransfer.recommend._base import stored_pattern
from sktransfer.recommend.collaborative._blend import row_spread


class MarketRows(NamedTuple):
    """Interactions of all markets, and what each row is."""

    X: Any  # CSR or ndarray of shape (n_rows, n_items)
    w: NDArray[np.floating]
    domain: NDArray[np.int64] | None
    target: NDArray[np.bool_]
    weighted: bool  # by the user

    def train(self, estimator: Any, weights: dict[int, float]) -> Any:
        """Fit a clone of a recommender on the rows that count."""
        estimator, w = clone(estimator), self.w.copy()
        if not self.weighted and all(v == 1 for v in weights.values()):
            return estimator.fit(self.X)
        if not has_fit_parameter(estimator, "sample_weight"):
            raise ValueError(
                f"Markets are weighted through sample_weight, which the fit of "
                f"{type(estimator).__name__} does not take. Use an estimator that "
                "does, such as EASERecommender, or weighting=None to count every "
                "market the same."
            )
        for market, weight in weights.items():
            w[self.domain == market] *= weight
        keep = w > 0
        return estimator.fit(self.X[keep], sample_weight=w[keep])

    def only(self, rows: NDArray[np.bool_]) -> MarketRows:
        """Some of the rows that count, as a market of their own."""
        keep = rows & (self.w > 0)
        return MarketRows(
            self.X[keep],
            self.w[keep],
            None,
            np.ones(int(keep.sum()), dtype=bool),
            self.weighted,
        )

    def users(self, rows: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Logarithm of 1 plus the weighted number of users of each item."""
        row, item = stored_pattern(self.X)
        weights = (self.w * rows)[row]
        return np.log1p(np.bincount(item, weights=weights, minlength=self.X.shape[1]))

    def popularity(self) -> NDArray[np.float64]:
        """Popularity of each item in the target, standardised over items."""
        users = self.users(self.target)[None]
        mean, spread = row_spread(users)
        return ((users - mean) / spread)[0]
